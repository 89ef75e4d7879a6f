//! The report on cost, idle time and init over a period, in groups: a fold of every event, in which
//! unknown stays unknown.
//!
//! The events of each lease are recorded as a history that does not depend on the period or the
//! grouping, so that it can be stored. The figures of a period are sums over histories.
//! [`ReportBuilder`] does both for events in memory.

mod day_sums;
mod days;
mod figures;
mod group_by;
mod history;
mod idleness;
mod lease_spend;
mod phase_split;
mod phases;
mod purgatory;
mod recorder;
mod starts;
mod summation;
mod sums;
mod version_sums;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use days::DayFigures;
pub use figures::{EndCause, EndCounts, Figures, IdleFigures, InitFigures};
pub use group_by::{GroupBy, GroupByError};
pub use idleness::KnownIdleness;
pub use phases::{ClassFigures, PhaseFigures};
pub use purgatory::PurgatoryRow;
pub use starts::{StartFigures, VersionStarts};

pub(crate) use self::figures::quantile;
pub(crate) use self::history::LeaseHistory;
pub(crate) use self::recorder::{LeaseRecorder, StackRecorder, UnfoldableEvent};
pub(crate) use self::summation::Summation;

use crate::cloud::BillLine;
use crate::economics::{Savings, Verdict, VersionComparison};
use crate::lease::{Event, IllegalTransition, Lease};
use crate::ledger::UnreadableStack;
use crate::values::id::StackName;
use crate::values::money::HourlyRate;

/// The version of the serialised form of a history. Raise it with every change of a field.
const HISTORY_FORMAT: u32 = 5;

/// The format of stored histories, which also contain leases. Histories of another format are
/// dropped, and recorded from the events again.
pub(crate) const FORMAT: u32 = (HISTORY_FORMAT << 16) | Lease::FORMAT;

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
    /// The figures of each UTC day, from the first to the last on which a stack existed.
    #[serde(default)]
    pub days: Vec<DayFigures>,
    /// The starts of each version of each app.
    #[serde(default)]
    pub starts_by_version: Vec<VersionStarts>,
    /// The stacks that are in purgatory at the end of the period, the longest first.
    #[serde(default)]
    pub purgatories: Vec<PurgatoryRow>,
    /// For each app, whether to rebuild its stacks, let them sleep, or keep them.
    #[serde(default)]
    pub verdicts: Vec<Verdict>,
    /// For each app, whether its latest version starts slower than the one before.
    #[serde(default)]
    pub slower: Vec<VersionComparison>,
    /// What the stacks saved against stacks that are always on.
    #[serde(default)]
    pub savings: Option<Savings>,
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
    /// The price of an hour for which an engineer waits; `None` if waiting does not count.
    pub engineer_hourly_usd: Option<HourlyRate>,
}

/// Builds a report from events.
#[derive(Debug)]
pub struct ReportBuilder {
    since: Timestamp,
    until: Timestamp,
    by: GroupBy,
    stacks: BTreeMap<StackName, StackRecorder>,
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
            stacks: BTreeMap::new(),
        }
    }

    /// Adds one event. The events of each stack must come in order.
    ///
    /// # Errors
    /// [`IllegalTransition`] when the event cannot follow the previous ones.
    pub fn event(&mut self, event: &Event) -> Result<(), IllegalTransition> {
        if !self.stacks.contains_key(&event.stack) {
            let recorder = StackRecorder::default();
            self.stacks.insert(event.stack.clone(), recorder);
        }
        match self.stacks.get_mut(&event.stack) {
            Some(recorder) => recorder.record_until(event, self.until),
            None => Ok(()),
        }
    }

    /// Computes the figures.
    #[must_use]
    pub fn finish(self, besides: &ReportInputs) -> Report {
        let mut sums = Summation::new(self.since, self.until, self.by, besides);
        for (stack, recorder) in &self.stacks {
            for (number, history) in recorder.leases() {
                sums.add(stack, number, history);
            }
        }
        sums.finish()
    }
}

#[cfg(test)]
mod tests;
