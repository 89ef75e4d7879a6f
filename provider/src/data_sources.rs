//! The data sources of this provider: leases, as `jiti ls` lists them.

mod listing_model;
mod stack;
mod stacks;

pub(crate) use stack::StackDataSource;
pub(crate) use stacks::StacksDataSource;
