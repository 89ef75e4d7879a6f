//! What became of each: gone, left with its reason, or to be tried again.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::SweepExecutor;
use crate::cloud::{CloudError, CloudErrorKind, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::{DeletedResource, Progress, ProgressWriter};
use crate::sweep::{BlockedDeletion, Ownership, OwnershipVerdict};

/// How often it is told that a deletion goes on.
const TOLD: Duration = Duration::from_secs(10);

/// Codes of a dependency: whatever of the stack used it is gone by then.
const IN_USE: &[&str] = &[
    "DependencyViolation",
    "InUse",
    "Conflict",
    "NotEmpty",
    "Contains",
];

impl SweepExecutor<'_> {
    /// A call about one that failed.
    pub(super) fn failed(
        &mut self,
        id: &ResourceId,
        error: CloudError,
        events: &mut Vec<EventKind>,
        teller: &mut ProgressWriter<'_>,
    ) {
        match error.kind {
            CloudErrorKind::Credentials => {
                self.done.paused.get_or_insert(error);
            }
            CloudErrorKind::Gone => self.gone(id, None, events, teller),
            CloudErrorKind::Wait | CloudErrorKind::Throttled | CloudErrorKind::Unreachable => {
                if self.is_late(id) {
                    let reason = format!("it was tried until its time was over: {error}");
                    self.leave(id, &reason, blocker(&error), teller);
                } else {
                    self.tell_that_it_goes_on(id, teller);
                    self.again(id, Some(error));
                }
            }
            CloudErrorKind::Protected => {
                let reason = format!("it is protected, and jiti never switches that off: {error}");
                self.leave(id, &reason, None, teller);
            }
            CloudErrorKind::Denied | CloudErrorKind::Other => {
                self.leave(id, &error.to_string(), None, teller);
            }
        }
    }

    /// Reads it again after a pause, until its time is over: then it is left with this reason.
    pub(super) fn once_more(
        &mut self,
        id: &ResourceId,
        reason: &str,
        teller: &mut ProgressWriter<'_>,
    ) {
        if self.is_late(id) {
            self.leave(id, reason, None, teller);
        } else {
            self.again(id, None);
        }
    }

    fn is_late(&self, id: &ResourceId) -> bool {
        let turn = self.turns.get(id);
        turn.is_some_and(|turn| Instant::now() >= turn.until)
    }

    /// Tries it again after a pause: read again first, as the first time. Once somebody has asked to stop, only what has
    /// begun is.
    fn again(&mut self, id: &ResourceId, error: Option<CloudError>) {
        if self.done.stopped && !self.turns.get(id).is_some_and(|turn| turn.begun) {
            return;
        }
        if let Some(turn) = self.turns.get_mut(id) {
            let pause = self
                .timing
                .before_try(turn.tries.saturating_sub(1) + turn.polls);
            // What is only waited for comes to its end as well.
            turn.polls += u32::from(error.is_none());
            turn.last = error;
            let at =
                (Instant::now() + pause).min(turn.until.max(Instant::now() + self.timing.poll));
            self.due.insert((at, id.clone()));
        }
    }

    pub(super) fn tell_that_it_goes_on(
        &mut self,
        id: &ResourceId,
        teller: &mut ProgressWriter<'_>,
    ) {
        if let Some(turn) = self.turns.get_mut(id)
            && turn.told.elapsed() >= TOLD
        {
            turn.told = Instant::now();
            let seconds = turn.since.elapsed().as_secs();
            teller.tell(&Progress::ResourceProgress {
                id: id.to_string(),
                kind: self.kind_of(id),
                seconds,
            });
        }
    }

    fn kind_of(&self, id: &ResourceId) -> String {
        let planned = self.by_id.get(id);
        planned.map_or_else(String::new, |one| one.kind.clone())
    }

    pub(super) fn gone(
        &mut self,
        id: &ResourceId,
        at: Option<Timestamp>,
        events: &mut Vec<EventKind>,
        teller: &mut ProgressWriter<'_>,
    ) {
        let (Some(one), Some(turn)) = (self.by_id.get(id), self.turns.remove(id)) else {
            return;
        };
        self.schedule.mark_gone(id);
        self.went.insert(id.clone());
        if at.is_some() {
            self.done.scheduled.insert(id.clone());
        }
        let deleted = DeletedResource {
            id: id.to_string(),
            kind: one.kind.clone(),
            resource_id: None,
            region: Some(one.place.region.clone()),
            seconds: turn.since.elapsed().as_secs(),
            scheduled_for: at,
        };
        events.push(EventKind::ResourceDeleted { id: id.to_string() });
        teller.tell(&Progress::ResourceDeleted(deleted.clone()));
        self.done.deleted.push(deleted);
    }

    pub(super) fn leave(
        &mut self,
        id: &ResourceId,
        reason: &str,
        by: Option<String>,
        teller: &mut ProgressWriter<'_>,
    ) {
        if self.done.left.contains_key(id) {
            return;
        }
        let turn = self.turns.remove(id);
        let seconds = turn.map_or(0, |turn| turn.since.elapsed().as_secs());
        self.note_left(id, reason.to_owned(), by, seconds, teller);
        for blocked in self.schedule.mark_left(id) {
            self.blocked(&blocked, teller);
        }
    }

    pub(super) fn blocked(&mut self, blocked: &BlockedDeletion, teller: &mut ProgressWriter<'_>) {
        let BlockedDeletion { id, by } = blocked;
        // What would have stayed anyway has a better reason than this.
        let belongs = self
            .kept
            .judgement
            .get(id)
            .is_some_and(OwnershipVerdict::belongs);
        if belongs && !self.done.left.contains_key(id) {
            self.turns.remove(id);
            let reason = format!("it can only go after {by}, which is left");
            self.note_left(id, reason, Some(by.to_string()), 0, teller);
        }
    }

    fn note_left(
        &mut self,
        id: &ResourceId,
        reason: String,
        by: Option<String>,
        seconds: u64,
        teller: &mut ProgressWriter<'_>,
    ) {
        teller.tell(&Progress::ResourceFailed {
            id: id.to_string(),
            kind: self.kind_of(id),
            seconds,
        });
        let judged = OwnershipVerdict {
            verdict: Ownership::Stays,
            reason,
            blocked_by: by,
        };
        self.done.left.insert(id.clone(), judged);
    }

    /// What never had its turn, or not to the end.
    pub(super) fn leave_the_rest(&mut self) {
        let reason = match &self.done.paused {
            Some(_) => "not reached: the credentials ended before it",
            None => "not reached: the teardown was stopped",
        };
        for id in self.schedule.remaining() {
            self.done
                .left
                .entry(id)
                .or_insert_with(|| OwnershipVerdict {
                    verdict: Ownership::Stays,
                    reason: reason.to_owned(),
                    blocked_by: None,
                });
        }
    }
}

/// What keeps one that everything of the stack has let go of.
fn blocker(error: &CloudError) -> Option<String> {
    let code = error.code.as_deref().unwrap_or_default();
    let in_use =
        error.kind == CloudErrorKind::Wait && IN_USE.iter().any(|part| code.contains(part));
    in_use.then(|| "something that uses it and is not known to be this stack's".to_owned())
}
