//! What the ledger keeps: an event is one fact about one stack, never changed once it is written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};

use super::registration::{Origin, ProcessId, Registration, Terms};
use crate::cost::MinimumCharge;
use crate::init::{PhaseBoundary, ReportedPhase};
use crate::policy::Policy;
use crate::values::id::{Actor, AppVersion, LedgerId, Owner, RunId, Seq, StackName};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// An event as the ledger holds it. In JSON it is one flat object: `seq`, `stack`, `at`, `actor`,
/// `source`, `kind`, and the fields of its kind.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Event {
    /// Its place among the events of its stack.
    pub seq: Seq,
    /// The stack it is about.
    pub stack: StackName,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// Which part of jiti wrote it.
    pub source: Source,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// An event that is not in the ledger yet: it has no place in its stack's history.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEvent {
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// Which part of jiti writes it.
    pub source: Source,
    /// What happened.
    pub kind: EventKind,
}

impl NewEvent {
    /// The event once its stack and its place are known.
    #[must_use]
    pub fn placed(self, stack: StackName, seq: Seq) -> Event {
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

/// Which part of jiti wrote an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The Terraform provider.
    Provider,
    /// The dashboard.
    Dashboard,
    /// A command.
    Cli,
    /// The reaper.
    Reaper,
}

/// How a stack is ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Through its Terraform state.
    Terraform,
    /// By its tags.
    Sweep,
}

/// Who puts a stack to sleep, or wakes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// Which run it is.
    pub run: RunId,
    /// The process that runs it.
    pub process: ProcessId,
}

/// An event of a kind that this version of jiti does not know, kept as it was read: a newer one
/// wrote it. It is shown and passed on; to the fold it is a fact whose meaning is unknown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownEvent {
    /// The name of the kind.
    pub kind: String,
    /// Its fields.
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

