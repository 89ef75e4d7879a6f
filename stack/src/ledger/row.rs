//! The steps that all ledgers share between a decision and its rows: numbering, folding, snapshots.
//! For implementations of [`Ledger`](super::Ledger) only.

use crate::breaker::{BreakerEvent, Breakers};
use crate::clock::truncate_to_millis;
use crate::lease::{Event, EventKind, Lease, NewEvent};
use crate::ledger::{LedgerError, LedgerSettings, SettingsEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::values::id::{Seq, StackName};

/// The name of the reaper's stream in messages.
pub const REAPER_LABEL: &str = "the reaper's log";

/// The name of the circuit breakers' stream in messages.
pub const BREAKERS_LABEL: &str = "the circuit breakers of preflight";

/// The name of the settings' stream in messages.
pub const SETTINGS_LABEL: &str = "the ledger's settings";

/// Numbers the events from `after` on and truncates their times to the ledger's resolution, so that
/// folding before writing equals folding after reading.
#[must_use]
pub fn place(stack: &StackName, after: Seq, events: Vec<NewEvent>) -> Vec<Event> {
    let mut seq = after;
    events
        .into_iter()
        .map(|mut event| {
            seq = seq.next();
            event.at = truncate_to_millis(event.at);
            event.into_event(stack.clone(), seq)
        })
        .collect()
}

/// Folds events that are not written yet, and refuses all of them if one cannot follow. `earlier`
/// reads the stack's events so far, which only a mark of misdated events needs.
///
/// # Errors
/// [`LedgerError::Illegal`] for an event that cannot follow, [`LedgerError::Nothing`] for no events
/// at all, and the errors of `earlier`.
pub fn fold(
    stack: &StackName,
    lease: Option<Lease>,
    events: &[Event],
    earlier: impl FnOnce() -> Result<Vec<Event>, LedgerError>,
) -> Result<Lease, LedgerError> {
    let illegal = |illegal| LedgerError::Illegal {
        stack: stack.clone(),
        illegal,
    };
    let marks = events
        .iter()
        .any(|event| matches!(event.kind, EventKind::Misdated { .. }));
    let lease = if marks {
        let mut history = earlier()?;
        history.extend_from_slice(events);
        Lease::fold_history(history)
    } else {
        Lease::fold(lease, events)
    };
    let lease = lease.map_err(illegal)?;
    lease.ok_or_else(|| LedgerError::Nothing {
        stream: format!("stack \"{stack}\""),
    })
}

/// Checks that the stream ends where the caller expects.
///
/// # Errors
/// [`LedgerError::Raced`] when it does not.
pub fn unraced(stream: &str, expected: Seq, found: Seq) -> Result<(), LedgerError> {
    if expected == found {
        return Ok(());
    }
    Err(LedgerError::Raced {
        stream: stream.to_owned(),
        expected,
        found,
    })
}

/// Encodes a snapshot in the format [`Lease::FORMAT`].
///
/// # Errors
/// When a value has no encoding.
pub fn encode(lease: &Lease) -> Result<Vec<u8>, postcard::Error> {
    postcard::to_stdvec(lease)
}

/// Decodes a snapshot; `None` if it has another format, does not match the end of the stream, or
/// can't be read. The lease is then folded from its events.
#[must_use]
pub fn decode(format: u32, seq: Seq, bytes: &[u8]) -> Option<Lease> {
    if format != Lease::FORMAT {
        return None;
    }
    let (lease, rest) = postcard::take_from_bytes::<Lease>(bytes).ok()?;
    (rest.is_empty() && lease.last_seq() == seq).then_some(lease)
}

/// The state of a stream other than a stack's: a pool, the reaper's log, the circuit breakers, or
/// the settings.
pub trait Stream: Default + Send + serde::Serialize + serde::de::DeserializeOwned {
    /// Its events.
    type Event: serde::Serialize + serde::de::DeserializeOwned + Clone + Send + 'static;

    /// The state after one more event.
    #[must_use]
    fn apply(self, event: &Self::Event) -> Self;
    /// The number of the last event.
    fn last_seq(&self) -> Seq;
    /// The number of an event.
    fn seq(event: &Self::Event) -> Seq;
    /// Numbers an event, and truncates its time to the ledger's resolution.
    fn number(event: &mut Self::Event, seq: Seq);
}

impl Stream for Pool {
    type Event = PoolEvent;

    fn apply(self, event: &PoolEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        Self::last_seq(self)
    }

    fn seq(event: &PoolEvent) -> Seq {
        event.seq
    }

    fn number(event: &mut PoolEvent, seq: Seq) {
        (event.seq, event.at) = (seq, truncate_to_millis(event.at));
    }
}

impl Stream for ReaperStatus {
    type Event = ReaperEvent;

    fn apply(self, event: &ReaperEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        self.last_seq
    }

    fn seq(event: &ReaperEvent) -> Seq {
        event.seq
    }

    fn number(event: &mut ReaperEvent, seq: Seq) {
        (event.seq, event.at) = (seq, truncate_to_millis(event.at));
    }
}

impl Stream for Breakers {
    type Event = BreakerEvent;

    fn apply(self, event: &BreakerEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        Self::last_seq(self)
    }

    fn seq(event: &BreakerEvent) -> Seq {
        event.seq
    }

    fn number(event: &mut BreakerEvent, seq: Seq) {
        (event.seq, event.at) = (seq, truncate_to_millis(event.at));
    }
}

impl Stream for LedgerSettings {
    type Event = SettingsEvent;

    fn apply(self, event: &SettingsEvent) -> Self {
        Self::apply(self, event)
    }

    fn last_seq(&self) -> Seq {
        self.last_seq
    }

    fn seq(event: &SettingsEvent) -> Seq {
        event.seq
    }

    fn number(event: &mut SettingsEvent, seq: Seq) {
        (event.seq, event.at) = (seq, truncate_to_millis(event.at));
    }
}

/// Numbers the events from `after` on.
pub fn number<S: Stream>(after: Seq, events: &mut [S::Event]) {
    let mut seq = after;
    for event in events {
        seq = seq.next();
        S::number(event, seq);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::PhaseBoundary;
    use crate::lease::{ResidueDetails, Strategy};
    use crate::testing::{actor, new_event, noon, registration, stack_name};
    use crate::values::ttl::Span;

    /// A lease with every optional field set.
    fn full() -> Lease {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(15));
        registration.terms.idle_after = Some(Span::minutes(60));
        registration.terms.hourly_cost = "0.42".parse().ok();
        registration.policy.max_ttl = Some(Span::minutes(6000));
        registration.origin.data_dir = Some(".terraform".to_owned());
        let kinds = [
            EventKind::Requested {
                registration: Box::new(registration),
            },
            EventKind::Recorded { origin: None },
            EventKind::Provisioned,
            EventKind::PhaseMarked {
                phase: "migrate".to_owned(),
                class: Some("database".to_owned()),
                state: PhaseBoundary::Start,
                reported: None,
            },
            EventKind::CheckPassed {
                check: "http".to_owned(),
            },
            EventKind::Ready,
            EventKind::OwnerChanged {
                from: "ana@example.com".parse().unwrap(),
                to: "bob@example.com".parse().unwrap(),
            },
            EventKind::Held {
                until: Span::minutes(90).after(noon()),
                why: "demo".to_owned(),
            },
            EventKind::Rated {
                hourly_usd: "0.5".parse().ok(),
                hourly_source: "list 2026-01-01".to_owned(),
                unpriced: vec!["traffic".to_owned()],
                at_least: vec![crate::cost::MinimumCharge {
                    until: Span::minutes(1).after(noon()),
                    hourly_usd: "0.1".parse().unwrap(),
                }],
                accrued: Vec::new(),
                created: Vec::new(),
            },
            EventKind::Activity {
                signal: "touch".to_owned(),
            },
            EventKind::Warned {
                warning: "expiry:2h".to_owned(),
            },
            EventKind::TeardownStarted {
                strategy: Strategy::Terraform,
                by: actor(),
                why: "expired".to_owned(),
                run: "7k3m9q2x4v8w".parse().unwrap(),
                host: "laptop".to_owned(),
                pid: 4242,
            },
            EventKind::ResourceLeft {
                id: "aws_vpc.this".to_owned(),
                reason: "in use".to_owned(),
                blocked_by: Some("eni-1".to_owned()),
                details: ResidueDetails::default(),
            },
        ];
        let name = stack_name("checkout-pr-1");
        let events = kinds.map(|kind| new_event(noon(), kind)).to_vec();
        let events = place(&name, Seq::NONE, events);
        fold(&name, None, &events, || Ok(Vec::new())).unwrap()
    }

    /// A snapshot decodes to the lease that was encoded, and is small.
    #[test]
    fn a_snapshot_is_read_back() {
        let lease = full();
        let bytes = encode(&lease).unwrap();
        assert_eq!(
            decode(Lease::FORMAT, lease.last_seq(), &bytes),
            Some(lease.clone())
        );
        assert!(bytes.len() < 700, "{} bytes", bytes.len());
        assert_eq!(decode(Lease::FORMAT + 1, lease.last_seq(), &bytes), None);
        assert_eq!(decode(Lease::FORMAT, Seq(1), &bytes), None);
        assert_eq!(decode(Lease::FORMAT, lease.last_seq(), &bytes[1..]), None);
    }

    /// The encoded bytes are pinned to the format, so that a change of a lease's fields requires a
    /// new `Lease::FORMAT`.
    #[test]
    fn the_bytes_belong_to_the_format() {
        let bytes = encode(&full()).unwrap();
        let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(
            (Lease::FORMAT, bytes.len(), format!("{sum:016x}").as_str()),
            (12, 505, "4933051db6d6e4c3"),
            "the fields of a lease have changed: raise Lease::FORMAT and pin the new bytes"
        );
    }
}
