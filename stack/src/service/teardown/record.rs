//! What a runner writes: events to the ledger, and steps to its progress file and its listener.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use super::error::TeardownError;
use super::plan::TeardownPlan;
use super::progress::Progress;
use super::runner::Runner;
use super::sweep::{Settlement, SweepPlan};
use super::{Condition, OnProgress, TeardownRequest};
use crate::cloud::ResourceId;
use crate::lease::{EventKind, Lease};
use crate::process;
use crate::service::{Service, ServiceError, Teardowns};
use crate::values::id::{RunId, StackName};

/// How often a runner records a heartbeat.
const HEARTBEAT_INTERVAL: SignedDuration = SignedDuration::from_secs(30);

/// How often a runner that waits checks whether a heartbeat is due.
const HEARTBEAT_CHECK: Duration = Duration::from_secs(1);

/// How long a runner waits for a ledger that cannot be written, before it begins no more deletes.
/// It is less than the silence after which another process takes over.
const LEDGER_PATIENCE: Duration = Duration::from_secs(120);

/// The pause before a runner tries again to write what it is about to delete.
const LEDGER_RETRY: Duration = Duration::from_secs(1);

/// Writes each step to the progress file and to the listener.
pub(super) struct ProgressWriter<'a> {
    file: File,
    listener: &'a OnProgress<'a>,
}

impl<'a> ProgressWriter<'a> {
    pub(super) fn new(file: File, listener: &'a OnProgress<'a>) -> Self {
        Self { file, listener }
    }

    /// Writes one step. A reader sees a whole line or none. A full disk does not stop a teardown.
    pub(super) fn write(&mut self, step: &Progress) {
        if let Ok(mut line) = serde_json::to_vec(step) {
            line.push(b'\n');
            let _ = self.file.write_all(&line);
        }
        (self.listener)(step);
    }
}

