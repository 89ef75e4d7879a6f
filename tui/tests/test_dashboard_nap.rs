//! Sleep and wake from the dashboard: until when, live progress, what it comes to, and what is told of a stack that sleeps.

use jiff::Timestamp;
use stack::service::power::{PowerFailure, PowerOutcome};
use stack::{ReaperStatus, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    asleep_harness, finished_sleep, half_done_sleep, harness_with, name, now, reaper, sleep_plan,
    usual_lease,
};

fn harness() -> Harness {
    let scene = HarnessConfig {
        cloud: true,
        ..HarnessConfig::new(110, 30, now())
    };
    harness_with(scene, vec![usual_lease("shop")])
}

/// The question, seen.
fn asked() -> Harness {
    let mut harness = harness();
    harness.keys("z");
    harness.take_effects();
    harness.plan_sleep(sleep_plan("shop"));
    harness
}

#[track_caller]
fn shows(harness: &Harness, text: &str) {
    assert!(
        harness.text().contains(text),
        "no {text:?} on\n{}",
        harness.text()
    );
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

/// Without an end it sleeps until somebody wakes it; u writes one, as --until takes it, and y means what is shown.
#[test]
fn until_when() {
    let mut harness = asked();
    shows(&harness, "It sleeps until somebody wakes it.");
    harness.keys("y");
    assert_eq!(
        harness.take_effects(),
        ["Sleep { stack: \"shop\", until: None }"]
    );
    let mut harness = asked();
    harness.keys("uy");
    assert_eq!(
        harness.take_effects(),
        [""; 0],
        "y is a letter while that is written"
    );
    harness.keys("<ctrl-u>90m<enter>");
    shows(&harness, "It wakes by itself at 2026-03-02 13:30 UTC");
    harness.keys("y");
    let until = Span::minutes(90).after(now());
    let wanted = format!("Sleep {{ stack: \"shop\", until: Some({until:?}) }}");
    assert_eq!(harness.take_effects(), [wanted]);
}

/// What is no time, and what has passed, is said and not taken; Esc leaves the writing, and once more the question.
#[test]
fn an_until_that_is_none() {
    let mut harness = asked();
    harness.keys("utomorrow<enter>");
    shows(&harness, "neither a duration nor a time");
    harness.keys("<ctrl-u>2020-01-01T00:00:00Z<enter>");
    shows(&harness, "that has passed already");
    harness.keys("<esc>");
    shows(&harness, "It sleeps until somebody wakes it.");
    harness.keys("<esc>");
    assert!(!harness.text().contains("Put shop to sleep"));
    assert_eq!(harness.take_effects(), [""; 0]);
}

/// It is said when the lease ends before that, and when no reaper would wake it.
#[test]
fn what_comes_before() {
    let mut harness = asked();
    harness.keys("u12h<enter>");
    shows(
        &harness,
        "Its lease ends before that, at 2026-03-02 17:00 UTC",
    );
    harness.load(vec![usual_lease("shop")], ReaperStatus::default());
    shows(
        &harness,
        "It takes a reaper to wake it. Nothing tears stacks down at expiry: no reaper",
    );
    shows(&harness, "│ has run yet");
}

/// Each resource is followed with its time, and a failure with its reason; the clock alone moves it on.
#[test]
fn progress_is_live() {
    let mut harness = asked();
    harness.keys("y");
    harness.take_effects();
    harness.power_progress(&name("shop"), half_done_sleep());
    shows(
        &harness,
        "shop is falling asleep: 1 of 3 stopped, 1 failed; Enter, 3 follows it",
    );
    harness.keys("<enter>3");
    shows(&harness, "▼ orders  for 0 s");
    harness.set_time(later(42));
    shows(
        &harness,
        "It is falling asleep: 1 of 3 stopped, 1 failed, for 42 s",
    );
    shows(&harness, "▼ orders  for 42 s");
    shows(&harness, "✗ jobs  failed after 0 s: you may not stop it");
    harness.keys("z");
    shows(&harness, "it falls asleep; Enter, 3 follows it");
    harness.keys("d");
    shows(&harness, "it falls asleep; Enter, 3 follows it");
    assert!(
        !harness
            .take_effects()
            .iter()
            .any(|one| one.starts_with("Plan"))
    );
}

/// It ends with what goes on costing, when it wakes, and how long that takes; the ledger is read and the cloud asked.
#[test]
fn how_it_ends() {
    let mut harness = asked();
    harness.keys("y<enter>3");
    harness.take_effects();
    harness.power_finished(finished_sleep("shop"));
    shows(&harness, "shop is asleep: 2 stopped, $0.03/h goes on");
    shows(
        &harness,
        "$0.03/h goes on while it sleeps, and 1 more of which the price is not known",
    );
    shows(&harness, "The reaper wakes it at 2026-03-02 16:00 UTC");
    shows(&harness, "ready again in about 7 min");
    assert_eq!(harness.take_effects(), ["Load", "Sync"]);
}

/// What could not be turned leaves it half asleep, with the first reason at the foot of the screen.
#[test]
fn half() {
    let mut harness = asked();
    harness.keys("y");
    let failed = PowerFailure {
        id: "i-0abc".to_owned(),
        kind: None,
        region: None,
        reason: "you may not stop it".to_owned(),
    };
    harness.power_finished(PowerOutcome {
        asleep: false,
        failed: vec![failed],
        ..finished_sleep("shop")
    });
    shows(
        &harness,
        "shop is half asleep: 1 could not be turned, first i-0abc: you may not stop it",
    );
}

/// A stack that sleeps tells what it costs meanwhile and when it wakes; w wakes it and is followed.
#[test]
fn a_stack_that_sleeps() {
    let mut harness = asleep_harness(HarnessConfig::new(110, 50, now()));
    harness.keys("<enter>");
    harness.load_events_asleep(
        &name("checkout-1.4.0"),
        stack::Elapsed::from_millis(420_000),
    );
    shows(&harness, "$0.03/h goes on while it sleeps");
    shows(
        &harness,
        "by itself at 2026-03-02 16:00 UTC, in 4 h, through the reaper",
    );
    shows(&harness, "ready again in about 7 min once it is woken");
    harness.take_effects();
    harness.keys("w");
    assert_eq!(harness.take_effects(), ["Wake(\"checkout-1.4.0\")"]);
    harness.keys("3");
    shows(&harness, "It is waking: 0 of 0 started");
}

/// Leaving would break it off, for it is done in this process: q says so, and q again leaves.
#[test]
fn leaving_in_between() {
    let mut harness = asked();
    harness.keys("yq");
    shows(
        &harness,
        "q again leaves it half asleep, and z or w finish it",
    );
    assert!(!harness.has_ended());
    harness.keys("jq");
    assert!(!harness.has_ended(), "another key was in between");
    harness.keys("q");
    assert!(harness.has_ended());
    let mut harness = asked();
    harness.keys("y");
    harness.power_finished(finished_sleep("shop"));
    harness.load(vec![usual_lease("shop")], reaper());
    harness.keys("q");
    assert!(harness.has_ended(), "nothing goes on any more");
}
