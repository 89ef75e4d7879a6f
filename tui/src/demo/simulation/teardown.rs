//! A simulated teardown: one resource after the other, with the events that a real one records.

use std::sync::Arc;

use stack::lease::Strategy;
use stack::service::teardown::{
    DeletedResource, PlannedDeletion, Progress, Residue, TeardownOutcome, TeardownPlan,
};
use stack::{Actor, EventKind, Lease, Phase, RunId, Source, StackName};

use super::{Simulation, lock, plan};
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::demo::Dice;

/// The machine that runs the simulated teardowns.
const HOST: &str = "demo";

/// Who tears a stack down, and why.
#[derive(Clone)]
pub(super) struct Requester {
    pub(super) actor: Actor,
    pub(super) source: Source,
    pub(super) why: String,
}

impl Simulation {
    /// Carries out the plan that the user confirmed.
    pub(super) async fn tear_down_planned(self: Arc<Self>, stack: StackKey, run: RunId) {
        let plan = lock(&self.plans).remove(&stack);
        let Some(plan) = plan.filter(|plan| plan.run == run) else {
            let reason = "the plan has expired; plan the teardown again".to_owned();
            let failed = Progress::Failed {
                reason,
                refused: true,
            };
            return self.report(&stack.name(), failed);
        };
        let requester = Requester {
            actor: self.actor.clone(),
            source: Source::Dashboard,
            why: "confirmed in the dashboard".to_owned(),
        };
        self.tear_down(stack, plan, requester).await;
    }

    /// Tears a stack down, and reports how it ended. Returns whether the stack is gone.
    pub(super) async fn tear_down(
        &self,
        stack: StackKey,
        plan: TeardownPlan,
        requester: Requester,
    ) -> bool {
        let name = stack.name();
        lock(&self.running).insert(name.clone(), plan.run.clone());
        // `acquire` fails only after `close`, which is never called.
        let slot = self.teardown_slots.acquire().await;
        let ended = self.start_and_delete(&stack, &plan, &requester).await;
        drop(slot);
        lock(&self.running).remove(&name);
        self.end(&name, ended)
    }

    /// Continues a teardown that had started before the demo was opened.
    pub(super) async fn continue_teardown(self: Arc<Self>, name: StackName, run: RunId) {
        let previous = lock(&self.running).insert(name.clone(), run.clone());
        if previous.is_some() {
            return;
        }
        let slot = self.teardown_slots.acquire().await;
        let ended = self.continued(&name, run).await;
        drop(slot);
        lock(&self.running).remove(&name);
        self.end(&name, ended);
    }

    async fn continued(&self, name: &StackName, run: RunId) -> Result<TeardownOutcome, Problem> {
        let lease = self.lease(name).await?;
        let lease = lease.filter(|lease| lease.recorded_phase == Phase::TearingDown);
        let Some(lease) = lease else {
            return Ok(TeardownOutcome::nothing_to_do(name));
        };
        let stack = StackKey::from(name);
        let plan = TeardownPlan {
            run,
            ..plan::destroy(&lease, &self.resources(&stack), false)
        };
        let by = lease.teardown.as_ref().map(|teardown| teardown.by.clone());
        let requester = Requester {
            actor: by.unwrap_or_else(|| self.actor.clone()),
            source: Source::Cli,
            why: String::new(),
        };
        self.delete(&stack, &plan, Some(&lease), &requester).await
    }

    fn end(&self, name: &StackName, ended: Result<TeardownOutcome, Problem>) -> bool {
        match ended {
            Ok(outcome) => {
                let is_gone = outcome.residue.is_empty();
                self.show_cloud();
                self.report(name, Progress::Done(outcome));
                is_gone
            }
            Err(problem) => {
                let failed = Progress::Failed {
                    reason: problem.message,
                    refused: problem.refused,
                };
                self.report(name, failed);
                false
            }
        }
    }

    async fn start_and_delete(
        &self,
        stack: &StackKey,
        plan: &TeardownPlan,
        requester: &Requester,
    ) -> Result<TeardownOutcome, Problem> {
        let lease = match stack.leased() {
            Some(name) => self.lease(name).await?,
            None => None,
        };
        if let Some(lease) = &lease {
            let started = EventKind::TeardownStarted {
                strategy: plan.method.strategy(),
                by: requester.actor.clone(),
                why: requester.why.clone(),
                run: plan.run.clone(),
                host: HOST.to_owned(),
                pid: std::process::id(),
            };
            self.record(&lease.name, requester, vec![started]).await?;
        }
        self.delete(stack, plan, lease.as_ref(), requester).await
    }

