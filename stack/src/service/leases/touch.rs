//! Touch: a user or a script reports that the stack is in use.

use crate::lease::{EventKind, Lease};
use crate::service::{Leases, ServiceError};
use crate::values::id::StackName;

/// The signal's name of a reported use.
const TOUCH: &str = "touch";

impl Leases<'_> {
    /// Records that the stack is in use now.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or a ledger error.
    pub async fn touch(self, stack: &StackName) -> Result<Lease, ServiceError> {
        let signal = TOUCH.to_owned();
        self.note(stack, EventKind::Activity { signal }).await
    }
}
