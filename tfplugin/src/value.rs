//! Values with three states: known, null, or unknown until apply.

use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;

/// A Terraform value: known, null, or unknown until apply.
///
/// It has the methods of [`Option`], which treat both null and unknown as `None`. The default is
/// null.
///
/// ```
/// # use tfplugin::Value;
/// let region: Value<&str> = Value::Known("eu-west-1");
/// assert_eq!(region.map(str::len), Value::Known(9));
/// assert_eq!(Value::<u8>::Unknown.known(), None);
/// assert_eq!(Value::<u8>::from(None), Value::Null);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value<T> {
    /// A known value.
    Known(T),
    /// No value.
    #[default]
    Null,
    /// A value that becomes known during apply.
    Unknown,
}

impl<T> Value<T> {
    /// Whether the value is known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Whether the value is known and the check is true for it.
    #[must_use]
    pub fn is_known_and(self, check: impl FnOnce(T) -> bool) -> bool {
        self.known().is_some_and(check)
    }

    /// Whether the value is null.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether the value is unknown.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Converts to a value of a reference.
    #[must_use]
    pub const fn as_ref(&self) -> Value<&T> {
        match self {
            Self::Known(value) => Value::Known(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// Converts to a value of a mutable reference.
    #[must_use]
    pub const fn as_mut(&mut self) -> Value<&mut T> {
        match self {
            Self::Known(value) => Value::Known(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// Converts to a value of the dereferenced target, such as `&str` for a `String`.
    #[must_use]
    pub fn as_deref(&self) -> Value<&T::Target>
    where
        T: std::ops::Deref,
    {
        self.as_ref().map(T::deref)
    }

    /// Applies the function to a known value. Null and unknown do not change.
    #[must_use]
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Value<U> {
        self.and_then(|value| Value::Known(convert(value)))
    }

    /// Applies a function that may return null or unknown to a known value.
    #[must_use]
    pub fn and_then<U>(self, convert: impl FnOnce(T) -> Value<U>) -> Value<U> {
        match self {
            Self::Known(value) => convert(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// Applies a fallible function to a known value. Null and unknown do not change.
    ///
    /// # Errors
    /// The error of the function.
    pub fn try_map<U, E>(
        self,
        convert: impl FnOnce(T) -> Result<U, E>,
    ) -> std::result::Result<Value<U>, E> {
        match self {
            Self::Known(value) => convert(value).map(Value::Known),
            Self::Null => Ok(Value::Null),
            Self::Unknown => Ok(Value::Unknown),
        }
    }

    /// This value, or the other one if this one is null. An unknown value stays unknown.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Null => other,
            given => given,
        }
    }

    /// The known value; `None` for null and unknown.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The known value, or the given default.
    #[must_use]
    pub fn unwrap_or(self, other: T) -> T {
        self.known().unwrap_or(other)
    }

    /// The known value, or the result of the function.
    #[must_use]
    pub fn unwrap_or_else(self, make: impl FnOnce() -> T) -> T {
        self.known().unwrap_or_else(make)
    }

    /// The known value, or the default of its type.
    #[must_use]
    pub fn unwrap_or_default(self) -> T
    where
        T: Default,
    {
        self.known().unwrap_or_default()
    }

    /// The known value, or `None` for null. `path` is the attribute, for the error.
    ///
    /// # Errors
    /// If the value is unknown. In `validate` and `plan` that error waits until the value is known.
    ///
    /// ```
    /// # use tfplugin::Value;
    /// assert_eq!(Value::Known(1).known_or_null("size").ok(), Some(Some(1)));
    /// assert_eq!(Value::<i64>::Null.known_or_null("size").ok(), Some(None));
    /// assert!(Value::<i64>::Unknown.known_or_null("size").is_err());
    /// ```
    pub fn known_or_null(self, path: impl Into<Path>) -> Result<Option<T>> {
        match self {
            Self::Known(value) => Ok(Some(value)),
            Self::Null => Ok(None),
            Self::Unknown => Err(unknown(path.into())),
        }
    }

    /// The known value. `path` is the attribute, for the error.
    ///
    /// # Errors
    /// If the value is null or unknown. In `validate` and `plan` the error about an unknown value
    /// waits until the value is known.
    pub fn expect_known(self, path: impl Into<Path>) -> Result<T> {
        match self {
            Self::Known(value) => Ok(value),
            Self::Null => {
                let failure = Failure::new("Missing value", "This attribute needs a value.");
                Err(failure.at(path))
            }
            Self::Unknown => Err(unknown(path.into())),
        }
    }

    /// Takes the value and leaves null.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl<T: Clone> Value<&T> {
    /// Clones the referenced value.
    #[must_use]
    pub fn cloned(self) -> Value<T> {
        self.map(T::clone)
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl From<&str> for Value<String> {
    fn from(value: &str) -> Self {
        Self::Known(value.to_owned())
    }
}

impl<T> From<Option<T>> for Value<T> {
    /// `None` becomes null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

fn unknown(path: Path) -> Failure {
    let error = Diagnostic::error(
        "Unknown value",
        "This value becomes known only during apply, but the provider needs it earlier. \
         Use a value that is known during planning.",
    );
    error.at(path).about_unknown().into()
}
