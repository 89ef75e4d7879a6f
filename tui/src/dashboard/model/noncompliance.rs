//! Whether a broken rule of governance makes a stack due, and when.

use serde::{Deserialize, Serialize};
use stack::config::{CheckConfig, NoncompliantAction};
use stack::{Policy, Span};

/// The settings of `[check]` that the screen shows the effect of.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(crate) struct NoncomplianceSetting {
    /// Whether a broken rule makes a stack due.
    is_due: bool,
    /// The time until then; `None` for that of the policy.
    grace: Option<Span>,
}

impl NoncomplianceSetting {
    /// The setting of a configuration.
    pub(crate) fn of(check: &CheckConfig) -> Self {
        Self {
            is_due: check.noncompliant == NoncompliantAction::Due,
            grace: check.grace,
        }
    }

    /// The time from a broken rule until the stack is due; `None` if it makes no stack due.
    pub(super) fn grace(self, policy: &Policy) -> Option<Span> {
        self.is_due.then(|| self.grace.unwrap_or(policy.grace))
    }
}
