//! Reading again what their own services say of those whose turn has come.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::act::wholes;
use super::{Answer, Lane, Work};
use crate::cloud::{CloudErrorKind, Described, Resource, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::Teller;

impl<'a> Work<'a> {
    /// Reads those again whose time has come, those of one type in one place together.
    pub(super) fn read_what_is_due(&mut self) {
        if self.done.paused.is_some() {
            return;
        }
        let now = Instant::now();
        let mut batches: BTreeMap<Lane, Vec<ResourceId>> = BTreeMap::new();
        for (_, id) in self.due.iter().take_while(|(at, _)| *at <= now) {
            let Some(one) = self.by_id.get(id) else {
                continue;
            };
            let lane = (one.place.clone(), one.kind.clone());
            let busy = self.busy.get(&lane).copied().unwrap_or(0);
            let batch = batches.entry(lane).or_default();
            if busy + batch.len() < self.timing.at_once {
                batch.push(id.clone());
            }
        }
        for (lane, ids) in batches {
            if ids.is_empty() {
                continue;
            }
            let chosen: BTreeSet<&ResourceId> = ids.iter().collect();
            self.due.retain(|(_, id)| !chosen.contains(id));
            *self.busy.entry(lane).or_default() += ids.len();
            let mut asked: BTreeMap<&ResourceId, &Resource> = BTreeMap::new();
            for id in &ids {
                self.with_all_around(id, &mut asked);
            }
            let asked: Vec<Resource> = asked.into_values().cloned().collect();
            let cloud = Arc::clone(&self.cloud);
            let about = ids.clone();
            let task = self.tasks.spawn(async move {
                let described = cloud.describe(&asked).await;
                Answer::Read(ids, described)
            });
            self.under_way.insert(task.id(), about);
        }
    }

    /// One that is to go, all that would go with it, and what its belonging rests on, as far as that still stands.
    fn with_all_around(&self, id: &ResourceId, asked: &mut BTreeMap<&'a ResourceId, &'a Resource>) {
        self.with_children(id, asked);
        if self.turns.get(id).is_some_and(|turn| turn.begun) {
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
        if self.turns.get(id).is_some_and(|turn| turn.begun) {
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
        teller: &mut Teller<'_>,
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
                (Some(error), _) => {
                    self.free(&id);
                    let error = match error.kind {
                        CloudErrorKind::Gone => {
                            self.gone(&id, None, events, teller);
                            continue;
                        }
                        _ => error,
                    };
                    self.failed(&id, error, events, teller);
                }
                (None, None) => {
                    self.free(&id);
                    self.gone(&id, None, events, teller);
                }
                (None, Some(fresh)) if self.turns.get(&id).is_some_and(|turn| turn.begun) => {
                    self.free(&id);
                    self.still_going(&id, fresh, teller);
                }
                (None, Some(fresh)) => {
                    let around = asked.keys().filter(|other| **other != &id);
                    let around = around.filter_map(|other| found.get(*other));
                    self.act(&id, fresh, around.cloned().collect(), teller);
                }
            }
        }
    }

    /// A deletion that has begun and is not through.
    fn still_going(&mut self, id: &ResourceId, fresh: &Resource, teller: &mut Teller<'_>) {
        let state = fresh.state.as_deref().unwrap_or("without a state");
        let has_failed = state
            .to_lowercase()
            .replace('-', "_")
            .contains("delete_failed");
        let Some(turn) = self.turns.get_mut(id) else {
            return;
        };
        let now = Instant::now();
        if has_failed || now >= turn.until {
            let seconds = turn.since.elapsed().as_secs();
            let reason = format!(
                "its deletion was begun and is not through after {seconds} s: it is {state}"
            );
            return self.leave(id, &reason, None, teller);
        }
        turn.polls += 1;
        let at = now + self.timing.before_poll(turn.polls);
        self.tell_that_it_goes_on(id, teller);
        self.due.insert((at, id.clone()));
    }
}
