//! A chart of phases over time, drawn in text.

use jiff::Timestamp;
use stack::Elapsed;

/// One phase: from when, and how long; one without a length still runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bar {
    /// When it began.
    pub(crate) from: Timestamp,
    /// How long it took.
    pub(crate) took: Option<Elapsed>,
}

/// Draws each bar over the whole time, in so many columns:
///
/// ```text
/// ███
///    ████████
///            ░░░░
/// ```
///
/// What still runs is drawn lighter, up to `until`. Each phase has at least one column, so that a
/// short one is seen.
pub(crate) fn bars(from: Timestamp, until: Timestamp, bars: &[Bar], columns: u32) -> Vec<String> {
    let whole = Elapsed::between(from, until).millis().max(1);
    let columns = u64::from(columns.max(1));
    let column = |at: Timestamp| {
        // Every product is below 2^64 for spans of a thousand years on a screen of any width.
        (Elapsed::between(from, at)
            .millis()
            .min(whole)
            .saturating_mul(columns)
            / whole)
            .min(columns)
    };
    bars.iter()
        .map(|bar| {
            let end = bar.took.map_or(until, |took| took.after(bar.from));
            let start = column(bar.from).min(columns - 1);
            let length = column(end).saturating_sub(start).max(1);
            let ink = if bar.took.is_some() { '█' } else { '░' };
            let blank = std::iter::repeat_n(' ', usize::try_from(start).unwrap_or(0));
            blank
                .chain(std::iter::repeat_n(
                    ink,
                    usize::try_from(length).unwrap_or(1),
                ))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn bar(from: i64, seconds: Option<u64>) -> Bar {
        Bar {
            from: at(from),
            took: seconds.map(|s| Elapsed::from_millis(s * 1_000)),
        }
    }

    /// Phases stand where they were in time; a short one is seen, a running one is lighter.
    #[test]
    fn phases_stand_where_they_were() {
        let drawn = bars(
            at(0),
            at(20),
            &[bar(0, Some(5)), bar(5, Some(0)), bar(15, None)],
            20,
        );
        assert_eq!(drawn, ["█████", "     █", "               ░░░░░"]);
    }

    /// A chart never leaves its columns, whatever the clocks said.
    #[test]
    fn nothing_leaves_the_chart() {
        for (from, took) in [
            (-50, Some(500)),
            (100, Some(1)),
            (20, None),
            (0, Some(u64::MAX / 1_000)),
        ] {
            for line in bars(at(0), at(20), &[bar(from, took)], 10) {
                assert!((1..=10).contains(&line.chars().count()), "{line:?}");
            }
        }
        assert_eq!(bars(at(5), at(5), &[bar(5, Some(0))], 0), ["█"]);
    }
}
