//! Which warnings are owed now: a pure function of a lease, the time, and what was told already.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::due::{Cause, causes, deadline, dies_at};
use crate::idle::Activity;
use crate::lease::{Lease, Phase, ResidualResource, StoredTimestamp};
use crate::teardown_history::TeardownHistory;
use crate::values::id::{AppName, AppVersion, Owner, StackName};
use crate::values::money::HourlyRate;
use crate::values::ttl::Span;
use crate::view::View;

/// How often the same trouble is told about again.
pub(crate) const DAY: Span = Span::minutes(24 * 60);

/// What a warning is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WarningKind {
    /// Its time is over before long.
    Expiry {
        /// The announced time before the end; what is really left may be less.
        before: Span,
    },
    /// Its time is over, and nobody could be told before.
    Expired,
    /// It was not ready within its time.
    Purgatory,
    /// Nobody uses it.
    Idle,
    /// The reaper could not end it; it stands as it stood.
    Failed {
        /// Why not.
        reason: String,
    },
    /// A teardown left something of it.
    Residue {
        /// Why the last teardown failed, as far as it said so.
        reason: Option<String>,
        /// What is left, by id.
        left: BTreeMap<String, ResidualResource>,
    },
    /// It was torn down to the end.
    Gone {
        /// Who asked for it.
        by: String,
        /// Why.
        why: String,
        /// How many resources were removed.
        deleted: u32,
    },
}

impl WarningKind {
    /// The name under which the ledger remembers that it was given.
    #[must_use]
    pub fn key(&self) -> String {
        match self {
            Self::Expiry { before } => format!("expiry:{before}"),
            Self::Expired => "expired".to_owned(),
            Self::Purgatory => "purgatory".to_owned(),
            Self::Idle => "idle".to_owned(),
            Self::Failed { .. } => "teardown_failed".to_owned(),
            Self::Residue { .. } => "residue".to_owned(),
            Self::Gone { .. } => "gone".to_owned(),
        }
    }
}

/// Something that somebody is to be told about a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerWarning {
    /// What.
    pub kind: WarningKind,
    /// Which stack.
    pub stack: StackName,
    /// Its application.
    pub app: AppName,
    /// Its version.
    pub version: AppVersion,
    /// Who is responsible.
    pub owner: Owner,
    /// When its lease began: it tells this lease from an earlier one of the same name.
    pub created_at: Timestamp,
    /// The moment that it is about: the end of the lease, the time-out, the failure.
    pub about: Timestamp,
    /// When the stack is due; `None` when nothing will end it, or it has ended.
    pub due_at: Option<Timestamp>,
    /// The run of the reaper that will end it; `None` as well while no reaper runs.
    pub dies_at: Option<Timestamp>,
    /// What it costs.
    pub hourly_usd: Option<HourlyRate>,
}

impl OwnerWarning {
    /// The same for the same fact, however often it is sent: a receiver that sees it twice may drop
    /// the second.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}/{}/{}", self.stack, self.kind.key(), self.about)
    }
}

/// Whether [`owed`] has to know what came of the stack's teardowns.
#[must_use]
pub fn needs_teardown_history(lease: &Lease, observed: &Activity, view: &View) -> bool {
    match lease.recorded_phase {
        Phase::Gone => is_recent(lease, view) && given(lease, "gone") < Some(lease.phase_since),
        Phase::Residue => true,
        _ => deadline(lease, observed, view).is_some_and(|deadline| deadline.due_at <= view.now),
    }
}

/// The warnings that are owed about a stack at this moment. What was told is not owed again, but for
/// trouble that lasts, which is told about daily; of several announcements of its end that are
/// overdue only the nearest is owed.
#[must_use]
pub fn owed(
    lease: &Lease,
    observed: &Activity,
    attempts: &TeardownHistory,
    before: &[Span],
    view: &View,
) -> Vec<OwnerWarning> {
    let mut owed = Vec::new();
    let mut owe = |kind: Option<WarningKind>, about: Timestamp| {
        owed.extend(kind.map(|kind| OwnerWarning {
            kind,
            stack: lease.name.clone(),
            app: lease.app.clone(),
            version: lease.version.clone(),
            owner: lease.owner.clone(),
            created_at: lease.created_at,
            about,
            due_at: deadline(lease, observed, view).map(|deadline| deadline.due_at),
            dies_at: dies_at(lease, observed, view),
            hourly_usd: lease.meter.rate(),
        }));
    };
    match lease.phase_at(view.now) {
        Phase::TearingDown => {}
        Phase::Gone => owe(gone(lease, attempts, view), lease.phase_since),
        Phase::Residue => {
            let about = given(lease, "residue").unwrap_or(lease.created_at);
            owe(residue(lease, attempts, view), about);
        }
        _ => {
            let end = end(lease, view);
            owe(expiry(lease, observed, before, view), end);
            for (cause, at) in causes(lease, observed, view) {
                owe(cause_come(lease, cause, at, view), at);
            }
            if let Some(failed) = &attempts.failed {
                owe(failure(lease, observed, attempts, view), failed.at);
            }
        }
    }
    owed
}

