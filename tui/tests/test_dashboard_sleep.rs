//! Sleep and wake in the dashboard: the end of a sleep, live progress, outcomes, and the page of a
//! sleeping stack.

use jiff::Timestamp;
use stack::service::power::{PowerFailure, PowerOutcome};
use stack::{ReaperStatus, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    asleep_harness, finished_sleep, half_done_sleep, harness_with, name, now, reaper, shows,
    sleep_plan, usual_lease,
};

fn harness() -> Harness {
    let scene = HarnessConfig {
        cloud: true,
        ..HarnessConfig::new(110, 30, now())
    };
    harness_with(scene, vec![usual_lease("shop")])
}

/// A sleep popup whose plan is on the screen.
fn asked() -> Harness {
    let mut harness = harness();
    harness.keys("z");
    harness.take_effects();
    harness.plan_sleep(sleep_plan("shop"));
    harness
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + seconds).unwrap()
}

/// Without an end, the stack sleeps until a user wakes it. `u` sets an end in the format of
/// `--until`, and `y` confirms what is on the screen.
#[test]
fn until_when() {
    let mut harness = asked();
    shows(&harness, "Sleeps until you wake it.");
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
        "while the user edits the time, y is a letter"
    );
    harness.keys("<ctrl-u>90m<enter>");
    shows(
        &harness,
        "The reaper wakes the stack at 2026-03-02 13:30 UTC",
    );
    harness.keys("y");
    let until = Span::minutes(90).after(now());
    let wanted = format!("Sleep {{ stack: \"shop\", until: Some({until:?}) }}");
    assert_eq!(harness.take_effects(), [wanted]);
}

/// The popup rejects an invalid or past time with a message. Esc cancels the editing, and a second
/// Esc closes the popup.
#[test]
fn an_until_that_is_none() {
    let mut harness = asked();
    harness.keys("utomorrow<enter>");
    shows(&harness, "neither a duration nor a time");
    harness.keys("<ctrl-u>2020-01-01T00:00:00Z<enter>");
    shows(&harness, "this time is in the past");
    harness.keys("<esc>");
    shows(&harness, "Sleeps until you wake it.");
    harness.keys("<esc>");
    assert!(!harness.text().contains("Put shop to sleep"));
    assert_eq!(harness.take_effects(), [""; 0]);
}

/// The popup warns when the lease expires before the wake time, and when no reaper runs.
#[test]
fn what_comes_before() {
    let mut harness = asked();
    harness.keys("u12h<enter>");
    shows(
        &harness,
        "The lease expires before that, at 2026-03-02 17:00 UTC",
    );
    harness.load(vec![usual_lease("shop")], ReaperStatus::default());
    shows(&harness, "▲ Only a reaper can wake it.");
    shows(
        &harness,
        "│   Nothing tears stacks down at expiry: no reaper has run yet",
    );
}

/// The page shows the time of each resource and the reason of each failure. The times advance with
/// the clock.
#[test]
fn progress_is_live() {
    let mut harness = asked();
    harness.keys("y");
    harness.take_effects();
    harness.power_progress(&name("shop"), half_done_sleep());
    shows(
        &harness,
        "shop is going to sleep: 1 of 3 stopped, 1 failed; Enter, 3 shows progress",
    );
    harness.keys("<enter>3");
    shows(&harness, "▼ orders  for 0 s");
    harness.set_time(later(42));
    shows(
        &harness,
        "Sleep running: 1 of 3 stopped, 1 failed, for 42 s",
    );
    shows(&harness, "▼ orders  for 42 s");
    shows(&harness, "✗ jobs  failed after 0 s: you may not stop it");
    harness.keys("z");
    shows(&harness, "going to sleep; Enter, 3 shows progress");
    harness.keys("d");
    shows(&harness, "going to sleep; Enter, 3 shows progress");
    assert!(
        !harness
            .take_effects()
            .iter()
            .any(|one| one.starts_with("Plan"))
    );
}

/// The outcome shows the remaining cost and the wake time; the dashboard then reads the ledger and
/// queries the cloud.
#[test]
fn how_it_ends() {
    let mut harness = asked();
    harness.keys("y<enter>3");
    harness.take_effects();
    harness.power_finished(finished_sleep("shop"));
    shows(&harness, "shop is asleep: 2 stopped, ≥ $0.03/h remains");
    shows(
        &harness,
        "≥ $0.03/h remains while asleep (1 resource unpriced)",
    );
    shows(
        &harness,
        "The reaper wakes the stack at 2026-03-02 16:00 UTC",
    );
    shows(&harness, "ready about 7 min after waking");
    assert_eq!(harness.take_effects(), ["Load", "Sync"]);
}

/// After a failure, the status line shows that the stack is partly asleep, and the first reason.
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
        "shop is partly asleep: 1 failed, first i-0abc: you may not stop it",
    );
}

/// The page of a sleeping stack shows its remaining cost and wake time. `w` wakes the stack and
/// shows the progress.
#[test]
fn a_stack_that_sleeps() {
    let mut harness = asleep_harness(HarnessConfig::new(110, 50, now()));
    harness.keys("<enter>");
    harness.load_events_asleep(
        &name("checkout-1.4.0"),
        stack::Elapsed::from_millis(420_000),
    );
    shows(&harness, "$0.03/h remains while asleep");
    shows(&harness, "at 2026-03-02 16:00 UTC, in 4 h, by the reaper");
    shows(&harness, "ready about 7 min after waking");
    harness.take_effects();
    harness.keys("w");
    assert_eq!(harness.take_effects(), ["Wake(\"checkout-1.4.0\")"]);
    harness.keys("3");
    shows(&harness, "Wake running: 0 of 0 started");
}

/// During an operation, which runs in this process, `q` warns and a second `q` quits.
#[test]
fn leaving_in_between() {
    let mut harness = asked();
    harness.keys("yq");
    shows(&harness, "q again quits and leaves it partly asleep");
    assert!(!harness.has_ended());
    harness.keys("jq");
    assert!(!harness.has_ended(), "another key cancels the warning");
    harness.keys("q");
    assert!(harness.has_ended());
    let mut harness = asked();
    harness.keys("y");
    harness.power_finished(finished_sleep("shop"));
    harness.load(vec![usual_lease("shop")], reaper());
    harness.keys("q");
    assert!(harness.has_ended(), "without a running operation, q quits");
}
