//! Writes ledgers for tests, with events in the past.

use std::path::Path;

use stack::breaker::{BreakerEvent, BreakerEventKind};
use stack::init::PhaseBoundary;
use stack::lease::NewEvent;
use stack::pool::{PoolEvent, PoolEventKind};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::testing::registration;
use stack::{
    Actor, Clock, EventKind, Ledger, PoolName, ProcessId, Registration, RunId, Seq, Source, Span,
    SqliteLedger, StackName, SystemClock,
};

use crate::sandbox::Sandbox;

/// A ledger that is being written, and the time to which its events are relative.
pub(crate) struct Story {
    ledger: SqliteLedger,
    runtime: tokio::runtime::Runtime,
    now: jiff::Timestamp,
}

impl Story {
    pub(crate) fn new(path: &Path) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        Self {
            ledger: SqliteLedger::at(path),
            runtime,
            now: SystemClock.now(),
        }
    }

    /// Writes a stack and its events, each this many seconds ago.
    pub(crate) fn stack(&self, name: &str, events: impl IntoIterator<Item = (i64, EventKind)>) {
        let stack = StackName::new(name).unwrap();
        let events = events.into_iter().map(|(seconds_ago, kind)| NewEvent {
            at: self.ago(seconds_ago),
            actor: Actor::from_names("ana", "laptop"),
            source: Source::Provider,
            kind,
        });
        let events: Vec<NewEvent> = events.collect();
        self.runtime
            .block_on(self.ledger.append(&stack, Seq::NONE, events))
            .unwrap();
    }

    /// Writes a run of a reaper with an interval of 15 minutes, this long ago.
    pub(crate) fn reaper_ran(&self, seconds_ago: i64) {
        let event = ReaperEvent {
            seq: Seq::NONE.next(),
            at: self.ago(seconds_ago),
            actor: Actor::from_names("reaper", "runner"),
            kind: ReaperEventKind::RunStarted {
                run: RunId::random(),
                interval: span("15m"),
                host: "runner".to_owned(),
                pid: 1,
                budgets: Vec::new(),
            },
        };
        self.runtime
            .block_on(self.ledger.append_reaper(Seq::NONE, vec![event]))
            .unwrap();
    }

    /// Writes that a dependency failed for a stack, this long ago.
    pub(crate) fn dependency_failed(&self, seconds_ago: i64, dependency: &str, stack: &str) {
        let event = BreakerEvent {
            seq: Seq::NONE,
            at: self.ago(seconds_ago),
            actor: Actor::from_names("ana", "laptop"),
            kind: BreakerEventKind::Failed {
                dependency: dependency.parse().unwrap(),
                stack: StackName::new(stack).unwrap(),
                reason: "no connection".to_owned(),
                probe_at: self.ago(seconds_ago - 30),
            },
        };
        self.runtime
            .block_on(async {
                let after = self.ledger.breakers().await.unwrap().last_seq();
                self.ledger.append_breakers(after, vec![event]).await
            })
            .unwrap();
    }

    /// Writes that a stack enters a pool now, for a process on another host.
    pub(crate) fn entered(&self, pool: &PoolName, stack: &str) {
        let event = PoolEvent {
            seq: Seq::NONE,
            at: self.ago(30),
            actor: Actor::from_names("ana", "laptop"),
            kind: PoolEventKind::Entered {
                stack: StackName::new(stack).unwrap(),
                process: Some(ProcessId {
                    pid: 12,
                    started: "boot:1".to_owned(),
                    host: "ci-1".to_owned(),
                }),
            },
        };
        self.runtime
            .block_on(async {
                let after = self.ledger.pool(pool).await.unwrap().last_seq();
                self.ledger.append_pool(pool, after, vec![event]).await
            })
            .unwrap();
    }

    pub(crate) fn ago(&self, seconds: i64) -> jiff::Timestamp {
        self.now - jiff::SignedDuration::from_secs(seconds)
    }
}

/// The first event of a stack, with the changes that a test needs.
pub(crate) fn requested(change: impl FnOnce(&mut Registration)) -> EventKind {
    let mut registration = registration();
    change(&mut registration);
    EventKind::Requested {
        registration: Box::new(registration),
    }
}

