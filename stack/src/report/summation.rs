//! Sums histories of leases into the figures of a period.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::day_sums::DaySums;
use super::figures::Figures;
use super::history::{AttributesIndex, GroupAttributes, LeaseHistory};
use super::lease_spend::{Amount, LeaseSpend};
use super::phase_split::{PhaseId, PhaseNames, PhasePieces};
use super::sums::{DayNumber, Stretch, Sums};
use super::version_sums::VersionTable;
use super::{GroupBy, KnownIdleness, PurgatoryRow, Report, ReportGroup, ReportInputs};
use crate::economics::{DecisionBuilder, Savings, SavingsBuilder, SliceState, StartOutcome};
use crate::lease::Lease;
use crate::values::id::StackName;
use crate::values::money::{DollarTime, Usd};

/// A report in the making. The order of the leases does not matter.
#[derive(Debug)]
pub(crate) struct Summation<'a> {
    since: Timestamp,
    until: Timestamp,
    by: GroupBy,
    besides: &'a ReportInputs,
    /// The lines of the bill by stack, as positions in the inputs.
    lines: BTreeMap<&'a str, Vec<usize>>,
    /// For each line of the bill, the latest lease of its stack that existed on its day: its number
    /// and its group then.
    payers: Vec<Option<(u32, usize)>>,
    /// For each stack of which it is known whether it is idle, its latest lease.
    observed: BTreeMap<&'a StackName, ObservedLease>,
    sums: GroupSums,
    days: BTreeMap<DayNumber, DaySums>,
    versions: VersionTable,
    phases: PhaseNames,
    purgatories: Vec<PurgatoryRow>,
    decisions: DecisionBuilder,
    /// The savings of each group, as positions in the sums, where they are not those of an app.
    savings: HashMap<usize, SavingsBuilder>,
}

/// The latest lease of a stack of which it is known whether it is idle.
#[derive(Debug)]
struct ObservedLease {
    number: u32,
    group: String,
    /// What it spent in the report's period.
    spent: DollarTime,
    /// What it spent in the period since it has been idle; `None` if that time is unknown.
    wasted: Option<Vec<WastedPart>>,
}

/// What an idle stack spent on one day while it belonged to one group.
#[derive(Debug)]
struct WastedPart {
    day: DayNumber,
    group: String,
    amount: Amount,
}

/// The sums per group and in total.
#[derive(Debug, Default)]
struct GroupSums {
    groups: HashMap<String, usize>,
    sums: Vec<Sums>,
    /// What is not the sum of the groups. Their sums are added at the end.
    total: Sums,
}

impl GroupSums {
    fn index(&mut self, group: &str) -> usize {
        if let Some(index) = self.groups.get(group) {
            return *index;
        }
        let index = self.sums.len();
        self.groups.insert(group.to_owned(), index);
        self.sums.push(Sums::default());
        index
    }

    /// Adds other sums, and returns the position of each of their groups here.
    fn merge(&mut self, other: Self, phases: &[PhaseId]) -> Vec<usize> {
        let position = |id: PhaseId| phases.get(id).copied().unwrap_or(id);
        let mut names: Vec<(String, usize)> = other.groups.into_iter().collect();
        names.sort_unstable_by_key(|(_, index)| *index);
        self.total.merge(&other.total, position);
        let groups = names.into_iter().zip(other.sums);
        let groups = groups.map(|((name, _), sums)| {
            let index = self.index(&name);
            if let Some(known) = self.sums.get_mut(index) {
                known.merge(&sums, position);
            }
            index
        });
        groups.collect()
    }

    /// Changes the sums of a group.
    fn change(&mut self, group: usize, change: impl FnOnce(&mut Sums)) {
        if let Some(sums) = self.sums.get_mut(group) {
            change(sums);
        }
    }

    /// Changes the sums of a group, and the total by what is not the sum of the groups.
    fn enter(&mut self, group: usize, enter: impl Fn(&mut Sums)) {
        if let Some(sums) = self.sums.get_mut(group) {
            enter(sums);
        }
        enter(&mut self.total);
    }
}

