//! Amounts and counts in the sentences that explain a decision.

use rust_decimal::{Decimal, RoundingStrategy};

use crate::values::money::{HourlyRate, Usd};

/// An amount in dollars and cents, below one cent with four decimals.
pub(super) fn usd(amount: Usd) -> String {
    dollars(amount.amount())
}

/// A rate per hour: `$0.42/h`.
pub(super) fn per_hour(rate: HourlyRate) -> String {
    format!("{}/h", dollars(rate.amount()))
}

/// A number with its noun: `1 gap`, `1,000 gaps`.
pub(super) fn count(number: u32, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {noun}s", grouped(&number.to_string()))
    }
}

/// Digits in groups of three.
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn dollars(amount: Decimal) -> String {
    let away = RoundingStrategy::MidpointAwayFromZero;
    let cents = amount.round_dp_with_strategy(2, away);
    let decimals = if amount.is_zero() || cents >= Decimal::new(1, 2) {
        2
    } else {
        4
    };
    let rounded = amount.round_dp_with_strategy(decimals, away);
    let text = format!("{rounded:.*}", decimals as usize);
    match text.split_once('.') {
        Some((whole, cents)) => format!("${}.{cents}", grouped(whole)),
        None => format!("${}", grouped(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Amounts have cents, and small ones four decimals.
    #[test]
    fn amounts_are_rounded_for_people() {
        let text = |amount: &str| usd(amount.parse().unwrap());
        assert_eq!(text("0"), "$0.00");
        assert_eq!(text("0.344"), "$0.34");
        assert_eq!(text("0.0034"), "$0.0034");
        assert_eq!(text("1234567.5"), "$1,234,567.50");
        assert_eq!(per_hour("0.42".parse().unwrap()), "$0.42/h");
        assert_eq!(count(1, "gap"), "1 gap");
        assert_eq!(count(1_000, "gap"), "1,000 gaps");
    }
}
