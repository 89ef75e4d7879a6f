//! What a runner writes: events into the ledger, steps into its progress file, and the same steps to whoever listens.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};

use super::error::TeardownError;
use super::plan::Plan;
use super::progress::Progress;
use super::runner::Runner;
use super::{Condition, OnProgress, Request};
use crate::id::StackName;
use crate::lease::{EventKind, Strategy};
use crate::process;
use crate::service::pause::Pauses;
use crate::service::{DECISIONS, Service, ServiceError};

/// How often a runner says that it lives.
const HEARTBEAT: SignedDuration = SignedDuration::from_secs(30);

/// Tells each step to the progress file and to whoever listens.
pub(super) struct Teller<'a> {
    file: File,
    listener: &'a OnProgress<'a>,
}

impl<'a> Teller<'a> {
    pub(super) fn new(file: File, listener: &'a OnProgress<'a>) -> Self {
        Self { file, listener }
    }

    /// A step. Whoever follows gets a whole line or none; a full disk stops no teardown.
    pub(super) fn tell(&mut self, step: &Progress) {
        if let Ok(mut line) = serde_json::to_vec(step) {
            line.push(b'\n');
            let _ = self.file.write_all(&line);
        }
        (self.listener)(step);
    }
}

/// Writes a runner's events. What can't be written is kept and tried again with the next one: Terraform goes on deleting
/// whether the ledger can be written or not.
pub(super) struct Recorder<'a> {
    service: &'a Service,
    stack: &'a StackName,
    unwritten: Vec<EventKind>,
    failure: Option<ServiceError>,
    heard_at: Timestamp,
}

impl<'a> Recorder<'a> {
    pub(super) fn new(service: &'a Service, stack: &'a StackName) -> Self {
        Self {
            service,
            stack,
            unwritten: Vec::new(),
            failure: None,
            heard_at: service.now(),
        }
    }

    pub(super) async fn write(&mut self, kinds: impl IntoIterator<Item = EventKind>) {
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
    pub(super) async fn beat(&mut self) {
        if self.service.now().duration_since(self.heard_at) >= HEARTBEAT {
            // One that could not be written is not worth another try: the next one says the same.
            self.unwritten
                .retain(|kind| *kind != EventKind::TeardownAlive);
            self.heard_at = self.service.now();
            self.write([EventKind::TeardownAlive]).await;
        }
    }

    /// That everything is in the ledger.
    pub(super) async fn settled(mut self) -> Result<(), TeardownError> {
        if !self.unwritten.is_empty() {
            self.write([]).await;
        }
        self.failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Service {
    /// Writes that the teardown begins, on condition that no runner lives; decides again after each lost race.
    pub(super) async fn begin_teardown(
        &self,
        plan: &Plan,
        request: &Request,
        runs: &Path,
    ) -> Result<(), TeardownError> {
        let stack = &plan.name;
        let mut pauses = Pauses::short();
        for _ in 0..DECISIONS {
            let lease = self.live(stack).await?;
            let now = self.now();
            Runner::refuse(&lease, runs, now)?;
            if self.protects(&lease) && request.confirmed.as_ref() != Some(stack) {
                return Err(TeardownError::Unconfirmed {
                    stack: stack.clone(),
                });
            }
            let condition = request.only_while.as_ref();
            if condition.is_some_and(|Condition(holds)| !holds(&lease)) {
                return Err(TeardownError::NoLongerWanted {
                    stack: stack.clone(),
                });
            }
            let started = EventKind::TeardownStarted {
                strategy: Strategy::Terraform,
                by: request.by.clone(),
                why: request.why.clone(),
                run: plan.run.clone(),
                host: process::host(),
                pid: std::process::id(),
            };
            let seq = lease.last_seq();
            if self.append(stack, seq, now, vec![started]).await?.is_some() {
                return Ok(());
            }
            pauses.once_more().await;
        }
        Err(self.crowded(stack).into())
    }
}
