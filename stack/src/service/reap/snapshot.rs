//! A snapshot of everything that a run of the reaper decides about.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::plan::ReaperPlan;
use crate::config::Config;
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::service::{Reaper, ServiceError};
use crate::teardown_history::TeardownHistory;
use crate::values::id::{Seq, StackName};
use crate::values::ttl::Elapsed;
use crate::view::View;
use crate::warning::{OwnerWarning, due_warnings, needs_teardown_history};

/// The clocks of two machines never agree exactly.
const TOLERANCE: Elapsed = Elapsed::from_millis(5_000);

/// All leases at one moment, with their teardown histories where those matter.
#[derive(Clone, Debug)]
pub struct ReaperSnapshot {
    /// The view that the leases are read against.
    pub view: View,
    leases: Vec<Lease>,
    attempts: BTreeMap<StackName, TeardownHistory>,
}

/// This machine's clock is behind the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {now}, and the ledger's last event is of {latest}: jiti would compute wrong due times; set the clock, for example with `timedatectl set-ntp true`"
)]
pub struct ClockBehind {
    /// This machine's time.
    pub now: Timestamp,
    /// The time of the ledger's last event.
    pub latest: Timestamp,
}

impl Reaper<'_> {
    /// Reads all stacks.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn survey(self) -> Result<ReaperSnapshot, ServiceError> {
        let leases = self.service.ledger.leases(Scope::All).await?;
        let view = self.service.leases().view().await?;
        let mut attempts = BTreeMap::new();
        for lease in &leases {
            if needs_teardown_history(lease, &view.observed(lease), &view) {
                let mut events = self.service.ledger.events(&lease.name, Seq::NONE).await?;
                // Events after the lease was read belong to a later state.
                events.retain(|event| event.seq <= lease.last_seq());
                attempts.insert(lease.name.clone(), TeardownHistory::from_events(events));
            }
        }
        Ok(ReaperSnapshot {
            view,
            leases,
            attempts,
        })
    }
}

impl ReaperSnapshot {
    /// What the reaper would do now. `runs` is the folder that holds the folders of this machine's
    /// runs.
    #[must_use]
    pub fn docket(&self, config: &Config, runs: &Path) -> ReaperPlan {
        let attempts = |lease: &Lease| self.of(lease);
        ReaperPlan::new(&self.leases, attempts, &self.view, &config.reaper, runs)
    }

    /// The warnings that are due now, by stack.
    #[must_use]
    pub fn due_warnings(&self, config: &Config) -> Vec<OwnerWarning> {
        let before = &config.notify.before;
        self.leases
            .iter()
            .flat_map(|lease| {
                let observed = self.view.observed(lease);
                due_warnings(lease, &observed, &self.of(lease), before, &self.view)
            })
            .collect()
    }

    /// An error if the clock is behind the ledger.
    #[must_use]
    pub fn clock_behind(&self) -> Option<ClockBehind> {
        let run = self.view.reaper.last_run.as_ref();
        let runs = run.map(|run| run.finished_at.unwrap_or(run.started_at));
        let stacks = self.leases.iter().map(|lease| lease.last_at);
        let (now, latest) = (self.view.now, stacks.chain(runs).max()?);
        (Elapsed::between(now, latest) > TOLERANCE).then_some(ClockBehind { now, latest })
    }

    fn of(&self, lease: &Lease) -> TeardownHistory {
        self.attempts.get(&lease.name).cloned().unwrap_or_default()
    }
}
