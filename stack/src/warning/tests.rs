//! Warnings over the life of a stack: when each is due, and that none repeats.

use super::*;
use crate::config::NotifyConfig;
use crate::idle::Evidence;
use crate::lease::{Event, EventKind, ResidueDetails, Strategy};
use crate::policy::Policy;
use crate::reaper::ReaperStatus;
use crate::testing::{actor, new_event, noon, registration, stack_name};
use crate::values::ttl::Ttl;
use crate::{RunId, Seq};

/// A stack with its events so far, and a receiver of every due warning.
struct Story {
    events: Vec<Event>,
    observed: Activity,
    policy: Policy,
}

fn minute(minutes: u32) -> Timestamp {
    match minutes {
        0 => noon(),
        minutes => Span::minutes(minutes).after(noon()),
    }
}

impl Story {
    fn begin(change: impl FnOnce(&mut crate::Registration)) -> Self {
        let mut registration = registration();
        change(&mut registration);
        let mut story = Self {
            events: Vec::new(),
            observed: Activity::default(),
            policy: Policy::default(),
        };
        let registration = Box::new(registration);
        story.happens(0, EventKind::Requested { registration });
        story
    }

    /// A stack that may be idle for two hours, and is unused from the start.
    fn unused() -> Self {
        let mut story = Self::begin(|r| r.terms.idle_after = Some(Span::minutes(120)));
        story.observed = Activity {
            evidence: vec![Evidence {
                signal: "requests".to_owned(),
                value: Some(0.0),
                threshold: 1.0,
                unit: None,
                window: Span::minutes(120),
            }],
            quiet_since: Some(noon()),
        };
        story
    }

    fn of_hours(hours: u32) -> Self {
        Self::begin(|r| r.terms.ttl = Ttl::from(Span::minutes(60 * hours)))
    }

    fn happens(&mut self, minutes: u32, kind: EventKind) {
        let seq = Seq(self.events.len() as u64 + 1);
        let event = new_event(minute(minutes), kind).into_event(stack_name("checkout"), seq);
        self.events.push(event);
    }

    /// The warnings due at a minute, which are then marked as sent.
    fn warnings_at(&mut self, minutes: u32) -> Vec<String> {
        let lease = Lease::fold(None, &self.events)
            .expect("legal")
            .expect("a lease");
        let view = View::new(
            minute(minutes),
            self.policy.clone(),
            ReaperStatus::default(),
        );
        let attempts = if needs_teardown_history(&lease, &self.observed, &view) {
            TeardownHistory::from_events(&self.events)
        } else {
            TeardownHistory::default()
        };
        let before = NotifyConfig::default().before;
        let due_warnings = due_warnings(&lease, &self.observed, &attempts, &before, &view);
        let keys: Vec<String> = due_warnings
            .iter()
            .map(|warning| warning.kind.key())
            .collect();
        for warning in keys.clone() {
            self.happens(minutes, EventKind::Warned { warning });
        }
        keys
    }

    fn teardown(&mut self, minutes: u32, end: EventKind) {
        let started = EventKind::TeardownStarted {
            strategy: Strategy::Terraform,
            by: actor(),
            why: "expired".to_owned(),
            run: RunId::random(),
            host: "laptop".to_owned(),
            pid: 1,
        };
        self.happens(minutes, started);
        if matches!(end, EventKind::Gone) {
            self.happens(minutes, EventKind::Released);
        }
        self.happens(minutes, end);
    }
}

fn failed() -> EventKind {
    EventKind::TeardownFailed {
        reason: "exit 1".to_owned(),
    }
}

const NOTHING: [&str; 0] = [];

