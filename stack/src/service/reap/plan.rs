//! The plan of a run of the reaper: a pure function of leases, teardown histories, the time and the
//! configuration.

use std::path::Path;

use jiff::Timestamp;

use super::budgets::ending_stacks;
use crate::budget::{Budget, BudgetDeferral, EndingStacks, deferral};
use crate::config::ReaperConfig;
use crate::due::{Deadline, deadline, is_exempt};
use crate::lease::{Lease, Phase};
use crate::service::teardown::Runner;
use crate::teardown_history::TeardownHistory;
use crate::values::id::{Actor, AppName, AppVersion, Owner, StackName};
use crate::values::money::HourlyRate;
use crate::view::View;

/// What one run does, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReaperPlan {
    /// The stacks to tear down now: first the teardowns whose runners are gone, then what is due,
    /// then what earlier teardowns left; the oldest first in each group.
    pub tasks: Vec<ReaperTask>,
    /// The stacks that wait for their next try.
    pub later: Vec<DeferredStack>,
    /// The stacks that are due, and that a budget defers.
    pub budgeted: Vec<BudgetedStack>,
    /// How many stacks may be due in one run.
    pub max_stacks: u32,
}

/// A stack to tear down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaperTask {
    /// Its name.
    pub name: StackName,
    /// Its application.
    pub app: AppName,
    /// Its version.
    pub version: AppVersion,
    /// Its owner.
    pub owner: Owner,
    /// What it costs per hour.
    pub hourly_usd: Option<HourlyRate>,
    /// Whether the rate leaves out something that costs money, so that it is a minimum.
    pub hourly_is_minimum: bool,
    /// How many of its teardowns have failed so far.
    pub failures: u32,
    /// The reason.
    pub why: ReaperReason,
}

/// Why the reaper tears a stack down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReaperReason {
    /// Its runner started a teardown and is dead or silent.
    Abandoned {
        /// Who asked for the teardown.
        by: Actor,
        /// The machine that ran it.
        host: String,
        /// The process id there.
        pid: u32,
        /// When it began.
        since: Timestamp,
    },
    /// It is due.
    Due(Deadline),
    /// Earlier teardowns left residue.
    Residue {
        /// When the residue was first left.
        since: Timestamp,
    },
}

/// A stack that is due, and that a budget defers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetedStack {
    /// What the reaper would do.
    pub task: ReaperTask,
    /// The budget, and the time of the next possible end.
    pub deferral: BudgetDeferral,
}

/// A stack whose teardown failed and is not due for another try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeferredStack {
    /// Its name.
    pub name: StackName,
    /// The number of failures.
    pub failures: u32,
    /// The last failure.
    pub reason: String,
    /// The time of the next try.
    pub not_before: Timestamp,
}

/// More stacks are due than one run may tear down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{} stacks are due, and [reaper] max_stacks allows {max} in one run, so none was touched: {}; look at them with `jiti reap`, then end them with `jiti teardown`, or raise max_stacks",
    stacks.len(), names(stacks)
)]
pub struct TooManyDue {
    /// The stacks that are due.
    pub stacks: Vec<StackName>,
    /// The limit.
    pub max: u32,
}

impl ReaperPlan {
    pub(super) fn new(
        leases: &[Lease],
        attempts: impl Fn(&Lease) -> TeardownHistory,
        view: &View,
        config: &ReaperConfig,
        runs: &Path,
    ) -> Self {
        let mut docket = Self {
            max_stacks: config.max_stacks,
            ..Self::default()
        };
        for lease in leases {
            let Some(why) = why(lease, view, runs) else {
                continue;
            };
            let attempts = attempts(lease);
            let name = lease.name.clone();
            match attempts.not_before(config.interval) {
                Some(not_before) if not_before > view.now => docket.later.push(DeferredStack {
                    name,
                    failures: attempts.failures,
                    reason: attempts
                        .failed
                        .map(|failed| failed.reason)
                        .unwrap_or_default(),
                    not_before,
                }),
                _ => docket.tasks.push(ReaperTask {
                    name,
                    app: lease.app.clone(),
                    version: lease.version.clone(),
                    owner: lease.owner.clone(),
                    hourly_usd: lease.meter.rate(),
                    hourly_is_minimum: lease.meter.rate_is_minimum(),
                    failures: attempts.failures,
                    why,
                }),
            }
        }
        docket.tasks.sort_by(|a, b| a.order().cmp(&b.order()));
        let ending = ending_stacks(leases, &view.reaper, view.now);
        docket.defer(&config.budgets, ending, view);
        docket
            .later
            .sort_by(|a, b| (a.not_before, &a.name).cmp(&(b.not_before, &b.name)));
        docket
    }

