//! The leases of one name, and what each interval between two events adds to the figures.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::figures::{EndCause, LifeId, Sums};
use super::{Accounts, GroupBy, KnownIdleness};
use crate::clock::truncate_to_millis;
use crate::init::Init;
use crate::lease::{Event, EventKind, IllegalTransition, Lease, Phase, Source};
use crate::values::money::Usd;
use crate::values::ttl::Elapsed;

/// The leases of one name so far.
#[derive(Debug)]
pub(super) struct Life {
    since: Timestamp,
    until: Timestamp,
    by: GroupBy,
    lease: Option<Lease>,
    /// The number of the current lease of the name.
    number: u32,
    /// The time up to which the figures are entered.
    entered: Timestamp,
    /// What the stack had spent by then.
    entered_spent: Usd,
    /// The part of it that was spent in this lease within the report's period.
    own_spent: Usd,
    /// Whether any time of this lease was entered.
    stood: bool,
    /// The current or last init; `None` once it is entered.
    init: Option<Init>,
    /// The start of the init whose purgatory is entered.
    purgatory: Option<Timestamp>,
    /// Who started the last teardown, and why.
    end: EndCause,
    /// Whether the end is entered. A stack that is reopened as residue ends again.
    ended: bool,
    /// The groups that it belonged to, with start and end.
    groups: Vec<(Timestamp, Timestamp, String)>,
}

impl Life {
    pub(super) fn new(since: Timestamp, until: Timestamp, by: GroupBy) -> Self {
        Self {
            since,
            until,
            by,
            lease: None,
            number: 0,
            entered: since,
            entered_spent: Usd::ZERO,
            own_spent: Usd::ZERO,
            stood: false,
            init: None,
            purgatory: None,
            end: EndCause::Terraform,
            ended: false,
            groups: Vec::new(),
        }
    }

    pub(super) fn event(
        &mut self,
        event: &Event,
        accounts: &mut Accounts,
    ) -> Result<(), IllegalTransition> {
        if event.at > self.until {
            // A clock was ahead: without this cut, the stack would stand until then.
            let at = self.until;
            let cut = Event {
                at,
                ..event.clone()
            };
            return self.event(&cut, accounts);
        }
        let at = truncate_to_millis(event.at);
        let registers = matches!(event.kind, EventKind::Requested { .. });
        let begins = registers && !self.lease.as_ref().is_some_and(Lease::is_live);
        if begins {
            self.close(accounts);
            self.number += 1;
            (self.entered, self.entered_spent) = (at, Usd::ZERO);
            (self.own_spent, self.stood) = (Usd::ZERO, false);
            (self.end, self.ended) = (EndCause::Terraform, false);
        } else if self.lease.as_ref().is_some_and(Lease::is_live) {
            self.enter(at, accounts);
        }
        if let EventKind::TeardownStarted { why, .. } = &event.kind {
            self.end = end(event.source, why).unwrap_or(self.end);
        }
        let before = self.lease.take();
        let group = before.as_ref().map(|lease| self.by.group(lease));
        let lease = Lease::apply(before.clone(), event)?;
        self.follow_init(&lease, group.as_deref(), accounts);
        let is_gone = lease.recorded_phase == Phase::Gone;
        if at >= self.since {
            let was = before.as_ref().map(|lease| lease.recorded_phase);
            let is = lease.recorded_phase;
            let group = group.unwrap_or_else(|| self.by.group(&lease));
            if is == Phase::Residue && was != Some(Phase::Residue) {
                accounts.enter(&group, Sums::residue);
            }
            if is == Phase::Gone && !std::mem::replace(&mut self.ended, true) {
                let by_jiti = was == Some(Phase::Residue)
                    || before.is_some_and(|lease| lease.teardown.is_some());
                let end = if by_jiti {
                    self.end
                } else {
                    EndCause::Terraform
                };
                accounts.enter(&group, |sums| sums.ended(end));
            }
        }
        self.ended |= is_gone;
        self.lease = Some(lease);
        Ok(())
    }

    /// Enters the rest up to the end of the report.
    pub(super) fn finish(&mut self, accounts: &mut Accounts) {
        if self.lease.as_ref().is_some_and(Lease::is_live) {
            self.enter(self.until, accounts);
        }
        self.close(accounts);
    }

