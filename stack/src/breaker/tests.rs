//! Tests of the circuit breakers as a fold, and of what an apply may do.

use proptest::prelude::*;

use super::*;
use crate::testing::{actor, noon, stack_name};

const WINDOW: Span = Span::minutes(5);

fn name(text: &str) -> DependencyName {
    DependencyName::new(text).expect("valid")
}

fn process(pid: u32) -> ProcessId {
    ProcessId {
        pid,
        started: "boot:1".to_owned(),
        host: "elsewhere".to_owned(),
    }
}

fn at(seconds: u64) -> Timestamp {
    Elapsed::from_millis(seconds * 1_000).after(noon())
}

/// A ledger's stream, without a ledger.
#[derive(Default)]
struct Log {
    state: Breakers,
}

impl Log {
    fn write(&mut self, seconds: u64, kind: BreakerEventKind) {
        let event = BreakerEvent {
            seq: self.state.last_seq().next(),
            at: at(seconds),
            actor: actor(),
            kind,
        };
        let text = serde_json::to_string(&event).expect("JSON");
        let read: BreakerEvent = serde_json::from_str(&text).expect("valid");
        assert_eq!(read, event);
        self.state = std::mem::take(&mut self.state).apply(&event);
        let snapshot = serde_json::to_string(&self.state).expect("JSON");
        let read: Breakers = serde_json::from_str(&snapshot).expect("valid");
        assert_eq!(read, self.state);
    }

    fn failed(&mut self, seconds: u64, dependency: &str, stack: &str, pause: u64) {
        self.write(
            seconds,
            BreakerEventKind::Failed {
                dependency: name(dependency),
                stack: stack_name(stack),
                reason: "no connection".to_owned(),
                probe_at: at(seconds + pause),
            },
        );
    }

    fn probed(&mut self, seconds: u64, stack: &str, pid: u32) {
        self.write(
            seconds,
            BreakerEventKind::ProbeStarted {
                dependency: name("vault"),
                stack: stack_name(stack),
                process: process(pid),
            },
        );
    }

    fn verdict(&self, seconds: u64, stack: &str, pid: u32) -> &'static str {
        let own = (&stack_name(stack), &process(pid));
        // A process with the number 9 has ended.
        let is_dead = |process: &ProcessId| process.pid == 9;
        let verdict = self
            .state
            .verdict(&name("vault"), own, WINDOW, at(seconds), is_dead);
        match verdict {
            BreakerVerdict::Works => "works",
            BreakerVerdict::OwnProbe => "own probe",
            BreakerVerdict::MayProbe => "may probe",
            BreakerVerdict::Probed(_) => "probed",
            BreakerVerdict::Failing(_) => "failing",
        }
    }
}

/// A failure blocks other stacks until the pause has passed, and not the stack that saw it. It
/// counts until the window has passed.
#[test]
fn a_failure_blocks_other_stacks() {
    let mut log = Log::default();
    assert_eq!(log.verdict(0, "b", 2), "works");
    log.failed(0, "vault", "a", 20);
    assert_eq!(log.verdict(1, "b", 2), "failing");
    assert_eq!(log.verdict(1, "a", 3), "may probe");
    assert_eq!(log.verdict(20, "b", 2), "may probe");
    assert_eq!(log.verdict(299, "b", 2), "may probe");
    assert_eq!(log.verdict(300, "b", 2), "works");
}

/// One probe runs at a time. It ends with a result, with its process, or after a minute.
#[test]
fn one_probe_at_a_time() {
    let mut log = Log::default();
    log.failed(0, "vault", "a", 20);
    log.probed(20, "b", 2);
    assert_eq!(log.verdict(21, "c", 3), "probed");
    assert_eq!(log.verdict(21, "a", 1), "probed");
    assert_eq!(log.verdict(21, "b", 2), "own probe");
    assert_eq!(log.verdict(80, "c", 3), "may probe");
    log.failed(22, "vault", "b", 40);
    assert_eq!(log.verdict(23, "c", 3), "failing");
    log.probed(62, "c", 9);
    assert_eq!(log.verdict(62, "d", 4), "may probe");
    log.probed(63, "d", 4);
    let recovered = BreakerEventKind::Recovered {
        dependency: name("vault"),
        stack: stack_name("d"),
    };
    log.write(64, recovered);
    assert_eq!(log.verdict(64, "e", 5), "works");
}

/// The first failed attempt of a stack is a probe: others wait for its result. If it ends without
/// one, nothing is known.
#[test]
fn a_suspicion_is_a_probe() {
    let mut log = Log::default();
    log.probed(0, "a", 1);
    assert_eq!(log.verdict(1, "b", 2), "probed");
    assert_eq!(log.state.failing(WINDOW, at(1)).count(), 0);
    let ended = |stack| BreakerEventKind::ProbeEnded {
        dependency: name("vault"),
        stack: stack_name(stack),
    };
    log.write(2, ended("b"));
    assert_eq!(log.verdict(3, "b", 2), "probed");
    log.write(4, ended("a"));
    assert_eq!(log.verdict(5, "b", 2), "works");
    assert_eq!(log.state.get(&name("vault")), None);
}

/// The pause is a tenth of the window, doubles with each failure up to half of the window, and half
/// of it is jitter.
#[test]
fn pauses_grow_with_jitter() {
    let mut log = Log::default();
    let mut seen = std::collections::BTreeSet::new();
    for longest in [30_000, 60_000, 120_000, 150_000, 150_000] {
        for _ in 0..50 {
            let next = log.state.next_probe(&name("vault"), WINDOW, noon());
            let pause = Elapsed::between(noon(), next).millis();
            assert!((longest / 2..longest).contains(&pause), "{pause}");
            seen.insert(pause);
        }
        log.failed(0, "vault", "a", 20);
    }
    assert!(seen.len() > 50, "the pauses have jitter");
    // An outage that is over has no effect on the next one.
    let next = log.state.next_probe(&name("vault"), WINDOW, at(600));
    assert!(Elapsed::between(at(600), next).seconds() < 30);
}

