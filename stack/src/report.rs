//! The report on cost, idle time and init over a period, in groups: a fold of every event, in which
//! unknown stays unknown.
//!
//! [`ReportBuilder`] takes the events page by page, and [`ReportBuilder::finish`] computes the
//! figures.

mod figures;
mod life;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use figures::{EndCounts, Figures, IdleFigures, InitFigures};

use self::figures::Sums;
use self::life::Life;
use crate::cloud::BillLine;
use crate::lease::{Event, IllegalTransition, Lease};
use crate::ledger::UnreadableStack;
use crate::values::id::StackName;
use crate::values::money::Usd;

/// The grouping of a report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// By application.
    #[default]
    App,
    /// By the owner at the time.
    Owner,
    /// By application and the version deployed at the time.
    Version,
}

impl GroupBy {
    fn group(self, lease: &Lease) -> String {
        match self {
            Self::App => lease.app.to_string(),
            Self::Owner => lease.owner.to_string(),
            Self::Version => format!("{}@{}", lease.app, lease.version),
        }
    }
}

/// The figures per group and in total.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The start of the period.
    pub since: Timestamp,
    /// The end of the period.
    pub until: Timestamp,
    /// The grouping.
    pub by: GroupBy,
    /// The stacks that the figures leave out, because their events cannot be read.
    #[serde(default)]
    pub unreadable: Vec<UnreadableStack>,
    /// The groups, most expensive first, then by name.
    pub groups: Vec<ReportGroup>,
    /// The total over all groups.
    pub total: Figures,
}

/// The figures of one group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportGroup {
    /// The group's name.
    pub group: String,
    /// The group's figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// The inputs of a report besides the ledger.
#[derive(Clone, Debug, Default)]
pub struct ReportInputs {
    /// The lines of the bill.
    pub billed: Vec<BillLine>,
    /// The last day of the requested bill; `None` if it was never requested.
    pub billed_until: Option<Date>,
    /// Each stack of which it is known whether it is idle now.
    pub idleness: BTreeMap<StackName, KnownIdleness>,
    /// The stacks whose events cannot be read.
    pub unreadable: Vec<UnreadableStack>,
}

/// Whether a stack is idle now, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnownIdleness {
    /// It is in use.
    Active,
    /// It is unused.
    Idle {
        /// What it has wasted since; `None` without a known rate.
        wasted: Option<Usd>,
    },
}

/// Builds a report from events.
#[derive(Debug)]
pub struct ReportBuilder {
    since: Timestamp,
    until: Timestamp,
    by: GroupBy,
    lives: BTreeMap<StackName, Life>,
    accounts: Accounts,
}

/// The sums per group and in total.
#[derive(Debug, Default)]
struct Accounts {
    groups: BTreeMap<String, Sums>,
    total: Sums,
}

impl Accounts {
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

impl ReportBuilder {
    /// Starts a report on the time from `since` to `until`. Nothing counts beyond its end, also
    /// where an event is dated later.
    #[must_use]
    pub fn new(since: Timestamp, until: Timestamp, by: GroupBy) -> Self {
        Self {
            since,
            until,
            by,
            lives: BTreeMap::new(),
            accounts: Accounts::default(),
        }
    }

    /// Adds one event. The events of each stack must come in order.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event cannot follow the previous ones.
    pub fn event(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        if !self.lives.contains_key(&event.stack) {
            let life = Life::new(self.since, self.until, self.by);
            self.lives.insert(event.stack.clone(), life);
        }
        match self.lives.get_mut(&event.stack) {
            Some(life) => life.event(event, &mut self.accounts),
            None => Ok(()),
        }
    }

    /// Computes the figures.
    #[must_use]
    pub fn finish(mut self, besides: &ReportInputs) -> Report {
        for (name, life) in &mut self.lives {
            life.finish(&mut self.accounts);
            if let Some(idleness) = besides.idleness.get(name) {
                life.idle(*idleness, &mut self.accounts);
            }
        }
        if let Some(last) = besides.billed_until {
            self.bill(&besides.billed, last);
        }
        let groups = self.accounts.groups.into_iter();
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
            unreadable: besides.unreadable.clone(),
            by: self.by,
            groups,
            total: self.accounts.total.figures(),
        }
    }

    /// Adds each line of the bill to the group that its stack belonged to on that day. Lines of
    /// stacks that this ledger does not know are skipped.
    fn bill(&mut self, lines: &[BillLine], last: Date) {
        let groups: Vec<String> = self.accounts.groups.keys().cloned().collect();
        for group in &groups {
            self.accounts.enter(group, |sums| sums.billed_until(last));
        }
        let first = life::day(self.since);
        for line in lines.iter().filter(|line| line.day >= first) {
            let life = StackName::new(&line.stack).ok();
            let life = life.and_then(|name| self.lives.get(&name));
            if let Some(group) = life.and_then(|life| life.group_on(line.day)) {
                self.accounts.enter(group, |sums| sums.billed(line.usd));
            }
        }
    }
}

#[cfg(test)]
mod tests;
