//! Tearing a stack down: first a plan that is shown, then that plan and no other. Here through its own Terraform; how
//! one is ended by its tags is in [`crate::service::teardown::sweep`], planned and carried out through the same doors.
//!
//! [`Service::plan_teardown`] makes the plan and keeps it in a private folder. [`Service::teardown`] writes its intent into
//! the ledger, applies the saved plan, and writes what became of it. The two may be different processes: a plan can be
//! handed over to a runner that outlives whoever asked for it ([`PreparedTeardown::hand_over`], [`Service::take_over`]), and anybody
//! can follow that runner by its progress file ([`Follower`]).

mod blocker;
mod error;
mod guardrails;
mod plan;
mod prepare;
mod progress;
mod record;
mod residue;
mod run;
mod run_folder;
mod runner;
pub mod sweep;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::lease::Lease;
use crate::service::teardown::sweep::SweepTiming;
use crate::values::id::{Actor, StackName};

pub use blocker::{Blocker, Claim};
pub use error::TeardownError;
pub use plan::{PlanWarning, PlannedDeletion, TeardownPlan};
pub use prepare::PreparedTeardown;
pub use progress::{DeletedResource, Progress, Residue, TeardownOutcome};
pub use run_folder::Follower;
pub use runner::Runner;

pub(in crate::service) use record::{ProgressWriter, Recorder};
pub(in crate::service) use residue::{command, quoted};
pub(in crate::service) use run::{UNREACHABLE, as_event, reached};
pub(in crate::service) use run_folder::Folder;
pub(in crate::service) use runner::{SILENT, in_turn};

/// What a teardown needs to know of its surroundings: the library reads no environment itself.
#[derive(Clone, Debug, Default)]
pub struct TeardownSettings {
    /// The folder in which every run has a private folder of its own, named by its run id.
    pub runs: PathBuf,
    /// The folders of `PATH`, where a program is looked for that is no longer where it was.
    pub path: Vec<PathBuf>,
    /// Values of the environment that must be seen neither in the ledger nor on a screen.
    pub secrets: Vec<String>,
    /// A plan that would delete more resources may not proceed. A sweep has a limit without it: the reaper's.
    pub max_resources: Option<usize>,
    /// Whether a sweep keeps a last snapshot of each database.
    pub final_snapshot: bool,
    /// How long a sweep tries one resource at most, where somebody said so.
    pub longest: Option<Duration>,
    /// The pauses and deadlines of a sweep.
    pub timing: SweepTiming,
}

/// Who wants the teardown, and why.
#[derive(Clone, Debug)]
pub struct TeardownRequest {
    /// Who asked for it.
    pub by: Actor,
    /// Why: `expiry`, or a person's words.
    pub why: String,
    /// The name as it was typed to confirm the end of a protected stack.
    pub confirmed: Option<StackName>,
    /// For a request that nobody watches: whether the lease, as it is when the intent is written, still wants it.
    pub only_while: Option<Condition>,
}

/// A question about a lease, asked again after each lost race.
#[derive(Clone)]
pub struct Condition(pub Arc<dyn Fn(&Lease) -> bool + Send + Sync>);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

/// Asks a teardown to stop. It finishes the deletes that are under way and begins no more.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Asks. It ends when Terraform has ended.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(in crate::service) fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is told of each step as it happens.
pub type OnProgress<'a> = dyn Fn(&Progress) + Send + Sync + 'a;

#[cfg(test)]
mod tests;
