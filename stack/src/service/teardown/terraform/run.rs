//! Applies the saved destroy plan, follows Terraform's output, and records the outcome.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use super::apply_errors::ApplyErrors;
use super::left_in_state::{LeftInState, left_in_state};
use super::plan::SavedDestroy;
use crate::lease::{EventKind, Lease, ResidualResource, Strategy};
use crate::service::Teardowns;
use crate::service::teardown::StopSignal;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::plan::{PlannedDeletion, TeardownPlan};
use crate::service::teardown::prepare::SavedTeardown;
use crate::service::teardown::progress::{DeletedResource, Progress, TeardownOutcome};
use crate::service::teardown::record::{ProgressWriter, Recorder, with_heartbeat};
use crate::service::teardown::residue::{ORIGIN_UNREACHABLE, Residue};
use crate::service::teardown::sweep::{
    SettlementFacts, TeardownFacts, Verification, command as sweep_command,
};
use crate::sweep::StackIdentity;
use crate::terraform::{Line, RunningApply, TerraformError};

/// How often Terraform's output is checked for new lines.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// What a run did.
#[derive(Default)]
pub(super) struct RunResult {
    pub(super) deleted: Vec<DeletedResource>,
    /// What an earlier run has deleted without recording it.
    pub(super) finished: BTreeSet<String>,
    pub(super) errors: ApplyErrors,
    /// Why Terraform failed; `None` when it succeeded or did not have to run.
    pub(super) failure: Option<TerraformError>,
    /// The file with what the failed provisioners and providers said.
    pub(super) log: Option<PathBuf>,
}

impl RunResult {
    /// Whether Terraform failed and printed nothing that says why or what it did: it was killed, or
    /// its output was lost, for example on a full disk.
    fn is_unexplained(&self) -> bool {
        let has_output = !self.deleted.is_empty()
            || !self.errors.failed.is_empty()
            || !self.errors.diagnostics.is_empty();
        self.failure.is_some() && !has_output
    }
}

