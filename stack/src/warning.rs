//! The warnings that are due now: a pure function of a lease, the time, and the warnings already
//! sent.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::budget::BudgetDeferral;
use crate::due::{Cause, budget_deferral, causes, deadline, dies_at, occurrences};
use crate::idle::Activity;
use crate::lease::{BrokenRule, Lease, MetLock, Phase, ResidualResource, StoredTimestamp};
use crate::listing::ListedCause;
use crate::teardown_history::TeardownHistory;
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;
use crate::view::View;

/// How often a lasting problem is reported again.
pub(crate) const DAY: Span = Span::minutes(24 * 60);

/// A younger state lock is an apply, or the plan of another reaper, at work. An older one is
/// trouble that must be reported.
pub(crate) const FRESH_LOCK: Span = Span::minutes(10);

/// The kind of a warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// The lease will expire soon.
    Expiry {
        /// The configured time before the end. The actual time left may be less.
        before: Span,
    },
    /// The lease has expired, and no earlier warning was sent.
    Expired,
    /// The stack was not ready in time.
    Purgatory,
    /// The stack is idle.
    Idle,
    /// The stack breaks rules of governance, and is due for it.
    Noncompliant {
        /// The broken rules, by address and rule.
        findings: Vec<BrokenRule>,
        /// How many more there are.
        more: u32,
    },
    /// The reaper could not end the stack; nothing was deleted.
    Failed {
        /// The reason.
        reason: String,
    },
    /// A teardown left resources behind.
    Residue {
        /// The reason of the last failed teardown, if it gave one.
        reason: Option<String>,
        /// The resources that are left, by id.
        left: BTreeMap<String, ResidualResource>,
    },
    /// jiti tore the stack down completely.
    Gone {
        /// Who asked for it.
        by: String,
        /// The reason for the teardown.
        why: String,
        /// The number of resources that were deleted.
        deleted: u32,
    },
}

impl WarningKind {
    /// The key under which the ledger records that the warning was sent.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Expiry { before } => format!("expiry:{before}"),
            Self::Expired => "expired".to_owned(),
            Self::Purgatory => "purgatory".to_owned(),
            Self::Idle => "idle".to_owned(),
            Self::Noncompliant { .. } => "noncompliant".to_owned(),
            Self::Failed { .. } => "teardown_failed".to_owned(),
            Self::Residue { .. } => "residue".to_owned(),
            Self::Gone { .. } => "gone".to_owned(),
        }
    }
}

/// A warning about a stack, for its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerWarning {
    /// The kind of warning.
    pub kind: WarningKind,
    /// The stack's name.
    pub stack: StackName,
    /// Its application.
    pub app: AppName,
    /// Its version.
    pub version: AppVersion,
    /// The stack's owner.
    pub owner: Owner,
    /// When the lease began, which distinguishes it from earlier leases of the same name.
    pub created_at: Timestamp,
    /// The time of the fact: the end of the lease, the timeout, the failure.
    pub about: Timestamp,
    /// When the stack is due; `None` if nothing will end it, or it has ended.
    pub due_at: Option<Timestamp>,
    /// The reaper run that will end the stack; also `None` while no reaper is active.
    pub dies_at: Option<Timestamp>,
    /// The budget of the reaper that defers the end of a stack that is due.
    pub budget: Option<BudgetDeferral>,
    /// Why the stack is not ready yet, if that is known.
    pub cause: Option<ListedCause>,
    /// The stack's cost per hour.
    pub hourly_usd: Option<HourlyRate>,
    /// Whether the rate leaves out something that costs money, so that it is a minimum.
    pub hourly_is_minimum: bool,
}

impl OwnerWarning {
    /// A stable id of the fact, so that a receiver can drop duplicates.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.stack, self.kind.key(), self.about)
    }
}

