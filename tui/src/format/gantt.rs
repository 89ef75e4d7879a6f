//! A chart of phases over time, drawn in text.

use jiff::Timestamp;
use stack::Elapsed;

/// One phase of the chart.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseBar {
    /// When the phase started.
    pub(crate) start: Timestamp,
    /// How long the phase took; `None` while it is running.
    pub(crate) took: Option<Elapsed>,
}

/// Draws each bar as a line of at most `columns` columns, which span the time from `start` to
/// `end`:
///
/// ```text
/// ███
///    ████████
///            ░░░░
/// ```
///
/// A running phase is drawn lighter, up to `end`. Each phase has at least one column, so that a
/// short one is visible.
pub(crate) fn bars(
    start: Timestamp,
    end: Timestamp,
    bars: &[PhaseBar],
    columns: u32,
) -> Vec<String> {
    let total = Elapsed::between(start, end).millis().max(1);
    let columns = u64::from(columns.max(1));
    let column = |time: Timestamp| {
        // Every product is below 2^64 for spans of a thousand years on a screen of any width.
        (Elapsed::between(start, time)
            .millis()
            .min(total)
            .saturating_mul(columns)
            / total)
            .min(columns)
    };
    bars.iter()
        .map(|bar| {
            let bar_end = bar.took.map_or(end, |took| took.after(bar.start));
            let first = column(bar.start).min(columns - 1);
            let length = column(bar_end).saturating_sub(first).max(1);
            let block = if bar.took.is_some() { '█' } else { '░' };
            let blank = std::iter::repeat_n(' ', usize::try_from(first).unwrap_or(0));
            blank
                .chain(std::iter::repeat_n(
                    block,
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

    fn bar(start: i64, seconds: Option<u64>) -> PhaseBar {
        PhaseBar {
            start: at(start),
            took: seconds.map(|s| Elapsed::from_millis(s * 1_000)),
        }
    }

    /// Each phase is drawn at its time. A short one is visible, a running one is lighter.
    #[test]
    fn phases_are_drawn_at_their_time() {
        let drawn = bars(
            at(0),
            at(20),
            &[bar(0, Some(5)), bar(5, Some(0)), bar(15, None)],
            20,
        );
        assert_eq!(drawn, ["█████", "     █", "               ░░░░░"]);
    }

    /// A bar never exceeds the chart, even if clocks were wrong.
    #[test]
    fn no_bar_exceeds_the_chart() {
        for (start, took) in [
            (-50, Some(500)),
            (100, Some(1)),
            (20, None),
            (0, Some(u64::MAX / 1_000)),
        ] {
            for line in bars(at(0), at(20), &[bar(start, took)], 10) {
                assert!((1..=10).contains(&line.chars().count()), "{line:?}");
            }
        }
        assert_eq!(bars(at(5), at(5), &[bar(5, Some(0))], 0), ["█"]);
    }
}
