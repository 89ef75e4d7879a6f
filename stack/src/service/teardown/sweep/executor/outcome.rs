//! Records the outcome for each resource: deleted, left with its reason, or to be retried.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::SweepExecutor;
use crate::cloud::{CloudError, CloudErrorKind, ResourceId};
use crate::lease::EventKind;
use crate::service::teardown::plan::NameReservation;
use crate::service::teardown::progress::{DeletedResource, Progress};
use crate::service::teardown::record::ProgressWriter;
use crate::sweep::{BlockedDeletion, Ownership, OwnershipVerdict};

/// How often a deletion in progress is reported.
const REPORT_INTERVAL: Duration = Duration::from_secs(10);

impl SweepExecutor<'_> {
    /// Handles a failed call about a resource.
    pub(super) fn failed(
        &mut self,
        id: &ResourceId,
        error: CloudError,
        events: &mut Vec<EventKind>,
        progress: &mut ProgressWriter<'_>,
    ) {
        match error.kind {
            CloudErrorKind::Credentials => {
                self.result.paused.get_or_insert(error);
            }
            CloudErrorKind::Gone => self.gone(id, None, events, progress),
            // Often it is enough to wait. If not, jiti asks what uses the resource.
            CloudErrorKind::InUse if self.was_retried(id) => self.ask_for_users(id, error),
            CloudErrorKind::InUse
            | CloudErrorKind::Wait
            | CloudErrorKind::Throttled
            | CloudErrorKind::Unreachable => {
                if self.is_late(id) {
                    let reason = format!("it could not be deleted in time: {error}");
                    self.leave(id, &reason, None, progress);
                } else {
                    self.report_progress(id, progress);
                    self.retry_later(id, Some(error));
                }
            }
            CloudErrorKind::Protected => {
                let reason =
                    format!("it is protected, and jiti never turns protection off: {error}");
                self.leave(id, &reason, None, progress);
            }
            CloudErrorKind::Denied | CloudErrorKind::Other => {
                self.leave(id, &error.to_string(), None, progress);
            }
        }
    }

    /// Reads a resource again after a pause. After its deadline, it is left with this reason.
    pub(super) fn retry_or_leave(
        &mut self,
        id: &ResourceId,
        reason: &str,
        progress: &mut ProgressWriter<'_>,
    ) {
        if self.is_late(id) {
            self.leave(id, reason, None, progress);
        } else {
            self.retry_later(id, None);
        }
    }

    pub(super) fn is_late(&self, id: &ResourceId) -> bool {
        let attempt = self.attempts.get(id);
        attempt.is_some_and(|attempt| Instant::now() >= attempt.until)
    }

    /// Retries after a pause, starting with a new read. After a stop request, only deletions in
    /// progress are retried.
    pub(super) fn retry_later(&mut self, id: &ResourceId, error: Option<CloudError>) {
        if self.result.stopped
            && !self
                .attempts
                .get(id)
                .is_some_and(|attempt| attempt.deleting)
        {
            return;
        }
        if let Some(attempt) = self.attempts.get_mut(id) {
            let pause = self
                .timing
                .before_try(attempt.tries.saturating_sub(1) + attempt.polls);
            // Polls count towards the back-off too.
            attempt.polls += u32::from(error.is_none());
            attempt.last = error;
            let at = (Instant::now() + pause).min(
                attempt
                    .until
                    .max(Instant::now() + self.timing.poll_interval),
            );
            self.due.insert((at, id.clone()));
        }
    }

    pub(super) fn report_progress(&mut self, id: &ResourceId, progress: &mut ProgressWriter<'_>) {
        if let Some(attempt) = self.attempts.get_mut(id)
            && attempt.reported_at.elapsed() >= REPORT_INTERVAL
        {
            attempt.reported_at = Instant::now();
            let seconds = attempt.since.elapsed().as_secs();
            progress.write(&Progress::ResourceProgress {
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
        progress: &mut ProgressWriter<'_>,
    ) {
        let (Some(one), Some(attempt)) = (self.by_id.get(id), self.attempts.remove(id)) else {
            return;
        };
        self.schedule.mark_gone(id);
        self.deleted.insert(id.clone());
        if at.is_some() {
            self.result.scheduled.insert(id.clone());
        }
        let deleted = DeletedResource {
            id: id.to_string(),
            kind: one.kind.clone(),
            resource_id: None,
            region: Some(one.place.region.clone()),
            seconds: attempt.since.elapsed().as_secs(),
            scheduled_for: at,
            name_reservation: at.and_then(|until| {
                let commands = Some(self.sweep.recovery_commands.get(id)?.clone());
                Some(NameReservation { until, commands })
            }),
            outlives: one.outlives.clone(),
        };
        events.push(EventKind::ResourceDeleted { id: id.to_string() });
        progress.write(&Progress::ResourceDeleted(deleted.clone()));
        self.result.deleted.push(deleted);
    }

    pub(super) fn leave(
        &mut self,
        id: &ResourceId,
        reason: &str,
        by: Option<String>,
        progress: &mut ProgressWriter<'_>,
    ) {
        if self.result.left.contains_key(id) {
            return;
        }
        let attempt = self.attempts.remove(id);
        let seconds = attempt.map_or(0, |attempt| attempt.since.elapsed().as_secs());
        self.note_left(id, reason.to_owned(), by, seconds, progress);
        for blocked in self.schedule.mark_left(id) {
            self.blocked(&blocked, progress);
        }
    }

    pub(super) fn blocked(&mut self, blocked: &BlockedDeletion, progress: &mut ProgressWriter<'_>) {
        let BlockedDeletion { id, by } = blocked;
        // What was not to be deleted already has a better reason.
        let belongs = self
            .sweep
            .judgement
            .get(id)
            .is_some_and(OwnershipVerdict::belongs);
        if belongs && !self.result.left.contains_key(id) {
            self.attempts.remove(id);
            let reason = format!("it can only be deleted after {by}, which is left");
            self.note_left(id, reason, Some(by.to_string()), 0, progress);
        }
    }

    fn note_left(
        &mut self,
        id: &ResourceId,
        reason: String,
        by: Option<String>,
        seconds: u64,
        progress: &mut ProgressWriter<'_>,
    ) {
        progress.write(&Progress::ResourceFailed {
            id: id.to_string(),
            kind: self.kind_of(id),
            seconds,
        });
        let judged = OwnershipVerdict {
            verdict: Ownership::Stays,
            reason,
            blocked_by: by,
        };
        self.result.left.insert(id.clone(), judged);
    }

    /// What never had its attempt, or not to the end.
    pub(super) fn leave_unreached(&mut self) {
        let reason = match &self.result.paused {
            Some(_) => "not reached: the credentials became invalid before it",
            None if self.result.unrecorded => "not reached: the ledger could not be written",
            None => "not reached: the teardown was stopped",
        };
        for id in self.schedule.remaining() {
            self.result
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
