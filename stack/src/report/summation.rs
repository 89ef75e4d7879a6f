//! Sums histories of leases into the figures of a period.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::figures::Sums;
use super::history::{AttributesIndex, GroupAttributes, LeaseHistory};
use super::{GroupBy, KnownIdleness, Report, ReportGroup, ReportInputs};
use crate::lease::Lease;
use crate::values::id::StackName;
use crate::values::money::{DollarTime, Usd};
use crate::values::ttl::Elapsed;

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
    payers: Vec<Option<(u32, String)>>,
    /// For each stack of which it is known whether it is idle, its latest lease.
    observed: BTreeMap<&'a StackName, ObservedLease>,
    sums: GroupSums,
}

/// The latest lease of a stack of which it is known whether it is idle.
#[derive(Debug)]
struct ObservedLease {
    number: u32,
    group: String,
    /// What it spent in the report's period.
    spent: DollarTime,
}

/// The sums per group and in total.
#[derive(Debug, Default)]
struct GroupSums {
    groups: BTreeMap<String, Sums>,
    total: Sums,
}

impl GroupSums {
    fn enter(&mut self, group: &str, enter: impl Fn(&mut Sums)) {
        if !self.groups.contains_key(group) {
            self.groups.insert(group.to_owned(), Sums::default());
        }
        if let Some(sums) = self.groups.get_mut(group) {
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

/// The groups of a lease: the name for each position of its attributes.
struct GroupNames(Vec<String>);

impl GroupNames {
    fn of(history: &LeaseHistory, by: &GroupBy) -> Self {
        let attributes = history.attributes().iter();
        Self(attributes.map(|attributes| attributes.group(by)).collect())
    }

    fn name(&self, index: AttributesIndex) -> &str {
        self.0.get(index as usize).map_or("", String::as_str)
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
        }
    }

    /// Adds one lease: the stack's name, and the number of the lease among those of the name.
    pub(crate) fn add(&mut self, stack: &StackName, number: u32, history: &LeaseHistory) {
        let names = GroupNames::of(history, &self.by);
        let spent = self.add_existence(stack, number, history, &names);
        self.add_purgatories(history, &names);
        self.add_inits(history, &names);
        for mark in &history.residues {
            if mark.at >= self.since {
                self.sums.enter(names.name(mark.attributes), Sums::residue);
            }
        }
        if let Some(end) = history.end
            && end.mark.at >= self.since
        {
            let group = names.name(end.mark.attributes);
            self.sums.enter(group, |sums| sums.ended(end.cause));
        }
        if let Some((stack, _)) = self.besides.idleness.get_key_value(stack) {
            let group = names.name(history.current_index());
            self.observe(stack, number, Cow::Borrowed(group), spent);
        }
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
            self.observe(stack, 0, Cow::Owned(group), DollarTime::ZERO);
        }
    }

    fn observe(
        &mut self,
        stack: &'a StackName,
        number: u32,
        group: Cow<'_, str>,
        spent: DollarTime,
    ) {
        let known = self.observed.get(stack);
        if known.is_none_or(|known| known.number <= number) {
            let group = group.into_owned();
            let latest = ObservedLease {
                number,
                group,
                spent,
            };
            self.observed.insert(stack, latest);
        }
    }

    /// Adds the time that the stack existed, and returns what it spent in the period.
    fn add_existence(
        &mut self,
        stack: &StackName,
        number: u32,
        history: &LeaseHistory,
        names: &GroupNames,
    ) -> DollarTime {
        let last = history.tail.is_live.then_some(self.until);
        let last = last.and_then(|until| history.segment_until(until));
        let segments = history.segments.iter().chain(&last);
        let mut total = DollarTime::ZERO;
        let mut periods: Vec<GroupPeriod> = Vec::new();
        for segment in segments.filter(|segment| segment.to > self.since) {
            let from = segment.from.max(self.since);
            let time = Elapsed::between(from, segment.to);
            let spent = segment.spent_since(self.since);
            let group = names.name(segment.attributes);
            self.sums.enter(group, |sums| {
                sums.stood(time, spent, segment);
            });
            total = total + spent;
            let index = segment.attributes as usize;
            match periods.last_mut() {
                Some(period)
                    if period.to == from && names.0.get(period.group) == names.0.get(index) =>
                {
                    period.to = segment.to;
                }
                _ => periods.push(GroupPeriod {
                    from,
                    to: segment.to,
                    group: index,
                }),
            }
        }
        if periods.is_empty() {
            return total;
        }
        let mut groups: Vec<&String> = periods
            .iter()
            .filter_map(|period| names.0.get(period.group))
            .collect();
        groups.sort_unstable();
        groups.dedup();
        for group in groups {
            if let Some(sums) = self.sums.groups.get_mut(group) {
                sums.stack();
            }
        }
        self.sums.total.stack();
        let closed = if history.tail.is_live {
            self.until.max(history.tail.entered)
        } else {
            history.tail.entered
        };
        if history.tail.spent(closed).is_none() {
            let group = names.name(history.current_index());
            self.sums.enter(group, Sums::without_rate);
        }
        self.claim_lines(stack, number, &periods, names);
        total
    }

    /// Claims the lines of the bill of the days on which the lease existed.
    fn claim_lines(
        &mut self,
        stack: &StackName,
        number: u32,
        periods: &[GroupPeriod],
        names: &GroupNames,
    ) {
        let lines = self.lines.get(stack.as_str());
        for index in lines.into_iter().flatten() {
            let (Some(line), Some(payer)) =
                (self.besides.billed.get(*index), self.payers.get_mut(*index))
            else {
                continue;
            };
            let on = line.day;
            let mut latest = periods.iter().rev();
            let period = latest.find(|period| day(period.from) <= on && on <= day(period.to));
            if let Some(group) = period.and_then(|period| names.0.get(period.group))
                && payer.as_ref().is_none_or(|(other, _)| *other < number)
            {
                *payer = Some((number, group.clone()));
            }
        }
    }

    /// Counts each purgatory once, in the group at the time when it was first seen.
    fn add_purgatories(&mut self, history: &LeaseHistory, names: &GroupNames) {
        let last = history.tail.is_live && self.until > history.tail.entered;
        let last = last.then(|| history.purgatory_at(self.until)).flatten();
        let mut counted = None;
        for reading in history.purgatories.iter().chain(&last) {
            let purgatory = reading.purgatory;
            let is_new = counted != Some(purgatory.init);
            if is_new && purgatory.since >= self.since && reading.at > self.since {
                counted = Some(purgatory.init);
                let group = names.name(reading.attributes);
                self.sums.enter(group, Sums::purgatory);
            }
        }
    }

    fn add_inits(&mut self, history: &LeaseHistory, names: &GroupNames) {
        for init in history.inits.iter().chain(&history.tail.init) {
            if init.ready_at >= self.since {
                let group = names.name(init.attributes);
                self.sums.enter(group, |sums| sums.init(init));
            }
        }
    }

    /// Computes the figures.
    pub(crate) fn finish(mut self) -> Report {
        for (stack, lease) in &self.observed {
            let Some(idleness) = self.besides.idleness.get(*stack) else {
                continue;
            };
            let idleness = match *idleness {
                KnownIdleness::Active => KnownIdleness::Active,
                // Waste from before the report's period does not count.
                KnownIdleness::Idle { wasted, is_minimum } => KnownIdleness::Idle {
                    wasted: wasted.map(|wasted: Usd| wasted.min(lease.spent.dollars())),
                    is_minimum,
                },
            };
            self.sums.enter(&lease.group, |sums| sums.idle(idleness));
        }
        if let Some(last) = self.besides.billed_until {
            self.add_bill(last);
        }
        let groups = self.sums.groups.into_iter();
        let mut groups: Vec<ReportGroup> = groups
            .map(|(group, sums)| ReportGroup {
                group,
                figures: sums.figures(),
            })
            .collect();
        groups.sort_by(|a, b| {
            let dearer = b.figures.spent_usd.cmp(&a.figures.spent_usd);
            dearer.then_with(|| a.group.cmp(&b.group))
        });
        Report {
            since: self.since,
            until: self.until,
            unreadable: self.besides.unreadable.clone(),
            by: self.by,
            groups,
            total: self.sums.total.figures(),
            days: Vec::new(),
            starts_by_version: Vec::new(),
            purgatories: Vec::new(),
            verdicts: Vec::new(),
            slower: Vec::new(),
            savings: None,
        }
    }

    /// Adds each line of the bill to the group that its stack belonged to on that day. Lines of
    /// stacks that this ledger does not know are skipped.
    fn add_bill(&mut self, last: Date) {
        let groups: Vec<String> = self.sums.groups.keys().cloned().collect();
        for group in &groups {
            self.sums.enter(group, |sums| sums.billed_until(last));
        }
        for (line, payer) in self.besides.billed.iter().zip(&self.payers) {
            if let Some((_, group)) = payer {
                self.sums.enter(group, |sums| sums.billed(line.usd));
            }
        }
    }
}

/// The UTC day of a timestamp, as on the bill.
fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}