/// Whether [`due_warnings`] needs the stack's teardown history.
#[must_use]
pub fn needs_teardown_history(lease: &Lease, observed: &Activity, view: &View) -> bool {
    match lease.recorded_phase {
        Phase::Gone => is_recent(lease, view) && last_sent(lease, "gone") < Some(lease.phase_since),
        Phase::Residue => true,
        _ => deadline(lease, observed, view).is_some_and(|deadline| deadline.due_at <= view.now),
    }
}

/// The warnings that are due about a stack now. A sent warning is not repeated, except for a
/// lasting problem, which is reported daily. Of several overdue expiry warnings, only the nearest
/// is due.
#[must_use]
pub fn due_warnings(
    lease: &Lease,
    observed: &Activity,
    attempts: &TeardownHistory,
    before: &[Span],
    view: &View,
) -> Vec<OwnerWarning> {
    let mut due_warnings = Vec::new();
    let mut owe = |kind: Option<WarningKind>, about: Timestamp| {
        due_warnings.extend(kind.map(|kind| OwnerWarning {
            kind,
            stack: lease.name.clone(),
            app: lease.app.clone(),
            version: lease.version.clone(),
            owner: lease.owner.clone(),
            created_at: lease.created_at,
            about,
            due_at: deadline(lease, observed, view).map(|deadline| deadline.due_at),
            dies_at: dies_at(lease, observed, view),
            budget: budget_deferral(lease, observed, view),
            cause: ListedCause::of(lease, view.now),
            hourly_usd: lease.meter.rate(),
            hourly_is_minimum: lease.meter.rate_is_minimum(),
        }));
    };
    match lease.phase_at(view.now) {
        Phase::TearingDown => {
            if let Some(lock) = &lease.state_lock {
                owe(stalled(lease, lock, view), lock.since);
            }
        }
        Phase::Gone => owe(gone(lease, attempts, view), lease.phase_since),
        Phase::Residue => {
            let about = last_sent(lease, "residue").unwrap_or(lease.created_at);
            owe(residue(lease, attempts, view), about);
        }
        _ => {
            let end = end(lease, view);
            owe(expiry(lease, observed, before, view), end);
            // A protected stack costs money in purgatory, or unused, like any other.
            for (cause, at) in occurrences(lease, observed, view) {
                owe(cause_warning(lease, cause, at, view), at);
            }
            if let Some(failed) = &attempts.failed {
                owe(failure(lease, observed, attempts, view), failed.at);
            }
        }
    }
    due_warnings
}

/// Whether the last configured warning before the end is due. From then on a plan warns too: its
/// reader can still renew the stack, but should not see the warning in every plan of the day.
#[must_use]
pub fn is_last_call(lease: &Lease, before: &[Span], view: &View) -> bool {
    let end = end(lease, view);
    let configured = before.iter().filter(|span| **span < lease.terms.ttl.span());
    let last = configured
        .min()
        .is_some_and(|span| span.before(end) <= view.now);
    last && view.now < end && !causes(lease, &Activity::default(), view).is_empty()
}

/// The end as the owner sees it: that of the lease, or that of the hold if later.
fn end(lease: &Lease, view: &View) -> Timestamp {
    let hold = lease.at(view.now).hold_until;
    hold.map_or(lease.expires_at, |until| until.max(lease.expires_at))
}

fn expiry(lease: &Lease, observed: &Activity, before: &[Span], view: &View) -> Option<WarningKind> {
    let deadline = deadline(lease, observed, view)?;
    let end = end(lease, view);
    // The stack ends earlier for another cause, which has its own warning.
    if deadline.cause != Cause::Expiry && deadline.due_at <= end {
        return None;
    }
    let configured = before
        .iter()
        .copied()
        .filter(|span| *span < lease.terms.ttl.span());
    if view.now < end {
        let nearest = configured
            .filter(|span| span.before(end) <= view.now)
            .min()?;
        let kind = WarningKind::Expiry { before: nearest };
        return (last_sent(lease, &kind.key()) < Some(nearest.before(end))).then_some(kind);
    }
    let was_sent = configured.into_iter().any(|before| {
        last_sent(lease, &WarningKind::Expiry { before }.key()) >= Some(before.before(end))
    });
    let was_sent = was_sent || last_sent(lease, "expired") >= Some(end);
    (!was_sent && view.now < deadline.due_at).then_some(WarningKind::Expired)
}

