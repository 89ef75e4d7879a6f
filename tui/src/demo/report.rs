//! The report of the demo: the events of its stacks, with a made-up bill and the idleness of its
//! simulated cloud.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use stack::cloud::BillLine;
use stack::report::{GroupBy, KnownIdleness, Report, ReportBuilder, ReportInputs};
use stack::{
    Elapsed, Event, EventKind, HourlyRate, Lease, Listing, ReaperStatus, StackName, Usd, View,
};

use super::policy;
use crate::dashboard::event::CloudData;

/// What the bill has of a list price: there are discounts, and some cost has no tag.
const BILLED_PERCENT: i64 = 93;

/// How many days the bill is late.
const DAYS_LATE: i64 = 2;

/// The events of every stack.
pub(crate) type DemoEvents = BTreeMap<StackName, Vec<Event>>;

/// The report on a period, from these events and this cloud.
pub(crate) fn report(
    (since, now): (Timestamp, Timestamp),
    by: GroupBy,
    stacks: &DemoEvents,
    cloud: &CloudData,
) -> Report {
    let mut builder = ReportBuilder::new(since, now, by);
    // The cloud has the bill of its stacks, and this module that of the stacks that are gone.
    let mut billed = cloud.bill.lines.clone();
    let last = cloud.bill.days.keys().next_back().copied();
    let last =
        last.unwrap_or_else(|| day_of(now).saturating_sub(jiff::Span::new().days(DAYS_LATE)));
    for (stack, events) in stacks {
        for event in events {
            // The demo has only valid events, which a test of it checks.
            let _ = builder.event(event);
        }
        if cloud.bill.lines_of(stack.as_str()).is_empty() {
            let lines = bill(stack, events, now);
            billed.extend(lines.into_iter().filter(|line| line.day <= last));
        }
    }
    builder.finish(&ReportInputs {
        billed,
        billed_until: Some(last),
        idleness: idleness(now, stacks, cloud),
        ..ReportInputs::default()
    })
}

/// Which of the live stacks are idle, as the listing says.
fn idleness(
    now: Timestamp,
    stacks: &DemoEvents,
    cloud: &CloudData,
) -> BTreeMap<StackName, KnownIdleness> {
    let view = View::new(now, policy(), ReaperStatus::default());
    let view = view.with_cloud(Arc::new(cloud.clone().view()));
    let leases = stacks.values().filter_map(|events| {
        let lease = Lease::fold(None, events).ok().flatten()?;
        lease.is_live().then_some(lease)
    });
    let known = leases.filter_map(|lease| {
        let stack = Listing::new(&lease, &view);
        let known = KnownIdleness::of(&stack)?;
        Some((stack.name, known))
    });
    known.collect()
}

/// The lines of a stack's bill, one per day.
fn bill(stack: &StackName, events: &[Event], now: Timestamp) -> Vec<BillLine> {
    let mut days: BTreeMap<Date, Decimal> = BTreeMap::new();
    let (mut rate, mut from) = (HourlyRate::ZERO, None);
    for event in events {
        add(&mut days, rate, from, event.at);
        from = Some(event.at);
        match &event.kind {
            EventKind::Requested { registration } => {
                rate = registration.terms.hourly_cost.unwrap_or_default();
            }
            EventKind::Rated { hourly_usd, .. } => rate = hourly_usd.unwrap_or_default(),
            EventKind::Released | EventKind::Gone => rate = HourlyRate::ZERO,
            _ => {}
        }
    }
    add(&mut days, rate, from, now);
    let lines = days.into_iter().map(|(day, usd)| BillLine {
        stack: stack.to_string(),
        day,
        service: "Amazon EC2".to_owned(),
        usd: Usd::new(usd * Decimal::new(BILLED_PERCENT, 2)),
        estimated: true,
    });
    lines.collect()
}

/// Adds a rate over a time to the days that it is in.
fn add(
    days: &mut BTreeMap<Date, Decimal>,
    rate: HourlyRate,
    from: Option<Timestamp>,
    to: Timestamp,
) {
    let Some(mut from) = from.filter(|_| rate > HourlyRate::ZERO) else {
        return;
    };
    while from < to {
        let day = day_of(from);
        let midnight = day
            .tomorrow()
            .ok()
            .and_then(|day| day.to_zoned(TimeZone::UTC).ok());
        let next = midnight.map_or(to, |midnight| midnight.timestamp().min(to));
        *days.entry(day).or_default() += rate.over(Elapsed::between(from, next)).amount();
        from = next;
    }
}

fn day_of(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
