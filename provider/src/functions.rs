//! The functions of this provider. They use neither the ledger nor the policy.

mod duration;
mod stack_name;
mod tags;

pub(crate) use duration::DurationFunction;
pub(crate) use stack_name::StackNameFunction;
pub(crate) use tags::TagsFunction;
