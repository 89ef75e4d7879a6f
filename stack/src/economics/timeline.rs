//! The timeline of a lease: its states, starts, uses and terms, as the decisions need them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::RenewOn;
use crate::report::EndCause;
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::money::{DollarTime, HourlyRate};
use crate::values::ttl::{Elapsed, Span};

/// One lease of one stack.
#[derive(Clone, Debug, PartialEq)]
pub struct LeaseTimeline {
    /// The stack's name.
    pub stack: StackName,
    /// The number of the lease among those of the name, from 1.
    pub number: u32,
    /// The app, at the end.
    pub app: AppName,
    /// The owner, at the end.
    pub owner: Owner,
    /// The version, at the end.
    pub version: AppVersion,
    /// The labels, at the end.
    pub labels: BTreeMap<String, String>,
    /// When the stack was created: before it was requested if another ledger had it. The maximum
    /// total lifetime counts from then on.
    pub created_at: Timestamp,
    /// When the stack was requested.
    pub from: Timestamp,
    /// When it was gone, or the end of the report.
    pub until: Timestamp,
    /// What ended it; `None` while it exists.
    pub end: Option<EndCause>,
    /// The states in order, without gaps, from `from` to `until`.
    pub slices: Vec<Slice>,
    /// The starts in order.
    pub starts: Vec<Start>,
    /// The times of the `activity` events, in order. If there are none, it is unknown when the
    /// stack was used.
    pub uses: Vec<Timestamp>,
    /// The terms, each time that they changed. The first ones are those at `from`.
    pub terms: Vec<TermsChange>,
    /// The times of the `renewed` events, in order.
    pub renewals: Vec<Timestamp>,
    /// The extensions, in order.
    pub extensions: Vec<Extension>,
    /// The holds, in order.
    pub holds: Vec<HoldSpan>,
}

/// A time in which neither the state nor the rate of a stack changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Its start.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// The state of the stack.
    pub state: SliceState,
    /// The rate; `None` if it was unknown.
    pub rate: Option<HourlyRate>,
    /// The spend in this time, and what was charged in one sum at its start.
    pub spent: DollarTime,
    /// Whether the spend leaves out something that costs money.
    pub is_minimum: bool,
}

/// The state of a stack in a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SliceState {
    /// Being created, or not ready yet.
    Init,
    /// Ready to use.
    Ready,
    /// Compute is stopped.
    Asleep,
    /// Not ready within `ready_timeout`.
    Purgatory,
    /// A teardown is in progress.
    TearingDown,
    /// A teardown left something.
    Residue,
}

/// One start of a stack: from its request until the stack was ready, or until it failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// What requested it.
    pub kind: StartKind,
    /// The app that started.
    pub app: AppName,
    /// The version that started.
    pub version: AppVersion,
    /// When it was requested.
    pub requested_at: Timestamp,
    /// When everything was created and the checks started.
    pub provisioned_at: Option<Timestamp>,
    /// How it ended.
    pub outcome: StartOutcome,
    /// Its cost; `None` if it is unknown, or not complete.
    pub cost: Option<DollarTime>,
    /// Whether the cost leaves out something that costs money.
    pub cost_is_minimum: bool,
}

/// What requests a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StartKind {
    /// The stack was requested.
    Request,
    /// Another version was deployed in place.
    Version,
    /// The stack was woken.
    Wake,
    /// The checks ran again.
    Recheck,
}

impl StartKind {
    /// Whether a person asked for it, so that it counts as a use.
    #[must_use]
    pub const fn is_use(self) -> bool {
        !matches!(self, Self::Recheck)
    }
}

/// How a start ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartOutcome {
    /// The stack was ready in time.
    Ready {
        /// When it was ready.
        at: Timestamp,
    },
    /// The stack was not ready within `ready_timeout`.
    TimedOut {
        /// When the timeout passed.
        at: Timestamp,
        /// When it was ready after all.
        later_ready: Option<Timestamp>,
    },
    /// The stack ended, or started again, before it was ready.
    Failed {
        /// When that happened.
        at: Timestamp,
    },
    /// It is still in progress.
    Pending,
}

/// The terms of a lease from a time on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermsChange {
    /// Since when they apply.
    pub at: Timestamp,
    /// How long the stack may live after a renewal.
    pub ttl: Span,
    /// What renews the lease.
    pub renew_on: RenewOn,
    /// How long the stack may be idle before it is due.
    pub idle_after: Option<Span>,
    /// The time within which the stack has to be ready.
    pub ready_timeout: Option<Span>,
    /// The time between a cause and the moment when the stack is due.
    pub grace: Span,
    /// The maximum total lifetime.
    pub max_ttl: Option<Span>,
}

/// An extension of a lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension {
    /// When it was made.
    pub at: Timestamp,
    /// By how much.
    pub by: Span,
}

/// A hold, as it really was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HoldSpan {
    /// When it was placed.
    pub from: Timestamp,
    /// When it ended: at its stated time, or when a person ended it early.
    pub until: Timestamp,
}

impl StartOutcome {
    /// When the stack was ready, in time or later.
    #[must_use]
    pub const fn ready_at(self) -> Option<Timestamp> {
        match self {
            Self::Ready { at } => Some(at),
            Self::TimedOut { later_ready, .. } => later_ready,
            Self::Failed { .. } | Self::Pending => None,
        }
    }
}

impl Start {
    /// From the request until the stack was ready; `None` if it never was.
    #[must_use]
    pub fn time_to_ready(&self) -> Option<Elapsed> {
        let ready_at = self.outcome.ready_at()?;
        Some(Elapsed::between(self.requested_at, ready_at))
    }
}

impl LeaseTimeline {
    /// When the teardown that ends the lease started; without one, the end of the timeline.
    #[must_use]
    pub fn teardown_at(&self) -> Timestamp {
        let ending =
            |slice: &&Slice| matches!(slice.state, SliceState::TearingDown | SliceState::Residue);
        let teardown = self.slices.iter().rev().take_while(ending).last();
        teardown.map_or(self.until, |slice| slice.from)
    }

    /// The start that was in progress, or was the last one, at a time.
    #[must_use]
    pub fn start_at(&self, at: Timestamp) -> Option<&Start> {
        let starts = &self.starts;
        let requested = starts.partition_point(|start| start.requested_at <= at);
        starts.get(requested.checked_sub(1)?)
    }
}

impl Slice {
    /// Its length within a period.
    #[must_use]
    pub fn time_since(&self, since: Timestamp) -> Elapsed {
        Elapsed::between(self.from.max(since), self.to)
    }

    /// The spend from the later of `since` and its start until its end. What was charged in one sum
    /// counts at its start.
    #[must_use]
    pub fn spent_since(&self, since: Timestamp) -> DollarTime {
        if since <= self.from {
            return self.spent;
        }
        let at_rate = self.at_rate(self.time_since(since));
        at_rate.min(self.spent)
    }

    /// The spend from its start until the earlier of `until` and its end.
    #[must_use]
    pub fn spent_until(&self, until: Timestamp) -> DollarTime {
        if until <= self.from {
            return DollarTime::ZERO;
        }
        let rest = self.at_rate(Elapsed::between(until.min(self.to), self.to));
        self.spent.minus(rest.min(self.spent))
    }

    /// What a time costs at its rate; zero if the rate is unknown.
    fn at_rate(&self, time: Elapsed) -> DollarTime {
        self.rate
            .map_or(DollarTime::ZERO, |rate| DollarTime::ZERO.plus(rate, time))
    }
}
