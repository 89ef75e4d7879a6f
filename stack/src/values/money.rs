//! Amounts and hourly rates in decimal dollars: never floats, and rounded in one place.

use std::fmt;
use std::iter::Sum;
use std::ops::Add;
use std::str::FromStr;

use rust_decimal::prelude::ToPrimitive;
use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use crate::values::ttl::Elapsed;

/// Decimals of a displayed or written amount.
const AMOUNT_DECIMALS: u32 = 4;
/// The maximum decimals of a rate. The smallest list prices, per request or gigabyte-second, need
/// them.
const RATE_DECIMALS: u32 = 10;
/// The maximum rate. Anything above it is assumed to be a mistake.
const MAX_RATE: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);
const MILLIS_PER_HOUR: Decimal = Decimal::from_parts(3_600_000, 0, 0, false, 0);

/// A text that is not a valid amount of dollars.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MoneyError {
    /// The text is not a decimal number.
    #[error("invalid amount of dollars {read:?}: write a decimal number, such as 0.42")]
    NotANumber {
        /// The text that was read.
        read: String,
    },
    /// The amount is negative.
    #[error("invalid amount of dollars {read:?}: it is negative; write zero or more, such as 0.42")]
    Negative {
        /// The text that was read.
        read: String,
    },
    /// The hourly rate is too high, or has too many decimals.
    #[error(
        "invalid hourly rate {read:?}: write at most {RATE_DECIMALS} decimals and at most \
         {MAX_RATE} dollars, such as 0.42"
    )]
    OutOfRange {
        /// The text that was read.
        read: String,
    },
}

/// An amount of US dollars.
///
/// Sums are exact. An amount is rounded once, when it is written as text or JSON: to four decimals,
/// half away from zero. At least two decimals are shown.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Usd(Decimal);

impl Usd {
    /// Zero dollars.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// An exact amount.
    #[must_use]
    pub const fn new(amount: Decimal) -> Self {
        Self(amount)
    }

    /// The exact amount.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.0
    }
}

impl Add for Usd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = self
            .0
            .round_dp_with_strategy(AMOUNT_DECIMALS, RoundingStrategy::MidpointAwayFromZero);
        f.pad(&at_least_two_decimals(rounded))
    }
}

impl fmt::Debug for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${self}")
    }
}

impl FromStr for Usd {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        decimal(text).map(Self)
    }
}

/// US dollars per hour: zero to a million, with at most ten decimals, never rounded.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HourlyRate(Decimal);

impl HourlyRate {
    /// Zero dollars per hour.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// A rate from a decimal number.
    ///
    /// # Errors
    /// [`MoneyError`] if it is negative, above a million, or has more than ten decimals.
    pub fn new(rate: Decimal) -> Result<Self, MoneyError> {
        let rate = rate.normalize();
        if rate.is_sign_negative() && !rate.is_zero() {
            return Err(MoneyError::Negative {
                read: rate.to_string(),
            });
        }
        if rate > MAX_RATE || rate.scale() > RATE_DECIMALS {
            return Err(MoneyError::OutOfRange {
                read: rate.to_string(),
            });
        }
        Ok(Self(rate))
    }

    /// The rate as a decimal number.
    #[must_use]
    pub const fn amount(self) -> Decimal {
        self.0
    }

    /// The cost at this rate over a time.
    #[must_use]
    pub fn over(self, time: Elapsed) -> Usd {
        DollarTime::ZERO.plus(self, time).dollars()
    }
}

impl Add for HourlyRate {
    type Output = Self;

    /// The sum of two rates, capped at a million dollars per hour.
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0).min(MAX_RATE))
    }
}

impl fmt::Display for HourlyRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&at_least_two_decimals(self.0))
    }
}

impl fmt::Debug for HourlyRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${self}/h")
    }
}

impl FromStr for HourlyRate {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        Self::new(decimal(text)?).map_err(|error| match error {
            MoneyError::Negative { .. } => MoneyError::Negative {
                read: text.to_owned(),
            },
            _ => MoneyError::OutOfRange {
                read: text.to_owned(),
            },
        })
    }
}

/// Rate times time, summed without rounding, in dollars per hour times milliseconds. The inexact
/// division happens once, when the dollars are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DollarTime(Decimal);

impl DollarTime {
    /// Zero.
    pub const ZERO: Self = Self(Decimal::ZERO);

    /// Adds a rate over a time.
    #[must_use]
    pub fn plus(self, rate: HourlyRate, time: Elapsed) -> Self {
        Self(
            self.0
                .saturating_add(rate.0.saturating_mul(Decimal::from(time.millis()))),
        )
    }

    /// The difference to an earlier reading. It is negative if the other is larger.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// This many times the amount.
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        Self(self.0.saturating_mul(Decimal::from(count)))
    }

    /// The time in which a rate costs this much, rounded down to milliseconds; `None` if the rate
    /// is zero or the amount negative.
    #[must_use]
    pub fn time_at(self, rate: HourlyRate) -> Option<Elapsed> {
        let millis = self.0.checked_div(rate.0)?;
        millis.to_u64().map(Elapsed::from_millis)
    }

    /// The mean rate if this was spent over a time, rounded to ten decimals; `None` without a time.
    #[must_use]
    pub fn mean_rate(self, over: Elapsed) -> Option<HourlyRate> {
        let rate = self.0.checked_div(Decimal::from(over.millis()))?;
        HourlyRate::new(rate.round_dp(RATE_DECIMALS)).ok()
    }

    /// The exact amount in dollars.
    #[must_use]
    pub fn dollars(self) -> Usd {
        Usd(self.0.checked_div(MILLIS_PER_HOUR).unwrap_or_default())
    }
}