macro_rules! kinds {
    ($(
        $(#[$doc:meta])*
        $name:literal $variant:ident $({ $($(#[$field:meta])* $f:ident: $t:ty,)* })?
    )*) => {
        /// What happened. In JSON: `kind` and the fields beside it. Fields are only ever added, and a
        /// kind that is not known is read as [`EventKind::Unknown`]; a known kind whose fields do not
        /// fit is an error, because guessing at it could end somebody's stack.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case", remote = "Self")]
        pub enum EventKind {
            $($(#[$doc])* $variant $({ $($(#[$field])* $f: $t,)* })?,)*
            /// Written by a newer jiti.
            #[serde(skip)]
            Unknown(UnknownEvent),
        }

        impl EventKind {
            /// The names of all known kinds.
            pub const NAMES: &[&str] = &[$($name),*];

            /// The name of this kind, as it is in JSON.
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
    /// An apply began and registered the stack: its lease begins.
    "requested" Requested {
        /// Everything that is known about it from the start.
        registration: Box<Registration>,
    }
    /// Terraform's state is known to hold this stack: the registration is finished.
    "recorded" Recorded {
        /// Where Terraform runs for it from now on, when that is another place than before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<Box<Origin>>,
    }
    /// Everything is created, checks begin.
    "provisioned" Provisioned
    /// A phase of the init begins or ends.
    "phase_marked" PhaseMarked {
        /// Its name, such as `migrate`.
        phase: String,
        /// The kind of work, such as `database`; it groups phases of different stacks.
        #[serde(default)]
        class: Option<String>,
        /// Whether it begins or ends.
        state: PhaseBoundary,
        /// Beginning and length as the stack itself tells them; else the event's own time counts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reported: Option<ReportedPhase>,
    }
    /// One readiness check has passed.
    "check_passed" CheckPassed {
        /// Which one.
        check: String,
    }
    /// Every readiness check has passed.
    "ready" Ready
    /// Readiness was waited for and did not come.
    "ready_timed_out" ReadyTimedOut
    /// Another version of the app is deployed in place.
    "version_changed" VersionChanged {
        /// The version until now.
        from: AppVersion,
        /// The version from now on.
        to: AppVersion,
    }
    /// Another owner is responsible.
    "owner_changed" OwnerChanged {
        /// The owner until now.
        from: Owner,
        /// The owner from now on.
        to: Owner,
    }
    /// Attributes were changed in place, without a new version.
    "terms_changed" TermsChanged {
        /// All terms from now on.
        terms: Box<Terms>,
    }
    /// The TTL is counted anew from here.
    "renewed" Renewed {
        /// The policy in force, when it is another one than was recorded before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy: Option<Box<Policy>>,
    }
    /// The end was moved later by hand.
    "extended" Extended {
        /// By how much.
        by: Span,
        /// The end from now on.
        until: Timestamp,
    }
    /// The reaper leaves the stack alone until a stated time.
    "held" Held {
        /// Until when.
        until: Timestamp,
        /// Why, in its author's words.
        why: String,
    }
    /// The hold was ended by hand, before its time.
    "hold_ended" HoldEnded
    /// What the stack costs from here on.
    "rated" Rated {
        /// Dollars an hour; `None`: no longer known.
        hourly_usd: Option<HourlyRate>,
        /// Where the rate comes from, with its date: `list 2026-01-01`. Called as in the listing,
        /// because `source` is what every event has.
        hourly_source: String,
        /// What the rate does not cover.
        #[serde(default)]
        unpriced: Vec<String>,
        /// What of it is charged for until then, however soon it ends.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        at_least: Vec<MinimumCharge>,
    }
    /// Putting to sleep begins: written before anything is stopped.
    "sleep_started" SleepStarted {
        /// Every size as it was, by resource id: what `wake` restores.
        prior: BTreeMap<String, Value>,
        /// When the stack wakes by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
        /// Who does it: while that one lives nobody else acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<Box<Operator>>,
    }
    /// Compute is stopped.
    "slept" Slept
    /// Waking begins: written before anything is started.
    "wake_started" WakeStarted {
        /// Who does it: while that one lives nobody else acts.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        operator: Option<Box<Operator>>,
    }
    /// Everything runs again; whether it is of use is for the checks to say.
    "woken" Woken
    /// Whoever puts it to sleep or wakes it lives.
    "power_operation_alive" PowerOperationAlive {
        /// Which run.
        run: RunId,
    }
    /// Whoever put it to sleep or woke it has ended without having finished.
    "power_operation_failed" PowerOperationFailed {
        /// Which run.
        run: RunId,
        /// Why.
        reason: String,
    }
    /// Somebody uses the stack.
    "activity" Activity {
        /// How that is known: `touch`, or the name of a metric.
        signal: String,
    }
    /// Somebody was told about something.
    "warned" Warned {
        /// The kind of warning: `expiry:2h`, `purgatory`, `residue`. Beside `kind`, which every
        /// event has, it needs a name of its own.
        warning: String,
    }
    /// A teardown begins: written before the first delete.
    "teardown_started" TeardownStarted {
        /// How.
        strategy: Strategy,
        /// Who asked for it.
        by: Actor,
        /// Why: `expired`, or a person's words.
        why: String,
        /// Which run this is.
        run: RunId,
        /// The machine that runs it.
        host: String,
        /// Its process there.
        pid: u32,
    }
    /// The teardown's runner is alive.
    "teardown_alive" TeardownAlive
    /// A resource is gone.
    "resource_deleted" ResourceDeleted {
        /// Its address in Terraform, or its ARN.
        id: String,
    }
    /// A resource could not be removed, or a place could not be looked at.
    "resource_left" ResourceLeft {
        /// Its address, its ARN, or the place.
        id: String,
        /// Why it is left.
        reason: String,
        /// What keeps it.
        #[serde(default)]
        blocked_by: Option<String>,
    }
    /// The teardown ended without having removed everything.
    "teardown_failed" TeardownFailed {
        /// Why.
        reason: String,
    }
    /// Terraform deleted the stack's resource.
    "released" Released
    /// A state whose lease another ledger knew was taken over by this one; follows `requested`.
    "adopted" Adopted {
        /// The ledger that it came from, when it is known.
        #[serde(default)]
        from_ledger: Option<LedgerId>,
        /// When the stack was created, as its state tells it.
        #[serde(default)]
        created_at: Option<Timestamp>,
    }
    /// All was looked at and nothing was found.
    "gone" Gone
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
