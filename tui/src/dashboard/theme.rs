//! The named styles of the dashboard. Colour only repeats what a glyph and a word say already.

use ratatui::style::{Color, Modifier, Style};

use crate::format::style::Tone;

/// What a piece of the screen is; how that looks is decided here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Text in a tone that the command line has as well.
    Tone(Tone),
    /// What the eye should find: keys, the open tab.
    Accent,
    /// Titles of columns.
    Title,
    /// Lines and borders.
    Rule,
    /// The selected line, whatever stands on it.
    Selected,
    /// A mark that must not be overlooked: read-only, demo.
    Badge,
}

impl From<Tone> for Ink {
    fn from(tone: Tone) -> Self {
        Self::Tone(tone)
    }
}

/// With or without colour. Only the sixteen colours are used which every theme of a terminal, light or
/// dark, has chosen for itself, and no background but the one that reversing gives.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    /// Whether there are colours.
    pub(crate) colour: bool,
}

impl Theme {
    /// How a piece of the screen looks.
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
