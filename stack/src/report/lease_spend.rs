//! What a lease spent over time.

use jiff::Timestamp;

use super::history::{LeaseHistory, Segment};
use crate::economics::SliceState;
use crate::values::money::{DollarTime, Usd};
use crate::values::ttl::Elapsed;

/// The time that a lease existed until the end of a report, in segments.
#[derive(Debug)]
pub(super) struct LeaseSpend(Vec<Segment>);

/// Time and what was spent in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amount {
    pub(super) time: Elapsed,
    /// The spend; `None` if no rate is known for any of the time.
    pub(super) spent: Option<DollarTime>,
    /// Whether that leaves out something that costs money, or a time without a known rate.
    pub(super) is_minimum: bool,
}

impl Amount {
    /// The spend in dollars.
    pub(super) fn usd(self) -> Option<Usd> {
        self.spent.map(DollarTime::dollars)
    }

    /// Adds another amount.
    pub(super) fn add(&mut self, other: Self) {
        self.time = self.time.plus(other.time);
        self.is_minimum |= other.is_minimum;
        if let Some(spent) = other.spent {
            self.spent = Some(self.spent.unwrap_or_default() + spent);
        }
    }

    /// A part of a segment.
    pub(super) fn of(segment: &Segment, from: Timestamp, to: Timestamp) -> Self {
        Self {
            time: Elapsed::between(from, to),
            spent: segment.is_known.then(|| segment.spent_between(from, to)),
            is_minimum: segment.is_minimum,
        }
    }
}

impl LeaseSpend {
    /// The time of a lease until a time that is no earlier than its last event.
    pub(super) fn of(history: &LeaseHistory, until: Timestamp) -> Self {
        let rest = history.tail.is_live.then(|| history.segments_until(until));
        let recorded = history.segments.iter().copied();
        Self(recorded.chain(rest.into_iter().flatten()).collect())
    }

    /// The segments, in order.
    pub(super) fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// What was spent between two times.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> Amount {
        self.sum(from, to, |_| true)
    }

    /// What was spent in a state since a time.
    pub(super) fn in_state(&self, state: SliceState, since: Timestamp) -> Amount {
        self.sum(since, Timestamp::MAX, |segment| segment.state == state)
    }

    fn sum(&self, from: Timestamp, to: Timestamp, counts: impl Fn(&Segment) -> bool) -> Amount {
        let mut sum = Amount::default();
        for segment in &self.0 {
            let (from, to) = (from.max(segment.from), to.min(segment.to));
            if from < to && counts(segment) {
                sum.add(Amount::of(segment, from, to));
            }
        }
        sum
    }
}