/// A time within the report's period in which a lease belonged to one group.
struct GroupPeriod {
    from: Timestamp,
    to: Timestamp,
    group: usize,
}

/// The groups of a lease: the name for each position of its attributes, if they decide the group,
/// and the sums of the group, once something was counted for it.
struct LeaseGroups {
    names: Vec<Option<String>>,
    sums: Vec<Option<usize>>,
}

impl LeaseGroups {
    fn of(history: &LeaseHistory, by: &GroupBy) -> Self {
        let attributes = history.attributes().iter();
        let names: Vec<_> = attributes.map(|attributes| attributes.group(by)).collect();
        Self {
            sums: vec![None; names.len()],
            names,
        }
    }

    /// The name of the group at a time.
    fn name(&self, index: AttributesIndex, at: Timestamp) -> String {
        let name = self.names.get(index as usize).cloned().flatten();
        name.unwrap_or_else(|| day_name(at))
    }

    /// The sums of the group at a time.
    fn index(&mut self, sums: &mut GroupSums, index: AttributesIndex, at: Timestamp) -> usize {
        let index = index as usize;
        let Some(Some(name)) = self.names.get(index) else {
            return sums.index(&day_name(at));
        };
        match self.sums.get_mut(index) {
            Some(known) => *known.get_or_insert_with(|| sums.index(name)),
            None => sums.index(name),
        }
    }
}

impl<'a> Summation<'a> {
    /// Starts a report on the time from `since` to `until`.
    pub(crate) fn new(
        since: Timestamp,
        until: Timestamp,
        by: GroupBy,
        besides: &'a ReportInputs,
    ) -> Self {
        let mut lines: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let first = day(since);
        let has_bill = besides.billed_until.is_some();
        for (index, line) in besides.billed.iter().enumerate() {
            if has_bill && line.day >= first {
                lines.entry(&line.stack).or_default().push(index);
            }
        }
        Self {
            since,
            until,
            by,
            besides,
            lines,
            payers: besides.billed.iter().map(|_| None).collect(),
            observed: BTreeMap::new(),
            sums: GroupSums::default(),
            days: BTreeMap::new(),
            versions: VersionTable::default(),
            phases: PhaseNames::default(),
            purgatories: Vec::new(),
            decisions: DecisionBuilder::new(since, until, besides.engineer_hourly_usd),
            savings: HashMap::new(),
        }
    }

    /// Adds the leases of another part of the same report.
    pub(crate) fn merge(&mut self, other: Self) {
        let phases = self.phases.merge(&other.phases);
        let groups = self.sums.merge(other.sums, &phases);
        let group = |index: usize| groups.get(index).copied().unwrap_or(index);
        for (payer, theirs) in self.payers.iter_mut().zip(other.payers) {
            let theirs = theirs.map(|(number, index)| (number, group(index)));
            let number = |payer: &Option<(u32, usize)>| payer.map(|(number, _)| number);
            if number(&theirs) > number(payer) {
                *payer = theirs;
            }
        }
        for (stack, lease) in other.observed {
            self.observe(stack, lease);
        }
        for (day, sums) in other.days {
            self.days.entry(day).or_default().merge(&sums);
        }
        self.versions.merge(other.versions, &phases);
        self.purgatories.extend(other.purgatories);
        self.decisions.merge(other.decisions);
        for (index, savings) in other.savings {
            match self.savings.entry(group(index)) {
                Entry::Vacant(entry) => {
                    entry.insert(savings);
                }
                Entry::Occupied(entry) => entry.into_mut().merge(savings),
            }
        }
    }

