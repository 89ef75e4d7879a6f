//! Timelines for tests, in minutes after noon.

use std::collections::BTreeMap;

use jiff::Timestamp;
use proptest::prelude::*;

use super::timeline::{
    Extension, HoldSpan, LeaseTimeline, Slice, SliceState, Start, StartKind, StartOutcome,
    TermsChange,
};
use crate::lease::RenewOn;
use crate::report::EndCause;
use crate::testing::{noon, stack_name};
use crate::values::money::{DollarTime, HourlyRate};
use crate::values::ttl::{Elapsed, Span};

/// The time so many minutes after noon.
pub(super) fn minute(minutes: u64) -> Timestamp {
    Elapsed::from_millis(minutes * 60_000).after(noon())
}

/// Builds the timeline of a lease step by step. It costs $1/h, and $0.10/h while it is asleep.
#[derive(Clone)]
pub(super) struct TimelineBuilder {
    lease: LeaseTimeline,
    rate: Option<HourlyRate>,
    asleep_rate: Option<HourlyRate>,
}

impl TimelineBuilder {
    /// A lease of `checkout` v1 of ana, requested at a minute, with a TTL of 8 h and a grace of
    /// 1 h.
    pub(super) fn new(stack: &str, number: u32, from: u64) -> Self {
        let from = minute(from);
        let terms = TermsChange {
            at: from,
            ttl: Span::minutes(480),
            renew_on: RenewOn::Version,
            idle_after: None,
            ready_timeout: None,
            grace: Span::minutes(60),
            max_ttl: None,
        };
        Self {
            lease: LeaseTimeline {
                stack: stack_name(stack),
                number,
                app: "checkout".parse().unwrap(),
                owner: "ana@example.com".parse().unwrap(),
                version: "v1".parse().unwrap(),
                labels: BTreeMap::new(),
                created_at: from,
                from,
                until: from,
                end: None,
                slices: Vec::new(),
                starts: Vec::new(),
                uses: Vec::new(),
                terms: vec![terms],
                renewals: Vec::new(),
                extensions: Vec::new(),
                holds: Vec::new(),
            },
            rate: "1".parse().ok(),
            asleep_rate: "0.10".parse().ok(),
        }
    }

    /// The minute that the timeline has reached.
    fn now(&self) -> u64 {
        Elapsed::between(noon(), self.lease.until).seconds() / 60
    }

    pub(super) fn app(mut self, app: &str) -> Self {
        self.lease.app = app.parse().unwrap();
        self
    }

    pub(super) fn version(mut self, version: &str) -> Self {
        self.lease.version = version.parse().unwrap();
        self
    }

    pub(super) fn terms(mut self, change: impl FnOnce(&mut TermsChange)) -> Self {
        change(&mut self.lease.terms[0]);
        self
    }

    /// The rate from now on; `None` if it is unknown.
    pub(super) fn rate(mut self, rate: Option<&str>) -> Self {
        self.rate = rate.map(|rate| rate.parse().unwrap());
        self
    }

    /// The stack was created so many minutes before, in another ledger.
    pub(super) fn created_before(mut self, minutes: u32) -> Self {
        self.lease.created_at = Span::minutes(minutes).before(self.lease.from);
        self
    }

    pub(super) fn used_at(mut self, minutes: &[u64]) -> Self {
        self.lease.uses.extend(minutes.iter().map(|at| minute(*at)));
        self
    }

    pub(super) fn renewed(mut self, at: u64) -> Self {
        self.lease.renewals.push(minute(at));
        self
    }

    pub(super) fn extended(mut self, at: u64, by: u32) -> Self {
        let (at, by) = (minute(at), Span::minutes(by));
        self.lease.extensions.push(Extension { at, by });
        self
    }

    pub(super) fn held(mut self, from: u64, until: u64) -> Self {
        let (from, until) = (minute(from), minute(until));
        self.lease.holds.push(HoldSpan { from, until });
        self
    }

    /// A request that is ready in time.
    pub(super) fn start(self, from: u64, ready: u64) -> Self {
        self.ready_start(StartKind::Request, from, ready)
    }

    /// A wake that is ready in time.
    pub(super) fn wake(self, from: u64, ready: u64) -> Self {
        self.ready_start(StartKind::Wake, from, ready)
    }

    /// A new version that is ready in time.
    pub(super) fn new_version(mut self, version: &str, from: u64, ready: u64) -> Self {
        self.lease.version = version.parse().unwrap();
        self.ready_start(StartKind::Version, from, ready)
    }

    fn ready_start(mut self, kind: StartKind, from: u64, ready: u64) -> Self {
        self = self.state(from, SliceState::Ready);
        let at = minute(ready);
        self.push_start(kind, from, ready, StartOutcome::Ready { at });
        self.state(ready, SliceState::Init)
    }

    /// A request that fails.
    pub(super) fn failed_start(mut self, from: u64, failed: u64) -> Self {
        let at = minute(failed);
        self.push_start(
            StartKind::Request,
            from,
            failed,
            StartOutcome::Failed { at },
        );
        self.state(failed, SliceState::Init)
    }

    /// A request that times out, and is ready later or never. It is in purgatory until it is ready,
    /// or until the next state.
    pub(super) fn late_start(mut self, from: u64, late: u64, ready: Option<u64>) -> Self {
        let at = minute(late);
        let later_ready = ready.map(minute);
        let outcome = StartOutcome::TimedOut { at, later_ready };
        self.push_start(StartKind::Request, from, ready.unwrap_or(late), outcome);
        self = self.state(late, SliceState::Init);
        match ready {
            Some(ready) => self.state(ready, SliceState::Purgatory),
            None => self,
        }
    }

