//! The replay of one lease under another policy.

use jiff::{SignedDuration, Timestamp};

use super::PolicyChange;
use crate::economics::timeline::{LeaseTimeline, Slice, SliceState, TermsChange};
use crate::report::EndCause;
use crate::values::ttl::Span;

/// When the stack would have ended. If the policy changes nothing, this is when its teardown really
/// started, or the end of the timeline.
pub(super) fn replayed_end(lease: &LeaseTimeline, policy: &PolicyChange) -> Timestamp {
    let real_end = lease.teardown_at();
    let reaper = [EndCause::Expiry, EndCause::Purgatory, EndCause::Idleness];
    let by_reaper = lease.end.is_some_and(|end| reaper.contains(&end));
    let idle_since = observed_idle_since(lease, real_end);
    let mut real = LeaseClock::new(lease, PolicyChange::default(), idle_since);
    let mut other = LeaseClock::new(lease, *policy, idle_since);
    let facts = facts(lease, idle_since, real_end);
    let due: Vec<_> = facts.iter().map(|at| real.due(*at)).collect();
    let last_lag = match due.last().copied().flatten() {
        Some(due) => due.duration_until(real_end),
        None => SignedDuration::ZERO,
    };
    for (index, (at, due)) in facts.iter().zip(&due).enumerate() {
        let Some(other_due) = other.due(*at) else {
            continue;
        };
        let next = facts.get(index + 1).copied();
        let until = next.unwrap_or(real_end);
        let lag = if next.is_none() && by_reaper {
            last_lag
        } else {
            // It still existed then, so the reaper would have been at least as late.
            let overdue = due.map_or(SignedDuration::ZERO, |due| due.duration_until(until));
            overdue.max(last_lag).max(SignedDuration::ZERO)
        };
        let end = other_due.saturating_add(lag).unwrap_or(Timestamp::MAX);
        let end = end.max(*at);
        let prolongs = next.is_none() && by_reaper && due.is_some();
        if end < until || prolongs {
            return end;
        }
    }
    real_end
}

/// Since when the stack was idle, if no use is recorded but the reaper ended it because it was
/// idle.
fn observed_idle_since(lease: &LeaseTimeline, end: Timestamp) -> Option<Timestamp> {
    if lease.end != Some(EndCause::Idleness) || !lease.uses.is_empty() {
        return None;
    }
    let terms = lease.terms.iter().rfind(|terms| terms.at <= end)?;
    let since = terms.idle_after?.before(terms.grace.before(end));
    Some(since.max(lease.from))
}

/// The times at which something could change when the stack is due, in order, before its end.
fn facts(lease: &LeaseTimeline, idle_since: Option<Timestamp>, end: Timestamp) -> Vec<Timestamp> {
    let starts = lease.starts.iter();
    let starts = starts.flat_map(|start| [Some(start.requested_at), start.provisioned_at]);
    let holds = lease.holds.iter();
    let holds = holds.flat_map(|hold| [hold.from, hold.until]);
    let mut facts: Vec<Timestamp> = [Some(lease.from), idle_since]
        .into_iter()
        .chain(starts)
        .flatten()
        .chain(holds)
        .chain(lease.slices.iter().map(|slice| slice.from))
        .chain(lease.uses.iter().copied())
        .chain(lease.terms.iter().map(|terms| terms.at))
        .chain(lease.renewals.iter().copied())
        .chain(lease.extensions.iter().map(|extension| extension.at))
        .filter(|at| *at < end && *at >= lease.from)
        .collect();
    facts.sort_unstable();
    facts.dedup();
    facts
}

/// The clock of a lease under a policy: when it is due, from one fact to the next.
struct LeaseClock<'a> {
    lease: &'a LeaseTimeline,
    policy: PolicyChange,
    idle_since: Option<Timestamp>,
    terms: Option<TermsChange>,
    renewed_at: Timestamp,
    expires_at: Timestamp,
    /// The number of changes of the terms, renewals, extensions, slices and uses so far.
    passed: PassedFacts,
}

#[derive(Default)]
struct PassedFacts {
    terms: usize,
    renewals: usize,
    extensions: usize,
    slices: usize,
    uses: usize,
}

impl<'a> LeaseClock<'a> {
    fn new(lease: &'a LeaseTimeline, policy: PolicyChange, idle_since: Option<Timestamp>) -> Self {
        Self {
            lease,
            policy,
            idle_since,
            terms: None,
            renewed_at: lease.from,
            expires_at: lease.from,
            passed: PassedFacts::default(),
        }
    }

