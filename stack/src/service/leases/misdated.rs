//! Marking events whose author's clock was wrong, so that they no longer count as of their date.

use crate::lease::{EventKind, MisdatedEvent, misdated};
use crate::service::{Leases, ServiceError};
use crate::values::id::{Seq, StackName};

impl Leases<'_> {
    /// Marks every event of a stack that lies in the future of this machine's clock as misdated.
    /// Returns these events; without any, nothing is written.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn mark_misdated(
        self,
        stack: &StackName,
    ) -> Result<Vec<MisdatedEvent>, ServiceError> {
        self.service
            .retry_on_conflict(stack, || async {
                let lease = self.service.ledger.lease(stack).await?;
                let lease = lease.ok_or_else(|| self.service.unknown(stack))?;
                let mut events = self.service.ledger.events(stack, Seq::NONE).await?;
                events.retain(|event| event.seq <= lease.last_seq());
                let now = self.service.now();
                let found = misdated(&events, now);
                if found.is_empty() {
                    return Ok(Some(found));
                }
                let events = found.iter().map(|event| event.seq).collect();
                let kinds = vec![EventKind::Misdated { events }];
                let written = self
                    .service
                    .append(stack, lease.last_seq(), now, kinds)
                    .await?;
                Ok(written.map(|_| found))
            })
            .await
    }
}
