//! The limits set by the owner of an account, and the checks that enforce them.

mod check;
mod protection;
mod refusal;

use serde::{Deserialize, Serialize};

pub use protection::Protection;
pub use refusal::{Refusal, Refusals};

use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// The grace, unless the policy sets one.
pub const DEFAULT_GRACE: Span = Span::minutes(60);

/// The `[policy]` section of the config file. An unset limit is off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The TTL of a stack that sets none.
    pub default_ttl: Option<Span>,
    /// The maximum total lifetime of a stack, from its creation.
    pub max_ttl: Option<Span>,
    /// The maximum length of a hold.
    pub max_hold: Option<Span>,
    /// The time between a cause and the moment when the stack is due.
    pub grace: Span,
    /// A regular expression that every owner must match.
    pub owner_pattern: Option<String>,
    /// The labels that every stack must have.
    pub required_labels: Vec<String>,
    /// The maximum hourly rate of a stack.
    pub max_hourly_usd: Option<HourlyRate>,
    /// The maximum number of stacks per owner that are not gone.
    pub max_live_per_owner: Option<u32>,
    /// The maximum number of stacks that become ready at the same time.
    pub max_concurrent_inits: Option<u32>,
    /// Patterns of names or apps, with `*` and `?`, that the reaper never touches and whose
    /// teardown requires typing the name.
    pub protected: Vec<String>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            default_ttl: None,
            max_ttl: None,
            max_hold: None,
            grace: DEFAULT_GRACE,
            owner_pattern: None,
            required_labels: Vec::new(),
            max_hourly_usd: None,
            max_live_per_owner: None,
            max_concurrent_inits: None,
            protected: Vec::new(),
        }
    }
}
