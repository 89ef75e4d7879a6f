//! The reaper's status, from its heartbeats: last run, next run, and whether it is active at all.

mod event;

use std::borrow::Borrow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::event::{ReaperEvent, ReaperEventKind};
use crate::budget::{Budget, RecordedBudget};
use crate::lease::{ProcessId, StoredTimestamp};
use crate::values::id::{Actor, RunId, Seq, StackName};
use crate::values::ttl::{Elapsed, Span};

/// The reaper's interval, unless configured.
pub const DEFAULT_INTERVAL: Span = Span::minutes(15);

/// The reaper's status: the fold of its events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaperStatus {
    /// The latest run that started.
    pub last_run: Option<ReaperRun>,
    /// The current pause, if any.
    pub paused: Option<Pause>,
    /// The process that may deliver warnings now.
    #[serde(default)]
    pub delivery_lock: Option<DeliveryLock>,
    /// When each warning that concerns no single stack was last sent, by key.
    #[serde(default)]
    pub warned: BTreeMap<String, StoredTimestamp>,
    /// The stacks that reapers with budgets are ending.
    #[serde(default)]
    pub reserved: BTreeMap<StackName, Reservation>,
    /// The number of the last event.
    pub last_seq: Seq,
}

/// One run of the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReaperRun {
    /// The id of the run.
    pub run: RunId,
    /// When the run started.
    pub started_at: Timestamp,
    /// When the run ended; `None` while it runs, and permanently if it died.
    pub finished_at: Option<Timestamp>,
    /// The time until the next run.
    pub interval: Span,
    /// The host that it runs on.
    pub host: String,
    /// The process id on that host.
    pub pid: u32,
    /// The number of stacks that it could not end.
    pub failed: u32,
    /// The budgets of its configuration.
    #[serde(default)]
    pub budgets: Vec<RecordedBudget>,
}

/// A stack that a run is about to end, or is ending: it counts for the budgets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reservation {
    /// The id of the reservation.
    pub run: RunId,
    /// Why the stack ends, in one word.
    pub reason: String,
    /// The reaper's process. The reservation ends with it.
    pub process: ProcessId,
    /// When it was made.
    pub since: StoredTimestamp,
}

/// A pause of the reaper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// Who paused it.
    pub by: Actor,
    /// When it was paused.
    pub at: Timestamp,
    /// The reason, as the author wrote it.
    #[serde(default)]
    pub why: Option<String>,
}

/// The right of one process to deliver warnings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryLock {
    /// The id of the delivery run.
    pub run: RunId,
    /// The process that delivers.
    pub process: ProcessId,
    /// When it started.
    pub since: Timestamp,
}

/// Why no reaper ends stacks at expiry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReaperInactive {
    /// No reaper has ever run in this ledger.
    #[error(
        "nothing tears stacks down at expiry: no reaper has run yet; run it once with `jiti reap --yes`"
    )]
    NeverRan,
    /// The last run is more than twice its interval ago.
    #[error(
        "nothing tears stacks down at expiry: the reaper last ran at {last}, but should run every \
         {}; run it once with `jiti reap --yes`",
        interval.rounded()
    )]
    Silent {
        /// When the last run started.
        last: Timestamp,
        /// The time between runs.
        interval: Span,
    },
    /// A user paused the reaper.
    #[error(
        "nothing tears stacks down at expiry: {by} paused the reaper at {at}{}; \
         resume it with `jiti reap --resume`",
        in_parentheses(why.as_deref())
    )]
    Paused {
        /// Who paused it.
        by: Actor,
        /// When it was paused.
        at: Timestamp,
        /// The reason, as the author wrote it.
        why: Option<String>,
    },
}

impl ReaperStatus {
    /// Applies many events.
    #[must_use]
    pub fn fold(self, events: impl IntoIterator<Item: Borrow<ReaperEvent>>) -> Self {
        events
            .into_iter()
            .fold(self, |folded, event| folded.apply(event.borrow()))
    }

    /// Applies one event.
    #[must_use]
    pub fn apply(mut self, event: &ReaperEvent) -> Self {
        match &event.kind {
            ReaperEventKind::RunStarted {
                run,
                interval,
                host,
                pid,
                budgets,
            } => {
                self.last_run = Some(ReaperRun {
                    run: run.clone(),
                    started_at: event.at,
                    finished_at: None,
                    interval: *interval,
                    host: host.clone(),
                    pid: *pid,
                    failed: 0,
                    budgets: budgets.clone(),
                });
            }
            ReaperEventKind::RunFinished { run, failed, .. } => {
                // If two reapers run at once, the one that started last counts.
                if let Some(last) = self.last_run.as_mut().filter(|last| last.run == *run) {
                    (last.finished_at, last.failed) = (Some(event.at), *failed);
                }
            }
            ReaperEventKind::Paused { why } => {
                self.paused = Some(Pause {
                    by: event.actor.clone(),
                    at: event.at,
                    why: why.clone(),
                });
            }
            ReaperEventKind::Resumed => self.paused = None,
            ReaperEventKind::DeliveryLocked { run, process } => {
                self.delivery_lock = Some(DeliveryLock {
                    run: run.clone(),
                    process: process.clone(),
                    since: event.at,
                });
            }
            // A lock that was taken over is not released by its former holder.
            ReaperEventKind::DeliveryUnlocked { run } => {
                self.delivery_lock
                    .take_if(|delivery_lock| delivery_lock.run == *run);
            }
            ReaperEventKind::EndReserved {
                run,
                stack,
                reason,
                process,
            } => {
                let reservation = Reservation {
                    run: run.clone(),
                    reason: reason.clone(),
                    process: process.clone(),
                    since: StoredTimestamp(event.at),
                };
                self.reserved.insert(stack.clone(), reservation);
            }
            ReaperEventKind::EndReleased { run, stack } => {
                let is_own = |reserved: &Reservation| reserved.run == *run;
                if self.reserved.get(stack).is_some_and(is_own) {
                    self.reserved.remove(stack);
                }
            }
            ReaperEventKind::Warned { warning } => {
                self.warned
                    .insert(warning.clone(), StoredTimestamp(event.at));
            }
        }
        self.last_seq = event.seq;
        self
    }

