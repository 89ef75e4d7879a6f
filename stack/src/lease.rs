//! A lease: how long a stack may live, and everything else that its events add up to.

mod backend;
mod event;
mod fold;
mod misdated;
mod noncompliance;
mod registration;
mod repository;
mod status;
mod transition;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use backend::Backend;
pub use event::{
    Event, EventKind, NewEvent, Operator, ResidueDetails, Source, Strategy, UnknownEvent,
};
pub use misdated::{CLOCK_TOLERANCE, MisdatedEvent, corrected, is_ahead, misdated};
pub use noncompliance::{BrokenRule, MAX_BROKEN_RULES, Noncompliance};
pub use registration::{Origin, ProcessId, Registration, RenewOn, TeardownInputs, Terms};
pub use repository::{Repository, without_credentials};
pub use status::LeaseStatus;
pub use transition::{
    IllegalTransition, Phase, TransitionFacts, TransitionRefusal, UnknownPhase, next,
};

use crate::cost::Meter;
use crate::init::Init;
use crate::values::id::{Actor, AppName, AppVersion, LedgerId, Owner, RunId, Seq, StackName};
use crate::values::money::HourlyRate;
use crate::values::serde_timestamp;
use crate::values::ttl::Span;

/// The current lease of a stack: the fold of its events. A ledger stores it as a compact snapshot
/// in a format without field names, so this type uses no tagged, flattened or skipped fields.
///
/// Values that depend on the time are not stored here: [`Lease::at`] computes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The stack's name.
    pub name: StackName,
    /// The application that the stack belongs to.
    pub app: AppName,
    /// The version that is deployed now.
    pub version: AppVersion,
    /// The current owner.
    pub owner: Owner,
    /// Earlier owners. Resources may still carry their tag.
    pub former_owners: Vec<Owner>,
    /// The current terms.
    pub terms: Terms,
    /// Where Terraform last registered the stack from.
    pub origin: Origin,
    /// The `max_ttl` of the policy recorded last.
    pub max_ttl: Option<Span>,
    /// When the lease began.
    #[serde(with = "serde_timestamp")]
    pub created_at: Timestamp,
    /// When the TTL was last counted from the start.
    #[serde(with = "serde_timestamp")]
    pub renewed_at: Timestamp,
    /// The end of the lease.
    #[serde(with = "serde_timestamp")]
    pub expires_at: Timestamp,
    /// The phase according to the events, without timeouts: see [`Lease::at`].
    pub recorded_phase: Phase,
    /// The start of that phase.
    #[serde(with = "serde_timestamp")]
    pub phase_since: Timestamp,
    /// Whether Terraform's state is known to contain the stack.
    pub recorded: bool,
    /// Whether Terraform's state no longer contains the stack, although a teardown has not ended.
    pub released: bool,
    /// The ledger from which the stack was adopted.
    pub adopted_from: Option<LedgerId>,
    /// The latest hold, ended or not.
    pub hold: Option<Hold>,
    /// The current init; `None` when the stack declares no readiness, or was adopted.
    pub init: Option<Init>,
    /// The cost so far and the current rate.
    pub meter: Meter,
    /// The last recorded use.
    pub last_activity: Option<LastActivity>,
    /// When each kind of warning was last sent, by key.
    pub warned: BTreeMap<String, StoredTimestamp>,
    /// Some resources may still be stopped: a sleep started and no wake has completed since.
    pub partly_asleep: bool,
    /// A wake started and has not completed.
    pub partly_awake: bool,
    /// When a sleep ends automatically.
    pub wake_at: Option<StoredTimestamp>,
    /// The sleep or wake in progress, whether its process is alive or not.
    pub power_operation: Option<PowerOperation>,
    /// The teardown in progress.
    pub teardown: Option<Teardown>,
    /// The teardown that was started elsewhere, until it ends or fails, whether its time has passed
    /// or not.
    pub dispatch: Option<Dispatch>,
    /// The lock of the stack's Terraform state that the reaper met last, until something shows that
    /// it was released.
    pub state_lock: Option<MetLock>,
    /// The rules of governance that the stack breaks; `None` if none is known.
    pub noncompliance: Option<Noncompliance>,
    /// Whether a user ended the lease without a teardown.
    pub forgotten: bool,
    /// What teardowns could not remove, by id.
    pub residue: BTreeMap<String, ResidualResource>,
    /// The resources that a teardown was about to delete and whose outcome is not recorded, by id.
    pub deleting: BTreeSet<String>,
    /// The number of events of this lease that a newer jiti wrote and this version does not
    /// understand. While there are any, this version must not delete anything because of this
    /// lease.
    pub unknown_events: u32,
    /// The number of the last event.
    pub last_seq: Seq,
    /// The latest time of any event.
    #[serde(with = "serde_timestamp")]
    pub last_at: Timestamp,
}

