//! Scenario files: events, a report, and the figures that it must have, worked out by hand in
//! comments. Each file under `scenarios/` is one test case.
//!
//! A line is one of these. Times are `H:MM:SS` after noon of 2026-03-02 (UTC).
//!
//! * `TIME STACK EVENT …`: see [`event`].
//! * `idle STACK since=TIME hourly=USD until_expiry=USD`: it is idle at the time of the report.
//! * `bill STACK DATE USD`, `billed_until DATE`.
//! * `report FROM TO GROUPING`.
//! * `expect PATH VALUE`: a figure of the last report. The path has dots, and the value is JSON.
//!   Shares are compared to four decimals.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

use crate::cloud::BillLine;
use crate::cost::EarlierCharge;
use crate::init::{CreatedType, FailedCheck, PhaseBoundary, ReportedPhase};
use crate::lease::{Event, EventKind, NewEvent, ResidueDetails, Source, Strategy};
use crate::report::{KnownIdleness, ReportBuilder, ReportInputs};
use crate::testing::{actor, noon, registration, stack_name};
use crate::values::id::{RunId, Seq};
use crate::values::tags::Labels;
use crate::values::ttl::Elapsed;

/// Every scenario has the figures that were worked out by hand.
#[test]
fn scenarios_have_the_figures_worked_out_by_hand() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/tests/scenarios");
    let files = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "{paths:?}");
    let mut wrong = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        wrong.extend(run(&text).into_iter().map(|line| format!("{name}: {line}")));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs a scenario, and returns the expectations that do not hold.
fn run(text: &str) -> Vec<String> {
    let mut events: Vec<Event> = Vec::new();
    let mut besides = ReportInputs::default();
    let mut report = Value::Null;
    let (mut wrong, mut expectations) = (Vec::new(), 0);
    for line in text.lines() {
        let line = line.split_once(" #").map_or(line, |(line, _)| line).trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["idle", stack, rest @ ..] => {
                let rest = options(rest);
                let idle = KnownIdleness::Idle {
                    since: rest.get("since").map(|since| time(since)),
                    wasted: None,
                    is_minimum: false,
                    hourly_usd: rest.get("hourly").map(|usd| usd.parse().unwrap()),
                    until_expiry_usd: rest.get("until_expiry").map(|usd| usd.parse().unwrap()),
                };
                besides.idleness.insert(stack_name(stack), idle);
            }
            ["bill", stack, day, usd] => besides.billed.push(BillLine {
                stack: (*stack).to_owned(),
                day: day.parse().unwrap(),
                service: "EC2".to_owned(),
                usd: usd.parse().unwrap(),
                estimated: false,
            }),
            ["billed_until", day] => besides.billed_until = day.parse().ok(),
            ["report", from, to, by] => {
                let mut builder = ReportBuilder::new(time(from), time(to), by.parse().unwrap());
                for event in events.iter().filter(|event| event.at <= time(to)) {
                    builder.event(event).unwrap();
                }
                report = serde_json::to_value(builder.finish(&besides)).unwrap();
            }
            ["expect", path, value @ ..] => {
                let expected: Value = serde_json::from_str(&value.join(" ")).unwrap();
                let pointer = format!("/{}", path.replace('.', "/"));
                let found = report.pointer(&pointer).cloned();
                expectations += 1;
                if !found
                    .as_ref()
                    .is_some_and(|found| is_equal(found, &expected))
                {
                    wrong.push(format!("{path} is {found:?} and not {expected}"));
                }
            }
            [at, stack, rest @ ..] => {
                let stack = stack_name(stack);
                let seq = events.iter().filter(|event| event.stack == stack).count();
                let seq = Seq(u64::try_from(seq).unwrap() + 1);
                let new = event(time(at), rest);
                events.push(new.into_event(stack, seq));
            }
            _ => panic!("{line}"),
        }
    }
    assert!(expectations > 0, "the scenario expects nothing");
    wrong
}

fn is_equal(found: &Value, expected: &Value) -> bool {
    match (found.as_f64(), expected.as_f64()) {
        (Some(found), Some(expected)) => (found - expected).abs() < 0.000_05,
        _ => found == expected,
    }
}

