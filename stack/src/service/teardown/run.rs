//! Carrying a plan out: intent into the ledger, the saved plan through Terraform, what became of it into the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::error::TeardownError;
use super::plan::{PlannedDeletion, TeardownPlan};
use super::prepare::{PreparedTeardown, Saved};
use super::progress::{DeletedResource, Progress, Residue, TeardownOutcome};
use super::record::{ProgressWriter, Recorder};
use super::residue::{self, ApplyErrors};
use super::{OnProgress, StopSignal, TeardownRequest};
use crate::lease::{EventKind, Lease, Strategy};
use crate::process;
use crate::service::Service;
use crate::service::teardown::sweep::{TeardownFacts, beating, command as sweep_command, tidied};
use crate::sweep::StackIdentity;
use crate::terraform::{Applying, Line, Terraform, TerraformError};

/// How often it is looked for new lines.
const LOOK: Duration = Duration::from_millis(50);

/// What a run did.
#[derive(Default)]
struct RunResult {
    deleted: Vec<DeletedResource>,
    /// What an earlier run has deleted, which nobody had written down.
    finished: BTreeSet<String>,
    heard: ApplyErrors,
    /// Why Terraform failed; `None` when it ended well or was not needed.
    failure: Option<TerraformError>,
}

impl Service {
    /// Carries out what was planned: writes the intent, applies the saved plan and no other, and writes what was
    /// deleted, what is left, and `gone` when nothing is. This process is the runner: while it lives nobody else acts.
    /// Each step is told to `progress` and written into the run's progress file.
    ///
    /// # Errors
    /// Nothing was deleted when it is [`TeardownError::Blocked`], [`TeardownError::Unconfirmed`],
    /// [`TeardownError::Running`], [`TeardownError::NotAsShown`], [`TeardownError::Stale`] or
    /// [`TeardownError::Terraform`]. What is left after a delete is no error but the outcome's residue.
    pub async fn teardown(
        &self,
        prepared: PreparedTeardown,
        request: &TeardownRequest,
        progress: &OnProgress<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let PreparedTeardown { plan, saved } = prepared;
        let mut teller = ProgressWriter::new(saved.folder.progress()?, progress);
        let ended = self
            .carry_out(&plan, &saved, request, &mut teller, stop)
            .await;
        saved.folder.tidy();
        teller.tell(&match &ended {
            Ok(outcome) => Progress::Done(outcome.clone()),
            Err(error) => Progress::Failed {
                reason: saved.mask.line(&error.to_string()),
                refused: error.is_refusal(),
            },
        });
        ended
    }

    async fn carry_out(
        &self,
        plan: &TeardownPlan,
        saved: &Saved,
        request: &TeardownRequest,
        teller: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let stack = &plan.name;
        if !plan.may_proceed() {
            return Err(TeardownError::Blocked {
                stack: stack.clone(),
                blockers: plan.blockers.clone(),
            });
        }
        let applies = !plan.digest.is_empty();
        if applies && saved.folder.digest()? != plan.digest {
            return Err(TeardownError::NotAsShown {
                stack: stack.clone(),
            });
        }
        saved.folder.claim()?;
        let sweep = saved.sweep.as_ref();
        self.begin_teardown(plan, request, &saved.runs, sweep.map(|(kept, _)| kept))
            .await?;
        teller.tell(&Progress::Started {
            name: stack.clone(),
            run: plan.run.clone(),
            host: process::host(),
            pid: std::process::id(),
            count: plan.count(),
        });
        if let Some((kept, timing)) = sweep {
            return self.sweep(plan, kept, timing, teller, stop).await;
        }
        let mut recorder = Recorder::new(self, stack);
        let mut ran = RunResult::default();
        ran.finished.extend(saved.folder.finished());
        let finished = ran.finished.iter().cloned();
        recorder
            .write(finished.map(|id| EventKind::ResourceDeleted { id }))
            .await;
        if let Some(terraform) = saved.terraform.as_ref().filter(|_| applies) {
            match terraform.apply(&saved.folder.plan(), saved.folder.path()) {
                Ok(applying) => {
                    saved.folder.note_terraform(applying.pid());
                    let following = ApplyFollower {
                        plan,
                        saved,
                        stop,
                        remaining: counts(plan),
                        ran: &mut ran,
                    };
                    let failure = following.follow(applying, &mut recorder, teller).await;
                    // It can no longer be told what Terraform does: this runner ends, and the next one takes over.
                    ran.failure = failure.map_err(|error| failed(plan, error))?;
                }
                Err(error) => ran.failure = Some(error),
            }
        }
        self.conclude_destroy(plan, saved, ran, recorder, teller)
            .await
    }

