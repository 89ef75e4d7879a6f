//! Delivering warnings: one process at a time, each one written down as soon as it was taken.
//!
//! Whoever wants to deliver takes a turn, by a conditional append to the reaper's log, and only then
//! looks at what is owed; a warning is `warned` in its stack's history as soon as the receiver has
//! taken it. Two reapers therefore tell everything once. A process that dies between the receiver's
//! answer and the append has told something that nobody wrote down, and it is told once more: a
//! warning that comes twice is a nuisance, one that never comes costs somebody a stack. The id of a
//! warning is the same both times, so that a receiver can tell.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

use jiff::Timestamp;

use super::reap::{ClockBehind, ReaperSnapshot, TooManyDue};
use super::{ClockSkew, Service, ServiceError};
use crate::lease::{EventKind, ProcessId, StoredTimestamp};
use crate::process::{Liveness, liveness};
use crate::reaper::{DeliveryLock, ReaperEventKind, ReaperStatus};
use crate::values::id::RunId;
use crate::values::ttl::Span;
use crate::view::View;
use crate::warning::{OwnerWarning, is_due_again};

/// How long one turn lasts at most; what is left over is for the next.
const TURN: Span = Span::minutes(2);

/// After this time a turn is over, whatever its process says: longer than a turn and one delivery.
const LOST: Span = Span::minutes(5);

/// Takes warnings to whoever is to know.
pub trait Notifier: Send + Sync {
    /// Delivers one; an answer means that the receiver has taken it.
    fn deliver<'a>(
        &'a self,
        letter: &'a Notification,
    ) -> Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;
}

/// Something that is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// About one stack.
    Stack(Box<OwnerWarning>),
    /// About the reaper.
    Reaper(Alarm),
}

/// Why the reaper touches nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// More is due than one run may end.
    #[error(transparent)]
    TooMany(#[from] TooManyDue),
    /// The clock runs behind the ledger.
    #[error(transparent)]
    ClockBehind(#[from] ClockBehind),
    /// The clock is too far from the cloud's.
    #[error(transparent)]
    ClockSkew(#[from] ClockSkew),
}

/// Why a warning was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// What happened.
    pub reason: String,
    /// The receiver takes nothing at all now: the others need not be tried.
    pub is_down: bool,
}

/// What came of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// What was told, in order.
    pub told: Vec<Notification>,
    /// What could not be told, and will be tried again, each with the reason.
    pub failed: Vec<(Notification, String)>,
    /// Another process delivers at this moment.
    pub busy: bool,
}

