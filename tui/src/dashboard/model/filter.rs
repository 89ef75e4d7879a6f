//! The filter: words and `field:word` terms that must all match; `!` negates a term.

use std::borrow::Cow;

use stack::Phase;
use stack::listing::Flag;

use super::column::ListColumn;
use super::row::StackRow;
use crate::nearest::{nearest, unknown};

/// The fields that a filter can name.
pub(super) const FIELDS: [&str; 7] = ["name", "app", "version", "owner", "phase", "flag", "label"];

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
    problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    field: Option<Field>,
    /// Lower case.
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Name,
    App,
    Version,
    Owner,
    Phase,
    Flag,
    Label,
}

impl Filter {
    /// Parses a filter. A term that is wrong, such as an unknown field, filters nothing;
    /// [`Filter::problem`] says what is wrong.
    ///
    /// Spaces separate terms. Double quotes group words into one term, in which a colon is an
    /// ordinary character.
    pub(crate) fn read(text: &str) -> Self {
        let mut filter = Self::default();
        for word in words(text) {
            match Term::read(&word) {
                Ok(term) => filter.terms.extend(term),
                Err(problem) => filter.problem = filter.problem.or(Some(problem)),
            }
        }
        filter
    }

    /// What is wrong with the filter, and the nearest word that would be right.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// Whether the filter matches every stack.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The texts that a column shows because of the filter, in lower case: those of its own fields,
    /// and the words without a field.
    pub(crate) fn wanted(&self, column: ListColumn) -> impl Iterator<Item = Cow<'_, str>> {
        let fields: &[Field] = match column {
            ListColumn::Name => &[Field::Name],
            ListColumn::App => &[Field::App, Field::Version],
            ListColumn::Owner => &[Field::Owner],
            ListColumn::State => &[Field::Phase, Field::Flag],
            _ => &[],
        };
        let shows = move |term: &&Term| {
            let is_own = term.field.is_none_or(|field| fields.contains(&field));
            !term.not && !fields.is_empty() && is_own
        };
        self.terms.iter().filter(shows).map(move |term| {
            // The screen writes `tearing down` for `tearing_down`.
            match column {
                ListColumn::State => Cow::Owned(term.text.replace('_', " ")),
                _ => Cow::Borrowed(term.text.as_str()),
            }
        })
    }

    /// Whether a stack matches.
    pub(crate) fn matches(&self, stack: &StackRow) -> bool {
        self.terms
            .iter()
            .all(|term| term.matches(stack) != term.not)
    }
}

impl Term {
    /// Parses a word. `None`: it is still being typed, such as `owner:`, and filters nothing.
    fn read(word: &Word) -> Result<Option<Self>, String> {
        let (not, text) = match word.text.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word.text.as_str()),
        };
        // A field ends at the first colon outside quotation marks.
        let field_end = word.colon.map(|colon| colon - usize::from(not));
        let parts = field_end.and_then(|end| text.split_at_checked(end));
        let (field, text) = match parts {
            Some((name, rest)) if !name.is_empty() => {
                let field = Field::named(name).ok_or_else(|| unknown_field(name))?;
                (Some(field), rest.strip_prefix(':').unwrap_or(rest))
            }
            _ => (None, text),
        };
        if text.is_empty() {
            return Ok(None);
        }
        let term = Self {
            not,
            field,
            text: text.to_lowercase(),
        };
        match field {
            Some(Field::Phase) => term.known_word("phase", &phases_of_the_list()),
            Some(Field::Flag) => term.known_word("flag", &Flag::ALL.map(Flag::as_str)),
            _ => Ok(Some(term)),
        }
    }

    /// Checks the text of a field that has a fixed set of words.
    fn known_word(self, field: &str, words: &[&str]) -> Result<Option<Self>, String> {
        if words.iter().any(|word| self.is_word(word)) {
            return Ok(Some(self));
        }
        Err(unknown(field, &self.text, words))
    }

    fn matches(&self, stack: &StackRow) -> bool {
        match self.field {
            Some(field) => self.matches_field(field, stack),
            None => ALL
                .into_iter()
                .any(|field| self.matches_field(field, stack)),
        }
    }

    fn matches_field(&self, field: Field, stack: &StackRow) -> bool {
        match field {
            Field::Name => self.is_in(stack.name()),
            Field::App => self.is_in(stack.app()),
            Field::Version => self.is_in(stack.version()),
            Field::Owner => self.is_in(stack.owner()),
            Field::Phase => self.is_word(stack.phase.as_str()),
            Field::Flag => stack
                .flags
                .iter()
                .any(|flag| self.is_word(Flag::as_str(*flag))),
            Field::Label => stack.lease().is_some_and(|lease| {
                let mut labels = lease.terms.labels.as_map().iter();
                labels.any(|(key, value)| self.is_in_label(key, value))
            }),
        }
    }

    fn is_in(&self, text: &str) -> bool {
        contains(text, &self.text)
    }

    fn is_in_label(&self, key: &str, value: &str) -> bool {
        let pair = self.text.split_once('=');
        let is_pair = pair.is_some_and(|(k, v)| key.eq_ignore_ascii_case(k) && contains(value, v));
        is_pair || self.is_in(value) || self.is_in(key)
    }

    /// Matches `tearing_down` for `tearing`, and `over_budget` for `over budget`.
    fn is_word(&self, word: &str) -> bool {
        contains(word, &self.text) || contains(word, &self.text.replace(' ', "_"))
    }
}

