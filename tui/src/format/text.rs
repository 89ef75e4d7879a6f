//! The only place that makes text from data safe for a terminal, measures it and shortens it.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use unicode_width::UnicodeWidthChar;

/// How many combining marks one letter may carry: enough for every script, too few to paint over
/// the lines above and below.
const MAX_MARKS: usize = 3;

/// Replaces a part that was cut out. It is one column wide.
const ELLIPSIS: &str = "…";

/// A text that cannot control a terminal: one line, with control characters, characters that
/// change the text direction and invisible characters written as escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clean(String);

impl Clean {
    /// Escapes everything in the text that could control a terminal.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self(clean(text.as_ref()).into_owned())
    }

    /// The escaped text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The number of terminal columns that it takes.
    pub(crate) fn width(&self) -> usize {
        columns(&self.0)
    }

    /// The text in at most `columns` columns. If it is longer, the middle is cut out, because names
    /// differ at both ends.
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

/// The text with everything that would control a terminal, or be invisible, written as an escape.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    // Marks at the beginning would combine with the text that was written before.
    let mut marks = MAX_MARKS;
    for c in text.chars() {
        let is_mark = c.width() == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        match c {
            '\n' => clean.push_str("\\n"),
            '\r' => clean.push_str("\\r"),
            '\t' => clean.push_str("\\t"),
            _ if is_unsafe(c) || marks > MAX_MARKS => push_escape(&mut clean, c),
            _ => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// A text of several lines, each made safe like [`clean`].
pub(crate) fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// The text in lines of at most `width` columns, broken at spaces. A longer word stays whole, so
/// that a path can be copied. Without a width there is one line.
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

/// Whether a character would control a terminal, change the text direction, or be invisible:
/// controls, line separators, and what Unicode calls default ignorable.
pub(crate) fn is_unsafe(c: char) -> bool {
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

/// The sum of the characters' widths. Terminals place one character after the other, even where
/// the script would join them.
fn columns(text: &str) -> usize {
    text.chars().filter_map(UnicodeWidthChar::width).sum()
}

/// The longest beginning that fits into `columns`.
fn prefix(text: &str, columns: usize) -> &str {
    let mut used = 0;
    let end = text.char_indices().find(|(_, c)| {
        used += c.width().unwrap_or(0);
        used > columns
    });
    end.map_or(text, |(end, _)| &text[..end])
}

/// The longest end that fits into `columns`.
fn suffix(text: &str, columns: usize) -> &str {
    let (mut used, mut start) = (0, text.len());
    for (index, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > columns {
            break;
        }
        // A mark stays with its letter.
        if c.width() != Some(0) {
            start = index;
        }
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `clean` escapes every character that controls a terminal, changes the text direction or is
    /// invisible.
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
                !same || !(c.is_control() || is_unsafe(c)),
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

    /// `clean` keeps up to three marks on a character and escapes the rest.
    #[test]
    fn ordinary_marks_stay() {
        assert_eq!(clean("e\u{301} क्षि"), "e\u{301} क्षि");
        let tower = clean(&format!("e{}", "\u{301}".repeat(9))).into_owned();
        assert_eq!(
            tower,
            format!("e{}{}", "\u{301}".repeat(3), "\\u{301}".repeat(6))
        );
    }

    /// `wrapped` breaks lines at spaces only, so a path stays on one line.
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

    /// A shortened text keeps both ends, fits, and never cuts a wide character in half.
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