    fn push_start(&mut self, kind: StartKind, from: u64, to: u64, outcome: StartOutcome) {
        let time = Elapsed::from_millis((to - from) * 60_000);
        let cost = self.rate.map(|rate| DollarTime::ZERO.plus(rate, time));
        self.lease.starts.push(Start {
            kind,
            app: self.lease.app.clone(),
            version: self.lease.version.clone(),
            requested_at: minute(from),
            provisioned_at: None,
            outcome,
            cost: cost.filter(|_| outcome.ready_at().is_some()),
            cost_is_minimum: false,
        });
    }

    pub(super) fn asleep(self, from: u64, to: u64) -> Self {
        let awake = self.state(from, SliceState::Ready);
        awake.state(to, SliceState::Asleep)
    }

    /// Continues in a state until a minute.
    pub(super) fn state(mut self, to: u64, state: SliceState) -> Self {
        let (from, to) = (self.lease.until, minute(to));
        if to <= from {
            return self;
        }
        let rate = match state {
            SliceState::Asleep => self.asleep_rate.filter(|_| self.rate.is_some()),
            _ => self.rate,
        };
        let time = Elapsed::between(from, to);
        let spent = rate.map_or(DollarTime::ZERO, |rate| DollarTime::ZERO.plus(rate, time));
        self.lease.slices.push(Slice {
            from,
            to,
            state,
            rate,
            spent,
            is_minimum: rate.is_none(),
        });
        self.lease.until = to;
        self
    }

    /// The timeline so far, of a stack that still exists.
    pub(super) fn unfinished(self) -> LeaseTimeline {
        self.lease
    }

    /// The timeline of a stack that is ready, and still exists at the end.
    pub(super) fn until(self, to: u64) -> LeaseTimeline {
        self.state(to, SliceState::Ready).lease
    }

    /// The timeline of a stack whose teardown starts at a minute and ends at another.
    pub(super) fn ended(self, from: u64, gone: u64, end: EndCause) -> LeaseTimeline {
        self.ended_in(SliceState::Ready, from, gone, end)
    }

    /// Like [`Self::ended`], in a state other than ready.
    pub(super) fn ended_in(
        self,
        state: SliceState,
        from: u64,
        gone: u64,
        end: EndCause,
    ) -> LeaseTimeline {
        let torn_down = self.state(from, state).state(gone, SliceState::TearingDown);
        LeaseTimeline {
            end: Some(end),
            ..torn_down.lease
        }
    }
}

/// Timelines of a few stacks with any history, also one that no real reaper would have left.
pub(super) fn arbitrary_leases() -> impl Strategy<Value = Vec<LeaseTimeline>> {
    let steps = || prop::collection::vec((0_u8..12, 1_u64..400), 0..12);
    let terms = (30_u32..900, prop::option::of(10_u32..200), 0_u32..120);
    let lease = (0_u64..500, 0_u8..4, 1_u64..60, terms, steps(), 0_u8..7);
    let stack = prop::collection::vec(lease, 1..4);
    prop::collection::vec(stack, 1..4).prop_map(|stacks| {
        let mut leases = Vec::new();
        for (name, stack) in ["a", "b", "c"].into_iter().zip(stacks) {
            let mut at = 0;
            for (number, (pause, start, init, terms, steps, end)) in (1..).zip(stack) {
                at += pause;
                let builder = TimelineBuilder::new(name, number, at).terms(|of| {
                    let (ttl, idle_after, grace) = terms;
                    of.ttl = Span::minutes(ttl);
                    of.idle_after = idle_after.map(Span::minutes);
                    of.ready_timeout = (start > 0).then(|| Span::minutes(30));
                    of.grace = Span::minutes(grace);
                });
                let builder = match start {
                    0 => builder,
                    1 => builder.start(at, at + init),
                    2 => builder.late_start(at, at + 30, Some(at + 30 + init)),
                    _ => builder.failed_start(at, at + init),
                };
                let lease = finish(steps.iter().fold(builder, step), end);
                at = Elapsed::between(noon(), lease.until).seconds() / 60;
                leases.push(lease);
            }
        }
        leases
    })
}

fn step(builder: TimelineBuilder, (kind, length): &(u8, u64)) -> TimelineBuilder {
    let at = builder.now();
    let to = at + length;
    match kind {
        0 => builder.asleep(at, to).wake(to, to + 5),
        1 => builder.new_version("v2", at, to),
        2 => builder.renewed(at),
        3 => builder.extended(at, 120),
        4 => builder.held(at, to),
        5 => builder.rate(None),
        6 => builder.rate(Some("2.5")),
        7 => builder.state(to, SliceState::Purgatory),
        8 => builder.used_at(&[at]),
        9 => builder.state(to, SliceState::TearingDown),
        _ => builder.state(to, SliceState::Ready),
    }
}

fn finish(builder: TimelineBuilder, end: u8) -> LeaseTimeline {
    let at = builder.now() + 10;
    let cause = match end {
        0 => EndCause::Expiry,
        1 => EndCause::Purgatory,
        2 => EndCause::Idleness,
        3 => EndCause::Person,
        4 => EndCause::Terraform,
        _ => return builder.until(at),
    };
    builder.ended(at, at + 10, cause)
}
