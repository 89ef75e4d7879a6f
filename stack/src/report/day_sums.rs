//! The running sums of the days of a report.

use std::collections::BTreeMap;

use super::DayFigures;
use super::lease_spend::Amount;
use super::sums::{DayNumber, Stretch, add, share_of_usd};
use crate::economics::{SliceState, StartOutcome};
use crate::values::money::{DollarTime, Usd};

/// The running sums of one day.
#[derive(Clone, Debug, Default)]
pub(super) struct DaySums {
    total: Amount,
    init: Amount,
    /// What idle stacks spent; `None` if none is known to be idle.
    idle: Option<DollarTime>,
    billed: Option<Usd>,
    pub(super) started: u32,
    ready: u32,
    timed_out: u32,
    failed: u32,
}

impl DaySums {
    /// Adds time that a stack existed.
    pub(super) fn stretch(&mut self, stretch: &Stretch) {
        self.total.add(stretch.amount);
        if stretch.state == SliceState::Init {
            self.init.add(stretch.amount);
        }
    }

    /// Adds the sums of another part of the same day, before any idleness and bill.
    pub(super) fn merge(&mut self, other: &Self) {
        self.total.add(other.total);
        self.init.add(other.init);
        self.started += other.started;
        self.ready += other.ready;
        self.timed_out += other.timed_out;
        self.failed += other.failed;
    }

    /// Counts the outcome of a start.
    pub(super) fn outcome(&mut self, outcome: StartOutcome) {
        match outcome {
            StartOutcome::Ready { .. } => self.ready += 1,
            StartOutcome::TimedOut { .. } => self.timed_out += 1,
            StartOutcome::Failed { .. } => self.failed += 1,
            StartOutcome::Pending => {}
        }
    }

    /// Adds what an idle stack spent.
    pub(super) fn idle(&mut self, spent: Option<DollarTime>) {
        if let Some(spent) = spent {
            self.idle = Some(self.idle.unwrap_or_default() + spent);
        }
    }

    pub(super) fn billed(&mut self, usd: Usd) {
        add(&mut self.billed, Some(usd));
    }

    fn figures(&self, day: DayNumber) -> DayFigures {
        let spent_usd = self.total.usd();
        let idle_usd = self.idle.map(DollarTime::dollars);
        DayFigures {
            day: day.date(),
            spent_usd,
            billed_usd: self.billed,
            idle_usd,
            idle_share: share_of_usd(idle_usd, spent_usd),
            init_usd: self.init.usd(),
            started: self.started,
            ready: self.ready,
            timed_out: self.timed_out,
            failed: self.failed,
        }
    }
}

/// The figures of each day from the first to the last. On a day without any stack, nothing was
/// spent.
pub(super) fn figures(days: &BTreeMap<DayNumber, DaySums>) -> Vec<DayFigures> {
    let (Some(first), Some(last)) = (days.keys().next(), days.keys().next_back()) else {
        return Vec::new();
    };
    let all = std::iter::successors(Some(*first), |day| Some(day.next()));
    let all = all.take_while(|day| day <= last);
    all.map(|day| match days.get(&day) {
        Some(sums) => sums.figures(day),
        None => DayFigures {
            spent_usd: Some(Usd::ZERO),
            ..DaySums::default().figures(day)
        },
    })
    .collect()
}
