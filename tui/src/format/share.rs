//! Shares, from 0 to 1, as people read them.

use super::values::UNKNOWN;

/// A share in percent: `62 %`. Below 10 % it has one decimal. A share that is not all or nothing is
/// never shown as 0 % or 100 %.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent <= 0.0 {
        "0 %".to_owned()
    } else if percent < 0.05 {
        "<0.1 %".to_owned()
    } else if percent < 9.95 {
        format!("{percent:.1} %")
    } else if (99.5..100.0).contains(&percent) {
        ">99 %".to_owned()
    } else {
        format!("{percent:.0} %")
    }
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

/// A p-value, with three decimals: `0.012`.
pub(crate) fn p_value(p: f64) -> String {
    if p < 0.001 {
        "<0.001".to_owned()
    } else {
        format!("{p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A small share is not nothing, and a large one is not everything.
    #[test]
    fn rounding_does_not_reach_the_ends() {
        let shown = [0.0, 0.0004, 0.006, 0.099, 0.0996, 0.624, 0.994, 0.996, 1.0].map(percent);
        assert_eq!(
            shown,
            [
                "0 %", "<0.1 %", "0.6 %", "9.9 %", "10 %", "62 %", "99 %", ">99 %", "100 %"
            ]
        );
        assert_eq!(interval(0.865, 0.989), "86 to 99 %");
        assert_eq!(percent_or_unknown(None), "–");
        assert_eq!([0.0004, 0.0125].map(p_value), ["<0.001", "0.013"]);
    }
}