    /// What became of it, into the ledger.
    async fn conclude_destroy(
        &self,
        plan: &TeardownPlan,
        saved: &Saved,
        ran: RunResult,
        mut recorder: Recorder<'_>,
        teller: &mut ProgressWriter<'_>,
    ) -> Result<TeardownOutcome, TeardownError> {
        let attempted = !ran.deleted.is_empty() || !ran.heard.errored.is_empty();
        if let Some(error) = ran.failure.clone().filter(|_| !attempted) {
            let reason = error.to_string();
            let lease = self.ledger.lease(&plan.name).await?;
            let mut kinds = lease
                .map(|lease| reached(&lease, &reason))
                .unwrap_or_default();
            kinds.push(EventKind::TeardownFailed { reason });
            recorder.write(kinds).await;
            recorder.settled().await?;
            return Err(match error {
                TerraformError::Stale => TeardownError::Stale {
                    stack: plan.name.clone(),
                },
                error => failed(plan, error),
            });
        }
        let residue = match &saved.terraform {
            Some(terraform) => left(terraform, plan, saved, &ran).await,
            None => Vec::new(),
        };
        let residue = if residue.is_empty() && ran.failure.is_none() {
            self.look_after_destroy(plan, saved, &ran, &mut recorder, teller)
                .await?
        } else {
            residue
        };
        if residue.is_empty() {
            recorder.write([EventKind::Gone]).await;
        } else {
            let gone = plan.already_gone.iter().map(|one| one.id.clone());
            let gone = gone.filter(|id| !ran.finished.contains(id));
            recorder
                .write(gone.map(|id| EventKind::ResourceDeleted { id }))
                .await;
            if let Some(lease) = self.ledger.lease(&plan.name).await? {
                recorder.write(tidied(&lease, &residue)).await;
            }
            recorder.write(residue.iter().map(as_event)).await;
            let count = residue.len();
            let reason = match &ran.failure {
                Some(error) => format!("{count} left: {error}"),
                None => format!("{count} left"),
            };
            let reason = saved.mask.reason(&reason);
            recorder.write([EventKind::TeardownFailed { reason }]).await;
        }
        recorder.settled().await?;
        Ok(TeardownOutcome {
            name: plan.name.clone(),
            strategy: Strategy::Terraform,
            deleted: ran.deleted,
            residue,
        })
    }
}

impl Service {
    /// Whether anything is left after a destroy that ended well.
    async fn look_after_destroy(
        &self,
        plan: &TeardownPlan,
        saved: &Saved,
        ran: &RunResult,
        recorder: &mut Recorder<'_>,
        teller: &mut ProgressWriter<'_>,
    ) -> Result<Vec<Residue>, TeardownError> {
        let Some(lease) = self.ledger.lease(&plan.name).await? else {
            return Ok(Vec::new());
        };
        if self.config.accounts.is_empty() {
            return Ok(Vec::new());
        }
        teller.tell(&Progress::Looking);
        let deleted = ran.deleted.iter();
        let before = TeardownFacts {
            deleted: deleted.filter_map(|one| one.resource_id.clone()).collect(),
            ..TeardownFacts::default()
        };
        let stack = StackIdentity::of_lease(&lease);
        let command = sweep_command(&plan.name, self.protects(&lease));
        let look = self.verify_gone(&stack, &before, &saved.timing, &command);
        Ok(beating(look, recorder).await.residue)
    }
}

/// What is left after a destroy. Only a state that was read and is empty says that nothing is.
async fn left(
    terraform: &Terraform,
    plan: &TeardownPlan,
    saved: &Saved,
    ran: &RunResult,
) -> Vec<Residue> {
    let deleted: Vec<String> = ran.deleted.iter().map(|one| one.id.clone()).collect();
    let state = terraform.state().await;
    let left = residue::left(plan, state.as_ref().ok(), &deleted, &ran.heard, &saved.mask);
    match state {
        Err(error) if left.is_empty() => {
            vec![residue::state_not_read(
                plan,
                &saved.mask.reason(&error.to_string()),
            )]
        }
        _ => left,
    }
}