    /// Records whether the stack is idle now, and what it has wasted.
    pub(super) fn idle(&self, idleness: KnownIdleness, accounts: &mut Accounts) {
        let idleness = match idleness {
            KnownIdleness::Active => KnownIdleness::Active,
            // Waste from before the report's period does not count.
            KnownIdleness::Idle { wasted } => KnownIdleness::Idle {
                wasted: wasted.map(|wasted| wasted.min(self.own_spent)),
            },
        };
        if let Some(lease) = &self.lease {
            accounts.enter(&self.by.group(lease), |sums| sums.idle(idleness));
        }
    }

    /// The group that the stack belonged to on a day.
    pub(super) fn group_on(&self, on: Date) -> Option<&str> {
        let mut groups = self.groups.iter().rev();
        let (_, _, group) = groups.find(|(from, to, _)| day(*from) <= on && on <= day(*to))?;
        Some(group)
    }

    /// Enters the time up to `to`, before an event changes anything.
    fn enter(&mut self, to: Timestamp, accounts: &mut Accounts) {
        let Some(lease) = &self.lease else { return };
        if self.entered < self.since && self.since < to {
            self.entered_spent = lease.meter.spent(self.since).unwrap_or_default();
            self.entered = self.since;
        }
        let spent = lease.meter.spent(to);
        let known = spent.is_some();
        let spent = spent.unwrap_or_default();
        if to > self.since && to > self.entered {
            let more = Usd::new(spent.amount() - self.entered_spent.amount());
            let time = Elapsed::between(self.entered, to);
            let group = self.by.group(lease);
            let life: LifeId = (lease.name.clone(), self.number);
            accounts.enter(&group, |sums| sums.stood(&life, time, more, known));
            self.own_spent = self.own_spent + more;
            self.stood = true;
            self.note_purgatory(to, &group, accounts);
            self.note_group(to, group);
        }
        self.entered = self.entered.max(to);
        self.entered_spent = spent;
    }

    fn note_purgatory(&mut self, at: Timestamp, group: &str, accounts: &mut Accounts) {
        let Some(lease) = &self.lease else { return };
        let Some(init) = &lease.init else { return };
        let reading = lease.at(at);
        let begun = init.requested_at();
        let new = self.purgatory != Some(begun) && reading.phase_since >= self.since;
        if reading.phase == Phase::Purgatory && new {
            self.purgatory = Some(begun);
            accounts.enter(group, Sums::purgatory);
        }
    }

    fn note_group(&mut self, to: Timestamp, group: String) {
        match self.groups.last_mut() {
            Some((_, end, last)) if *last == group && *end == self.entered => *end = to,
            _ => self.groups.push((self.entered, to, group)),
        }
    }

    /// Enters an init when the next one starts, because its price may become known until then.
    fn follow_init(&mut self, lease: &Lease, before: Option<&str>, accounts: &mut Accounts) {
        let begun = |init: &Init| init.requested_at();
        if self.init.as_ref().map(begun) != lease.init.as_ref().map(begun) {
            self.enter_init(before, accounts);
        }
        self.init.clone_from(&lease.init);
    }

    fn enter_init(&mut self, group: Option<&str>, accounts: &mut Accounts) {
        let Some(init) = self.init.take() else { return };
        let ready = init.ready_at().filter(|at| *at >= self.since);
        if let (Some(_), Some(time), Some(group)) = (ready, init.total(), group) {
            let lease = self.lease.as_ref();
            let spent = lease.and_then(|lease| lease.meter.spent(self.entered));
            // An init cannot have cost more than the whole life of the stack.
            let usd = init
                .usd()
                .map(|usd| spent.map_or(usd, |spent| usd.min(spent)));
            accounts.enter(group, |sums| sums.init(time, usd));
        }
    }

    /// Closes the current lease.
    fn close(&mut self, accounts: &mut Accounts) {
        let group = self.lease.as_ref().map(|lease| self.by.group(lease));
        self.enter_init(group.as_deref(), accounts);
        let unknown = |lease: &Lease| lease.meter.spent(self.entered).is_none();
        if let Some(group) = group
            && self.stood
            && self.lease.as_ref().is_some_and(unknown)
        {
            accounts.enter(&group, Sums::without_rate);
        }
    }
}

/// What ended a stack, judged by who started its teardown. A reaper that takes over or retries does
/// not change the cause.
fn end(source: Source, why: &str) -> Option<EndCause> {
    match (source, why) {
        (Source::Reaper, "expiry") => Some(EndCause::Expiry),
        (Source::Reaper, "purgatory") => Some(EndCause::Purgatory),
        (Source::Reaper, "idleness") => Some(EndCause::Idleness),
        (Source::Reaper, _) => None,
        _ => Some(EndCause::Person),
    }
}

/// The UTC day of a timestamp, as on the bill.
pub(super) fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
