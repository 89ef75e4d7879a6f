//! The styles of the dashboard, by name. Colour never carries information that a glyph or word does
//! not.

use ratatui::style::{Color, Modifier, Style};

use crate::format::style::Tone;

/// The role of a piece of text; [`Theme`] maps it to a style.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// A tone that the command line also uses.
    Tone(Tone),
    /// Keys and the open tab.
    Accent,
    /// Column titles.
    Title,
    /// Rules and borders.
    Rule,
    /// The selected line; it overrides every other style on it.
    Selected,
    /// Badges in the header: READ-ONLY, DEMO.
    Badge,
}

impl From<Tone> for Ink {
    fn from(tone: Tone) -> Self {
        Self::Tone(tone)
    }
}

/// Maps roles to styles. Uses only the sixteen colours that every terminal theme, light or dark,
/// defines for itself, and no background except reversed video.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    /// Whether to use colour.
    pub(crate) colour: bool,
}

impl Theme {
    /// Returns the style for a role.
    pub(crate) fn style(self, ink: Ink) -> Style {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let dim = plain.add_modifier(Modifier::DIM);
        match ink {
            Ink::Tone(Tone::Plain) => plain,
            Ink::Tone(Tone::Heading) => bold,
            Ink::Tone(Tone::Good) => self.in_colour(plain, Color::Green),
            Ink::Tone(Tone::Notice) => self.in_colour(plain, Color::Yellow),
            Ink::Tone(Tone::Alarm) => self.in_colour(bold, Color::Red),
            Ink::Tone(Tone::Quiet) | Ink::Rule => dim,
            Ink::Accent => self.in_colour(bold, Color::Cyan),
            Ink::Title => dim.add_modifier(Modifier::BOLD),
            Ink::Selected => plain.add_modifier(Modifier::REVERSED),
            Ink::Badge => self
                .in_colour(bold, Color::Magenta)
                .add_modifier(Modifier::REVERSED),
        }
    }

    fn in_colour(self, style: Style, colour: Color) -> Style {
        if self.colour { style.fg(colour) } else { style }
    }
}
