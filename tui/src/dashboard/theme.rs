//! The styles of the dashboard, by name. Colour never carries information that a glyph or word does
//! not.

#[cfg(test)]
mod contrast;

use std::str::FromStr;

use ratatui::style::{Color, Modifier, Style};
use serde::{Deserialize, Serialize};

use crate::format::style::Tone;
use crate::nearest::unknown;

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
    /// What the filter matches; it changes only what is already drawn.
    Match,
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

/// A theme that the user can choose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ThemeName {
    /// The sixteen colours that every terminal theme, light or dark, defines for itself.
    #[default]
    Default,
    /// Bright text on black, whatever the terminal's own background is.
    HighContrast,
    /// Colours that people with any kind of colour blindness can tell apart, on a light or a dark
    /// background.
    ColourBlind,
    /// Bold, dim, underlined and reversed text, without colour.
    Monochrome,
}

impl ThemeName {
    /// All themes.
    pub(crate) const ALL: [Self; 4] = [
        Self::Default,
        Self::HighContrast,
        Self::ColourBlind,
        Self::Monochrome,
    ];

    /// The name in the config file.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::HighContrast => "high-contrast",
            Self::ColourBlind => "colour-blind",
            Self::Monochrome => "monochrome",
        }
    }

    /// What the theme is for.
    pub(crate) const fn description(self) -> &'static str {
        match self {
            Self::Default => "the colours of your terminal's own theme",
            Self::HighContrast => "bright text on black",
            Self::ColourBlind => "colours that differ for every eye",
            Self::Monochrome => "no colour, as with NO_COLOR",
        }
    }
}

impl FromStr for ThemeName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|theme| theme.id() == text);
        found.ok_or_else(|| unknown("theme", text, &Self::ALL.map(Self::id)))
    }
}

/// Maps roles to styles.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Theme {
    name: ThemeName,
}

/// The colours of a theme.
struct Palette {
    /// The colour of ordinary text, and the background; `None`: the terminal's own.
    base: Option<(Color, Color)>,
    good: Color,
    notice: Color,
    alarm: Color,
    /// Less important text; `None`: dim text.
    quiet: Option<Color>,
    accent: Color,
    badge: Color,
}

/// Black and white with fixed values, unlike those of the sixteen colours.
const BLACK: Color = Color::Indexed(16);
const WHITE: Color = Color::Indexed(231);

impl Theme {
    /// A theme. Without colour, every theme is [`ThemeName::Monochrome`].
    pub(crate) fn new(name: ThemeName, colour: bool) -> Self {
        Self {
            name: if colour { name } else { ThemeName::Monochrome },
        }
    }

    /// The style of everything that is not drawn.
    pub(crate) fn base(self) -> Style {
        match self.palette().and_then(|palette| palette.base) {
            Some((text, background)) => Style::new().fg(text).bg(background),
            None => Style::new(),
        }
    }

    /// Returns the style for a role.
    pub(crate) fn style(self, ink: Ink) -> Style {
        let base = self.base();
        let bold = base.add_modifier(Modifier::BOLD);
        let coloured = |style: Style, of: fn(&Palette) -> Color| match self.palette() {
            Some(palette) => style.fg(of(&palette)),
            None => style,
        };
        match ink {
            Ink::Tone(Tone::Plain) => base,
            Ink::Tone(Tone::Heading) => bold,
            Ink::Tone(Tone::Good) => coloured(base, |palette| palette.good),
            Ink::Tone(Tone::Notice) => coloured(base, |palette| palette.notice),
            Ink::Tone(Tone::Alarm) => coloured(bold, |palette| palette.alarm),
            Ink::Tone(Tone::Quiet) | Ink::Rule => self.quiet(base),
            Ink::Accent => coloured(bold, |palette| palette.accent),
            Ink::Title => self.quiet(bold),
            Ink::Match => Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Ink::Selected => base.add_modifier(Modifier::REVERSED),
            Ink::Badge => coloured(bold, |palette| palette.badge).add_modifier(Modifier::REVERSED),
        }
    }

    fn quiet(self, style: Style) -> Style {
        match self.palette().and_then(|palette| palette.quiet) {
            Some(colour) => style.fg(colour),
            None => style.add_modifier(Modifier::DIM),
        }
    }

    /// The colours; `None` for a theme without colour.
    fn palette(self) -> Option<Palette> {
        match self.name {
            ThemeName::Monochrome => None,
            ThemeName::Default => Some(Palette {
                base: None,
                good: Color::Green,
                notice: Color::Yellow,
                alarm: Color::Red,
                quiet: None,
                accent: Color::Cyan,
                badge: Color::Magenta,
            }),
            ThemeName::HighContrast => Some(Palette {
                base: Some((WHITE, BLACK)),
                good: Color::Indexed(120),
                notice: Color::Indexed(228),
                alarm: Color::Indexed(210),
                quiet: Some(Color::Indexed(252)),
                accent: Color::Indexed(159),
                badge: Color::Indexed(228),
            }),
            ThemeName::ColourBlind => Some(Palette {
                base: None,
                good: Color::Indexed(30),
                notice: Color::Indexed(135),
                alarm: Color::Indexed(202),
                quiet: None,
                accent: Color::Indexed(33),
                badge: Color::Indexed(135),
            }),
        }
    }
}
