//! A teardown by tag, as far as it can be decided without a cloud: what belongs to a stack, and in which order it goes.

mod deletion_order;
mod ownership;

pub use deletion_order::{BlockedDeletion, DeletionSchedule, DeletionStep};
pub use ownership::{Ownership, OwnershipVerdict, OwnershipVerdicts, StackIdentity, judge};
