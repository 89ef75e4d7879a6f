//! JSON output. Characters that would control a terminal are escaped.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::text::is_unsafe;

/// Writes a value as one indented document.
pub(crate) fn write(ui: &mut Ui, value: &impl Serialize) -> Result<(), CommandError> {
    ui.line(&document(value)?)
}

/// Writes a value as one line, for progress.
pub(crate) fn line(ui: &mut Ui, value: &impl Serialize) -> Result<(), CommandError> {
    ui.line(&one_line(value)?)
}

/// Outside of strings, JSON has no unsafe character, so each one can be replaced by its escape.
fn one_line(value: &impl Serialize) -> Result<String, CommandError> {
    let text = serde_json::to_string(value)
        .map_err(|error| CommandError::failed("cannot write JSON").because(&error))?;
    Ok(escaped(&text))
}

/// One line of JSON with its unsafe characters escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            line.push(c);
        }
    }
    line
}

/// Writes an array item by item, because it may be long.
#[derive(Default)]
pub(crate) struct ArrayWriter {
    has_items: bool,
}

impl ArrayWriter {
    /// Writes the next item.
    pub(crate) fn item(&mut self, ui: &mut Ui, value: &impl Serialize) -> Result<(), CommandError> {
        let before = if self.has_items { ",\n  " } else { "[\n  " };
        self.has_items = true;
        // Strings in JSON have no raw line break, so each one starts a line of the document.
        let item = document(value)?.replace('\n', "\n  ");
        ui.raw(before.as_bytes())?;
        ui.raw(item.as_bytes())
    }

    /// Writes the end of the array, or an empty array.
    pub(crate) fn end(self, ui: &mut Ui) -> Result<(), CommandError> {
        ui.line(if self.has_items { "\n]" } else { "[]" })
    }
}

fn document(value: &impl Serialize) -> Result<String, CommandError> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, SafeFormatter::default());
    value
        .serialize(&mut serializer)
        .map_err(|error| CommandError::failed("cannot write JSON").because(&error))?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Indents, and escapes characters that JSON allows but that would control a terminal. A JSON
/// parser reads the same text either way.
#[derive(Default)]
struct SafeFormatter(PrettyFormatter<'static>);

impl Formatter for SafeFormatter {
    fn write_string_fragment<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((index, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            to.write_all(&rest.as_bytes()[..index])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(to, "\\u{unit:04x}")?;
            }
            rest = &rest[index + c.len_utf8()..];
        }
        to.write_all(rest.as_bytes())
    }

    fn begin_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_array(to)
    }

    fn end_array<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array(to)
    }

    fn begin_array_value<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(to, first)
    }

    fn end_array_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_array_value(to)
    }

    fn begin_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object(to)
    }

    fn end_object<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object(to)
    }

    fn begin_object_key<W: io::Write + ?Sized>(
        &mut self,
        to: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(to, first)
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.begin_object_value(to)
    }

    fn end_object_value<W: io::Write + ?Sized>(&mut self, to: &mut W) -> io::Result<()> {
        self.0.end_object_value(to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A value is written as exactly one line, without unsafe characters.
    #[test]
    fn a_line_is_one_line() {
        let given = "ana\u{202e}\u{9b}31m\u{7f}\n\"ä漢\" \u{e0041}";
        let text = one_line(&[given]).expect("it serializes");
        assert!(!text.chars().any(|c| c == '\n' || is_unsafe(c)), "{text:?}");
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&text).expect("valid JSON"),
            [given]
        );
    }

    /// Unsafe characters are escaped, and a JSON parser still reads the same text.
    #[test]
    fn escapes_keep_the_value() {
        let given = "ana\u{202e}\u{9b}31m\u{7f}\n\"ä漢\" \u{e0041}";
        let mut text = Vec::new();
        let mut serializer = Serializer::with_formatter(&mut text, SafeFormatter::default());
        [given].serialize(&mut serializer).expect("it serializes");
        let text = String::from_utf8(text).expect("valid UTF-8");
        assert!(text.chars().all(|c| c == '\n' || !is_unsafe(c)), "{text:?}");
        assert_eq!(
            serde_json::from_str::<[String; 1]>(&text).expect("valid JSON"),
            [given]
        );
    }
}
