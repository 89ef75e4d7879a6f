//! Core's rules, held against our own answers before Core does.
//!
//! Terraform reports a provider's inconsistency to the person who runs it, at the end of an apply.
//! In debug and test builds the SDK reports it to the author, with the path and the way to mend it.

mod applied;
mod planned;

pub(crate) use applied::check_applied;
#[cfg(feature = "testing")]
pub(crate) use applied::check_final_plan;
pub(crate) use planned::check_plan;

/// Whether answers are checked.
pub(crate) const CHECKED: bool = cfg!(any(debug_assertions, feature = "testing"));
