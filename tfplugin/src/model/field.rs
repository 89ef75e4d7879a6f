//! Fields that are attributes: values that are known, null or unknown.

use super::Element;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::value::Value;

/// The type of a field with `#[attribute]`: a [`Value`] of an [`Element`].
#[diagnostic::on_unimplemented(
    message = "an attribute cannot be a `{Self}`",
    label = "must be a `tfplugin::Value<_>`",
    note = "every attribute can be null or unknown: write `Value<{Self}>`"
)]
pub trait Field: Sized {
    /// The element type.
    type Element: Element;

    /// Converts any value, including null and unknown.
    ///
    /// # Errors
    /// If the value does not match the field, with its path.
    fn decode(value: Dynamic, path: &Path) -> Result<Self>;

    /// Converts the field to a value.
    fn encode(self) -> Dynamic;

    /// The value of the field, for the accessors that `#[derive(Model)]` generates.
    fn value(&self) -> Value<&Self::Element>;
}

impl<T: Element> Field for Value<T> {
    type Element = T;

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        if value.is_null() {
            Ok(Self::Null)
        } else if value.is_unknown() || !T::can_hold(&value) {
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

    fn value(&self) -> Value<&T> {
        self.as_ref()
    }
}
