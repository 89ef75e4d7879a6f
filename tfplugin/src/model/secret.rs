//! Secrets: values that no log and no message shows.

use std::fmt;

use super::{Element, Uses};
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::{Shape, Validator};

/// The detail of an error about a secret.
const HIDDEN: &str = "The value is not valid. It is sensitive, so this message does not show it.";

/// A value that `Debug` does not print. A `sensitive` or `write_only` attribute is a
/// `Value<Secret<T>>`, so that `{model:?}` in a log or a panic shows no secret.
///
/// ```
/// # use tfplugin::{Secret, Value};
/// let password: Value<Secret<String>> = Secret::new("hunter2".to_owned()).into();
/// assert_eq!(format!("{password:?}"), "Known((sensitive))");
/// assert_eq!(password.as_ref().known().map(|secret| secret.expose().len()), Some(7));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Protects a value.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value. Search for this name to find where secrets are used.
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// The value, without its protection.
    pub fn into_exposed(self) -> T {
        self.0
    }
}

impl<T> From<T> for Secret<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Self {
        Self(value.to_owned())
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl<T: Element> Element for Secret<T> {
    const MODEL_DEPTH: u8 = T::MODEL_DEPTH;
    const USES: Uses = T::USES;
    const NULL_ELEMENTS: bool = T::NULL_ELEMENTS;

    fn shape() -> Shape {
        T::shape()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        // The error of the inner type may contain the value.
        let decoded = T::decode(value, path).map(Self);
        decoded.map_err(|failure| failure.with_detail(HIDDEN))
    }

    fn encode(self) -> Dynamic {
        self.0.encode()
    }

    fn can_hold(value: &Dynamic) -> bool {
        T::can_hold(value)
    }

    fn is_equivalent(&self, other: &Self) -> bool {
        self.0.is_equivalent(&other.0)
    }

    fn keep_equivalent(earlier: &Dynamic, value: &mut Dynamic) {
        T::keep_equivalent(earlier, value);
    }

    fn validators() -> Vec<Validator> {
        T::validators()
    }
}

/// A type that a `sensitive` or `write_only` attribute can have: a [`Secret`].
#[diagnostic::on_unimplemented(
    message = "a sensitive or write-only attribute cannot be a `Value<{Self}>`",
    label = "`Debug` would print it",
    note = "write `Value<tfplugin::Secret<{Self}>>`"
)]
pub trait Sensitive: Element {}

impl<T: Element> Sensitive for Secret<T> {}
