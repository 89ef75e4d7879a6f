//! Delivers warnings: one process at a time, and each warning is recorded as soon as it was
//! delivered.
//!
//! A process takes the delivery lock by a conditional append to the reaper's log, and only then
//! computes which warnings are due. It records `warned` in the stack's history as soon as the
//! receiver has accepted a warning, so two reapers deliver each warning once. If a process dies
//! between the receiver's answer and the append, the warning is delivered again: a duplicate is a
//! nuisance, but a missing warning can cost a user a stack. Both have the same id, so a receiver
//! can recognise the duplicate.

use std::collections::VecDeque;
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

/// How long one process holds the delivery lock at most; the next process delivers the rest.
const MAX_HOLD: Span = Span::minutes(2);

/// After this time the lock is free, whatever its process records: longer than the lock is held,
/// plus one delivery.
const LOCK_EXPIRY: Span = Span::minutes(5);

/// How many warnings are delivered one by one. More of them, as in the first run with a webhook or
/// after an outage, are one digest.
const MAX_SEPARATE: usize = 6;

/// Delivers notifications.
pub trait Notifier: Send + Sync {
    /// Delivers one; `Ok` means that the receiver accepted it.
    fn deliver<'a>(
        &'a self,
        notification: &'a Notification,
    ) -> Pin<Box<dyn Future<Output = Result<(), DeliveryError>> + Send + 'a>>;
}

/// A notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notification {
    /// About one stack.
    Stack(Box<OwnerWarning>),
    /// About many stacks, in one message.
    Digest(Vec<OwnerWarning>),
    /// About the reaper.
    Reaper(Alarm),
}

/// Why the reaper tears nothing down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Alarm {
    /// More is due than one run may tear down.
    #[error(transparent)]
    TooMany(#[from] TooManyDue),
    /// The clock is behind the ledger.
    #[error(transparent)]
    ClockBehind(#[from] ClockBehind),
    /// The clock is too far from the cloud's.
    #[error(transparent)]
    ClockSkew(#[from] ClockSkew),
}

/// Why a notification was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryError {
    /// The reason.
    pub reason: String,
    /// The receiver accepts nothing now: the others need not be tried.
    pub is_down: bool,
}

/// What was delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The delivered notifications, in order.
    pub delivered: Vec<Notification>,
    /// The notifications that failed and will be tried again, each with the reason.
    pub failed: Vec<(Notification, String)>,
    /// Another process is delivering now.
    pub busy: bool,
}

impl Alarm {
    /// The key under which the ledger records that it was delivered.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::TooMany(_) => "too_many",
            Self::ClockBehind(_) => "clock",
            Self::ClockSkew(_) => "cloud_clock",
        }
    }

    fn is_owed(&self, view: &View) -> bool {
        let last = view
            .reaper
            .warned
            .get(self.key())
            .map(|StoredTimestamp(at)| *at);
        // After the clock was set back, the last time lies ahead.
        is_due_again(last, view) || last > Some(view.now)
    }
}

impl fmt::Display for DeliveryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// The use cases of notifications: see [`Service::notifications`].
#[derive(Clone, Copy)]
pub struct Notifications<'a> {
    pub(super) service: &'a Service,
}

