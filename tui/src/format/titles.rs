//! The titles of the columns, the same in `jiti ls` and in the dashboard.

/// The stack's name.
pub(crate) const NAME: &str = "NAME";
/// The app and its version.
pub(crate) const APP: &str = "APP@VERSION";
/// The owner.
pub(crate) const OWNER: &str = "OWNER";
/// The phase and the flags.
pub(crate) const STATE: &str = "STATE";
/// The time since the lease was created.
pub(crate) const AGE: &str = "AGE";
/// The time until the lease expires.
pub(crate) const TIME_LEFT: &str = "TIME LEFT";
/// When the reaper tears the stack down.
pub(crate) const ENDS_AT: &str = "ENDS AT (UTC)";
/// The rate.
pub(crate) const RATE: &str = "$/H";
/// The rate while the stack is idle.
pub(crate) const IDLE_RATE: &str = "IDLE $/H";
/// The estimated cost so far.
pub(crate) const ESTIMATE: &str = "ESTIMATE";
/// The billed cost so far.
pub(crate) const BILLED: &str = "BILLED";
/// The time until the stack was ready.
pub(crate) const INIT: &str = "INIT";
