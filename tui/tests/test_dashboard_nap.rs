//! Sleep and wake from the dashboard: until when, live progress, what it comes to, and what is told of a stack that sleeps.

use jiff::Timestamp;
use stack::service::power::{PowerFailure, PowerOutcome};
use stack::{ReaperStatus, Span};
use tui::{Scene, Stage};

use crate::scenes::{asleep, fell_asleep, half_asleep, name, nap, now, reaper, staged, usual};

fn stage() -> Stage {
    let scene = Scene {
        cloud: true,
        ..Scene::new(110, 30, now())
    };
    staged(scene, vec![usual("shop")])
}

/// The question, seen.
fn asked() -> Stage {
    let mut stage = stage();
    stage.keys("z");
    stage.wants();
    stage.doze(nap("shop"));
    stage
}

#[track_caller]
fn shows(stage: &Stage, text: &str) {
    assert!(
        stage.text().contains(text),
        "no {text:?} on\n{}",
        stage.text()
    );
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

/// Without an end it sleeps until somebody wakes it; u writes one, as --until takes it, and y means what is shown.
#[test]
fn until_when() {
    let mut stage = asked();
    shows(&stage, "It sleeps until somebody wakes it.");
    stage.keys("y");
    assert_eq!(stage.wants(), ["Sleep { stack: \"shop\", until: None }"]);
    let mut stage = asked();
    stage.keys("uy");
    assert_eq!(
        stage.wants(),
        [""; 0],
        "y is a letter while that is written"
    );
    stage.keys("<ctrl-u>90m<enter>");
    shows(&stage, "It wakes by itself at 2026-03-02 13:30 UTC");
    stage.keys("y");
    let until = Span::minutes(90).after(now());
    let wanted = format!("Sleep {{ stack: \"shop\", until: Some({until:?}) }}");
    assert_eq!(stage.wants(), [wanted]);
}

/// What is no time, and what has passed, is said and not taken; Esc leaves the writing, and once more the question.
#[test]
fn an_until_that_is_none() {
    let mut stage = asked();
    stage.keys("utomorrow<enter>");
    shows(&stage, "neither a duration nor a time");
    stage.keys("<ctrl-u>2020-01-01T00:00:00Z<enter>");
    shows(&stage, "that has passed already");
    stage.keys("<esc>");
    shows(&stage, "It sleeps until somebody wakes it.");
    stage.keys("<esc>");
    assert!(!stage.text().contains("Put shop to sleep"));
    assert_eq!(stage.wants(), [""; 0]);
}

/// It is said when the lease ends before that, and when no reaper would wake it.
#[test]
fn what_comes_before() {
    let mut stage = asked();
    stage.keys("u12h<enter>");
    shows(
        &stage,
        "Its lease ends before that, at 2026-03-02 17:00 UTC",
    );
    stage.load(vec![usual("shop")], ReaperStatus::default());
    shows(
        &stage,
        "It takes a reaper to wake it. Nothing ends at expiry: no reaper has run yet",
    );
}

/// Each resource is followed with its time, and a failure with its reason; the clock alone moves it on.
#[test]
fn progress_is_live() {
    let mut stage = asked();
    stage.keys("y");
    stage.wants();
    stage.turning(&name("shop"), half_asleep());
    shows(
        &stage,
        "shop falls asleep: 1 of 3 stopped, 1 failed; Enter, 3 follows it",
    );
    stage.keys("<enter>3");
    shows(&stage, "▼ orders  for 0 s");
    stage.clock(later(42));
    shows(
        &stage,
        "It falls asleep: 1 of 3 stopped, 1 failed, for 42 s",
    );
    shows(&stage, "▼ orders  for 42 s");
    shows(&stage, "✗ jobs  failed after 0 s: you may not stop it");
    stage.keys("z");
    shows(&stage, "it falls asleep; Enter, 3 follows it");
    stage.keys("d");
    shows(&stage, "it falls asleep; Enter, 3 follows it");
    assert!(!stage.wants().iter().any(|one| one.starts_with("Plan")));
}

/// It ends with what goes on costing, when it wakes, and how long that takes; the ledger is read and the cloud asked.
#[test]
fn how_it_ends() {
    let mut stage = asked();
    stage.keys("y<enter>3");
    stage.wants();
    stage.turned(fell_asleep("shop"));
    shows(&stage, "shop is asleep: 2 stopped, $0.03/h goes on");
    shows(
        &stage,
        "$0.03/h goes on while it sleeps, and 1 more of which the price is not known",
    );
    shows(&stage, "The reaper wakes it at 2026-03-02 16:00 UTC");
    shows(&stage, "ready again in about 7 min");
    assert_eq!(stage.wants(), ["Load", "Sync"]);
}

/// What could not be turned leaves it half asleep, with the first reason at the foot of the screen.
#[test]
fn half() {
    let mut stage = asked();
    stage.keys("y");
    let failed = PowerFailure {
        id: "i-0abc".to_owned(),
        kind: None,
        region: None,
        reason: "you may not stop it".to_owned(),
    };
    stage.turned(PowerOutcome {
        asleep: false,
        failed: vec![failed],
        ..fell_asleep("shop")
    });
    shows(
        &stage,
        "shop is half asleep: 1 could not be turned, first i-0abc: you may not stop it",
    );
}

/// A stack that sleeps tells what it costs meanwhile and when it wakes; w wakes it and is followed.
#[test]
fn a_stack_that_sleeps() {
    let mut stage = asleep(Scene::new(110, 50, now()));
    stage.keys("<enter>");
    stage.tell_asleep(
        &name("checkout-1.4.0"),
        stack::Elapsed::from_millis(420_000),
    );
    shows(&stage, "$0.03/h goes on while it sleeps");
    shows(
        &stage,
        "by itself at 2026-03-02 16:00 UTC, in 4 h, through the reaper",
    );
    shows(&stage, "ready again in about 7 min once it is woken");
    stage.wants();
    stage.keys("w");
    assert_eq!(stage.wants(), ["Wake(\"checkout-1.4.0\")"]);
    stage.keys("3");
    shows(&stage, "It wakes: 0 of 0 started");
}

/// Leaving would break it off, for it is done in this process: q says so, and q again leaves.
#[test]
fn leaving_in_between() {
    let mut stage = asked();
    stage.keys("yq");
    shows(
        &stage,
        "q again leaves it half asleep, and z or w finish it",
    );
    assert!(!stage.is_over());
    stage.keys("jq");
    assert!(!stage.is_over(), "another key was in between");
    stage.keys("q");
    assert!(stage.is_over());
    let mut stage = asked();
    stage.keys("y");
    stage.turned(fell_asleep("shop"));
    stage.load(vec![usual("shop")], reaper());
    stage.keys("q");
    assert!(stage.is_over(), "nothing goes on any more");
}
