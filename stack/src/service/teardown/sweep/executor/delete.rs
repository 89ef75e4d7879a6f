//! Deletes a resource, or detaches its references, if it is still what the plan took it for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::super::saved_plan::SweepPlan;
use super::type_queue::{QueueKey, Reread, TypeQueue};
use super::{CallAnswer, CallKind, SweepExecutor, queue_key};
use crate::cloud::{DeleteOptions, Place, Resource, ResourceId};
use crate::service::teardown::progress::Progress;
use crate::service::teardown::record::ProgressWriter;
use crate::sweep::{DeletionStep, OwnershipVerdict, judge_ownership};
use crate::values::tags;

impl SweepExecutor<'_> {
    /// Changes what was read again just now, as far as the queues have room.
    pub(super) fn change_reread(&mut self, progress: &mut ProgressWriter<'_>) {
        if self.result.stopped || self.result.paused.is_some() {
            self.queues.values_mut().for_each(TypeQueue::clear);
        }
        let queues: Vec<QueueKey<'_>> = self.queues.keys().copied().collect();
        for queue in queues {
            while let Some(next) = self
                .queues
                .get_mut(&queue)
                .and_then(|of| of.next(&self.timing))
            {
                match next {
                    Ok(Reread { fresh, context }) => self.act(&fresh, context, progress),
                    // The description is too old.
                    Err(id) => {
                        self.due.insert((Instant::now(), id));
                    }
                }
            }
        }
    }

    /// Carries out the step if the resource is still what the plan took it for.
    fn act(&mut self, fresh: &Resource, context: Vec<Resource>, progress: &mut ProgressWriter<'_>) {
        let id = &fresh.id;
        let Some(planned) = self.by_id.get(id).copied() else {
            return;
        };
        if let Err(judged) = verify(self.sweep, &self.by_id, &self.places, fresh, context) {
            let what = if changed(planned, fresh) {
                "its tags changed since the plan"
            } else {
                "it changed since the plan"
            };
            let reason = format!("{what}: {}", judged.reason);
            return self.leave(id, &reason, judged.blocked_by, progress);
        }
        if let Some(why) = &fresh.untouchable {
            // The cloud deletes it with or after its owner.
            let reason = format!("it still exists and must not be deleted: {why}");
            return self.retry_or_leave(id, &reason, progress);
        }
        let Some(attempt) = self.attempts.get_mut(id) else {
            return;
        };
        if attempt.tries == 0 && matches!(attempt.step, DeletionStep::Delete(_)) {
            progress.write(&Progress::ResourceStarted {
                id: id.to_string(),
                kind: fresh.kind.clone(),
            });
        }
        attempt.tries += 1;
        self.result.touched = true;
        let (cloud, fresh, about) = (Arc::clone(&self.cloud), fresh.clone(), id.clone());
        let task = match attempt.step {
            DeletionStep::DetachReferences(_) => self.tasks.spawn(async move {
                let answer = cloud.detach_references(&fresh).await;
                CallAnswer::Detached(fresh.id, answer)
            }),
            DeletionStep::Delete(_) => {
                let how = DeleteOptions {
                    final_snapshot: self.sweep.final_snapshot,
                    recovery_days: Some(self.sweep.recovery_days),
                };
                self.tasks.spawn(async move {
                    let answer = cloud.delete(&fresh, how).await;
                    CallAnswer::Deleted(fresh.id, answer)
                })
            }
        };
        self.track(task.id(), CallKind::Change, queue_key(planned), vec![about]);
    }
}

/// Checks that a resource, and all that would be deleted with it, is still the stack's by its own
/// service's current answer. `context` is what was read with it: what it owns, and what owns it.
fn verify(
    sweep: &SweepPlan,
    by_id: &BTreeMap<&ResourceId, &Resource>,
    places: &BTreeSet<Place>,
    fresh: &Resource,
    context: Vec<Resource>,
) -> Result<(), OwnershipVerdict> {
    let mut all = vec![fresh.clone()];
    all.extend(context);
    // Owners that were deleted before it are as the plan lists them.
    let mut above: Vec<ResourceId> = owners_of(fresh).cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = above.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let read = all.iter().find(|one| one.id == id);
        if let Some(one) = read {
            above.extend(owners_of(one).cloned());
        } else if let Some(one) = by_id.get(&id) {
            above.extend(owners_of(one).cloned());
            all.push((*one).clone());
        }
    }
    let mut judgement = judge_ownership(&all, &sweep.stack, places);
    match judgement.remove(&fresh.id) {
        Some(judged) if !judged.belongs() => Err(judged),
        _ => Ok(()),
    }
}

/// The owner of a resource, and the whole that it is part of.
pub(super) fn owners_of(one: &Resource) -> impl Iterator<Item = &ResourceId> {
    one.owner.iter().chain(&one.part_of)
}

/// Whether the tags that identify its stack differ from the plan.
fn changed(planned: &Resource, fresh: &Resource) -> bool {
    [tags::STACK, tags::APP, tags::OWNER]
        .iter()
        .any(|key| planned.tag(key) != fresh.tag(key))
}
