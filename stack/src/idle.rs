//! Whether anybody uses a stack: what was seen, and the rule with three values that judges it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::{Lease, Phase};
use crate::values::ttl::Span;

/// How far back a use counts, where the stack does not say with `idle_after`.
pub const DEFAULT_WINDOW: Span = Span::minutes(60);

/// What is known about the use of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdleState {
    /// Somebody uses it.
    Active,
    /// Everything was looked at, and nobody uses it.
    Idle,
    /// Something could not be looked at, or nothing was.
    Unknown,
}

/// One signal of use: what it said, over what time, and from where on it means use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was measured, such as `i-0abc CPUUtilization`.
    pub signal: String,
    /// What it said; `None`: it could not be asked, or it did not answer.
    pub value: Option<f64>,
    /// From this value on somebody uses it.
    pub threshold: f64,
    /// The time it speaks about, in seconds.
    #[serde(with = "in_seconds")]
    pub window: Span,
}

impl Evidence {
    /// What this signal alone says.
    #[must_use]
    pub fn state(&self) -> IdleState {
        match self.value {
            Some(value) if value >= self.threshold => IdleState::Active,
            // A value that is not a number was not measured.
            Some(value) if !value.is_nan() => IdleState::Idle,
            _ => IdleState::Unknown,
        }
    }
}

/// What was found out about the use of a stack, by whoever looked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Every signal.
    pub evidence: Vec<Evidence>,
    /// Since when nobody has used it, as far back as was looked.
    pub quiet_since: Option<Timestamp>,
}

/// The use of a stack, judged.
#[derive(Clone, Debug, PartialEq)]
pub struct Idleness {
    /// The verdict.
    pub state: IdleState,
    /// Since when it has been idle; `None` when it is not.
    pub since: Option<Timestamp>,
    /// What the verdict rests on.
    pub evidence: Vec<Evidence>,
}

/// The rule: anything active → active; else anything unknown → unknown; else idle. Without any
/// evidence nothing is known.
#[must_use]
pub fn rule(states: impl IntoIterator<Item = IdleState>) -> IdleState {
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

/// Judges the use of a stack at a moment, from what the ledger and the observer say.
///
/// A `touch` within the window makes it active. Its absence says nothing by itself: nobody has to
/// touch what they use. Only a stack that is ready can be idle: one that sleeps or is on its way
/// is not expected to be used.
#[must_use]
pub fn judge(lease: &Lease, observed: &Activity, now: Timestamp) -> Idleness {
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
            window,
        });
    }
    let mut state = rule(evidence.iter().map(Evidence::state));
    let reading = lease.at(now);
    if reading.phase != Phase::Ready && state == IdleState::Idle {
        state = IdleState::Unknown;
    }
    let since = (state == IdleState::Idle).then(|| {
        // Not before it was ready, and not before it was last used.
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
            .ok_or_else(|| de::Error::custom(format!("a window of {seconds} seconds")))
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
                assert_eq!(rule([a, b]), expected, "{a:?} {b:?}");
            }
        }
        assert_eq!(rule([]), Unknown);
    }

    /// A value at the threshold is use; none, and one that is no number, is not known.
    #[test]
    fn a_signal_is_judged_by_its_threshold() {
        let state = |value| {
            let (signal, window) = ("cpu".to_owned(), DEFAULT_WINDOW);
            Evidence {
                signal,
                value,
                threshold: 5.0,
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
