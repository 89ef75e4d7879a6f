//! The statistics of the decisions: the median, and a test of two samples.

/// The largest sample that is compared exactly. Above it, the normal approximation is good to three
/// decimals.
const MAX_EXACT: usize = 20;

/// The middle of the values: the smallest that at least half of them do not exceed. It is always
/// one of the values.
pub(super) fn median<T: Copy + Ord>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_unstable();
    crate::report::quantile(&sorted, 50)
}

/// The two-sided p-value of the Mann-Whitney U test: how probable it is that two samples of one
/// distribution differ at least as much as these. `None` if a sample is empty.
///
/// Without ties and with at most 20 values each, it is exact. Otherwise, it is the normal
/// approximation with the corrections for ties and for continuity.
#[must_use]
pub fn mann_whitney<T: Copy + Ord>(first: &[T], second: &[T]) -> Option<f64> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let ranked = RankedSamples::of(first, second);
    let is_small = first.len().max(second.len()) <= MAX_EXACT;
    Some(if is_small && ranked.tie_sizes.is_empty() {
        exact(&ranked, first.len(), second.len())
    } else {
        approximate(&ranked, first.len(), second.len())
    })
}

/// What the test needs of two samples.
struct RankedSamples {
    /// Twice the U of the first sample: for each pair, 2 if the first value is larger, 1 if both
    /// are equal.
    twice_u: u64,
    /// How many values share a rank, for each rank that is shared.
    tie_sizes: Vec<u64>,
}

impl RankedSamples {
    fn of<T: Copy + Ord>(first: &[T], second: &[T]) -> Self {
        let mut all: Vec<(T, bool)> = first.iter().map(|value| (*value, true)).collect();
        all.extend(second.iter().map(|value| (*value, false)));
        all.sort_unstable_by_key(|(value, _)| *value);
        let (mut twice_u, mut tie_sizes, mut seconds_below) = (0, Vec::new(), 0);
        for tied in all.chunk_by(|(a, _), (b, _)| a == b) {
            let firsts = tied.iter().filter(|(_, is_first)| *is_first).count() as u64;
            let size = tied.len() as u64;
            let seconds = size - firsts;
            twice_u += firsts * (2 * seconds_below + seconds);
            seconds_below += seconds;
            if size > 1 {
                tie_sizes.push(size);
            }
        }
        Self { twice_u, tie_sizes }
    }
}

/// Counts the orders of the values whose U is at most the smaller one found.
fn exact(ranked: &RankedSamples, first: usize, second: usize) -> f64 {
    let pairs = first * second;
    let found = usize::try_from(ranked.twice_u / 2).unwrap_or(pairs);
    let smaller = found.min(pairs - found.min(pairs));
    // ways[n][u]: the orders of n values of the first sample and those of the second so far.
    let mut ways = vec![vec![0.0_f64; smaller + 1]; first + 1];
    for row in &mut ways {
        row[0] = 1.0;
    }
    for seconds in 1..=second {
        for firsts in 1..=first {
            // The largest value is of the second sample, or of the first and exceeds all seconds.
            for u in seconds..=smaller {
                ways[firsts][u] += ways[firsts - 1][u - seconds];
            }
        }
    }
    let extreme: f64 = ways[first].iter().sum();
    (2.0 * extreme / orders(first, second)).min(1.0)
}

/// The number of orders of the values of two samples: the binomial coefficient.
fn orders(first: usize, second: usize) -> f64 {
    (1..=second).fold(1.0, |orders, taken| {
        orders * (first + taken) as f64 / taken as f64
    })
}

fn approximate(ranked: &RankedSamples, first: usize, second: usize) -> f64 {
    let (first, second) = (first as f64, second as f64);
    let n = first + second;
    let ties: f64 = ranked
        .tie_sizes
        .iter()
        .map(|size| *size as f64)
        .map(|size| size * size * size - size)
        .sum();
    let variance = first * second / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    if variance <= 0.0 {
        // All values are equal.
        return 1.0;
    }
    let distance = (ranked.twice_u as f64 / 2.0 - first * second / 2.0).abs();
    two_tails((distance - 0.5).max(0.0) / variance.sqrt())
}

