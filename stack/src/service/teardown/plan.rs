//! What a teardown would remove, and what keeps it from doing so: everything that is shown before anybody says yes.

use serde::{Deserialize, Serialize};

use super::blocker::Blocker;
use super::progress::Residue;
use crate::lease::Strategy;
use crate::values::id::{RunId, StackName};
use crate::values::money::HourlyRate;

/// A teardown as it is planned. It holds nothing secret, and can be shown, stored and sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TeardownPlan {
    /// The stack.
    pub name: StackName,
    /// How it is ended.
    pub strategy: Strategy,
    /// The run that this plan would become; its folder has this name.
    pub run: RunId,
    /// The root directory that Terraform runs in; empty where it does not.
    pub directory: String,
    /// The workspace; empty where Terraform does not run.
    pub workspace: String,
    /// What will go: in the order of Terraform's plan, or, in a sweep, by place, type and name.
    pub resources: Vec<PlannedDeletion>,
    /// What the state held and the refresh no longer found.
    pub already_gone: Vec<PlannedDeletion>,
    /// What a sweep will not touch though it carries the stack's tag, each with the reason.
    #[serde(default)]
    pub residue: Vec<Residue>,
    /// What the stack costs an hour until it is gone; unknown where nothing is priced.
    pub hourly_usd: Option<HourlyRate>,
    /// The stack is protected, or known by its tags alone: it wants its name typed.
    pub protected: bool,
    /// What will probably be left behind, and why.
    pub warnings: Vec<PlanWarning>,
    /// Why it may not proceed; empty when it may.
    pub blockers: Vec<Blocker>,
    /// The SHA-256 of the saved plan, in hexadecimal: that plan is applied and no other. Empty where
    /// there is none, because something is in the way or nothing is left to destroy.
    pub digest: String,
}

impl TeardownPlan {
    /// Whether it may be carried out, once somebody has said yes.
    #[must_use]
    pub fn may_proceed(&self) -> bool {
        self.blockers.is_empty()
    }

    /// How many resources will go.
    #[must_use]
    pub fn count(&self) -> usize {
        self.resources.len()
    }
}

/// A resource that will go, or has gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedDeletion {
    /// Its address in Terraform, or its name everywhere, such as an ARN.
    pub id: String,
    /// Its type, such as `aws_instance`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What its provider calls it, where that is known and no secret.
    pub resource_id: Option<String>,
    /// Where it is, where its attributes say so.
    pub region: Option<String>,
    /// How many objects stand under the address: more than one while a replacement was not finished.
    pub objects: usize,
    /// The account it is in, where a sweep knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Why a sweep takes it for the stack's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it costs an hour, where a sweep knows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hourly_usd: Option<HourlyRate>,
}

/// Something that will probably be left, though nothing keeps the teardown from being tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanWarning {
    /// The address that it is about.
    pub id: String,
    /// What was found, such as `deletion_protection is on`.
    pub found: String,
}
