//! One run of the reaper: works its plan off in order, several stacks at once, and collects the
//! results.

use std::collections::{BTreeSet, HashMap};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinError, JoinSet};

use super::budgets::Admission;
use super::plan::{ReaperPlan, ReaperTask, why};
use crate::budget::BudgetDeferral;
use crate::service::teardown::{Progress, TeardownOutcome};
use crate::service::{Reaper, ServiceError};
use crate::teardown_history::TeardownHistory;
use crate::values::id::{Seq, StackName};

/// Tears a stack down for the reaper.
pub trait StackTerminator: Send + Sync {
    /// Tears one stack down, and reports each step.
    fn end<'a>(
        &'a self,
        task: &'a ReaperTask,
        progress: &'a (dyn Fn(&Progress) + Send + Sync),
    ) -> Pin<Box<dyn Future<Output = TerminationResult> + Send + 'a>>;
}

/// The result for one stack.
#[derive(Clone, Debug, PartialEq)]
pub enum TerminationResult {
    /// The teardown ended; its residue is empty exactly when the stack is gone.
    Ended(TeardownOutcome),
    /// A command has started its teardown elsewhere.
    Dispatched {
        /// The time until which the other side is expected to end it.
        until: Timestamp,
    },
    /// Another process works on it, or was faster.
    Elsewhere(String),
    /// It was extended, held or torn down since the plan was made.
    Spared,
    /// A budget defers it.
    Deferred(BudgetDeferral),
    /// A rule refused it.
    Refused(String),
    /// It failed; nothing was deleted.
    Failed(String),
}

/// A step of a run, reported as it happens.
#[derive(Clone, Debug, PartialEq)]
pub enum ReaperStep {
    /// The teardown of a stack begins.
    Began(ReaperTask),
    /// A step of its teardown.
    Progress(StackName, Progress),
    /// The teardown of a stack has ended.
    Ended(ReaperTask, TerminationResult),
}

/// The results of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReaperSummary {
    /// Each stack and its result, in the order in which they ended.
    pub endings: Vec<(ReaperTask, TerminationResult)>,
    /// The stacks that were not started because the run was stopped.
    pub not_begun: Vec<StackName>,
}

/// The stacks that one process is tearing down, in all its runs together.
#[derive(Clone, Debug, Default)]
pub struct InFlight(Arc<Mutex<BTreeSet<StackName>>>);

