//! What is due to end, and why: a pure function of leases, time, policy and reaper status.

use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::budget::{Budget, BudgetDeferral, EndingStacks, deferral, next_opening};
use crate::idle::{Activity, IdleState, judge_idleness};
use crate::lease::{Lease, Phase};
use crate::values::id::StackName;
use crate::values::ttl::Span;
use crate::view::View;

/// Why a stack is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The lease has expired.
    Expiry,
    /// The stack was not ready within `ready_timeout`.
    Purgatory,
    /// The stack has been idle for `idle_after`.
    Idleness,
    /// The stack breaks a rule of governance, and `[check] noncompliant` is `due`.
    Noncompliance,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 4] = [
        Self::Expiry,
        Self::Purgatory,
        Self::Idleness,
        Self::Noncompliance,
    ];

    /// The cause's name, as in JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Purgatory => "purgatory",
            Self::Idleness => "idleness",
            Self::Noncompliance => "noncompliance",
        }
    }
}

/// A text that names no [`Cause`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not one of \"expiry\", \"purgatory\", \"idleness\" and \"noncompliance\"")]
pub struct UnknownCause(String);

impl FromStr for Cause {
    type Err = UnknownCause;

    fn from_str(text: &str) -> Result<Self, UnknownCause> {
        let mut causes = Self::ALL.into_iter();
        let named = causes.find(|cause| cause.as_str() == text);
        named.ok_or_else(|| UnknownCause(text.to_owned()))
    }
}

/// A cause with its time, and when it makes the stack due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline {
    /// The cause.
    pub cause: Cause,
    /// When the cause occurred or will occur.
    pub cause_at: Timestamp,
    /// When the stack is due: after the cause and the grace, and not before the end of a hold.
    pub due_at: Timestamp,
}

/// A stack that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// The stack's name.
    pub name: StackName,
    /// The cause, and since when the stack is due.
    pub deadline: Deadline,
}

/// Whether the reaper never touches this stack: the policy protects it, or its lease has events
/// that this version does not understand. A hold is no exemption, because it ends.
#[must_use]
pub fn is_exempt(lease: &Lease, view: &View) -> bool {
    view.protection.covers(&lease.name, &lease.app) || lease.unknown_events > 0
}

/// All causes that end a stack as things stand, with their times, past or future. Empty if the
/// stack is gone, being torn down, or exempt.
///
/// Residue is never due: it has its own retry schedule.
#[must_use]
pub fn causes(lease: &Lease, observed: &Activity, view: &View) -> Vec<(Cause, Timestamp)> {
    if is_exempt(lease, view) {
        return Vec::new();
    }
    occurrences(lease, observed, view)
}

/// Like [`causes`], also for a stack that is exempt: what its owner should know, although the
/// reaper will not act on it.
#[must_use]
pub fn occurrences(lease: &Lease, observed: &Activity, view: &View) -> Vec<(Cause, Timestamp)> {
    let reading = lease.at(view.now);
    if matches!(
        reading.phase,
        Phase::TearingDown | Phase::Residue | Phase::Gone
    ) {
        return Vec::new();
    }
    let purgatory = (reading.phase == Phase::Purgatory).then(|| {
        (
            Cause::Purgatory,
            reading.ready_deadline.unwrap_or(reading.phase_since),
        )
    });
    let idle = lease.terms.idle_after.and_then(|after| {
        let idleness = judge_idleness(lease, observed, view.now);
        let since = idleness
            .since
            .filter(|_| idleness.state == IdleState::Idle)?;
        Some((Cause::Idleness, after.after(since)))
    });
    let noncompliance = lease.noncompliance.as_ref();
    let noncompliance = noncompliance
        .filter(|_| view.noncompliance_grace.is_some())
        .map(|found| (Cause::Noncompliance, found.since));
    let expiry = Some((Cause::Expiry, lease.expires_at));
    let causes = [expiry, purgatory, idle, noncompliance];
    causes.into_iter().flatten().collect()
}

/// The earliest deadline as things stand; `None` if nothing will end the stack.
#[must_use]
pub fn deadline(lease: &Lease, observed: &Activity, view: &View) -> Option<Deadline> {
    let (cause, cause_at, graced) = causes(lease, observed, view)
        .into_iter()
        .map(|(cause, at)| (cause, at, grace(cause, view).after(at)))
        .min_by_key(|(_, _, graced)| *graced)?;
    let hold_until = lease.at(view.now).hold_until;
    let due_at = hold_until.map_or(graced, |until| graced.max(until));
    Some(Deadline {
        cause,
        cause_at,
        due_at,
    })
}

/// The time from a cause until the stack is due.
fn grace(cause: Cause, view: &View) -> Span {
    match cause {
        Cause::Noncompliance => view.noncompliance_grace.unwrap_or(view.policy.grace),
        Cause::Expiry | Cause::Purgatory | Cause::Idleness => view.policy.grace,
    }
}

/// The stacks that are due now, longest overdue first.
pub fn due<'a>(
    leases: impl IntoIterator<Item = (&'a Lease, &'a Activity)>,
    view: &View,
) -> Vec<Due> {
    let mut due: Vec<Due> = leases
        .into_iter()
        .filter_map(|(lease, observed)| {
            let deadline =
                deadline(lease, observed, view).filter(|deadline| deadline.due_at <= view.now)?;
            Some(Due {
                name: lease.name.clone(),
                deadline,
            })
        })
        .collect();
    due.sort_by(|a, b| (a.deadline.due_at, &a.name).cmp(&(b.deadline.due_at, &b.name)));
    due
}