    /// Sets aside what the budgets defer. Each stack that they let end counts for the next one.
    fn defer(&mut self, budgets: &[Budget], mut ending: EndingStacks, view: &View) {
        for task in std::mem::take(&mut self.tasks) {
            let ReaperReason::Due(deadline) = &task.why else {
                self.tasks.push(task);
                continue;
            };
            // Its teardown was dispatched, and so it counts already.
            if ending.contains(&task.name) {
                self.tasks.push(task);
                continue;
            }
            let Some(deferral) = deferral(budgets, deadline.cause, &ending, view.now) else {
                ending.add(&task.name, task.why.as_str());
                self.tasks.push(task);
                continue;
            };
            let runs = |at| view.reaper.next_run(at, view.now).unwrap_or(at);
            let deferral = BudgetDeferral {
                not_before: deferral.not_before.map(runs),
                ..deferral
            };
            self.budgeted.push(BudgetedStack { task, deferral });
        }
    }

    /// An error if more is due than one run may tear down. A stack that a budget defers is due too,
    /// so that budgets never weaken this limit.
    #[must_use]
    pub fn too_many(&self) -> Option<TooManyDue> {
        let deferred = self.budgeted.iter().map(|stack| &stack.task);
        let is_due = |task: &&ReaperTask| matches!(task.why, ReaperReason::Due(_));
        // If a run would end none of them, there is nothing to prevent.
        self.tasks.iter().find(is_due)?;
        let due = self.tasks.iter().filter(is_due).chain(deferred);
        let stacks: Vec<_> = due.map(|task| task.name.clone()).collect();
        let max = self.max_stacks;
        (stacks.len() > max as usize).then_some(TooManyDue { stacks, max })
    }
}

impl ReaperTask {
    fn order(&self) -> (u8, Timestamp, &StackName) {
        let (group, at) = match &self.why {
            ReaperReason::Abandoned { since, .. } => (0, *since),
            ReaperReason::Due(deadline) => (1, deadline.due_at),
            ReaperReason::Residue { since, .. } => (2, *since),
        };
        (group, at, &self.name)
    }
}

impl ReaperReason {
    /// The word for it in the ledger and in JSON.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Abandoned { .. } => "abandoned",
            Self::Due(deadline) => deadline.cause.as_str(),
            Self::Residue { .. } => "residue",
        }
    }
}

/// Why the reaper would tear a stack down now; `None` when it would not. It is checked again just
/// before the teardown, because the other teardowns take time.
pub(super) fn why(lease: &Lease, view: &View, runs: &Path) -> Option<ReaperReason> {
    let held = lease.at(view.now).hold_until.is_some();
    match lease.phase_at(view.now) {
        Phase::TearingDown | Phase::Residue if held || is_exempt(lease, view) => None,
        Phase::TearingDown => {
            let Runner {
                by,
                host,
                pid,
                since,
                lives,
                ..
            } = Runner::of(lease, runs, view.now)?;
            (!lives).then_some(ReaperReason::Abandoned {
                by,
                host,
                pid,
                since,
            })
        }
        Phase::Residue => Some(ReaperReason::Residue {
            since: lease.phase_since,
        }),
        _ => {
            let deadline = deadline(lease, &view.observed(lease), view)?;
            (deadline.due_at <= view.now).then_some(ReaperReason::Due(deadline))
        }
    }
}

fn names(stacks: &[StackName]) -> String {
    let names: Vec<_> = stacks.iter().map(StackName::as_str).collect();
    names.join(", ")
}
