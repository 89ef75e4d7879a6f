//! Carrying a sweep out: intent into the ledger, the work, the look afterwards, and what became of it into the ledger.

use std::collections::BTreeMap;
use std::time::Duration;

use super::executor::{SweepExecutor, SweepResult};
use super::saved_plan::SweepPlan;
use super::timing::SweepTiming;
use super::verify::{TeardownFacts, Verification, command};
use crate::cloud::CloudError;
use crate::lease::{EventKind, Lease, Strategy};
use crate::service::Service;
use crate::service::teardown::{
    Progress, ProgressWriter, Recorder, Residue, StopSignal, TeardownError, TeardownOutcome,
    TeardownPlan, as_event,
};
use crate::sweep::Ownership;

/// How often the runner is asked to say that it lives while it looks.
const BEAT: Duration = Duration::from_secs(1);

impl Service {
    /// Does what a plan says, after the intent has been written.
    pub(in crate::service) async fn sweep(
        &self,
        plan: &TeardownPlan,
        kept: &SweepPlan,
        timing: &SweepTiming,
        teller: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let mut recorder = Recorder::new(self, &plan.name);
        let timing = match kept.longest {
            Some(longest) => timing.clone().at_most(longest),
            None => timing.clone(),
        };
        let Some(access) = self.cloud_access() else {
            let reason = "this process has no way into the cloud".to_owned();
            recorder.write([EventKind::TeardownFailed { reason }]).await;
            recorder.settled().await?;
            let stack = plan.name.clone();
            return Err(TeardownError::NoAccounts { stack });
        };
        let places = self.places().into_iter().collect();
        let work = SweepExecutor::new(&access.cloud, kept, places, timing.clone(), stop);
        let done = work.run(&mut recorder, teller).await;
        let command = command(
            &plan.name,
            self.protects_name(&kept.stack.name, &kept.stack.app),
        );
        let residue = match &done.paused {
            Some(error) if !done.touched && done.deleted.is_empty() => {
                return self.not_begun(plan, error, recorder).await;
            }
            Some(error) => vec![paused(plan, &done, error, &command)],
            None => {
                let before = before(kept, &done);
                let looked = if done.stopped {
                    not_looked(&before, &command)
                } else {
                    teller.tell(&Progress::Looking);
                    let look = self.verify_gone(&kept.stack, &before, &timing, &command);
                    beating(look, &mut recorder).await
                };
                looked.residue
            }
        };
        let deleted = done.deleted;
        let mut reason = format!("{} left", residue.len());
        if let Some(error) = &done.paused {
            reason = format!(
                "the credentials do not do any longer: {error}; run it again with new ones"
            );
        }
        self.conclude(plan, &residue, reason, recorder).await?;
        Ok(TeardownOutcome {
            name: plan.name.clone(),
            strategy: Strategy::Sweep,
            deleted,
            residue,
        })
    }

    /// The credentials did not do before anything was changed.
    async fn not_begun(
        &self,
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

    /// What became of it, into the ledger.
    async fn conclude(
        &self,
        plan: &TeardownPlan,
        residue: &[Residue],
        reason: String,
        mut recorder: Recorder<'_>,
    ) -> Result<(), TeardownError> {
        if residue.is_empty() {
            recorder.write([EventKind::Gone]).await;
        } else {
            let lease = self.ledger.lease(&plan.name).await?;
            let mut events = lease
                .map(|lease| tidied(&lease, residue))
                .unwrap_or_default();
            events.extend(residue.iter().map(as_event));
            events.push(EventKind::TeardownFailed { reason });
            recorder.write(events).await;
        }
        recorder.settled().await
    }
}

/// That what an earlier run left is not left any more.
pub(in crate::service) fn tidied(lease: &Lease, residue: &[Residue]) -> Vec<EventKind> {
    let left = lease.residue.keys();
    let past = left.filter(|id| residue.iter().all(|one| one.id != **id));
    past.map(|id| EventKind::ResourceDeleted { id: id.clone() })
        .collect()
}

/// Waits for a look, and says meanwhile that the runner lives.
pub(in crate::service) async fn beating<T>(
    look: impl Future<Output = T>,
    recorder: &mut Recorder<'_>,
) -> T {
    let mut look = std::pin::pin!(look);
    loop {
        tokio::select! {
            looked = &mut look => return looked,
            () = tokio::time::sleep(BEAT) => recorder.beat().await,
        }
    }
}

/// What the look afterwards has to know.
fn before<'a>(kept: &'a SweepPlan, done: &SweepResult) -> TeardownFacts<'a> {
    let mut left = BTreeMap::new();
    for one in &kept.resources {
        let judged = kept.judgement.get(&one.id);
        let stays = judged.filter(|judged| judged.verdict == Ownership::Stays);
        if let Some(judged) = done.left.get(&one.id).or(stays) {
            left.insert(one.id.clone(), (one, judged.clone()));
        }
    }
    TeardownFacts {
        deleted: done.deleted.iter().map(|one| one.id.clone()).collect(),
        scheduled: done.scheduled.clone(),
        left,
    }
}

/// What is left of a sweep that somebody stopped.
fn not_looked(before: &TeardownFacts<'_>, command: &str) -> Verification {
    let left = before.left.values();
    let residue = left.map(|(one, judged)| super::verify::residue_of(one, judged, command));
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
        partly: true,
    }
}

/// All that is left when the credentials end: said once, for it is no fault of what is left.
fn paused(plan: &TeardownPlan, done: &SweepResult, error: &CloudError, command: &str) -> Residue {
    let left = plan.count().saturating_sub(done.deleted.len());
    let place = plan
        .resources
        .iter()
        .find(|one| done.deleted.iter().all(|deleted| deleted.id != one.id));
    let account = place.and_then(|one| one.account.clone());
    Residue {
        id: account.map_or_else(
            || "credentials".to_owned(),
            |account| format!("{account}/credentials"),
        ),
        reason: format!(
            "paused with {left} still to go: the credentials do not do any longer: {error}"
        ),
        command: Some(command.to_owned()),
        ..Residue::default()
    }
}
