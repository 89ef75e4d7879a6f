//! Teardown as a sweep by tag, in the configured accounts: jiti shows a plan, then carries out that
//! plan and no other, and then checks whether anything is left.
//!
//! [`Teardowns::plan_sweep`] makes the plan, which is carried out, handed over and followed like a
//! plan of Terraform's. [`crate::sweep`] decides what belongs to the stack and in which order it is
//! deleted.
//!
//! [`Teardowns::plan_sweep`]: crate::service::Teardowns::plan_sweep

mod deadlines;
mod execute;
mod executor;
mod plan;
mod recheck;
mod saved_plan;
mod selector;
mod settle;
mod verify;

pub use deadlines::SweepTiming;
pub use recheck::RecheckSummary;
pub use selector::{SweepSelector, UnleasedStack};

pub(super) use saved_plan::SweepPlan;
pub(super) use settle::{Settlement, SettlementFacts};
pub(super) use verify::{TeardownFacts, Verification, command};

#[cfg(test)]
mod tests;