    /// Deletes what is planned, and records the end.
    async fn delete(
        &self,
        stack: &StackKey,
        plan: &TeardownPlan,
        lease: Option<&Lease>,
        requester: &Requester,
    ) -> Result<TeardownOutcome, Problem> {
        let name = &stack.name();
        let count = plan.resources.len();
        self.report(
            name,
            Progress::Started {
                name: name.clone(),
                run: plan.run.clone(),
                host: HOST.to_owned(),
                pid: std::process::id(),
                count,
            },
        );
        let stuck = plan::left_behind(plan, lease);
        let mut outcome = TeardownOutcome {
            name: name.clone(),
            strategy: plan.method.strategy(),
            deleted: Vec::new(),
            residue: Vec::new(),
        };
        for resource in &plan.resources {
            let (id, kind) = (resource.id.clone(), resource.kind.clone());
            // Without a lease, jiti could not say what is left of the stack.
            if stuck.is_some() && resource.kind.starts_with("jiti_") {
                continue;
            }
            self.report(
                name,
                Progress::ResourceStarted {
                    id: id.clone(),
                    kind: kind.clone(),
                },
            );
            // Some resources take twice as long as others.
            let factor = 1 + Dice::seeded_by(&id).roll(2);
            let time = self.pace.resource * u32::try_from(factor).unwrap_or(1);
            tokio::time::sleep(time).await;
            let seconds = time.as_millis().div_ceil(1_000);
            let seconds = u64::try_from(seconds).unwrap_or(1);
            if stuck == Some(resource) {
                self.report(name, Progress::ResourceFailed { id, kind, seconds });
                outcome.residue.push(residue(resource));
                continue;
            }
            if let Some(lease) = lease {
                let deleted = EventKind::ResourceDeleted { id: id.clone() };
                self.record(&lease.name, requester, vec![deleted]).await?;
            }
            let deleted = DeletedResource {
                id,
                kind,
                resource_id: resource.resource_id.clone(),
                region: resource.region.clone(),
                seconds,
                scheduled_for: None,
                name_reservation: None,
                outlives: None,
            };
            self.report(name, Progress::ResourceDeleted(deleted.clone()));
            outcome.deleted.push(deleted);
        }
        self.report(name, Progress::Looking);
        tokio::time::sleep(self.pace.resource).await;
        let stuck_id = stuck.and_then(|stuck| stuck.resource_id.as_deref());
        self.remove_resources(stack, |resource| stuck_id == Some(resource.id.short()));
        if let Some(lease) = lease {
            let end = end_events(&outcome, count);
            self.record(&lease.name, requester, end).await?;
        }
        Ok(outcome)
    }

    async fn record(
        &self,
        name: &StackName,
        requester: &Requester,
        kinds: Vec<EventKind>,
    ) -> Result<(), Problem> {
        let by = (&requester.actor, requester.source);
        self.append(name, by, kinds).await
    }
}

/// The events at the end of a teardown.
fn end_events(outcome: &TeardownOutcome, count: usize) -> Vec<EventKind> {
    if outcome.residue.is_empty() {
        let released = (outcome.strategy == Strategy::Terraform).then_some(EventKind::Released);
        return released.into_iter().chain([EventKind::Gone]).collect();
    }
    let left = outcome.residue.iter().map(Residue::to_event);
    let failed = outcome.residue.len();
    let reason = format!("{failed} of {count} resources could not be deleted");
    left.chain([EventKind::TeardownFailed { reason }]).collect()
}

/// Why a resource is left, and the command that finishes the work.
fn residue(resource: &PlannedDeletion) -> Residue {
    let id = resource.resource_id.as_deref().unwrap_or("logs-4f2a");
    let (reason, blocked_by, command) = match resource.kind.as_str() {
        "aws_s3_bucket" => (
            "BucketNotEmpty: the bucket is not empty",
            "214 objects",
            format!("aws s3 rm --recursive s3://{id}"),
        ),
        _ => (
            "DependencyViolation: another resource uses the group",
            "eni-0a41c2e9",
            format!("aws ec2 delete-security-group --group-id {id}"),
        ),
    };
    Residue {
        id: resource.id.clone(),
        kind: Some(resource.kind.clone()),
        region: resource.region.clone(),
        reason: reason.to_owned(),
        blocked_by: Some(blocked_by.to_owned()),
        hourly_usd: None,
        command: Some(command),
        resource_id: resource.resource_id.clone(),
    }
}
