//! Reads resources again from their own services before they are deleted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::delete::owners_of;
use super::type_queue::{QueueKey, Reread, TypeQueue};
use super::{CallAnswer, CallKind, SweepExecutor, queue_key};
use crate::cloud::{CloudErrorKind, Described, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::record::ProgressWriter;

impl<'a> SweepExecutor<'a> {
    /// Reads what is due, in one call per type and place, and polls the deletions in progress. The
    /// first poll comes early if nothing else of that type is in progress.
    pub(super) fn reread_due(&mut self) {
        if self.result.paused.is_some() {
            return;
        }
        let now = Instant::now();
        let (mut reads, mut polls) = (BTreeMap::new(), BTreeMap::new());
        for (at, id) in &self.due {
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let queue = queue_key(one);
            let deleting = self.attempts.get(id).filter(|attempt| attempt.deleting);
            let first = deleting.is_some_and(|attempt| attempt.polls == 0);
            if *at > now && !(first && self.queues.get(&queue).is_none_or(TypeQueue::is_idle)) {
                continue;
            }
            if deleting.is_some() {
                let batch: &mut Vec<ResourceId> = polls.entry(queue).or_default();
                batch.push(id.clone());
                continue;
            }
            let (room, batch) = reads.entry(queue).or_insert_with(|| {
                let room = self.queues.entry(queue).or_default().room();
                (room, Vec::new())
            });
            if batch.len() < *room {
                batch.push(id.clone());
            }
        }
        let reads = reads
            .into_iter()
            .map(|(queue, (_, ids))| (queue, CallKind::Read, ids));
        let polls = polls
            .into_iter()
            .map(|(queue, ids)| (queue, CallKind::Poll, ids));
        let all: Vec<_> = reads.chain(polls).collect();
        for (queue, call, ids) in all {
            if !ids.is_empty() {
                self.ask_about(queue, call, ids);
            }
        }
    }

    /// Asks about these resources and their context.
    fn ask_about(&mut self, queue: QueueKey<'a>, call: CallKind, ids: Vec<ResourceId>) {
        let chosen: BTreeSet<&ResourceId> = ids.iter().collect();
        self.due.retain(|(_, id)| !chosen.contains(id));
        let mut asked: BTreeMap<&ResourceId, &Resource> = BTreeMap::new();
        for id in &ids {
            self.with_context(id, &mut asked);
        }
        let asked: Vec<Resource> = asked.into_values().cloned().collect();
        let cloud = Arc::clone(&self.cloud);
        let about = ids.clone();
        let task = self.tasks.spawn(async move {
            let described = cloud.describe(&asked).await;
            CallAnswer::Read(ids, described)
        });
        self.track(task.id(), call, queue, about);
    }

    /// A resource to delete, all that would be deleted with it, and what its ownership rests on, as
    /// far as that still exists.
    fn with_context(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        self.with_children(id, asked);
        if self.is_deleting(id) {
            return;
        }
        let mut above: Vec<&ResourceId> = Vec::new();
        above.extend(
            self.by_id
                .get(id)
                .into_iter()
                .flat_map(|one| owners_of(one)),
        );
        while let Some(id) = above.pop() {
            let standing = self.by_id.get(id).filter(|_| !self.deleted.contains(id));
            if let Some(one) = standing
                && asked.insert(&one.id, one).is_none()
            {
                above.extend(owners_of(one));
            }
        }
    }

    /// A resource to delete, and all that would be deleted with it.
    fn with_children(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        let Some(one) = self.by_id.get(id) else {
            return;
        };
        if asked.insert(&one.id, one).is_some() {
            return;
        }
        if self.is_deleting(id) {
            return;
        }
        for child in self.children.get(id).into_iter().flatten() {
            self.with_children(&child.id, asked);
        }
    }

    /// Handles what the services answered about the resources to delete.
    pub(super) fn read(
        &mut self,
        ids: Vec<ResourceId>,
        described: Described,
        events: &mut Vec<EventKind>,
        progress: &mut ProgressWriter<'_>,
    ) {
        let failed: BTreeMap<_, _> = described.failed.into_iter().collect();
        let found = described.found.into_iter();
        let found: BTreeMap<_, _> = found.map(|one| (one.id.clone(), one)).collect();
        for id in ids {
            let mut asked = BTreeMap::new();
            self.with_context(&id, &mut asked);
            let error = asked.keys().filter_map(|id| failed.get(*id));
            let mut error = error.filter(|error| error.kind != CloudErrorKind::Gone);
            let error = failed.get(&id).or(error.next()).cloned();
            match (error, found.get(&id)) {
                (Some(error), _) if error.kind != CloudErrorKind::Gone => {
                    if described.undeleted.contains(&id)
                        && let Some(attempt) = self.attempts.get_mut(&id)
                    {
                        attempt.deleting = false;
                    }
                    self.failed(&id, error, events, progress);
                }
                (Some(_), _) | (None, None) => self.gone(&id, None, events, progress),
                (None, Some(fresh)) if self.is_deleting(&id) => {
                    self.still_going(&id, fresh, progress);
                }
                (None, Some(fresh)) => {
                    let context = asked.keys().filter(|other| **other != &id);
                    let context = context.filter_map(|other| found.get(*other));
                    let (fresh, context) = (fresh.clone(), context.cloned().collect());
                    if let Some(planned) = self.by_id.get(&id).copied() {
                        let queue = self.queues.entry(queue_key(planned)).or_default();
                        queue.push(Reread { fresh, context });
                    }
                }
            }
        }
    }

    /// Handles a deletion that is still in progress.
    fn still_going(
        &mut self,
        id: &ResourceId,
        fresh: &Resource,
        progress: &mut ProgressWriter<'_>,
    ) {
        let state = fresh.state.as_deref().unwrap_or("without a state");
        let has_failed = state
            .to_lowercase()
            .replace('-', "_")
            .contains("delete_failed");
        let Some(attempt) = self.attempts.get_mut(id) else {
            return;
        };
        if has_failed || Instant::now() >= attempt.until {
            let seconds = attempt.since.elapsed().as_secs();
            let reason = format!(
                "its deletion was deleting and is not through after {seconds} s: it is {state}"
            );
            return self.leave(id, &reason, None, progress);
        }
        attempt.polls += 1;
        let polls = attempt.polls;
        self.report_progress(id, progress);
        self.poll_later(id.clone(), polls);
    }
}