/// Whether the last announcement before the end has come: the moment from which a plan says so too.
/// A plan is read by whoever can still renew the stack, but not every plan of a day.
#[must_use]
pub fn is_last_call(lease: &Lease, before: &[Span], view: &View) -> bool {
    let end = end(lease, view);
    let announced = before.iter().filter(|span| **span < lease.terms.ttl.span());
    let last = announced
        .min()
        .is_some_and(|span| span.before(end) <= view.now);
    last && view.now < end && !causes(lease, &Activity::default(), view).is_empty()
}

/// The end that the owner reckons with: the lease's, or the hold's where that is later.
fn end(lease: &Lease, view: &View) -> Timestamp {
    let hold = lease.at(view.now).hold_until;
    hold.map_or(lease.expires_at, |until| until.max(lease.expires_at))
}

fn expiry(lease: &Lease, observed: &Activity, before: &[Span], view: &View) -> Option<WarningKind> {
    let deadline = deadline(lease, observed, view)?;
    let end = end(lease, view);
    // What ends earlier for another reason is told about that.
    if deadline.cause != Cause::Expiry && deadline.due_at <= end {
        return None;
    }
    let announced = before
        .iter()
        .copied()
        .filter(|span| *span < lease.terms.ttl.span());
    if view.now < end {
        let nearest = announced
            .filter(|span| span.before(end) <= view.now)
            .min()?;
        let kind = WarningKind::Expiry { before: nearest };
        return (given(lease, &kind.key()) < Some(nearest.before(end))).then_some(kind);
    }
    let told = announced.into_iter().any(|before| {
        given(lease, &WarningKind::Expiry { before }.key()) >= Some(before.before(end))
    });
    let told = told || given(lease, "expired") >= Some(end);
    (!told && view.now < deadline.due_at).then_some(WarningKind::Expired)
}

/// Each cause but the expiry is told about when it has come.
fn cause_come(lease: &Lease, cause: Cause, at: Timestamp, view: &View) -> Option<WarningKind> {
    let kind = match cause {
        Cause::Expiry => return None,
        Cause::Purgatory => WarningKind::Purgatory,
        Cause::Idleness => WarningKind::Idle,
    };
    (at <= view.now && given(lease, &kind.key()) < Some(at)).then_some(kind)
}

fn failure(
    lease: &Lease,
    observed: &Activity,
    attempts: &TeardownHistory,
    view: &View,
) -> Option<WarningKind> {
    let failed = attempts.failed.as_ref().filter(|_| attempts.failures > 0)?;
    let due = deadline(lease, observed, view).is_some_and(|deadline| deadline.due_at <= view.now);
    (due && again(given(lease, "teardown_failed"), view)).then(|| WarningKind::Failed {
        reason: failed.reason.clone(),
    })
}

fn residue(lease: &Lease, attempts: &TeardownHistory, view: &View) -> Option<WarningKind> {
    let told = given(lease, "residue");
    // What was found after the stack was taken for gone is another residue.
    let found_after_all = given(lease, "gone") > told;
    (found_after_all || again(told, view)).then(|| WarningKind::Residue {
        reason: attempts.failed.as_ref().map(|failed| failed.reason.clone()),
        left: lease.residue.clone(),
    })
}

/// Only what jiti ended is told about: who destroys a stack with Terraform knows it.
fn gone(lease: &Lease, attempts: &TeardownHistory, view: &View) -> Option<WarningKind> {
    let ended = attempts.ended.as_ref()?;
    let owed = is_recent(lease, view) && given(lease, "gone") < Some(lease.phase_since);
    owed.then(|| WarningKind::Gone {
        by: ended.by.to_string(),
        why: ended.why.clone(),
        deleted: ended.deleted,
    })
}

/// An end that is more than a day old is no news: whoever sets up a webhook is not told the past.
fn is_recent(lease: &Lease, view: &View) -> bool {
    DAY.after(lease.phase_since) > view.now
}

/// When a warning was last given under this lease.
fn given(lease: &Lease, key: &str) -> Option<Timestamp> {
    lease.warned.get(key).map(|StoredTimestamp(at)| *at)
}

/// Whether trouble that lasts is to be told about, first or again.
pub(crate) fn again(told: Option<Timestamp>, view: &View) -> bool {
    told.is_none_or(|told| DAY.after(told) <= view.now)
}

#[cfg(test)]
mod tests;
