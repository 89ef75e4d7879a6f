mod properties;
mod scenarios;

use super::*;
use crate::cost::EarlierCharge;
use crate::lease::{EventKind, NewEvent, ResidueDetails, Source, Strategy};
use crate::testing::{actor, noon, registration, stack_name};
use crate::values::ttl::{Elapsed, Span};
use crate::{Registration, RunId, Seq, Usd};

/// The time so many minutes after noon, or before it if negative.
fn minute(minutes: i32) -> Timestamp {
    let span = Span::minutes(minutes.unsigned_abs().max(1));
    match minutes {
        0 => noon(),
        1.. => span.after(noon()),
        _ => span.before(noon()),
    }
}

/// A ledger in short form: stacks and their events, by minute.
#[derive(Default)]
struct Log(Vec<Event>);

impl Log {
    fn happens(&mut self, stack: &str, at: i32, source: Source, kind: EventKind) {
        let name = stack_name(stack);
        let seq = self.0.iter().filter(|event| event.stack == name).count();
        let seq = Seq(u64::try_from(seq).unwrap() + 1);
        let event = NewEvent {
            at: minute(at),
            actor: actor(),
            source,
            kind,
        };
        self.0.push(event.into_event(name, seq));
    }

    fn begins(&mut self, stack: &str, at: i32, change: impl FnOnce(&mut Registration)) {
        let mut registration = registration();
        registration.terms.hourly_cost = "1".parse().ok();
        change(&mut registration);
        let registration = Box::new(registration);
        let kind = EventKind::Requested { registration };
        self.happens(stack, at, Source::Provider, kind);
        let kind = EventKind::Recorded { origin: None };
        self.happens(stack, at, Source::Provider, kind);
    }

    fn teardown(&mut self, stack: &str, at: i32, source: Source, why: &str) {
        let kind = EventKind::TeardownStarted {
            strategy: Strategy::Terraform,
            by: actor(),
            why: why.to_owned(),
            run: RunId::new("7k3m9q2x4v8w").unwrap(),
            host: "laptop".to_owned(),
            pid: 1,
        };
        self.happens(stack, at, source, kind);
    }

    fn report(&self, since: i32, until: i32, by: GroupBy, besides: &ReportInputs) -> Report {
        let mut telling = ReportBuilder::new(minute(since), minute(until), by);
        for event in self.0.iter().filter(|event| event.at <= minute(until)) {
            telling.event(event).unwrap();
        }
        telling.finish(besides)
    }

    fn total(&self, since: i32, until: i32) -> Figures {
        self.report(since, until, GroupBy::App, &ReportInputs::default())
            .total
    }
}

fn dollars(usd: Option<Usd>) -> Option<String> {
    usd.map(|usd| usd.to_string())
}

fn hours(figures: &Figures) -> u64 {
    figures.stood_seconds.seconds() / 3600
}

/// Only time within the report's period counts, at the rates of that time.
#[test]
fn only_the_time_of_the_report_counts() {
    let mut log = Log::default();
    log.begins("a", 0, |_| {});
    let rated = EventKind::Rated {
        hourly_usd: "9".parse().ok(),
        hourly_source: "list".to_owned(),
        unpriced: Vec::new(),
        at_least: Vec::new(),
        accrued: Vec::new(),
        created: Vec::new(),
    };
    log.happens("a", 120, Source::Cli, rated);
    log.happens("a", 240, Source::Provider, EventKind::Released);
    let figures = log.total(0, 600);
    assert_eq!((figures.stacks, hours(&figures)), (1, 4));
    assert_eq!(dollars(figures.spent_usd).as_deref(), Some("22.00"));
    let figures = log.total(60, 180);
    assert_eq!((figures.stacks, hours(&figures)), (1, 2));
    assert_eq!(dollars(figures.spent_usd).as_deref(), Some("11.00"));
    let figures = log.total(300, 600);
    assert_eq!((figures.stacks, figures.spent_usd), (0, None));
    assert_eq!(figures.ended, EndCounts::default());
}

