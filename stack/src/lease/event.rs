//! The events of the ledger. An event is one fact about one stack and never changes once written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::noncompliance::BrokenRule;
use super::registration::{Origin, ProcessId, Registration, Terms};
use crate::cost::{EarlierCharge, MinimumCharge};
use crate::init::{CreatedType, FailedCheck, NotReadyCause, PhaseBoundary, ReportedPhase};
use crate::policy::Policy;
use crate::values::id::{Actor, AppVersion, LedgerId, Owner, RunId, Seq, StackName};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// An event in the ledger. In JSON it is one flat object: `seq`, `stack`, `at`, `actor`, `source`,
/// `kind`, and the fields of its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// The sequence number among the stack's events.
    pub seq: Seq,
    /// The stack that the event is about.
    pub stack: StackName,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// The part of jiti that wrote it.
    pub source: Source,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// An event that is not in the ledger yet, so it has no sequence number.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// The part of jiti that writes it.
    pub source: Source,
    /// What happened.
    pub kind: EventKind,
}

impl NewEvent {
    /// Adds the stack and the sequence number.
    #[must_use]
    pub fn into_event(self, stack: StackName, seq: Seq) -> Event {
        let Self {
            at,
            actor,
            source,
            kind,
        } = self;
        Event {
            seq,
            stack,
            at,
            actor,
            source,
            kind,
        }
    }
}

/// The part of jiti that wrote an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The Terraform provider.
    Provider,
    /// The dashboard.
    Dashboard,
    /// A command of the command line.
    Cli,
    /// The reaper.
    Reaper,
}

impl Source {
    /// All sources.
    pub const ALL: [Self; 4] = [Self::Provider, Self::Dashboard, Self::Cli, Self::Reaper];

    /// The name in JSON and in a ledger.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Provider => "provider",
            Self::Dashboard => "dashboard",
            Self::Cli => "cli",
            Self::Reaper => "reaper",
        }
    }

    /// The source of a name; `None` for any other text.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.word() == word)
    }
}

/// How a teardown ends a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Through its Terraform state.
    Terraform,
    /// By deleting the resources that carry its tags.
    Sweep,
}

/// What is known of a resource that is left, besides its id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResidueDetails {
    /// Its type, if it is a resource.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What it costs per hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly_usd: Option<HourlyRate>,
    /// The command that finishes it, quoted for a shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The provider's id of a resource whose id is an address in Terraform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_id: Option<String>,
}

/// The process that puts a stack to sleep, or wakes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// The id of this run.
    pub run: RunId,
    /// The process that runs it.
    pub process: ProcessId,
}

/// An event of a kind that this version of jiti does not know, because a newer one wrote it. It is
/// shown and exported unchanged; the fold only counts it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownEvent {
    /// The name of the kind.
    pub kind: String,
    /// The fields of the event, as read.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $name:literal $variant:ident $({ $($(#[$field:meta])* $f:ident: $t:ty,)* })?
    )*) => {
        /// What happened. In JSON: `kind`, with its fields beside it. Fields are only ever added.
        /// An unknown kind is read as [`EventKind::Unknown`]. A known kind whose fields do not fit
        /// is an error, because a wrong guess could end a stack.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case", remote = "Self")]
        pub enum EventKind {
            $($(#[$doc])* $variant $({ $($(#[$field])* $f: $t,)* })?,)*
            /// Written by a newer jiti.
            #[serde(skip)]
            Unknown(UnknownEvent),
        }

        impl EventKind {
            /// The names of all known kinds, as in JSON.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name of this kind, as in JSON.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(Self::$variant { .. } => $name,)*
                    Self::Unknown(unknown) => &unknown.kind,
                }
            }
        }
    };
}

