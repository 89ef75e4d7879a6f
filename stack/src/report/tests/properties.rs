//! Properties that hold for the figures of any histories.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;

use crate::cost::{EarlierCharge, MinimumCharge};
use crate::init::{CreatedType, PhaseBoundary, ReportedPhase};
use crate::lease::{Event, EventKind, Lease, NewEvent, Source};
use crate::report::{Figures, GroupBy, KnownIdleness, Report, ReportBuilder, ReportInputs};
use crate::testing::{actor, every_kind, noon, registration, stack_name};
use crate::values::id::{Seq, StackName};
use crate::values::money::Usd;
use crate::values::ttl::{Elapsed, Span};

const STACKS: [&str; 3] = ["a", "b", "c"];

/// One random event: the stack, the kind, a number that varies it, and the pause before it in
/// seconds.
type Step = (usize, usize, usize, u64);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let pause = prop_oneof![1 => Just(0_u64), 6 => 1..4_000_u64, 1 => 4_000..200_000_u64];
    prop::collection::vec((0..STACKS.len(), 0..40_usize, 0..60_usize, pause), 1..90)
}

fn marked(phase: &str, state: PhaseBoundary, reported: Option<ReportedPhase>) -> EventKind {
    EventKind::PhaseMarked {
        phase: phase.to_owned(),
        class: ["security", "data"]
            .into_iter()
            .find(|class| phase.len() == class.len())
            .map(str::to_owned),
        state,
        reported,
    }
}

fn kind(kind: usize, variant: usize, at: Timestamp, accrues: bool) -> EventKind {
    let usd = ["0", "0.3333333", "1", "7.25"][variant % 4];
    let name = ["pull", "migrate!", "data"][variant % 3];
    match kind {
        0..=5 => {
            let mut registration = registration();
            registration.app = ["shop", "mail"][variant % 2].parse().unwrap();
            registration.terms.ready_timeout =
                (!variant.is_multiple_of(5)).then(|| Span::minutes(15));
            registration.terms.hourly_cost =
                (!variant.is_multiple_of(3)).then(|| usd.parse().unwrap());
            EventKind::Requested {
                registration: Box::new(registration),
            }
        }
        6..=8 => EventKind::Provisioned,
        9..=12 => EventKind::Ready,
        13..=15 => marked(name, PhaseBoundary::Start, None),
        16..=18 => marked(name, PhaseBoundary::Done, None),
        19 => {
            let reported = ReportedPhase {
                started_at: Span::minutes(3).before(at),
                seconds: Elapsed::from_millis(variant as u64 * 7_001),
            };
            marked(name, PhaseBoundary::Done, Some(reported))
        }
        20 => EventKind::CheckPassed {
            check: "http".to_owned(),
        },
        21 => EventKind::ReadyTimedOut { checks: Vec::new() },
        22..=24 => EventKind::VersionChanged {
            from: "v1".parse().unwrap(),
            to: ["v1", "v2", "v3"][variant % 3].parse().unwrap(),
        },
        25..=28 => EventKind::Rated {
            hourly_usd: (!variant.is_multiple_of(5)).then(|| usd.parse().unwrap()),
            hourly_source: "list".to_owned(),
            unpriced: Vec::new(),
            at_least: vec![MinimumCharge {
                until: Span::minutes(1).after(at),
                hourly_usd: usd.parse().unwrap(),
            }],
            accrued: Vec::from_iter(accrues.then(|| EarlierCharge {
                since: Span::minutes(20).before(at),
                hourly_usd: usd.parse().unwrap(),
            })),
            created: vec![CreatedType {
                kind: "rds:db".to_owned(),
                class: Some("data".to_owned()),
                at: Span::minutes(10).before(at),
            }],
        },
        29 => EventKind::Activity {
            signal: "touch".to_owned(),
        },
        30 => EventKind::SleepStarted {
            prior: BTreeMap::new(),
            until: None,
            operator: None,
        },
        31 => EventKind::Slept,
        32 => EventKind::Woken,
        33 => EventKind::Released,
        34 => EventKind::Gone,
        35 => every_kind()
            .into_iter()
            .find(|kind| matches!(kind, EventKind::TeardownStarted { .. }))
            .unwrap(),
        36 => EventKind::OwnerChanged {
            from: "ana@example.com".parse().unwrap(),
            to: ["ana", "bo"][variant % 2].parse().unwrap(),
        },
        _ => EventKind::Recorded { origin: None },
    }
}