/// A hold: the reaper leaves the stack alone until a stated time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The end of the hold.
    #[serde(with = "serde_timestamp")]
    pub until: Timestamp,
    /// The reason, as the author wrote it.
    pub why: String,
    /// Who placed the hold.
    pub by: Actor,
}

/// The last recorded use of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastActivity {
    /// When the stack was used.
    #[serde(with = "serde_timestamp")]
    pub at: Timestamp,
    /// The source: `touch`, or the name of a metric.
    pub signal: String,
}

/// A timestamp as stored in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StoredTimestamp(#[serde(with = "serde_timestamp")] pub Timestamp);

/// A sleep or a wake in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerOperation {
    /// The process that runs it.
    pub operator: Operator,
    /// Who asked for it.
    pub by: Actor,
    /// When it started.
    #[serde(with = "serde_timestamp")]
    pub started_at: Timestamp,
    /// The last heartbeat.
    #[serde(with = "serde_timestamp")]
    pub alive_at: Timestamp,
}

/// A teardown in progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Teardown {
    /// How the teardown ends the stack.
    pub strategy: Strategy,
    /// Who asked for it.
    pub by: Actor,
    /// The reason: a cause such as `expiry`, or a person's words.
    pub why: String,
    /// The id of this run.
    pub run: RunId,
    /// The host that runs it.
    pub host: String,
    /// The process id on that host.
    pub pid: u32,
    /// When it started; a takeover counts as a new start.
    #[serde(with = "serde_timestamp")]
    pub started_at: Timestamp,
    /// The last heartbeat of its runner.
    #[serde(with = "serde_timestamp")]
    pub alive_at: Timestamp,
    /// The phase before the teardown started.
    pub came_from: Phase,
    /// Whether anything was deleted, released, or reported as left.
    pub touched: bool,
}

/// A teardown that a command started elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispatch {
    /// Who asked for it.
    pub by: Actor,
    /// The reason.
    pub why: String,
    /// When it was dispatched.
    #[serde(with = "serde_timestamp")]
    pub at: Timestamp,
    /// The time until which the other side is expected to end it.
    #[serde(with = "serde_timestamp")]
    pub until: Timestamp,
}

/// A lock of a Terraform state that the reaper met.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetLock {
    /// The id of the lock, if the backend tells it.
    pub id: Option<String>,
    /// When it was taken, or first met.
    #[serde(with = "serde_timestamp")]
    pub since: Timestamp,
}

/// A resource that a teardown could not remove.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidualResource {
    /// Why it could not be removed.
    pub reason: String,
    /// What blocks its removal.
    pub blocked_by: Option<String>,
    /// Its type, if it is a resource.
    pub kind: Option<String>,
    /// Its region, where that is known.
    pub region: Option<String>,
    /// What it costs per hour, where that is known.
    pub hourly_usd: Option<HourlyRate>,
    /// The command that finishes it, quoted for a shell.
    pub command: Option<String>,
    /// The provider's id of a resource whose id is an address in Terraform.
    pub resource_id: Option<String>,
}

impl ResidualResource {
    /// The event that records it.
    pub(crate) fn to_event(&self, id: &str) -> EventKind {
        let left = self.clone();
        EventKind::ResourceLeft {
            id: id.to_owned(),
            reason: left.reason,
            blocked_by: left.blocked_by,
            details: ResidueDetails {
                kind: left.kind,
                region: left.region,
                hourly_usd: left.hourly_usd,
                command: left.command,
                resource_id: left.resource_id,
            },
        }
    }
}

impl Lease {
    /// The version of the serialised form. Raise it with every change of a field. A snapshot of
    /// another version is discarded, and the lease is folded from its events again.
    pub const FORMAT: u32 = 12;

    /// The number of the last event in this fold.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// Whether the name is taken: true in every phase except gone.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.recorded_phase != Phase::Gone
    }

    /// Whether an apply registered the stack and Terraform's state is not yet known to contain it.
    #[must_use]
    pub fn is_unfinished(&self) -> bool {
        self.is_live() && !self.recorded
    }

    /// The latest time that `expires_at` may be moved to; `None` if the policy sets no limit.
    #[must_use]
    pub fn cap(&self) -> Option<Timestamp> {
        self.max_ttl.map(|max| max.after(self.created_at))
    }

    /// All owners that the lease has had, the current one first.
    pub fn owners(&self) -> impl Iterator<Item = &Owner> {
        std::iter::once(&self.owner).chain(&self.former_owners)
    }
}

#[cfg(test)]
mod tests;