kinds! {
    /// An apply started and registered the stack: its lease begins.
    "requested" Requested {
        /// The registration.
        registration: Box<Registration>,
    }
    /// Terraform's state is known to contain this stack: the registration is complete.
    "recorded" Recorded {
        /// The new origin, if Terraform now runs in another place than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Box<Origin>>,
    }
    /// Everything is created, and the checks start.
    "provisioned" Provisioned
    /// A phase of the init starts or ends.
    "phase_marked" PhaseMarked {
        /// The phase's name, such as `migrate`.
        phase: String,
        /// The kind of work, such as `database`, which groups phases of different stacks.
        #[serde(default)]
        class: Option<String>,
        /// Whether the phase starts or ends.
        state: PhaseBoundary,
        /// The start and length that the stack itself reported; otherwise, the event's time counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported: Option<ReportedPhase>,
    }
    /// One readiness check has passed.
    "check_passed" CheckPassed {
        /// The name of the check, without secrets.
        #[serde(deserialize_with = "crate::init::check_name::deserialize")]
        check: String,
    }
    /// Every readiness check has passed.
    "ready" Ready
    /// The readiness timeout passed before every check had passed.
    "ready_timed_out" ReadyTimedOut {
        /// The checks that had not passed, with their last answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        checks: Vec<FailedCheck>,
    }
    /// Why the stack is not ready yet. It replaces what the same check or resource showed before.
    "not_ready" NotReady {
        /// The name of the check, without secrets, or the id of the resource that shows it.
        #[serde(deserialize_with = "crate::init::check_name::deserialize")]
        found_by: String,
        /// The cause; absent if none is known any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cause: Option<NotReadyCause>,
    }
    /// Another version of the app was deployed in place.
    "version_changed" VersionChanged {
        /// The previous version.
        from: AppVersion,
        /// The new version.
        to: AppVersion,
    }
    /// The owner changed.
    "owner_changed" OwnerChanged {
        /// The previous owner.
        from: Owner,
        /// The new owner.
        to: Owner,
    }
    /// Attributes were changed in place, without a new version.
    "terms_changed" TermsChanged {
        /// All terms, including those that did not change.
        terms: Box<Terms>,
    }
    /// The lease was renewed: the TTL counts from now.
    "renewed" Renewed {
        /// The policy in force, if it differs from the one recorded before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<Box<Policy>>,
    }
    /// A user moved the end of the lease later.
    "extended" Extended {
        /// The extension.
        by: Span,
        /// The new end.
        until: Timestamp,
    }
    /// The reaper leaves the stack alone until a stated time.
    "held" Held {
        /// The end of the hold.
        until: Timestamp,
        /// The reason, as the author wrote it.
        why: String,
    }
    /// A user ended the hold early.
    "hold_ended" HoldEnded
    /// The cost of the stack from now on.
    "rated" Rated {
        /// Dollars per hour; `None` means no longer known.
        hourly_usd: Option<HourlyRate>,
        /// The source of the rate with its date: `list 2026-01-01`. Named as in the listing,
        /// because `source` is already a field of every event.
        hourly_source: String,
        /// What the rate does not cover.
        #[serde(default)]
        unpriced: Vec<String>,
        /// The minimum charges that apply even if a resource ends earlier.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        at_least: Vec<MinimumCharge>,
        /// In the first measurement: what existed before it. Its cost since then is estimated with
        /// the current rate.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        accrued: Vec<EarlierCharge>,
        /// When the resources of the current init were created, by type, if no phase of it was
        /// reported.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        created: Vec<CreatedType>,
    }
    /// A sleep starts. Written before anything is stopped.
    "sleep_started" SleepStarted {
        /// The size of each resource before the sleep, by resource id. `wake` restores these.
        prior: BTreeMap<String, Value>,
        /// When the stack wakes automatically.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// The process that runs the sleep. While it is alive, no other process acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<Box<Operator>>,
    }
    /// Compute is stopped.
    "slept" Slept
    /// A wake starts. Written before anything is started.
    "wake_started" WakeStarted {
        /// The process that runs the wake. While it is alive, no other process acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<Box<Operator>>,
    }
    /// Everything is started. The checks decide whether the stack is ready.
    "woken" Woken
    /// A heartbeat of a sleep or a wake.
    "power_operation_alive" PowerOperationAlive {
        /// The id of the run.
        run: RunId,
    }
    /// A sleep or a wake ended without completing.
    "power_operation_failed" PowerOperationFailed {
        /// The id of the run.
        run: RunId,
        /// Why it did not complete.
        reason: String,
    }
    /// The stack is in use.
    "activity" Activity {
        /// The source: `touch`, or the name of a metric.
        signal: String,
    }
    /// The live check found rules of governance that the stack breaks, other ones than before.
    "noncompliant" Noncompliant {
        /// The broken rules, by address and rule.
        findings: Vec<BrokenRule>,
        /// How many more there are.
        #[serde(default)]
        more: u32,
    }
    /// The live check found that the stack breaks no rule any more.
    "compliant" Compliant
    /// jiti sent a warning.
    "warned" Warned {
        /// The kind of warning: `expiry:2h`, `purgatory`, `noncompliant`, `residue`. Not named
        /// `kind`, because every event has that field.
        warning: String,
    }
    /// A teardown starts. Written before the first delete.
    "teardown_started" TeardownStarted {
        /// How the teardown ends the stack.
        strategy: Strategy,
        /// Who asked for it.
        by: Actor,
        /// The reason: a cause such as `expired`, or a person's words.
        why: String,
        /// The id of the run.
        run: RunId,
        /// The host that runs it.
        host: String,
        /// The process id on that host.
        pid: u32,
    }
    /// A heartbeat of the teardown's runner, or its intent to delete some resources.
    "teardown_alive" TeardownAlive {
        /// The resources that the runner deletes next. Written before their deletes, so that
        /// another run can find out what became of them if this one ends.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        deleting: Vec<String>,
    }
    /// The teardown is started elsewhere, by a command. Written before the command runs. Until its
    /// end, no other process dispatches it.
    "teardown_dispatched" TeardownDispatched {
        /// Who asked for it.
        by: Actor,
        /// The reason: a cause such as `expired`, or a person's words.
        why: String,
        /// The time until which the other side is expected to end it.
        until: Timestamp,
    }
    /// A resource was deleted.
    "resource_deleted" ResourceDeleted {
        /// The Terraform address, or the ARN.
        id: String,
    }
    /// A resource could not be removed, or a place could not be checked.
    "resource_left" ResourceLeft {
        /// The Terraform address, the ARN, or the place.
        id: String,
        /// The reason.
        reason: String,
        /// What blocks its removal.
        #[serde(default)]
        blocked_by: Option<String>,
        /// Its type, region and cost, and the command that finishes it.
        #[serde(flatten)]
        details: ResidueDetails,
    }
    /// The teardown ended without removing everything.
    "teardown_failed" TeardownFailed {
        /// The reason.
        reason: String,
    }
    /// The reaper met a lock of the stack's Terraform state, and left the stack alone.
    "state_locked" StateLocked {
        /// The id of the lock; absent if the backend does not tell it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lock: Option<String>,
        /// When the lock was taken; if the backend does not tell that, when a reaper first met it.
        since: Timestamp,
    }
    /// Terraform deleted the `jiti_stack` resource.
    "released" Released
    /// This ledger took over a stack in a Terraform state that another ledger had registered.
    /// Follows `requested`.
    "adopted" Adopted {
        /// The previous ledger, if known.
        #[serde(default)]
        from_ledger: Option<LedgerId>,
        /// When the stack was created, according to the state.
        #[serde(default)]
        created_at: Option<Timestamp>,
    }
    /// Terraform runs in another place from now on: a run there found the stack in its state.
    "origin_moved" OriginMoved {
        /// The previous place.
        from: Box<Origin>,
        /// The new place.
        to: Box<Origin>,
    }
    /// A user ended the lease. Nothing was deleted.
    "forgotten" Forgotten {
        /// Who ended it.
        by: Actor,
        /// The reason.
        why: String,
    }
    /// Everything was checked and nothing was found.
    "gone" Gone
    /// A user says that the clock was wrong when these events were written: see
    /// [`corrected`](super::corrected).
    "misdated" Misdated {
        /// Their numbers.
        events: Vec<Seq>,
    }
}

