//! How people read figures: lengths of time, moments, dollars. What is not known is never a zero.

use jiff::Timestamp;
use rust_decimal::{Decimal, RoundingStrategy};
use stack::{Elapsed, HourlyRate, Usd};

/// What stands where nothing is known.
pub(crate) const UNKNOWN: &str = "–";

/// A length of time in its two largest units: `45 s`, `12 min`, `3 h 12 min`, `2 d 4 h`.
pub(crate) fn duration(time: Elapsed) -> String {
    let seconds = time.seconds();
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => two(hours, "h", minutes % 60, "min"),
        (_, _, _) => two(days, "d", hours % 24, "h"),
    }
}

/// A measured time, with tenths while they matter: `0.4 s`, `12 s`, `3 min 5 s`.
pub(crate) fn seconds(time: Elapsed) -> String {
    let (seconds, tenths) = (time.seconds(), time.millis() % 1_000 / 100);
    match seconds {
        0..10 => format!("{seconds}.{tenths} s"),
        10..60 => format!("{seconds} s"),
        60..3_600 => two(seconds / 60, "min", seconds % 60, "s"),
        _ => duration(time),
    }
}

fn two(large: u64, unit: &str, small: u64, smaller: &str) -> String {
    if small == 0 {
        format!("{large} {unit}")
    } else {
        format!("{large} {unit} {small} {smaller}")
    }
}

/// A moment to the minute, in UTC: `2026-03-02 12:00`.
pub(crate) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

/// A moment to the second, in UTC: `2026-03-02 12:00:07`.
pub(crate) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A moment and how far away it is: `2026-03-02 12:00 UTC, in 3 h` or `…, 5 min ago`.
pub(crate) fn moment(at: Timestamp, now: Timestamp) -> String {
    format!("{} UTC, {}", minute(at), distance(at, now))
}

/// How far away a moment is: `in 3 h`, `5 min ago`.
pub(crate) fn distance(at: Timestamp, now: Timestamp) -> String {
    if at > now {
        format!("in {}", duration(Elapsed::between(now, at)))
    } else {
        format!("{} ago", duration(Elapsed::between(at, now)))
    }
}

/// A measured number: whole when it is large, else with two decimals at most.
pub(crate) fn number(value: f64) -> String {
    let text = if value.abs() >= 100.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.2}")
    };
    match text.split_once('.') {
        Some((whole, "00")) => whole.to_owned(),
        Some(_) => text.trim_end_matches('0').to_owned(),
        None => text,
    }
}

/// An amount to the cent; finer where it is less than one, so that little is not nothing.
pub(crate) fn usd(amount: Usd) -> String {
    dollars(amount.amount())
}

/// A rate to the cent; finer where it is less than one.
pub(crate) fn rate(rate: HourlyRate) -> String {
    dollars(rate.amount())
}

fn dollars(amount: Decimal) -> String {
    let decimals = if amount.is_zero() || amount.abs() >= Decimal::new(1, 2) {
        2
    } else {
        4
    };
    let rounded = amount.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    if rounded.is_zero() && !amount.is_zero() {
        return "<$0.0001".to_owned();
    }
    format!("${rounded:.*}", decimals as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length of time shows its two largest units, and a unit that is nothing is left out.
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
    }

    /// What was measured keeps a tenth while it matters.
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

    /// Money has cents; less than a cent is shown finer, and never as nothing.
    #[test]
    fn little_money_is_not_nothing() {
        let shown = |text: &str| text.parse().map(usd);
        for (given, expected) in [
            ("0", "$0.00"),
            ("3", "$3.00"),
            ("0.424", "$0.42"),
            ("0.425", "$0.43"),
            ("0.0042", "$0.0042"),
            ("0.00001", "<$0.0001"),
            ("1234.5", "$1234.50"),
        ] {
            assert_eq!(shown(given).as_deref(), Ok(expected));
        }
    }

    /// A moment says whether it lies ahead or behind.
    #[test]
    fn moments_say_where_they_lie() {
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