impl Teardowns<'_> {
    /// Applies the saved plan, after the intent was recorded.
    pub(in crate::service::teardown) async fn destroy(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        destroy: &SavedDestroy,
        progress: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let mut recorder = Recorder::new(self.service, plan);
        let mut result = RunResult::default();
        result.finished.extend(saved.folder.finished());
        let finished = result.finished.iter().cloned();
        recorder
            .write(finished.map(|id| EventKind::ResourceDeleted { id }))
            .await;
        let applies = plan.method.digest().is_some();
        if let Some(terraform) = destroy.terraform.as_ref().filter(|_| applies) {
            recorder.check_not_replaced().await?;
            let started = self.service.now();
            match terraform.apply(&saved.folder.plan(), saved.folder.path()) {
                Ok(apply) => {
                    saved.folder.note_terraform(apply.pid());
                    let follower = ApplyFollower {
                        plan,
                        saved,
                        stop,
                        remaining: object_counts(plan),
                        result: &mut result,
                    };
                    let failure = follower.follow(apply, &mut recorder, progress).await;
                    // Without Terraform's output this runner must end; the next one takes over.
                    let failure = failure.map_err(|error| failed(plan, error))?;
                    result.failure = failure.map(|error| error.without_own_request(started));
                }
                Err(error) => result.failure = Some(error),
            }
        }
        recorder.refuse_if_replaced()?;
        self.conclude_destroy(plan, saved, destroy, result, recorder, progress)
            .await
    }

    /// Records the outcome.
    async fn conclude_destroy(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        destroy: &SavedDestroy,
        mut result: RunResult,
        mut recorder: Recorder<'_>,
        progress: &mut ProgressWriter<'_>,
    ) -> Result<TeardownOutcome, TeardownError> {
        let mut left = None;
        if let (Some(terraform), true) = (&destroy.terraform, result.is_unexplained()) {
            left = Some(left_in_state(terraform, plan, saved, &result).await);
        }
        let unreported = left.as_ref().map_or(0, |left| left.unreported.len());
        let attempted =
            unreported > 0 || !result.deleted.is_empty() || !result.errors.failed.is_empty();
        if let Some(error) = result.failure.clone().filter(|_| !attempted) {
            let reason = error.to_string();
            let lease = self.service.ledger.lease(&plan.name).await?;
            let mut kinds = lease
                .map(|lease| origin_reached(&lease, &reason))
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
        let left = match (left, &destroy.terraform) {
            (Some(left), _) => left,
            (None, Some(terraform)) => left_in_state(terraform, plan, saved, &result).await,
            (None, None) => LeftInState::default(),
        };
        for planned in &left.unreported {
            let id = planned.id.clone();
            recorder.write([EventKind::ResourceDeleted { id }]).await;
            let deleted = DeletedResource::of(planned.clone(), 0);
            progress.write(&Progress::ResourceDeleted(deleted.clone()));
            result.deleted.push(deleted);
        }
        let check = if left.residue.is_empty() && result.failure.is_none() {
            self.verify_destroy(plan, saved, &result, &mut recorder, progress)
                .await?
        } else {
            let check = self.settle_destroy(plan, &result, left);
            with_heartbeat(check, &mut recorder).await?
        };
        recorder.settle(&check.settled).await?;
        let residue = check.residue;
        if residue.is_empty() {
            recorder.write([EventKind::Gone]).await;
        } else {
            let gone = plan.already_gone.iter().map(|planned| planned.id.clone());
            let gone = gone.filter(|id| !result.finished.contains(id));
            recorder
                .write(gone.map(|id| EventKind::ResourceDeleted { id }))
                .await;
            recorder.write(residue.iter().map(Residue::to_event)).await;
            let count = residue.len();
            let reason = match &result.failure {
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
            deleted: result.deleted,
            residue,
        })
    }

    /// Checks whether anything is left after a destroy that succeeded.
    async fn verify_destroy(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        result: &RunResult,
        recorder: &mut Recorder<'_>,
        progress: &mut ProgressWriter<'_>,
    ) -> Result<Verification, TeardownError> {
        let Some(lease) = self.service.ledger.lease(&plan.name).await? else {
            return Ok(Verification::default());
        };
        if !self.service.config.accounts.is_empty() {
            progress.write(&Progress::Looking);
        }
        let facts = TeardownFacts {
            deleted: deleted_ids(result),
            lease: Some(&lease),
            state_read: true,
            ..TeardownFacts::default()
        };
        let stack = StackIdentity::of_lease(&lease);
        let confirms = self.may_need_confirmation(&lease.name, &lease.app).await;
        let command = sweep_command(&plan.name, confirms);
        let check = self.verify_gone(&stack, &facts, &saved.timing, &command);
        Ok(with_heartbeat(check, recorder).await)
    }

    /// Settles what earlier runs recorded after a destroy that left something.
    async fn settle_destroy(
        self,
        plan: &TeardownPlan,
        result: &RunResult,
        left: LeftInState,
    ) -> Result<Verification, TeardownError> {
        let mut check = Verification {
            residue: left.residue,
            ..Verification::default()
        };
        if let Some(lease) = self.service.ledger.lease(&plan.name).await? {
            let facts = TeardownFacts {
                deleted: deleted_ids(result),
                ..TeardownFacts::default()
            };
            let confirms = self.may_need_confirmation(&lease.name, &lease.app).await;
            let command = sweep_command(&plan.name, confirms);
            let recorded = SettlementFacts {
                lease: &lease,
                residue: &check.residue,
                state_read: left.was_read,
                places_asked: false,
                command: &command,
            };
            let stack = StackIdentity::of_lease(&lease);
            let deleted = |id: &str| facts.deleted(id);
            check.settled = self.settle(&stack, recorded, deleted).await;
            check.residue.append(&mut check.settled.residue);
        }
        Ok(check)
    }
}

/// The ids of what Terraform deleted, as its state had them.
fn deleted_ids(result: &RunResult) -> Vec<String> {
    let deleted = result.deleted.iter();
    deleted
        .filter_map(|deleted| deleted.resource_id.clone())
        .collect()
}

/// Follows a running apply.
struct ApplyFollower<'a> {
    plan: &'a TeardownPlan,
    saved: &'a SavedTeardown,
    stop: &'a StopSignal,
    /// How many objects of each address remain: deposed objects share the address.
    remaining: BTreeMap<String, usize>,
    result: &'a mut RunResult,
}

