//! What another policy would have cost, and whom it would have cut off.
//!
//! Each lease is replayed from one fact to the next (a renewal, an extension, a use, a change of
//! its state). Between two facts, it is computed twice when the stack was due: by the terms in
//! force, and by those of the other policy. How much later than due the stack really ended, or
//! still existed, is the lag of the reaper, which the replay keeps. So the policy in force
//! reproduces history.

mod policy_change;
mod replay;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

pub use policy_change::{PolicyChange, PolicyChangeError};

use self::replay::replayed_end;
use super::timeline::{LeaseTimeline, Slice};
use crate::ledger::UnreadableStack;
use crate::report::EndCause;
use crate::values::id::{AppName, Owner, StackName};
use crate::values::money::{DollarTime, Usd};
use crate::values::ttl::Elapsed;

/// The history under another policy. Unknown is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// The start of the period.
    pub since: Timestamp,
    /// The end of the period.
    pub until: Timestamp,
    /// What the other policy changes.
    pub policy: PolicyChange,
    /// The number of stacks that existed in the period. Each lease of a name counts.
    pub stacks: u32,
    /// The number of stacks that are protected, so that no policy ends them.
    pub protected: u32,
    /// The number of stacks whose use is unknown, so that the other `idle_after` ends none of them.
    pub uses_unknown: u32,
    /// What the stacks cost.
    pub spent_usd: Option<Usd>,
    /// What they would have cost.
    pub policy_usd: Option<Usd>,
    /// How much less that is.
    pub saved_usd: Option<Usd>,
    /// How much more that is.
    pub extra_usd: Option<Usd>,
    /// Whether the amounts leave out something that costs money. Not a field in JSON.
    #[serde(skip)]
    pub is_minimum: bool,
    /// The number of stacks that would have ended earlier.
    pub ended_earlier: u32,
    /// The number of stacks that would have ended later.
    pub ended_later: u32,
    /// The stacks that would have ended before their last known use, the latest use first.
    pub cut_off: Vec<CutOff>,
    /// The stacks that are left out, because their events cannot be read.
    pub unreadable: Vec<UnreadableStack>,
}

/// A stack that another policy would have ended before its last known use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CutOff {
    /// The stack's name.
    pub stack: StackName,
    /// Its app.
    pub app: AppName,
    /// Its owner.
    pub owner: Owner,
    /// When the other policy would have ended it.
    pub end: Timestamp,
    /// When it really ended; null if it still exists.
    pub real_end: Option<Timestamp>,
    /// Its last known use.
    pub last_use: Timestamp,
}

/// Replays leases under another policy, in any order.
#[derive(Debug)]
pub struct WhatIfBuilder {
    found: WhatIf,
    is_known: bool,
    spent: DollarTime,
    replayed: DollarTime,
    /// When each lease of each stack was requested.
    requests: BTreeMap<(StackName, u32), Timestamp>,
    /// The leases that would have ended later, unless their name was requested again before.
    prolonged: Vec<(LeaseTimeline, Timestamp)>,
}

impl WhatIfBuilder {
    /// Starts with no lease, on the time from `since` to `until`.
    #[must_use]
    pub fn new(since: Timestamp, until: Timestamp, policy: PolicyChange) -> Self {
        Self {
            found: WhatIf {
                since,
                until,
                policy,
                stacks: 0,
                protected: 0,
                uses_unknown: 0,
                spent_usd: None,
                policy_usd: None,
                saved_usd: None,
                extra_usd: None,
                is_minimum: false,
                ended_earlier: 0,
                ended_later: 0,
                cut_off: Vec::new(),
                unreadable: Vec::new(),
            },
            is_known: false,
            spent: DollarTime::ZERO,
            replayed: DollarTime::ZERO,
            requests: BTreeMap::new(),
            prolonged: Vec::new(),
        }
    }

    /// Replays a lease. The reaper never ends one that is protected.
    pub fn add(&mut self, lease: LeaseTimeline, is_protected: bool) {
        let (since, found) = (self.found.since, &mut self.found);
        let key = (lease.stack.clone(), lease.number);
        self.requests.insert(key, lease.from);
        if lease.until <= since {
            return;
        }
        found.stacks += 1;
        for slice in lease.slices.iter().filter(|slice| slice.to > since) {
            self.is_known |= slice.rate.is_some() || slice.spent > DollarTime::ZERO;
            found.is_minimum |= slice.is_minimum;
        }
        let real_end = lease.teardown_at();
        let spent = cost(&lease, real_end, since);
        self.spent = self.spent + spent;
        let end = if is_protected {
            found.protected += 1;
            real_end
        } else {
            let idles = found.policy.idle_after.is_some();
            found.uses_unknown += u32::from(idles && has_unknown_uses(&lease));
            replayed_end(&lease, &found.policy)
        };
        match end.cmp(&real_end) {
            Ordering::Equal => self.replayed = self.replayed + spent,
            Ordering::Less => {
                found.ended_earlier += 1;
                found.cut_off.extend(cut_off(&lease, end, real_end));
                self.replayed = self.replayed + cost(&lease, end, since);
            }
            Ordering::Greater => self.prolonged.push((lease, end)),
        }
    }