impl Notifications<'_> {
    /// Delivers every warning that is due now.
    ///
    /// # Errors
    /// When the ledger cannot be read or written. A receiver's refusal is in the report.
    pub async fn warn(
        self,
        process: &ProcessId,
        receiver: &dyn Notifier,
    ) -> Result<DeliveryReport, ServiceError> {
        let notifications =
            |survey: &ReaperSnapshot| grouped(survey.due_warnings(&self.service.config));
        self.deliver_due(process, receiver, notifications).await
    }

    /// Reports that the reaper tears nothing down, and why; once a day as long as that lasts.
    ///
    /// # Errors
    /// As for [`Notifications::warn`].
    pub async fn alarm(
        self,
        process: &ProcessId,
        receiver: &dyn Notifier,
        alarm: Alarm,
    ) -> Result<DeliveryReport, ServiceError> {
        let notifications = |survey: &ReaperSnapshot| {
            let due_warnings = alarm.is_owed(&survey.view).then(|| alarm.clone());
            due_warnings.map(Notification::Reaper).into_iter().collect()
        };
        self.deliver_due(process, receiver, notifications).await
    }

    async fn deliver_due(
        self,
        process: &ProcessId,
        receiver: &dyn Notifier,
        notifications: impl Fn(&ReaperSnapshot) -> Vec<Notification>,
    ) -> Result<DeliveryReport, ServiceError> {
        if notifications(&self.service.reaper().survey().await?).is_empty() {
            return Ok(DeliveryReport::default());
        }
        let turn = RunId::random();
        let since = self.service.now();
        if !self.take_lock(&turn, process).await? {
            let busy = true;
            return Ok(DeliveryReport {
                busy,
                ..DeliveryReport::default()
            });
        }
        // What another process has just delivered is no longer due.
        let mut report = DeliveryReport::default();
        let due = notifications(&self.service.reaper().survey().await?);
        let mut due = VecDeque::from(due);
        while let Some(notification) = due.pop_front() {
            if !self.holds_lock(&turn, since).await? {
                break;
            }
            match receiver.deliver(&notification).await {
                Ok(()) => {
                    self.record_delivery(&notification).await?;
                    report.delivered.push(notification);
                }
                // A receiver that refuses the digest may take the warnings one by one.
                Err(DeliveryError { is_down: false, .. })
                    if matches!(notification, Notification::Digest(_)) =>
                {
                    if let Notification::Digest(warnings) = notification {
                        due.extend(separate(warnings));
                    }
                }
                Err(DeliveryError { reason, is_down }) => {
                    report.failed.push((notification, reason));
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
        self.service.reaper().change_reaper(over).await?;
        Ok(report)
    }

    async fn take_lock(self, turn: &RunId, process: &ProcessId) -> Result<bool, ServiceError> {
        let started = |status: &ReaperStatus, now| {
            let taken = status
                .delivery_lock
                .as_ref()
                .is_some_and(|other| is_active(other, now));
            (!taken).then(|| ReaperEventKind::DeliveryLocked {
                run: turn.clone(),
                process: process.clone(),
            })
        };
        let status = self.service.reaper().change_reaper(started).await?;
        Ok(status
            .delivery_lock
            .is_some_and(|delivery_lock| delivery_lock.run == *turn))
    }

    async fn holds_lock(self, turn: &RunId, since: Timestamp) -> Result<bool, ServiceError> {
        let delivery_lock = self.service.ledger.reaper().await?.delivery_lock;
        let ours = delivery_lock.is_some_and(|delivery_lock| delivery_lock.run == *turn);
        Ok(ours && MAX_HOLD.after(since) > self.service.now())
    }

    async fn record_delivery(self, notification: &Notification) -> Result<(), ServiceError> {
        match notification {
            Notification::Stack(warning) => self.record_warning(warning).await,
            Notification::Digest(warnings) => {
                for warning in warnings {
                    self.record_warning(warning).await?;
                }
                Ok(())
            }
            Notification::Reaper(alarm) => {
                let warned = |_: &ReaperStatus, _| {
                    let warning = alarm.key().to_owned();
                    Some(ReaperEventKind::Warned { warning })
                };
                self.service.reaper().change_reaper(warned).await?;
                Ok(())
            }
        }
    }

    async fn record_warning(self, warning: &OwnerWarning) -> Result<(), ServiceError> {
        self.service
            .retry_on_conflict(&warning.stack, || async {
                let lease = self.service.ledger.lease(&warning.stack).await?;
                // A new lease of the same name was not warned about.
                let Some(lease) = lease.filter(|lease| lease.created_at == warning.created_at)
                else {
                    return Ok(Some(()));
                };
                let kinds = vec![EventKind::Warned {
                    warning: warning.kind.key(),
                }];
                let written = self
                    .service
                    .append(&warning.stack, lease.last_seq(), self.service.now(), kinds)
                    .await?;
                Ok(written.map(|_| ()))
            })
            .await
    }
}

/// The warnings one by one, or as one digest if there are many.
fn grouped(warnings: Vec<OwnerWarning>) -> Vec<Notification> {
    if warnings.len() > MAX_SEPARATE {
        vec![Notification::Digest(warnings)]
    } else {
        separate(warnings).collect()
    }
}

fn separate(warnings: Vec<OwnerWarning>) -> impl Iterator<Item = Notification> {
    let each = warnings.into_iter();
    each.map(|warning| Notification::Stack(Box::new(warning)))
}

/// Whether another process is delivering now.
fn is_active(other: &DeliveryLock, now: Timestamp) -> bool {
    // A lock from the future was taken by a clock that was corrected since.
    let recent = LOCK_EXPIRY.after(other.since) > now && LOCK_EXPIRY.before(other.since) < now;
    recent && liveness(&other.process) != Liveness::Dead
}

#[cfg(test)]
mod tests;
