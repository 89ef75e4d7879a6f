//! The fields that are attributes: values in three states.

use super::Element;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::value::Value;

/// What a field with `#[attribute]` has to be: a [`Value`] of an [`Element`].
#[diagnostic::on_unimplemented(
    message = "an attribute cannot be a `{Self}`",
    label = "has to be a `tfplugin::Value<_>`",
    note = "every attribute can be null or not known yet: write `Value<{Self}>`"
)]
pub trait Field: Sized {
    /// What the value is of.
    type Element: Element;

    /// The field from any value, null and unknown included.
    ///
    /// # Errors
    /// A value that does not fit, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// The value of the field.
    fn encode(self) -> Dynamic;
}

impl<T: Element> Field for Value<T> {
    type Element = T;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        if value.is_null() {
            Ok(Self::Null)
        } else if value.is_unknown() || !T::has_room(&value) {
            Ok(Self::Unknown)
        } else {
            T::decode(value, path).map(Self::Known)
        }
    }

    fn encode(self) -> Dynamic {
        match self {
            Self::Known(element) => element.encode(),
            Self::Null => Dynamic::Null,
            Self::Unknown => Dynamic::unknown(),
        }
    }
}
