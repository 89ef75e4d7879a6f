//! A lease: until when a stack may live, and everything else that its events add up to.

mod event;
mod fold;
mod reading;
mod registration;
mod transition;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use event::{Event, EventKind, NewEvent, Operator, Source, Strategy, UnknownEvent};
pub use reading::LeaseStatus;
pub use registration::{Origin, ProcessId, Registration, RenewOn, TeardownInputs, Terms};
pub use transition::{
    IllegalTransition, Phase, TransitionFacts, TransitionRefusal, UnknownPhase, next,
};

use crate::cost::Meter;
use crate::init::Init;
use crate::values::id::{Actor, AppName, AppVersion, LedgerId, Owner, RunId, Seq, StackName};
use crate::values::serde_timestamp;
use crate::values::ttl::Span;

/// The present incarnation of a stack, as the fold of its events. A ledger keeps it as a snapshot,
/// so it is small, and its serialised form works where fields have no names (no tagged, flattened
/// or skipped fields in here).
///
/// Fields that depend on the time are not here: [`Lease::at`] reads a lease at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The stack's name.
    pub name: StackName,
    /// The application.
    pub app: AppName,
    /// Its version now.
    pub version: AppVersion,
    /// Who is responsible now.
    pub owner: Owner,
    /// Who was responsible before: resources may still carry their tag.
    pub former_owners: Vec<Owner>,
    /// The terms now.
    pub terms: Terms,
    /// Where Terraform last registered it from.
    pub origin: Origin,
    /// The `max_ttl` of the policy that was recorded last.
    pub max_ttl: Option<Span>,
    /// When the lease began.
    #[serde(with = "serde_timestamp")]
    pub created_at: Timestamp,
    /// When its TTL was last counted anew.
    #[serde(with = "serde_timestamp")]
    pub renewed_at: Timestamp,
    /// Until when the stack may live.
    #[serde(with = "serde_timestamp")]
    pub expires_at: Timestamp,
    /// The phase as the events say it; time-outs are not in it: see [`Lease::at`].
    pub recorded_phase: Phase,
    /// Since when it has been in that phase.
    #[serde(with = "serde_timestamp")]
    pub phase_since: Timestamp,
    /// Terraform's state is known to hold the stack.
    pub recorded: bool,
    /// Terraform's state no longer holds it, though a teardown has not ended.
    pub released: bool,
    /// The ledger that it was adopted from.
    pub adopted_from: Option<LedgerId>,
    /// The last hold, whether it has ended or not.
    pub hold: Option<Hold>,
    /// The present init; `None` when the stack declares no readiness, or was adopted.
    pub init: Option<Init>,
    /// What it costs.
    pub meter: Meter,
    /// When it was last used, as far as anybody said so.
    pub last_activity: Option<LastActivity>,
    /// When each kind of warning was last given.
    pub warned: BTreeMap<String, StoredTimestamp>,
    /// A sleep was begun and has not ended, or something other than a wake has ended it: not every size that it has
    /// written was given back.
    pub partly_asleep: bool,
    /// A wake was begun and has not ended.
    pub partly_awake: bool,
    /// When a sleep ends by itself.
    pub wake_at: Option<StoredTimestamp>,
    /// Who puts it to sleep or wakes it at this moment, alive or not.
    pub power_operation: Option<PowerOperation>,
    /// The teardown under way.
    pub teardown: Option<Teardown>,
    /// What teardowns could not remove, by id.
    pub residue: BTreeMap<String, ResidualResource>,
    /// How many events of this incarnation were written by a newer jiti and are not understood.
    /// Whoever would delete because of this lease must not while there are any.
    pub unknown_events: u32,
    /// The last event.
    pub last_seq: Seq,
    /// The latest time of any event.
    #[serde(with = "serde_timestamp")]
    pub last_at: Timestamp,
}

/// The reaper leaves a stack alone until a stated time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Until when.
    #[serde(with = "serde_timestamp")]
    pub until: Timestamp,
    /// Why, in its author's words.
    pub why: String,
    /// Who holds it.
    pub by: Actor,
}

/// When a stack was last used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastActivity {
    /// When.
    #[serde(with = "serde_timestamp")]
    pub at: Timestamp,
    /// How that is known.
    pub signal: String,
}

/// A moment in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredTimestamp(#[serde(with = "serde_timestamp")] pub Timestamp);

/// A sleep or a wake under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerOperation {
    /// Who does it.
    pub operator: Operator,
    /// Who asked for it.
    pub by: Actor,
    /// Since when.
    #[serde(with = "serde_timestamp")]
    pub started_at: Timestamp,
    /// When it was last heard of.
    #[serde(with = "serde_timestamp")]
    pub alive_at: Timestamp,
}

/// A teardown under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teardown {
    /// How.
    pub strategy: Strategy,
    /// Who asked for it.
    pub by: Actor,
    /// Why.
    pub why: String,
    /// Which run it is.
    pub run: RunId,
    /// The machine that runs it.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// When it began; a takeover begins anew.
    #[serde(with = "serde_timestamp")]
    pub started_at: Timestamp,
    /// When its runner was last heard of.
    #[serde(with = "serde_timestamp")]
    pub alive_at: Timestamp,
    /// The phase that it came from.
    pub came_from: Phase,
    /// Whether something was deleted, released, or said to be left.
    pub touched: bool,
}

/// Something that a teardown could not remove.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidualResource {
    /// Why.
    pub reason: String,
    /// What keeps it.
    pub blocked_by: Option<String>,
}

impl Lease {
    /// The version of the serialised form. It rises with every change of a field in here, and a
    /// snapshot of another version is thrown away and folded anew from the events.
    pub const FORMAT: u32 = 4;

    /// The place of the last event that is folded in.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Whether the name is taken: every phase but gone.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.recorded_phase != Phase::Gone
    }

    /// Whether an apply registered it and nobody knows yet that Terraform's state holds it.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.is_live() && !self.recorded
    }

    /// The last moment that `expires_at` may be moved to; `None` when the policy has no limit.
    #[must_use]
    pub fn cap(&self) -> Option<Timestamp> {
        self.max_ttl.map(|max| max.after(self.created_at))
    }

    /// Every owner the lease has had, the present one first.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        std::iter::once(&self.owner).chain(&self.former_owners)
    }
}

#[cfg(test)]
mod tests;
