//! Folds events into histories of leases.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::figures::EndCause;
use super::history::{EventEffect, LeaseEnd, LeaseHistory, LeaseMark};
use crate::clock::truncate_to_millis;
use crate::lease::{Event, EventKind, IllegalTransition, Lease, Phase, Source};
use crate::values::id::Seq;

/// A lease and its history so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct LeaseRecorder {
    lease: Lease,
    history: LeaseHistory,
    /// Who started the last teardown, and why.
    cause: EndCause,
}

impl LeaseRecorder {
    /// Starts with the first event of a lease.
    fn begin(event: &Event) -> Result<Self, IllegalTransition> {
        let lease = Lease::apply(None, event)?;
        let history = LeaseHistory::begin(&lease, event, truncate_to_millis(event.at));
        Ok(Self {
            lease,
            history,
            cause: EndCause::Terraform,
        })
    }

    /// Adds the next event of the lease.
    fn record(mut self, event: &Event) -> Result<Self, IllegalTransition> {
        let at = truncate_to_millis(event.at);
        if self.lease.is_live() {
            self.history.enter(at);
        }
        let phase = self.lease.recorded_phase;
        let has_begun = matches!(phase, Phase::TearingDown | Phase::Residue);
        if let EventKind::TeardownStarted { why, .. } = &event.kind
            && !has_begun
        {
            self.cause = end_cause(event.source, why).unwrap_or(self.cause);
        }
        let effect = EventEffect::of(&self.lease, event, at);
        let (was, in_teardown) = (self.lease.recorded_phase, self.lease.teardown.is_some());
        let lease = Lease::apply(Some(self.lease), event)?;
        let mark = LeaseMark {
            at,
            attributes: self.history.current_index(),
        };
        if lease.recorded_phase == Phase::Residue && was != Phase::Residue {
            self.history.residues.push(mark);
        }
        if lease.recorded_phase == Phase::Gone && self.history.end.is_none() {
            let by_jiti = was == Phase::Residue || in_teardown;
            let cause = if by_jiti {
                self.cause
            } else {
                EndCause::Terraform
            };
            self.history.end = Some(LeaseEnd { mark, cause });
        }
        self.history.follow(&lease, &effect);
        self.history.last_at = self.history.last_at.max(at);
        Ok(Self { lease, ..self })
    }

    /// Encodes the lease and its history in the format [`FORMAT`](super::FORMAT).
    pub(crate) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_stdvec(self)
    }

    /// Decodes a lease and its history; `None` if they have another format.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (recorder, rest) = postcard::take_from_bytes(bytes).ok()?;
        rest.is_empty().then_some(recorder)
    }

    /// The history so far.
    pub(crate) fn history(&self) -> &LeaseHistory {
        &self.history
    }

    /// Whether the lease exists. The history of a lease that is gone seldom changes again.
    pub(crate) fn is_live(&self) -> bool {
        self.lease.is_live()
    }
}

/// An event that cannot follow the earlier ones.
#[derive(Debug, Error)]
#[error("event {seq}: {illegal}")]
pub(crate) struct UnfoldableEvent {
    seq: Seq,
    illegal: IllegalTransition,
}

/// The leases of one name so far.
#[derive(Debug, Default)]
pub(crate) struct StackRecorder {
    /// The number of leases, which is the number of the current one.
    pub(crate) number: u32,
    /// The current lease; `None` before the first one, and once it was taken out.
    pub(crate) current: Option<LeaseRecorder>,
    /// The earlier leases that this recorder has recorded, with their numbers.
    ended: Vec<(u32, LeaseHistory)>,
}

impl StackRecorder {
    /// Adds the next event of the stack.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event cannot follow; nothing can be added afterwards.
    pub(crate) fn record(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        let registers = matches!(event.kind, EventKind::Requested { .. });
        let current = self.current.take();
        let next = match current {
            Some(current) if current.is_live() || !registers => current.record(event)?,
            gone => {
                let gone = gone.map(|gone| (self.number, gone.history));
                let next = LeaseRecorder::begin(event)?;
                self.ended.extend(gone);
                self.number = self.number.saturating_add(1);
                next
            }
        };
        self.current = Some(next);
        Ok(())
    }

    /// Continues with a current lease, if the stack exists.
    pub(crate) fn resume(number: u32, current: Option<LeaseRecorder>) -> Self {
        Self {
            number,
            current,
            ended: Vec::new(),
        }
    }

    /// Records a whole history, in which nothing counts as later than `until`.
    pub(crate) fn replay(events: &[Event], until: Timestamp) -> Result<Self, UnfoldableEvent> {
        let mut recorder = Self::default();
        for event in events {
            let recorded = recorder.record_until(event, until);
            recorded.map_err(|illegal| UnfoldableEvent {
                seq: event.seq,
                illegal,
            })?;
        }
        Ok(recorder)
    }

