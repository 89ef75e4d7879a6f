//! Splits timelines at midnight UTC: what each stack spent on each day.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use stack::economics::{LeaseTimeline, Slice};
use stack::values::money::DollarTime;
use stack::{Elapsed, StackName};

/// From the start of a UTC day until a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Period {
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

/// One stack on one day.
#[derive(Debug)]
pub(super) struct StackDay<'a> {
    /// The latest lease of the stack on the day.
    pub(super) lease: &'a LeaseTimeline,
    /// How long the stack existed.
    pub(super) stood: Elapsed,
    /// The spend; `None` if no rate was known.
    pub(super) spent: Option<DollarTime>,
    /// Whether the spend leaves out something that costs money, or a time without a known rate.
    pub(super) is_minimum: bool,
}

/// The days of every stack.
pub(super) type StackDays<'a> = BTreeMap<(Date, &'a StackName), StackDay<'a>>;

impl Period {
    /// The whole UTC days from the one of `since` on, because a bill has whole days.
    pub(super) fn whole_days(since: Timestamp, until: Timestamp) -> Self {
        Self {
            since: start_of(day_of(since)).unwrap_or(since),
            until,
        }
    }
}

/// Splits the leases into days.
pub(super) fn stack_days(timelines: &[LeaseTimeline], period: Period) -> StackDays<'_> {
    let mut days = StackDays::new();
    let mut leases: Vec<&LeaseTimeline> = timelines.iter().collect();
    leases.sort_by(|one, two| (&one.stack, one.number).cmp(&(&two.stack, two.number)));
    for lease in leases {
        for slice in &lease.slices {
            add(&mut days, lease, slice, period);
        }
    }
    days
}

/// Adds the parts of a slice. What was charged in one sum at the start of the slice belongs to its
/// first day.
fn add<'a>(days: &mut StackDays<'a>, lease: &'a LeaseTimeline, slice: &Slice, period: Period) {
    let at_rate = |from, to| match slice.rate {
        Some(rate) => DollarTime::ZERO.plus(rate, Elapsed::between(from, to)),
        None => DollarTime::ZERO,
    };
    let mut rest = slice.spent.minus(at_rate(slice.from, slice.to));
    let is_known = slice.rate.is_some() || rest > DollarTime::ZERO;
    let mut from = slice.from;
    let end = slice.to.min(period.until);
    while from < end {
        let day = day_of(from);
        let next = day.tomorrow().ok().and_then(start_of);
        let to = next.map_or(end, |next| next.min(end));
        // The rest is negative if a time at the start was counted before: it costs nothing again.
        let due = at_rate(from, to) + rest;
        let spent = due.max(DollarTime::ZERO);
        rest = due.minus(spent);
        let shown_from = from.max(period.since);
        if shown_from < to {
            let entry = days.entry((day, &lease.stack)).or_insert_with(|| StackDay {
                lease,
                stood: Elapsed::default(),
                spent: None,
                is_minimum: false,
            });
            entry.lease = lease;
            entry.stood = entry.stood.plus(Elapsed::between(shown_from, to));
            entry.is_minimum |= slice.is_minimum || slice.rate.is_none();
            if is_known {
                entry.spent = Some(entry.spent.unwrap_or_default() + spent);
            }
        }
        from = to;
    }
}

/// The UTC day of a timestamp, as on the bill.
fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

fn start_of(day: Date) -> Option<Timestamp> {
    let midnight = day.to_zoned(TimeZone::UTC).ok()?;
    Some(midnight.timestamp())
}
