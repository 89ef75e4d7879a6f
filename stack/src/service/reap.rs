//! The reaper: what it would do, its heartbeat, and doing it.

mod budgets;
mod clock_evidence;
mod executor;
mod heartbeat;
mod plan;
mod run;
mod snapshot;

pub use clock_evidence::{ClockEvidence, clock_evidence};
pub use executor::TeardownExecutor;
pub use plan::{BudgetedStack, DeferredStack, ReaperPlan, ReaperReason, ReaperTask, TooManyDue};
pub use run::{
    InFlight, ReaperContext, ReaperStep, ReaperSummary, StackTerminator, TerminationResult,
};
pub use snapshot::{ClockBehind, ReaperSnapshot};

use super::Service;

/// The use cases of the reaper: see [`Service::reaper`].
#[derive(Clone, Copy)]
pub struct Reaper<'a> {
    pub(super) service: &'a Service,
}

#[cfg(test)]
mod tests;
