//! Starts of stacks and their outcomes: the reliability of ephemeral stacks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::values::id::{AppName, AppVersion};
use crate::values::ttl::Elapsed;

/// The 97.5th percentile of the normal distribution, for an interval that covers 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// The starts in a period and their outcomes. A start begins with a request, a new version, a wake,
/// or a rerun of the checks, of a stack that declares its readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StartFigures {
    /// The starts that were requested in the period.
    pub started: u32,
    /// The starts that became ready in the period, in time.
    pub ready: u32,
    /// The starts whose readiness timeout passed in the period, also if they became ready later.
    pub timed_out: u32,
    /// The starts that ended in the period and were neither ready nor timed out: the next start
    /// replaced them, or the stack ended.
    pub failed: u32,
    /// The starts without an outcome at the end of the period.
    pub pending: u32,
    /// The share of `ready` among the starts with an outcome in the period, from 0 to 1; null
    /// without any.
    pub success_rate: Option<f64>,
    /// The lower end of the 95 % Wilson interval of that share.
    pub low: Option<f64>,
    /// The upper end of that interval.
    pub high: Option<f64>,
}

impl StartFigures {
    /// The number of starts with an outcome in the period.
    #[must_use]
    pub fn decided(&self) -> u32 {
        self.ready
            .saturating_add(self.timed_out)
            .saturating_add(self.failed)
    }

    /// Adds the counts of other starts.
    pub(super) fn merge(&mut self, other: &Self) {
        self.started += other.started;
        self.ready += other.ready;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
        self.pending += other.pending;
    }

    /// Computes the success rate and its interval from the counts.
    pub(super) fn with_rate(self) -> Self {
        let decided = self.decided();
        let interval = wilson(self.ready, decided);
        Self {
            success_rate: (decided > 0).then(|| f64::from(self.ready) / f64::from(decided)),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            ..self
        }
    }
}

/// The starts of one version of an app. The versions of an app are in the order of their first
/// start, and only its latest ones are listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionStarts {
    /// The app.
    pub app: AppName,
    /// The version.
    pub version: AppVersion,
    /// The first request of a start of this version that counts in the period.
    pub first_at: Timestamp,
    /// The starts and their outcomes.
    #[serde(flatten)]
    pub starts: StartFigures,
    /// The median time from request to readiness; null if no start became ready.
    pub median_seconds: Option<Elapsed>,
    /// The 95th percentile of that time.
    pub p95_seconds: Option<Elapsed>,
    /// The phase that took the most time; null if no time belongs to a named phase.
    pub slowest_phase: Option<String>,
    /// The share of that phase in the time of the starts, from 0 to 1.
    pub slowest_share: Option<f64>,
}

/// The 95 % Wilson score interval of a proportion; `None` without trials. Unlike the normal
/// approximation, it is useful for few trials and never leaves 0 to 1.
fn wilson(successes: u32, trials: u32) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let n = f64::from(trials);
    let share = f64::from(successes) / n;
    let scale = 1.0 + Z * Z / n;
    let centre = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    // At both ends the interval includes the share itself, which rounding could miss.
    Some((
        (centre - half).clamp(0.0, share),
        (centre + half).clamp(share, 1.0),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded((low, high): (f64, f64)) -> (String, String) {
        (format!("{low:.4}"), format!("{high:.4}"))
    }

    /// The interval is that of the literature. Newcombe (1998) gives for 81 of 263 the interval
    /// 0.2553 to 0.3662, for 15 of 148 0.0624 to 0.1605, for 0 of 20 0 to 0.1611, and for 1 of 29
    /// 0.0061 to 0.1718.
    #[test]
    fn the_interval_is_that_of_the_literature() {
        for (successes, trials, low, high) in [
            (81, 263, "0.2553", "0.3662"),
            (15, 148, "0.0624", "0.1605"),
            (0, 20, "0.0000", "0.1611"),
            (1, 29, "0.0061", "0.1718"),
        ] {
            let interval = rounded(wilson(successes, trials).unwrap());
            assert_eq!(interval, (low.to_owned(), high.to_owned()));
        }
        assert_eq!(wilson(0, 0), None);
    }

    /// The interval is within 0 to 1 and includes the share.
    #[test]
    fn the_interval_includes_the_share() {
        for trials in 1..40 {
            for successes in 0..=trials {
                let (low, high) = wilson(successes, trials).unwrap();
                let share = f64::from(successes) / f64::from(trials);
                assert!(0.0 <= low && low <= share && share <= high && high <= 1.0);
            }
        }
    }

    /// Starts without an outcome are not part of the rate.
    #[test]
    fn pending_starts_are_not_failures() {
        let figures = StartFigures {
            started: 9,
            ready: 3,
            timed_out: 1,
            failed: 0,
            pending: 5,
            ..StartFigures::default()
        };
        assert_eq!(figures.with_rate().success_rate, Some(0.75));
        let pending = StartFigures {
            started: 5,
            pending: 5,
            ..StartFigures::default()
        };
        assert_eq!(pending.with_rate(), pending);
    }
}