const ALL: [Field; 7] = [
    Field::Name,
    Field::App,
    Field::Version,
    Field::Owner,
    Field::Phase,
    Field::Flag,
    Field::Label,
];

impl Field {
    fn named(name: &str) -> Option<Self> {
        let at = FIELDS
            .iter()
            .position(|field| field.eq_ignore_ascii_case(name))?;
        ALL.get(at).copied()
    }
}

fn unknown_field(name: &str) -> String {
    match nearest(name, &FIELDS) {
        Some(field) => format!("unknown field {name:?}: did you mean {field}:?"),
        None => format!(
            "unknown field {name:?}: one of {}; quotation marks make it plain text",
            FIELDS.join(", ")
        ),
    }
}

/// The phases that a stack in the list can have.
fn phases_of_the_list() -> Vec<&'static str> {
    let phases = Phase::ALL.into_iter().filter(|phase| *phase != Phase::Gone);
    phases.map(Phase::as_str).collect()
}

/// Whether `text` contains `wanted` in any letter case. `wanted` is in lower case.
fn contains(text: &str, wanted: &str) -> bool {
    if text.is_ascii() && wanted.is_ascii() {
        let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
        return wanted.is_empty()
            || text
                .windows(wanted.len())
                .any(|part| part.eq_ignore_ascii_case(wanted));
    }
    text.to_lowercase().contains(wanted)
}

/// A word of a filter, without its quotation marks.
#[derive(Debug, Default)]
struct Word {
    text: String,
    /// The position of the first colon outside quotation marks, in bytes.
    colon: Option<usize>,
}

/// Splits a text at spaces outside double quotes.
fn words(text: &str) -> Vec<Word> {
    let mut words = vec![Word::default()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(Word::default()),
            c => {
                if let Some(word) = words.last_mut() {
                    if c == ':' && !quoted && word.colon.is_none() {
                        word.colon = Some(word.text.len());
                    }
                    word.text.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.text.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An unknown field, phase or flag is an error that names the nearest one. Text in quotation
    /// marks is never a field, and a term that is still being typed is no error.
    #[test]
    fn unknown_words_are_errors() {
        let problem = |text: &str| Filter::read(text).problem().map(str::to_owned);
        for (text, expected) in [
            ("ownr:ana", "unknown field \"ownr\": did you mean owner:?"),
            ("!nmae:x", "unknown field \"nmae\": did you mean name:?"),
            ("phase:redy", "unknown phase \"redy\": did you mean ready?"),
            (
                "flag:expird",
                "unknown flag \"expird\": did you mean expired?",
            ),
            (
                "x9q:1",
                "unknown field \"x9q\": one of name, app, version, owner, phase, flag, label; \
                 quotation marks make it plain text",
            ),
        ] {
            assert_eq!(problem(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "owner",
            "owner:",
            "!",
            "phase:",
            "phase:re",
            "flag:over",
            "PHASE:Ready",
            ":x",
            "\"team:search\"",
            "owner:team:search",
            "label:a=b:c",
            "phase:\"tearing down\"",
            "!flag:\"over budget\"",
        ] {
            assert_eq!(problem(text), None, "{text}");
        }
    }
}
