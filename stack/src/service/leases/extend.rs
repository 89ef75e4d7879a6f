//! Extending: moving the end later by hand, up to the cap.

use jiff::Timestamp;

use crate::lease::{EventKind, Lease};
use crate::service::{Leases, ServiceError};
use crate::values::id::StackName;
use crate::values::ttl::Span;

impl Leases<'_> {
    /// Moves the end of a lease, counted from the later of now and the end so far; answers the new
    /// end.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] past the cap, with the latest time still allowed;
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn extend(self, stack: &StackName, by: Span) -> Result<Timestamp, ServiceError> {
        let policy = self.service.policy().await?;
        let decide = |lease: &Lease, now| {
            let until = policy
                .extend(lease, by, now)
                .map_err(|refusal| ServiceError::refused(stack, [refusal]))?;
            Ok(vec![EventKind::Extended { by, until }])
        };
        Ok(self.service.change(stack, decide).await?.expires_at)
    }
}
