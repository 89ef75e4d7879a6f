//! Ending a stack in the reaper's name: through its own Terraform, or, where that is allowed and its state is known to be
//! lost, by its tags.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{ReaperReason, ReaperTask, why};
use super::run::{StackTerminator, TerminationResult};
use crate::lease::{EventKind, Lease, Strategy};
use crate::process;
use crate::reaper::ReaperStatus;
use crate::service::teardown::strategy::{Requester, Situation, StrategyChoice, choose};
use crate::service::teardown::sweep::SweepSelector;
use crate::service::teardown::{
    Blocker, Condition, PreparedTeardown, Progress, Residue, StopSignal, TeardownError,
    TeardownOutcome, TeardownPlan, TeardownRequest, TeardownSettings,
};
use crate::service::teardown::{ORIGIN_UNREACHABLE, command, origin_reached};
use crate::service::{Service, ServiceError};
use crate::terraform::StateLock;
use crate::values::id::{RunId, Seq};
use crate::values::ttl::Span;
use crate::view::View;

/// A state lock that is younger is somebody's work: an apply, or the plan of another reaper. One
/// that is older is trouble that somebody has to hear of.
const WORKING: Span = Span::minutes(10);

/// Ends stacks through their Terraform state.
#[derive(Clone)]
pub struct TeardownExecutor {
    /// In whose name.
    pub service: Service,
    /// The surroundings of a teardown.
    pub settings: TeardownSettings,
    /// Asks teardowns that are under way to begin no more deletes.
    pub stop: StopSignal,
}

impl StackTerminator for TeardownExecutor {
    fn end<'a>(
        &'a self,
        task: &'a ReaperTask,
        progress: &'a (dyn Fn(&Progress) + Send + Sync),
    ) -> Pin<Box<dyn Future<Output = TerminationResult> + Send + 'a>> {
        Box::pin(async move {
            match self.attempt(task, progress).await {
                Ok(ending) => ending,
                Err(
                    error @ (TeardownError::Running { .. } | TeardownError::PowerOperation { .. }),
                ) => TerminationResult::Elsewhere(error.to_string()),
                Err(TeardownError::NoLongerDue { .. }) => TerminationResult::Spared,
                Err(error) if error.is_refusal() => TerminationResult::Refused(error.to_string()),
                Err(error) => TerminationResult::Failed(error.to_string()),
            }
        })
    }
}

impl TeardownExecutor {
    async fn attempt(
        &self,
        task: &ReaperTask,
        progress: &(dyn Fn(&Progress) + Send + Sync),
    ) -> Result<TerminationResult, TeardownError> {
        let Self {
            service, settings, ..
        } = self;
        progress(&Progress::Planning {
            name: task.name.clone(),
        });
        let prepared = match self.plan(task).await {
            Ok(Some(prepared)) => prepared,
            Ok(None) => return Ok(TerminationResult::Spared),
            Err(
                error @ (TeardownError::Service(_)
                | TeardownError::Running { .. }
                | TeardownError::PowerOperation { .. }),
            ) => {
                return Err(error);
            }
            Err(error) => {
                self.write_failure(task, &error.to_string()).await?;
                return Err(error);
            }
        };
        // A plan takes minutes, in which somebody may have given the stack more time.
        if !service.is_still_wanted(task, &settings.runs).await? {
            return Ok(TerminationResult::Spared);
        }
        if !prepared.plan.may_proceed() {
            return self.blocked(task, &prepared.plan).await;
        }
        let request = self.request(task);
        let outcome = service
            .teardown(prepared, &request, progress, &self.stop)
            .await;
        outcome.map(TerminationResult::Ended)
    }

    /// Makes the plan, with the strategy that [`choose`] gives.
    async fn plan(&self, task: &ReaperTask) -> Result<Option<PreparedTeardown>, TeardownError> {
        let Self {
            service, settings, ..
        } = self;
        let selector = SweepSelector::named(&task.name);
        let config = service.config();
        let can_sweep = config.reaper.sweep && !config.accounts.is_empty();
        let choose = |situation| choose(Requester::Reaper, situation, can_sweep);
        if self.was_swept(task).await? {
            return match choose(Situation::SweepBegun) {
                StrategyChoice::Use(Strategy::Sweep) => {
                    service.plan_sweep(&selector, settings).await
                }
                StrategyChoice::Use(Strategy::Terraform) => {
                    service.plan_teardown(&task.name, settings).await
                }
                StrategyChoice::SweepNotAllowed => Err(TeardownError::MayNotSweep {
                    stack: task.name.clone(),
                }),
            };
        }
        let Some(prepared) = service.plan_teardown(&task.name, settings).await? else {
            return Ok(None);
        };
        let situation = Situation::of_plan(&prepared.plan);
        if choose(situation) != StrategyChoice::Use(Strategy::Sweep) {
            return Ok(Some(prepared));
        }
        let sweep = service.plan_sweep(&selector, settings).await?;
        // A sweep that finds nothing would be no better than Terraform's plan.
        let sweep = sweep.filter(|sweep| sweep.plan.count() > 0);
        Ok(Some(sweep.unwrap_or(prepared)))
    }

