//! Forgets a stack: ends its lease without a teardown.

use std::path::Path;

use super::error::TeardownError;
use super::runner::Runner;
use crate::lease::{EventKind, Lease};
use crate::service::Teardowns;
use crate::values::id::StackName;

impl Teardowns<'_> {
    /// Ends the lease of a stack whose state is lost, and deletes nothing. What exists of the stack
    /// still exists; where accounts are configured, it is listed as unleased. A stack that is gone
    /// stays as it is.
    ///
    /// # Errors
    /// [`TeardownError::Running`] while a runner works on it, [`TeardownError::PowerOperation`]
    /// while it goes to sleep or wakes; an unknown stack; a ledger error.
    pub async fn forget(
        self,
        stack: &StackName,
        why: &str,
        runs: &Path,
    ) -> Result<Lease, TeardownError> {
        let forgotten = self
            .service
            .retry_on_conflict(stack, || async {
                let lease = self.service.ledger.lease(stack).await?;
                let lease = lease.ok_or_else(|| self.service.unknown(stack))?;
                if !lease.is_live() {
                    return Ok(Some(lease));
                }
                let now = self.service.now();
                Runner::refuse(&lease, runs, now)?;
                let kind = EventKind::Forgotten {
                    by: self.service.actor.clone(),
                    why: why.to_owned(),
                };
                let seq = lease.last_seq();
                Ok::<_, TeardownError>(self.service.append(stack, seq, now, vec![kind]).await?)
            })
            .await?;
        // Its place among the owner's stacks is freed with the lease, because leases are counted.
        self.service.leases().leave_inits(stack).await;
        Ok(forgotten)
    }
}
