//! Savings against stacks that are always on.
//!
//! An always-on stack costs what its first start cost, and from then on its rate while ready, also
//! while the real one was asleep, down or starting again. It ends when the period ends. If a person
//! or Terraform ended the stack for good, it ends then, because that was no merit of jiti. What
//! that teardown and its residue cost is the same for both.

use std::ops::Add;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::timeline::{LeaseTimeline, Slice, SliceState, StartKind, StartOutcome};
use crate::report::EndCause;
use crate::values::id::StackName;
use crate::values::money::{DollarTime, HourlyRate, Usd};
use crate::values::ttl::Elapsed;

/// What stacks cost, compared with the same stacks always on. Nothing is negative; unknown is null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Savings {
    /// What the stacks would have cost if they had never been down or asleep.
    pub always_on_usd: Option<Usd>,
    /// What they cost.
    pub spent_usd: Option<Usd>,
    /// The part of it for starts that never became ready.
    pub failed_starts_usd: Option<Usd>,
    /// The part of it for purgatory.
    pub purgatory_usd: Option<Usd>,
    /// What the time cost that engineers waited for requests and wakes; null unless
    /// `engineer_hourly_usd` is configured. It is not part of the spend.
    pub waiting_usd: Option<Usd>,
    /// What was saved: at most what was spent on other than failed starts and purgatory.
    pub saved_usd: Option<Usd>,
    /// What it cost more than always on.
    pub extra_usd: Option<Usd>,
}

impl Add for Savings {
    type Output = Self;

    /// The sum of two, where unknown adds nothing.
    fn add(self, other: Self) -> Self {
        let sum = |a: Option<Usd>, b: Option<Usd>| match (a, b) {
            (Some(a), Some(b)) => Some(a + b),
            (known, None) | (None, known) => known,
        };
        Self {
            always_on_usd: sum(self.always_on_usd, other.always_on_usd),
            spent_usd: sum(self.spent_usd, other.spent_usd),
            failed_starts_usd: sum(self.failed_starts_usd, other.failed_starts_usd),
            purgatory_usd: sum(self.purgatory_usd, other.purgatory_usd),
            waiting_usd: sum(self.waiting_usd, other.waiting_usd),
            saved_usd: sum(self.saved_usd, other.saved_usd),
            extra_usd: sum(self.extra_usd, other.extra_usd),
        }
    }
}

/// Collects the leases of a group of stacks, in any order.
#[derive(Debug)]
pub struct SavingsBuilder {
    since: Timestamp,
    leases: Vec<((StackName, u32), LeaseSpend)>,
}

/// What a lease cost in the period, and what it adds to the always-on stack.
#[derive(Clone, Copy, Debug)]
struct LeaseSpend {
    from: Timestamp,
    until: Timestamp,
    /// Whether the stack would have continued without jiti.
    ended_by_jiti: bool,
    /// Whether a rate was ever known.
    is_known: bool,
    spent: DollarTime,
    failed_starts: DollarTime,
    purgatory: DollarTime,
    /// How long engineers waited for requests and wakes.
    waiting: Elapsed,
    /// The time before it was ready first.
    before_ready: Elapsed,
    /// What the start cost that made it ready first.
    first_start: DollarTime,
    /// What the always-on stack costs from then on.
    since_ready: DollarTime,
    /// The last known rate while ready.
    ready_rate: Option<HourlyRate>,
}

impl LeaseSpend {
    fn of(lease: &LeaseTimeline, since: Timestamp) -> Self {
        let jiti = [Some(EndCause::Expiry), Some(EndCause::Idleness)];
        let mut sums = Self {
            from: lease.from.max(since),
            until: lease.until.max(since),
            ended_by_jiti: jiti.contains(&lease.end),
            is_known: false,
            spent: DollarTime::ZERO,
            failed_starts: DollarTime::ZERO,
            purgatory: DollarTime::ZERO,
            waiting: waiting(lease, since),
            before_ready: Elapsed::default(),
            first_start: DollarTime::ZERO,
            since_ready: DollarTime::ZERO,
            ready_rate: None,
        };
        let ended_at = lease.teardown_at();
        let mut was_ready = false;
        for slice in &lease.slices {
            was_ready |= slice.state == SliceState::Ready;
            if slice.state == SliceState::Ready {
                sums.ready_rate = slice.rate.or(sums.ready_rate);
            }
            if slice.to > since {
                let is_on = sums.ended_by_jiti || slice.from < ended_at;
                sums.add(lease, slice, since, (was_ready, is_on));
            }
        }
        sums
    }

