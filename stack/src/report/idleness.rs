//! Whether a stack is idle, as an input of a report.

use jiff::Timestamp;

use crate::idle::IdleState;
use crate::listing::Listing;
use crate::values::money::{DollarTime, HourlyRate, Usd};

/// Whether a stack is idle now, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownIdleness {
    /// It is in use.
    Active,
    /// It is unused.
    Idle {
        /// Since when; `None` if that is unknown.
        since: Option<Timestamp>,
        /// What it has wasted since; `None` without a known rate.
        wasted: Option<Usd>,
        /// Whether that leaves out something that costs money.
        is_minimum: bool,
        /// What it costs per hour.
        hourly_usd: Option<HourlyRate>,
        /// What it will cost until it expires.
        until_expiry_usd: Option<Usd>,
    },
}

impl KnownIdleness {
    /// As a stack is listed; `None` if it is unknown whether the stack is idle.
    #[must_use]
    pub fn of(stack: &Listing) -> Option<Self> {
        Some(match stack.idle.state {
            IdleState::Unknown => return None,
            IdleState::Active => Self::Active,
            IdleState::Idle => Self::Idle {
                since: stack.idle.since,
                wasted: stack.idle.wasted_usd,
                is_minimum: stack.cost.hourly_is_minimum,
                hourly_usd: stack.idle.hourly_usd,
                until_expiry_usd: stack.idle.until_expiry_usd,
            },
        })
    }

    /// An idle stack of which only the wasted amount is known.
    #[must_use]
    pub const fn idle(wasted: Option<Usd>) -> Self {
        Self::Idle {
            since: None,
            wasted,
            is_minimum: false,
            hourly_usd: None,
            until_expiry_usd: None,
        }
    }

    /// Limits the waste to what the stack spent in a period.
    pub(super) fn limited(self, spent: DollarTime) -> Self {
        match self {
            Self::Idle {
                wasted: Some(wasted),
                ..
            } => self.with_wasted(Some(wasted.min(spent.dollars()))),
            other => other,
        }
    }

    /// The same with another wasted amount.
    pub(super) fn with_wasted(self, usd: Option<Usd>) -> Self {
        match self {
            Self::Active => Self::Active,
            Self::Idle {
                since,
                is_minimum,
                hourly_usd,
                until_expiry_usd,
                ..
            } => Self::Idle {
                since,
                wasted: usd,
                is_minimum,
                hourly_usd,
                until_expiry_usd,
            },
        }
    }
}
