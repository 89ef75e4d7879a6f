//! A time of a lease in which neither its group, its state nor its rate changed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AttributesIndex;
use crate::economics::SliceState;
use crate::values::money::{DollarTime, HourlyRate};
use crate::values::ttl::Elapsed;

/// A time in which neither the group, the state nor the rate changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "StoredSegment", into = "StoredSegment")]
pub(crate) struct Segment {
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
    pub(crate) attributes: AttributesIndex,
    pub(crate) state: SliceState,
    /// The spend in this time, and what was charged in one sum at its start.
    pub(super) spent: DollarTime,
    /// The rate; `None` if it was unknown.
    pub(super) rate: Option<HourlyRate>,
    /// The time up to which the meter had counted when the segment started.
    pub(super) counted_to: Timestamp,
    /// Whether a rate was ever known by its end.
    pub(crate) is_known: bool,
    /// Whether the spend leaves out something that costs money.
    pub(crate) is_minimum: bool,
}

/// The stored form of a segment. Its other times count from its start, in milliseconds, which takes
/// fewer bytes.
#[derive(Serialize, Deserialize)]
struct StoredSegment {
    from: i64,
    length: i64,
    attributes: AttributesIndex,
    state: SliceState,
    spent: DollarTime,
    rate: Option<HourlyRate>,
    counted_after: i64,
    is_known: bool,
    is_minimum: bool,
}

impl From<Segment> for StoredSegment {
    fn from(segment: Segment) -> Self {
        let from = segment.from.as_millisecond();
        Self {
            from,
            length: segment.to.as_millisecond() - from,
            attributes: segment.attributes,
            state: segment.state,
            spent: segment.spent,
            rate: segment.rate,
            counted_after: segment.counted_to.as_millisecond() - from,
            is_known: segment.is_known,
            is_minimum: segment.is_minimum,
        }
    }
}

impl TryFrom<StoredSegment> for Segment {
    type Error = jiff::Error;

    fn try_from(stored: StoredSegment) -> Result<Self, jiff::Error> {
        let at = |after: i64| Timestamp::from_millisecond(stored.from.saturating_add(after));
        Ok(Self {
            from: at(0)?,
            to: at(stored.length)?,
            attributes: stored.attributes,
            state: stored.state,
            spent: stored.spent,
            rate: stored.rate,
            counted_to: at(stored.counted_after)?,
            is_known: stored.is_known,
            is_minimum: stored.is_minimum,
        })
    }
}

impl Segment {
    /// The spend from the later of `from` and its start until the earlier of `to` and its end. The
    /// spends of parts add up to that of the whole.
    pub(crate) fn spent_between(&self, from: Timestamp, to: Timestamp) -> DollarTime {
        if to >= self.to {
            return self.spent_since(from);
        }
        self.spent_since(from).minus(self.spent_since(to.max(from)))
    }

    fn spent_since(&self, since: Timestamp) -> DollarTime {
        if since <= self.from {
            return self.spent;
        }
        self.at_rate(since)
    }

    fn at_rate(&self, since: Timestamp) -> DollarTime {
        let time = Elapsed::between(since.max(self.counted_to), self.to);
        match self.rate {
            Some(rate) => DollarTime::ZERO.plus(rate, time),
            None => DollarTime::ZERO,
        }
    }

    /// Whether this segment only continues the previous one.
    pub(super) fn continues(&self, previous: &Self) -> bool {
        previous.to == self.from
            && previous.attributes == self.attributes
            && previous.state == self.state
            && previous.rate == self.rate
            && previous.is_known == self.is_known
            && previous.is_minimum == self.is_minimum
            && self.counted_to <= self.from
            && self.spent == self.at_rate(self.from)
    }

    /// Adds a segment that continues this one.
    pub(super) fn extend(&mut self, next: &Self) {
        self.to = next.to;
        self.spent = self.spent + next.spent;
    }

    /// The parts before and after a time within it.
    pub(super) fn split(self, at: Timestamp) -> (Self, Self) {
        let rest = self.spent_since(at);
        let before = Self {
            to: at,
            spent: self.spent.minus(rest),
            ..self
        };
        let after = Self {
            from: at,
            spent: rest,
            ..self
        };
        (before, after)
    }

    /// Adds a rate over the whole time, and returns what that adds to the spend. Where clocks
    /// disagree, it adds nothing.
    pub(super) fn charge(&mut self, rate: HourlyRate) -> DollarTime {
        if self.counted_to > self.from {
            return DollarTime::ZERO;
        }
        let added = DollarTime::ZERO.plus(rate, Elapsed::between(self.from, self.to));
        self.rate = Some(self.rate.unwrap_or_default() + rate);
        self.spent = self.spent + added;
        self.is_known = true;
        added
    }
}

/// Cuts the segment that contains a time in two.
pub(super) fn cut(segments: &mut Vec<Segment>, at: Timestamp) {
    let within = |segment: &Segment| segment.from < at && at < segment.to;
    if let Some(index) = segments.iter().position(within)
        && let Some(segment) = segments.get_mut(index)
    {
        let (before, after) = segment.split(at);
        *segment = before;
        segments.insert(index + 1, after);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::noon;
    use crate::values::ttl::Span;

    fn minute(minutes: u32) -> Timestamp {
        Span::minutes(minutes).after(noon())
    }

    /// An hour from 12:01 at $1 an hour, with a charge of an hour at $2 at its start.
    fn segment() -> Segment {
        let hour = Elapsed::from_millis(3_600_000);
        let zero = DollarTime::ZERO;
        Segment {
            from: minute(1),
            to: minute(61),
            attributes: 0,
            state: SliceState::Ready,
            spent: zero
                .plus("1".parse().unwrap(), hour)
                .plus("2".parse().unwrap(), hour),
            rate: "1".parse().ok(),
            counted_to: minute(1),
            is_known: true,
            is_minimum: false,
        }
    }

    /// The spends of parts add up, and a charge in one sum belongs to the part with the start.
    #[test]
    fn parts_add_up() {
        let whole = segment();
        let spent = |from, to| {
            whole
                .spent_between(minute(from), minute(to))
                .dollars()
                .to_string()
        };
        assert_eq!(spent(1, 61), "3.00");
        assert_eq!(
            (spent(1, 31), spent(31, 61)),
            ("2.50".to_owned(), "0.50".to_owned())
        );
        assert_eq!(spent(31, 31), "0.00");
        let (before, after) = whole.split(minute(31));
        assert_eq!(before.spent.dollars().to_string(), "2.50");
        assert_eq!(after.spent.dollars().to_string(), "0.50");
        assert_eq!(before.spent + after.spent, whole.spent);
    }

    /// A rate that becomes known later counts over the whole time of a segment.
    #[test]
    fn a_late_rate_counts_over_the_segment() {
        let mut segments = vec![segment()];
        cut(&mut segments, minute(31));
        let added = segments[1].charge("4".parse().unwrap());
        assert_eq!(added.dollars().to_string(), "2.00");
        let spent = segments[1].spent_between(minute(46), minute(61));
        assert_eq!(spent.dollars().to_string(), "1.25");
    }
}
