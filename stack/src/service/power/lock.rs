//! The lock of a sleep or a wake: the ledger records which process works on the stack, and no other
//! starts while that one is alive.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::SleepError;
use crate::lease::{Event, EventKind, Lease, Operator};
use crate::process;
use crate::service::liveness::{SILENCE_LIMIT, active_operation};
use crate::service::{Power, Service, ServiceError};
use crate::sleep;
use crate::values::id::{RunId, Seq, StackName};

/// How often the lock's heartbeat is recorded: several times within the silence after which another
/// process takes over.
const BEAT: SignedDuration = SignedDuration::from_mins(2);

/// The lock of an operation: only its holder stops and starts anything.
pub(super) struct OperationLock<'a> {
    service: &'a Service,
    stack: &'a StackName,
    run: RunId,
    heard_at: Timestamp,
}

impl<'a> Power<'a> {
    /// Refuses to start while another operation is alive.
    pub(super) fn refuse_during_operation(self, lease: &Lease) -> Result<(), SleepError> {
        match active_operation(lease, self.service.now()) {
            Some(turn) => Err(SleepError::Running {
                stack: lease.name.clone(),
                by: turn.by.clone(),
                host: turn.operator.process.host.clone(),
                pid: turn.operator.process.pid,
                since: turn.started_at,
            }),
            None => Ok(()),
        }
    }

    /// Takes the lock by recording the intent, which contains the sizes that the ledger does not
    /// have yet. `None`: another operation ran since `before` was read, so what was read of the
    /// cloud is out of date.
    pub(super) async fn begin_operation(
        self,
        before: &'a Lease,
        intent: impl Fn(&BTreeMap<String, Value>, Box<Operator>) -> EventKind + Send + Sync,
    ) -> Result<Option<(Lease, OperationLock<'a>)>, SleepError> {
        let stack = &before.name;
        let operator = Operator {
            run: RunId::random(),
            process: process::current(),
        };
        let taken = self.service.retry_on_conflict(stack, || async {
            let lease = self.service.live(stack).await?;
            self.refuse_during_operation(&lease)?;
            let now = self.service.now();
            let events = self.service.ledger.events(stack, Seq::NONE).await;
            let events = events.map_err(ServiceError::from)?;
            let since = |event: &&Event| event.seq > before.last_seq();
            if events.iter().filter(since).any(is_of_a_turn) {
                return Ok::<_, SleepError>(Some(None));
            }
            let intent = intent(&sleep::prior(&events), Box::new(operator.clone()));
            let written = self
                .service
                .append(stack, lease.last_seq(), now, vec![intent]);
            Ok(written.await?.map(Some))
        });
        let keeping = |lease: Lease| {
            let heard_at = self.service.now();
            let run = operator.run.clone();
            let keeping = OperationLock {
                service: self.service,
                stack,
                run,
                heard_at,
            };
            (lease, keeping)
        };
        Ok(taken.await?.map(keeping))
    }
}

impl OperationLock<'_> {
    /// Checks that the lock is still ours, and records a heartbeat from time to time. If the ledger
    /// is unreachable for a moment, the lock is kept; after a long time, another process may have
    /// it.
    pub(super) async fn keep(&mut self) -> Result<(), SleepError> {
        let now = self.service.now();
        let silent = now.duration_since(self.heard_at);
        let alive = |lease: &Lease, _| {
            let ours = self.holds(lease) && silent >= BEAT;
            let run = self.run.clone();
            Ok(ours
                .then_some(EventKind::PowerOperationAlive { run })
                .into_iter()
                .collect())
        };
        match self.service.change(self.stack, alive).await {
            Ok(lease) if self.holds(&lease) => {
                if silent >= BEAT {
                    self.heard_at = now;
                }
                Ok(())
            }
            Ok(_) | Err(ServiceError::Unknown { .. }) => Err(self.lost()),
            Err(error) if silent > BEAT * 2 => Err(error.into()),
            Err(_) => Ok(()),
        }
    }

    /// Records the end of the operation.
    pub(super) async fn done(&self, kind: EventKind) -> Result<Lease, SleepError> {
        let stack = self.stack;
        self.service
            .retry_on_conflict(stack, || async {
                let lease = self.service.live(stack).await?;
                if !self.holds(&lease) {
                    return Err(self.lost());
                }
                let (seq, now) = (lease.last_seq(), self.service.now());
                Ok(self
                    .service
                    .append(stack, seq, now, vec![kind.clone()])
                    .await?)
            })
            .await
    }

    /// Records that the operation failed. If that fails too, the next process finds this one dead
    /// or silent.
    pub(super) async fn failed(&self, reason: String) {
        let failed = |lease: &Lease, _| {
            let (run, reason) = (self.run.clone(), reason.clone());
            let failed = EventKind::PowerOperationFailed { run, reason };
            Ok(self.holds(lease).then_some(failed).into_iter().collect())
        };
        if let Err(error) = self.service.change(self.stack, failed).await {
            tracing::debug!(stack = %self.stack, %error, "could not record the end of a sleep or a wake");
        }
    }

    fn holds(&self, lease: &Lease) -> bool {
        let turn = lease.power_operation.as_ref();
        turn.is_some_and(|turn| turn.operator.run == self.run)
    }

    fn lost(&self) -> SleepError {
        SleepError::Lost {
            stack: self.stack.clone(),
            silent: SILENCE_LIMIT,
        }
    }
}

/// Whether an event belongs to a sleep or a wake.
fn is_of_a_turn(event: &Event) -> bool {
    use EventKind as E;
    matches!(
        event.kind,
        E::SleepStarted { .. }
            | E::Slept
            | E::WakeStarted { .. }
            | E::Woken
            | E::PowerOperationAlive { .. }
            | E::PowerOperationFailed { .. }
    )
}
