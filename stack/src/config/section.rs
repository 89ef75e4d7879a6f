//! One section of the file, read key by key. A key that is never read is unknown.

use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, ConfigProblem};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// The minimum similarity (0 to 1) at which a known key is suggested for a typing error.
const MIN_SIMILARITY: f64 = 0.75;

/// The text of the file, to find the line of a position.
pub(super) struct Lines<'a> {
    pub(super) path: &'a Path,
    pub(super) text: &'a str,
}

impl Lines<'_> {
    pub(super) fn error(&self, offset: usize, problem: ConfigProblem) -> ConfigError {
        let problem = Box::new(problem);
        ConfigError::Wrong {
            path: self.path.to_owned(),
            line: self.line(offset),
            problem,
        }
    }

    /// The number of the line at a position, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        let before = &self.text.as_bytes()[..offset.min(self.text.len())];
        before.iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

/// A table of the file, with the keys read so far.
pub(super) struct Section<'a> {
    lines: &'a Lines<'a>,
    title: String,
    table: &'a DeTable<'a>,
    offset: usize,
    known: Vec<&'static str>,
    /// The caller has read every key, whatever its name.
    is_open: bool,
}

/// A key of a section whose keys this package does not know, with its texts and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedTexts {
    /// The key.
    pub key: String,
    /// The text, or the texts of the list.
    pub texts: Vec<String>,
    /// The number of its line, from 1.
    pub line: usize,
}

impl<'a> Section<'a> {
    pub(super) fn root(lines: &'a Lines<'a>, table: &'a Spanned<DeTable<'a>>) -> Self {
        let table = table.get_ref();
        Self {
            lines,
            title: "the file".to_owned(),
            table,
            offset: 0,
            known: Vec::new(),
            is_open: false,
        }
    }