impl Serialize for EventKind {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unknown(unknown) => unknown.serialize(to),
            known => Self::serialize(known, to),
        }
    }
}

impl<'de> Deserialize<'de> for EventKind {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let fields = Map::<String, Value>::deserialize(from)?;
        from_fields(fields).map_err(de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Flat {
            seq: Seq,
            stack: StackName,
            at: Timestamp,
            actor: Actor,
            source: Source,
        }
        let mut fields = Map::<String, Value>::deserialize(from)?;
        let flat: Map<String, Value> = ["seq", "stack", "at", "actor", "source"]
            .into_iter()
            .filter_map(|key| fields.remove_entry(key))
            .collect();
        let Flat {
            seq,
            stack,
            at,
            actor,
            source,
        } = serde_json::from_value(Value::Object(flat)).map_err(de::Error::custom)?;
        let kind = from_fields(fields).map_err(de::Error::custom)?;
        Ok(Self {
            seq,
            stack,
            at,
            actor,
            source,
            kind,
        })
    }
}

fn from_fields(mut fields: Map<String, Value>) -> Result<EventKind, String> {
    let Some(kind) = fields
        .get("kind")
        .and_then(Value::as_str)
        .map(str::to_owned)
    else {
        return Err("an event has no `kind`".to_owned());
    };
    if EventKind::NAMES.contains(&kind.as_str()) {
        return EventKind::deserialize(Value::Object(fields))
            .map_err(|error| format!("the event `{kind}`: {error}"));
    }
    fields.remove("kind");
    Ok(EventKind::Unknown(UnknownEvent { kind, fields }))
}

#[cfg(test)]
mod tests;
