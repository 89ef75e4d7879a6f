//! What a teardown reports while it runs, and its outcome.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::{NameReservation, PlannedDeletion};
use super::residue::Residue;
use crate::lease::Strategy;
use crate::values::id::{RunId, StackName};

/// A step of a teardown: one JSON object per line, in the run's progress file and on the command
/// line. Kinds and fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// jiti makes the plan.
    Planning {
        /// The stack.
        name: StackName,
    },
    /// The runner has recorded its intent in the ledger and begins.
    Started {
        /// The stack.
        name: StackName,
        /// The run.
        run: RunId,
        /// The machine that runs it.
        host: String,
        /// The runner's process id there.
        pid: u32,
        /// How many resources will be deleted.
        count: usize,
    },
    /// A command was started that starts the teardown elsewhere. The intent is in the ledger.
    Dispatched {
        /// The stack.
        name: StackName,
        /// The program and its arguments.
        command: Vec<String>,
        /// The time until which the other side is expected to end the teardown.
        until: Timestamp,
    },
    /// The delete of a resource began.
    ResourceStarted {
        /// Its address.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
    },
    /// The delete of a resource is still running.
    ResourceProgress {
        /// Its address.
        id: String,
        /// Its type; empty if an older jiti wrote the line.
        #[serde(rename = "type", default)]
        kind: String,
        /// How long it has taken so far.
        seconds: u64,
    },
    /// A resource was deleted.
    ResourceDeleted(DeletedResource),
    /// A resource could not be deleted.
    ResourceFailed {
        /// Its address.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
        /// How long it was tried.
        seconds: u64,
    },
    /// The last line that the provisioners of a resource printed before they failed, with secrets
    /// masked.
    ResourceSaid {
        /// Its address.
        id: String,
        /// The line.
        line: String,
    },
    /// Everything that could be deleted was deleted; jiti checks whether anything is left.
    Looking,
    /// A user stopped it: jiti finishes the deletes in progress and starts no more.
    Stopping,
    /// The teardown has ended with this outcome.
    Done(TeardownOutcome),
    /// It ended without an outcome: nothing was deleted, or the ledger could not be written.
    Failed {
        /// Why, with secrets masked.
        reason: String,
        /// Whether a rule refused it; otherwise it failed.
        refused: bool,
    },
}

impl Progress {
    /// Whether this is the last step.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed { .. })
    }
}

/// What a teardown deleted and what is left. The residue is empty exactly when the stack is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeardownOutcome {
    /// The stack.
    pub name: StackName,
    /// The strategy.
    pub strategy: Strategy,
    /// What this run deleted, in order.
    pub deleted: Vec<DeletedResource>,
    /// What is left.
    pub residue: Vec<Residue>,
}

impl TeardownOutcome {
    /// The outcome for a stack that was already gone.
    #[must_use]
    pub fn nothing_to_do(name: &StackName) -> Self {
        Self {
            name: name.clone(),
            strategy: Strategy::Terraform,
            deleted: Vec::new(),
            residue: Vec::new(),
        }
    }
}

/// A resource that was deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletedResource {
    /// Its address in Terraform, or its globally unique name, such as an ARN.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The provider's id for it, where that is known.
    pub resource_id: Option<String>,
    /// Its region, where that is known.
    pub region: Option<String>,
    /// How long it took.
    pub seconds: u64,
    /// When the cloud will delete it, if it schedules the deletion (keys, secrets).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
    /// Until when it keeps its name, if it does.
    #[serde(flatten)]
    pub name_reservation: Option<NameReservation>,
    /// What is left after the deletion, or stays reserved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlives: Option<String>,
}

impl DeletedResource {
    pub(super) fn of(planned: PlannedDeletion, seconds: u64) -> Self {
        Self {
            id: planned.id,
            kind: planned.kind,
            resource_id: planned.resource_id,
            region: planned.region,
            seconds,
            scheduled_for: None,
            name_reservation: planned.name_reservation,
            outlives: planned.outlives,
        }
    }
}
