//! A scale from zero to a round number, with a few round ticks.

/// The scale of an axis.
#[derive(Clone, Debug)]
pub(super) struct AxisScale {
    /// The end of the axis.
    pub(super) end: f64,
    /// The ticks from zero to the end.
    pub(super) ticks: Vec<f64>,
}

impl AxisScale {
    /// A scale that contains every value: its end is the next round number.
    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().filter(|value| value.is_finite());
        let largest = values.fold(0.0, f64::max);
        if largest <= 0.0 {
            return Self::with_step(1.0, 1);
        }
        let power = 10_f64.powf((largest / 4.0).log10().floor());
        let steps = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
        let step = steps.into_iter().find(|step| largest / step <= 4.0);
        let step = step.unwrap_or(largest);
        let mut count = 1;
        while f64::from(count) * step < largest && count < 8 {
            count += 1;
        }
        Self::with_step(step, count)
    }

    /// A scale of shares, from 0 to 1.
    pub(super) fn of_shares() -> Self {
        Self::with_step(0.25, 4)
    }

    fn with_step(step: f64, count: u32) -> Self {
        Self {
            end: f64::from(count) * step,
            ticks: (0..=count).map(|tick| f64::from(tick) * step).collect(),
        }
    }

    /// The share of the axis that a value takes, from 0 to 1.
    pub(super) fn share(&self, value: f64) -> f64 {
        if value.is_finite() {
            (value / self.end).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end is a round number at or above the largest value, with two to five ticks.
    #[test]
    fn the_end_is_round() {
        for (largest, end) in [
            (0.0, 1.0),
            (0.003, 0.003),
            (0.42, 0.6),
            (1.0, 1.0),
            (7.0, 8.0),
            (12.0, 15.0),
            (97.0, 100.0),
            (1_234.0, 1_500.0),
        ] {
            let scale = AxisScale::of([0.0, largest]);
            assert!((scale.end - end).abs() < 1e-9, "{largest}: {scale:?}");
            assert!((2..=5).contains(&scale.ticks.len()), "{scale:?}");
            assert!(scale.end >= largest - 1e-12);
        }
    }

    /// A value beyond the axis, or one that is no number, stays on the axis.
    #[test]
    fn shares_stay_on_the_axis() {
        let scale = AxisScale::of_shares();
        assert_eq!(
            [-1.0, 0.5, 7.0, f64::NAN].map(|value| scale.share(value)),
            [0.0, 0.5, 1.0, 0.0]
        );
    }
}
