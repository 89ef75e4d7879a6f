//! The limits that the owner of an account sets, and the checks that hold a stack to them.

mod check;
mod protection;
mod refusal;

use serde::{Deserialize, Serialize};

pub use protection::Protection;
pub use refusal::{Refusal, Refusals};

use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// How long after a cause a stack is due, where the policy does not say.
pub const DEFAULT_GRACE: Span = Span::minutes(60);

/// The `[policy]` of the configuration file. What is not set is unlimited or off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    /// The TTL of a stack that names none.
    pub default_ttl: Option<Span>,
    /// How long a stack may live in all, from its creation.
    pub max_ttl: Option<Span>,
    /// How long a hold may last.
    pub max_hold: Option<Span>,
    /// The time between a cause and the moment the stack is due.
    pub grace: Span,
    /// What an owner has to look like, as a regular expression.
    pub owner_pattern: Option<String>,
    /// Labels that every stack has to have.
    pub required_labels: Vec<String>,
    /// The highest rate of a stack.
    pub max_hourly_usd: Option<HourlyRate>,
    /// How many stacks an owner may have that are not gone.
    pub max_live_per_owner: Option<u32>,
    /// How many stacks may be on their way to ready at once.
    pub max_concurrent_inits: Option<u32>,
    /// Names or apps, with `*` and `?`, that are never reaped and want their name typed.
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
