//! What the cloud billed, as far as it was asked, and the rule by which a new bill changes it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::BillAnswer;
use crate::cloud::BillLine;
use crate::values::money::Usd;

/// What is known of the bill.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillHistory {
    /// The lines, ordered by stack, day and service.
    pub lines: Vec<BillLine>,
    /// Every day that was asked about.
    pub days: BTreeMap<Date, BilledDay>,
    /// How many billed requests were made on each day.
    pub requests: BTreeMap<Date, u32>,
    /// What was wrong with the figures as a whole when they were last asked for.
    pub remark: Option<String>,
}

/// What is known of one day of the bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledDay {
    /// The cloud no longer calls it estimated: it is never asked about again.
    pub settled: bool,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// What one stack was billed, all days together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackBill {
    /// All of it.
    pub usd: Usd,
    /// The part that the cloud still calls estimated.
    pub estimated_usd: Usd,
    /// The last day that the bill speaks about.
    pub until: Date,
    /// The last day up to which nothing is estimated any more; `None`: the first day still is.
    pub settled_until: Option<Date>,
    /// When the last day was asked for.
    pub asked_at: Timestamp,
}

impl BillHistory {
    /// What is known after another bill. A day that is settled stays as it is, whatever the new bill says; any other
    /// that was asked about is replaced.
    #[must_use]
    pub fn after(&self, asked: BillAnswer) -> Self {
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

    /// Counts billed requests on the day of a moment.
    pub fn count(&mut self, at: Timestamp, requests: u32) {
        if requests > 0 {
            let count = self.requests.entry(day_of(at)).or_default();
            *count = count.saturating_add(requests);
        }
    }

    /// How many billed requests were made in all.
    #[must_use]
    pub fn requests_made(&self) -> u64 {
        self.requests.values().map(|count| u64::from(*count)).sum()
    }

    /// What a stack was billed from a day on; `None` when no day since was ever asked about, and when the bill names no
    /// stack at all: whether it would is not known then.
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
        for line in self.of(stack).iter().filter(|line| from <= line.day) {
            billed.usd = billed.usd + line.usd;
            if line.estimated {
                billed.estimated_usd = billed.estimated_usd + line.usd;
            }
        }
        Some(billed)
    }

    /// When the cloud was last asked for it.
    #[must_use]
    pub fn asked_at(&self) -> Option<Timestamp> {
        self.days.values().map(|day| day.asked_at).max()
    }

    /// The lines of one stack.
    #[must_use]
    pub fn of(&self, stack: &str) -> &[BillLine] {
        let from = self.lines.partition_point(|line| *line.stack < *stack);
        let rest = self.lines.get(from..).unwrap_or_default();
        let count = rest.partition_point(|line| line.stack == stack);
        rest.get(..count).unwrap_or_default()
    }
}

/// The day of a moment, in UTC as the bill has it.
pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
