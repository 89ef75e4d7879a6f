//! The refusals of the policy: the attribute, the reason, and what to do.

use std::fmt;

use jiff::Timestamp;
use thiserror::Error;

use crate::values::money::HourlyRate;
use crate::values::ttl::Span;

/// A violation of the policy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// The stack sets no TTL, and the policy has no default.
    #[error("no ttl is set: set ttl, such as \"8h\", or default_ttl in the policy")]
    NoTtl,
    /// The TTL exceeds `max_ttl`.
    #[error("the ttl {ttl} is longer than the policy's max_ttl of {max}: set {max} or less")]
    LongTtl {
        /// The TTL.
        ttl: Span,
        /// The limit.
        max: Span,
    },
    /// The owner does not match `owner_pattern`.
    #[error(
        "the owner {owner:?} does not match the policy's owner_pattern {pattern}: change the owner"
    )]
    Owner {
        /// The owner.
        owner: String,
        /// The pattern.
        pattern: String,
    },
    /// The `owner_pattern` is not a valid regular expression.
    #[error("the policy's owner_pattern {pattern} is not a valid regular expression: {problem}")]
    OwnerPattern {
        /// The pattern.
        pattern: String,
        /// The error of the regular expression.
        problem: String,
    },
    /// Required labels are missing.
    #[error("the policy requires the label{} {}: add {}", if missing.len() == 1 { "" } else { "s" },
        missing.join(", "), if missing.len() == 1 { "it" } else { "them" })]
    MissingLabels {
        /// The keys of the missing labels.
        missing: Vec<String>,
    },
    /// The declared hourly cost exceeds `max_hourly_usd`.
    #[error(
        "an hourly_cost of ${rate} is above the policy's max_hourly_usd of ${max}: declare {max} or less, or ask for a higher limit"
    )]
    HourlyCost {
        /// The rate.
        rate: HourlyRate,
        /// The limit.
        max: HourlyRate,
    },
    /// The extension goes past the cap.
    #[error(
        "until {asked} is past {latest}, the latest time that the policy's max_ttl of {max} still allows: extend by less, or replace the stack"
    )]
    ExtendPastCap {
        /// The requested end.
        asked: Timestamp,
        /// The latest end that is allowed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// The cap has passed, so a renewal cannot extend the lease.
    #[error(
        "the stack reached the policy's max_ttl of {max} at {latest} and cannot be renewed: change its name to replace it, or destroy it and apply again"
    )]
    RenewPastCap {
        /// The latest end that was allowed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// The hold exceeds `max_hold`.
    #[error(
        "a hold until {asked} is longer than the policy's max_hold of {max}: hold until {latest} at the latest"
    )]
    LongHold {
        /// The requested end.
        asked: Timestamp,
        /// The latest end that is allowed.
        latest: Timestamp,
        /// The limit.
        max: Span,
    },
    /// The end of the hold is in the past.
    #[error("a hold until {asked} is in the past, it is now {now}: choose a later time")]
    PastHold {
        /// The requested end.
        asked: Timestamp,
        /// The current time.
        now: Timestamp,
    },
}

impl Refusal {
    /// The attribute of `jiti_stack`, or the argument, that the refusal is about.
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

/// All refusals of a registration: at least one.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub struct Refusals(Vec<Refusal>);

impl Refusals {
    /// `Err` if there are any refusals.
    pub(super) fn from_list(refusals: Vec<Refusal>) -> Result<(), Self> {
        if refusals.is_empty() {
            Ok(())
        } else {
            Err(Self(refusals))
        }
    }

    /// Iterates over the refusals.
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