/// The probability that a standard normal value is at least this far from zero, to six decimals
/// (Abramowitz and Stegun, 7.1.26).
fn two_tails(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let coefficients = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    let polynomial = coefficients
        .iter()
        .fold(0.0, |sum, coefficient| (sum + coefficient) * t);
    (polynomial * (-x * x).exp()).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn assert_close(found: Option<f64>, expected: f64, digits: i32) {
        let found = found.unwrap();
        assert!(
            (found - expected).abs() < 0.5 * 10_f64.powi(-digits),
            "{found} is not {expected}"
        );
    }

    /// The exact p-values are those of Hollander and Wolfe (1973), page 69, as R's `wilcox.test`
    /// computes them (one-sided 0.1272), and of the example of `mannwhitneyu` of `scipy`.
    #[test]
    fn exact_tests_are_the_published_ones() {
        let at_term = [80, 83, 189, 104, 145, 138, 191, 164, 73, 146];
        let early = [115, 88, 90, 74, 121];
        assert_close(mann_whitney(&at_term, &early), 2.0 * 0.1272, 4);
        assert_close(mann_whitney(&early, &at_term), 2.0 * 0.1272, 4);
        let (males, females) = ([19, 22, 16, 29, 24], [20, 11, 17, 12]);
        assert_close(mann_whitney(&males, &females), 0.111_111_111_111_111, 12);
    }

    /// The approximation of the same samples is the one that `scipy` publishes, and that of samples
    /// with ties is worked out by hand.
    #[test]
    fn approximate_tests_are_the_published_ones() {
        let (males, females) = ([19, 22, 16, 29, 24], [20, 11, 17, 12]);
        let ranked = RankedSamples::of(&males, &females);
        assert_eq!(ranked.twice_u, 34);
        assert_close(Some(approximate(&ranked, 5, 4)), 0.111_347, 6);
        // Of the 9 pairs of [1, 2, 2] and [2, 3, 3], none has a larger first value, and 2 are
        // equal: U = 1. Three values are 2 and two are 3: ties = 24 + 6 = 30.
        // variance = 9 / 12 × (7 − 30 / 30) = 4.5, z = (|1 − 4.5| − 0.5) / 2.1213 = 1.4142, and the
        // two tails beyond √2 have 0.1573.
        assert_close(mann_whitney(&[1, 2, 2], &[2, 3, 3]), 0.1573, 4);
        assert_close(mann_whitney(&[7, 7], &[7]), 1.0, 9);
    }

    /// Four against four, completely apart: 2 of the 70 orders are as extreme. Three against three:
    /// 2 of 20, which can never be significant.
    #[test]
    fn the_smallest_p_depends_on_the_samples() {
        assert_close(mann_whitney(&[1, 2, 3, 4], &[5, 6, 7, 8]), 2.0 / 70.0, 12);
        assert_close(mann_whitney(&[1, 2, 3], &[5, 6, 7]), 2.0 / 20.0, 12);
        assert_eq!(mann_whitney(&[1], &[]), None);
    }

    /// The median is one of the values: of an even number, the lower middle one.
    #[test]
    fn the_median_is_a_value() {
        assert_eq!(median([5, 1, 3]), Some(3));
        assert_eq!(median([4, 1, 3, 2]), Some(2));
        assert_eq!(median::<u32>([]), None);
    }

    proptest! {
        /// A p-value is a probability, whichever sample comes first.
        #[test]
        fn a_p_value_is_a_probability(
            first in prop::collection::vec(0_u8..50, 1..30),
            second in prop::collection::vec(0_u8..50, 1..30),
        ) {
            let p = mann_whitney(&first, &second).unwrap();
            prop_assert!((0.0..=1.0).contains(&p));
            prop_assert!((p - mann_whitney(&second, &first).unwrap()).abs() < 1e-9);
        }
    }
}