/// Consecutive reports add up to a report over both periods.
#[test]
fn times_add_up() {
    let mut log = Log::default();
    log.begins("a", -77, |_| {});
    log.begins("b", 13, |r| r.terms.hourly_cost = "0.5".parse().ok());
    log.happens("b", 200, Source::Provider, EventKind::Released);
    let spent = |since, until| log.total(since, until).spent_usd.unwrap_or_default();
    assert_eq!(spent(-100, 50) + spent(50, 300), spent(-100, 300));
}

/// A stack counts in the group of the version deployed at the time, and once in the total.
#[test]
fn a_new_version_is_another_group() {
    let mut log = Log::default();
    log.begins("a", 0, |_| {});
    let changed = EventKind::VersionChanged {
        from: "v1".parse().unwrap(),
        to: "v2".parse().unwrap(),
    };
    log.happens("a", 60, Source::Provider, changed);
    let report = log.report(0, 240, GroupBy::Version, &ReportInputs::default());
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|g| {
            (
                g.group.as_str(),
                g.figures.stacks,
                hours(&g.figures),
                dollars(g.figures.spent_usd),
            )
        })
        .collect();
    assert_eq!(
        groups,
        [
            ("checkout@v2", 1, 3, Some("3.00".to_owned())),
            ("checkout@v1", 1, 1, Some("1.00".to_owned())),
        ]
    );
    assert_eq!(report.total.stacks, 1);
    assert_eq!(dollars(report.total.spent_usd).as_deref(), Some("4.00"));
}

/// A stack without a known rate is counted separately. Alone, its spend is unknown, not zero.
#[test]
fn unknown_is_not_nothing() {
    let mut log = Log::default();
    log.begins("a", 0, |r| r.terms.hourly_cost = None);
    let figures = log.total(0, 60);
    assert_eq!((figures.spent_usd, figures.without_rate), (None, 1));
    assert_eq!(
        (figures.billed_usd, figures.init.median_seconds),
        (None, None)
    );
    log.begins("b", 0, |_| {});
    let figures = log.total(0, 60);
    assert_eq!(dollars(figures.spent_usd).as_deref(), Some("1.00"));
    assert_eq!((figures.stacks, figures.without_rate), (2, 1));
}

/// Inits count once they are complete, each with its cost. Each purgatory counts once.
#[test]
fn inits_are_counted() {
    let mut log = Log::default();
    let promise = |r: &mut Registration| r.terms.ready_timeout = Some(Span::minutes(15));
    for (name, ready) in [("a", 6), ("b", 12), ("c", 60)] {
        log.begins(name, 0, promise);
        log.happens(name, 1, Source::Provider, EventKind::Provisioned);
        log.happens(name, ready, Source::Provider, EventKind::Ready);
    }
    log.begins("d", 0, promise);
    let figures = log.total(0, 120);
    let minutes = |time: Option<Elapsed>| time.map(|time| time.seconds() / 60);
    assert_eq!(figures.init.count, 3);
    assert_eq!(minutes(figures.init.median_seconds), Some(12));
    assert_eq!(minutes(figures.init.p90_seconds), Some(60));
    assert_eq!(dollars(figures.init.median_usd).as_deref(), Some("0.20"));
    // Until ready: 6 and 12 minutes. Until the timeout: 16 minutes of c, whose checks started after
    // a minute, and 15 of d. At a dollar an hour, 49 minutes cost this.
    assert_eq!(dollars(figures.init.usd).as_deref(), Some("0.8167"));
    assert_eq!(figures.purgatory, 2, "c was late and d never became ready");
    assert_eq!(log.total(70, 120).purgatory, 0, "both began earlier");
}

/// An end counts for the cause of the first teardown, or for Terraform if there was none.
#[test]
fn causes_of_ends_are_counted() {
    let mut log = Log::default();
    for (name, source, why) in [
        ("a", Source::Reaper, "expiry"),
        ("b", Source::Reaper, "idleness"),
        ("c", Source::Cli, "merged"),
    ] {
        log.begins(name, 0, |_| {});
        log.teardown(name, 10, source, why);
        log.happens(name, 11, Source::Cli, EventKind::Gone);
    }
    log.begins("d", 0, |_| {});
    log.happens("d", 5, Source::Provider, EventKind::Released);
    // The reaper, or a person, finishes what the reaper began because of expiry.
    for (name, source, why) in [
        ("e", Source::Reaper, "residue"),
        ("f", Source::Cli, "clean up"),
    ] {
        log.begins(name, 0, |_| {});
        log.teardown(name, 10, Source::Reaper, "expiry");
        let left = EventKind::ResourceLeft {
            id: "i-1".to_owned(),
            reason: "no".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        };
        log.happens(name, 11, Source::Reaper, left);
        let failed = EventKind::TeardownFailed {
            reason: "1 left".to_owned(),
        };
        log.happens(name, 12, Source::Reaper, failed);
        log.teardown(name, 70, source, why);
        log.happens(name, 71, source, EventKind::Gone);
    }
    let figures = log.total(0, 120);
    let expected = EndCounts {
        expiry: 3,
        purgatory: 0,
        idleness: 1,
        noncompliance: 0,
        person: 1,
        terraform: 1,
    };
    assert_eq!((figures.ended, figures.residue), (expected, 2));
}

