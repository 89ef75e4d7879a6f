//! What stacks have cost and brought over a time, in groups: a fold of every event, in which unknown stays unknown.
//!
//! [`ReportBuilder`] takes the events, page by page, and [`ReportBuilder::finish`] makes the figures.

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
use crate::values::id::StackName;
use crate::values::money::Usd;

/// What groups the stacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    /// The application.
    #[default]
    App,
    /// Who was responsible at the time.
    Owner,
    /// The application and the version that was deployed at the time.
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

/// The figures of every group, and of all together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// From when on.
    pub since: Timestamp,
    /// Until when.
    pub until: Timestamp,
    /// What groups them.
    pub by: GroupBy,
    /// Each group, the one that was most expensive first, then by name.
    pub groups: Vec<ReportGroup>,
    /// All of them.
    pub total: Figures,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportGroup {
    /// Its name.
    pub group: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: Figures,
}

/// What is known besides the ledger when the report is made.
#[derive(Clone, Debug, Default)]
pub struct ReportInputs {
    /// What was billed, each line for a stack by its name.
    pub billed: Vec<BillLine>,
    /// The last day about which the bill was asked; `None` when it never was.
    pub billed_until: Option<Date>,
    /// What each stack that is idle now has wasted; stacks that nobody could judge are not in it.
    pub wasted: BTreeMap<StackName, Option<Usd>>,
}

/// A report in the making.
#[derive(Debug)]
pub struct ReportBuilder {
    since: Timestamp,
    by: GroupBy,
    lives: BTreeMap<StackName, Life>,
    books: Books,
}

/// Where figures are entered: in their group and in the total.
#[derive(Debug, Default)]
struct Books {
    groups: BTreeMap<String, Sums>,
    total: Sums,
}

impl Books {
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
    /// A report from a moment on.
    #[must_use]
    pub fn new(since: Timestamp, by: GroupBy) -> Self {
        Self {
            since,
            by,
            lives: BTreeMap::new(),
            books: Books::default(),
        }
    }

    /// One more event. Each stack's have to come in their order.
    ///
    /// # Errors
    /// [`IllegalTransition`] when it cannot follow those before it.
    pub fn event(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        let (since, by) = (self.since, self.by);
        if !self.lives.contains_key(&event.stack) {
            self.lives.insert(event.stack.clone(), Life::new(since, by));
        }
        match self.lives.get_mut(&event.stack) {
            Some(life) => life.event(event, &mut self.books),
            None => Ok(()),
        }
    }

    /// The figures until a moment.
    #[must_use]
    pub fn finish(mut self, until: Timestamp, besides: &ReportInputs) -> Report {
        for (name, life) in &mut self.lives {
            life.finish(until, &mut self.books);
            if let Some(wasted) = besides.wasted.get(name) {
                life.idle(*wasted, &mut self.books);
            }
        }
        if let Some(last) = besides.billed_until {
            self.bill(&besides.billed, last);
        }
        let groups = self.books.groups.into_iter();
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
            until,
            by: self.by,
            groups,
            total: self.books.total.figures(),
        }
    }

    /// Sets each line of the bill against the group that its stack belonged to on that day. Lines of stacks that this
    /// ledger does not know are somebody else's.
    fn bill(&mut self, lines: &[BillLine], last: Date) {
        let groups: Vec<String> = self.books.groups.keys().cloned().collect();
        for group in &groups {
            self.books.enter(group, |sums| sums.billed_until(last));
        }
        let first = life::day(self.since);
        for line in lines.iter().filter(|line| line.day >= first) {
            let life = StackName::new(&line.stack).ok();
            let life = life.and_then(|name| self.lives.get(&name));
            if let Some(group) = life.and_then(|life| life.group_on(line.day)) {
                self.books.enter(group, |sums| sums.billed(line.usd));
            }
        }
    }
}

#[cfg(test)]
mod tests;
