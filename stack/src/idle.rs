//! Whether a stack is in use: the evidence, and the rule with three values that judges it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::{Lease, Phase};
use crate::values::ttl::Span;

/// How far back a use counts, unless the stack sets `idle_after`.
pub const DEFAULT_WINDOW: Span = Span::minutes(60);

/// Whether a stack is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdleState {
    /// The stack is in use.
    Active,
    /// Everything was checked, and nothing is in use.
    Idle,
    /// Something could not be checked, or nothing was.
    Unknown,
}

/// One usage metric: its value, its window, and the threshold for use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// The metric, such as `i-0abc CPUUtilization`.
    pub signal: String,
    /// The value; `None` if the metric was not queried, or did not answer.
    pub value: Option<f64>,
    /// The lowest value that counts as use.
    pub threshold: f64,
    /// The unit of the value and the threshold, such as `%`; `None` for a count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The period that the value covers, in seconds.
    #[serde(with = "in_seconds")]
    pub window: Span,
}

impl Evidence {
    /// The state according to this metric alone.
    #[must_use]
    pub fn state(&self) -> IdleState {
        match self.value {
            Some(value) if value >= self.threshold => IdleState::Active,
            // NaN is not a measurement.
            Some(value) if !value.is_nan() => IdleState::Idle,
            _ => IdleState::Unknown,
        }
    }
}

/// The measured use of a stack or a resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// The evidence, one entry per metric.
    pub evidence: Vec<Evidence>,
    /// Since when nothing has been in use, as far back as was checked.
    pub quiet_since: Option<Timestamp>,
}

/// The judged idleness of a stack.
#[derive(Clone, Debug, PartialEq)]
pub struct Idleness {
    /// The verdict.
    pub state: IdleState,
    /// Since when the stack has been idle; `None` if it is not.
    pub since: Option<Timestamp>,
    /// The evidence behind the verdict.
    pub evidence: Vec<Evidence>,
}

/// Combines states: anything active → active; else anything unknown → unknown; else idle. Without
/// any state, the result is unknown.
#[must_use]
pub fn combine_states(states: impl IntoIterator<Item = IdleState>) -> IdleState {
    let (mut any, mut unknown) = (false, false);
    for state in states {
        any = true;
        match state {
            IdleState::Active => return IdleState::Active,
            IdleState::Unknown => unknown = true,
            IdleState::Idle => {}
        }
    }
    if any && !unknown {
        IdleState::Idle
    } else {
        IdleState::Unknown
    }
}

/// Judges whether a stack is idle, from the ledger and the measurements.
///
/// A `touch` within the window makes the stack active. A missing `touch` proves nothing, because it
/// is optional. Only a stack that is ready can be idle: a stack that sleeps or is being created is
/// not expected to be in use.
#[must_use]
pub fn judge_idleness(lease: &Lease, observed: &Activity, now: Timestamp) -> Idleness {
    let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
    let touched = lease
        .last_activity
        .as_ref()
        .filter(|last| window.after(last.at) > now);
    let mut evidence = observed.evidence.clone();
    if let Some(last) = touched {
        let signal = last.signal.clone();
        evidence.push(Evidence {
            signal,
            value: Some(1.0),
            threshold: 1.0,
            unit: None,
            window,
        });
    }
    let mut state = combine_states(evidence.iter().map(Evidence::state));
    let reading = lease.at(now);
    if reading.phase != Phase::Ready && state == IdleState::Idle {
        state = IdleState::Unknown;
    }
    let since = (state == IdleState::Idle).then(|| {
        // Not before it was ready, and not before its last use.
        let last = lease.last_activity.as_ref().map(|last| last.at);
        let quiet = observed.quiet_since.unwrap_or(now).min(now);
        [Some(quiet), last, Some(reading.phase_since)]
            .into_iter()
            .flatten()
            .max()
            .unwrap_or(now)
    });
    Idleness {
        state,
        since,
        evidence,
    }
}

mod in_seconds {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::Span;

    pub(super) fn serialize<S: Serializer>(span: &Span, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u64(span.seconds())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Span, D::Error> {
        let seconds = u64::deserialize(from)?;
        Span::from_seconds(seconds)
            .ok_or_else(|| de::Error::custom(format!("invalid window: {seconds} seconds")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use IdleState::{Active, Idle, Unknown};

    /// Anything active → active; else anything unknown → unknown; else idle; nothing → unknown.
    #[test]
    fn the_rule_with_three_values() {
        let states = [Active, Idle, Unknown];
        for a in states {
            for b in states {
                let expected = if a == Active || b == Active {
                    Active
                } else if a == Unknown || b == Unknown {
                    Unknown
                } else {
                    Idle
                };
                assert_eq!(combine_states([a, b]), expected, "{a:?} {b:?}");
            }
        }
        assert_eq!(combine_states([]), Unknown);
    }

    /// A value at the threshold counts as use. No value, or NaN, is unknown.
    #[test]
    fn a_signal_is_judged_by_its_threshold() {
        let state = |value| {
            let (signal, window) = ("cpu".to_owned(), DEFAULT_WINDOW);
            Evidence {
                signal,
                value,
                threshold: 5.0,
                unit: None,
                window,
            }
            .state()
        };
        assert_eq!(state(Some(5.0)), Active);
        assert_eq!(state(Some(4.9)), Idle);
        assert_eq!(state(None), Unknown);
        assert_eq!(state(Some(f64::NAN)), Unknown);
    }
}
