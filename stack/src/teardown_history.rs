//! The results of a stack's teardowns so far, and when the reaper may retry.

use std::borrow::Borrow;

use jiff::Timestamp;

use crate::lease::{Event, EventKind};
use crate::values::id::Actor;
use crate::values::ttl::{Elapsed, Span};

/// The maximum pause between two attempts.
const MAX_PAUSE: Span = Span::minutes(24 * 60);

/// The teardowns of a stack's current lease: a fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TeardownHistory {
    /// Consecutive failures since the last success or renewal.
    pub failures: u32,
    /// The latest failure.
    pub failed: Option<FailedTeardown>,
    /// How jiti ended the stack; `None` if it is not gone, or if Terraform ended it without jiti.
    pub ended: Option<CompletedTeardown>,
    begun: Option<(Actor, String)>,
    deleted: u32,
}

/// A teardown that did not remove everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedTeardown {
    /// When it ended.
    pub at: Timestamp,
    /// The reason of the failure.
    pub reason: String,
}

/// A teardown that removed everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompletedTeardown {
    /// When it ended.
    pub at: Timestamp,
    /// Who asked for it.
    pub by: Actor,
    /// The reason for the teardown.
    pub why: String,
    /// The number of resources that the teardowns of this lease deleted.
    pub deleted: u32,
}

impl TeardownHistory {
    /// Folds a stack's events. Earlier leases of the name do not count.
    #[must_use]
    pub fn from_events(events: impl IntoIterator<Item: Borrow<Event>>) -> Self {
        let mut attempts = Self::default();
        for event in events {
            attempts.apply(event.borrow());
        }
        attempts
    }

    fn apply(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Requested { .. } => *self = Self::default(),
            // A user who extends the lease has fixed the problem or intends to.
            EventKind::Renewed { .. }
            | EventKind::Extended { .. }
            | EventKind::VersionChanged { .. }
            | EventKind::Forgotten { .. } => self.failures = 0,
            EventKind::TeardownStarted { by, why, .. } => {
                self.begun = Some((by.clone(), why.clone()));
            }
            EventKind::ResourceDeleted { .. } => self.deleted += 1,
            // Something was found after the stack was marked gone.
            EventKind::ResourceLeft { .. } => self.ended = None,
            EventKind::TeardownFailed { reason } => {
                self.failures = self.failures.saturating_add(1);
                self.failed = Some(FailedTeardown {
                    at: event.at,
                    reason: reason.clone(),
                });
            }
            EventKind::Gone => {
                self.failures = 0;
                self.ended = self.begun.take().map(|(by, why)| CompletedTeardown {
                    at: event.at,
                    by,
                    why,
                    deleted: self.deleted,
                });
            }
            _ => {}
        }
    }

    /// When the next attempt may start: `first` after the first failure, then twice as long each
    /// time, up to a day. `None` means immediately.
    #[must_use]
    pub fn not_before(&self, first: Span) -> Option<Timestamp> {
        let failed = self.failed.as_ref().filter(|_| self.failures > 0)?;
        let doubled = first
            .seconds()
            .saturating_mul(1 << (self.failures - 1).min(32));
        let pause = doubled.min(MAX_PAUSE.seconds().max(first.seconds()));
        Some(Elapsed::from_millis(pause.saturating_mul(1000)).after(failed.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq;
    use crate::lease::Strategy;
    use crate::testing::{actor, new_event, noon, registration, stack_name};
    use crate::values::id::RunId;

    fn attempts(kinds: impl IntoIterator<Item = (u32, EventKind)>) -> TeardownHistory {
        let requested = EventKind::Requested {
            registration: Box::new(registration()),
        };
        let kinds = std::iter::once((1, requested)).chain(kinds);
        let events = kinds.zip(1..).map(|((minutes, kind), seq)| {
            new_event(Span::minutes(minutes).after(noon()), kind)
                .into_event(stack_name("checkout"), Seq(seq))
        });
        TeardownHistory::from_events(events)
    }

    fn started() -> EventKind {
        EventKind::TeardownStarted {
            strategy: Strategy::Terraform,
            by: actor(),
            why: "expired".to_owned(),
            run: RunId::random(),
            host: "laptop".to_owned(),
            pid: 1,
        }
    }

    fn failed() -> EventKind {
        EventKind::TeardownFailed {
            reason: "exit 1".to_owned(),
        }
    }

    fn deleted() -> EventKind {
        EventKind::ResourceDeleted {
            id: "aws_vpc.this".to_owned(),
        }
    }

    /// The pauses between attempts double up to a day, and a first attempt may start immediately.
    #[test]
    fn pauses_double_up_to_a_day() {
        let pause = |failures: usize| {
            let tries = std::iter::repeat_n([(10, started()), (10, failed())], failures);
            let attempts = attempts(tries.flatten());
            let at = attempts.not_before(Span::minutes(15))?;
            Some(Elapsed::between(Span::minutes(10).after(noon()), at).seconds() / 60)
        };
        assert_eq!(pause(0), None);
        let expected = [15, 30, 60, 120, 240, 480, 960, 1440, 1440].map(Some);
        assert_eq!([1, 2, 3, 4, 5, 6, 7, 8, 60].map(pause), expected);
    }

    /// An extension resets the pauses.
    #[test]
    fn an_extension_resets_the_pauses() {
        let extended = EventKind::Extended {
            by: Span::minutes(60),
            until: Span::minutes(600).after(noon()),
        };
        let attempts = attempts([(5, started()), (6, failed()), (7, extended)]);
        assert_eq!(attempts.not_before(Span::minutes(15)), None);
        assert_eq!(
            attempts.failed.map(|failed| failed.reason),
            Some("exit 1".to_owned())
        );
    }

    /// A stack that jiti ended records who asked, why, and how much was deleted. One that Terraform
    /// destroyed without jiti does not.
    #[test]
    fn an_end_says_by_whom() {
        let ended = attempts([
            (5, started()),
            (6, deleted()),
            (7, failed()),
            (8, started()),
            (9, deleted()),
            (10, EventKind::Gone),
        ]);
        let end = ended.ended.expect("an end");
        assert_eq!((end.deleted, end.why.as_str()), (2, "expired"));
        assert_eq!(end.by, actor());
        assert_eq!(ended.failures, 0);
        assert_eq!(attempts([(5, EventKind::Released)]).ended, None);
    }
}
