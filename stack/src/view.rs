//! From where a lease is looked at: the moment, the policy in force, the reaper, what is known of the cloud.

mod cloud;

use std::sync::Arc;

use jiff::Timestamp;

pub use cloud::CloudView;

use crate::idle::Activity;
use crate::lease::Lease;
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
    /// What is known of the cloud; `None` where no account is configured.
    pub cloud: Option<Arc<CloudView>>,
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
            cloud: None,
            protection,
        }
    }

    /// The same with what is known of the cloud.
    #[must_use]
    pub fn with_cloud(self, cloud: Arc<CloudView>) -> Self {
        Self {
            cloud: Some(cloud),
            ..self
        }
    }

    /// Whether a lease's stack is used, as far as somebody has looked.
    #[must_use]
    pub fn observed(&self, lease: &Lease) -> Activity {
        let cloud = self.cloud.as_ref();
        cloud
            .map(|cloud| cloud.observed(lease, self.now))
            .unwrap_or_default()
    }
}
