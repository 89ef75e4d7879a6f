//! Holding: the reaper leaves the stack alone until a stated time.

use jiff::Timestamp;

use crate::lease::{EventKind, Lease};
use crate::service::{Leases, ServiceError};
use crate::values::id::StackName;

impl Leases<'_> {
    /// Holds a stack until a time, which always comes.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when the time has passed or is later than the policy allows;
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn hold(
        self,
        stack: &StackName,
        until: Timestamp,
        why: impl Into<String>,
    ) -> Result<Lease, ServiceError> {
        let why = why.into();
        let policy = self.service.policy().await?;
        let decide = |_: &Lease, now| {
            let until = policy
                .hold(until, now)
                .map_err(|refusal| ServiceError::refused(stack, [refusal]))?;
            let why = why.clone();
            Ok(vec![EventKind::Held { until, why }])
        };
        self.service.change(stack, decide).await
    }

    /// Ends a hold before its time. A stack that is not held stays as it is.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn unhold(self, stack: &StackName) -> Result<Lease, ServiceError> {
        let decide = |lease: &Lease, now| {
            Ok(match lease.at(now).hold_until {
                Some(_) => vec![EventKind::HoldEnded],
                None => Vec::new(),
            })
        };
        self.service.change(stack, decide).await
    }
}
