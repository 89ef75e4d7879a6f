//! Shares, from 0 to 1, as people read them.

use super::values::UNKNOWN;

/// A share in percent, rounded: `62 %`. A share that is not all or nothing is never shown as 0 % or
/// 100 %.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.5 {
        return "<1 %".to_owned();
    }
    if (99.5..100.0).contains(&percent) {
        return ">99 %".to_owned();
    }
    format!("{percent:.0} %")
}

/// A share in percent, or a dash if it is unknown.
pub(crate) fn percent_or_unknown(share: Option<f64>) -> String {
    share.map_or_else(|| UNKNOWN.to_owned(), percent)
}

/// An interval in percent: `87 to 99 %`.
pub(crate) fn interval(low: f64, high: f64) -> String {
    let (low, high) = (percent(low), percent(high));
    match low.strip_suffix(" %") {
        Some(low) => format!("{low} to {high}"),
        None => format!("{low} to {high}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small share is not nothing, and a large one is not everything.
    #[test]
    fn rounding_does_not_reach_the_ends() {
        let shown = [0.0, 0.001, 0.006, 0.624, 0.994, 0.996, 1.0].map(percent);
        assert_eq!(
            shown,
            ["0 %", "<1 %", "1 %", "62 %", "99 %", ">99 %", "100 %"]
        );
        assert_eq!(interval(0.865, 0.989), "86 to 99 %");
        assert_eq!(percent_or_unknown(None), "–");
    }
}
