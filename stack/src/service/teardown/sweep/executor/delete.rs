//! Deleting, or loosening, what is still what the plan took it for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::super::saved_plan::SweepPlan;
use super::type_queue::{QueueKey, Reread, TypeQueue};
use super::{CallAnswer, CallKind, SweepExecutor, lane_of};
use crate::cloud::{DeleteOptions, Place, Resource, ResourceId};
use crate::service::teardown::{Progress, ProgressWriter};
use crate::sweep::{DeletionStep, OwnershipVerdict, judge_ownership};
use crate::values::tags;

impl SweepExecutor<'_> {
    /// Gives those their turn that were read again just now, as far as there is room.
    pub(super) fn act_on_what_was_read(&mut self, teller: &mut ProgressWriter<'_>) {
        if self.done.stopped || self.done.paused.is_some() {
            self.lanes.values_mut().for_each(TypeQueue::clear);
        }
        let lanes: Vec<QueueKey<'_>> = self.lanes.keys().copied().collect();
        for lane in lanes {
            while let Some(next) = self
                .lanes
                .get_mut(&lane)
                .and_then(|of| of.next(&self.timing))
            {
                match next {
                    Ok(Reread { fresh, around }) => self.act(&fresh, around, teller),
                    // It was read too long ago.
                    Err(id) => {
                        self.due.insert((Instant::now(), id));
                    }
                }
            }
        }
    }

    /// Does what its turn is for, when it is still what the plan took it for.
    fn act(&mut self, fresh: &Resource, around: Vec<Resource>, teller: &mut ProgressWriter<'_>) {
        let id = &fresh.id;
        let Some(planned) = self.by_id.get(id).copied() else {
            return;
        };
        if let Err(judged) = verify(self.kept, &self.by_id, &self.places, fresh, around) {
            let what = if changed(planned, fresh) {
                "its tags changed since the plan"
            } else {
                "it is no longer as the plan saw it"
            };
            let reason = format!("{what}: {}", judged.reason);
            return self.leave(id, &reason, judged.blocked_by, teller);
        }
        if let Some(why) = &fresh.untouchable {
            // It goes by itself, with or after its owner.
            let reason = format!("it is still there, and nobody may touch it: {why}");
            return self.once_more(id, &reason, teller);
        }
        let Some(turn) = self.turns.get_mut(id) else {
            return;
        };
        if turn.tries == 0 && matches!(turn.step, DeletionStep::Delete(_)) {
            teller.tell(&Progress::ResourceStarted {
                id: id.to_string(),
                kind: fresh.kind.clone(),
            });
        }
        turn.tries += 1;
        self.done.touched = true;
        let (cloud, fresh, about) = (Arc::clone(&self.cloud), fresh.clone(), id.clone());
        let task = match turn.step {
            DeletionStep::DetachReferences(_) => self.tasks.spawn(async move {
                let answer = cloud.detach_references(&fresh).await;
                CallAnswer::Loosened(fresh.id, answer)
            }),
            DeletionStep::Delete(_) => {
                let how = DeleteOptions {
                    final_snapshot: self.kept.final_snapshot,
                };
                self.tasks.spawn(async move {
                    let answer = cloud.delete(&fresh, how).await;
                    CallAnswer::Deleted(fresh.id, answer)
                })
            }
        };
        self.follow(task.id(), CallKind::Act, lane_of(planned), vec![about]);
    }
}

/// Whether a resource is still the stack's, by its own service's words of this moment, and all that would go with it.
/// `around` is what was read again with it: what it owns, and what owns it.
fn verify(
    kept: &SweepPlan,
    by_id: &BTreeMap<&ResourceId, &Resource>,
    places: &BTreeSet<Place>,
    fresh: &Resource,
    around: Vec<Resource>,
) -> Result<(), OwnershipVerdict> {
    let mut all = vec![fresh.clone()];
    all.extend(around);
    // Owners that went before it are as the plan saw them.
    let mut above: Vec<ResourceId> = wholes(fresh).cloned().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = above.pop() {
        if !seen.insert(id.clone()) {
            continue;
        }
        let read = all.iter().find(|one| one.id == id);
        if let Some(one) = read {
            above.extend(wholes(one).cloned());
        } else if let Some(one) = by_id.get(&id) {
            above.extend(wholes(one).cloned());
            all.push((*one).clone());
        }
    }
    let mut judgement = judge_ownership(&all, &kept.stack, places);
    match judgement.remove(&fresh.id) {
        Some(judged) if !judged.belongs() => Err(judged),
        _ => Ok(()),
    }
}

/// What owns one, and what it is part of.
pub(super) fn wholes(one: &Resource) -> impl Iterator<Item = &ResourceId> {
    one.owner.iter().chain(&one.part_of)
}

/// Whether the tags that tell whose it is are others than in the plan.
fn changed(planned: &Resource, fresh: &Resource) -> bool {
    [tags::STACK, tags::APP, tags::OWNER]
        .iter()
        .any(|key| planned.tag(key) != fresh.tag(key))
}
