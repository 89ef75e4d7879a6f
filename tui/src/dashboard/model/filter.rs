//! The filter: words and `field:word` terms that must all match; `!` negates a term.

use stack::listing::Flag;

use super::row::StackRow;

/// The fields that a filter can name.
pub(crate) const FIELDS: [&str; 7] = ["name", "app", "version", "owner", "phase", "flag", "label"];

/// A parsed filter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
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
    /// Parses a filter. Parsing never fails: a term with an unknown field is plain text.
    ///
    /// Spaces separate terms; double quotes group words into one term.
    pub(crate) fn read(text: &str) -> Self {
        let terms = words(text).into_iter().filter_map(|word| Term::read(&word));
        Self {
            terms: terms.collect(),
        }
    }

    /// Whether the filter matches every stack.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a stack matches.
    pub(crate) fn matches(&self, stack: &StackRow) -> bool {
        self.terms
            .iter()
            .all(|term| term.matches(stack) != term.not)
    }
}

impl Term {
    fn read(word: &str) -> Option<Self> {
        let (not, word) = match word.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, word),
        };
        let (field, text) = match word.split_once(':') {
            Some((field, text)) => match Field::named(field) {
                Some(field) => (Some(field), text),
                None => (None, word),
            },
            None => (None, word),
        };
        // A term without text, such as `owner:`, is still being typed. It filters nothing.
        (!text.is_empty()).then(|| Self {
            not,
            field,
            text: text.to_lowercase(),
        })
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

/// Splits a text at spaces outside double quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}
