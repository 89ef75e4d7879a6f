//! Carries a sweep out: deletes, checks what is left, and records the outcome.

use std::collections::BTreeMap;

use super::deadlines::SweepTiming;
use super::executor::{SweepExecutor, SweepResult};
use super::saved_plan::SweepPlan;
use super::verify::{TeardownFacts, Verification, command, residue_of};
use crate::cloud::CloudError;
use crate::lease::{EventKind, Lease, Strategy};
use crate::service::Teardowns;
use crate::service::teardown::StopSignal;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::plan::TeardownPlan;
use crate::service::teardown::progress::{Progress, TeardownOutcome};
use crate::service::teardown::record::{ProgressWriter, Recorder, with_heartbeat};
use crate::service::teardown::residue::Residue;
use crate::sweep::Ownership;

impl Teardowns<'_> {
    /// Carries out the plan, after the intent was recorded.
    pub(in crate::service::teardown) async fn sweep(
        self,
        plan: &TeardownPlan,
        sweep: &SweepPlan,
        timing: &SweepTiming,
        progress: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let mut recorder = Recorder::new(self.service, plan);
        let lease = self.service.ledger.lease(&plan.name).await?;
        let timing = match sweep.max_time_per_resource {
            Some(limit) => timing.clone().at_most(limit),
            None => timing.clone(),
        };
        let Some(access) = self.service.cloud_access() else {
            let reason = "this process has no access to the cloud".to_owned();
            recorder.write([EventKind::TeardownFailed { reason }]).await;
            recorder.settled().await?;
            let stack = plan.name.clone();
            return Err(TeardownError::NoAccounts { stack });
        };
        let places = self.service.cloud().places().into_iter().collect();
        let executor = SweepExecutor::new(&access.cloud, sweep, places, timing.clone(), stop);
        let result = executor.run(&mut recorder, progress).await;
        let stack = &sweep.stack;
        let confirms = self.may_need_confirmation(&stack.name, &stack.app).await;
        let command = command(&plan.name, confirms);
        let check = match &result.paused {
            Some(error) if !result.touched && result.deleted.is_empty() => {
                return self.not_begun(plan, error, recorder).await;
            }
            Some(error) => Verification {
                residue: vec![paused(plan, &result, error, &command)],
                incomplete: true,
                ..Verification::default()
            },
            None => {
                let facts = facts(sweep, &result, lease.as_ref());
                if result.stopped {
                    stopped(&facts, &command)
                } else {
                    progress.write(&Progress::Looking);
                    let check = self.verify_gone(&sweep.stack, &facts, &timing, &command);
                    with_heartbeat(check, &mut recorder).await
                }
            }
        };
        let Verification {
            residue, settled, ..
        } = check;
        recorder.settle(&settled).await?;
        let deleted = result.deleted;
        let mut reason = format!("{} left", residue.len());
        if let Some(error) = &result.paused {
            reason = format!(
                "the credentials are no longer valid: {error}; renew them and run this again"
            );
        }
        Self::conclude(&residue, reason, recorder).await?;
        Ok(TeardownOutcome {
            name: plan.name.clone(),
            strategy: Strategy::Sweep,
            deleted,
            residue,
        })
    }

    /// The credentials were invalid before anything was changed.
    async fn not_begun(
        self,
        plan: &TeardownPlan,
        error: &CloudError,
        mut recorder: Recorder<'_>,
    ) -> Result<TeardownOutcome, TeardownError> {
        let error = TeardownError::Paused {
            stack: plan.name.clone(),
            reason: error.to_string(),
        };
        let reason = error.to_string();
        recorder.write([EventKind::TeardownFailed { reason }]).await;
        recorder.settled().await?;
        Err(error)
    }

    /// Records the outcome.
    async fn conclude(
        residue: &[Residue],
        reason: String,
        mut recorder: Recorder<'_>,
    ) -> Result<(), TeardownError> {
        if residue.is_empty() {
            recorder.write([EventKind::Gone]).await;
        } else {
            let mut events: Vec<EventKind> = residue.iter().map(Residue::to_event).collect();
            events.push(EventKind::TeardownFailed { reason });
            recorder.write(events).await;
        }
        recorder.settled().await
    }
}

/// What the final check has to know.
fn facts<'a>(
    sweep: &'a SweepPlan,
    result: &SweepResult,
    lease: Option<&'a Lease>,
) -> TeardownFacts<'a> {
    let mut left = BTreeMap::new();
    for one in &sweep.resources {
        let judged = sweep.judgement.get(&one.id);
        let stays = judged.filter(|judged| judged.verdict == Ownership::Stays);
        if let Some(judged) = result.left.get(&one.id).or(stays) {
            left.insert(one.id.clone(), (one, judged.clone()));
        }
    }
    TeardownFacts {
        deleted: result.deleted.iter().map(|one| one.id.clone()).collect(),
        scheduled: result.scheduled.clone(),
        lease,
        state_read: false,
        left,
    }
}

/// The residue of a sweep that a user stopped.
fn stopped(facts: &TeardownFacts<'_>, command: &str) -> Verification {
    let left = facts.left.values();
    let residue = left.map(|(one, judged)| residue_of(one, judged, command));
    let mut residue: Vec<Residue> = residue.collect();
    if residue.is_empty() {
        residue.push(Residue {
            id: "accounts".to_owned(),
            reason: "not_looked: the teardown was stopped".to_owned(),
            command: Some(command.to_owned()),
            ..Residue::default()
        });
    }
    Verification {
        residue,
        incomplete: true,
        ..Verification::default()
    }
}

/// The residue when the credentials become invalid: one entry for all, because it is not the fault
/// of each resource.
fn paused(plan: &TeardownPlan, result: &SweepResult, error: &CloudError, command: &str) -> Residue {
    let left = plan.count().saturating_sub(result.deleted.len());
    let place = plan
        .resources
        .iter()
        .find(|one| result.deleted.iter().all(|deleted| deleted.id != one.id));
    let account = place.and_then(|one| one.account.clone());
    Residue {
        id: account.map_or_else(
            || "credentials".to_owned(),
            |account| format!("{account}/credentials"),
        ),
        reason: format!(
            "paused with {left} still to delete: the credentials are no longer valid: {error}"
        ),
        command: Some(command.to_owned()),
        ..Residue::default()
    }
}
