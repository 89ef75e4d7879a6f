//! Text from data on its way to a terminal: made harmless, measured and cut, here and nowhere else.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthChar;

/// How many marks without a width may stand on one letter: enough for every script, too few to
/// paint over the lines above and below.
const MOST_MARKS: usize = 3;

/// What stands where something was cut out: one column.
const ELLIPSIS: &str = "…";

/// A text that a terminal shows and does not obey: one line, no control character, nothing that
/// turns the direction of reading, nothing invisible. What was taken out is written as an escape,
/// so that it can be seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clean(String);

impl Clean {
    /// Makes a text harmless.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self(clean(text.as_ref()).into_owned())
    }

    /// The harmless text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// How many columns of a terminal it takes.
    pub(crate) fn width(&self) -> usize {
        columns(&self.0)
    }

    /// The text in at most so many columns, its middle cut out if it has more: names differ at
    /// both ends.
    pub(crate) fn shortened(&self, columns: usize) -> Self {
        if self.width() <= columns {
            return self.clone();
        }
        let Some(room) = columns.checked_sub(1) else {
            return Self::default();
        };
        let head = prefix(&self.0, room.div_ceil(2));
        let tail = suffix(&self.0, room - self::columns(head));
        Self(format!("{head}{ELLIPSIS}{tail}"))
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The text with everything that would act on a terminal, or hide, written as an escape.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    // Marks at the very beginning would stand on whatever was written before.
    let mut marks = MOST_MARKS;
    for c in text.chars() {
        let is_mark = c.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\n' => clean.push_str("\\n"),
            '\r' => clean.push_str("\\r"),
            '\t' => clean.push_str("\\t"),
            _ if acts_or_hides(c) || marks > MOST_MARKS => push_escape(&mut clean, c),
            _ => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// The text of several lines, each made harmless.
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// Lines of at most so many columns, broken at spaces; a word that is longer stays whole, so that a
/// path can be copied. Without a width there is one line.
pub(crate) fn wrapped(text: &str, width: Option<usize>) -> Vec<String> {
    let Some(width) = width else {
        return vec![text.to_owned()];
    };
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let Some(line) = lines.last_mut() else {
            continue;
        };
        if line.is_empty() {
            line.push_str(word);
        } else if columns(line) + 1 + columns(word) <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Whether a character would act on a terminal, turn the direction of reading, or not be seen:
/// controls, separators of lines, and what Unicode calls ignorable by default.
pub(crate) fn acts_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn push_escape(to: &mut String, c: char) {
    // Writing to a string does not fail.
    let _ = write!(to, "\\u{{{:x}}}", u32::from(c));
}

/// The sum of the characters' widths: terminals place character by character, whatever the script
/// would make of them together.
fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// As much of the beginning as fits.
fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    end.map_or(text, |(at, _)| &text[..at])
}

/// As much of the end as fits.
fn suffix(text: &str, columns: usize) -> &str {
    let (mut used, mut from) = (0, text.len());
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        // A mark stays with its letter.
        if c.width() != Some(0) {
            from = at;
        }
    }
    &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing that acts on a terminal, turns the reading or hides comes through, whatever it is.
    #[test]
    fn nothing_dangerous_comes_through() {
        for (given, shown) in [
            (
                "plain text, as it is: ä 漢 🦀",
                "plain text, as it is: ä 漢 🦀",
            ),
            (
                "\u{1b}[2J\u{1b}]0;owned\u{7}",
                "\\u{1b}[2J\\u{1b}]0;owned\\u{7}",
            ),
            ("a\nb\rc\td", "a\\nb\\rc\\td"),
            ("\u{9b}31m\u{7f}", "\\u{9b}31m\\u{7f}"),
            ("invoice\u{202e}fdp.exe", "invoice\\u{202e}fdp.exe"),
            ("ad\u{200b}min\u{feff}", "ad\\u{200b}min\\u{feff}"),
            ("👩\u{200d}💻", "👩\\u{200d}💻"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
            ("\u{301}first", "\\u{301}first"),
        ] {
            assert_eq!(clean(given), shown);
        }
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let shown = clean(&format!("x{c}")).into_owned();
            let same = shown == format!("x{c}");
            assert!(
                !same || !(c.is_control() || acts_or_hides(c)),
                "{:x}",
                u32::from(c)
            );
            assert!(
                !same || c.width().is_some(),
                "{:x} has no width",
                u32::from(c)
            );
        }
    }

    /// Accents of ordinary writing stay; a tower of them is cut.
    #[test]
    fn marks_stay_as_long_as_they_are_writing() {
        assert_eq!(clean("e\u{301} क्षि"), "e\u{301} क्षि");
        let tower = clean(&format!("e{}", "\u{301}".repeat(9))).into_owned();
        assert_eq!(
            tower,
            format!("e{}{}", "\u{301}".repeat(3), "\\u{301}".repeat(6))
        );
    }

    /// Sentences are broken at spaces; a path stays whole.
    #[test]
    fn sentences_are_broken_at_spaces() {
        assert_eq!(wrapped("one two three", Some(8)), ["one two", "three"]);
        assert_eq!(
            wrapped("see /a/very/long/path now", Some(8)),
            ["see", "/a/very/long/path", "now"]
        );
        assert_eq!(wrapped("one two three", None), ["one two three"]);
        assert_eq!(wrapped("", Some(8)), [""]);
    }

    /// A shortened text keeps both ends, fits, and never cuts a wide character in two.
    #[test]
    fn shortened_texts_fit() {
        let short = |text: &str, columns| Clean::new(text).shortened(columns).to_string();
        assert_eq!(short("checkout-pr-412", 15), "checkout-pr-412");
        assert_eq!(short("checkout-pr-412", 9), "chec…-412");
        assert_eq!(short("checkout-pr-412", 1), "…");
        assert_eq!(short("checkout-pr-412", 0), "");
        for columns in 0..12 {
            let text = Clean::new("漢字かな漢字e\u{301}").shortened(columns);
            assert!(text.width() <= columns, "{text} is wider than {columns}");
        }
    }
}
