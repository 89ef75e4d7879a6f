//! The three-state value: known, null, or unknown until apply.

use crate::diag::{Failure, Result};
use crate::path::Path;

/// A value as Terraform has it: given, left out, or not known before apply.
///
/// It has the verbs of [`Option`]. Where they ask for a value, null and unknown are both none.
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
    /// A value that is known now.
    Known(T),
    /// No value.
    #[default]
    Null,
    /// A value that apply will decide.
    Unknown,
}

impl<T> Value<T> {
    /// Whether there is a value, known now.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        matches!(self, Self::Known(_))
    }

    /// Whether there is a value, known now, of which this is true.
    #[must_use]
    pub fn is_known_and(self, check: impl FnOnce(T) -> bool) -> bool {
        self.known().is_some_and(check)
    }

    /// Whether there is no value.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether apply will decide.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// A look at the value.
    #[must_use]
    pub const fn as_ref(&self) -> Value<&T> {
        match self {
            Self::Known(value) => Value::Known(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// A hand on the value.
    #[must_use]
    pub const fn as_mut(&mut self) -> Value<&mut T> {
        match self {
            Self::Known(value) => Value::Known(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// A look at what the value points to: `&str` of a `String`.
    #[must_use]
    pub fn as_deref(&self) -> Value<&T::Target>
    where
        T: std::ops::Deref,
    {
        self.as_ref().map(T::deref)
    }

    /// The known value turned into another; null and unknown stay what they are.
    #[must_use]
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Value<U> {
        self.and_then(|value| Value::Known(turn(value)))
    }

    /// The known value turned into a value that may be null or unknown itself.
    #[must_use]
    pub fn and_then<U>(self, turn: impl FnOnce(T) -> Value<U>) -> Value<U> {
        match self {
            Self::Known(value) => turn(value),
            Self::Null => Value::Null,
            Self::Unknown => Value::Unknown,
        }
    }

    /// The known value turned into another, where turning may fail.
    ///
    /// # Errors
    /// What turning failed with.
    pub fn try_map<U, E>(
        self,
        turn: impl FnOnce(T) -> Result<U, E>,
    ) -> std::result::Result<Value<U>, E> {
        match self {
            Self::Known(value) => turn(value).map(Value::Known),
            Self::Null => Ok(Value::Null),
            Self::Unknown => Ok(Value::Unknown),
        }
    }

    /// This value, or another where this one is null. An unknown stays unknown: it may yet be one.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        match self {
            Self::Null => other,
            given => given,
        }
    }

    /// The value, if it is known.
    #[must_use]
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// The known value, else this one.
    #[must_use]
    pub fn unwrap_or(self, other: T) -> T {
        self.known().unwrap_or(other)
    }

    /// The known value, else what this makes.
    #[must_use]
    pub fn unwrap_or_else(self, make: impl FnOnce() -> T) -> T {
        self.known().unwrap_or_else(make)
    }

    /// The known value, else the default of its type.
    #[must_use]
    pub fn unwrap_or_default(self) -> T
    where
        T: Default,
    {
        self.known().unwrap_or_default()
    }

    /// The value, or none where it was left out.
    ///
    /// # Errors
    /// An unknown value, with its path.
    ///
    /// ```
    /// # use tfplugin::{Path, Value};
    /// let path = Path::new("region");
    /// assert_eq!(Value::Known(1).known_or_null(&path).ok(), Some(Some(1)));
    /// assert_eq!(Value::<i64>::Null.known_or_null(&path).ok(), Some(None));
    /// assert!(Value::<i64>::Unknown.known_or_null(&path).is_err());
    /// ```
    pub fn known_or_null(self, path: &Path) -> Result<Option<T>> {
        match self {
            Self::Known(value) => Ok(Some(value)),
            Self::Null => Ok(None),
            Self::Unknown => Err(unknown(path)),
        }
    }

    /// The value, which must be there and known.
    ///
    /// # Errors
    /// A null or unknown value, with its path.
    pub fn expect_known(self, path: &Path) -> Result<T> {
        self.known_or_null(path)?.ok_or_else(|| {
            Failure::new(
                "Missing value",
                "A value is needed here, and none was given.",
            )
            .at(path.clone())
        })
    }

    /// The value moved out, with null left in its place.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::take(self)
    }
}

impl<T: Clone> Value<&T> {
    /// A value of one's own.
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
    /// None is null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

fn unknown(path: &Path) -> Failure {
    Failure::new(
        "Value not known yet",
        "This value is decided during apply, and it is needed earlier. \
         Give a value that is known when planning.",
    )
    .at(path.clone())
}