impl InFlight {
    /// Reserves a stack until the guard is dropped; `None` when it is reserved already.
    fn take(&self, stack: &StackName) -> Option<Holding> {
        let new = self.names().insert(stack.clone());
        new.then(|| Holding(self.clone(), stack.clone()))
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<StackName>> {
        // A set of names is consistent even after a panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The guard of a reserved stack.
struct Holding(InFlight, StackName);

impl Drop for Holding {
    fn drop(&mut self) {
        self.0.names().remove(&self.1);
    }
}

/// What a run needs.
#[derive(Clone)]
pub struct ReaperContext {
    /// Tears each stack down.
    pub ender: Arc<dyn StackTerminator>,
    /// As many permits as stacks may be torn down at once, by all runs of this process.
    pub slots: Arc<Semaphore>,
    /// Becomes true when nothing more may be started.
    pub stop: watch::Receiver<bool>,
    /// The folder that holds the folders of this machine's runs.
    pub runs: PathBuf,
    /// The stacks in flight: a run that overtakes a slow one skips them.
    pub in_hand: InFlight,
    /// Receives each step.
    pub tell: Arc<dyn Fn(ReaperStep) + Send + Sync>,
}

impl Reaper<'_> {
    /// Works a plan off. After a stop, what has started is finished.
    pub async fn reap(self, docket: ReaperPlan, working: &ReaperContext) -> ReaperSummary {
        let mut summary = ReaperSummary::default();
        let mut under_way = JoinSet::new();
        let mut begun = HashMap::new();
        let mut stop = working.stop.clone();
        let mut tasks = docket.tasks.into_iter();
        while let Some(task) = tasks.next() {
            let stopped = async {
                // An error means that the sender is gone, so there will be no stop.
                if stop.wait_for(|stop| *stop).await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            let permit = tokio::select! {
                biased;
                () = stopped => None,
                permit = Arc::clone(&working.slots).acquire_owned() => permit.ok(),
            };
            let Some(permit) = permit else {
                let rest = std::iter::once(task).chain(tasks);
                summary.not_begun = rest.map(|task| task.name).collect();
                break;
            };
            let (service, working) = (self.service.clone(), working.clone());
            let mine = task.clone();
            let handle = under_way.spawn(async move {
                let ending = service.reaper().end(&mine, &working).await;
                (working.tell)(ReaperStep::Ended(mine, ending.clone()));
                drop(permit);
                ending
            });
            begun.insert(handle.id(), task);
        }
        while let Some(ended) = under_way.join_next_with_id().await {
            let (id, ending) = match ended {
                Ok(ended) => ended,
                Err(error) => (error.id(), lost(&error)),
            };
            summary
                .endings
                .extend(begun.remove(&id).map(|task| (task, ending)));
        }
        summary
    }

    async fn end(self, task: &ReaperTask, working: &ReaperContext) -> TerminationResult {
        let Some(_holding) = working.in_hand.take(&task.name) else {
            return TerminationResult::Elsewhere(
                "an earlier run of this reaper still works on it".to_owned(),
            );
        };
        match self.is_still_wanted(task, &working.runs).await {
            Ok(true) => {}
            Ok(false) => return TerminationResult::Spared,
            Err(error) => return TerminationResult::Failed(error.to_string()),
        }
        let reservation = match self.reserve(task).await {
            Ok(Admission::Free) => None,
            Ok(Admission::Reserved(run)) => Some(run),
            Ok(Admission::Deferred(deferral)) => return TerminationResult::Deferred(deferral),
            Ok(Admission::Elsewhere(why)) => return TerminationResult::Elsewhere(why),
            Err(error) => return TerminationResult::Failed(error.to_string()),
        };
        let ending = self.carry_out(task, working).await;
        if let Some(run) = reservation
            && let Err(error) = self.release(&run, &task.name).await
        {
            // The reservation ends with this process at the latest.
            tracing::warn!("{}: the reservation was not released: {error}", task.name);
        }
        ending
    }

    async fn carry_out(self, task: &ReaperTask, working: &ReaperContext) -> TerminationResult {
        (working.tell)(ReaperStep::Began(task.clone()));
        let tell = |step: &Progress| {
            (working.tell)(ReaperStep::Progress(task.name.clone(), step.clone()));
        };
        working.ender.end(task, &tell).await
    }

    /// Whether the reason for the teardown still holds: other teardowns, and the plan, take time.
    pub(super) async fn is_still_wanted(
        self,
        task: &ReaperTask,
        runs: &Path,
    ) -> Result<bool, ServiceError> {
        let Some(lease) = self.service.ledger.lease(&task.name).await? else {
            return Ok(false);
        };
        let view = self.service.leases().view().await?;
        if view.reaper.paused.is_some() {
            return Ok(false);
        }
        // Another reaper tried it meanwhile, and its next pause has begun.
        let events = self.service.ledger.events(&task.name, Seq::NONE).await?;
        let tried_elsewhere = TeardownHistory::from_events(events).failures > task.failures;
        Ok(!tried_elsewhere && why(&lease, &view, runs).is_some())
    }
}

/// The result of a teardown that ended without an answer: the next run finds its runner dead and
/// takes over.
fn lost(error: &JoinError) -> TerminationResult {
    TerminationResult::Failed(format!(
        "the teardown ended without an answer ({error}); the next run continues it"
    ))
}

impl ReaperSummary {
    /// How many stacks are gone.
    #[must_use]
    pub fn gone(&self) -> u32 {
        self.count(|ending| matches!(ending, TerminationResult::Ended(outcome) if outcome.residue.is_empty()))
    }

    /// How many left something behind.
    #[must_use]
    pub fn residue(&self) -> u32 {
        self.count(|ending| matches!(ending, TerminationResult::Ended(outcome) if !outcome.residue.is_empty()))
    }

    /// How many were refused by a rule.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.count(|ending| matches!(ending, TerminationResult::Refused(_)))
    }

    /// How many a budget deferred after the plan was made.
    #[must_use]
    pub fn deferred(&self) -> u32 {
        self.count(|ending| matches!(ending, TerminationResult::Deferred(_)))
    }

    /// How many failed.
    #[must_use]
    pub fn failed(&self) -> u32 {
        self.count(|ending| matches!(ending, TerminationResult::Failed(_)))
    }

    fn count(&self, which: impl Fn(&TerminationResult) -> bool) -> u32 {
        let count = self
            .endings
            .iter()
            .filter(|(_, ending)| which(ending))
            .count();
        u32::try_from(count).unwrap_or(u32::MAX)
    }
}
