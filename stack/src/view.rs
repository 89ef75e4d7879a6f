//! The context in which a lease is read: time, policy, reaper status and cloud state.

mod cloud;

use std::sync::Arc;

use jiff::Timestamp;

pub use cloud::CloudView;

use crate::idle::Activity;
use crate::init_queue::InitQueue;
use crate::lease::Lease;
use crate::policy::{Policy, Protection};
use crate::reaper::ReaperStatus;
use crate::values::ttl::Span;

/// The context in which leases are read. Built once for many leases.
#[derive(Clone, Debug)]
pub struct View {
    /// The current time.
    pub now: Timestamp,
    /// The policy in force now.
    pub policy: Policy,
    /// The reaper's status.
    pub reaper: ReaperStatus,
    /// The stacks on their way to ready and those that wait; `None` if the policy does not limit
    /// them, or if it was not read.
    pub init_queue: Option<InitQueue>,
    /// The time from a broken rule of governance until the stack is due; `None` if a broken rule
    /// makes no stack due.
    pub noncompliance_grace: Option<Span>,
    /// The known state of the cloud; `None` if no account is configured.
    pub cloud: Option<Arc<CloudView>>,
    /// The compiled protection patterns of the policy.
    pub(crate) protection: Protection,
}

impl View {
    /// A view without a cloud.
    #[must_use]
    pub fn new(now: Timestamp, policy: Policy, reaper: ReaperStatus) -> Self {
        let protection = Protection::new(&policy);
        Self {
            now,
            policy,
            reaper,
            init_queue: None,
            noncompliance_grace: None,
            cloud: None,
            protection,
        }
    }

    /// Adds the known state of the cloud.
    #[must_use]
    pub fn with_cloud(self, cloud: Arc<CloudView>) -> Self {
        Self {
            cloud: Some(cloud),
            ..self
        }
    }

    /// Adds the queue of `max_concurrent_inits`.
    #[must_use]
    pub fn with_init_queue(self, init_queue: Option<InitQueue>) -> Self {
        Self { init_queue, ..self }
    }

    /// Adds the time from a broken rule until the stack is due, if it makes the stack due.
    #[must_use]
    pub fn with_noncompliance_grace(self, noncompliance_grace: Option<Span>) -> Self {
        Self {
            noncompliance_grace,
            ..self
        }
    }

    /// The measured use of a lease's stack. Empty without a cloud.
    #[must_use]
    pub fn observed(&self, lease: &Lease) -> Activity {
        let cloud = self.cloud.as_ref();
        cloud
            .map(|cloud| cloud.observed(lease, self.now))
            .unwrap_or_default()
    }
}
