//! What can be wrong with a value on the wire, and where in it.

use std::fmt;

use crate::diag::{Diagnostic, Failure};
use crate::number::NumberError;
use crate::path::{Path, Step};
use crate::types::{Type, TypeError};

/// A value that cannot be read from the wire or written to it.
///
/// Like [`Failure`] it is not a `std::error::Error`, so that `?` turns it into a failure that still
/// points at the attribute.
#[derive(Debug)]
pub struct WireError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// Innermost step first, because it grows while the error travels out.
    steps: Vec<Step>,
    kind: WireErrorKind,
}

/// What is wrong, without the place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// The bytes end within a value.
    #[error("the bytes end within the value")]
    Truncated,
    /// There are bytes after the value.
    #[error("{0} bytes follow the value")]
    Trailing(usize),
    /// Values in values beyond any use.
    #[error("the value is nested more than {} levels deep", super::MAX_DEPTH)]
    TooDeep,
    /// A value of another type.
    #[error("{expected} is required, not {found}")]
    Mismatch {
        /// What the schema asks for.
        expected: &'static str,
        /// What there is.
        found: &'static str,
    },
    /// A tuple of another length.
    #[error("a tuple of {expected} elements is required, not of {found}")]
    Length {
        /// What the schema asks for.
        expected: usize,
        /// What there is.
        found: usize,
    },
    /// An object without one of its attributes.
    #[error("the attribute is missing")]
    Missing,
    /// An object with an attribute that its type does not have.
    #[error("the type has no such attribute")]
    Unexpected,
    /// A mapping with one key twice.
    #[error("the key occurs twice")]
    Duplicate,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    Text,
    /// A number that is none, or that Terraform could not store.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A dynamic value whose own type cannot be read.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// An extension that is no unknown value, or one with promises that cannot be read.
    #[error("extension {0} is not an unknown value")]
    Extension(i8),
    /// JSON that cannot be read.
    #[error("{0}")]
    Json(serde_json::Error),
    /// An unknown value, for which JSON has no form.
    #[error("a value that is not known yet has no form in JSON")]
    Unknown,
    /// More elements or bytes than the wire can count.
    #[error("the value is too large")]
    TooLarge,
}

impl WireError {
    pub(super) fn new(kind: impl Into<WireErrorKind>) -> Self {
        Self(Box::new(Inner {
            steps: Vec::new(),
            kind: kind.into(),
        }))
    }

    /// The schema asks for one thing, and there is another.
    pub(super) fn mismatch(expected: &Type, found: &'static str) -> Self {
        Self::new(WireErrorKind::Mismatch {
            expected: described(expected),
            found,
        })
    }

    /// The same error, seen from one step further out.
    pub(super) fn under(mut self, step: Step) -> Self {
        self.0.steps.push(step);
        self
    }

    pub(super) fn in_attribute(self, name: &str) -> Self {
        self.under(Step::Attribute(name.to_owned()))
    }

    pub(super) fn in_key(self, key: &str) -> Self {
        self.under(Step::Key(key.to_owned()))
    }

    pub(super) fn in_index(self, index: usize) -> Self {
        self.under(Step::Index(i64::try_from(index).unwrap_or(i64::MAX)))
    }

    /// Elements of sets have no address: the set is the place.
    pub(super) fn in_set(mut self) -> Self {
        self.0.steps.clear();
        self
    }

    /// What is wrong.
    #[must_use]
    pub fn kind(&self) -> &WireErrorKind {
        &self.0.kind
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> Path {
        let mut steps = self.0.steps.clone();
        steps.reverse();
        Path::from(steps)
    }
}

impl From<WireErrorKind> for WireError {
    fn from(kind: WireErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.0.steps.is_empty() {
            write!(f, "{}: ", self.path())?;
        }
        write!(f, "{}", self.0.kind)
    }
}

impl From<WireError> for Diagnostic {
    fn from(error: WireError) -> Self {
        Self::error("Value does not fit its schema", sentence(error.kind())).at(error.path())
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Diagnostic::from(error).into()
    }
}

/// A type in a word: `a string`.
pub(super) fn described(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a boolean",
        Type::Number => "a number",
        Type::String => "a string",
        Type::Dynamic => "a value with its type",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Tuple(_) => "a tuple",
        Type::Object(_) => "an object",
    }
}

/// A message as a sentence for a person.
fn sentence(kind: &WireErrorKind) -> String {
    let text = kind.to_string();
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), rest.as_str()),
        None => text,
    }
}
