//! What the reaper's log keeps: runs, pauses, whose turn it is to deliver warnings, what was told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::ProcessId;
use crate::values::id::{Actor, RunId, Seq};
use crate::values::ttl::Span;

/// An event of the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaperEvent {
    /// Its place among the events of the reaper.
    pub seq: Seq,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// What happened.
    pub kind: ReaperEventKind,
}

/// What happened to the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ReaperEventKind {
    /// A run began.
    RunStarted {
        /// Which one.
        run: RunId,
        /// The time until the next.
        interval: Span,
        /// The machine.
        host: String,
        /// The process there.
        pid: u32,
    },
    /// A run ended.
    RunFinished {
        /// Which one.
        run: RunId,
        /// How many stacks it ended.
        ended: u32,
        /// How many it could not end.
        failed: u32,
    },
    /// From here on no reaper touches anything.
    Paused {
        /// Why, in its author's words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// From here on reapers work again.
    Resumed,
    /// One process begins to deliver warnings; no other does until it ends, dies or falls silent.
    DeliveryLocked {
        /// Which turn it is.
        run: RunId,
        /// Whose.
        process: ProcessId,
    },
    /// A turn of delivering warnings ended.
    DeliveryUnlocked {
        /// Which one.
        run: RunId,
    },
    /// Somebody was told about something that concerns no single stack.
    Warned {
        /// What about: `too_many`, `clock`.
        warning: String,
    },
}
