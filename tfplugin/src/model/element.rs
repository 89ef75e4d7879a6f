//! Basic elements: text, booleans, numbers and dynamic values.

use super::Element;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::number::Number;
use crate::path::Path;
use crate::schema::Shape;
use crate::types::Type;

impl Element for String {
    fn shape() -> Shape {
        Type::String.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        match value.into_untyped() {
            Dynamic::String(text) => Ok(text),
            other => Err(unexpected("a string", &other, path)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::String(self)
    }
}

impl Element for bool {
    fn shape() -> Shape {
        Type::Bool.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        match value.into_untyped() {
            Dynamic::Bool(value) => Ok(value),
            other => Err(unexpected("a boolean", &other, path)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::Bool(self)
    }
}

impl Element for Number {
    fn shape() -> Shape {
        Type::Number.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        match value.into_untyped() {
            Dynamic::Number(number) => Ok(number),
            other => Err(unexpected("a number", &other, path)),
        }
    }

    fn encode(self) -> Dynamic {
        Dynamic::Number(self)
    }
}

/// Integers. A number that does not fit is an error; it never wraps or loses its fraction.
macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl Element for $integer {
            fn shape() -> Shape {
                Type::Number.into()
            }

            fn decode(value: Dynamic, path: &Path) -> Result<Self> {
                let number = Number::decode(value, path)?;
                let signed = number.as_i64().and_then(|n| Self::try_from(n).ok());
                signed
                    .or_else(|| number.as_u64().and_then(|n| Self::try_from(n).ok()))
                    .ok_or_else(|| {
                        let (min, max) = (Self::MIN, Self::MAX);
                        Failure::new(
                            "Number out of range",
                            format!("Expected a whole number from {min} to {max}, found {number}."),
                        )
                        .at(path.clone())
                    })
            }

            fn encode(self) -> Dynamic {
                Dynamic::Number(self.into())
            }
        }
    )*};
}

integers!(i8, i16, i32, i64, u8, u16, u32, u64);

/// A float holds about 16 digits. A number with more digits, such as `1/3`, becomes the nearest
/// float. The SDK puts the digits back: a float that an apply or a read returns unchanged stays the
/// number in the plan or the state. Use [`Number`] for money and for other numbers where every
/// digit counts.
impl Element for f64 {
    fn shape() -> Shape {
        Type::Number.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let number = Number::decode(value, path)?;
        let float = number.to_f64();
        if float.is_finite() {
            return Ok(float);
        }
        Err(Failure::new(
            "Number out of range",
            "The number is too large for a 64-bit float.",
        )
        .at(path.clone()))
    }

    /// Terraform has no infinity and no NaN, so both become null.
    fn encode(self) -> Dynamic {
        Number::try_from(self).map_or(Dynamic::Null, Dynamic::Number)
    }
}

impl Element for Dynamic {
    fn shape() -> Shape {
        Type::Dynamic.into()
    }

    fn decode(value: Dynamic, _path: &Path) -> Result<Self> {
        Ok(value)
    }

    fn encode(self) -> Dynamic {
        self
    }
}

/// The error for a value of the wrong kind. Terraform converts values before it sends them, so
/// users see it only when a provider reads stored state wrongly.
pub(super) fn unexpected(expected: &str, found: &Dynamic, path: &Path) -> Failure {
    Failure::new(
        "Unexpected value",
        format!("Expected {expected}, found {}.", found.kind()),
    )
    .at(path.clone())
}