    /// Adds one lease: the stack's name, and the number of the lease among those of the name.
    pub(crate) fn add(&mut self, stack: &StackName, number: u32, history: &LeaseHistory) {
        let mut groups = LeaseGroups::of(history, &self.by);
        let spend = LeaseSpend::of(history, self.until);
        let pieces = PhasePieces::of(history, self.until, &mut self.phases);
        let spent = self.add_existence(stack, number, history, &spend, &pieces, &mut groups);
        self.add_purgatories(history, &mut groups);
        self.add_starts(history, &spend, &pieces, &mut groups);
        for mark in &history.residues {
            if mark.at >= self.since {
                let group = groups.index(&mut self.sums, mark.attributes, mark.at);
                self.sums.change(group, Sums::residue);
            }
        }
        if let Some(end) = history.end
            && end.mark.at >= self.since
        {
            let group = groups.index(&mut self.sums, end.mark.attributes, end.mark.at);
            self.sums.change(group, |sums| sums.ended(end.cause));
        }
        if let Some((stack, idleness)) = self.besides.idleness.get_key_value(stack) {
            let observed = ObservedLease {
                number,
                group: groups.name(history.current_index(), self.until),
                spent,
                wasted: self.wasted(&spend, &groups, *idleness),
            };
            self.observe(stack, observed);
        }
        self.add_timeline(stack, number, history, &spend, &mut groups);
        let row = self.purgatory_row(stack, history, &spend);
        self.purgatories.extend(row);
    }

    /// The stacks of which it is known whether they are idle, but of which no lease was added.
    pub(crate) fn unobserved(&self) -> Vec<StackName> {
        let idleness = self.besides.idleness.keys();
        let missing = idleness.filter(|stack| !self.observed.contains_key(stack));
        missing.cloned().collect()
    }

    /// Adds a lease that ended before the report's period and counts only as idle.
    pub(crate) fn add_earlier(&mut self, lease: &Lease) {
        if let Some((stack, _)) = self.besides.idleness.get_key_value(&lease.name) {
            let group = GroupAttributes::of(lease).group(&self.by);
            let observed = ObservedLease {
                number: 0,
                group: group.unwrap_or_else(|| day_name(self.until)),
                spent: DollarTime::ZERO,
                wasted: None,
            };
            self.observe(stack, observed);
        }
    }

    fn observe(&mut self, stack: &'a StackName, lease: ObservedLease) {
        let known = self.observed.get(stack);
        if known.is_none_or(|known| known.number <= lease.number) {
            self.observed.insert(stack, lease);
        }
    }

    /// What a lease spent in the period since it has been idle; `None` if it is not idle, or since
    /// when is unknown.
    fn wasted(
        &self,
        spend: &LeaseSpend,
        groups: &LeaseGroups,
        idleness: KnownIdleness,
    ) -> Option<Vec<WastedPart>> {
        let KnownIdleness::Idle {
            since: Some(since), ..
        } = idleness
        else {
            return None;
        };
        let since = since.max(self.since);
        let mut wasted = Vec::new();
        for segment in spend.segments() {
            let mut from = segment.from.max(since);
            while from < segment.to {
                let day = DayNumber::of(from);
                let to = segment.to.min(day.end());
                wasted.push(WastedPart {
                    day,
                    group: groups.name(segment.attributes, from),
                    amount: Amount::of(segment, from, to),
                });
                from = to;
            }
        }
        Some(wasted)
    }

