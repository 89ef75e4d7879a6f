//! One look at everything that a run of the reaper decides about.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::plan::ReaperPlan;
use crate::config::Config;
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::service::{Service, ServiceError};
use crate::teardown_history::TeardownHistory;
use crate::values::id::{Seq, StackName};
use crate::values::ttl::Elapsed;
use crate::view::View;
use crate::warning::{OwnerWarning, due_warnings, needs_teardown_history};

/// Two machines never agree to the second.
const TOLERANCE: Elapsed = Elapsed::from_millis(5_000);

/// All leases at one moment, and what came of their teardowns where that matters.
#[derive(Clone, Debug)]
pub struct ReaperSnapshot {
    /// What they are read against.
    pub view: View,
    leases: Vec<Lease>,
    attempts: BTreeMap<StackName, TeardownHistory>,
}

/// This machine's clock says a time that the ledger has left behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {now}, and the ledger's last event is of {latest}: what is due would be counted wrongly; set the clock, for example with `timedatectl set-ntp true`"
)]
pub struct ClockBehind {
    /// What the clock says.
    pub now: Timestamp,
    /// The ledger's last event.
    pub latest: Timestamp,
}

impl Service {
    /// Looks at all stacks.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn survey(&self) -> Result<ReaperSnapshot, ServiceError> {
        let leases = self.ledger.leases(Scope::All).await?;
        let view = self.view().await?;
        let mut attempts = BTreeMap::new();
        for lease in &leases {
            if needs_teardown_history(lease, &view.observed(lease), &view) {
                let mut events = self.ledger.events(&lease.name, Seq::NONE).await?;
                // What happened since the lease was read belongs to another picture of it.
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
    /// What the reaper would do now. `runs` is where this machine's teardowns have their folders.
    #[must_use]
    pub fn docket(&self, config: &Config, runs: &Path) -> ReaperPlan {
        let attempts = |lease: &Lease| self.of(lease);
        ReaperPlan::new(&self.leases, attempts, &self.view, &config.reaper, runs)
    }

    /// The warnings that are owed now, by stack.
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

    /// That the clock runs behind the ledger; `None` when it does not.
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
