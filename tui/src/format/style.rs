//! The named styles. Colour only repeats what a word says already.

use anstyle::{AnsiColor, Style};

/// What a piece of text is; how that looks is decided here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Text like any other.
    #[default]
    Plain,
    /// A heading.
    Heading,
    /// As it should be.
    Good,
    /// Wants somebody's attention soon.
    Notice,
    /// Wants somebody's attention now.
    Alarm,
    /// Of little weight.
    Quiet,
}

impl Tone {
    /// One of the sixteen colours that every theme, light or dark, has chosen for itself.
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