impl Add for DollarTime {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for DollarTime {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

fn decimal(text: &str) -> Result<Decimal, MoneyError> {
    // Terraform writes very small and very large numbers with an exponent.
    Decimal::from_str(text)
        .or_else(|_| Decimal::from_scientific(text))
        .map_err(|_| MoneyError::NotANumber {
            read: text.to_owned(),
        })
}

fn at_least_two_decimals(amount: Decimal) -> String {
    let mut amount = amount.normalize();
    if amount.scale() < 2 {
        amount.rescale(2);
    }
    amount.to_string()
}

macro_rules! serde_as_text {
    ($($name:ident),*) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from)?.parse().map_err(de::Error::custom)
            }
        }
    )*};
}
serde_as_text!(Usd, HourlyRate);

impl Serialize for DollarTime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0.normalize())
    }
}

impl<'de> Deserialize<'de> for DollarTime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        decimal(&String::deserialize(from)?)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rate(text: &str) -> HourlyRate {
        text.parse().expect(text)
    }

    /// Money is written as a decimal string with two to four decimals, half away from zero.
    #[test]
    fn amounts_are_written_once_rounded() {
        let written = |text: &str| text.parse::<Usd>().expect(text).to_string();
        assert_eq!(written("3"), "3.00");
        assert_eq!(written("0.1"), "0.10");
        assert_eq!(written("0.00005"), "0.0001");
        assert_eq!(written("0.00004"), "0.00");
        assert_eq!(written("-0.00005"), "-0.0001");
        assert_eq!(
            serde_json::to_string(&Usd::ZERO).expect("writes"),
            "\"0.00\""
        );
        assert_eq!(rate("0.0000166667").to_string(), "0.0000166667");
    }

    /// JSON numbers are refused as money, because they are floats.
    #[test]
    fn json_numbers_are_refused() {
        assert!(serde_json::from_str::<Usd>("0.42").is_err());
        assert_eq!(
            serde_json::from_str::<HourlyRate>("\"0.42\"").expect("reads"),
            rate("0.42")
        );
    }

    /// A rate has a minimum and a maximum, and the error shows the text that was read.
    #[test]
    fn rates_have_a_range() {
        assert_eq!(rate("4.2e-1"), rate("0.42"));
        assert_eq!(rate("1000000").to_string(), "1000000.00");
        for wrong in ["-1", "1000000.01", "0.00000000001", "", "1,5", "NaN", "inf"] {
            let error = wrong.parse::<HourlyRate>().expect_err(wrong).to_string();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
        }
    }

    /// Rate times time gives dollars.
    #[test]
    fn rate_times_time() {
        assert_eq!(
            rate("0.42")
                .over(Elapsed::from_millis(8 * 3_600_000))
                .to_string(),
            "3.36"
        );
        assert_eq!(rate("1").over(Elapsed::from_millis(1)).to_string(), "0.00");
    }

    /// An amount divided by a rate is a time, and divided by a time, it is the mean rate.
    #[test]
    fn amounts_are_divided() {
        let hours = |hours: u64| Elapsed::from_millis(hours * 3_600_000);
        // 2 h at $3/h are $6: 12 h at $0.50/h, or $1.50/h over 4 h.
        let six = DollarTime::ZERO.plus(rate("3"), hours(2));
        assert_eq!(six.time_at(rate("0.5")), Some(hours(12)));
        assert_eq!(six.mean_rate(hours(4)), Some(rate("1.5")));
        assert_eq!(six.times(3).dollars(), "18".parse().expect("dollars"));
        assert_eq!(six.time_at(HourlyRate::ZERO), None);
        assert_eq!(DollarTime::ZERO.minus(six).time_at(rate("1")), None);
        assert_eq!(six.mean_rate(Elapsed::default()), None);
        assert_eq!(six.mean_rate(hours(7)), Some(rate("0.8571428571")));
    }

    proptest! {
        /// Summing a rate over parts of a time gives the same as over the whole time.
        #[test]
        fn pieces_sum_to_the_whole(cents in 0_u32..10_000, pieces in prop::collection::vec(0_u64..100_000_000, 0..20)) {
            let rate = HourlyRate::new(Decimal::new(cents.into(), 2)).expect("in range");
            let summed = pieces.iter().fold(DollarTime::ZERO, |sum, p| sum.plus(rate, Elapsed::from_millis(*p)));
            prop_assert_eq!(summed.dollars(), rate.over(Elapsed::from_millis(pieces.iter().sum())));
        }

        /// No rate over any time overflows.
        #[test]
        fn nothing_overflows(units in 0_i64..=10_000_000_000_000_000, millis in any::<u64>()) {
            let rate = HourlyRate::new(Decimal::new(units, 10)).expect("in range");
            prop_assert!(rate.over(Elapsed::from_millis(millis)) >= Usd::ZERO);
        }
    }
}