    /// Whether all that an event needs is in memory. After [`Self::settle`], only a new lease can
    /// follow a lease that is gone.
    pub(crate) fn can_record(&self, event: &Event) -> bool {
        let registers = matches!(event.kind, EventKind::Requested { .. });
        self.current.is_some() || self.number == 0 || registers
    }

    /// Like [`Self::record`], where an event of a clock that was ahead counts as of `until`.
    /// Otherwise, the stack would exist until then.
    pub(crate) fn record_until(
        &mut self,
        event: &Event,
        until: Timestamp,
    ) -> Result<(), IllegalTransition> {
        if event.at <= until {
            return self.record(event);
        }
        let at = until;
        self.record(&Event {
            at,
            ..event.clone()
        })
    }

    /// Takes out the leases that are gone.
    pub(crate) fn settle(&mut self) -> impl Iterator<Item = (u32, LeaseHistory)> {
        let gone = self.current.take_if(|current| !current.is_live());
        let gone = gone.map(|gone| (self.number, gone.history));
        std::mem::take(&mut self.ended).into_iter().chain(gone)
    }

    /// All leases that this recorder has recorded, with their numbers.
    pub(crate) fn leases(&self) -> impl Iterator<Item = (u32, &LeaseHistory)> {
        let ended = self
            .ended
            .iter()
            .map(|(number, history)| (*number, history));
        let current = self.current.as_ref();
        ended.chain(current.map(|current| (self.number, &current.history)))
    }
}

/// What ended a stack, judged by who started its first teardown. A process that takes it over or
/// repeats it does not change the cause.
fn end_cause(source: Source, why: &str) -> Option<EndCause> {
    match (source, why) {
        (Source::Reaper, "expiry") => Some(EndCause::Expiry),
        (Source::Reaper, "purgatory") => Some(EndCause::Purgatory),
        (Source::Reaper, "idleness") => Some(EndCause::Idleness),
        (Source::Reaper, "noncompliance") => Some(EndCause::Noncompliance),
        (Source::Reaper, _) => None,
        _ => Some(EndCause::Person),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::init::FailedCheck;
    use crate::lease::ResidueDetails;
    use crate::report::HISTORY_FORMAT;
    use crate::testing::{every_kind, new_event, noon, registration, stack_name};
    use crate::values::ttl::Span;

    /// A lease whose history has every field set.
    fn full() -> LeaseRecorder {
        let mut registration = registration();
        registration.terms.ready_timeout = Some(Span::minutes(5));
        registration.terms.hourly_cost = "0.42".parse().ok();
        let registration = Box::new(registration);
        let left = EventKind::ResourceLeft {
            id: "i-1".to_owned(),
            reason: "in use".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        };
        let teardown = every_kind()
            .into_iter()
            .find(|kind| matches!(kind, EventKind::TeardownStarted { .. }));
        let kinds = [
            EventKind::Requested { registration },
            EventKind::Recorded { origin: None },
            EventKind::Ready,
            EventKind::Provisioned,
            EventKind::ReadyTimedOut {
                checks: vec![FailedCheck {
                    check: "tcp db:5432".to_owned(),
                    answer: "refused".to_owned(),
                }],
            },
            EventKind::Ready,
            EventKind::VersionChanged {
                from: "v1".parse().unwrap(),
                to: "v2".parse().unwrap(),
            },
            teardown.unwrap(),
            left.clone(),
            EventKind::TeardownFailed {
                reason: "1 left".to_owned(),
            },
            EventKind::Gone,
            left,
        ];
        let mut recorder = StackRecorder::default();
        for (kind, minutes) in kinds.into_iter().zip(1..) {
            let at = Span::minutes(minutes * 10).after(noon());
            let event = new_event(at, kind).into_event(stack_name("shop"), Seq(minutes.into()));
            recorder.record(&event).unwrap();
        }
        recorder.current.unwrap()
    }

    /// The encoded bytes are pinned to the format, so that a change of a history's fields requires
    /// a new `HISTORY_FORMAT`.
    #[test]
    fn the_bytes_belong_to_the_history_format() {
        let full = full();
        let history = full.history();
        assert!(!history.starts.is_empty() && !history.residues.is_empty());
        assert!(!history.purgatories.is_empty() && history.end.is_some());
        let bytes = history.encode().unwrap();
        assert_eq!(LeaseHistory::decode(&bytes).as_ref(), Some(history));
        assert_eq!(LeaseHistory::decode(&bytes[1..]), None);
        let encoded = full.encode().unwrap();
        assert_eq!(LeaseRecorder::decode(&encoded).as_ref(), Some(&full));
        let sum = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        assert_eq!(
            (HISTORY_FORMAT, bytes.len(), format!("{sum:016x}").as_str()),
            (5, 595, "a6899961bc4d8e0c"),
            "the fields of a history have changed: raise HISTORY_FORMAT and pin the new bytes"
        );
    }
}
