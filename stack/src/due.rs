//! What should end now and why: a pure function of leases, the time, the policy and the reaper.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::StackName;
use crate::idle::{IdleState, Observed, judge};
use crate::lease::{Lease, Phase};
use crate::view::View;

/// Why a stack is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Its time is over.
    Expiry,
    /// It was not ready within its time.
    Purgatory,
    /// Nobody uses it.
    Idleness,
}

/// A cause, when it came, and when it makes the stack due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doom {
    /// Why.
    pub cause: Cause,
    /// When the cause came, or comes.
    pub cause_at: Timestamp,
    /// When the stack is due: the cause, the grace, and the end of a hold.
    pub due_at: Timestamp,
}

/// A stack that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Which one.
    pub name: StackName,
    /// Why, and since when.
    pub doom: Doom,
}

/// What will end a stack first, as things stand; `None` when nothing will: it is gone, being torn
/// down, protected, or told about in events that this version does not understand.
///
/// What a teardown has left is not due: it is tried again on a schedule of its own.
#[must_use]
pub fn doom(lease: &Lease, observed: &Observed, view: &View) -> Option<Doom> {
    let reading = lease.at(view.now);
    if matches!(
        reading.phase,
        Phase::TearingDown | Phase::Residue | Phase::Gone
    ) || view.protection.covers(&lease.name, &lease.app)
        || lease.not_understood > 0
    {
        return None;
    }
    let purgatory = (reading.phase == Phase::Purgatory).then(|| {
        (
            Cause::Purgatory,
            reading.ready_deadline.unwrap_or(reading.phase_since),
        )
    });
    let idle = lease.terms.idle_after.and_then(|after| {
        let idleness = judge(lease, observed, view.now);
        let since = idleness
            .since
            .filter(|_| idleness.state == IdleState::Idle)?;
        Some((Cause::Idleness, after.after(since)))
    });
    let causes = [Some((Cause::Expiry, lease.expires_at)), purgatory, idle];
    let (cause, cause_at) = causes.into_iter().flatten().min_by_key(|(_, at)| *at)?;
    let graced = view.policy.grace.after(cause_at);
    let due_at = reading.hold_until.map_or(graced, |until| graced.max(until));
    Some(Doom {
        cause,
        cause_at,
        due_at,
    })
}

/// What is due now, the longest due first.
pub fn due<'a>(
    leases: impl IntoIterator<Item = (&'a Lease, &'a Observed)>,
    view: &View,
) -> Vec<Due> {
    let mut due: Vec<Due> = leases
        .into_iter()
        .filter_map(|(lease, observed)| {
            let doom = doom(lease, observed, view).filter(|doom| doom.due_at <= view.now)?;
            Some(Due {
                name: lease.name.clone(),
                doom,
            })
        })
        .collect();
    due.sort_by(|a, b| (a.doom.due_at, &a.name).cmp(&(b.doom.due_at, &b.name)));
    due
}

/// When a stack dies: the moment it is due, rounded up to the next run of the reaper. `None` while
/// no reaper has ever run or it is paused, and when nothing will end the stack.
#[must_use]
pub fn dies_at(lease: &Lease, observed: &Observed, view: &View) -> Option<Timestamp> {
    let doom = doom(lease, observed, view)?;
    view.reaper.next_run(doom.due_at, view.now)
}
