//! Tearing a stack down by its tags, in the accounts of the configuration: first a plan that is shown, then that plan
//! and no other, then a look at whether anything is left.
//!
//! [`Service::plan_sweep`](crate::Service::plan_sweep) makes the plan; it is carried out, handed over and followed like
//! one of Terraform's. What belongs to the stack and in which order it goes is decided in [`crate::sweep`].

mod again;
mod carry;
mod keep;
mod look;
mod plan;
mod target;
mod timing;
mod work;

pub use again::LookSummary;
pub use target::{Tagged, Wish};
pub use timing::Timing;

pub(in crate::service) use carry::{beating, tidied};
pub(in crate::service) use keep::Kept;
pub(in crate::service) use look::{Before, command};

#[cfg(test)]
mod tests;
