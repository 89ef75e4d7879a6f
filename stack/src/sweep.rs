//! The rules of a sweep that need no cloud: which resources belong to a stack, and in which order
//! they are deleted.

mod deletion_order;
mod ownership;

pub use deletion_order::{BlockedDeletion, DeletionSchedule, DeletionStep};
pub use ownership::{
    Ownership, OwnershipVerdict, OwnershipVerdicts, StackIdentity, judge_ownership,
};