    /// Adds a slice: whether the stack was ready by its end, and whether an always-on stack would
    /// still run in it.
    fn add(
        &mut self,
        lease: &LeaseTimeline,
        slice: &Slice,
        since: Timestamp,
        (was_ready, is_on): (bool, bool),
    ) {
        let (spent, time) = (slice.spent_since(since), slice.time_since(since));
        self.is_known |= slice.rate.is_some() || slice.spent > DollarTime::ZERO;
        self.spent = self.spent + spent;
        let outcome = lease.start_at(slice.from).map(|start| start.outcome);
        match (slice.state, outcome) {
            (SliceState::Purgatory, _) => self.purgatory = self.purgatory + spent,
            (SliceState::Init, Some(outcome)) if is_failure(outcome) => {
                self.failed_starts = self.failed_starts + spent;
            }
            (SliceState::Init, _) if !was_ready => {
                self.first_start = self.first_start + spent;
            }
            _ => {}
        }
        if !was_ready {
            self.before_ready = self.before_ready.plus(time);
            return;
        }
        let always_on = match (slice.state, self.ready_rate) {
            // The teardown of an always-on stack would have left the same residue.
            _ if !is_on => spent,
            (SliceState::Ready, _) | (_, None) => spent,
            (_, Some(rate)) => DollarTime::ZERO.plus(rate, time),
        };
        self.since_ready = self.since_ready + always_on;
    }
}

fn is_failure(outcome: StartOutcome) -> bool {
    match outcome {
        StartOutcome::Failed { .. } => true,
        StartOutcome::TimedOut { later_ready, .. } => later_ready.is_none(),
        StartOutcome::Ready { .. } | StartOutcome::Pending => false,
    }
}

/// How long engineers waited in the period for requests and wakes. A new version in place takes as
/// long on a stack that is always on.
fn waiting(lease: &LeaseTimeline, since: Timestamp) -> Elapsed {
    let starts = lease.starts.iter();
    let waited = starts.filter(|start| matches!(start.kind, StartKind::Request | StartKind::Wake));
    let times = waited.map(|start| {
        let until = match start.outcome {
            StartOutcome::Ready { at } | StartOutcome::Failed { at } => at,
            StartOutcome::TimedOut { at, later_ready } => later_ready.unwrap_or(at),
            StartOutcome::Pending => lease.until,
        };
        Elapsed::between(start.requested_at.max(since), until)
    });
    times.fold(Elapsed::default(), Elapsed::plus)
}

impl SavingsBuilder {
    /// Starts with no lease. What was before `since` does not count.
    #[must_use]
    pub fn new(since: Timestamp) -> Self {
        Self {
            since,
            leases: Vec::new(),
        }
    }

    /// Adds a lease.
    pub fn add(&mut self, lease: &LeaseTimeline) {
        let key = (lease.stack.clone(), lease.number);
        self.leases.push((key, LeaseSpend::of(lease, self.since)));
    }

    /// Adds the leases of another collection of the same period.
    pub(crate) fn merge(&mut self, other: Self) {
        self.leases.extend(other.leases);
    }

    /// The savings up to the end of the period. Leases without any known rate are left out.
    #[must_use]
    pub fn savings(mut self, until: Timestamp, engineer_hourly_usd: Option<HourlyRate>) -> Savings {
        self.leases.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        let leases = || self.leases.iter().map(|(_, lease)| lease);
        let waited = leases().map(|lease| lease.waiting);
        let waited = waited.fold(Elapsed::default(), Elapsed::plus);
        let waiting = engineer_hourly_usd.map(|rate| DollarTime::ZERO.plus(rate, waited));
        let waiting_usd = waiting.map(DollarTime::dollars);
        let known = || leases().filter(|lease| lease.is_known);
        if known().next().is_none() {
            return Savings {
                waiting_usd,
                ..Savings::default()
            };
        }
        let sum = |amount: fn(&LeaseSpend) -> DollarTime| known().map(amount).sum::<DollarTime>();
        let spent = sum(|lease| lease.spent);
        let failed_starts = sum(|lease| lease.failed_starts);
        let purgatory = sum(|lease| lease.purgatory);
        let always_on = self.always_on(until);
        // The spend contains failed starts and purgatory, so the difference subtracts them.
        let useful = spent.minus(failed_starts).minus(purgatory);
        let saved = always_on.minus(spent).min(useful);
        let net = saved.minus(waiting.unwrap_or_default());
        let zero = DollarTime::ZERO;
        Savings {
            always_on_usd: Some(always_on.dollars()),
            spent_usd: Some(spent.dollars()),
            failed_starts_usd: Some(failed_starts.dollars()),
            purgatory_usd: Some(purgatory.dollars()),
            waiting_usd,
            saved_usd: Some(net.max(zero).dollars()),
            extra_usd: Some(zero.minus(net).max(zero).dollars()),
        }
    }

    /// What the same stacks cost always on. The leases are in order.
    fn always_on(&self, until: Timestamp) -> DollarTime {
        let mut sum = DollarTime::ZERO;
        let mut rate: Option<HourlyRate> = None;
        let mut leases = self.leases.iter().peekable();
        while let Some(((stack, _), lease)) = leases.next() {
            let next = leases.peek().filter(|((next, _), _)| next == stack);
            sum = sum + lease.since_ready;
            sum = match rate {
                // It was on before this lease, so it does not have to start.
                Some(rate) => sum.plus(rate, lease.before_ready),
                None if lease.ready_rate.is_some() => sum + lease.first_start,
                None => sum,
            };
            rate = lease.ready_rate.or(rate);
            let on_until = match next {
                Some((_, next)) => next.from,
                None if lease.ended_by_jiti => until,
                None => lease.until,
            };
            if let Some(rate) = rate {
                sum = sum.plus(rate, Elapsed::between(lease.until, on_until));
            }
            if next.is_none() {
                rate = None;
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests;