/// The events of the steps that are legal, and the time of the last one.
fn log(steps: &[Step], accrues: bool) -> (Vec<Event>, Timestamp) {
    let mut leases: BTreeMap<StackName, Lease> = BTreeMap::new();
    let (mut events, mut at) = (Vec::new(), noon());
    for (stack, number, variant, pause) in steps {
        at = Elapsed::from_millis(pause * 1000).after(at);
        let name = stack_name(STACKS[*stack]);
        let lease = leases.get(&name).cloned();
        let last = lease.as_ref().map_or(Seq::NONE, Lease::last_seq);
        let event = NewEvent {
            at,
            actor: actor(),
            source: Source::Cli,
            kind: kind(*number, *variant, at, accrues),
        };
        let event = event.into_event(name.clone(), last.next());
        if let Ok(lease) = Lease::apply(lease, &event) {
            leases.insert(name, lease);
            events.push(event);
        }
    }
    (events, at)
}

fn report(
    events: &[Event],
    (since, until): (Timestamp, Timestamp),
    by: GroupBy,
    besides: &ReportInputs,
) -> Report {
    let mut builder = ReportBuilder::new(since, until, by);
    for event in events.iter().filter(|event| event.at <= until) {
        builder.event(event).unwrap();
    }
    builder.finish(besides)
}

/// The figures of which the values of two periods add up to that of both: in seconds, as counts,
/// and in dollars.
fn sums(figures: &Figures) -> (Vec<u64>, Vec<Usd>) {
    let starts = &figures.starts;
    let counts = [
        starts.started,
        starts.ready,
        starts.timed_out,
        starts.failed,
        figures.init.count,
    ];
    let times = [
        figures.stood_seconds,
        figures.init.seconds,
        figures.purgatory_seconds,
    ];
    let usd = [figures.spent_usd, figures.init.usd, figures.purgatory_usd];
    (
        times
            .into_iter()
            .map(Elapsed::millis)
            .chain(counts.map(u64::from))
            .collect(),
        usd.map(Option::unwrap_or_default).to_vec(),
    )
}

/// The time of each phase, by name and class.
fn phases<'a>(
    groups: impl IntoIterator<Item = &'a Figures>,
) -> BTreeMap<(&'a str, Option<&'a str>), u64> {
    let mut times = BTreeMap::new();
    for phase in groups.into_iter().flat_map(|figures| &figures.init.phases) {
        let name = (phase.name.as_str(), phase.class.as_deref());
        *times.entry(name).or_default() += phase.seconds.millis();
    }
    times.retain(|_, millis| *millis > 0);
    times
}

fn is_close(a: Usd, b: Usd) -> bool {
    let difference = (a.amount() - b.amount()).abs();
    difference < rust_decimal::Decimal::new(1, 9)
}

/// Checks that the figures of parts add up to those of the whole.
fn add_up(
    parts: impl IntoIterator<Item: Borrow<Figures>>,
    whole: &Figures,
) -> Result<(), TestCaseError> {
    let (numbers, usd) = sums(whole);
    let mut summed = (vec![0; numbers.len()], vec![Usd::ZERO; usd.len()]);
    for part in parts {
        let part = part.borrow();
        let (numbers, usd) = sums(part);
        summed
            .0
            .iter_mut()
            .zip(numbers)
            .for_each(|(sum, n)| *sum += n);
        summed
            .1
            .iter_mut()
            .zip(usd)
            .for_each(|(sum, usd)| *sum = *sum + usd);
    }
    prop_assert_eq!(&summed.0, &numbers);
    let close = summed.1.iter().zip(&usd).all(|(a, b)| is_close(*a, *b));
    prop_assert!(close, "{:?} {:?}", summed.1, usd);
    Ok(())
}

