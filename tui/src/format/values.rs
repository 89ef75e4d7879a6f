//! How people read figures: counts, durations, times, dollars. An unknown value is never shown as
//! 0.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use stack::{Elapsed, HourlyRate, Span, Usd};

/// Shown in place of an unknown value.
pub(crate) const UNKNOWN: &str = "–";

/// A number of things, with the noun in the right form: `1 resource`, `1,234 resources`.
/// The plural of `noun` ends in "s".
pub(crate) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {noun}"),
        number => format!("{} {noun}s", thousands(number)),
    }
}

/// A whole number with its thousands separated: `1,234`.
pub(crate) fn thousands(number: impl TryInto<u64>) -> String {
    group(&number.try_into().unwrap_or(u64::MAX).to_string())
}

/// Separates the thousands of a string of digits.
fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A duration in its two largest units, rounded down: `45 s`, `12 min`, `3 h 12 min`, `2 d 4 h`.
pub(crate) fn duration(time: Elapsed) -> String {
    let seconds = time.seconds();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => two_units(hours, "h", minutes % 60, "min"),
        (_, _, _) => two_units(days, "d", hours % 24, "h"),
    }
}

/// A configured duration, like [`duration`]: `15 min`.
pub(crate) fn span(span: Span) -> String {
    duration(Elapsed::from_millis(span.seconds().saturating_mul(1_000)))
}

/// A measured time, with tenths below ten seconds: `0.4 s`, `12 s`, `3 min 5 s`.
pub(crate) fn seconds(time: Elapsed) -> String {
    let (seconds, tenths) = (time.seconds(), time.millis() % 1_000 / 100);
    match seconds {
        0..10 => format!("{seconds}.{tenths} s"),
        10..60 => format!("{seconds} s"),
        60..3_600 => two_units(seconds / 60, "min", seconds % 60, "s"),
        _ => duration(time),
    }
}

/// A time that a program reported in whole seconds: `31 s`, `3 min 5 s`.
pub(crate) fn whole_seconds(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        _ => self::seconds(Elapsed::from_millis(seconds.saturating_mul(1_000))),
    }
}

fn two_units(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    let large = group(&large.to_string());
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {smaller}")
    }
}

/// A time to the minute, in UTC: `2026-03-02 12:00`.
pub(crate) fn minute(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A time to the second, in UTC: `2026-03-02 12:00:07`.
pub(crate) fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time and its distance from now: `2026-03-02 12:00 UTC, in 3 h` or `…, 5 min ago`.
pub(crate) fn moment(time: Timestamp, now: Timestamp) -> String {
    format!("{} UTC, {}", minute(time), distance(time, now))
}

/// The distance of a time from now: `in 3 h`, `5 min ago`.
pub(crate) fn distance(time: Timestamp, now: Timestamp) -> String {
    if time > now {
        format!("in {}", duration(Elapsed::between(now, time)))
    } else {
        format!("{} ago", duration(Elapsed::between(time, now)))
    }
}

/// A measured number: whole if it is 100 or more, else with at most two decimals.
pub(crate) fn number(value: f64) -> String {
    let text = if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    };
    match text.split_once('.') {
        Some((whole, "00")) => whole.to_owned(),
        Some(_) => text.trim_end_matches('0').to_owned(),
        None => match text.strip_prefix('-') {
            Some(digits) => format!("-{}", group(digits)),
            None => group(&text),
        },
    }
}

/// An amount in dollars and cents: `$1,234.50`. Below one cent it has four decimals.
pub(crate) fn usd(amount: Usd) -> String {
    dollars(amount.amount())
}

/// A rate in dollars and cents, without "/h". Below one cent it has four decimals.
pub(crate) fn rate(rate: HourlyRate) -> String {
    dollars(rate.amount())
}

/// Marks a figure that leaves out something that costs money: `≥ $0.42`.
pub(crate) fn at_least(figure: String, is_minimum: bool) -> String {
    if is_minimum {
        format!("≥ {figure}")
    } else {
        figure
    }
}

/// A rate per hour: `$0.42/h`, or `≥ $0.42/h` if it leaves out something that costs money.
pub(crate) fn per_hour(hourly_usd: HourlyRate, is_minimum: bool) -> String {
    format!("{}/h", at_least(rate(hourly_usd), is_minimum))
}

