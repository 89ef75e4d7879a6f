//! The circuit breaker of `preflight`: which dependencies failed for a stack within the last
//! minutes, and which process may try one of them again.
//!
//! | state of a dependency | what an apply does |
//! |---|---|
//! | works, or its last failure is older than the window | it checks; a failed attempt probes |
//! | a process probes it | it waits for the result |
//! | failing | it fails or waits, as the policy says, until a pause has passed |
//! | failing, and the pause has passed | the first apply claims the probe and checks it |
//!
//! A success closes the breaker. A failure starts the next pause, which is twice as long.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::lease::ProcessId;
use crate::random;
use crate::values::id::{Actor, DependencyName, Seq, StackName};
use crate::values::ttl::{Elapsed, Span};

/// After this time, a probe without a result no longer counts: its process has ended, and a
/// preflight takes less.
const PROBE_LIMIT: Span = Span::minutes(1);

/// The most dependencies that the state holds. Those that failed longest ago are dropped first.
const MAX_OUTAGES: usize = 64;

/// An event of the circuit breakers of a ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BreakerEvent {
    /// The sequence number among the events of the breakers.
    pub seq: Seq,
    /// When it happened, in UTC.
    pub at: Timestamp,
    /// The person or process that caused it.
    pub actor: Actor,
    /// What happened.
    pub kind: BreakerEventKind,
}

/// What happened to a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BreakerEventKind {
    /// A process tries a dependency that failed. Others wait for its result.
    ProbeStarted {
        /// The dependency.
        dependency: DependencyName,
        /// The stack whose preflight checks it.
        stack: StackName,
        /// The apply. The probe ends with it.
        process: ProcessId,
    },
    /// A probe ended without a result.
    ProbeEnded {
        /// The dependency.
        dependency: DependencyName,
        /// The stack whose preflight checked it.
        stack: StackName,
    },
    /// The dependency failed for a stack.
    Failed {
        /// The dependency.
        dependency: DependencyName,
        /// The stack whose preflight checked it.
        stack: StackName,
        /// What failed, without any text of the dependency: `no connection`, `status 503`.
        reason: String,
        /// From when on another apply may try it again, in UTC.
        probe_at: Timestamp,
    },
    /// The dependency works: it passed for a stack.
    Recovered {
        /// The dependency.
        dependency: DependencyName,
        /// The stack whose preflight checked it.
        stack: StackName,
    },
    /// The last failure is older than the window, so it no longer counts.
    Expired {
        /// The dependency.
        dependency: DependencyName,
    },
    /// An event of a newer jiti, which changes nothing here.
    #[serde(other)]
    Unknown,
}

/// The dependencies that fail or are probed: the fold of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breakers {
    outages: BTreeMap<DependencyName, Outage>,
    last_seq: Seq,
}

/// A dependency that failed, or that is probed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outage {
    /// When it was first seen failing, in UTC.
    pub since: Timestamp,
    /// The stack that saw it first.
    pub first_seen_by: Witness,
    /// The last failure; null while the first probe runs.
    pub last_failure: Option<DependencyFailure>,
    /// How often it failed since then.
    pub failures: u32,
    /// The probe that runs.
    pub probe: Option<Probe>,
}

/// The last failure of a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DependencyFailure {
    /// When, in UTC.
    pub at: Timestamp,
    /// The stack that saw it.
    pub seen_by: Witness,
    /// What failed.
    pub reason: String,
    /// From when on another apply may try it again, in UTC.
    pub probe_at: Timestamp,
}

/// A stack, and the user who applies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Witness {
    /// The stack.
    pub stack: StackName,
    /// The user and the host.
    pub actor: Actor,
}

/// A process that tries a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// The stack whose preflight checks it.
    pub stack: StackName,
    /// The apply.
    pub process: ProcessId,
    /// Since when, in UTC.
    pub since: Timestamp,
}