    /// Adds the time that the stack existed, and returns what it spent in the period.
    fn add_existence(
        &mut self,
        stack: &StackName,
        number: u32,
        history: &LeaseHistory,
        spend: &LeaseSpend,
        pieces: &PhasePieces,
        groups: &mut LeaseGroups,
    ) -> DollarTime {
        let mut total = Amount::default();
        let mut periods: Vec<GroupPeriod> = Vec::new();
        let mut cursor = 0;
        let segments = spend.segments().iter();
        for segment in segments.filter(|segment| segment.to > self.since) {
            let mut from = segment.from.max(self.since);
            while from < segment.to {
                let day = DayNumber::of(from);
                let mut to = segment.to.min(day.end());
                let mut phase = None;
                if segment.state == SliceState::Init {
                    let (id, end) = pieces.at(from, &mut cursor);
                    phase = Some(id);
                    to = to.min(end);
                }
                let stretch = Stretch {
                    state: segment.state,
                    amount: Amount::of(segment, from, to),
                    phase,
                };
                total.add(stretch.amount);
                let group = groups.index(&mut self.sums, segment.attributes, from);
                self.sums.change(group, |sums| sums.stretch(&stretch));
                self.days.entry(day).or_default().stretch(&stretch);
                match periods.last_mut() {
                    Some(period) if period.to == from && period.group == group => period.to = to,
                    _ => periods.push(GroupPeriod { from, to, group }),
                }
                from = to;
            }
        }
        if periods.is_empty() {
            return DollarTime::ZERO;
        }
        let has_starts = !history.starts.is_empty();
        let mut existed: Vec<usize> = periods.iter().map(|period| period.group).collect();
        existed.sort_unstable();
        existed.dedup();
        for group in existed {
            if let Some(sums) = self.sums.sums.get_mut(group) {
                sums.stack(has_starts);
            }
        }
        self.sums.total.stack(has_starts);
        let closed = if history.tail.is_live {
            self.until.max(history.tail.entered)
        } else {
            history.tail.entered
        };
        if history.tail.spent(closed).is_none()
            && let Some(last) = periods.last()
        {
            self.sums.change(last.group, Sums::without_rate);
        }
        self.claim_lines(stack, number, &periods);
        total.spent.unwrap_or_default()
    }

    /// Claims the lines of the bill of the days on which the lease existed.
    fn claim_lines(&mut self, stack: &StackName, number: u32, periods: &[GroupPeriod]) {
        let Some(lines) = self.lines.get(stack.as_str()) else {
            return;
        };
        for index in lines {
            let (Some(line), Some(payer)) =
                (self.besides.billed.get(*index), self.payers.get_mut(*index))
            else {
                continue;
            };
            let on = line.day;
            let mut latest = periods.iter().rev();
            let period = latest.find(|period| day(period.from) <= on && on <= day(period.to));
            if let Some(period) = period
                && payer.as_ref().is_none_or(|(other, _)| *other < number)
            {
                *payer = Some((number, period.group));
            }
        }
    }

    /// Counts each purgatory once, in the group at the time when it was first seen.
    fn add_purgatories(&mut self, history: &LeaseHistory, groups: &mut LeaseGroups) {
        let last = history.tail.is_live && self.until > history.tail.entered;
        let last = last.then(|| history.purgatory_at(self.until)).flatten();
        let mut counted = None;
        for reading in history.purgatories.iter().chain(&last) {
            let purgatory = reading.purgatory;
            let is_new = counted != Some(purgatory.init);
            if is_new && purgatory.since >= self.since && reading.at > self.since {
                counted = Some(purgatory.init);
                let group = groups.index(&mut self.sums, reading.attributes, purgatory.since);
                self.sums.change(group, Sums::purgatory);
            }
        }
    }

    /// Adds the starts of a lease: when they were requested, their outcomes, and how long they
    /// took.
    fn add_starts(
        &mut self,
        history: &LeaseHistory,
        spend: &LeaseSpend,
        pieces: &PhasePieces,
        groups: &mut LeaseGroups,
    ) {
        for (index, start) in history.starts.iter().enumerate() {
            let outcome = start.outcome(history.timed_out_at(index, self.until));
            let requested = start.requested_at;
            let decided = match outcome {
                StartOutcome::Ready { at }
                | StartOutcome::TimedOut { at, .. }
                | StartOutcome::Failed { at } => Some(at),
                StartOutcome::Pending => None,
            };
            let ended = decided.unwrap_or(self.until);
            if ended < self.since && start.ready_at.is_none_or(|ready| ready < self.since) {
                continue;
            }
            let attributes = start.attributes;
            let Some(of_version) = history.attributes().get(attributes as usize) else {
                continue;
            };
            let mut at = |time| groups.index(&mut self.sums, attributes, time);
            let began = requested.max(self.since);
            let (began_in, ended_in) = (at(began), at(ended.max(self.since)));
            let version = self.versions.of(of_version, began);
            if requested >= self.since {
                self.sums.change(began_in, Sums::started);
                self.days
                    .entry(DayNumber::of(requested))
                    .or_default()
                    .started += 1;
                version.started();
            }
            if ended >= self.since {
                self.sums.change(ended_in, |sums| sums.outcome(outcome));
                self.days
                    .entry(DayNumber::of(ended))
                    .or_default()
                    .outcome(outcome);
                version.outcome(outcome);
                let phases = pieces.lengths(index, began, ended);
                self.sums.change(began_in, |sums| sums.start_with(&phases));
            }
            if let (Some(ready), Some(time)) = (start.ready_at, start.time_to_ready())
                && ready >= self.since
            {
                let phases = pieces.lengths(index, requested, ready);
                let ready_in = groups.index(&mut self.sums, attributes, ready);
                let cost = spend.between(requested, ready).spent;
                self.sums
                    .change(ready_in, |sums| sums.init(time, cost, &phases));
                version.init(time, &phases);
            }
        }
    }

