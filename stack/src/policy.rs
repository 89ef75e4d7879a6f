//! The limits set by the owner of an account, and the checks that enforce them.

mod check;
mod protection;
mod refusal;

use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use protection::Protection;
pub(crate) use protection::compile_pattern;
pub use refusal::{Refusal, Refusals};

use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// The grace, unless the policy sets one.
pub const DEFAULT_GRACE: Span = Span::minutes(60);

/// The longest wait of an apply, unless the policy sets one.
pub const DEFAULT_MAX_WAIT: Span = Span::minutes(60);

/// For how long a failure of a dependency counts, unless the policy sets it.
pub const DEFAULT_PREFLIGHT_WINDOW: Span = Span::minutes(5);

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
    /// The longest time that an apply waits: for its turn to become ready, or for a dependency.
    pub max_wait: Span,
    /// What an apply does if a dependency of its preflight failed for another stack.
    pub preflight_breaker: BreakerMode,
    /// For how long such a failure counts.
    pub preflight_window: Span,
    /// Patterns of names or apps, with `*` and `?`, that the reaper never touches and whose
    /// teardown requires typing the name.
    pub protected: Vec<String>,
}

/// What an apply does if a dependency of its preflight failed for another stack within the last
/// minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakerMode {
    /// It fails and does not try the dependency.
    #[default]
    Fail,
    /// It waits until the dependency works again, for at most `max_wait`.
    Wait,
    /// It tries the dependency, whatever other stacks have seen.
    Off,
}

impl BreakerMode {
    /// The mode in one word, as in the config file.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Wait => "wait",
            Self::Off => "off",
        }
    }
}

/// A text that names no [`BreakerMode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of \"fail\", \"wait\" and \"off\"")]
pub struct UnknownBreakerMode(String);

impl FromStr for BreakerMode {
    type Err = UnknownBreakerMode;

    fn from_str(text: &str) -> Result<Self, UnknownBreakerMode> {
        let modes = [Self::Fail, Self::Wait, Self::Off].into_iter();
        let mut named = modes.filter(|mode| mode.word() == text);
        named
            .next()
            .ok_or_else(|| UnknownBreakerMode(text.to_owned()))
    }
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
            max_wait: DEFAULT_MAX_WAIT,
            preflight_breaker: BreakerMode::default(),
            preflight_window: DEFAULT_PREFLIGHT_WINDOW,
            protected: Vec::new(),
        }
    }
}
