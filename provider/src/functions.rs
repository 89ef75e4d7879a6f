//! What this provider computes: pure, offline, without ledger or policy.

mod duration;
mod stack_name;
mod tags;

pub(crate) use duration::Duration;
pub(crate) use stack_name::Name;
pub(crate) use tags::Tags;