/// Checks that the parts of the figures of one group are no larger than the whole.
fn is_consistent(figures: &Figures) -> Result<(), TestCaseError> {
    let init = &figures.init;
    let phases = init.phases.iter().map(|phase| phase.seconds);
    let all = phases.fold(Elapsed::default(), Elapsed::plus);
    prop_assert_eq!(all, init.seconds, "phases sum to the init");
    let classes = init.classes.iter().map(|class| class.seconds);
    let all = classes.fold(Elapsed::default(), Elapsed::plus);
    prop_assert_eq!(all, init.seconds, "classes sum to the init");
    let usd: Usd = init.phases.iter().filter_map(|phase| phase.usd).sum();
    prop_assert!(is_close(usd, init.usd.unwrap_or_default()), "{:?}", init);
    let spent = figures.spent_usd.unwrap_or_default();
    let parts = init.usd.unwrap_or_default() + figures.purgatory_usd.unwrap_or_default();
    prop_assert!(parts <= spent || is_close(parts, spent), "{:?}", figures);
    let time = init.seconds.plus(figures.purgatory_seconds);
    prop_assert!(time <= figures.stood_seconds);
    let wasted = figures.idle.wasted_usd.unwrap_or_default();
    prop_assert!(wasted <= spent || is_close(wasted, spent), "{:?}", figures);
    let starts = &figures.starts;
    let interval = starts.low.zip(starts.success_rate).zip(starts.high);
    if let Some(((low, rate), high)) = interval {
        prop_assert!(0.0 <= low && low <= rate && rate <= high && high <= 1.0);
    }
    Ok(())
}

/// Checks that no number and no amount is negative.
fn nothing_negative(value: &Value) -> Result<(), TestCaseError> {
    match value {
        Value::Number(number) => prop_assert!(number.as_f64() >= Some(0.0), "{}", number),
        Value::String(text) => prop_assert!(!text.starts_with('-'), "{}", text),
        Value::Array(values) => values.iter().try_for_each(nothing_negative)?,
        Value::Object(fields) => fields.values().try_for_each(nothing_negative)?,
        Value::Null | Value::Bool(_) => {}
    }
    Ok(())
}

proptest! {
    /// The phases and classes sum to the init; init and purgatory are part of the spend; idle is at
    /// most the total; nothing is negative; and the days add up to the total.
    #[test]
    fn figures_are_consistent(steps in steps(), since in 0..400_000_u64, idle in 0..400_000_u64) {
        let (events, last) = log(&steps, true);
        let until = Span::minutes(90).after(last);
        let since = Elapsed::from_millis(since * 1000).after(noon()).min(until);
        let idleness = STACKS.map(|stack| {
            let since = Elapsed::from_millis(idle * 1000).after(noon());
            let idle = KnownIdleness::Idle {
                since: Some(since),
                wasted: None,
                is_minimum: false,
                hourly_usd: None,
                until_expiry_usd: None,
            };
            (stack_name(stack), idle)
        });
        let besides = ReportInputs {
            idleness: idleness.into(),
            ..ReportInputs::default()
        };
        let by_app = report(&events, (since, until), GroupBy::App, &besides);
        is_consistent(&by_app.total)?;
        by_app.groups.iter().try_for_each(|group| is_consistent(&group.figures))?;
        nothing_negative(&serde_json::to_value(&by_app).unwrap())?;
        add_up(by_app.groups.iter().map(|group| &group.figures), &by_app.total)?;
        let by_day = report(&events, (since, until), GroupBy::Day, &besides);
        prop_assert_eq!(&by_day.total, &by_app.total);
        let days = || by_day.groups.iter().map(|group| &group.figures);
        add_up(days(), &by_day.total)?;
        prop_assert_eq!(phases(days()), phases([&by_day.total]));
        for day in &by_app.days {
            let (spent, idle) = (day.spent_usd.unwrap_or_default(), day.idle_usd.unwrap_or_default());
            prop_assert!(idle <= spent || is_close(idle, spent), "{:?}", day);
            prop_assert!(day.init_usd.unwrap_or_default() <= spent, "{:?}", day);
        }
        let spent: Usd = by_app.days.iter().filter_map(|day| day.spent_usd).sum();
        prop_assert!(is_close(spent, by_app.total.spent_usd.unwrap_or_default()));
    }

    /// The figures of two consecutive periods add up to those of both, as long as the first one
    /// knew every rate.
    #[test]
    fn splitting_a_period_changes_no_sum(steps in steps(), split in 0..400_000_u64) {
        let (events, last) = log(&steps, false);
        let until = Span::minutes(90).after(last);
        // No event is dated at a fraction of a second.
        let split = Elapsed::from_millis(split * 1000 + 500).after(noon()).min(until);
        let besides = ReportInputs::default();
        let total = |period| report(&events, period, GroupBy::App, &besides).total;
        let parts = [total((noon(), split)), total((split, until))];
        add_up(&parts, &total((noon(), until)))?;
    }
}
