//! Tearing a stack down by its tags, in the accounts of the configuration: first a plan that is shown, then that plan
//! and no other, then a look at whether anything is left.
//!
//! [`Service::plan_sweep`](crate::Service::plan_sweep) makes the plan; it is carried out, handed over and followed like
//! one of Terraform's. What belongs to the stack and in which order it goes is decided in [`crate::sweep`].

mod execute;
mod executor;
mod plan;
mod recheck;
mod saved_plan;
mod selector;
mod timing;
mod verify;

pub use recheck::RecheckSummary;
pub use selector::{SweepSelector, TaggedStack};
pub use timing::SweepTiming;

pub(in crate::service) use execute::{beating, tidied};
pub(in crate::service) use saved_plan::SweepPlan;
pub(in crate::service) use verify::{TeardownFacts, command};

#[cfg(test)]
mod tests;
