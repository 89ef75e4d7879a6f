//! The budgets of the reaper across every reaper of a ledger: a stack is reserved in the reaper's
//! log before its teardown starts, and only where no budget is exceeded.

use std::sync::Mutex;

use jiff::Timestamp;

use super::plan::{ReaperReason, ReaperTask};
use crate::budget::{BudgetDeferral, EndingStacks, deferral};
use crate::lease::{Lease, Phase};
use crate::ledger::Scope;
use crate::process::{self, Liveness};
use crate::reaper::{ReaperEvent, ReaperEventKind, ReaperStatus, Reservation};
use crate::service::{Reaper, ServiceError};
use crate::values::id::{RunId, StackName};
use crate::values::ttl::Span;

/// After this time, the reservation of another host counts only if its teardown has started.
const PLANNING_LIMIT: Span = Span::minutes(60);

/// Whether a stack may end now.
pub(super) enum Admission {
    /// No budget applies.
    Free,
    /// The stack is reserved until the reservation is released.
    Reserved(RunId),
    /// A budget defers it.
    Deferred(BudgetDeferral),
    /// Another reaper is about to end it.
    Elsewhere(String),
}

/// The stacks that are ending, whoever ends them, and the number of stacks that are not gone.
pub(super) fn ending_stacks(
    leases: &[Lease],
    status: &ReaperStatus,
    now: Timestamp,
) -> EndingStacks {
    let live: Vec<&Lease> = leases.iter().filter(|lease| lease.is_live()).collect();
    let mut ending = EndingStacks::none_of(live.len());
    // A reservation names the cause, and so comes before the teardown that it stands for.
    for (stack, reserved) in &status.reserved {
        if is_alive(reserved, now) {
            ending.add(stack, &reserved.reason);
        }
    }
    for lease in live {
        let teardown = lease.teardown.as_ref();
        let teardown = teardown.filter(|_| lease.recorded_phase == Phase::TearingDown);
        if let Some(teardown) = teardown {
            ending.add(&lease.name, &teardown.why);
        }
        if let Some(sent) = lease.dispatch.as_ref().filter(|sent| sent.until > now) {
            ending.add(&lease.name, &sent.why);
        }
    }
    ending
}

fn is_alive(reserved: &Reservation, now: Timestamp) -> bool {
    match process::liveness(&reserved.process) {
        Liveness::Alive => true,
        Liveness::Dead => false,
        Liveness::Unknown => PLANNING_LIMIT.after(reserved.since.0) > now,
    }
}

impl Reaper<'_> {
    /// Reserves a stack for its end, where no budget is exceeded.
    pub(super) async fn reserve(self, task: &ReaperTask) -> Result<Admission, ServiceError> {
        let budgets = &self.service.config.reaper.budgets;
        let ReaperReason::Due(deadline) = &task.why else {
            return Ok(Admission::Free);
        };
        if budgets.is_empty() {
            return Ok(Admission::Free);
        }
        let (run, process) = (RunId::random(), process::current());
        let refusal: Mutex<Option<Admission>> = Mutex::new(None);
        let refuse = |admission| {
            if let Ok(mut refused) = refusal.lock() {
                *refused = Some(admission);
            }
        };
        let decided: Result<(), ServiceError> = self
            .service
            .retry_on_conflict("the reaper's log", || async {
                // The log first: if another reaper reserves a stack after this, the append fails.
                let status = self.service.ledger.reaper().await?;
                let leases = self.service.ledger.leases(Scope::Live).await?;
                let now = self.service.now();
                let other = status.reserved.get(&task.name);
                if let Some(other) = other.filter(|other| is_alive(other, now)) {
                    let host = &other.process.host;
                    let why = format!("another reaper on {host} is about to end it");
                    refuse(Admission::Elsewhere(why));
                    return Ok(Some(()));
                }
                let mut ending = ending_stacks(&leases, &status, now);
                ending.remove(&task.name);
                if let Some(deferred) = deferral(budgets, deadline.cause, &ending, now) {
                    refuse(Admission::Deferred(deferred));
                    return Ok(Some(()));
                }
                let event = ReaperEvent {
                    seq: status.last_seq,
                    at: now,
                    actor: self.service.actor.clone(),
                    kind: ReaperEventKind::EndReserved {
                        run: run.clone(),
                        stack: task.name.clone(),
                        reason: task.why.as_str().to_owned(),
                        process: process.clone(),
                    },
                };
                let appended = self
                    .service
                    .ledger
                    .append_reaper(status.last_seq, vec![event]);
                match appended.await {
                    Ok(_) => Ok(Some(())),
                    Err(error) if error.is_raced() => Ok(None),
                    Err(error) => Err(error.into()),
                }
            })
            .await;
        decided?;
        let refused = refusal.into_inner().unwrap_or_default();
        Ok(refused.unwrap_or(Admission::Reserved(run)))
    }

    /// Releases a reservation: the teardown has ended, or did not start.
    pub(super) async fn release(self, run: &RunId, stack: &StackName) -> Result<(), ServiceError> {
        let released = |status: &ReaperStatus, _| {
            let reserved = status.reserved.get(stack)?;
            (reserved.run == *run).then(|| ReaperEventKind::EndReleased {
                run: run.clone(),
                stack: stack.clone(),
            })
        };
        self.change_reaper(released).await.map(|_| ())
    }

    /// Why the budgets no longer let a reserved stack end: a window may have begun while its
    /// teardown was planned.
    pub(super) async fn deferral_since(
        self,
        task: &ReaperTask,
    ) -> Result<Option<BudgetDeferral>, ServiceError> {
        let budgets = &self.service.config.reaper.budgets;
        let ReaperReason::Due(deadline) = &task.why else {
            return Ok(None);
        };
        if budgets.is_empty() {
            return Ok(None);
        }
        let status = self.service.ledger.reaper().await?;
        let leases = self.service.ledger.leases(Scope::Live).await?;
        let now = self.service.now();
        let mut ending = ending_stacks(&leases, &status, now);
        ending.remove(&task.name);
        Ok(deferral(budgets, deadline.cause, &ending, now))
    }
}
