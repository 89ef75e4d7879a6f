//! What a runner writes: events into the ledger, steps into its progress file, and the same steps to whoever listens.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::error::TeardownError;
use super::plan::TeardownPlan;
use super::progress::Progress;
use super::runner::Runner;
use super::{Condition, OnProgress, TeardownRequest};
use crate::lease::{EventKind, Lease};
use crate::process;
use crate::service::teardown::sweep::SweepPlan;
use crate::service::{Service, ServiceError};
use crate::values::id::StackName;

/// How often a runner says that it lives.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);

/// Tells each step to the progress file and to whoever listens.
pub(in crate::service) struct ProgressWriter<'a> {
    file: File,
    listener: &'a OnProgress<'a>,
}

impl<'a> ProgressWriter<'a> {
    pub(in crate::service) fn new(file: File, listener: &'a OnProgress<'a>) -> Self {
        Self { file, listener }
    }

    /// A step. Whoever follows gets a whole line or none; a full disk stops no teardown.
    pub(in crate::service) fn tell(&mut self, step: &Progress) {
        if let Ok(mut line) = serde_json::to_vec(step) {
            line.push(b'\n');
            let _ = self.file.write_all(&line);
        }
        (self.listener)(step);
    }
}

/// Writes a runner's events. What can't be written is kept and tried again with the next one: Terraform goes on deleting
/// whether the ledger can be written or not.
pub(in crate::service) struct Recorder<'a> {
    service: &'a Service,
    stack: &'a StackName,
    unwritten: Vec<EventKind>,
    failure: Option<ServiceError>,
    heard_at: Timestamp,
}

impl<'a> Recorder<'a> {
    pub(in crate::service) fn new(service: &'a Service, stack: &'a StackName) -> Self {
        Self {
            service,
            stack,
            unwritten: Vec::new(),
            failure: None,
            heard_at: service.now(),
        }
    }

    pub(in crate::service) async fn write(&mut self, kinds: impl IntoIterator<Item = EventKind>) {
        self.unwritten.extend(kinds);
        if self.unwritten.is_empty() {
            return;
        }
        let kinds = &self.unwritten;
        match self
            .service
            .change(self.stack, |_, _| Ok(kinds.clone()))
            .await
        {
            Ok(_) => {
                self.unwritten.clear();
                self.failure = None;
                self.heard_at = self.service.now();
            }
            Err(error) => self.failure = Some(error),
        }
    }

    /// Says that the runner lives, when that is due.
    pub(in crate::service) async fn beat(&mut self) {
        if self.service.now().duration_since(self.heard_at) >= HEARTBEAT {
            // One that could not be written is not worth another try: the next one says the same.
            self.unwritten
                .retain(|kind| *kind != EventKind::TeardownAlive);
            self.heard_at = self.service.now();
            self.write([EventKind::TeardownAlive]).await;
        }
    }

    /// That everything is in the ledger.
    pub(in crate::service) async fn settled(mut self) -> Result<(), TeardownError> {
        if !self.unwritten.is_empty() {
            self.write([]).await;
        }
        self.failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Service {
    /// Writes that the teardown begins, on condition that no runner lives; decides again after each lost race. A sweep
    /// may be of a stack that has no lease any more, or never had one: it is given one, so that its end is written down.
    pub(super) async fn begin_teardown(
        &self,
        plan: &TeardownPlan,
        request: &TeardownRequest,
        runs: &Path,
        sweep: Option<&SweepPlan>,
    ) -> Result<(), TeardownError> {
        let stack = &plan.name;
        self.retry_on_conflict(stack, || async {
            let now = self.now();
            let lease = self.ledger.lease(stack).await?;
            let (seq, mut kinds) = match (lease, sweep) {
                (Some(lease), _) if lease.is_live() => {
                    self.may_begin(plan, request, runs, &lease, sweep)?;
                    (lease.last_seq(), Vec::new())
                }
                (lease, Some(sweep)) => {
                    // Its plan says whether it wants its name typed.
                    if plan.protected && request.confirmed.as_ref() != Some(stack) {
                        let stack = stack.clone();
                        return Err(TeardownError::Unconfirmed { stack });
                    }
                    let seq = lease.as_ref().map(Lease::last_seq).unwrap_or_default();
                    (seq, sweep.beginning())
                }
                (_, None) => return Err(self.unknown(stack).into()),
            };
            kinds.push(EventKind::TeardownStarted {
                strategy: plan.strategy,
                by: request.by.clone(),
                why: request.why.clone(),
                run: plan.run.clone(),
                host: process::host(),
                pid: std::process::id(),
            });
            let written = self.append(stack, seq, now, kinds).await?;
            Ok(written.map(|_| ()))
        })
        .await
    }

    /// Whether the teardown of a stack that lives may begin.
    fn may_begin(
        &self,
        plan: &TeardownPlan,
        request: &TeardownRequest,
        runs: &Path,
        lease: &Lease,
        sweep: Option<&SweepPlan>,
    ) -> Result<(), TeardownError> {
        let stack = || plan.name.clone();
        Runner::refuse(lease, runs, self.now())?;
        if sweep.is_some_and(SweepPlan::is_adoption) {
            // Since the plan was made somebody registered a stack of this name.
            return Err(TeardownError::AnotherHere {
                stack: stack(),
                app: lease.app.clone(),
                owner: lease.owner.clone(),
            });
        }
        if self.protects(lease) && request.confirmed.as_ref() != Some(&plan.name) {
            return Err(TeardownError::Unconfirmed { stack: stack() });
        }
        let condition = request.only_while.as_ref();
        if condition.is_some_and(|Condition(holds)| !holds(lease)) {
            return Err(TeardownError::NoLongerWanted { stack: stack() });
        }
        Ok(())
    }
}