    /// Adds the leases of another collection of the same period and policy.
    pub(crate) fn merge(&mut self, other: Self) {
        let (found, theirs) = (&mut self.found, other.found);
        found.stacks += theirs.stacks;
        found.protected += theirs.protected;
        found.uses_unknown += theirs.uses_unknown;
        found.is_minimum |= theirs.is_minimum;
        found.ended_earlier += theirs.ended_earlier;
        found.cut_off.extend(theirs.cut_off);
        self.is_known |= other.is_known;
        self.spent = self.spent + other.spent;
        self.replayed = self.replayed + other.replayed;
        self.requests.extend(other.requests);
        self.prolonged.extend(other.prolonged);
    }

    /// Computes the sums.
    #[must_use]
    pub fn finish(mut self) -> WhatIf {
        let mut found = self.found;
        for (lease, end) in &self.prolonged {
            let real_end = lease.teardown_at();
            let from = (lease.stack.clone(), lease.number.saturating_add(1));
            let next = self.requests.range(from..).next();
            let next = next.filter(|((stack, _), _)| *stack == lease.stack);
            let latest = next.map_or(found.until, |(_, request)| found.until.min(*request));
            let end = latest.min(*end).max(real_end);
            found.ended_later += u32::from(end > real_end);
            self.replayed = self.replayed + cost(lease, end, found.since);
        }
        if self.is_known {
            let (spent, replayed, zero) = (self.spent, self.replayed, DollarTime::ZERO);
            found.spent_usd = Some(spent.dollars());
            found.policy_usd = Some(replayed.dollars());
            found.saved_usd = Some(spent.minus(replayed).max(zero).dollars());
            found.extra_usd = Some(replayed.minus(spent).max(zero).dollars());
        }
        let latest_first = |a: &CutOff, b: &CutOff| {
            let by_use = b.last_use.cmp(&a.last_use);
            by_use.then_with(|| a.stack.cmp(&b.stack))
        };
        found.cut_off.sort_by(latest_first);
        found
    }
}

/// Whether it is unknown when a stack was used, also from how it ended.
fn has_unknown_uses(lease: &LeaseTimeline) -> bool {
    lease.uses.is_empty() && lease.end != Some(EndCause::Idleness)
}

/// The stack, if it was used after the other policy would have ended it.
fn cut_off(lease: &LeaseTimeline, end: Timestamp, real_end: Timestamp) -> Option<CutOff> {
    let starts = lease.starts.iter().filter(|start| start.kind.is_use());
    let starts = starts.map(|start| start.requested_at);
    let last_use = starts.chain(lease.uses.iter().copied()).max()?;
    (last_use > end).then(|| CutOff {
        stack: lease.stack.clone(),
        app: lease.app.clone(),
        owner: lease.owner.clone(),
        end,
        real_end: lease.end.map(|_| real_end),
        last_use,
    })
}

/// What a lease costs from `since` on if it ends at this time. Its teardown moves along: if it ends
/// earlier, some of the teardown may be before `since`.
fn cost(lease: &LeaseTimeline, end: Timestamp, since: Timestamp) -> DollarTime {
    let real_end = lease.teardown_at();
    let (teardown, body): (Vec<&Slice>, Vec<&Slice>) = lease
        .slices
        .iter()
        .partition(|slice| slice.from >= real_end);
    let before_end = body.iter().map(|slice| {
        let before_since = slice.spent_until(since.min(end));
        slice.spent_until(end).minus(before_since)
    });
    let rate = body.iter().rev().find_map(|slice| slice.rate);
    let prolonged = Elapsed::between(real_end.max(since), end);
    let earlier = Elapsed::between(end, real_end);
    let torn_down = teardown
        .iter()
        .map(|slice| slice.spent_since(earlier.after(since)));
    let sum = before_end.chain(torn_down).sum::<DollarTime>();
    sum.plus(rate.unwrap_or_default(), prolonged)
}

#[cfg(test)]
mod tests;
