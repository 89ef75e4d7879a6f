//! The filter: words and `field:word`, all of which have to fit; `!` turns one round.

use stack::listing::Flag;

use super::world::Stack;

/// The fields that a filter can name.
pub(crate) const FIELDS: [&str; 7] = ["name", "app", "version", "owner", "phase", "flag", "label"];

/// A filter that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    field: Option<Field>,
    /// In small letters.
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
    /// Reads a filter. Everything that can be written is one: an unknown field is text like any other.
    ///
    /// Words are separated by spaces; quotation marks hold together what belongs together.
    pub(crate) fn read(text: &str) -> Self {
        let terms = words(text).into_iter().filter_map(|word| Term::read(&word));
        Self {
            terms: terms.collect(),
        }
    }

    /// Whether it lets everything through.
    pub(crate) fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether it lets a stack through.
    pub(crate) fn fits(&self, stack: &Stack) -> bool {
        self.terms.iter().all(|term| term.fits(stack) != term.not)
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
        // Half a word is no reason to show nothing.
        (!text.is_empty()).then(|| Self {
            not,
            field,
            text: text.to_lowercase(),
        })
    }

    fn fits(&self, stack: &Stack) -> bool {
        match self.field {
            Some(field) => self.fits_in(field, stack),
            None => ALL.into_iter().any(|field| self.fits_in(field, stack)),
        }
    }

    fn fits_in(&self, field: Field, stack: &Stack) -> bool {
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

    /// `tearing_down` is also what somebody means who writes `tearing`, or `over budget`.
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

/// Whether a text holds another, which is in small letters, without regard to letter case.
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

/// The words of a text; a pair of quotation marks makes one word of several.
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
