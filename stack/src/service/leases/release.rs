//! Releasing: Terraform has deleted the stack's resource.

use crate::lease::EventKind;
use crate::service::{Service, ServiceError};
use crate::values::id::StackName;

impl Service {
    /// Notes that Terraform deleted the stack. Outside a teardown it is gone by that; during one
    /// only the teardown says when it is. One that is gone already, or was never here, is success: a
    /// destroy must always be possible. No limit is looked at.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn release(&self, stack: &StackName) -> Result<(), ServiceError> {
        match self.note(stack, EventKind::Released).await {
            // Its place among the owner's stacks falls back by itself, being counted by leases.
            Ok(_) => self.leave_inits(stack).await,
            Err(ServiceError::Unknown { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