    /// Adds the timeline of a lease that existed in the period to what decisions are based on. The
    /// savings count in the lease's last group.
    fn add_timeline(
        &mut self,
        stack: &StackName,
        number: u32,
        history: &LeaseHistory,
        spend: &LeaseSpend,
        groups: &mut LeaseGroups,
    ) {
        let timeline = history.timeline_of(stack, number, spend);
        let Some(timeline) = timeline.filter(|timeline| timeline.until > self.since) else {
            return;
        };
        if matches!(self.by, GroupBy::Owner | GroupBy::Label(_)) {
            let current = history.current_index();
            let group = groups.index(&mut self.sums, current, timeline.until);
            let since = self.since;
            let savings = self.savings.entry(group);
            let savings = savings.or_insert_with(|| SavingsBuilder::new(since));
            savings.add(&timeline);
        }
        self.decisions.add(&timeline);
    }

    /// The row of a stack that is in purgatory at the end of the period.
    fn purgatory_row(
        &self,
        stack: &StackName,
        history: &LeaseHistory,
        spend: &LeaseSpend,
    ) -> Option<PurgatoryRow> {
        if !history.tail.is_live {
            return None;
        }
        let since = history.purgatory_at(self.until)?.purgatory.since;
        // The event that reports a timeout comes a moment after it.
        let current = history.starts.len().checked_sub(1);
        let timed_out = current.and_then(|index| history.timed_out_at(index, self.until));
        let since = timed_out.map_or(since, |timed_out| timed_out.min(since));
        let attributes = history.attributes().last()?;
        let phases = history.starts.last().map(|start| start.phases.iter());
        let open = phases.into_iter().flatten();
        let open = open.filter(|phase| phase.seconds.is_none());
        let open = open.max_by_key(|phase| phase.after);
        let open = open.and_then(|phase| history.phase_names().get(phase.name as usize));
        let failed = history.failed_check.as_ref();
        Some(PurgatoryRow {
            stack: stack.clone(),
            app: attributes.app.clone(),
            owner: attributes.owner.clone(),
            version: attributes.version.clone(),
            since,
            hourly_usd: history.tail.rate(),
            usd: spend.in_state(SliceState::Purgatory, since).usd(),
            check: failed.map(|failed| failed.check.clone()),
            answer: failed.map(|failed| failed.answer.clone()),
            open_phase: open.cloned(),
        })
    }

