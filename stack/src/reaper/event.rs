//! The events of the reaper's log: runs, pauses, deliveries and warnings.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::RecordedBudget;
use crate::lease::ProcessId;
use crate::values::id::{Actor, RunId, Seq, StackName};
use crate::values::ttl::Span;

/// An event of the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaperEvent {
    /// The sequence number among the reaper's events.
    pub seq: Seq,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// What happened.
    pub kind: ReaperEventKind,
}

/// What happened to the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReaperEventKind {
    /// A run started.
    RunStarted {
        /// The id of the run.
        run: RunId,
        /// The time until the next run.
        interval: Span,
        /// The host that it runs on.
        host: String,
        /// The process id on that host.
        pid: u32,
        /// The budgets of its configuration.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        budgets: Vec<RecordedBudget>,
    },
    /// A run is about to end a stack. Until it releases the stack, or its process dies, the stack
    /// counts for every budget.
    EndReserved {
        /// The id of the reservation.
        run: RunId,
        /// The stack.
        stack: StackName,
        /// Why the stack ends, in one word.
        reason: String,
        /// The reaper's process.
        process: ProcessId,
    },
    /// A run no longer ends a stack.
    EndReleased {
        /// The id of the reservation.
        run: RunId,
        /// The stack.
        stack: StackName,
    },
    /// A run ended.
    RunFinished {
        /// The id of the run.
        run: RunId,
        /// The number of stacks that it ended.
        ended: u32,
        /// The number of stacks that it could not end.
        failed: u32,
    },
    /// A user paused the reaper: no reaper touches anything from now on.
    Paused {
        /// The reason, as the author wrote it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A user resumed the reaper.
    Resumed,
    /// A process took the right to deliver warnings. No other process delivers until it finishes,
    /// dies or falls silent.
    DeliveryLocked {
        /// The id of the delivery run.
        run: RunId,
        /// The process that delivers.
        process: ProcessId,
    },
    /// A delivery run ended.
    DeliveryUnlocked {
        /// The id of the delivery run.
        run: RunId,
    },
    /// jiti sent a warning that concerns no single stack.
    Warned {
        /// The kind of warning: `too_many`, `clock`.
        warning: String,
    },
}
