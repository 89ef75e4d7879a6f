//! From where a lease is looked at: the moment, the policy in force, the reaper.

use jiff::Timestamp;

use crate::policy::{Policy, Protection};
use crate::reaper::ReaperStatus;

/// What a lease is read against. Made once for many leases.
#[derive(Clone, Debug)]
pub struct View {
    /// The moment.
    pub now: Timestamp,
    /// The policy in force now.
    pub policy: Policy,
    /// How the reaper is.
    pub reaper: ReaperStatus,
    /// The policy's protection, ready to be asked.
    pub(crate) protection: Protection,
}

impl View {
    /// A view.
    #[must_use]
    pub fn new(now: Timestamp, policy: Policy, reaper: ReaperStatus) -> Self {
        let protection = Protection::new(&policy);
        Self {
            now,
            policy,
            reaper,
            protection,
        }
    }
}
