//! The named styles. Colour only repeats what a word says already.

use anstyle::{AnsiColor, Style};

/// The meaning of a text, which decides its style.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Ordinary text.
    #[default]
    Plain,
    /// A heading.
    Heading,
    /// All is well.
    Good,
    /// Needs attention soon.
    Notice,
    /// Needs attention now.
    Alarm,
    /// Less important.
    Quiet,
}

impl Tone {
    /// One of the sixteen base colours, which every light and dark theme defines legibly.
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Heading => Style::new().bold(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Notice => AnsiColor::Yellow.on_default(),
            Self::Alarm => AnsiColor::Red.on_default().bold(),
            Self::Quiet => Style::new().dimmed(),
        }
    }

    /// The text in this style.
    pub(crate) fn paint(self, text: &str) -> String {
        let style = self.style();
        if style.is_plain() || text.is_empty() {
            return text.to_owned();
        }
        format!("{style}{text}{style:#}")
    }
}