/// Writes a runner's events to the ledger. It keeps what it could not write and tries again with
/// the next event: deletes that have begun continue whether or not the ledger can be written.
///
/// A runner that was silent may find that another one has taken its teardown over. Then it writes
/// nothing more: the other runner records what it finds.
pub(super) struct Recorder<'a> {
    service: &'a Service,
    stack: &'a StackName,
    run: &'a RunId,
    is_replaced: bool,
    unwritten: Vec<EventKind>,
    failure: Option<ServiceError>,
    alive_at: Timestamp,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(service: &'a Service, plan: &'a TeardownPlan) -> Self {
        Self {
            service,
            stack: &plan.name,
            run: &plan.run,
            is_replaced: false,
            unwritten: Vec::new(),
            failure: None,
            alive_at: service.now(),
        }
    }

    pub(super) async fn write(&mut self, kinds: impl IntoIterator<Item = EventKind>) {
        self.unwritten.extend(kinds);
        if self.unwritten.is_empty() || self.is_replaced {
            return;
        }
        let (kinds, run) = (&self.unwritten, self.run);
        let is_replaced = AtomicBool::new(false);
        let decide = |lease: &Lease, _| {
            is_replaced.store(!is_run_of(lease, run), Ordering::Relaxed);
            Ok(match is_run_of(lease, run) {
                true => kinds.clone(),
                false => Vec::new(),
            })
        };
        let written = self.service.change(self.stack, decide).await;
        self.is_replaced =
            is_replaced.into_inner() || matches!(written, Err(ServiceError::Unknown { .. }));
        match written {
            _ if self.is_replaced => {
                self.unwritten.clear();
                self.failure = None;
            }
            Ok(_) => {
                self.unwritten.clear();
                self.failure = None;
                self.alive_at = self.service.now();
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Records that the runner is alive, when a heartbeat is due.
    pub(super) async fn heartbeat(&mut self) {
        if self.service.now().duration_since(self.alive_at) >= HEARTBEAT_INTERVAL {
            let heartbeat = EventKind::TeardownAlive {
                deleting: Vec::new(),
            };
            // The new heartbeat replaces one that could not be written.
            self.unwritten.retain(|kind| *kind != heartbeat);
            self.alive_at = self.service.now();
            self.write([heartbeat]).await;
        }
    }

    /// Whether another runner has taken the teardown over.
    pub(super) fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// Makes sure that this run still is the one in the ledger: time may have passed since it
    /// recorded its intent.
    pub(super) async fn check_not_replaced(&mut self) -> Result<(), TeardownError> {
        let lease = self.service.ledger.lease(self.stack).await?;
        self.is_replaced |= lease.is_none_or(|lease| !is_run_of(&lease, self.run));
        self.refuse_if_replaced()
    }

    /// An error if another runner has taken the teardown over.
    pub(super) fn refuse_if_replaced(&self) -> Result<(), TeardownError> {
        match self.is_replaced {
            true => Err(TeardownError::Replaced {
                stack: self.stack.clone(),
            }),
            false => Ok(()),
        }
    }

    /// Records which resources the runner deletes next, and says whether it may. If the ledger
    /// cannot be written, for example on a full disk, it tries again for a while. A delete without
    /// a record would be lost if the runner ended now.
    pub(super) async fn intend(&mut self, ids: &[ResourceId]) -> bool {
        if ids.is_empty() {
            return true;
        }
        let deleting = ids.iter().map(ToString::to_string).collect();
        self.write([EventKind::TeardownAlive { deleting }]).await;
        let until = Instant::now() + LEDGER_PATIENCE;
        while !self.unwritten.is_empty() && Instant::now() < until {
            tokio::time::sleep(LEDGER_RETRY).await;
            self.write([]).await;
        }
        self.unwritten.is_empty()
    }

    /// Records what of earlier runs is gone.
    pub(super) async fn settle(&mut self, settlement: &Settlement) -> Result<(), ServiceError> {
        if settlement.resolved.is_empty() {
            return Ok(());
        }
        if let Some(lease) = self.service.ledger.lease(self.stack).await? {
            self.write(settlement.events(&lease)).await;
        }
        Ok(())
    }

    /// Makes sure that every event is in the ledger.
    pub(super) async fn settled(mut self) -> Result<(), TeardownError> {
        if !self.unwritten.is_empty() {
            self.write([]).await;
        }
        self.refuse_if_replaced()?;
        self.failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Whether a run carries out the teardown that is in progress.
fn is_run_of(lease: &Lease, run: &RunId) -> bool {
    let teardown = lease.teardown.as_ref();
    teardown.is_some_and(|teardown| teardown.run == *run)
}

/// Waits for a result while the recorder keeps the runner's heartbeat going.
pub(super) async fn with_heartbeat<T>(
    work: impl Future<Output = T>,
    recorder: &mut Recorder<'_>,
) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        tokio::select! {
            result = &mut work => return result,
            () = tokio::time::sleep(HEARTBEAT_CHECK) => recorder.heartbeat().await,
        }
    }
}

impl Teardowns<'_> {
    /// Records that the teardown begins, if no runner is alive. Decides again after each lost race.
    /// A sweep may be of a stack that has no live lease: the sweep gives it one, so that its end is
    /// recorded.
    pub(super) async fn begin_teardown(
        self,
        plan: &TeardownPlan,
        request: &TeardownRequest,
        runs: &Path,
        sweep: Option<&SweepPlan>,
    ) -> Result<(), TeardownError> {
        let stack = &plan.name;
        self.service
            .retry_on_conflict(stack, || async {
                let now = self.service.now();
                let lease = self.service.ledger.lease(stack).await?;
                let (seq, mut kinds) = match (lease, sweep) {
                    (Some(lease), _) if lease.is_live() => {
                        self.may_begin(plan, request, runs, &lease, sweep).await?;
                        (lease.last_seq(), Vec::new())
                    }
                    (lease, Some(sweep)) => {
                        // Without a live lease, the plan says whether the name must be typed.
                        if plan.protected && request.confirmed.as_ref() != Some(stack) {
                            let stack = stack.clone();
                            return Err(TeardownError::Unconfirmed { stack });
                        }
                        let seq = lease.as_ref().map(Lease::last_seq).unwrap_or_default();
                        (seq, sweep.opening_events())
                    }
                    (_, None) => return Err(self.service.unknown(stack).into()),
                };
                kinds.push(EventKind::TeardownStarted {
                    strategy: plan.method.strategy(),
                    by: request.by.clone(),
                    why: request.why.clone(),
                    run: plan.run.clone(),
                    host: process::host(),
                    pid: std::process::id(),
                });
                let written = self.service.append(stack, seq, now, kinds).await?;
                Ok(written.map(|_| ()))
            })
            .await
    }

    /// Checks whether the teardown of a stack with a live lease may begin.
    pub(super) async fn may_begin(
        self,
        plan: &TeardownPlan,
        request: &TeardownRequest,
        runs: &Path,
        lease: &Lease,
        sweep: Option<&SweepPlan>,
    ) -> Result<(), TeardownError> {
        let stack = || plan.name.clone();
        Runner::refuse(lease, runs, self.service.now())?;
        if sweep.is_some_and(SweepPlan::is_adoption) {
            // A stack of this name was registered after the plan was made.
            return Err(TeardownError::AnotherHere {
                stack: stack(),
                app: lease.app.clone(),
                owner: lease.owner.clone(),
            });
        }
        let confirmed = request.confirmed.as_ref() == Some(&plan.name);
        if !confirmed && self.protects(lease).await? {
            return Err(TeardownError::Unconfirmed { stack: stack() });
        }
        let condition = request.only_while.as_ref();
        if condition.is_some_and(|Condition(holds)| !holds(lease)) {
            return Err(TeardownError::NoLongerDue { stack: stack() });
        }
        Ok(())
    }
}