/// The warning for a cause other than expiry, once it has occurred.
fn cause_warning(lease: &Lease, cause: Cause, at: Timestamp, view: &View) -> Option<WarningKind> {
    let kind = match cause {
        Cause::Expiry => return None,
        Cause::Purgatory => WarningKind::Purgatory,
        Cause::Idleness => WarningKind::Idle,
        Cause::Noncompliance => {
            let found = lease.noncompliance.clone()?;
            WarningKind::Noncompliant {
                findings: found.findings,
                more: found.more,
            }
        }
    };
    (at <= view.now && last_sent(lease, &kind.key()) < Some(at)).then_some(kind)
}

fn failure(
    lease: &Lease,
    observed: &Activity,
    attempts: &TeardownHistory,
    view: &View,
) -> Option<WarningKind> {
    let failed = attempts.failed.as_ref().filter(|_| attempts.failures > 0)?;
    let due = deadline(lease, observed, view).is_some_and(|deadline| deadline.due_at <= view.now);
    (due && is_due_again(last_sent(lease, "teardown_failed"), view)).then(|| WarningKind::Failed {
        reason: failed.reason.clone(),
    })
}

/// A teardown whose runner is silent, and whose state stays locked: no other runner may take over.
fn stalled(lease: &Lease, lock: &MetLock, view: &View) -> Option<WarningKind> {
    let is_old = FRESH_LOCK.after(lock.since) <= view.now;
    let due = is_old && is_due_again(last_sent(lease, "teardown_failed"), view);
    let id = lock.id.as_deref().unwrap_or("unknown");
    due.then(|| WarningKind::Failed {
        reason: format!(
            "its runner does not respond, and the Terraform state is still locked (lock ID {id}): end that \
             Terraform, then the reaper continues; jiti never forces a lock"
        ),
    })
}

fn residue(lease: &Lease, attempts: &TeardownHistory, view: &View) -> Option<WarningKind> {
    let sent = last_sent(lease, "residue");
    // Resources found after the stack was marked gone are new residue.
    let found_after_all = last_sent(lease, "gone") > sent;
    (found_after_all || is_due_again(sent, view)).then(|| WarningKind::Residue {
        reason: attempts.failed.as_ref().map(|failed| failed.reason.clone()),
        left: lease.residue.clone(),
    })
}

/// Only for stacks that jiti ended: a user who ran `terraform destroy` already knows.
fn gone(lease: &Lease, attempts: &TeardownHistory, view: &View) -> Option<WarningKind> {
    let ended = attempts.ended.as_ref()?;
    let due_warnings = is_recent(lease, view) && last_sent(lease, "gone") < Some(lease.phase_since);
    due_warnings.then(|| WarningKind::Gone {
        by: ended.by.to_string(),
        why: ended.why.clone(),
        deleted: ended.deleted,
    })
}

/// Whether the end is less than a day old, so that a new webhook does not receive old news.
fn is_recent(lease: &Lease, view: &View) -> bool {
    DAY.after(lease.phase_since) > view.now
}

/// When a warning of this kind was last sent under this lease.
fn last_sent(lease: &Lease, key: &str) -> Option<Timestamp> {
    lease.warned.get(key).map(|StoredTimestamp(at)| *at)
}

/// Whether a lasting problem is to be reported now, for the first time or again.
pub(crate) fn is_due_again(sent: Option<Timestamp>, view: &View) -> bool {
    sent.is_none_or(|sent| DAY.after(sent) <= view.now)
}

#[cfg(test)]
mod tests;
