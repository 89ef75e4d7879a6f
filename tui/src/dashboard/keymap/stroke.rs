//! Keys as the config file writes them: `d`, `ctrl-d`, `space`, `f5`, or two in a row, as in `gg`.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::{Deserialize, Serialize};

use crate::nearest::unknown;

/// One press of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyStroke {
    pub(crate) code: KeyCode,
    /// Whether Ctrl is held.
    pub(crate) control: bool,
}

/// The key presses that trigger an action: one, or two in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct KeySequence(Vec<KeyStroke>);

/// The keys with a name: as the config file writes them, and as the screen shows them.
const NAMES: [(&str, KeyCode, &str); 16] = [
    ("space", KeyCode::Char(' '), "Space"),
    ("enter", KeyCode::Enter, "Enter"),
    ("esc", KeyCode::Esc, "Esc"),
    ("tab", KeyCode::Tab, "Tab"),
    ("shift-tab", KeyCode::BackTab, "Shift-Tab"),
    ("backspace", KeyCode::Backspace, "Backspace"),
    ("delete", KeyCode::Delete, "Delete"),
    ("insert", KeyCode::Insert, "Insert"),
    ("up", KeyCode::Up, "↑"),
    ("down", KeyCode::Down, "↓"),
    ("left", KeyCode::Left, "←"),
    ("right", KeyCode::Right, "→"),
    ("home", KeyCode::Home, "Home"),
    ("end", KeyCode::End, "End"),
    ("pageup", KeyCode::PageUp, "PgUp"),
    ("pagedown", KeyCode::PageDown, "PgDn"),
];

impl KeyStroke {
    /// A key without Ctrl.
    pub(crate) const fn plain(code: KeyCode) -> Self {
        Self {
            code,
            control: false,
        }
    }

    /// A letter with Ctrl.
    pub(crate) const fn control(letter: char) -> Self {
        Self {
            code: KeyCode::Char(letter),
            control: true,
        }
    }

    /// The key of an event; `None` with Alt, which no binding uses.
    pub(crate) fn of(key: &KeyEvent) -> Option<Self> {
        if key.modifiers.contains(KeyModifiers::ALT) {
            return None;
        }
        Some(Self {
            code: key.code,
            control: key.modifiers.contains(KeyModifiers::CONTROL),
        })
    }

    fn read(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let (control, rest) = match lower.strip_prefix("ctrl-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let mut letters = rest.chars();
        if let (Some(letter), None) = (letters.next(), letters.next()) {
            let code = match letter {
                ' ' => return Err("write space for the space bar".to_owned()),
                letter if letter.is_control() => return Err(unknown_key(text)),
                letter => KeyCode::Char(letter),
            };
            return Ok(Self { code, control });
        }
        let rest = rest.to_ascii_lowercase();
        let named = NAMES.iter().find(|(name, ..)| *name == rest);
        let function = rest
            .strip_prefix('f')
            .and_then(|number| number.parse().ok());
        let code = match (named, function) {
            (Some((_, code, _)), _) => *code,
            (None, Some(number @ 1..=12)) => KeyCode::F(number),
            _ => return Err(unknown_key(text)),
        };
        Ok(Self { code, control })
    }
}

impl fmt::Display for KeyStroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.control {
            f.write_str("Ctrl-")?;
        }
        let named = NAMES.iter().find(|(_, code, _)| *code == self.code);
        match (named, self.code) {
            (Some((_, _, shown)), _) => f.write_str(shown),
            (None, KeyCode::Char(letter)) => write!(f, "{letter}"),
            (None, KeyCode::F(number)) => write!(f, "F{number}"),
            (None, _) => f.write_str("?"),
        }
    }
}

impl KeySequence {
    /// One key.
    pub(crate) fn one(stroke: KeyStroke) -> Self {
        Self(vec![stroke])
    }

    /// The same key twice.
    pub(crate) fn twice(stroke: KeyStroke) -> Self {
        Self(vec![stroke, stroke])
    }

    /// The key presses.
    pub(crate) fn strokes(&self) -> &[KeyStroke] {
        &self.0
    }

    /// Whether the key presses are the beginning of this sequence, and not all of it.
    pub(crate) fn continues(&self, typed: &[KeyStroke]) -> bool {
        self.0.len() > typed.len() && self.0.starts_with(typed)
    }
}

impl FromStr for KeySequence {
    type Err = String;

    /// Reads one key, or two characters that are pressed in a row.
    fn from_str(text: &str) -> Result<Self, String> {
        let single = KeyStroke::read(text);
        let letters: Vec<char> = text.chars().collect();
        match (single, letters.as_slice()) {
            (Ok(stroke), _) => Ok(Self::one(stroke)),
            (Err(_), [first, second]) if first.is_alphabetic() && second.is_alphabetic() => {
                let stroke = |letter: &char| KeyStroke::plain(KeyCode::Char(*letter));
                Ok(Self(vec![stroke(first), stroke(second)]))
            }
            (Err(problem), _) => Err(problem),
        }
    }
}

impl TryFrom<String> for KeySequence {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<KeySequence> for String {
    /// The form that the config file has.
    fn from(keys: KeySequence) -> Self {
        let stroke = |stroke: &KeyStroke| {
            let named = NAMES.iter().find(|(_, code, _)| *code == stroke.code);
            let key = match (named, stroke.code) {
                (Some((name, ..)), _) => (*name).to_owned(),
                (None, KeyCode::F(number)) => format!("f{number}"),
                (None, _) => KeyStroke::plain(stroke.code).to_string(),
            };
            format!("{}{key}", if stroke.control { "ctrl-" } else { "" })
        };
        keys.0.iter().map(stroke).collect()
    }
}

impl fmt::Display for KeySequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|stroke| stroke.fmt(f))
    }
}

fn unknown_key(text: &str) -> String {
    let names: Vec<&str> = NAMES.iter().map(|(name, ..)| *name).collect();
    let problem = unknown("key", text, &names);
    format!("{problem}; also a character, ctrl- and a letter, f1 to f12, or two letters as in gg")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every form of a key can be read, shown, and written in the same form again.
    #[test]
    fn keys_have_one_form() {
        for (text, shown) in [
            ("d", "d"),
            ("D", "D"),
            ("ctrl-d", "Ctrl-d"),
            ("space", "Space"),
            ("pagedown", "PgDn"),
            ("shift-tab", "Shift-Tab"),
            ("f12", "F12"),
            ("gg", "gg"),
            ("up", "↑"),
            ("$", "$"),
        ] {
            let keys: KeySequence = text.parse().unwrap();
            assert_eq!(keys.to_string(), shown);
            assert_eq!(String::from(keys), text);
        }
    }

    /// A key that does not exist is an error that names the nearest one.
    #[test]
    fn unknown_keys_are_errors() {
        let problem = |text: &str| text.parse::<KeySequence>().unwrap_err();
        assert!(problem("pgdown").starts_with("unknown key \"pgdown\": did you mean pagedown?"));
        assert!(problem("f13").contains("f1 to f12"));
        assert_eq!(problem(" "), "write space for the space bar");
        for text in ["", "ggg", "ctrl-", "g!"] {
            assert!(problem(text).contains("unknown key"), "{text}");
        }
    }
}
