//! The terms, extensions and holds of a lease, as its history records them. Times count from the
//! start of the lease.

use serde::{Deserialize, Serialize};

use crate::lease::{Lease, RenewOn};
use crate::policy::DEFAULT_GRACE;
use crate::values::ttl::{Elapsed, Span};

/// The terms of a lease from a time on, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TermsRecord {
    pub(super) after: Elapsed,
    pub(super) ttl: u64,
    pub(super) renew_on: RenewOn,
    pub(super) idle_after: Option<u64>,
    pub(super) ready_timeout: Option<u64>,
    pub(super) grace: u64,
    pub(super) max_ttl: Option<u64>,
}

impl TermsRecord {
    pub(super) fn of(lease: &Lease, grace: Option<Span>, after: Elapsed) -> Self {
        Self {
            after,
            ttl: lease.terms.ttl.span().seconds(),
            renew_on: lease.terms.renew_on,
            idle_after: lease.terms.idle_after.map(Span::seconds),
            ready_timeout: lease.terms.ready_timeout.map(Span::seconds),
            grace: grace.unwrap_or(DEFAULT_GRACE).seconds(),
            max_ttl: lease.max_ttl.map(Span::seconds),
        }
    }

    /// Whether both are the same terms, at whatever time.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        let after = self.after;
        *self == Self { after, ..*other }
    }

    pub(super) fn grace(&self) -> Option<Span> {
        Span::from_seconds(self.grace)
    }
}

/// An extension of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExtensionRecord {
    pub(super) after: Elapsed,
    pub(super) seconds: u64,
}

/// A hold of a lease, as it really was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct HoldRecord {
    pub(super) after: Elapsed,
    pub(super) until: Elapsed,
}

/// Ends the last hold, if it has not ended.
pub(super) fn end_hold(holds: &mut [HoldRecord], after: Elapsed) {
    if let Some(last) = holds.last_mut() {
        last.until = last.until.min(after).max(last.after);
    }
}
