//! Errors of the codecs: what is wrong with a value, and at which path.

use std::fmt;

use crate::diag::{Diagnostic, Failure};
use crate::number::NumberError;
use crate::path::{Path, Step};
use crate::types::{Type, TypeError};

/// An error of decoding or encoding a value.
///
/// Like [`Failure`], it does not implement `std::error::Error`. `?` converts it into a failure that
/// points at the attribute.
#[derive(Debug)]
pub struct WireError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    /// Innermost step first, because each caller adds its step.
    steps: Vec<Step>,
    kind: WireErrorKind,
}

/// The kind of a codec error, without the path.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WireErrorKind {
    /// The bytes end inside a value.
    #[error("the bytes end inside the value")]
    Truncated,
    /// Bytes follow the value.
    #[error("unexpected bytes after the value: {0}")]
    Trailing(usize),
    /// Too many levels of collections.
    #[error("the value is nested more than {} levels deep", super::MAX_DEPTH)]
    TooDeep,
    /// A value of the wrong type.
    #[error("expected {expected}, found {found}")]
    Mismatch {
        /// The type in the schema.
        expected: &'static str,
        /// The type of the value.
        found: &'static str,
    },
    /// A tuple of the wrong length.
    #[error("expected a tuple of length {expected}, found length {found}")]
    Length {
        /// The length in the schema.
        expected: usize,
        /// The length of the value.
        found: usize,
    },
    /// An object that lacks an attribute.
    #[error("the attribute is missing")]
    Missing,
    /// An object with an attribute that its type does not have.
    #[error("the type has no such attribute")]
    Unexpected,
    /// A map or object with the same key twice.
    #[error("the key occurs twice")]
    Duplicate,
    /// Text that is not UTF-8.
    #[error("the text is not UTF-8")]
    Text,
    /// An invalid number, or one that Terraform cannot store.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// A dynamic value with an invalid type.
    #[error(transparent)]
    Type(#[from] TypeError),
    /// An extension that is not an unknown value, or that has invalid refinements.
    #[error("extension {0} is not an unknown value")]
    Extension(i8),
    /// Invalid JSON.
    #[error("{0}")]
    Json(serde_json::Error),
    /// An unknown value, which JSON cannot represent.
    #[error("JSON cannot represent an unknown value")]
    Unknown,
    /// More elements or bytes than the encoding can count.
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

    /// Creates an error for a value of the wrong type.
    pub(super) fn mismatch(expected: &Type, found: &'static str) -> Self {
        Self::new(WireErrorKind::Mismatch {
            expected: type_name(expected),
            found,
        })
    }

    /// Puts a step in front of the path.
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

    pub(super) fn in_set(self) -> Self {
        self.under(Step::Element)
    }

    /// The kind of the error.
    #[must_use]
    pub fn kind(&self) -> &WireErrorKind {
        &self.0.kind
    }

    /// The path of the wrong value.
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
        Self::error(
            "The value does not match its schema",
            sentence(error.kind()),
        )
        .at(error.path())
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        Diagnostic::from(error).into()
    }
}

/// Names a type for a message: `a string`.
pub(super) fn type_name(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "a boolean",
        Type::Number => "a number",
        Type::String => "a string",
        Type::Dynamic => "a dynamic value",
        Type::List(_) => "a list",
        Type::Set(_) => "a set",
        Type::Map(_) => "a map",
        Type::Tuple(_) => "a tuple",
        Type::Object(_) => "an object",
    }
}

/// The message with a capital letter and a full stop.
fn sentence(kind: &WireErrorKind) -> String {
    let text = kind.to_string();
    let mut rest = text.chars();
    match rest.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), rest.as_str()),
        None => text,
    }
}
