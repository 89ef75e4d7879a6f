//! Reading again what their own services say of those whose turn has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::delete::wholes;
use super::type_queue::{QueueKey, Reread, TypeQueue};
use super::{CallAnswer, CallKind, SweepExecutor, lane_of};
use crate::cloud::{CloudErrorKind, Described, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::ProgressWriter;

impl<'a> SweepExecutor<'a> {
    /// Reads those again whose time has come, those of one type in one place together, and asks about those whose
    /// deletion has begun: for the first time before their time when nothing else of that type goes on.
    pub(super) fn read_what_is_due(&mut self) {
        if self.done.paused.is_some() {
            return;
        }
        let now = Instant::now();
        let (mut reads, mut polls) = (BTreeMap::new(), BTreeMap::new());
        for (at, id) in &self.due {
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let lane = lane_of(one);
            let begun = self.turns.get(id).filter(|turn| turn.begun);
            let first = begun.is_some_and(|turn| turn.polls == 0);
            if *at > now && !(first && self.lanes.get(&lane).is_none_or(TypeQueue::is_idle)) {
                continue;
            }
            if begun.is_some() {
                let batch: &mut Vec<ResourceId> = polls.entry(lane).or_default();
                batch.push(id.clone());
                continue;
            }
            let (room, batch) = reads.entry(lane).or_insert_with(|| {
                let room = self.lanes.entry(lane).or_default().room();
                (room, Vec::new())
            });
            if batch.len() < *room {
                batch.push(id.clone());
            }
        }
        let reads = reads
            .into_iter()
            .map(|(lane, (_, ids))| (lane, CallKind::Read, ids));
        let polls = polls
            .into_iter()
            .map(|(lane, ids)| (lane, CallKind::Poll, ids));
        let all: Vec<_> = reads.chain(polls).collect();
        for (lane, errand, ids) in all {
            if !ids.is_empty() {
                self.ask_about(lane, errand, ids);
            }
        }
    }

    /// Asks about these, and about what is around them.
    fn ask_about(&mut self, lane: QueueKey<'a>, errand: CallKind, ids: Vec<ResourceId>) {
        let chosen: BTreeSet<&ResourceId> = ids.iter().collect();
        self.due.retain(|(_, id)| !chosen.contains(id));
        let mut asked: BTreeMap<&ResourceId, &Resource> = BTreeMap::new();
        for id in &ids {
            self.with_all_around(id, &mut asked);
        }
        let asked: Vec<Resource> = asked.into_values().cloned().collect();
        let cloud = Arc::clone(&self.cloud);
        let about = ids.clone();
        let task = self.tasks.spawn(async move {
            let described = cloud.describe(&asked).await;
            CallAnswer::Read(ids, described)
        });
        self.follow(task.id(), errand, lane, about);
    }

    /// One that is to go, all that would go with it, and what its belonging rests on, as far as that still stands.
    fn with_all_around(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        self.with_children(id, asked);
        if self.has_begun(id) {
            return;
        }
        let mut above: Vec<&ResourceId> = Vec::new();
        above.extend(self.by_id.get(id).into_iter().flat_map(|one| wholes(one)));
        while let Some(id) = above.pop() {
            let standing = self.by_id.get(id).filter(|_| !self.went.contains(id));
            if let Some(one) = standing
                && asked.insert(&one.id, one).is_none()
            {
                above.extend(wholes(one));
            }
        }
    }

    /// One that is to go, and all that would go with it.
    fn with_children(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        let Some(one) = self.by_id.get(id) else {
            return;
        };
        if asked.insert(&one.id, one).is_some() {
            return;
        }
        if self.has_begun(id) {
            return;
        }
        for child in self.children.get(id).into_iter().flatten() {
            self.with_children(&child.id, asked);
        }
    }

    /// What their own services say of those that are to go.
    pub(super) fn read(
        &mut self,
        ids: Vec<ResourceId>,
        described: Described,
        events: &mut Vec<EventKind>,
        teller: &mut ProgressWriter<'_>,
    ) {
        let failed: BTreeMap<_, _> = described.failed.into_iter().collect();
        let found = described.found.into_iter();
        let found: BTreeMap<_, _> = found.map(|one| (one.id.clone(), one)).collect();
        for id in ids {
            let mut asked = BTreeMap::new();
            self.with_all_around(&id, &mut asked);
            let error = asked.keys().filter_map(|id| failed.get(*id));
            let mut error = error.filter(|error| error.kind != CloudErrorKind::Gone);
            let error = failed.get(&id).or(error.next()).cloned();
            match (error, found.get(&id)) {
                (Some(error), _) if error.kind != CloudErrorKind::Gone => {
                    self.failed(&id, error, events, teller);
                }
                (Some(_), _) | (None, None) => self.gone(&id, None, events, teller),
                (None, Some(fresh)) if self.has_begun(&id) => self.still_going(&id, fresh, teller),
                (None, Some(fresh)) => {
                    let around = asked.keys().filter(|other| **other != &id);
                    let around = around.filter_map(|other| found.get(*other));
                    let (fresh, around) = (fresh.clone(), around.cloned().collect());
                    if let Some(planned) = self.by_id.get(&id).copied() {
                        let lane = self.lanes.entry(lane_of(planned)).or_default();
                        lane.push(Reread { fresh, around });
                    }
                }
            }
        }
    }

    /// A deletion that has begun and is not through.
    fn still_going(&mut self, id: &ResourceId, fresh: &Resource, teller: &mut ProgressWriter<'_>) {
        let state = fresh.state.as_deref().unwrap_or("without a state");
        let has_failed = state
            .to_lowercase()
            .replace('-', "_")
            .contains("delete_failed");
        let Some(turn) = self.turns.get_mut(id) else {
            return;
        };
        if has_failed || Instant::now() >= turn.until {
            let seconds = turn.since.elapsed().as_secs();
            let reason = format!(
                "its deletion was begun and is not through after {seconds} s: it is {state}"
            );
            return self.leave(id, &reason, None, teller);
        }
        turn.polls += 1;
        let polls = turn.polls;
        self.tell_that_it_goes_on(id, teller);
        self.poll_later(id.clone(), polls);
    }
}
