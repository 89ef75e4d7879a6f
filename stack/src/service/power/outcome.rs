//! The plan of a sleep, its steps, and the result of a sleep or a wake.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{AutomaticStarts, Resource, ResourceId, Unchecked};
use crate::sleep::{self, RemainingCosts};
use crate::values::id::StackName;
use crate::values::ttl::Elapsed;

/// The plan of a sleep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SleepPlan {
    /// The stack.
    pub name: StackName,
    /// The resources that would be stopped.
    pub stops: Vec<SwitchedResource>,
    /// The cost that remains.
    pub remains: RemainingCosts,
    /// How long waking takes, from the app's history; `None`: it was never woken.
    pub ready_again_seconds: Option<Elapsed>,
    /// What starts some of these resources again meanwhile.
    #[serde(default)]
    pub starts: AutomaticStarts,
    /// What could not be checked.
    pub not_looked: Vec<Unchecked>,
}

/// A resource that is stopped or started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedResource {
    /// Its id.
    pub id: ResourceId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its region.
    pub region: String,
}

impl SwitchedResource {
    pub(super) fn of(one: &Resource) -> Self {
        Self {
            id: one.id.clone(),
            kind: one.kind.clone(),
            region: one.place.region.clone(),
        }
    }
}

/// A resource that could not be stopped or started, or a place that could not be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerFailure {
    /// The resource's id, or the place.
    pub id: String,
    /// Its type, if it is a resource.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The reason.
    pub reason: String,
}

impl PowerFailure {
    pub(super) fn not_looked(one: &Unchecked) -> Self {
        Self {
            id: one.place.to_string(),
            kind: one.kind.clone(),
            region: Some(one.place.region.clone()),
            reason: format!("not_looked: {}", one.reason),
        }
    }
}

/// A resource that will start on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledStart {
    /// Its id.
    pub id: ResourceId,
    /// The time.
    pub at: Timestamp,
}

impl ScheduledStart {
    pub(super) fn of(one: &Resource) -> Option<Self> {
        Some(Self {
            id: one.id.clone(),
            at: sleep::restarts_at(one).filter(|_| one.stopped)?,
        })
    }
}

/// A step, reported as it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PowerStep {
    /// jiti asks the resource to stop.
    Stopping(SwitchedResource),
    /// jiti asks the resource to start.
    Starting(SwitchedResource),
    /// The resource has stopped, or has its size back.
    Done(SwitchedResource),
    /// The resource could not be stopped or started.
    Failed(PowerFailure),
}

/// The result of a sleep or a wake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerOutcome {
    /// The stack.
    pub name: StackName,
    /// Whether the stack is asleep now.
    pub asleep: bool,
    /// The resources that were stopped or started, in order.
    pub moved: Vec<SwitchedResource>,
    /// The failures: while there are any, the stack is partly asleep.
    pub failed: Vec<PowerFailure>,
    /// The cost that remains while it sleeps.
    pub remains: RemainingCosts,
    /// The resources that will start on their own meanwhile.
    pub restarts: Vec<ScheduledStart>,
    /// What starts some of the resources again meanwhile.
    #[serde(default)]
    pub starts: AutomaticStarts,
    /// When the reaper wakes it.
    pub wake_at: Option<Timestamp>,
    /// How long waking takes, from the app's history; `None`: it was never woken.
    pub ready_again_seconds: Option<Elapsed>,
    /// The resources that had a recorded size and no longer exist.
    pub missing: Vec<ResourceId>,
}

impl PowerOutcome {
    pub(super) fn awake(
        stack: &StackName,
        moved: Vec<SwitchedResource>,
        failed: Vec<PowerFailure>,
    ) -> Self {
        Self {
            name: stack.clone(),
            asleep: false,
            moved,
            failed,
            remains: RemainingCosts::default(),
            restarts: Vec::new(),
            starts: AutomaticStarts::default(),
            wake_at: None,
            ready_again_seconds: None,
            missing: Vec::new(),
        }
    }
}