/// The start or the end of a phase.
pub(crate) fn marked(phase: &str, class: &str, state: PhaseBoundary) -> EventKind {
    EventKind::PhaseMarked {
        phase: phase.to_owned(),
        class: Some(class.to_owned()),
        state,
        reported: None,
    }
}

pub(crate) fn span(text: &str) -> Span {
    text.parse().unwrap()
}

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Five different stacks: ready; expiring and held; in purgatory and expired; of unknown cost;
/// gone. Each time is half a minute away from a full minute, so that its text is stable during a
/// test.
pub(crate) fn five_stacks(sandbox: &Sandbox) {
    let story = Story::new(&sandbox.ledger());
    let begun = 3 * HOUR + 12 * MINUTE + 30;
    story.stack(
        "checkout-1.4.0",
        [
            (
                begun,
                requested(|r| {
                    r.version = "1.4.0".parse().unwrap();
                    r.terms.ready_timeout = Some(span("15m"));
                    r.terms.hourly_cost = Some("0.42".parse().unwrap());
                    r.terms.labels =
                        stack::Labels::new([("cost-center".into(), "42".into())].into()).unwrap();
                }),
            ),
            (begun - 1, EventKind::Recorded { origin: None }),
            (begun - 4, EventKind::Provisioned),
            (
                begun - 4,
                marked("migrate database", "database", PhaseBoundary::Start),
            ),
            (
                begun - 10,
                marked("migrate database", "database", PhaseBoundary::Done),
            ),
            (
                begun - 10,
                marked("warm caches", "cache", PhaseBoundary::Start),
            ),
            (
                begun - 12,
                marked("warm caches", "cache", PhaseBoundary::Done),
            ),
            (
                begun - 12,
                EventKind::CheckPassed {
                    check: "http healthz".into(),
                },
            ),
            (begun - 12, EventKind::Ready),
        ],
    );
    let begun = 20 * MINUTE + 30;
    story.stack(
        "checkout-1.5.0",
        [
            (
                begun,
                requested(|r| {
                    r.version = "1.5.0".parse().unwrap();
                    r.terms.ttl = "45m".parse().unwrap();
                    r.terms.hourly_cost = Some("0.42".parse().unwrap());
                }),
            ),
            (begun - 5, EventKind::Recorded { origin: None }),
            (
                MINUTE,
                EventKind::Held {
                    until: story.ago(-5 * HOUR - 30),
                    why: "demo at four".into(),
                },
            ),
        ],
    );
    let begun = 4 * HOUR + 3 * MINUTE + 30;
    story.stack(
        "reports-2.0.0",
        [
            (
                begun,
                requested(|r| {
                    r.app = "reports".parse().unwrap();
                    r.version = "2.0.0".parse().unwrap();
                    r.owner = "ben@example.com".parse().unwrap();
                    r.terms.ttl = "4h".parse().unwrap();
                    r.terms.ready_timeout = Some(span("5m"));
                    r.terms.hourly_cost = Some("1.10".parse().unwrap());
                }),
            ),
            (begun - 5, EventKind::Recorded { origin: None }),
            (begun - 9, EventKind::Provisioned),
            (
                begun - 9,
                marked("fetch licence", "dependency", PhaseBoundary::Start),
            ),
        ],
    );
    let begun = 26 * HOUR + 10 * MINUTE + 30;
    story.stack(
        "search-pr-7",
        [
            (
                begun,
                requested(|r| {
                    r.app = "search".parse().unwrap();
                    r.version = "8f3c2ab".parse().unwrap();
                    r.owner = "team-search".parse().unwrap();
                    r.terms.ttl = "3d".parse().unwrap();
                }),
            ),
            (begun - 5, EventKind::Recorded { origin: None }),
        ],
    );
    story.stack(
        "search-pr-3",
        [
            (2 * begun, requested(|r| r.app = "search".parse().unwrap())),
            (begun, EventKind::Released),
        ],
    );
}
