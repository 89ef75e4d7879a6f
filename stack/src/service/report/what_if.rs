//! Replays the stacks of a period under another policy.

use jiff::Timestamp;

use super::follower::{self, ReadingSteps};
use super::history_fold::HistoryFold;
use super::{Reports, ServiceError};
use crate::economics::{PolicyChange, WhatIf, WhatIfBuilder};
use crate::policy::Protection;
use crate::report::LeaseHistory;
use crate::values::id::StackName;

impl Reports<'_> {
    /// What the stacks from a time until now would have cost under another policy, and whom it
    /// would have cut off. Stacks that the policy in force protects stay. Stacks that cannot be
    /// read are left out and named.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn what_if(
        self,
        since: Timestamp,
        policy: PolicyChange,
    ) -> Result<WhatIf, ServiceError> {
        let until = self.service.now();
        let protection = Protection::new(&*self.service.policy().await?);
        let begin = || WhatIfBuilder::new(since, until, policy);
        let add =
            |leases: &mut WhatIfBuilder, stack: &StackName, number, history: &LeaseHistory| {
                if let Some(lease) = history.timeline(stack, number, until) {
                    let is_protected = protection.covers(&lease.stack, &lease.app);
                    leases.add(lease, is_protected);
                }
            };
        let merge = WhatIfBuilder::merge;
        let fold = HistoryFold { begin, add, merge };
        let folded = self.fold_histories(ReadingSteps::default(), since, until, fold);
        let (leases, unreadable) = folded.await?;
        Ok(WhatIf {
            unreadable: follower::unreadable(&unreadable),
            ..leases.finish()
        })
    }
}
