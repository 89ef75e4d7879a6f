//! Releasing: Terraform has deleted the stack's resource.

use crate::lease::EventKind;
use crate::service::{Leases, ServiceError};
use crate::values::id::StackName;

impl Leases<'_> {
    /// Records that Terraform deleted the stack. Outside a teardown, the stack is gone with that;
    /// during one, the teardown decides. Releasing a stack that is gone or unknown succeeds,
    /// because a destroy must always be possible. No limit is checked.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn release(self, stack: &StackName) -> Result<(), ServiceError> {
        match self.note(stack, EventKind::Released).await {
            // Its place among the owner's stacks is freed with the lease, because leases are
            // counted.
            Ok(_) => self.leave_inits(stack).await,
            Err(ServiceError::Unknown { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