/// Each expiry warning is sent once, and those that are not shorter than the TTL are skipped.
#[test]
fn the_end_is_announced() {
    let mut story = Story::of_hours(8);
    assert_eq!(story.warnings_at(0), NOTHING);
    assert_eq!(story.warnings_at(359), NOTHING);
    assert_eq!(story.warnings_at(360), ["expiry:2h"]);
    assert_eq!(story.warnings_at(361), NOTHING);
    assert_eq!(story.warnings_at(450), ["expiry:30m"]);
    assert_eq!(story.warnings_at(479), NOTHING);
    assert_eq!(story.warnings_at(480), NOTHING);
    assert_eq!(story.warnings_at(5000), NOTHING);
}

/// Plans warn from the last expiry warning until the end.
#[test]
fn plans_say_that_the_end_is_near() {
    let story = Story::of_hours(8);
    let lease = Lease::fold(None, &story.events)
        .expect("legal")
        .expect("a lease");
    let before = NotifyConfig::default().before;
    let warns = |minutes| {
        let view = View::new(minute(minutes), Policy::default(), ReaperStatus::default());
        is_last_call(&lease, &before, &view)
    };
    assert_eq!(
        [360, 449, 450, 479, 480].map(warns),
        [false, false, true, true, false]
    );
}

/// Of several overdue warnings only the nearest is sent, and no earlier one after it.
#[test]
fn only_the_nearest_is_given() {
    let mut story = Story::of_hours(48);
    assert_eq!(story.warnings_at(48 * 60 - 10), ["expiry:30m"]);
    assert_eq!(story.warnings_at(48 * 60 - 5), NOTHING);
}

/// A new end gets new warnings.
#[test]
fn a_moved_end_gets_new_warnings() {
    let mut story = Story::of_hours(8);
    assert_eq!(story.warnings_at(360), ["expiry:2h"]);
    let until = minute(480 + 240);
    let by = Span::minutes(240);
    story.happens(370, EventKind::Extended { by, until });
    assert_eq!(story.warnings_at(371), NOTHING);
    assert_eq!(story.warnings_at(600), ["expiry:2h"]);
    assert_eq!(story.warnings_at(720), NOTHING);
}

/// An end without an earlier warning gets one before the stack is due.
#[test]
fn an_end_without_a_warning_gets_one() {
    let mut story = Story::begin(|r| r.terms.ttl = Ttl::from(Span::minutes(20)));
    assert_eq!(story.warnings_at(19), NOTHING);
    assert_eq!(story.warnings_at(20), ["expired"]);
    assert_eq!(story.warnings_at(21), NOTHING);
    assert_eq!(Story::of_hours(8).warnings_at(600), NOTHING);
}

/// During a hold, the end of the hold counts.
#[test]
fn the_end_of_a_hold_is_announced() {
    let mut story = Story::of_hours(8);
    let held = EventKind::Held {
        until: minute(600),
        why: "a demo".to_owned(),
    };
    story.happens(10, held);
    assert_eq!(story.warnings_at(479), NOTHING);
    assert_eq!(story.warnings_at(480), ["expiry:2h"]);
    assert_eq!(story.warnings_at(570), ["expiry:30m"]);
}

/// A protected stack never ends, so it gets no warning.
#[test]
fn a_protected_stack_gets_no_warning() {
    let mut story = Story::of_hours(8);
    story.policy.protected = vec!["check*".to_owned()];
    assert_eq!(story.warnings_at(470), NOTHING);
    assert_eq!(story.warnings_at(5000), NOTHING);
}

/// A protected stack in purgatory, or unused, is announced like any other, once.
#[test]
fn a_protected_stack_in_purgatory_is_announced() {
    let mut story = Story::begin(|r| r.terms.ready_timeout = Some(Span::minutes(15)));
    story.policy.protected = vec!["check*".to_owned()];
    assert_eq!(story.warnings_at(14), NOTHING);
    assert_eq!(story.warnings_at(15), ["purgatory"]);
    assert_eq!(story.warnings_at(16), NOTHING);
    let mut unused = Story::unused();
    unused.policy.protected = vec!["check*".to_owned()];
    assert_eq!(unused.warnings_at(120), ["idle"]);
    assert_eq!(unused.warnings_at(121), NOTHING);
}