    /// Whether the last teardown of it was a sweep.
    async fn was_swept(&self, task: &ReaperTask) -> Result<bool, ServiceError> {
        let events = self.service.ledger().events(&task.name, Seq::NONE).await?;
        let last = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::TeardownStarted { strategy, .. } => Some(*strategy == Strategy::Sweep),
            EventKind::Requested { .. } => Some(false),
            _ => None,
        });
        Ok(last == Some(true))
    }

    /// What keeps a plan from being carried out, written down so that it is told and tried again later.
    async fn blocked(
        &self,
        task: &ReaperTask,
        plan: &TeardownPlan,
    ) -> Result<TerminationResult, TeardownError> {
        let blockers = &plan.blockers;
        if blockers.iter().any(Blocker::is_unreachable_origin) {
            let residue = self.write_unreachable(task, plan).await?;
            return Ok(TerminationResult::Ended(TeardownOutcome {
                name: task.name.clone(),
                strategy: plan.method.strategy(),
                deleted: Vec::new(),
                residue: vec![residue],
            }));
        }
        let now = self.service.now();
        let locked = blockers.iter().find(|blocker| match blocker {
            Blocker::Locked { lock } => taken_at(lock).is_some_and(|at| WORKING.after(at) > now),
            _ => false,
        });
        if let Some(locked) = locked {
            return Ok(TerminationResult::Elsewhere(locked.to_string()));
        }
        let error = TeardownError::Blocked {
            stack: task.name.clone(),
            blockers: blockers.clone(),
        };
        let reason = error.to_string();
        self.write_try(task, |lease| {
            let failed = EventKind::TeardownFailed {
                reason: reason.clone(),
            };
            let mut kinds = origin_reached(lease, &reason);
            kinds.push(failed);
            kinds
        })
        .await?;
        Err(error)
    }

    /// Writes a try that came to nothing before anything was looked at: the stack is as it was.
    async fn write_failure(&self, task: &ReaperTask, reason: &str) -> Result<(), ServiceError> {
        let failed = || {
            let reason = reason.to_owned();
            vec![EventKind::TeardownFailed { reason }]
        };
        self.write_try(task, |_| failed()).await
    }

    /// Writes that the stack cannot be ended from here: residue, and never a reason to sweep.
    async fn write_unreachable(
        &self,
        task: &ReaperTask,
        plan: &TeardownPlan,
    ) -> Result<Residue, ServiceError> {
        let why = plan.blockers.iter().find(|one| one.is_unreachable_origin());
        let why = why.map(ToString::to_string).unwrap_or_default();
        let host = match why_host(&plan.blockers) {
            Some(host) => host,
            None => process::host(),
        };
        let id = format!("{host}:{}", plan.method.directory());
        self.write_try(task, |lease| {
            // Said already: that it still is so is no news.
            if lease.residue.contains_key(&id) {
                return Vec::new();
            }
            let left = EventKind::ResourceLeft {
                id: id.clone(),
                reason: ORIGIN_UNREACHABLE.to_owned(),
                blocked_by: Some(why.clone()),
            };
            let reason = format!("{ORIGIN_UNREACHABLE}: {why}");
            vec![left, EventKind::TeardownFailed { reason }]
        })
        .await?;
        Ok(Residue {
            id,
            kind: None,
            region: None,
            reason: ORIGIN_UNREACHABLE.to_owned(),
            blocked_by: Some(why),
            hourly_usd: plan.hourly_usd,
            command: Some(command(&task.name)),
        })
    }

    /// Writes that a teardown began and how it ended, in one append, unless somebody is at it.
    async fn write_try(
        &self,
        task: &ReaperTask,
        ended: impl Fn(&Lease) -> Vec<EventKind> + Send + Sync,
    ) -> Result<(), ServiceError> {
        let request = self.request(task);
        let strategy = match self.was_swept(task).await? {
            true => Strategy::Sweep,
            false => Strategy::Terraform,
        };
        let Condition(still_due) = self.still_due();
        let tried = |lease: &Lease, _| {
            let ended = ended(lease);
            // A runner that lives makes it not due.
            if ended.is_empty() || !still_due(lease) {
                return Ok(Vec::new());
            }
            let started = EventKind::TeardownStarted {
                strategy,
                by: request.by.clone(),
                why: request.why.clone(),
                run: RunId::random(),
                host: process::host(),
                pid: std::process::id(),
            };
            Ok(std::iter::once(started).chain(ended).collect())
        };
        self.service.change(&task.name, tried).await.map(|_| ())
    }

    /// That the reaper would take it now. Asked of the lease on which the intent is written.
    fn still_due(&self) -> Condition {
        let (service, runs) = (self.service.clone(), self.settings.runs.clone());
        Condition(Arc::new(move |lease| {
            let policy = service.policy().clone();
            let view = View::new(service.now(), policy, ReaperStatus::default());
            why(lease, &view, &runs).is_some()
        }))
    }

    /// What was begun is finished in the name of who began it.
    pub(super) fn request(&self, task: &ReaperTask) -> TeardownRequest {
        let (by, why) = match &task.why {
            ReaperReason::Abandoned { by, .. } => {
                (by.clone(), "taken over from a runner that died")
            }
            other => (self.service.actor.clone(), other.as_str()),
        };
        TeardownRequest {
            by,
            why: why.to_owned(),
            confirmed: None,
            only_while: Some(self.still_due()),
        }
    }
}

/// When a state was locked, from `2026-03-02 12:00:07.123456 +0000 UTC`.
fn taken_at(lock: &StateLock) -> Option<Timestamp> {
    let (at, zone) = lock.since.as_deref()?.split_at_checked(19)?;
    let is_utc = zone.contains("+0000");
    format!("{}Z", at.replace(' ', "T"))
        .parse()
        .ok()
        .filter(|_| is_utc)
}

fn why_host(blockers: &[Blocker]) -> Option<String> {
    blockers.iter().find_map(|blocker| match blocker {
        Blocker::OtherHost { host, .. } => Some(host.clone()),
        _ => None,
    })
}
