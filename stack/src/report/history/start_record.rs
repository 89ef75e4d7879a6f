//! A start of a lease, as its history records it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AttributesIndex;
use crate::economics::{StartKind, StartOutcome};
use crate::values::serde_timestamp;
use crate::values::ttl::Elapsed;

/// A start of a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StartRecord {
    pub(crate) kind: StartKind,
    #[serde(with = "serde_timestamp")]
    pub(crate) requested_at: Timestamp,
    #[serde(with = "serde_timestamp::option")]
    pub(crate) provisioned_at: Option<Timestamp>,
    #[serde(with = "serde_timestamp::option")]
    pub(crate) ready_at: Option<Timestamp>,
    /// When its readiness timeout passed, if an event followed.
    #[serde(with = "serde_timestamp::option")]
    pub(crate) timed_out_at: Option<Timestamp>,
    /// When the next start or the end of the stack ended it before it was ready.
    #[serde(with = "serde_timestamp::option")]
    pub(crate) ended_at: Option<Timestamp>,
    /// The group when it was requested.
    pub(crate) attributes: AttributesIndex,
    /// Its phases, in the order of their reports.
    pub(crate) phases: Vec<PhaseRecord>,
}

/// A phase of a start. Its name and class are positions in the names of the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PhaseRecord {
    pub(crate) name: u32,
    pub(crate) class: Option<u32>,
    /// The time from the request until it started.
    pub(crate) after: Elapsed,
    /// Its length; `None` while it runs.
    pub(crate) seconds: Option<Elapsed>,
}

impl StartRecord {
    pub(super) fn begin(
        kind: StartKind,
        requested_at: Timestamp,
        attributes: AttributesIndex,
    ) -> Self {
        Self {
            kind,
            requested_at,
            provisioned_at: None,
            ready_at: None,
            timed_out_at: None,
            ended_at: None,
            attributes,
            phases: Vec::new(),
        }
    }

    /// Whether it has no outcome yet.
    pub(super) fn is_open(&self) -> bool {
        self.ready_at.is_none() && self.timed_out_at.is_none() && self.ended_at.is_none()
    }

    /// Its outcome, with the time at which its timeout passed.
    pub(crate) fn outcome(&self, timed_out_at: Option<Timestamp>) -> StartOutcome {
        match (self.ready_at, timed_out_at, self.ended_at) {
            (Some(ready), Some(at), _) if at <= ready => StartOutcome::TimedOut {
                at,
                later_ready: Some(ready),
            },
            (Some(at), ..) => StartOutcome::Ready { at },
            (None, Some(at), _) => StartOutcome::TimedOut {
                at,
                later_ready: None,
            },
            (None, None, Some(at)) => StartOutcome::Failed { at },
            (None, None, None) => StartOutcome::Pending,
        }
    }

    /// From the request until the stack was ready.
    pub(crate) fn time_to_ready(&self) -> Option<Elapsed> {
        let ready_at = self.ready_at?;
        Some(Elapsed::between(self.requested_at, ready_at))
    }
}