/// The message says when the dependency started to fail, which stack saw it, and why.
#[test]
fn an_outage_is_described() {
    let mut log = Log::default();
    log.probed(0, "a", 1);
    let describe = |log: &Log| {
        let outage = log.state.get(&name("vault")).expect("known");
        outage.describe(at(90))
    };
    let start = "it started to fail at 2026-03-02 12:00:00 UTC (1 min 30 s ago), first seen by \
                 the stack \"a\" of ana@laptop";
    assert_eq!(describe(&log), format!("{start}, which still tries it"));
    log.failed(10, "vault", "a", 20);
    assert_eq!(describe(&log), format!("{start}: no connection"));
    log.failed(60, "vault", "b", 20);
    assert_eq!(
        describe(&log),
        format!(
            "{start}; it failed 2 times, last 30 s ago for the stack \"b\" of ana@laptop: no connection"
        )
    );
}

/// A time from a clock that is ahead blocks nothing for longer than the window.
#[test]
fn a_clock_that_is_ahead_blocks_nothing_for_long() {
    let mut log = Log::default();
    log.failed(3_600, "vault", "a", 20);
    assert_eq!(log.verdict(0, "b", 2), "works");
    log.probed(3_600, "a", 1);
    assert_eq!(log.verdict(0, "b", 2), "works");
}

/// The state holds a bounded number of dependencies, and drops those that failed longest ago.
#[test]
fn the_state_is_bounded() {
    let mut log = Log::default();
    for number in 0..MAX_OUTAGES as u64 + 10 {
        log.failed(number, &format!("tcp db-{number}:5432"), "a", 20);
    }
    let failing: Vec<_> = log.state.failing(WINDOW, at(80)).collect();
    assert_eq!(failing.len(), MAX_OUTAGES);
    assert!(log.state.get(&name("tcp db-9:5432")).is_none());
    assert!(log.state.get(&name("tcp db-10:5432")).is_some());
}

/// An event of a newer jiti is read, and changes nothing but the number.
#[test]
fn a_newer_event_is_read() {
    let text = r#"{"seq": 1, "at": "2026-03-02T12:00:00Z", "actor": "ana@laptop",
        "kind": {"kind": "throttled", "dependency": "vault", "limit": 3}}"#;
    let event: BreakerEvent = serde_json::from_str(text).expect("valid");
    assert_eq!(event.kind, BreakerEventKind::Unknown);
    let state = Breakers::default().apply(&event);
    assert_eq!(state.last_seq(), Seq(1));
    assert_eq!(state.failing(WINDOW, noon()).count(), 0);
}

/// One step of several applies that share a dependency.
#[derive(Clone, Debug)]
struct Step {
    /// The seconds since the last step.
    after: u64,
    stack: u32,
    /// Whether the dependency works, if this step tries it.
    works: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step =
        (0..40_u64, 0..6_u32, proptest::bool::weighted(0.3)).prop_map(|(after, stack, works)| {
            Step {
                after,
                stack,
                works,
            }
        });
    proptest::collection::vec(step, 1..120)
}

proptest! {
    /// Whatever the order of the applies: at most one probe runs, no other stack tries a failing
    /// dependency before the pause has passed, and after a success every stack may.
    #[test]
    fn applies_do_not_stampede(steps in steps()) {
        let mut log = Log::default();
        let (mut now, mut running) = (0, None::<(u32, u64)>);
        for Step { after, stack, works } in steps {
            now += after;
            running = running.filter(|(_, since)| now < since + 60);
            let names = format!("stack-{stack}");
            match log.verdict(now, &names, 10 + stack) {
                "works" => {
                    prop_assert!(running.is_none());
                    if !works {
                        let over = log.state.get(&name("vault")).map(|_| BreakerEventKind::Expired {
                            dependency: name("vault"),
                        });
                        over.into_iter().for_each(|kind| log.write(now, kind));
                        log.probed(now, &names, 10 + stack);
                        running = Some((stack, now));
                    }
                }
                "may probe" => {
                    prop_assert!(running.is_none());
                    let failure = log.state.get(&name("vault")).and_then(|outage| outage.last_failure.clone());
                    let failure = failure.expect("it failed");
                    prop_assert!(failure.probe_at <= at(now) || failure.seen_by.stack.as_str() == names);
                    log.probed(now, &names, 10 + stack);
                    running = Some((stack, now));
                }
                "own probe" => {
                    prop_assert_eq!(running.map(|(stack, _)| stack), Some(stack));
                    if works {
                        let kind = BreakerEventKind::Recovered {
                            dependency: name("vault"),
                            stack: stack_name(&names),
                        };
                        log.write(now, kind);
                        prop_assert_eq!(log.verdict(now, "other", 99), "works");
                    } else {
                        let next = log.state.next_probe(&name("vault"), WINDOW, at(now));
                        let pause = Elapsed::between(at(now), next).seconds();
                        log.failed(now, "vault", &names, pause + 1);
                        prop_assert_eq!(log.verdict(now, "other", 99), "failing");
                    }
                    running = None;
                }
                "probed" => prop_assert!(running.is_some_and(|(other, _)| other != stack)),
                _ => prop_assert!(running.is_none()),
            }
        }
    }
}