/// A reused name is another stack, and a bill counts for the stack that existed on its day.
#[test]
fn bills_go_to_who_stood_then() {
    let mut log = Log::default();
    log.begins("a", 0, |_| {});
    log.happens("a", 60, Source::Provider, EventKind::Released);
    log.begins("a", 3 * 24 * 60, |r| {
        r.owner = "bo@example.com".parse().unwrap();
    });
    let line = |stack: &str, day: &str, usd: &str| BillLine {
        stack: stack.to_owned(),
        day: day.parse().unwrap(),
        service: "EC2".to_owned(),
        usd: usd.parse().unwrap(),
        estimated: false,
    };
    let besides = ReportInputs {
        billed: vec![
            line("a", "2026-03-02", "1"),
            line("a", "2026-03-05", "2"),
            line("a", "2026-03-04", "100"),
            line("somebody-elses", "2026-03-02", "100"),
            line("a", "2026-03-01", "100"),
        ],
        billed_until: "2026-03-06".parse().ok(),
        ..ReportInputs::default()
    };
    let report = log.report(0, 5 * 24 * 60, GroupBy::Owner, &besides);
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|g| (g.group.as_str(), dollars(g.figures.billed_usd)))
        .collect();
    assert_eq!(
        groups,
        [
            ("bo@example.com", Some("2.00".to_owned())),
            ("ana@example.com", Some("1.00".to_owned())),
        ]
    );
    assert_eq!(report.total.stacks, 2);
    assert_eq!(dollars(report.total.billed_usd).as_deref(), Some("3.00"));
    // The bill covers the whole of its last day, in the form that the listing uses.
    let end = "2026-03-07T00:00:00Z".parse().ok();
    assert_eq!(report.total.billed_until, end);
    assert!(
        report
            .groups
            .iter()
            .all(|group| group.figures.billed_until == end)
    );
}

/// Waste never exceeds the spend within the report's period.
#[test]
fn waste_is_never_more_than_was_spent() {
    let mut log = Log::default();
    log.begins("a", 0, |_| {});
    log.begins("b", 0, |_| {});
    let idleness = [
        (stack_name("a"), KnownIdleness::idle("8".parse().ok())),
        (stack_name("b"), KnownIdleness::idle(None)),
    ];
    let besides = ReportInputs {
        idleness: idleness.into(),
        ..ReportInputs::default()
    };
    let idle = log.report(420, 480, GroupBy::App, &besides).total.idle;
    assert_eq!(
        (idle.stacks, dollars(idle.wasted_usd).as_deref()),
        (Some(2), Some("1.00"))
    );
    assert!(idle.wasted_is_minimum, "what b wastes is unknown");
}

/// The marks of a minimum: of the spend, of the waste and of the inits.
fn minimums(figures: &Figures) -> (bool, bool, bool) {
    (
        figures.spent_is_minimum,
        figures.idle.wasted_is_minimum,
        figures.init.usd_is_minimum,
    )
}