/// What an apply may do about a dependency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BreakerVerdict {
    /// Nothing is known against it.
    Works,
    /// This process probes it.
    OwnProbe,
    /// It failed, and it is this stack's turn to try it again.
    MayProbe,
    /// Another process tries it now.
    Probed(Outage),
    /// It failed for another stack, and the pause has not passed.
    Failing(Outage),
}

impl Breakers {
    /// Applies many events.
    #[must_use]
    pub fn fold(self, events: impl IntoIterator<Item: Borrow<BreakerEvent>>) -> Self {
        events
            .into_iter()
            .fold(self, |folded, event| folded.apply(event.borrow()))
    }

    /// Applies one event.
    #[must_use]
    pub fn apply(mut self, event: &BreakerEvent) -> Self {
        let by = |stack: &StackName| Witness {
            stack: stack.clone(),
            actor: event.actor.clone(),
        };
        match &event.kind {
            BreakerEventKind::ProbeStarted {
                dependency,
                stack,
                process,
            } => {
                let probe = Probe {
                    stack: stack.clone(),
                    process: process.clone(),
                    since: event.at,
                };
                self.outage(dependency, event.at, by(stack)).probe = Some(probe);
            }
            BreakerEventKind::ProbeEnded { dependency, stack } => {
                if let Some(outage) = self.outages.get_mut(dependency) {
                    outage.probe.take_if(|probe| probe.stack == *stack);
                    // Nothing has failed yet.
                    if outage.last_failure.is_none() && outage.probe.is_none() {
                        self.outages.remove(dependency);
                    }
                }
            }
            BreakerEventKind::Failed {
                dependency,
                stack,
                reason,
                probe_at,
            } => {
                let outage = self.outage(dependency, event.at, by(stack));
                outage.last_failure = Some(DependencyFailure {
                    at: event.at,
                    seen_by: by(stack),
                    reason: reason.clone(),
                    probe_at: *probe_at,
                });
                outage.failures = outage.failures.saturating_add(1);
                outage.probe = None;
            }
            BreakerEventKind::Recovered { dependency, .. }
            | BreakerEventKind::Expired { dependency } => {
                self.outages.remove(dependency);
            }
            BreakerEventKind::Unknown => {}
        }
        self.drop_oldest();
        self.last_seq = event.seq;
        self
    }

    fn outage(
        &mut self,
        dependency: &DependencyName,
        at: Timestamp,
        witness: Witness,
    ) -> &mut Outage {
        let outage = self.outages.entry(dependency.clone());
        outage.or_insert_with(|| Outage {
            since: at,
            first_seen_by: witness,
            last_failure: None,
            failures: 0,
            probe: None,
        })
    }

    fn drop_oldest(&mut self) {
        while self.outages.len() > MAX_OUTAGES {
            let oldest = self
                .outages
                .iter()
                .min_by_key(|(_, outage)| outage.last_at());
            let Some(oldest) = oldest.map(|(dependency, _)| dependency.clone()) else {
                return;
            };
            self.outages.remove(&oldest);
        }
    }

    /// The number of the last event.
    #[must_use]
    pub fn last_seq(&self) -> Seq {
        self.last_seq
    }

    /// What is known about a dependency.
    #[must_use]
    pub fn get(&self, dependency: &DependencyName) -> Option<&Outage> {
        self.outages.get(dependency)
    }

    /// The dependencies that failed within the window, by name.
    pub fn failing(
        &self,
        window: Span,
        now: Timestamp,
    ) -> impl Iterator<Item = (&DependencyName, &Outage)> {
        let outages = self.outages.iter();
        outages.filter(move |(_, outage)| outage.is_recent(window, now))
    }