    /// Computes the figures.
    pub(crate) fn finish(mut self) -> Report {
        self.add_idleness();
        if let Some(last) = self.besides.billed_until {
            self.add_bill(last);
        }
        let decisions = self.decisions.finish();
        let savings = std::mem::take(&mut self.savings).into_iter();
        let savings = savings.map(|(group, savings)| {
            let savings = savings.savings(self.until, self.besides.engineer_hourly_usd);
            (group, savings)
        });
        let savings: HashMap<usize, Savings> = savings.collect();
        let Self {
            sums,
            phases,
            mut purgatories,
            ..
        } = self;
        let GroupSums {
            groups,
            sums,
            mut total,
        } = sums;
        let mut names: Vec<(String, usize)> = groups.into_iter().collect();
        names.sort_unstable_by_key(|(_, index)| *index);
        let groups = names.into_iter().zip(sums);
        let mut groups: Vec<ReportGroup> = groups
            .map(|((group, index), sums)| {
                total.merge_times(&sums, |id| id);
                let of_app = decisions.savings.iter();
                let mut of_app = of_app.filter(|_| self.by == GroupBy::App);
                let of_app = of_app.find(|(app, _)| app.as_str() == group);
                let savings = savings.get(&index).or(of_app.map(|(_, savings)| savings));
                ReportGroup {
                    figures: Figures {
                        savings: savings.copied(),
                        ..sums.figures(&phases)
                    },
                    group,
                }
            })
            .collect();
        groups.sort_by(|a, b| {
            let dearer = b.figures.spent_usd.cmp(&a.figures.spent_usd);
            dearer.then_with(|| a.group.cmp(&b.group))
        });
        if self.by == GroupBy::Day {
            groups.sort_by(|a, b| a.group.cmp(&b.group));
        }
        let savings = Some(decisions.total).filter(|_| !decisions.savings.is_empty());
        purgatories.sort_by(|a, b| (a.since, &a.stack).cmp(&(b.since, &b.stack)));
        Report {
            since: self.since,
            until: self.until,
            unreadable: self.besides.unreadable.clone(),
            by: self.by,
            groups,
            total: Figures {
                savings,
                ..total.figures(&phases)
            },
            days: super::day_sums::figures(&self.days),
            starts_by_version: self.versions.rows(&phases),
            purgatories,
            verdicts: decisions.verdicts,
            slower: decisions.slower,
            savings,
        }
    }

    /// Adds the stacks that are idle or active now. Waste from before the period does not count,
    /// and what a stack wasted while it belonged to another group counts there.
    fn add_idleness(&mut self) {
        for (stack, lease) in std::mem::take(&mut self.observed) {
            let Some(idleness) = self.besides.idleness.get(stack) else {
                continue;
            };
            let current = self.sums.index(&lease.group);
            let Some(parts) = lease.wasted else {
                let limited = idleness.limited(lease.spent);
                self.sums.enter(current, |sums| sums.idle(limited));
                continue;
            };
            let without_waste = idleness.with_wasted(None);
            self.sums.enter(current, |sums| sums.idle(without_waste));
            for part in parts {
                let group = self.sums.index(&part.group);
                self.sums.enter(group, |sums| sums.wasted(part.amount));
                self.days
                    .entry(part.day)
                    .or_default()
                    .idle(part.amount.spent);
            }
        }
    }

    /// Adds each line of the bill to the group that its stack belonged to on that day. Lines of
    /// stacks that this ledger does not know are skipped.
    fn add_bill(&mut self, last: Date) {
        for sums in &mut self.sums.sums {
            sums.billed_until(last);
        }
        if !self.sums.sums.is_empty() {
            self.sums.total.billed_until(last);
        }
        let last = DayNumber::of_date(last);
        for (day, sums) in &mut self.days {
            if Some(*day) <= last {
                sums.billed(Usd::ZERO);
            }
        }
        for (line, payer) in self.besides.billed.iter().zip(&self.payers) {
            let Some((_, group)) = payer else {
                continue;
            };
            let group = match self.by {
                GroupBy::Day => self.sums.index(&line.day.to_string()),
                _ => *group,
            };
            self.sums.enter(group, |sums| sums.billed(line.usd));
            if let Some(day) = DayNumber::of_date(line.day) {
                self.days.entry(day).or_default().billed(line.usd);
            }
        }
    }
}

/// The name of the group of a time in a report by day.
fn day_name(at: Timestamp) -> String {
    DayNumber::of(at).date().to_string()
}

/// The UTC day of a timestamp, as on the bill.
fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
