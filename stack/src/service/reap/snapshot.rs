//! A snapshot of everything that a run of the reaper decides about.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use super::clock_evidence::{ClockEvidence, clock_evidence};
use super::plan::ReaperPlan;
use crate::config::Config;
use crate::lease::Lease;
use crate::ledger::{LeaseList, LedgerError, Scope, UnreadableStack};
use crate::service::{Reaper, ServiceError};
use crate::teardown_history::TeardownHistory;
use crate::values::id::{Seq, StackName};
use crate::view::View;
use crate::warning::{OwnerWarning, due_warnings, needs_teardown_history};

/// All leases at one moment, with their teardown histories where those matter.
#[derive(Clone, Debug)]
pub struct ReaperSnapshot {
    /// The view that the leases are read against.
    pub view: View,
    /// What the ledger says about this machine's clock. The stacks with events from the future are
    /// set aside.
    pub clock: ClockEvidence,
    /// The stacks that cannot be read, which are set aside too.
    pub unreadable: Vec<UnreadableStack>,
    /// The stacks that are judged.
    leases: Vec<Lease>,
    attempts: BTreeMap<StackName, TeardownHistory>,
}

/// This machine's clock is behind the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this machine's clock says {now}, and the ledger's last event is of {latest}: jiti would compute wrong due times; set the clock, for example with `timedatectl set-ntp true`, or, if it is right, see `jiti doctor`"
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
        let ledger = &self.service.ledger;
        let LeaseList {
            mut leases,
            mut unreadable,
        } = ledger.list_leases(Scope::All).await?;
        let view = self.service.leases().view().await?;
        let cloud = view.cloud.as_ref().and_then(|cloud| cloud.known().clock);
        let (reaper, now) = (&view.reaper, view.now);
        let clock = clock_evidence(&**ledger, &leases, reaper, cloud, now).await?;
        let set_aside = clock.stacks();
        leases.retain(|lease| !set_aside.contains(&lease.name));
        let mut attempts = BTreeMap::new();
        for lease in &leases {
            if needs_teardown_history(lease, &view.observed(lease), &view) {
                let mut events = match ledger.events(&lease.name, Seq::NONE).await {
                    Ok(events) => events,
                    Err(LedgerError::Corrupt { what, .. }) => {
                        unreadable.push(UnreadableStack {
                            name: lease.name.to_string(),
                            problem: what,
                        });
                        continue;
                    }
                    Err(error) => return Err(error.into()),
                };
                // Events after the lease was read belong to a later state.
                events.retain(|event| event.seq <= lease.last_seq());
                attempts.insert(lease.name.clone(), TeardownHistory::from_events(events));
            }
        }
        leases.retain(|lease| {
            unreadable
                .iter()
                .all(|stack| stack.name != lease.name.as_str())
        });
        Ok(ReaperSnapshot {
            view,
            clock,
            unreadable,
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

    /// An error if the clock may be behind the ledger: events lie in its future, and no other
    /// source confirms it.
    #[must_use]
    pub fn clock_behind(&self) -> Option<ClockBehind> {
        if self.clock.is_confirmed {
            return None;
        }
        let run = self.view.reaper.last_run.as_ref();
        let runs = run.map(|run| run.finished_at.unwrap_or(run.started_at));
        let stacks = self.clock.misdated.iter().map(|event| event.at);
        let (now, latest) = (self.view.now, stacks.chain(runs).max()?);
        Some(ClockBehind { now, latest })
    }

    fn of(&self, lease: &Lease) -> TeardownHistory {
        self.attempts.get(&lease.name).cloned().unwrap_or_default()
    }
}
