//! Elements that are written as text.

use std::fmt::{self, Display};
use std::ops::Deref;
use std::str::FromStr;

use super::Element;
use crate::diag::{Failure, Result};
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::schema::Shape;
use crate::types::Type;

/// A value parsed from text, together with the original text.
///
/// Terraform requires a provider to return configured text unchanged. Use `Text` for a type with
/// several spellings, such as a duration (`1d12h` and `36h` are equal). When a create, an update or
/// a read returns another spelling of an equal value, the SDK keeps the spelling that Terraform
/// has. A type whose `Display` returns the parsed text needs only
/// [`text_element!`](crate::text_element).
///
/// ```
/// # use tfplugin::Text;
/// let port: Text<u16> = Text::parse("0080")?;
/// assert_eq!((*port, port.as_written()), (80, "0080"));
/// # Ok::<_, std::num::ParseIntError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text<T> {
    parsed: T,
    written: String,
}

impl<T: FromStr> Text<T> {
    /// Parses the text and keeps it.
    ///
    /// # Errors
    /// If the text is invalid for the type.
    pub fn parse(written: impl Into<String>) -> Result<Self, T::Err> {
        let written = written.into();
        let parsed = written.parse()?;
        Ok(Self { parsed, written })
    }
}

impl<T> Text<T> {
    /// The original text.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.written
    }

    /// The parsed value, without the text.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.parsed
    }
}

impl<T: Display> From<T> for Text<T> {
    /// Uses the output of `Display` as the text.
    fn from(parsed: T) -> Self {
        let written = parsed.to_string();
        Self { parsed, written }
    }
}

impl<T> Deref for Text<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.parsed
    }
}

impl<T> Display for Text<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.written)
    }
}

impl<T> Element for Text<T>
where
    T: FromStr<Err: Display> + PartialEq,
{
    fn shape() -> Shape {
        Type::String.into()
    }

    fn decode(value: Dynamic, path: &Path) -> Result<Self> {
        let written = String::decode(value, path)?;
        Self::parse(written).map_err(|reason| invalid(&reason, path))
    }

    fn encode(self) -> Dynamic {
        Dynamic::String(self.written)
    }

    fn is_equivalent(&self, other: &Self) -> bool {
        self.parsed == other.parsed
    }
}

/// Implements [`Element`] for types that are written as text. They need `FromStr`, with an error
/// that says what is wrong, and `Display`, which must return the text that was parsed. Use [`Text`]
/// for types with several spellings.
///
/// ```
/// # use std::{fmt, str::FromStr};
/// #[derive(Clone, Copy, Debug)]
/// enum RenewOn {
///     Version,
///     Never,
/// }
///
/// impl FromStr for RenewOn {
///     type Err = &'static str;
///
///     fn from_str(text: &str) -> Result<Self, Self::Err> {
///         match text {
///             "version" => Ok(Self::Version),
///             "never" => Ok(Self::Never),
///             _ => Err("Write version or never."),
///         }
///     }
/// }
///
/// impl fmt::Display for RenewOn {
///     fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
///         f.write_str(match self {
///             Self::Version => "version",
///             Self::Never => "never",
///         })
///     }
/// }
///
/// tfplugin::text_element!(RenewOn);
///
/// /// A lease.
/// #[derive(tfplugin::Model)]
/// struct Lease {
///     /// What renews it: `version` (default) or `never`.
///     #[attribute(optional, default = RenewOn::Version)]
///     renew_on: tfplugin::Value<RenewOn>,
/// }
/// ```
#[macro_export]
macro_rules! text_element {
    ($($type:ty),+ $(,)?) => {$(
        impl $crate::Element for $type {
            fn shape() -> $crate::schema::Shape {
                $crate::schema::Shape::Type($crate::Type::String)
            }

            fn decode(value: $crate::Dynamic, path: &$crate::Path) -> $crate::Result<Self> {
                $crate::model::derive::parse_text(value, path)
            }

            fn encode(self) -> $crate::Dynamic {
                $crate::Dynamic::String(::std::string::ToString::to_string(&self))
            }
        }
    )+};
}

/// Decodes a type that uses [`text_element!`](crate::text_element).
pub(super) fn parse<T: FromStr<Err: Display>>(value: Dynamic, path: &Path) -> Result<T> {
    let written = String::decode(value, path)?;
    written.parse().map_err(|reason| invalid(&reason, path))
}

fn invalid(reason: &impl Display, path: &Path) -> Failure {
    Failure::new("Invalid value", reason.to_string()).at(path.clone())
}
