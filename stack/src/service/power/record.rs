//! Reads again what a sleep or a wake has changed, and nothing else, so that later views show it.

use std::collections::BTreeSet;

use crate::cloud::{Resource, ResourceId};
use crate::service::Power;
use crate::sleep;
use crate::values::id::StackName;

impl Power<'_> {
    /// Describes what was stopped or started, and what that owns, once more; stores the answer, and
    /// records the stack's new cost in the ledger. Returns the stack's resources as they are then.
    /// The next sync finds what could not be stored.
    pub(super) async fn reread_changed(
        self,
        stack: &StackName,
        mut mine: Vec<Resource>,
        touched: &BTreeSet<ResourceId>,
    ) -> Vec<Resource> {
        let Some(access) = self.service.cloud_access().filter(|_| !touched.is_empty()) else {
            return mine;
        };
        let changed = sleep::with_owned(&mine, touched);
        let asked = mine.iter().filter(|one| changed.contains(&one.id));
        let asked: Vec<Resource> = asked.cloned().collect();
        let at = self.service.now();
        let described = access.cloud.describe(&asked).await;
        let ids: Vec<ResourceId> = changed.into_iter().collect();
        mine.retain(|one| {
            let known = !ids.contains(&one.id);
            let failed = described.failed.iter().any(|(id, _)| *id == one.id);
            known || failed || described.found.iter().any(|now| now.id == one.id)
        });
        for now in &described.found {
            if let Some(one) = mine.iter_mut().find(|one| one.id == now.id) {
                *one = now.clone();
            }
        }
        let kept = access
            .inventory
            .record_descriptions(at, ids, described)
            .await;
        if let Err(error) = kept {
            tracing::debug!(%stack, %error, "could not store what was changed");
            return mine;
        }
        if let Err(error) = self.service.cloud().update_rate(stack).await {
            tracing::debug!(%stack, %error, "could not record the new rate in the ledger");
        }
        mine
    }
}
