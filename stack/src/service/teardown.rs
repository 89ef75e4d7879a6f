//! Teardown: jiti shows a plan, and then carries out that plan and no other, through Terraform or
//! as a sweep by tag. [`strategy`] is the rule that chooses between the two.
//!
//! [`Teardowns::plan_teardown`] and [`Teardowns::plan_sweep`] make a plan and keep it in a private
//! folder. [`Teardowns::teardown`] records the intent in the ledger, carries the saved plan out,
//! and records the outcome. Two processes may share the work: a plan can be handed over to a runner
//! that outlives the process that planned it ([`PreparedTeardown::hand_over`],
//! [`Teardowns::take_over`]), and any process can follow that runner by its progress file
//! ([`Follower`]).
//!
//! [`Teardowns::plan_teardown`]: crate::service::Teardowns::plan_teardown
//! [`Teardowns::plan_sweep`]: crate::service::Teardowns::plan_sweep
//! [`Teardowns::teardown`]: crate::service::Teardowns::teardown
//! [`Teardowns::take_over`]: crate::service::Teardowns::take_over

mod blocker;
mod dispatch;
mod error;
mod forget;
mod origin_access;
mod plan;
mod prepare;
mod progress;
mod progress_poll;
mod rebuild;
mod record;
mod residue;
mod run;
mod run_folder;
mod runner;
pub mod strategy;
pub mod sweep;
mod terraform;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cloud::RecoveryCommands;
use crate::lease::Lease;
use crate::private_path::{self, PathUse};
use crate::service::Service;
use crate::service::teardown::sweep::SweepTiming;
use crate::terraform::Programs;
use crate::values::id::{Actor, StackName};

pub use blocker::{Blocker, Claim};
pub use error::TeardownError;
pub use plan::{
    Method, NameReservation, PlanWarning, PlannedDeletion, TeardownPlan, TeardownSite, outliving,
};
pub use prepare::PreparedTeardown;
pub use progress::{DeletedResource, Progress, TeardownOutcome};
pub use progress_poll::{Follower, POLL_INTERVAL};
pub use residue::Residue;
pub use runner::Runner;

pub(in crate::service) use residue::{ORIGIN_UNREACHABLE, command};
pub(in crate::service) use terraform::origin_reached;

/// What a teardown has to know about its surroundings, because the library reads no environment.
#[derive(Clone, Debug, Default)]
pub struct TeardownSettings {
    /// The folder that holds one private folder per run, named by the run's id.
    pub runs: PathBuf,
    /// The folders of `PATH`, where jiti looks for `terraform`, `tofu` and git.
    pub path: Vec<PathBuf>,
    /// The folder of this user's records of origins: see
    /// [`Locations::origins`](crate::config::Locations::origins). Without it, no folder that a
    /// shared ledger names is used.
    pub origins: Option<PathBuf>,
    /// Values of the environment that must not appear in the ledger or on a screen.
    pub secrets: Vec<String>,
    /// A plan that would delete more resources may not proceed. Without it, only a sweep has a
    /// limit: the reaper's.
    pub max_resources: Option<usize>,
    /// Whether a sweep takes a final snapshot of each database.
    pub final_snapshot: bool,
    /// How long a sweep tries to delete one resource at most, if the user sets a limit.
    pub max_time_per_resource: Option<Duration>,
    /// The pauses and deadlines of a sweep.
    pub timing: SweepTiming,
    /// The cloud's commands for a resource that keeps its name after its deletion, by its id;
    /// `None` for any other resource.
    pub recovery_commands: Option<fn(&str) -> Option<RecoveryCommands>>,
}

impl TeardownSettings {
    /// The commands for a resource that keeps its name after its deletion.
    fn recovery_commands_of(&self, id: &str) -> Option<RecoveryCommands> {
        self.recovery_commands.and_then(|commands| commands(id))
    }
}

/// Who asks for a teardown, and why.
#[derive(Clone, Debug)]
pub struct TeardownRequest {
    /// Who asks for it.
    pub by: Actor,
    /// Why: `expiry`, or a user's words.
    pub why: String,
    /// The name as the user typed it to confirm the teardown of a protected stack.
    pub confirmed: Option<StackName>,
    /// For an unattended request: whether the lease, at the moment when the intent is recorded,
    /// still asks for the teardown.
    pub only_while: Option<Condition>,
}

/// A condition on a lease, checked again after each lost race.
#[derive(Clone)]
pub struct Condition(pub Arc<dyn Fn(&Lease) -> bool + Send + Sync>);

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Condition")
    }
}

/// Stops a teardown: it finishes the deletes in progress and starts no more.
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<AtomicBool>);

impl StopSignal {
    /// Requests the stop. The teardown ends when its deletes in progress have ended.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Receives each step of a teardown as it happens.
pub type OnProgress<'a> = dyn Fn(&Progress) + Send + Sync + 'a;

/// The use cases of teardowns: see [`Service::teardowns`].
#[derive(Clone, Copy)]
pub struct Teardowns<'a> {
    pub(super) service: &'a Service,
}

impl<'a> Teardowns<'a> {
    /// The programs that a teardown may run.
    pub(in crate::service::teardown) fn programs(
        self,
        settings: &'a TeardownSettings,
    ) -> Programs<'a> {
        Programs {
            configured: &self.service.config.terraform.programs,
            path: &settings.path,
        }
    }

    /// Checks that no other user can have written to the ledger or to the folder of the runs.
    /// Everything that plans or carries out a teardown calls this first.
    ///
    /// # Errors
    /// [`LedgerError::Exposed`](crate::LedgerError::Exposed) and [`TeardownError::Exposed`], which
    /// say what to change.
    pub fn verify_private(self, settings: &TeardownSettings) -> Result<(), TeardownError> {
        self.service.ledger.verify_private()?;
        private_path::check(&settings.runs, PathUse::Contents)
            .map_err(|exposure| TeardownError::Exposed { exposure })
    }
}

#[cfg(test)]
mod tests;
