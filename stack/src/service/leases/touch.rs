//! Touching: somebody says that the stack is in use.

use crate::lease::{EventKind, Lease};
use crate::service::{Service, ServiceError};
use crate::values::id::StackName;

/// What a use is called that a person or a script reports.
const TOUCH: &str = "touch";

impl Service {
    /// Notes that somebody uses the stack now.
    ///
    /// # Errors
    /// [`ServiceError::Unknown`], or what the ledger says.
    pub async fn touch(&self, stack: &StackName) -> Result<Lease, ServiceError> {
        let signal = TOUCH.to_owned();
        self.note(stack, EventKind::Activity { signal }).await
    }
}