/// An apply that is followed.
struct ApplyFollower<'a> {
    plan: &'a TeardownPlan,
    saved: &'a Saved,
    stop: &'a StopSignal,
    /// How many objects of each address are still to go: deposed ones have the same address.
    remaining: BTreeMap<String, usize>,
    ran: &'a mut RunResult,
}

impl ApplyFollower<'_> {
    /// Until it ends; answers why it failed, if it did.
    async fn follow(
        mut self,
        mut applying: Applying,
        recorder: &mut Recorder<'_>,
        teller: &mut ProgressWriter<'_>,
    ) -> Result<Option<TerraformError>, TerraformError> {
        loop {
            // In this order: what it said before it ended is read after it was seen to have ended.
            let ended = applying.ended()?;
            for line in applying.lines()? {
                self.line(line, recorder, teller).await;
            }
            if self.stop.is_asked() && !self.ran.heard.stopped {
                applying.interrupt();
                self.ran.heard.stopped = true;
                teller.tell(&Progress::Stopping);
            }
            match ended {
                Some(true) => return Ok(None),
                Some(false) => {
                    let diagnostics = &self.ran.heard.diagnostics;
                    return Ok(Some(applying.failure(diagnostics, &self.saved.mask)));
                }
                None => recorder.beat().await,
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn line(
        &mut self,
        line: Line,
        recorder: &mut Recorder<'_>,
        teller: &mut ProgressWriter<'_>,
    ) {
        match line {
            Line::Started(hook) => teller.tell(&Progress::ResourceStarted {
                id: hook.address,
                kind: hook.kind,
            }),
            Line::Progress(hook) => teller.tell(&Progress::ResourceProgress {
                id: hook.address,
                kind: hook.kind,
                seconds: hook.seconds,
            }),
            Line::Deleted(hook) => {
                if let Some(remaining) = self.remaining.get_mut(&hook.address) {
                    *remaining = remaining.saturating_sub(1);
                    if *remaining > 0 {
                        return;
                    }
                }
                let id = hook.address.clone();
                recorder.write([EventKind::ResourceDeleted { id }]).await;
                let planned = self
                    .plan
                    .resources
                    .iter()
                    .find(|one| one.id == hook.address);
                let doomed = planned.cloned().unwrap_or(PlannedDeletion {
                    id: hook.address,
                    kind: hook.kind,
                    objects: 1,
                    ..PlannedDeletion::default()
                });
                let deleted = DeletedResource::of(doomed, hook.seconds);
                teller.tell(&Progress::ResourceDeleted(deleted.clone()));
                self.ran.deleted.push(deleted);
            }
            Line::Errored(hook) => {
                teller.tell(&Progress::ResourceFailed {
                    id: hook.address.clone(),
                    kind: hook.kind.clone(),
                    seconds: hook.seconds,
                });
                self.ran.heard.errored.insert(hook.address, hook.kind);
            }
            Line::Diagnostic(diagnostic) => self.ran.heard.diagnostics.push(diagnostic),
        }
    }
}

fn counts(plan: &TeardownPlan) -> BTreeMap<String, usize> {
    let each = plan
        .resources
        .iter()
        .map(|one| (one.id.clone(), one.objects));
    each.collect()
}

/// The reason under which it is said that a stack can't be ended from this machine.
pub(in crate::service) const UNREACHABLE: &str = "origin_unreachable";

/// That the place where a stack was applied was reached after all, and why it could not be ended there: what was said of
/// it before is no longer so.
pub(in crate::service) fn reached(lease: &Lease, reason: &str) -> Vec<EventKind> {
    let said = lease.residue.iter();
    let said = said.filter(|(_, left)| left.reason == UNREACHABLE);
    said.map(|(id, _)| EventKind::ResourceLeft {
        id: id.clone(),
        reason: reason.to_owned(),
        blocked_by: None,
    })
    .collect()
}

/// Residue, as the ledger has it.
pub(in crate::service) fn as_event(residue: &Residue) -> EventKind {
    EventKind::ResourceLeft {
        id: residue.id.clone(),
        reason: residue.reason.clone(),
        blocked_by: residue.blocked_by.clone(),
    }
}

fn failed(plan: &TeardownPlan, error: TerraformError) -> TeardownError {
    TeardownError::Terraform {
        stack: plan.name.clone(),
        error,
    }
}
