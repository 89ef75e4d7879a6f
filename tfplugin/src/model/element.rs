//! The simplest elements: text, booleans, numbers, and values of any type.

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
            Dynamic::Bool(truth) => Ok(truth),
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

/// Whole numbers, which refuse what they cannot hold instead of wrapping or cutting it off.
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

/// A float holds about 16 digits. A number with more is refused instead of rounded, since Terraform
/// compares what a provider returns with what was configured to the last digit. Money and other
/// numbers that must not be refused are a [`Number`].
impl Element for f64 {
    fn shape() -> Shape {
        Type::Number.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let number = Number::decode(value, path)?;
        let float = number.to_f64();
        if Number::try_from(float).is_ok_and(|back| back == number) {
            return Ok(float);
        }
        Err(Failure::new(
            "Number has too many digits",
            format!("{number} is more than a 64-bit float can hold. Round it to 15 digits."),
        )
        .at(path.clone()))
    }

    /// Infinity and what is not a number have no value in Terraform: they become null.
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

/// What is said of a value of another kind. Terraform converts values before it sends them, so a
/// person sees this only when a provider reads stored state wrongly.
pub(super) fn unexpected(wanted: &str, found: &Dynamic, path: &Path) -> Failure {
    Failure::new(
        "Unexpected value",
        format!("Expected {wanted}, found {}.", found.kind()),
    )
    .at(path.clone())
}