/// When the stack will be torn down: its deadline, rounded up to the next reaper run. `None` if
/// nothing will end the stack, if no reaper has ever run, or if the reaper is paused. A budget that
/// lets no stack end delays it. If the reaper
/// is silent, this is when it would: do not show it beside [`ReaperStatus::inactivity`].
///
/// [`ReaperStatus::inactivity`]: crate::ReaperStatus::inactivity
#[must_use]
pub fn dies_at(lease: &Lease, observed: &Activity, view: &View) -> Option<Timestamp> {
    let deadline = deadline(lease, observed, view)?;
    let not_before = deadline.due_at.max(view.now);
    let opens = next_opening(&view.reaper.budgets(), deadline.cause, not_before)?;
    view.reaper.next_run(opens, view.now)
}

/// Why the budgets of the reaper defer the end of a stack that is due now, as far as the stack's
/// own lease tells; `None` if they do not. A budget with a number of stacks depends on the others.
#[must_use]
pub fn budget_deferral(lease: &Lease, observed: &Activity, view: &View) -> Option<BudgetDeferral> {
    let deadline = deadline(lease, observed, view).filter(|found| found.due_at <= view.now)?;
    let closed = view.reaper.budgets().into_iter().filter(Budget::is_closed);
    let closed: Vec<Budget> = closed.collect();
    let deferral = deferral(&closed, deadline.cause, &EndingStacks::default(), view.now)?;
    let runs = |at| view.reaper.next_run(at, view.now).unwrap_or(at);
    Some(BudgetDeferral {
        not_before: deferral.not_before.map(runs),
        ..deferral
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq;
    use crate::lease::{Event, EventKind};
    use crate::policy::Policy;
    use crate::reaper::ReaperStatus;
    use crate::testing::{every_kind, new_event, noon, registration, stack_name};
    use crate::values::ttl::{Elapsed, Ttl};

    fn lease(name: &str, ttl_minutes: u32, more: Option<EventKind>) -> Lease {
        let mut registration = registration();
        registration.terms.ttl = Ttl::from(Span::minutes(ttl_minutes));
        let begin = EventKind::Requested {
            registration: Box::new(registration),
        };
        let events = [Some(begin), more].into_iter().flatten().zip(1..);
        let events: Vec<Event> = events
            .map(|(kind, seq)| new_event(noon(), kind).into_event(stack_name(name), Seq(seq)))
            .collect();
        Lease::fold(None, &events).expect("legal").expect("a lease")
    }

    fn due_after(minutes: u32, leases: &[Lease]) -> Vec<String> {
        let now = Span::minutes(minutes).after(noon());
        let view = View::new(now, Policy::default(), ReaperStatus::default());
        let nothing = Activity::default();
        let due = due(leases.iter().map(|lease| (lease, &nothing)), &view);
        due.iter().map(|due| due.name.to_string()).collect()
    }

    /// Due stacks are sorted by how long they are overdue, then by name.
    #[test]
    fn the_longest_due_comes_first() {
        let leases = [
            lease("late", 90, None),
            lease("b", 60, None),
            lease("a", 60, None),
            lease("x", 900, None),
        ];
        assert_eq!(due_after(119, &leases), [""; 0]);
        assert_eq!(due_after(150, &leases), ["a", "b", "late"]);
    }

    /// A stack with events that this version does not understand is never due.
    #[test]
    fn unknown_events_prevent_a_deadline() {
        let unknown = every_kind().pop();
        assert_eq!(
            due_after(900, &[lease("new", 60, unknown), lease("old", 60, None)]),
            ["old"]
        );
    }

    /// A hold delays the deadline until it ends.
    #[test]
    fn a_hold_puts_off() {
        let until = Span::minutes(200).after(noon());
        let held = EventKind::Held {
            until,
            why: "a demo".to_owned(),
        };
        let leases = [lease("held", 60, Some(held))];
        assert_eq!(due_after(199, &leases), [""; 0]);
        assert_eq!(due_after(200, &leases), ["held"]);
    }

    /// A broken rule makes a stack due only where the configuration says so, after its own grace
    /// from the first broken rule on, and no longer once the stack breaks none.
    #[test]
    fn noncompliance_is_a_cause_where_configured() {
        let broken = |address: &str| EventKind::Noncompliant {
            findings: vec![crate::lease::BrokenRule {
                address: address.to_owned(),
                rule: "public_endpoint".to_owned(),
                why: "open".to_owned(),
            }],
            more: 0,
        };
        let base = lease("open", 10_000, None);
        let next = |lease: Lease, minutes, kind| {
            let event = new_event(Span::minutes(minutes).after(noon()), kind);
            let seq = Seq(lease.last_seq().0 + 1);
            Lease::apply(Some(lease), &event.into_event(stack_name("open"), seq)).expect("legal")
        };
        let one = next(base, 10, broken("sg-1"));
        let other = next(one, 50, broken("sg-2"));
        let of = |lease: &Lease, grace: Option<Span>| {
            let now = Span::minutes(60).after(noon());
            let view = View::new(now, Policy::default(), ReaperStatus::default());
            let view = view.with_noncompliance_grace(grace);
            let found = deadline(lease, &Activity::default(), &view).expect("a deadline");
            let minutes = Elapsed::between(noon(), found.due_at).millis() / 60_000;
            (found.cause, minutes)
        };
        let grace = Some(Span::minutes(30));
        assert_eq!(of(&other, None).0, Cause::Expiry);
        assert_eq!(of(&other, grace), (Cause::Noncompliance, 40));
        let fixed = next(other, 55, EventKind::Compliant);
        assert_eq!(of(&fixed, grace).0, Cause::Expiry);
        assert_eq!(fixed.noncompliance, None);
    }
}