impl ApplyFollower<'_> {
    /// Waits until the apply ends; returns why it failed, if it did.
    async fn follow(
        mut self,
        mut apply: RunningApply,
        recorder: &mut Recorder<'_>,
        progress: &mut ProgressWriter<'_>,
    ) -> Result<Option<TerraformError>, TerraformError> {
        loop {
            // In this order: lines written before the end are read after the end was noticed.
            let ended = apply.ended()?;
            for line in apply.lines()? {
                self.line(line, recorder, progress).await;
            }
            let must_stop = self.stop.is_requested() || recorder.is_replaced();
            if must_stop && !self.result.errors.stopped {
                apply.interrupt();
                self.result.errors.stopped = true;
                progress.write(&Progress::Stopping);
            }
            match ended {
                Some(true) => return Ok(None),
                Some(false) => {
                    let (errors, mask) = (&self.result.errors, &self.saved.mask);
                    let failure = apply.failure(&errors.diagnostics, mask);
                    let log = errors.log(self.plan, &apply.error_output(), mask);
                    self.result.log = self.saved.folder.note_failures(&log);
                    return Ok(Some(failure));
                }
                None => recorder.heartbeat().await,
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    async fn line(
        &mut self,
        line: Line,
        recorder: &mut Recorder<'_>,
        progress: &mut ProgressWriter<'_>,
    ) {
        match line {
            Line::Started(hook) => progress.write(&Progress::ResourceStarted {
                id: hook.address,
                kind: hook.kind,
            }),
            Line::Progress(hook) => progress.write(&Progress::ResourceProgress {
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
                    .find(|planned| planned.id == hook.address);
                let planned = planned.cloned().unwrap_or(PlannedDeletion {
                    id: hook.address,
                    kind: hook.kind,
                    objects: 1,
                    ..PlannedDeletion::default()
                });
                let deleted = DeletedResource::of(planned, hook.seconds);
                progress.write(&Progress::ResourceDeleted(deleted.clone()));
                self.result.deleted.push(deleted);
            }
            Line::Provisioner { address, output } => {
                let lines = self.result.errors.provisioner_output.entry(address);
                lines.or_default().push(output);
            }
            Line::Errored(hook) => {
                progress.write(&Progress::ResourceFailed {
                    id: hook.address.clone(),
                    kind: hook.kind.clone(),
                    seconds: hook.seconds,
                });
                if let Some(line) = self.last_line(&hook.address) {
                    let id = hook.address.clone();
                    progress.write(&Progress::ResourceSaid { id, line });
                }
                self.result.errors.failed.insert(hook.address, hook.kind);
            }
            Line::Diagnostic(diagnostic) => self.result.errors.diagnostics.push(diagnostic),
        }
    }

    /// The last line that the provisioners of a resource printed.
    fn last_line(&self, address: &str) -> Option<String> {
        let printed = self.result.errors.provisioner_output.get(address)?;
        let mut lines = printed.iter().rev().flat_map(|output| output.lines().rev());
        let last = lines.find(|line| !line.trim().is_empty())?;
        Some(self.saved.mask.reason(last))
    }
}

fn object_counts(plan: &TeardownPlan) -> BTreeMap<String, usize> {
    let each = plan
        .resources
        .iter()
        .map(|planned| (planned.id.clone(), planned.objects));
    each.collect()
}

/// Events for a stack whose origin was reached after all, and could not be torn down there for
/// another reason: the residue recorded as unreachable gets that reason.
pub(in crate::service) fn origin_reached(lease: &Lease, reason: &str) -> Vec<EventKind> {
    let recorded = lease.residue.iter();
    let unreachable = recorded.filter(|(_, left)| left.reason == ORIGIN_UNREACHABLE);
    unreachable
        .map(|(id, left)| {
            let left = ResidualResource {
                reason: reason.to_owned(),
                blocked_by: None,
                ..left.clone()
            };
            left.to_event(id)
        })
        .collect()
}

fn failed(plan: &TeardownPlan, error: TerraformError) -> TeardownError {
    TeardownError::Terraform {
        stack: plan.name.clone(),
        error,
    }
}
