//! Tears stacks down for the reaper: through Terraform, or, where that is allowed and the state is
//! known to be lost, as a sweep.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use jiff::Timestamp;

use super::plan::{ReaperReason, ReaperTask, why};
use super::run::{StackTerminator, TerminationResult};
use crate::budget::next_opening;
use crate::lease::{EventKind, Lease, Phase, ResidueDetails, Strategy};
use crate::process;
use crate::reaper::ReaperStatus;
use crate::service::teardown::strategy::{Requester, Situation, StrategyChoice, choose};
use crate::service::teardown::sweep::SweepSelector;
use crate::service::teardown::{
    Blocker, Condition, Method, PreparedTeardown, Progress, Residue, StopSignal, TeardownError,
    TeardownOutcome, TeardownPlan, TeardownRequest, TeardownSettings,
};
use crate::service::teardown::{ORIGIN_UNREACHABLE, command, origin_reached};
use crate::service::{Service, ServiceError};
use crate::terraform::StateLock;
use crate::values::id::{RunId, Seq};
use crate::warning::FRESH_LOCK;

/// Tears stacks down with the strategy that [`choose`] gives.
#[derive(Clone)]
pub struct TeardownExecutor {
    /// The service that plans and records.
    pub service: Service,
    /// The surroundings of a teardown.
    pub settings: TeardownSettings,
    /// Stops the running teardowns from starting more deletes.
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
                Err(error @ TeardownError::Dispatched { .. }) => {
                    TerminationResult::Elsewhere(error.to_string())
                }
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
                | TeardownError::Dispatched { .. }
                | TeardownError::PowerOperation { .. }),
            ) => {
                return Err(error);
            }
            Err(error) => {
                self.record_failure(task, &error.to_string()).await?;
                return Err(error);
            }
        };
        // The plan took minutes, in which the stack may have been given more time.
        if !service
            .reaper()
            .is_still_wanted(task, &settings.runs)
            .await?
        {
            return Ok(TerminationResult::Spared);
        }
        if let Some(deferral) = service.reaper().deferral_since(task).await? {
            return Ok(TerminationResult::Deferred(deferral));
        }
        if !prepared.plan.may_proceed() {
            return self.blocked(task, &prepared.plan).await;
        }
        if matches!(prepared.plan.method, Method::Dispatch { .. }) {
            return self.dispatch(task, &prepared).await;
        }
        let request = self.request(task).await?;
        let outcome = service
            .teardowns()
            .teardown(prepared, &request, progress, &self.stop)
            .await;
        outcome.map(TerminationResult::Ended)
    }

    /// Dispatches the teardown, and does not wait for its end: a later run finds the stack gone, or
    /// the failure that the other side recorded, or that its time has passed.
    async fn dispatch(
        &self,
        task: &ReaperTask,
        prepared: &PreparedTeardown,
    ) -> Result<TerminationResult, TeardownError> {
        let (teardowns, now) = (self.service.teardowns(), self.service.now());
        let lease = self.service.ledger().lease(&task.name).await?;
        // While the other side works on the stack, its runner counts, and not the time.
        let waiting = lease.filter(|lease| lease.recorded_phase != Phase::TearingDown);
        let sent = waiting.and_then(|lease| lease.dispatch);
        if let Some(sent) = sent.filter(|sent| sent.until <= now) {
            return Err(teardowns.overdue(&task.name, sent.until).await?);
        }
        let dispatched = teardowns
            .dispatch(prepared, &self.request(task).await?)
            .await?;
        Ok(dispatched.map_or(TerminationResult::Spared, |until| {
            TerminationResult::Dispatched { until }
        }))
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
                    service.teardowns().plan_sweep(&selector, settings).await
                }
                StrategyChoice::Use(Strategy::Terraform) => {
                    service
                        .teardowns()
                        .plan_teardown(&task.name, settings)
                        .await
                }
                StrategyChoice::SweepNotAllowed => Err(TeardownError::MayNotSweep {
                    stack: task.name.clone(),
                }),
            };
        }
        let Some(prepared) = service
            .teardowns()
            .plan_teardown(&task.name, settings)
            .await?
        else {
            return Ok(None);
        };
        let situation = Situation::of_plan(&prepared.plan);
        if choose(situation) != StrategyChoice::Use(Strategy::Sweep) {
            return Ok(Some(prepared));
        }
        let sweep = service.teardowns().plan_sweep(&selector, settings).await?;
        // A sweep that finds nothing would be no better than Terraform's plan.
        let sweep = sweep.filter(|sweep| sweep.plan.count() > 0);
        Ok(Some(sweep.unwrap_or(prepared)))
    }

    /// Whether the stack's last teardown was a sweep.
    async fn was_swept(&self, task: &ReaperTask) -> Result<bool, ServiceError> {
        let events = self.service.ledger().events(&task.name, Seq::NONE).await?;
        let last = events.iter().rev().find_map(|event| match &event.kind {
            EventKind::TeardownStarted { strategy, .. } => Some(*strategy == Strategy::Sweep),
            EventKind::Requested { .. } => Some(false),
            _ => None,
        });
        Ok(last == Some(true))
    }

    /// Records what blocks a plan, so that it is reported and tried again later.
    async fn blocked(
        &self,
        task: &ReaperTask,
        plan: &TeardownPlan,
    ) -> Result<TerminationResult, TeardownError> {
        let blockers = &plan.blockers;
        if blockers.iter().any(Blocker::is_unreachable_origin) {
            let residue = self.record_unreachable(task, plan).await?;
            return Ok(TerminationResult::Ended(TeardownOutcome {
                name: task.name.clone(),
                strategy: plan.method.strategy(),
                deleted: Vec::new(),
                residue: vec![residue],
            }));
        }
        let lock = blockers.iter().find_map(|blocker| match blocker {
            Blocker::Locked { lock } => Some((lock, blocker)),
            _ => None,
        });
        let mut met = None;
        if let Some((lock, blocker)) = lock {
            let since = self.locked_since(task, lock).await?;
            if FRESH_LOCK.after(since) > self.service.now() {
                return Ok(TerminationResult::Elsewhere(blocker.to_string()));
            }
            met = Some(EventKind::StateLocked {
                lock: lock.id.clone(),
                since,
            });
        }
        let error = TeardownError::Blocked {
            stack: task.name.clone(),
            blockers: blockers.clone(),
        };
        // A silent runner, or its Terraform, may hold the lock and return: it keeps the teardown
        // until the lock is free.
        if met.is_some() && matches!(task.why, ReaperReason::Abandoned { .. }) {
            return Err(error);
        }
        let reason = error.to_string();
        self.record_try(task, |lease| {
            let failed = EventKind::TeardownFailed {
                reason: reason.clone(),
            };
            let mut kinds = origin_reached(lease, &reason);
            kinds.push(failed);
            // A new start forgets the lock, and it is still held.
            kinds.extend(met.clone());
            kinds
        })
        .await?;
        Err(error)
    }

    /// When a lock was taken. If the backend does not tell that, when a reaper first met it; the
    /// ledger records it then. A lock that has no id is taken for the one that was met before.
    async fn locked_since(
        &self,
        task: &ReaperTask,
        lock: &StateLock,
    ) -> Result<Timestamp, ServiceError> {
        let taken_at = lock.taken_at();
        let is_known = |lease: &Lease| {
            let met = lease.state_lock.as_ref();
            met.is_some_and(|met| met.id == lock.id)
        };
        let is_abandoned = matches!(task.why, ReaperReason::Abandoned { .. });
        if let Some(at) = taken_at.filter(|_| !is_abandoned) {
            return Ok(at);
        }
        let met = |lease: &Lease, now| {
            Ok(match is_known(lease) {
                true => Vec::new(),
                false => vec![EventKind::StateLocked {
                    lock: lock.id.clone(),
                    since: taken_at.unwrap_or(now),
                }],
            })
        };
        let lease = self.service.change(&task.name, met).await?;
        let since = lease.state_lock.map(|met| met.since);
        Ok(since.unwrap_or_else(|| self.service.now()))
    }

    /// Records a try that failed before anything was checked: the stack is unchanged.
    async fn record_failure(&self, task: &ReaperTask, reason: &str) -> Result<(), ServiceError> {
        let failed = || {
            let reason = reason.to_owned();
            vec![EventKind::TeardownFailed { reason }]
        };
        self.record_try(task, |_| failed()).await
    }

    /// Records that the stack cannot be torn down from here: residue, and never a reason to sweep.
    async fn record_unreachable(
        &self,
        task: &ReaperTask,
        plan: &TeardownPlan,
    ) -> Result<Residue, ServiceError> {
        let why: Vec<_> = plan.blockers.iter().map(ToString::to_string).collect();
        let why = why.join("; ");
        let host = match blocking_host(&plan.blockers) {
            Some(host) => host,
            None => process::host(),
        };
        let id = format!("{host}:{}", plan.method.directory());
        self.record_try(task, |lease| {
            // It is recorded already.
            if lease.residue.contains_key(&id) {
                return Vec::new();
            }
            let left = EventKind::ResourceLeft {
                id: id.clone(),
                reason: ORIGIN_UNREACHABLE.to_owned(),
                blocked_by: Some(why.clone()),
                details: ResidueDetails {
                    hourly_usd: task.hourly_usd,
                    command: Some(command(&task.name)),
                    ..ResidueDetails::default()
                },
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
            hourly_usd: task.hourly_usd,
            command: Some(command(&task.name)),
            resource_id: None,
        })
    }

    /// Records the start and the end of a teardown in one append, unless another process works on
    /// the stack.
    async fn record_try(
        &self,
        task: &ReaperTask,
        ended: impl Fn(&Lease) -> Vec<EventKind> + Send + Sync,
    ) -> Result<(), ServiceError> {
        let request = self.request(task).await?;
        let strategy = match self.was_swept(task).await? {
            true => Strategy::Sweep,
            false => Strategy::Terraform,
        };
        let Condition(still_due) = self.still_due().await?;
        let tried = |lease: &Lease, _| {
            let ended = ended(lease);
            // A stack with a live runner is not due.
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

    /// The condition that the stack is still due, checked on the lease on which the intent is
    /// recorded.
    async fn still_due(&self) -> Result<Condition, ServiceError> {
        let (service, runs) = (self.service.clone(), self.settings.runs.clone());
        let policy = service.policy().await?;
        // Without the measured use, no stack would be idle.
        let cloud = service.cloud().cloud_view().await?;
        Ok(Condition(Arc::new(move |lease| {
            let policy = (*policy).clone();
            let view = service.view_of(policy, ReaperStatus::default(), cloud.clone());
            let now = view.now;
            let budgets = &service.config().reaper.budgets;
            match why(lease, &view, &runs) {
                // A window may have begun in which no stack ends.
                Some(ReaperReason::Due(deadline)) => {
                    next_opening(budgets, deadline.cause, now) == Some(now)
                }
                other => other.is_some(),
            }
        })))
    }

    /// A teardown that was taken over is finished in the name of the user who started it.
    ///
    /// # Errors
    /// If the policy in the ledger cannot be read.
    pub(super) async fn request(&self, task: &ReaperTask) -> Result<TeardownRequest, ServiceError> {
        let (by, why) = match &task.why {
            ReaperReason::Abandoned { by, .. } => {
                (by.clone(), "taken over from a runner that died")
            }
            other => (self.service.actor.clone(), other.as_str()),
        };
        Ok(TeardownRequest {
            by,
            why: why.to_owned(),
            confirmed: None,
            only_while: Some(self.still_due().await?),
        })
    }
}

fn blocking_host(blockers: &[Blocker]) -> Option<String> {
    blockers.iter().find_map(|blocker| match blocker {
        Blocker::OtherHost { host, .. } => Some(host.clone()),
        _ => None,
    })
}