/// Rounds to four decimals first, so that every amount that shows as a cent or more has two.
fn dollars(amount: Decimal) -> String {
    let round =
        |decimals| amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let decimals = if amount.is_zero() || round(4).abs() >= Decimal::new(1, 2) {
        2
    } else {
        4
    };
    let rounded = round(decimals);
    if rounded.is_zero() && !amount.is_zero() {
        return "<$0.0001".to_owned();
    }
    let sign = if rounded.is_sign_negative() { "-" } else { "" };
    let text = format!("{:.*}", decimals as usize, rounded.abs());
    match text.split_once('.') {
        Some((whole, cents)) => format!("{sign}${}.{cents}", group(whole)),
        None => format!("{sign}${}", group(&text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers have separated thousands, and the noun agrees with its number.
    #[test]
    fn nouns_agree_with_their_number() {
        assert_eq!(count(0_u64, "resource"), "0 resources");
        assert_eq!(count(1_usize, "resource"), "1 resource");
        assert_eq!(count(999_u32, "resource"), "999 resources");
        assert_eq!(count(1_234_567_u64, "resource"), "1,234,567 resources");
        assert_eq!(thousands(100_000_u64), "100,000");
    }

    /// A duration shows its two largest units and leaves out a unit that is zero.
    #[test]
    fn durations_show_two_units() {
        let shown = |seconds: u64| duration(Elapsed::from_millis(seconds * 1_000));
        assert_eq!(shown(0), "0 s");
        assert_eq!(shown(59), "59 s");
        assert_eq!(shown(60), "1 min");
        assert_eq!(shown(3_599), "59 min");
        assert_eq!(shown(8 * 3_600), "8 h");
        assert_eq!(shown(3 * 3_600 + 12 * 60 + 5), "3 h 12 min");
        assert_eq!(shown(86_400), "1 d");
        assert_eq!(shown(2 * 86_400 + 4 * 3_600 + 59), "2 d 4 h");
        assert_eq!(shown(6 * 86_400 + 19 * 3_600 + 49 * 60 + 8), "6 d 19 h");
        assert_eq!(span(Span::minutes(15)), "15 min");
        assert_eq!(
            (whole_seconds(31), whole_seconds(185)),
            ("31 s".to_owned(), "3 min 5 s".to_owned())
        );
    }

    /// A measured time below ten seconds keeps its tenths.
    #[test]
    fn measured_times_keep_a_tenth() {
        let shown = |millis: u64| seconds(Elapsed::from_millis(millis));
        assert_eq!(shown(0), "0.0 s");
        assert_eq!(shown(449), "0.4 s");
        assert_eq!(shown(9_999), "9.9 s");
        assert_eq!(shown(12_300), "12 s");
        assert_eq!(shown(185_000), "3 min 5 s");
        assert_eq!(shown(3_600_000), "1 h");
    }

    /// Money has cents; less than a cent has four decimals, and is never shown as zero.
    #[test]
    fn small_amounts_are_not_zero() {
        let shown = |text: &str| text.parse().map(usd);
        for (given, expected) in [
            ("0", "$0.00"),
            ("3", "$3.00"),
            ("0.424", "$0.42"),
            ("0.425", "$0.43"),
            ("0.0042", "$0.0042"),
            ("0.00001", "<$0.0001"),
            ("0.00996", "$0.01"),
            ("0.00994", "$0.0099"),
            ("0.0099999", "$0.01"),
            ("1234.5", "$1,234.50"),
            ("-1234567.891", "-$1,234,567.89"),
        ] {
            assert_eq!(shown(given).as_deref(), Ok(expected));
        }
    }

    /// A larger amount is never shown as a smaller one, at any number of decimals.
    #[test]
    fn rounding_keeps_the_order() {
        let read = |text: &str| -> Decimal {
            let digits = text.trim_start_matches(['<', '$']);
            digits.parse().expect("a figure")
        };
        let amounts = (1..30_000).map(|n| Decimal::new(n, 6));
        let shown: Vec<Decimal> = amounts.map(|amount| read(&usd(Usd::new(amount)))).collect();
        assert!(shown.is_sorted());
    }

    /// A figure that leaves something out is marked.
    #[test]
    fn incomplete_figures_are_marked() {
        let rate: HourlyRate = "0.011".parse().expect("a rate");
        assert_eq!(per_hour(rate, true), "≥ $0.01/h");
        assert_eq!(per_hour(rate, false), "$0.01/h");
    }

    /// A time says whether it is in the future or in the past.
    #[test]
    fn times_say_future_or_past() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let noon = at("2026-03-02T12:00:00Z");
        assert_eq!(
            moment(at("2026-03-02T15:30:00Z"), noon),
            "2026-03-02 15:30 UTC, in 3 h 30 min"
        );
        assert_eq!(
            moment(at("2026-03-02T11:55:00Z"), noon),
            "2026-03-02 11:55 UTC, 5 min ago"
        );
    }
}
