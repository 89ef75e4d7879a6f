//! What the policy refuses: which attribute it is about, why, and what to do.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// Something that the policy does not allow.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// No TTL was given, and the policy has none to give.
    #[error("a ttl is needed: set ttl, such as \"8h\", or default_ttl in the policy")]
    NoTtl,
    /// The TTL is longer than any stack may live.
    #[error("the ttl {ttl} is longer than the policy's max_ttl of {max}: set {max} or less")]
    LongTtl {
        /// The TTL.
        ttl: Span,
        /// The limit.
        max: Span,
    },
    /// The owner does not look as the policy asks.
    #[error(
        "the owner {owner:?} does not match the policy's owner_pattern {pattern}: change the owner"
    )]
    Owner {
        /// The owner.
        owner: String,
        /// The pattern.
        pattern: String,
    },
    /// The pattern for owners is no regular expression.
    #[error("the policy's owner_pattern {pattern} is no regular expression: {problem}")]
    OwnerPattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Labels are missing that the policy asks for.
    #[error("the policy asks for the label{} {}: add {}", if missing.len() == 1 { "" } else { "s" },
        missing.join(", "), if missing.len() == 1 { "it" } else { "them" })]
    MissingLabels {
        /// Their keys.
        missing: Vec<String>,
    },
    /// The declared rate is above the limit.
    #[error(
        "an hourly_cost of ${rate} is above the policy's max_hourly_usd of ${max}: declare {max} or less, or ask for a higher limit"
    )]
    HourlyCost {
        /// The rate.
        rate: HourlyRate,
        /// The limit.
        max: HourlyRate,
    },
    /// The extension goes past the last moment that the stack may live.
    #[error(
        "until {asked} is past {latest}, the latest time that the policy's max_ttl of {max} still allows: extend by less, or replace the stack"
    )]
    ExtendPastCap {
        /// The end that was asked for.
        asked: Timestamp,
        /// The latest end that is still allowed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// A renewal has nothing left to give.
    #[error(
        "the stack has lived for the policy's max_ttl of {max} since {latest} and cannot be renewed: replace it by changing its name, or destroy it and apply again"
    )]
    RenewPastCap {
        /// The latest end that was allowed; it has passed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// The hold would last too long.
    #[error(
        "a hold until {asked} is longer than the policy's max_hold of {max}: hold until {latest} at the latest"
    )]
    LongHold {
        /// The end that was asked for.
        asked: Timestamp,
        /// The latest end that is allowed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// The hold would have ended already.
    #[error("a hold until {asked} has already ended, it is {now}: name a later time")]
    PastHold {
        /// The end that was asked for.
        asked: Timestamp,
        /// Now.
        now: Timestamp,
    },
}

impl Refusal {
    /// The attribute of `jiti_stack`, or the argument, that it is about.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NoTtl | Self::LongTtl { .. } => "ttl",
            Self::Owner { .. } | Self::OwnerPattern { .. } => "owner",
            Self::MissingLabels { .. } => "labels",
            Self::HourlyCost { .. } => "hourly_cost",
            Self::ExtendPastCap { .. } => "by",
            Self::RenewPastCap { .. } => "version",
            Self::LongHold { .. } | Self::PastHold { .. } => "until",
        }
    }
}

/// Everything about a registration that the policy refuses: at least one thing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// The refusals, if there are any.
    pub(super) fn of(refusals: Vec<Refusal>) -> Result<(), Self> {
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(Self(refusals))
        }
    }

    /// One after the other.
    pub fn iter(&self) -> impl Iterator<Item = &Refusal> {
        self.0.iter()
    }
}

impl IntoIterator for Refusals {
    type Item = Refusal;
    type IntoIter = std::vec::IntoIter<Refusal>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, refusal) in self.0.iter().enumerate() {
            let separator = if place == 0 { "" } else { "; " };
            write!(f, "{separator}{refusal}")?;
        }
        Ok(())
    }
}