/// Each purgatory gets one warning.
#[test]
fn purgatory_gets_one_warning() {
    let mut story = Story::begin(|r| r.terms.ready_timeout = Some(Span::minutes(15)));
    assert_eq!(story.warnings_at(14), NOTHING);
    assert_eq!(story.warnings_at(15), ["purgatory"]);
    assert_eq!(story.warnings_at(16), NOTHING);
    story.happens(20, EventKind::Provisioned);
    assert_eq!(story.warnings_at(21), NOTHING);
    assert_eq!(story.warnings_at(36), ["purgatory"]);
}

/// An idle stack gets a warning when its grace starts.
#[test]
fn idleness_gets_one_warning() {
    let mut story = Story::unused();
    assert_eq!(story.warnings_at(119), NOTHING);
    assert_eq!(story.warnings_at(120), ["idle"]);
    assert_eq!(story.warnings_at(121), NOTHING);
}

/// Residue gets a warning immediately and then daily, whatever the number of retries.
#[test]
fn residue_gets_daily_warnings() {
    let mut story = Story::of_hours(8);
    story.warnings_at(450);
    let left = |story: &mut Story, minutes| {
        story.teardown(minutes, failed());
    };
    story.teardown(
        560,
        EventKind::ResourceLeft {
            id: "aws_vpc.this".to_owned(),
            reason: "in use".to_owned(),
            blocked_by: None,
            details: ResidueDetails::default(),
        },
    );
    story.happens(560, failed());
    assert_eq!(story.warnings_at(561), ["residue"]);
    left(&mut story, 600);
    assert_eq!(story.warnings_at(601), NOTHING);
    assert_eq!(story.warnings_at(561 + 24 * 60), ["residue"]);
    assert_eq!(story.warnings_at(562 + 24 * 60), NOTHING);
}

/// A due stack that could not be ended gets a warning with the reason, and then one daily.
#[test]
fn a_failure_gets_daily_warnings() {
    let mut story = Story::of_hours(8);
    story.warnings_at(450);
    story.teardown(560, failed());
    assert_eq!(story.warnings_at(561), ["teardown_failed"]);
    story.teardown(600, failed());
    assert_eq!(story.warnings_at(601), NOTHING);
    assert_eq!(story.warnings_at(561 + 24 * 60), ["teardown_failed"]);
}

/// A stack that jiti ended gets one warning, unless its end is more than a day old.
#[test]
fn an_end_gets_one_warning() {
    let mut story = Story::of_hours(8);
    story.warnings_at(450);
    let mut late = Story::of_hours(8);
    for story in [&mut story, &mut late] {
        story.teardown(560, EventKind::Gone);
    }
    assert_eq!(story.warnings_at(561), ["gone"]);
    assert_eq!(story.warnings_at(562), NOTHING);
    assert_eq!(late.warnings_at(560 + 24 * 60), NOTHING);
    let mut by_terraform = Story::of_hours(8);
    by_terraform.happens(100, EventKind::Released);
    assert_eq!(by_terraform.warnings_at(101), NOTHING);
}

/// The same fact always has the same id, and another lease of the name has another.
#[test]
fn a_fact_has_one_id() {
    let story = Story::of_hours(8);
    let lease = Lease::fold(None, &story.events)
        .expect("legal")
        .expect("a lease");
    let ids: Vec<String> = [360, 400]
        .into_iter()
        .flat_map(|minutes| {
            let view = View::new(minute(minutes), Policy::default(), ReaperStatus::default());
            let before = NotifyConfig::default().before;
            due_warnings(
                &lease,
                &Activity::default(),
                &TeardownHistory::default(),
                &before,
                &view,
            )
        })
        .map(|warning| warning.id())
        .collect();
    assert_eq!(ids, ["checkout/expiry:2h/2026-03-02T20:00:00Z"; 2]);
}