impl Alarm {
    /// The name under which the ledger remembers that it was given.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::TooMany(_) => "too_many",
            Self::ClockBehind(_) => "clock",
            Self::ClockSkew(_) => "cloud_clock",
        }
    }

    fn is_owed(&self, view: &View) -> bool {
        let told = view
            .reaper
            .warned
            .get(self.key())
            .map(|StoredTimestamp(at)| *at);
        // A clock that was put back makes the last time lie ahead.
        is_due_again(told, view) || told > Some(view.now)
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Service {
    /// Delivers every warning that is owed now.
    ///
    /// # Errors
    /// What the ledger says; what a receiver does not take is in the answer.
    pub async fn warn(
        &self,
        process: &ProcessId,
        receiver: &dyn Notifier,
    ) -> Result<DeliveryReport, ServiceError> {
        let letters = |survey: &ReaperSnapshot| {
            let due_warnings = survey.due_warnings(&self.config).into_iter();
            due_warnings
                .map(|warning| Notification::Stack(Box::new(warning)))
                .collect()
        };
        self.tell(process, receiver, letters).await
    }

    /// Tells that the reaper touches nothing, and why; once a day as long as it lasts.
    ///
    /// # Errors
    /// As for [`Service::warn`].
    pub async fn alarm(
        &self,
        process: &ProcessId,
        receiver: &dyn Notifier,
        alarm: Alarm,
    ) -> Result<DeliveryReport, ServiceError> {
        let letters = |survey: &ReaperSnapshot| {
            let due_warnings = alarm.is_owed(&survey.view).then(|| alarm.clone());
            due_warnings.map(Notification::Reaper).into_iter().collect()
        };
        self.tell(process, receiver, letters).await
    }

    async fn tell(
        &self,
        process: &ProcessId,
        receiver: &dyn Notifier,
        letters: impl Fn(&ReaperSnapshot) -> Vec<Notification>,
    ) -> Result<DeliveryReport, ServiceError> {
        if letters(&self.survey().await?).is_empty() {
            return Ok(DeliveryReport::default());
        }
        let turn = RunId::random();
        let since = self.now();
        if !self.take_turn(&turn, process).await? {
            let busy = true;
            return Ok(DeliveryReport {
                busy,
                ..DeliveryReport::default()
            });
        }
        // What another process told until a moment ago is no longer owed.
        let mut told = DeliveryReport::default();
        for letter in letters(&self.survey().await?) {
            if !self.is_on_turn(&turn, since).await? {
                break;
            }
            match receiver.deliver(&letter).await {
                Ok(()) => {
                    self.write_down(&letter).await?;
                    told.told.push(letter);
                }
                Err(DeliveryError { reason, is_down }) => {
                    told.failed.push((letter, reason));
                    if is_down {
                        break;
                    }
                }
            }
        }
        let over = |_: &ReaperStatus, _| {
            let turn = turn.clone();
            Some(ReaperEventKind::DeliveryUnlocked { run: turn })
        };
        self.change_reaper(over).await?;
        Ok(told)
    }

    async fn take_turn(&self, turn: &RunId, process: &ProcessId) -> Result<bool, ServiceError> {
        let started = |status: &ReaperStatus, now| {
            let taken = status
                .delivery_lock
                .as_ref()
                .is_some_and(|other| is_under_way(other, now));
            (!taken).then(|| ReaperEventKind::DeliveryLocked {
                run: turn.clone(),
                process: process.clone(),
            })
        };
        let status = self.change_reaper(started).await?;
        Ok(status
            .delivery_lock
            .is_some_and(|delivery_lock| delivery_lock.run == *turn))
    }

    async fn is_on_turn(&self, turn: &RunId, since: Timestamp) -> Result<bool, ServiceError> {
        let delivery_lock = self.ledger.reaper().await?.delivery_lock;
        let ours = delivery_lock.is_some_and(|delivery_lock| delivery_lock.run == *turn);
        Ok(ours && TURN.after(since) > self.now())
    }

    async fn write_down(&self, letter: &Notification) -> Result<(), ServiceError> {
        let warning = match letter {
            Notification::Stack(warning) => warning,
            Notification::Reaper(alarm) => {
                let warned = |_: &ReaperStatus, _| {
                    let warning = alarm.key().to_owned();
                    Some(ReaperEventKind::Warned { warning })
                };
                self.change_reaper(warned).await?;
                return Ok(());
            }
        };
        self.retry_on_conflict(&warning.stack, || async {
            let lease = self.ledger.lease(&warning.stack).await?;
            // A new lease under the same name has not been warned about.
            let Some(lease) = lease.filter(|lease| lease.created_at == warning.created_at) else {
                return Ok(Some(()));
            };
            let kinds = vec![EventKind::Warned {
                warning: warning.kind.key(),
            }];
            let written = self
                .append(&warning.stack, lease.last_seq(), self.now(), kinds)
                .await?;
            Ok(written.map(|_| ()))
        })
        .await
    }
}

/// Whether another process delivers at this moment.
fn is_under_way(other: &DeliveryLock, now: Timestamp) -> bool {
    // A turn that began in the future was taken by a clock that has been put right since.
    let recent = LOST.after(other.since) > now && LOST.before(other.since) < now;
    recent && liveness(&other.process) != Liveness::Dead
}

#[cfg(test)]
mod tests;
