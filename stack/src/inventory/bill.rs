//! The known part of the bill, and how a new answer updates it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::BillAnswer;
use crate::cloud::BillLine;
use crate::values::money::Usd;

/// The bill, as far as it was requested.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillHistory {
    /// The lines, ordered by stack, day and service.
    pub lines: Vec<BillLine>,
    /// Every day that was requested.
    pub days: BTreeMap<Date, BilledDay>,
    /// The number of billed requests per day.
    pub requests: BTreeMap<Date, u32>,
    /// The remark of the latest answer about all figures.
    pub remark: Option<String>,
}

/// What is known of one day of the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledDay {
    /// Whether the day is final: no longer estimated, and never requested again.
    pub settled: bool,
    /// When the day was last requested.
    pub asked_at: Timestamp,
}

/// The bill of one stack, summed over days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackBill {
    /// The total.
    pub usd: Usd,
    /// The part that is still estimated.
    pub estimated_usd: Usd,
    /// The last day that the bill covers.
    pub until: Date,
    /// The last day up to which every day is final; `None` if the first day is still estimated.
    pub settled_until: Option<Date>,
    /// When the last day was requested.
    pub asked_at: Timestamp,
}

impl BillHistory {
    /// The history after another answer. A final day never changes; every other day of the request
    /// is replaced.
    #[must_use]
    pub fn with_answer(&self, asked: BillAnswer) -> Self {
        let BillAnswer { at, from, to, bill } = asked;
        let mut after = self.clone();
        let settled = |days: &BTreeMap<Date, BilledDay>, day: Date| {
            days.get(&day).is_some_and(|day| day.settled)
        };
        let open = |day: Date| from <= day && day < to && !settled(&self.days, day);
        after.lines.retain(|line| !open(line.day));
        let lines = bill.lines.into_iter();
        after.lines.extend(lines.filter(|line| open(line.day)));
        after
            .lines
            .sort_by(|a, b| (&a.stack, a.day, &a.service).cmp(&(&b.stack, b.day, &b.service)));
        let mut day = from;
        while day < to {
            if open(day) {
                let settled = bill.settled.contains(&day);
                let asked_at = at;
                after.days.insert(day, BilledDay { settled, asked_at });
            }
            let Ok(next) = day.tomorrow() else { break };
            day = next;
        }
        after.remark = bill.remark;
        after.count(at, bill.requests);
        after
    }

    /// Counts billed requests on the day of `at`.
    pub fn count(&mut self, at: Timestamp, requests: u32) {
        if requests > 0 {
            let count = self.requests.entry(day_of(at)).or_default();
            *count = count.saturating_add(requests);
        }
    }

    /// The total number of billed requests.
    #[must_use]
    pub fn requests_made(&self) -> u64 {
        self.requests.values().map(|count| u64::from(*count)).sum()
    }

    /// The bill of a stack from the day `from` on; `None` if no day since was requested, or if the
    /// bill names no stack at all, because the tag may not be activated.
    #[must_use]
    pub fn billed(&self, stack: &str, from: Date) -> Option<StackBill> {
        let (until, last) = self.days.range(from..).next_back()?;
        if self.lines.is_empty() {
            return None;
        }
        let settled = self.days.range(from..).take_while(|(_, day)| day.settled);
        let mut billed = StackBill {
            usd: Usd::ZERO,
            estimated_usd: Usd::ZERO,
            until: *until,
            settled_until: settled.last().map(|(day, _)| *day),
            asked_at: last.asked_at,
        };
        for line in self.lines_of(stack).iter().filter(|line| from <= line.day) {
            billed.usd = billed.usd + line.usd;
            if line.estimated {
                billed.estimated_usd = billed.estimated_usd + line.usd;
            }
        }
        Some(billed)
    }

    /// When the bill was last requested.
    #[must_use]
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.days.values().map(|day| day.asked_at).max()
    }

    /// The lines of one stack.
    #[must_use]
    pub fn lines_of(&self, stack: &str) -> &[BillLine] {
        let from = self.lines.partition_point(|line| *line.stack < *stack);
        let rest = self.lines.get(from..).unwrap_or_default();
        let count = rest.partition_point(|line| line.stack == stack);
        rest.get(..count).unwrap_or_default()
    }
}

/// The UTC day of a timestamp, as on the bill.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
