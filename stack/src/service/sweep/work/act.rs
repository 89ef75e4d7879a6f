//! Deleting, or loosening, what is still what the plan took it for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::keep::Kept;
use super::{Answer, Work};
use crate::cloud::{Deleting, Place, Resource, ResourceId};
use crate::service::teardown::{Progress, Teller};
use crate::sweep::{Judged, Step, judge};
use crate::tags;

impl Work<'_> {
    /// Does what its turn is for, when it is still what the plan took it for.
    pub(super) fn act(
        &mut self,
        id: &ResourceId,
        fresh: &Resource,
        around: Vec<Resource>,
        teller: &mut Teller<'_>,
    ) {
        if self.done.stopped || self.done.paused.is_some() {
            return self.free(id);
        }
        let planned = self.by_id.get(id).copied();
        if let Err(judged) = verify(self.kept, &self.by_id, &self.places, fresh, around) {
            let reason = match planned.filter(|planned| changed(planned, fresh)) {
                Some(_) => format!("its tags changed since the plan: {}", judged.reason),
                None => format!("it is no longer as the plan saw it: {}", judged.reason),
            };
            self.free(id);
            return self.leave(id, &reason, judged.blocked_by, teller);
        }
        if let Some(why) = &fresh.untouchable {
            // It goes by itself, with or after its owner.
            self.free(id);
            let reason = format!("it is still there, and nobody may touch it: {why}");
            return self.once_more(id, &reason, teller);
        }
        let Some(turn) = self.turns.get_mut(id) else {
            return self.free(id);
        };
        if turn.tries == 0 && matches!(turn.step, Step::Delete(_)) {
            teller.tell(&Progress::ResourceStarted {
                id: id.to_string(),
                kind: fresh.kind.clone(),
            });
        }
        turn.tries += 1;
        self.done.touched = true;
        let (cloud, fresh, about) = (Arc::clone(&self.cloud), fresh.clone(), id.clone());
        let task = match turn.step {
            Step::Loosen(_) => self.tasks.spawn(async move {
                let answer = cloud.loosen(&fresh).await;
                Answer::Loosened(fresh.id, answer)
            }),
            Step::Delete(_) => {
                let how = Deleting {
                    final_snapshot: self.kept.final_snapshot,
                };
                self.tasks.spawn(async move {
                    let answer = cloud.delete(&fresh, how).await;
                    Answer::Deleted(fresh.id, answer)
                })
            }
        };
        self.under_way.insert(task.id(), vec![about]);
    }
}

/// Whether a resource is still the stack's, by its own service's words of this moment, and all that would go with it.
/// `around` is what was read again with it: what it owns, and what owns it.
fn verify(
    kept: &Kept,
    by_id: &BTreeMap<&ResourceId, &Resource>,
    places: &BTreeSet<Place>,
    fresh: &Resource,
    around: Vec<Resource>,
) -> Result<(), Judged> {
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
    let mut judgement = judge(&all, &kept.stack, places);
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
