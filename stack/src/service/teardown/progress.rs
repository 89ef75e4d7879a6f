//! What a teardown says while it works, and how it ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::PlannedDeletion;
use crate::lease::Strategy;
use crate::values::id::{RunId, StackName};
use crate::values::money::HourlyRate;

/// A step of a teardown: one JSON object a line, in the run's progress file and on the command line.
/// Kinds and fields are only ever added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Progress {
    /// It is found out what would go.
    Planning {
        /// The stack.
        name: StackName,
    },
    /// The runner has written its intent into the ledger and begins.
    Started {
        /// The stack.
        name: StackName,
        /// The run.
        run: RunId,
        /// The machine that runs it.
        host: String,
        /// Its process there.
        pid: u32,
        /// How many resources will go.
        count: usize,
    },
    /// The delete of a resource began.
    ResourceStarted {
        /// Its address.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
    },
    /// The delete of a resource goes on.
    ResourceProgress {
        /// Its address.
        id: String,
        /// Its type; empty in the words of an older jiti.
        #[serde(rename = "type", default)]
        kind: String,
        /// For how long so far.
        seconds: u64,
    },
    /// A resource is gone.
    ResourceDeleted(DeletedResource),
    /// A resource could not be deleted.
    ResourceFailed {
        /// Its address.
        id: String,
        /// Its type.
        #[serde(rename = "type")]
        kind: String,
        /// After how long.
        seconds: u64,
    },
    /// All has been deleted that could be: it is looked whether anything is left.
    Looking,
    /// Somebody asked it to stop: what is under way is finished, nothing more is begun.
    Stopping,
    /// It has ended, and this is how.
    Done(TeardownOutcome),
    /// It ended without an outcome: nothing was deleted, or the ledger could not be written.
    Failed {
        /// Why, secrets masked.
        reason: String,
        /// A rule forbade it, rather than that it did not work.
        refused: bool,
    },
}

impl Progress {
    /// Whether nothing follows.
    #[must_use]
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Done(_) | Self::Failed { .. })
    }
}

/// How a teardown ended: what went and what is left. The residue is empty exactly when the stack is gone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeardownOutcome {
    /// The stack.
    pub name: StackName,
    /// How it was ended.
    pub strategy: Strategy,
    /// What this run deleted, in order.
    pub deleted: Vec<DeletedResource>,
    /// What is left.
    pub residue: Vec<Residue>,
}

impl TeardownOutcome {
    /// Of a stack of which nothing was left to do.
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
    /// Its address in Terraform, or its name everywhere, such as an ARN.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its provider calls it, where that is known.
    pub resource_id: Option<String>,
    /// Where it was, where that is known.
    pub region: Option<String>,
    /// How long it took.
    pub seconds: u64,
    /// When the cloud deletes it, where that is not at once (keys, secrets).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheduled_for: Option<Timestamp>,
}

impl DeletedResource {
    pub(super) fn of(doomed: PlannedDeletion, seconds: u64) -> Self {
        Self {
            id: doomed.id,
            kind: doomed.kind,
            resource_id: doomed.resource_id,
            region: doomed.region,
            seconds,
            scheduled_for: None,
        }
    }
}

/// Something that is left.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Residue {
    /// Its address in Terraform, its name everywhere, or the place that could not be looked at.
    pub id: String,
    /// Its type, where it is a resource.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Where it is, where that is known.
    pub region: Option<String>,
    /// Why it is left, in a few words, secrets masked.
    pub reason: String,
    /// What keeps it.
    pub blocked_by: Option<String>,
    /// What it goes on costing an hour, where that is known.
    pub hourly_usd: Option<HourlyRate>,
    /// The command that finishes it, quoted for a shell.
    pub command: Option<String>,
}
