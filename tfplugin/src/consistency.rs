//! Checks of the provider's responses against Terraform Core's rules.
//!
//! Core reports an inconsistent response to Terraform's user, at the end of an apply. In debug and
//! test builds the SDK reports it earlier, to the provider's author, with the path and the fix.

mod applied;
mod planned;

pub(crate) use applied::check_applied;
#[cfg(feature = "testing")]
pub(crate) use applied::check_final_plan;
pub(crate) use planned::check_plan;

/// Whether this build checks responses.
pub(crate) const CHECKED: bool = cfg!(any(debug_assertions, feature = "testing"));