    /// The budgets of the last run, as far as this version of jiti can read them.
    #[must_use]
    pub fn budgets(&self) -> Vec<Budget> {
        let last = self.last_run.iter();
        let recorded = last.flat_map(|run| &run.budgets);
        recorded.filter_map(RecordedBudget::read).collect()
    }

    /// The first run at or after `not_before` and `now`, by the interval of the last run; `None` if
    /// the reaper is paused or has never run.
    #[must_use]
    pub fn next_run(&self, not_before: Timestamp, now: Timestamp) -> Option<Timestamp> {
        let last = self.last_run.as_ref().filter(|_| self.paused.is_none())?;
        let earliest = not_before.max(now);
        let interval = last.interval.seconds() * 1000;
        let since = Elapsed::between(last.started_at, earliest).millis();
        let runs = since.div_ceil(interval).max(1);
        Some(Elapsed::from_millis(runs.saturating_mul(interval)).after(last.started_at))
    }

    /// Why no reaper ends stacks at expiry; `None` if a reaper is active.
    #[must_use]
    pub fn inactivity(&self, now: Timestamp) -> Option<ReaperInactive> {
        if let Some(Pause { by, at, why }) = &self.paused {
            return Some(ReaperInactive::Paused {
                by: by.clone(),
                at: *at,
                why: why.clone(),
            });
        }
        let Some(last) = &self.last_run else {
            return Some(ReaperInactive::NeverRan);
        };
        let silent = last.interval.twice().after(last.started_at) < now;
        silent.then_some(ReaperInactive::Silent {
            last: last.started_at,
            interval: last.interval,
        })
    }
}

/// Formats an optional reason in parentheses.
fn in_parentheses(why: Option<&str>) -> String {
    why.map(|why| format!(" ({why})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{actor, noon};

    fn minute(minutes: u32) -> Timestamp {
        if minutes == 0 {
            noon()
        } else {
            Span::minutes(minutes).after(noon())
        }
    }

    fn status(kinds: Vec<(u32, ReaperEventKind)>) -> ReaperStatus {
        let events = kinds
            .into_iter()
            .zip(1..)
            .map(|((minutes, kind), seq)| ReaperEvent {
                seq: Seq(seq),
                at: minute(minutes),
                actor: actor(),
                kind,
            });
        ReaperStatus::default().fold(events)
    }

    fn run() -> RunId {
        RunId::random()
    }

    fn started(run: RunId) -> ReaperEventKind {
        let interval = DEFAULT_INTERVAL;
        ReaperEventKind::RunStarted {
            run,
            interval,
            host: "laptop".to_owned(),
            pid: 1,
            budgets: Vec::new(),
        }
    }

    /// A time is rounded up to the next run. There is none before the first run or during a pause.
    #[test]
    fn moments_are_rounded_up_to_runs() {
        let ran = status(vec![(0, started(run()))]);
        assert_eq!(ran.next_run(minute(0), minute(0)), Some(minute(15)));
        assert_eq!(ran.next_run(minute(15), minute(1)), Some(minute(15)));
        assert_eq!(ran.next_run(minute(16), minute(1)), Some(minute(30)));
        assert_eq!(ran.next_run(minute(1), minute(100)), Some(minute(105)));
        assert_eq!(ReaperStatus::default().next_run(noon(), noon()), None);
        let paused = status(vec![
            (0, started(run())),
            (1, ReaperEventKind::Paused { why: None }),
        ]);
        assert_eq!(paused.next_run(noon(), noon()), None);
    }

    /// The reaper is inactive after twice its interval without a run, and while it is paused.
    #[test]
    fn an_inactive_reaper_is_reported() {
        let never = ReaperStatus::default().inactivity(noon());
        assert_eq!(never, Some(ReaperInactive::NeverRan));
        let ran = status(vec![(0, started(run()))]);
        assert_eq!(ran.inactivity(minute(30)), None);
        assert!(matches!(
            ran.inactivity(minute(31)),
            Some(ReaperInactive::Silent { .. })
        ));
        let paused = status(vec![
            (0, started(run())),
            (1, ReaperEventKind::Paused { why: None }),
        ]);
        let message = paused.inactivity(minute(2)).expect("paused").to_string();
        assert!(
            message.contains("ana@laptop paused the reaper at 2026-03-02T12:01:00Z; "),
            "{message}"
        );
        let resumed = vec![
            (1, ReaperEventKind::Paused { why: None }),
            (2, ReaperEventKind::Resumed),
        ];
        let resumed = status([(0, started(run()))].into_iter().chain(resumed).collect());
        assert_eq!(resumed.inactivity(minute(3)), None);
    }

    /// The end of a run does not end a later run.
    #[test]
    fn a_run_ends_only_itself() {
        let (first, second) = (run(), run());
        let finished = |run| ReaperEventKind::RunFinished {
            run,
            ended: 1,
            failed: 2,
        };
        let mut kinds = vec![(0, started(first.clone())), (1, started(second.clone()))];
        kinds.push((2, finished(first)));
        assert_eq!(
            status(kinds.clone())
                .last_run
                .and_then(|run| run.finished_at),
            None
        );
        kinds.push((3, finished(second)));
        let last = status(kinds).last_run.expect("a run");
        assert_eq!((last.finished_at, last.failed), (Some(minute(3)), 2));
    }
}
