//! Terraform's numbers: integers, fractions and decimals of any length, never rounded on the way.

mod decimal;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A number of any precision.
///
/// Two numbers are equal when their values are: `1`, `1.0` and `10e-1` are one number. Infinity is
/// not a number here, because Terraform cannot store it; the wire refuses it with its place.
///
/// ```
/// # use tfplugin::Number;
/// let price: Number = "12.50".parse()?;
/// assert_eq!(price.to_string(), "12.5");
/// assert!(price > Number::from(12));
/// assert_eq!(price.as_i64(), None);
/// # Ok::<_, tfplugin::NumberError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

/// One value has one form, so that equality and hashes can be derived.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// Every whole number that fits.
    Integer(i64),
    /// Every other number: plain decimals, no sign but `-`, no zeros that say nothing.
    Decimal(Box<str>),
}

/// Why something is not a [`Number`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Text that is no decimal number. It is not repeated, because it may be a secret.
    #[error("the text is not a decimal number")]
    Malformed,
    /// An exponent that would need thousands of zeros in plain decimals.
    #[error(
        "the exponent is out of range: it would need more than {} zeros",
        decimal::MAX_PADDING
    )]
    Exponent,
    /// Infinity, or what is not a number at all.
    #[error("Terraform has no way to store a number that is not finite")]
    NotFinite,
}

impl Number {
    /// The value, if it is whole and fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Integer(integer) => Some(integer),
            Repr::Decimal(_) => None,
        }
    }

    /// The value, if it is whole, not negative, and fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Integer(integer) => u64::try_from(*integer).ok(),
            Repr::Decimal(text) => text.parse().ok(),
        }
    }

    /// The value, if a float has exactly this value: `0.5` has one, `0.1` does not.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Repr::Integer(integer) => {
                decimal::integer_is_exact(*integer).then_some(*integer as f64)
            }
            Repr::Decimal(text) => decimal::to_exact_float(text),
        }
    }

    /// The nearest float; infinite where the value is larger than every float.
    ///
    /// `Number::try_from` gives back the same number for up to 15 significant digits.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Integer(integer) => *integer as f64,
            // The text is a decimal number by construction; a parser that disagreed would be told
            // by the property tests.
            Repr::Decimal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether the value has no fraction.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Repr::Integer(_) => true,
            Repr::Decimal(text) => !text.contains('.'),
        }
    }

    /// The plain decimals, without a copy where they are kept as text.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Integer(integer) => Cow::Owned(integer.to_string()),
            Repr::Decimal(text) => Cow::Borrowed(text),
        }
    }

    /// Exactly the value of a float, to its last binary digit, as floats mean it on the wire.
    pub(crate) fn from_exact_f64(float: f64) -> Result<Self, NumberError> {
        decimal::exact_text(float)
            .ok_or(NumberError::NotFinite)?
            .parse()
    }
}

impl FromStr for Number {
    type Err = NumberError;

    /// Decimals with an optional sign, fraction and exponent: `-1`, `2.50`, `6.02e23`.
    fn from_str(text: &str) -> Result<Self, NumberError> {
        if let Ok(integer) = text.parse() {
            return Ok(Self(Repr::Integer(integer)));
        }
        let plain = decimal::normalise(text)?;
        Ok(Self(match plain.parse() {
            Ok(integer) => Repr::Integer(integer),
            Err(_) => Repr::Decimal(plain.into_boxed_str()),
        }))
    }
}

impl TryFrom<f64> for Number {
    type Error = NumberError;

    /// The shortest decimal that reads back as this float, which is what a person wrote: `0.1`
    /// becomes `0.1`, not the 55 digits of the float's exact value. Terraform compares what a
    /// provider returns with what was configured, digit by digit.
    fn try_from(float: f64) -> Result<Self, NumberError> {
        if !float.is_finite() {
            return Err(NumberError::NotFinite);
        }
        float.to_string().parse()
    }
}

/// Integers that always fit the compact form.
macro_rules! from_small {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self(Repr::Integer(i64::from(value)))
            }
        }
    )*};
}

/// Integers that may need more than 64 bits.
macro_rules! from_large {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Number {
            fn from(value: $integer) -> Self {
                Self(match i64::try_from(value) {
                    Ok(integer) => Repr::Integer(integer),
                    Err(_) => Repr::Decimal(value.to_string().into_boxed_str()),
                })
            }
        }
    )*};
}

from_small!(i8, i16, i32, i64, u8, u16, u32);
from_large!(u64, i128, u128, usize, isize);

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        match (&self.0, &other.0) {
            (Repr::Integer(one), Repr::Integer(two)) => one.cmp(two),
            _ => decimal::compare(&self.text(), &other.text()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Number {
    /// Plain decimals, as Terraform prints them: no exponent, no needless zeros.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Integer(integer) => fmt::Display::fmt(integer, f),
            Repr::Decimal(text) => match text.strip_prefix('-') {
                Some(digits) => f.pad_integral(false, "", digits),
                None => f.pad_integral(true, "", text),
            },
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Number({self})")
    }
}