/// An amount is a minimum if it leaves out an unpriced part, a time without a known rate, or a
/// stack without any rate, each only in a period that it belongs to.
#[test]
fn amounts_that_leave_something_out_are_minimums() {
    let measured = |rate: Option<&str>, unpriced: &[&str], since| EventKind::Rated {
        hourly_usd: rate.and_then(|rate| rate.parse().ok()),
        hourly_source: "list".to_owned(),
        unpriced: unpriced.iter().map(|what| (*what).to_owned()).collect(),
        at_least: Vec::new(),
        accrued: Vec::from_iter(rate.zip(since).map(|(rate, since)| EarlierCharge {
            since: minute(since),
            hourly_usd: rate.parse().unwrap(),
        })),
        created: Vec::new(),
    };
    let begun = |log: &mut Log| {
        log.begins("a", 0, |r| {
            r.terms.hourly_cost = None;
            r.terms.ready_timeout = Some(Span::minutes(60));
        });
        log.happens("a", 30, Source::Provider, EventKind::Ready);
    };
    // Everything that it has cost since its creation is known.
    let mut log = Log::default();
    begun(&mut log);
    log.happens("a", 60, Source::Cli, measured(Some("2"), &[], Some(0)));
    let figures = log.total(0, 120);
    assert_eq!(minimums(&figures), (false, false, false));
    assert_eq!(dollars(figures.spent_usd).as_deref(), Some("4.00"));
    assert_eq!(dollars(figures.init.usd).as_deref(), Some("1.00"));
    // From then on, something has no price.
    log.happens(
        "a",
        120,
        Source::Cli,
        measured(Some("2"), &["egress"], None),
    );
    assert_eq!(minimums(&log.total(0, 180)), (true, false, false));
    log.happens("a", 180, Source::Cli, measured(Some("2"), &[], None));
    assert_eq!(minimums(&log.total(0, 240)), (true, false, false));
    assert_eq!(minimums(&log.total(180, 240)), (false, false, false));
    // From then on, the rate is unknown.
    log.happens("a", 240, Source::Cli, measured(None, &[], None));
    assert_eq!(minimums(&log.total(180, 240)), (false, false, false));
    assert_eq!(minimums(&log.total(180, 300)), (true, false, false));
    // Another stack has no rate, and its init no cost.
    let mut log = Log::default();
    begun(&mut log);
    log.begins("b", 0, |r| r.terms.ready_timeout = Some(Span::minutes(60)));
    log.happens("b", 30, Source::Provider, EventKind::Ready);
    assert_eq!(minimums(&log.total(0, 120)), (true, false, true));
}

/// The number of idle stacks is unknown where nothing is known of any stack, and 0 only where all
/// that is known is that stacks are in use.
#[test]
fn unknown_idleness_is_not_zero() {
    let mut log = Log::default();
    for (stack, app) in [
        ("a", "known"),
        ("b", "known"),
        ("c", "unknown"),
        ("d", "busy"),
    ] {
        log.begins(stack, 0, |r| r.app = app.parse().unwrap());
    }
    let besides = ReportInputs {
        idleness: [
            (stack_name("a"), KnownIdleness::idle(None)),
            (stack_name("d"), KnownIdleness::Active),
        ]
        .into(),
        ..ReportInputs::default()
    };
    let report = log.report(0, 480, GroupBy::App, &besides);
    let stacks: Vec<_> = report
        .groups
        .iter()
        .map(|g| (g.group.as_str(), g.figures.idle.stacks))
        .collect();
    assert!(stacks.contains(&("known", Some(1))), "{stacks:?}");
    assert!(stacks.contains(&("unknown", None)), "{stacks:?}");
    assert!(stacks.contains(&("busy", Some(0))), "{stacks:?}");
    assert_eq!(report.total.idle.stacks, Some(1));
    let nothing = log.report(0, 480, GroupBy::App, &ReportInputs::default());
    assert_eq!(nothing.total.idle.stacks, None);
}

/// A report ends at its end, also if a machine whose clock was ahead wrote events.
#[test]
fn nothing_counts_beyond_the_end() {
    let mut log = Log::default();
    log.begins("a", 0, |_| {});
    log.happens("a", 60, Source::Cli, EventKind::Ready);
    let years = 2_000_000;
    log.happens("a", years, Source::Provider, EventKind::Released);
    log.begins("b", years, |_| {});
    let mut telling = ReportBuilder::new(noon(), minute(120), GroupBy::App);
    for event in &log.0 {
        telling.event(event).unwrap();
    }
    let report = telling.finish(&ReportInputs::default());
    assert_eq!(report.until, minute(120));
    assert_eq!(hours(&report.total), 2);
    assert_eq!(dollars(report.total.spent_usd).as_deref(), Some("2.00"));
}
