//! What this provider looks up: live leases, as `jiti ls` lists them.

mod listing_model;
mod stack;
mod stacks;

pub(crate) use stack::StackLookup;
pub(crate) use stacks::StacksLookup;