    /// What a stack's apply, in `process`, may do about a dependency. `is_dead` says whether a
    /// process has certainly ended.
    pub fn verdict(
        &self,
        dependency: &DependencyName,
        (stack, process): (&StackName, &ProcessId),
        window: Span,
        now: Timestamp,
        is_dead: impl Fn(&ProcessId) -> bool,
    ) -> BreakerVerdict {
        let Some(outage) = self.outages.get(dependency) else {
            return BreakerVerdict::Works;
        };
        let probe = outage.probe.as_ref();
        if let Some(probe) = probe.filter(|probe| probe.is_running(now, is_dead)) {
            return match probe.process == *process && probe.stack == *stack {
                true => BreakerVerdict::OwnProbe,
                false => BreakerVerdict::Probed(outage.clone()),
            };
        }
        let failure = outage.last_failure.as_ref();
        let Some(failure) = failure.filter(|_| outage.is_recent(window, now)) else {
            return BreakerVerdict::Works;
        };
        // Its own user may have fixed the cause, and applies again.
        if failure.seen_by.stack == *stack || failure.probe_at <= now {
            return BreakerVerdict::MayProbe;
        }
        BreakerVerdict::Failing(outage.clone())
    }

    /// When the next probe may start, if the dependency fails now: after a tenth of the window,
    /// twice as long after each further failure, at most half of the window. Half of the pause is
    /// jitter, so that not every ledger and every dependency is probed at the same time.
    #[must_use]
    pub fn next_probe(
        &self,
        dependency: &DependencyName,
        window: Span,
        now: Timestamp,
    ) -> Timestamp {
        let known = self.outages.get(dependency);
        let failures = known
            .filter(|outage| outage.is_recent(window, now))
            .map_or(0, |outage| outage.failures);
        let window = window.seconds().saturating_mul(1_000);
        let pause = (window / 10).saturating_mul(1 << failures.min(16));
        let pause = pause.min(window / 2);
        let jitter = pause / 2 * u64::from(random::below(1_024)) / 1_024;
        Elapsed::from_millis(pause / 2 + jitter).after(now)
    }
}

impl Outage {
    /// Whether the last failure is within the window.
    #[must_use]
    pub fn is_recent(&self, window: Span, now: Timestamp) -> bool {
        let failure = self.last_failure.as_ref();
        // A clock that is far ahead must not block other stacks for longer.
        failure
            .is_some_and(|failure| window.after(failure.at) > now && window.after(now) > failure.at)
    }

    /// Whether nothing of it counts any longer: its failures are older than the window, and no
    /// probe runs.
    pub fn is_over(
        &self,
        window: Span,
        now: Timestamp,
        is_dead: impl Fn(&ProcessId) -> bool,
    ) -> bool {
        let probe = self.probe.as_ref();
        !self.is_recent(window, now) && !probe.is_some_and(|probe| probe.is_running(now, is_dead))
    }

    fn last_at(&self) -> Timestamp {
        let probe = self.probe.as_ref().map(|probe| probe.since);
        let failure = self.last_failure.as_ref().map(|failure| failure.at);
        probe.max(failure).unwrap_or(self.since)
    }

    /// When the dependency started to fail, who saw it first, and the last failure, as of `now`.
    #[must_use]
    pub fn describe(&self, now: Timestamp) -> String {
        let age = |at| Elapsed::between(at, now).rounded();
        let minute = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        let started = format!(
            "it started to fail at {} ({} ago), first seen by {}",
            minute(self.since),
            age(self.since),
            self.first_seen_by
        );
        match &self.last_failure {
            None => format!("{started}, which still tries it"),
            Some(failure) if self.failures == 1 => format!("{started}: {}", failure.reason),
            Some(failure) => format!(
                "{started}; it failed {} times, last {} ago for {}: {}",
                self.failures,
                age(failure.at),
                failure.seen_by,
                failure.reason
            ),
        }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the stack \"{}\" of {}", self.stack, self.actor)
    }
}

impl Probe {
    fn is_running(&self, now: Timestamp, is_dead: impl Fn(&ProcessId) -> bool) -> bool {
        let started = PROBE_LIMIT.after(self.since) > now && PROBE_LIMIT.after(now) > self.since;
        started && !is_dead(&self.process)
    }
}

#[cfg(test)]
mod tests;
