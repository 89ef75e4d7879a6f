//! The rules of governance that a stack breaks.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::{BrokenRule, Lease};

/// A stack that breaks rules of governance, as the last live check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedNoncompliance {
    /// Since when it has broken any.
    pub since: Timestamp,
    /// The broken rules, by address and rule.
    pub findings: Vec<BrokenRule>,
    /// How many more there are.
    pub more: u32,
}

impl ListedNoncompliance {
    /// The noncompliance of a lease; `None` if no broken rule is known, or the stack is gone.
    pub(super) fn of(lease: &Lease) -> Option<Self> {
        let found = lease.noncompliance.as_ref().filter(|_| lease.is_live())?;
        Some(Self {
            since: found.since,
            findings: found.findings.clone(),
            more: found.more,
        })
    }
}
