//! What a sleep would do, what it is doing, and how it and a wake ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cloud::{Resource, ResourceId, Unchecked};
use crate::sleep::{self, RemainingCosts};
use crate::values::id::StackName;
use crate::values::ttl::Elapsed;

/// What a sleep would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SleepPlan {
    /// The stack.
    pub name: StackName,
    /// What would be stopped.
    pub stops: Vec<SwitchedResource>,
    /// What would go on costing.
    pub remains: RemainingCosts,
    /// How long waking takes, by the history of the app; `None`: it was never woken.
    pub ready_again_seconds: Option<Elapsed>,
    /// Where it could not be looked.
    pub not_looked: Vec<Unchecked>,
}

/// Something that is stopped or started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SwitchedResource {
    /// What it is.
    pub id: ResourceId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is.
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

/// Something that could not be stopped or started, or a place where it could not be looked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PowerFailure {
    /// What, or where.
    pub id: String,
    /// Its type, where it is one.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Where it is.
    pub region: Option<String>,
    /// Why.
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

/// Something that starts again by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledStart {
    /// What it is.
    pub id: ResourceId,
    /// When.
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

/// A step, told as it happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum PowerStep {
    /// One is asked to stop.
    Stopping(SwitchedResource),
    /// One is asked to start.
    Starting(SwitchedResource),
    /// One has stopped, or has its size again.
    Done(SwitchedResource),
    /// One could not.
    Failed(PowerFailure),
}

/// How a sleep or a wake ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PowerOutcome {
    /// The stack.
    pub name: StackName,
    /// Whether it is asleep now.
    pub asleep: bool,
    /// What was stopped or started, in that order.
    pub moved: Vec<SwitchedResource>,
    /// What could not be: while there is any, the stack is half asleep.
    pub failed: Vec<PowerFailure>,
    /// What goes on costing while it sleeps.
    pub remains: RemainingCosts,
    /// What starts again by itself meanwhile.
    pub restarts: Vec<ScheduledStart>,
    /// When it wakes by itself.
    pub wake_at: Option<Timestamp>,
    /// How long waking takes, by the history of the app; `None`: it was never woken.
    pub ready_again_seconds: Option<Elapsed>,
    /// What had a size before and no longer exists.
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
            wake_at: None,
            ready_again_seconds: None,
            missing: Vec::new(),
        }
    }
}