    /// Reads a sub-table completely.
    pub(super) fn table<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> Result<T, ConfigError>,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let table = self.expect(key, value, "a section", DeValue::as_table)?;
        self.inner(self.title_of(key), table, value, read).map(Some)
    }

    /// Reads every table of an array of tables.
    pub(super) fn tables<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&mut Section<'_>) -> Result<T, ConfigError>,
    ) -> Result<Vec<T>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(Vec::new());
        };
        let expected = "sections in double brackets";
        let tables = self.expect(key, value, expected, DeValue::as_array)?;
        let read_one = |value| {
            let table = self.expect(key, value, expected, DeValue::as_table)?;
            self.inner(format!("[{}]", self.title_of(key)), table, value, &read)
        };
        tables.iter().map(read_one).collect()
    }

    /// The title of a table in this one. That of the file's own table is no part of it.
    fn title_of(&self, key: &str) -> String {
        match self.title.strip_suffix(']') {
            Some(parent) => format!("{parent}.{key}]"),
            None => format!("[{key}]"),
        }
    }

    fn inner<T>(
        &self,
        title: String,
        table: &DeTable<'_>,
        at: &Spanned<DeValue<'_>>,
        read: impl FnOnce(&mut Section<'_>) -> Result<T, ConfigError>,
    ) -> Result<T, ConfigError> {
        let offset = at.span().start;
        let mut section = Section {
            lines: self.lines,
            title,
            table,
            offset,
            known: Vec::new(),
            is_open: false,
        };
        let read = read(&mut section)?;
        section.finish()?;
        Ok(read)
    }

    /// Returns an error for the first key that was never read.
    pub(super) fn finish(self) -> Result<(), ConfigError> {
        if self.is_open {
            return Ok(());
        }
        let unknown = self
            .table
            .iter()
            .find(|(key, _)| !self.known.contains(&&**key.get_ref()));
        let Some((key, _)) = unknown else {
            return Ok(());
        };
        let likeness = |known: &str| strsim::jaro_winkler(key.get_ref(), known);
        let nearest = self
            .known
            .iter()
            .max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let nearest = nearest.filter(|known| likeness(known) >= MIN_SIMILARITY);
        let problem = ConfigProblem::UnknownKey {
            key: key.get_ref().to_string(),
            section: self.title.clone(),
            nearest: nearest.map(|known| (*known).to_owned()),
            known: self.known.clone(),
        };
        Err(self.lines.error(key.span().start, problem))
    }

    /// Reads a duration.
    pub(super) fn span(&mut self, key: &'static str) -> Result<Option<Span>, ConfigError> {
        self.parsed(key, "a duration in quotes, such as \"8h\"")
    }

    /// Reads dollars per hour. A number without quotes is refused, because it is a float.
    pub(super) fn rate(&mut self, key: &'static str) -> Result<Option<HourlyRate>, ConfigError> {
        self.parsed(key, "dollars in quotes, such as \"5.00\"")
    }

    /// Reads one of a few words. `expected` names them.
    pub(super) fn choice<T: FromStr<Err: Display>>(
        &mut self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        self.parsed(key, expected)
    }

    /// Reads a whole number, at least 1.
    pub(super) fn count(&mut self, key: &'static str) -> Result<Option<u32>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let expected = "a whole number from 1, such as 4";
        let number = self.expect(key, value, expected, DeValue::as_integer)?;
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(count) if count > 0 => Ok(Some(count)),
            _ => Err(self.wrong(key, &format!("{number} is not {expected}"))),
        }
    }

    /// Reads a value that may be written as a number or as a text. `expected` says which.
    pub(super) fn number_or_text<T: FromStr<Err: Display>>(
        &mut self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = self.expect(key, value, expected, |value| match value {
            DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        })?;
        text.parse()
            .map(Some)
            .map_err(|error: T::Err| self.wrong(key, &error.to_string()))
    }

    /// Reads a number of days between two limits, or 0.
    pub(super) fn days(
        &mut self,
        key: &'static str,
        least: u32,
        most: u32,
    ) -> Result<Option<u32>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let expected = "a whole number of days";
        let number = self.expect(key, value, expected, DeValue::as_integer)?;
        match u32::from_str_radix(number.as_str(), number.radix()) {
            Ok(days) if days == 0 || (least..=most).contains(&days) => Ok(Some(days)),
            _ => {
                let problem =
                    format!("{number} is not between {least} and {most}, or 0 to delete at once");
                Err(self.wrong(key, &problem))
            }
        }
    }

    /// Reads true or false.
    pub(super) fn flag(&mut self, key: &'static str) -> Result<Option<bool>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        self.expect(key, value, "true or false", DeValue::as_bool)
            .map(Some)
    }

    /// Reads a text that passes a check.
    pub(super) fn checked(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Option<String>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = self.expect(key, value, "a string in quotes", DeValue::as_str)?;
        check(text).map_err(|problem| self.wrong(key, &problem))?;
        Ok(Some(text.to_owned()))
    }

    /// Reads a list of texts that each pass a check; empty if the key is not set.
    pub(super) fn texts(
        &mut self,
        key: &'static str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Vec<String>, ConfigError> {
        let expected = "a list of strings, such as [\"a\", \"b\"]";
        let texts = self.list(key, expected, |text| check(text).map(|()| text.to_owned()))?;
        Ok(texts.unwrap_or_default())
    }

    /// Reads a text, with its line, for a caller that knows which texts are valid.
    pub(super) fn named_text(
        &mut self,
        key: &'static str,
    ) -> Result<Option<NamedTexts>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = self.expect(key, value, "a string in quotes", DeValue::as_str)?;
        Ok(Some(self.named(key, vec![text.to_owned()], value)))
    }

    /// Reads every key of the section, whatever its name: a text, or a list of texts.
    pub(super) fn all_texts(&mut self) -> Result<Vec<NamedTexts>, ConfigError> {
        self.is_open = true;
        let expected = "a string in quotes, or a list of them";
        let mut read = Vec::new();
        for (key, value) in self.table {
            let key: &str = key.get_ref();
            let text = |value| {
                let text = self.expect(key, value, expected, DeValue::as_str)?;
                Ok(text.to_owned())
            };
            let texts = match value.get_ref() {
                DeValue::Array(items) => items.iter().map(text).collect::<Result<_, _>>()?,
                _ => vec![text(value)?],
            };
            read.push(self.named(key, texts, value));
        }
        Ok(read)
    }

    fn named(&self, key: &str, texts: Vec<String>, value: &Spanned<DeValue<'_>>) -> NamedTexts {
        NamedTexts {
            key: key.to_owned(),
            texts,
            line: self.lines.line(value.span().start),
        }
    }

    /// Reads a list of durations.
    pub(super) fn spans(&mut self, key: &'static str) -> Result<Option<Vec<Span>>, ConfigError> {
        let expected = "a list of durations, such as [\"24h\", \"30m\"]";
        self.list(key, expected, |text| {
            text.parse::<Span>().map_err(|error| error.to_string())
        })
    }

    /// An error about a key's value.
    pub(super) fn wrong(&self, key: &str, problem: &str) -> ConfigError {
        let at = self
            .table
            .get(key)
            .map_or(self.offset, |value| value.span().start);
        self.value_error(at, key, problem)
    }

    /// An error about a missing key.
    pub(super) fn missing(&self, key: &'static str, expected: &'static str) -> ConfigError {
        let section = self.title.clone();
        self.lines.error(
            self.offset,
            ConfigProblem::Missing {
                key,
                section,
                expected,
            },
        )
    }

    fn get(&mut self, key: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.known.push(key);
        self.table.get(key)
    }

    fn parsed<T: FromStr<Err: Display>>(
        &mut self,
        key: &'static str,
        expected: &'static str,
    ) -> Result<Option<T>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let text = self.expect(key, value, expected, DeValue::as_str)?;
        text.parse()
            .map(Some)
            .map_err(|error: T::Err| self.wrong(key, &error.to_string()))
    }

    fn list<T>(
        &mut self,
        key: &'static str,
        expected: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<Option<Vec<T>>, ConfigError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        let items = self.expect(key, value, expected, DeValue::as_array)?;
        let read_one = |item| {
            let text = self.expect(key, item, expected, DeValue::as_str)?;
            read(text).map_err(|problem| self.value_error(item.span().start, key, &problem))
        };
        items
            .iter()
            .map(read_one)
            .collect::<Result<_, _>>()
            .map(Some)
    }

    fn expect<'v, T>(
        &self,
        key: &str,
        value: &'v Spanned<DeValue<'v>>,
        expected: &'static str,
        convert: impl FnOnce(&'v DeValue<'v>) -> Option<T>,
    ) -> Result<T, ConfigError> {
        let inner = value.get_ref();
        convert(inner).ok_or_else(|| {
            let key = key.to_owned();
            let found = format!("of type {}", inner.type_str());
            self.lines.error(
                value.span().start,
                ConfigProblem::Type {
                    key,
                    found,
                    expected,
                },
            )
        })
    }

    fn value_error(&self, offset: usize, key: &str, problem: &str) -> ConfigError {
        let (key, problem) = (key.to_owned(), problem.to_owned());
        self.lines
            .error(offset, ConfigProblem::Value { key, problem })
    }
}
