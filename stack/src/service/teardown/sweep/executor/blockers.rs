//! Finds out what keeps a resource that its service refuses to delete because something uses it.

use std::sync::Arc;
use std::time::Duration;

use super::{CallAnswer, CallKind, SweepExecutor, queue_key};
use crate::cloud::{CloudError, CloudErrorKind, Resource, ResourceId};
use crate::service::teardown::record::ProgressWriter;
use crate::sweep::OwnershipVerdict;
use crate::values::tags;

/// How long jiti waits for a foreign reference to end. A service may remove one shortly after it
/// has deleted what the reference served.
const FOREIGN_REFERENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// What blocks a resource when no service can say what uses it.
const UNKNOWN_USER: &str = "a resource that uses it and is not known to belong to this stack";

impl SweepExecutor<'_> {
    /// Whether a resource was tried more than once, or its time is over.
    pub(super) fn was_retried(&self, id: &ResourceId) -> bool {
        let tries = self.attempts.get(id).map_or(0, |attempt| attempt.tries);
        tries > 1 || self.is_late(id)
    }

    /// Asks the services what uses a resource.
    pub(super) fn ask_for_users(&mut self, id: &ResourceId, error: CloudError) {
        let Some(planned) = self.by_id.get(id).copied() else {
            return;
        };
        let (cloud, asked) = (Arc::clone(&self.cloud), planned.clone());
        let task = self.tasks.spawn(async move {
            let users = cloud.users(&asked).await;
            CallAnswer::Users(asked.id, error, users)
        });
        let (queue, about) = (queue_key(planned), vec![id.clone()]);
        self.track(task.id(), CallKind::Poll, queue, about);
    }

    /// Handles what the services answered. A reference of something that is deleted with a resource
    /// of the stack is detached. A reference of anything else blocks the resource.
    pub(super) fn users_found(
        &mut self,
        id: &ResourceId,
        error: CloudError,
        users: Result<Vec<Resource>, CloudError>,
        progress: &mut ProgressWriter<'_>,
    ) {
        let users = match users {
            Ok(users) => users,
            Err(error) if error.kind == CloudErrorKind::Credentials => {
                self.result.paused.get_or_insert(error);
                return;
            }
            // The delete's own error says more than a failed search.
            Err(_) => Vec::new(),
        };
        let others = users
            .into_iter()
            .filter(|user| user.id != *id && !self.is_pending(&user.id));
        let (references, others): (Vec<Resource>, Vec<Resource>) =
            others.partition(|user| user.detachable.contains(id));
        let (own, foreign): (Vec<Resource>, Vec<Resource>) = references
            .into_iter()
            .partition(|user| self.goes_with_owner(user));
        let waited = self.attempts.get(id).map(|attempt| attempt.since.elapsed());
        let is_late = self.is_late(id);
        let gives_up = is_late || waited.is_some_and(|waited| waited >= FOREIGN_REFERENCE_TIMEOUT);
        if let Some(user) = foreign.first().filter(|_| gives_up) {
            let reason = format!(
                "{} refers to it and is not deleted with this stack: {error}",
                user.id.short()
            );
            self.leave(id, &reason, Some(user.id.to_string()), progress);
        } else if !own.is_empty() && !is_late && !self.result.stopped {
            self.detach_from(id, own);
        } else if is_late {
            let user = others.first().or(own.first());
            let by = user.map_or_else(|| UNKNOWN_USER.to_owned(), |user| user.id.to_string());
            let reason = format!("it could not be deleted in time: {error}");
            self.leave(id, &reason, Some(by), progress);
        } else {
            self.report_progress(id, progress);
            self.retry_later(id, Some(error));
        }
    }

    /// Detaches the references of these resources to one that is to be deleted.
    fn detach_from(&mut self, id: &ResourceId, users: Vec<Resource>) {
        let Some(planned) = self.by_id.get(id).copied() else {
            return;
        };
        let (cloud, used) = (Arc::clone(&self.cloud), id.clone());
        self.result.touched = true;
        let task = self.tasks.spawn(async move {
            for user in users {
                if let Err(error) = cloud.detach_reference(&user, &used).await {
                    return CallAnswer::ReferencesDetached(used, Err(error));
                }
            }
            CallAnswer::ReferencesDetached(used, Ok(()))
        });
        let (queue, about) = (queue_key(planned), vec![id.clone()]);
        self.track(task.id(), CallKind::Poll, queue, about);
    }

    /// Whether this sweep still deletes a resource, or has deleted it.
    fn is_pending(&self, id: &ResourceId) -> bool {
        let belongs = self
            .sweep
            .judgement
            .get(id)
            .is_some_and(OwnershipVerdict::belongs);
        belongs && !self.result.left.contains_key(id)
    }

    /// Whether a resource that is not in the plan is deleted with one that this sweep deletes, such
    /// as the default group of a network.
    fn goes_with_owner(&self, user: &Resource) -> bool {
        let owner = user.owner.as_ref();
        user.is_confirmed()
            && user.untouchable.is_none()
            && user.tag(tags::STACK).is_none()
            && owner.is_some_and(|owner| self.is_pending(owner))
    }
}