    /// When the stack is due, as things stand at `at`; `None` if nothing ends it. The times must
    /// come in order.
    fn due(&mut self, at: Timestamp) -> Option<Timestamp> {
        self.pass_until(at);
        let terms = self.terms?;
        let causes = [
            Some(self.expires_at),
            self.not_ready_in_time(&terms, at),
            self.idle_for(&terms, at),
        ];
        let cause = causes.into_iter().flatten().min()?;
        let due = terms.grace.after(cause);
        let holds = self.lease.holds.iter();
        let held = holds.filter(|hold| hold.from <= at && hold.until > at);
        let held_until = held.map(|hold| hold.until).max();
        Some(held_until.map_or(due, |until| due.max(until)))
    }

    /// Takes in the facts up to a time.
    fn pass_until(&mut self, at: Timestamp) {
        let lease = self.lease;
        while let Some(terms) = lease.terms.get(self.passed.terms)
            && terms.at <= at
        {
            self.passed.terms += 1;
            let terms = self.policy.apply(*terms);
            // A shorter TTL applies from the next renewal: an edit must not end a stack.
            let longer = self.terms.is_none_or(|before| terms.ttl > before.ttl);
            self.terms = Some(terms);
            if longer {
                self.expire_after(self.renewed_at);
            }
        }
        while let Some(renewed) = lease.renewals.get(self.passed.renewals)
            && *renewed <= at
        {
            self.passed.renewals += 1;
            self.renewed_at = *renewed;
            self.expire_after(*renewed);
        }
        while let Some(extension) = lease.extensions.get(self.passed.extensions)
            && extension.at <= at
        {
            self.passed.extensions += 1;
            let extended = extension.by.after(self.expires_at.max(extension.at));
            self.expires_at = self.expires_at.max(self.capped(extended));
        }
        self.passed.slices += following(&lease.slices, self.passed.slices, |one| one.from <= at);
        self.passed.uses += following(&lease.uses, self.passed.uses, |used| *used <= at);
    }

    fn expire_after(&mut self, renewed_at: Timestamp) {
        if let Some(terms) = self.terms {
            let expires = self.capped(terms.ttl.after(renewed_at));
            self.expires_at = self.expires_at.max(expires);
        }
    }

    /// A time, but not past the maximum total lifetime.
    fn capped(&self, at: Timestamp) -> Timestamp {
        let max_ttl: Option<Span> = self.terms.and_then(|terms| terms.max_ttl);
        max_ttl.map_or(at, |max| at.min(max.after(self.lease.created_at)))
    }

    fn slice(&self) -> Option<&Slice> {
        self.lease.slices.get(self.passed.slices.checked_sub(1)?)
    }

    /// When the stack is, or will be, in purgatory, if it is not ready.
    fn not_ready_in_time(&self, terms: &TermsChange, at: Timestamp) -> Option<Timestamp> {
        let state = self.slice()?.state;
        if !matches!(state, SliceState::Init | SliceState::Purgatory) {
            return None;
        }
        let start = self.lease.start_at(at)?;
        let provisioned_at = start.provisioned_at.filter(|passed| *passed <= at);
        let from = provisioned_at.unwrap_or(start.requested_at);
        terms.ready_timeout.map(|timeout| timeout.after(from))
    }

    /// When the stack is, or will be, idle for too long, if it is ready. Where no use is recorded,
    /// it is not known to be idle.
    fn idle_for(&self, terms: &TermsChange, at: Timestamp) -> Option<Timestamp> {
        let passed = self.lease.slices.get(..self.passed.slices)?;
        let ready = passed.iter().rev();
        let ready = ready.take_while(|slice| slice.state == SliceState::Ready);
        let ready_since = ready.last()?.from;
        let quiet_since = if self.lease.uses.is_empty() {
            self.idle_since.filter(|since| *since <= at)?
        } else {
            let last = self.passed.uses.checked_sub(1);
            let last = last.and_then(|index| self.lease.uses.get(index));
            last.map_or(ready_since, |last| *last)
        };
        Some(terms.idle_after?.after(quiet_since.max(ready_since)))
    }
}

/// How many of the items from `index` on follow each other and pass.
fn following<T>(items: &[T], index: usize, passes: impl Fn(&T) -> bool) -> usize {
    let rest = items.iter().skip(index);
    rest.take_while(|item| passes(item)).count()
}