/// One event, in a short form.
fn event(at: Timestamp, words: &[&str]) -> NewEvent {
    let mut source = Source::Cli;
    let mark = |name: &str, class: &[&str], state, reported| EventKind::PhaseMarked {
        phase: name.to_owned(),
        class: class.first().map(|class| (*class).to_owned()),
        state,
        reported,
    };
    let kind = match words {
        ["requested", rest @ ..] => requested(&options(rest)),
        ["recorded"] => EventKind::Recorded { origin: None },
        ["provisioned"] => EventKind::Provisioned,
        ["start", name, class @ ..] => mark(name, class, PhaseBoundary::Start, None),
        ["done", name, class @ ..] => mark(name, class, PhaseBoundary::Done, None),
        ["reported", name, class, from, seconds] => {
            let reported = ReportedPhase {
                started_at: time(from),
                seconds: Elapsed::from_millis(seconds.parse::<u64>().unwrap() * 1000),
            };
            mark(name, &[class], PhaseBoundary::Done, Some(reported))
        }
        ["check", name] => EventKind::CheckPassed {
            check: (*name).to_owned(),
        },
        ["ready"] => EventKind::Ready,
        ["timed_out"] => EventKind::ReadyTimedOut { checks: Vec::new() },
        ["timed_out", check, answer @ ..] => EventKind::ReadyTimedOut {
            checks: vec![FailedCheck {
                check: (*check).to_owned(),
                answer: answer.join(" "),
            }],
        },
        ["version", from, to] => EventKind::VersionChanged {
            from: from.parse().unwrap(),
            to: to.parse().unwrap(),
        },
        ["rated", usd, rest @ ..] => rated(usd, &options(rest)),
        ["sleep_started"] => EventKind::SleepStarted {
            prior: BTreeMap::new(),
            until: None,
            operator: None,
        },
        ["slept"] => EventKind::Slept,
        ["wake_started"] => EventKind::WakeStarted { operator: None },
        ["woken"] => EventKind::Woken,
        ["teardown", why] => {
            source = Source::Reaper;
            EventKind::TeardownStarted {
                strategy: Strategy::Terraform,
                by: actor(),
                why: (*why).to_owned(),
                run: RunId::new("7k3m9q2x4v8w").unwrap(),
                host: "laptop".to_owned(),
                pid: 1,
            }
        }
        ["touch"] => EventKind::Activity {
            signal: "touch".to_owned(),
        },
        ["left", id] => EventKind::ResourceLeft {
            id: (*id).to_owned(),
            reason: "in use".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        },
        ["teardown_failed"] => EventKind::TeardownFailed {
            reason: "1 left".to_owned(),
        },
        ["adopted", created] => EventKind::Adopted {
            from_ledger: None,
            created_at: Some(time(created)),
        },
        ["released"] => EventKind::Released,
        ["gone"] => EventKind::Gone,
        other => panic!("{other:?}"),
    };
    NewEvent {
        at,
        actor: actor(),
        source,
        kind,
    }
}

fn requested(options: &BTreeMap<&str, &str>) -> EventKind {
    let mut registration = Box::new(registration());
    let mut labels = BTreeMap::new();
    for (key, value) in options {
        match *key {
            "app" => registration.app = value.parse().unwrap(),
            "version" => registration.version = value.parse().unwrap(),
            "owner" => registration.owner = value.parse().unwrap(),
            "rate" => registration.terms.hourly_cost = value.parse().ok(),
            "timeout" => registration.terms.ready_timeout = value.parse().ok(),
            key => drop(labels.insert(key.to_owned(), (*value).to_owned())),
        }
    }
    registration.terms.labels = Labels::new(labels).unwrap();
    EventKind::Requested { registration }
}

/// `rated USD since=TIME|USD;… created=TYPE|CLASS|TIME;…`; the rate is `-` where it is unknown.
fn rated(usd: &str, options: &BTreeMap<&str, &str>) -> EventKind {
    let list = |key: &str| {
        let list = options.get(key).copied().unwrap_or_default().split(';');
        let list = list.filter(|entry| !entry.is_empty());
        list.map(|entry| entry.split('|').collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    EventKind::Rated {
        hourly_usd: usd.parse().ok(),
        hourly_source: "list 2026-01-01".to_owned(),
        unpriced: Vec::new(),
        at_least: Vec::new(),
        accrued: Vec::from_iter(list("since").iter().map(|entry| EarlierCharge {
            since: time(entry[0]),
            hourly_usd: entry[1].parse().unwrap(),
        })),
        created: Vec::from_iter(list("created").iter().map(|entry| CreatedType {
            kind: entry[0].to_owned(),
            class: Some(entry[1].to_owned()),
            at: time(entry[2]),
        })),
    }
}

fn options<'a>(words: &[&'a str]) -> BTreeMap<&'a str, &'a str> {
    let options = words.iter().map(|word| word.split_once('=').expect(word));
    options.collect()
}

/// A time `H:MM:SS` after noon.
fn time(text: &str) -> Timestamp {
    let parts = text.split(':').map(|part| part.parse::<u64>().expect(text));
    let seconds = parts.fold(0, |sum, part| sum * 60 + part);
    Elapsed::from_millis(seconds * 1000).after(noon())
}
