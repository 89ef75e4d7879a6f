//! Terraform's numbers: decimals of any length, never rounded.

mod decimal;

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A number of any precision.
///
/// Numbers compare by value: `1`, `1.0` and `10e-1` are equal. There is no infinity, because
/// Terraform cannot store it.
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

/// Each value has exactly one form, so that equality and hashes can be derived.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    /// An integer that fits.
    Integer(i64),
    /// Any other number: plain decimals, without a `+` and without redundant zeros.
    Decimal(Box<str>),
}

/// The reason why a text or float is not a [`Number`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberError {
    /// Text that is not a decimal number. The error does not repeat it, because it may be a secret.
    #[error("the text is not a decimal number")]
    Malformed,
    /// An exponent that would need thousands of zeros in plain decimals.
    #[error(
        "the exponent is out of range: it would need more than {} zeros",
        decimal::MAX_PADDING
    )]
    Exponent,
    /// Infinity or NaN.
    #[error("Terraform cannot store a number that is not finite")]
    NotFinite,
}

impl Number {
    /// The value, if it is an integer that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Integer(integer) => Some(integer),
            Repr::Decimal(_) => None,
        }
    }

    /// The value, if it is a non-negative integer that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Integer(integer) => u64::try_from(*integer).ok(),
            Repr::Decimal(text) => text.parse().ok(),
        }
    }

    /// The value, if a float has exactly this value. `0.5` has one, `0.1` does not.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Repr::Integer(integer) => {
                decimal::integer_is_exact(*integer).then_some(*integer as f64)
            }
            Repr::Decimal(text) => decimal::to_exact_float(text),
        }
    }

    /// The nearest float; infinity if the value is larger than every float.
    ///
    /// For up to 15 significant digits, `Number::try_from` converts it back to the same number.
    #[must_use]
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Integer(integer) => *integer as f64,
            // The text is always a decimal number, so parsing never fails. Property tests check
            // this.
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

    /// The plain decimals.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Integer(integer) => Cow::Owned(integer.to_string()),
            Repr::Decimal(text) => Cow::Borrowed(text),
        }
    }

    /// The exact value of a float, to its last binary digit, as encoded floats mean it.
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

    /// The shortest decimal that parses to this float: `0.1` becomes `0.1`, not the 55 digits of
    /// the float's exact value. Terraform compares the provider's result with the configuration
    /// digit by digit.
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
            (Repr::Integer(left), Repr::Integer(right)) => left.cmp(right),
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
    /// Plain decimals, as Terraform prints them: no exponent and no redundant zeros.
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
