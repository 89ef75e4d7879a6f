//! Disruption budgets of the reaper: how many stacks it may be ending at the same time, and when.
//!
//! A budget with a schedule is in force from each start for its duration; a budget without one is
//! always in force. Of several budgets, each one limits the reaper.

mod schedule;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use schedule::{Schedule, ScheduleError};

use crate::due::Cause;
use crate::values::id::StackName;
use crate::values::ttl::Span;

/// How far ahead jiti looks for a time at which a stack may end.
const HORIZON: Span = Span::minutes(60 * 24 * 60);

/// How often budgets may close one after the other within one search for such a time.
const MAX_ROUNDS: usize = 200;

/// One `[[reaper.budget]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// When it is in force; `None` for always.
    pub window: Option<BudgetWindow>,
    /// How many stacks may be ending at the same time.
    pub max: BudgetMax,
    /// The causes that it limits; empty for every cause.
    pub reasons: Vec<Cause>,
}

/// When a budget is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetWindow {
    /// When it starts to be in force.
    pub schedule: Schedule,
    /// For how long it is in force after each start.
    pub duration: Span,
    /// The time zone of the schedule, as the configuration names it.
    pub timezone: String,
    /// The same, with its rules.
    pub zone: TimeZone,
}

/// How many stacks may be ending at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetMax {
    /// So many stacks.
    Count(u32),
    /// So many percent of the stacks that are not gone, rounded up.
    Percent(u8),
}

/// A text that is neither a number of stacks nor a percentage.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a number of stacks, such as 2, nor a percentage from \"0%\" to \"100%\"")]
pub struct BudgetMaxError(String);

/// Why a budget defers the end of a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetDeferral {
    /// The budget, in words.
    pub budget: String,
    /// How many stacks it lets end at the same time, now.
    pub max: u32,
    /// How many are ending.
    pub ending: u32,
    /// The time of the next possible end; null if the budget never lets this stack end.
    pub not_before: Option<Timestamp>,
}

/// The stacks that are ending, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndingStacks {
    /// Each stack, with the word for the reason of its teardown.
    ending: BTreeSet<(StackName, String)>,
    /// The number of stacks that are not gone.
    total: u32,
}

impl EndingStacks {
    /// No ending stack among so many.
    #[must_use]
    pub fn none_of(total: usize) -> Self {
        Self {
            ending: BTreeSet::new(),
            total: u32::try_from(total).unwrap_or(u32::MAX),
        }
    }

    /// Adds a stack that is ending. A stack counts once, for the first reason.
    pub fn add(&mut self, stack: &StackName, reason: &str) {
        if !self.contains(stack) {
            self.ending.insert((stack.clone(), reason.to_owned()));
        }
    }

    /// Removes a stack.
    pub fn remove(&mut self, stack: &StackName) {
        self.ending.retain(|(name, _)| name != stack);
    }

    /// Whether a stack is ending.
    #[must_use]
    pub fn contains(&self, stack: &StackName) -> bool {
        self.ending.iter().any(|(name, _)| name == stack)
    }

    fn count_for(&self, budget: &Budget) -> u32 {
        let counts = |reason: &str| {
            let mut limited = budget.reasons.iter();
            budget.reasons.is_empty() || limited.any(|cause| cause.as_str() == reason)
        };
        let ending = self.ending.iter().filter(|(_, reason)| counts(reason));
        u32::try_from(ending.count()).unwrap_or(u32::MAX)
    }
}

impl Budget {
    /// Whether it limits a cause.
    #[must_use]
    pub fn covers(&self, cause: Cause) -> bool {
        self.reasons.is_empty() || self.reasons.contains(&cause)
    }

    /// Whether it is in force.
    #[must_use]
    pub fn is_in_force(&self, at: Timestamp) -> bool {
        match &self.window {
            None => true,
            Some(window) => window.end(at).is_some(),
        }
    }

    /// Whether it lets no stack end while it is in force.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.max, BudgetMax::Count(0) | BudgetMax::Percent(0))
    }

    /// How many of `total` stacks may be ending at the same time.
    #[must_use]
    pub fn limit(&self, total: u32) -> u32 {
        match self.max {
            BudgetMax::Count(count) => count,
            BudgetMax::Percent(percent) => {
                let share = u64::from(total) * u64::from(percent);
                u32::try_from(share.div_ceil(100)).unwrap_or(u32::MAX)
            }
        }
    }
}

impl BudgetWindow {
    /// The end of the window that contains `at`; `None` if no window does.
    fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let start = self
            .schedule
            .last_start(&self.zone, at, self.duration.before(at))?;
        let end = self.duration.after(start);
        (at < end).then_some(end)
    }
}

/// Why the budgets defer the end of a stack now; `None` if they let it end.
#[must_use]
pub fn deferral(
    budgets: &[Budget],
    cause: Cause,
    ending: &EndingStacks,
    now: Timestamp,
) -> Option<BudgetDeferral> {
    let in_force = budgets
        .iter()
        .filter(|budget| budget.covers(cause) && budget.is_in_force(now));
    let full = in_force.filter_map(|budget| {
        let (max, count) = (budget.limit(ending.total), ending.count_for(budget));
        (count >= max).then_some((budget, max, count))
    });
    // The budget with the fewest stacks says the most.
    let (budget, max, count) = full.min_by_key(|(_, max, _)| *max)?;
    Some(BudgetDeferral {
        budget: budget.to_string(),
        max,
        ending: count,
        not_before: next_opening(budgets, cause, now),
    })
}

/// The first time from `at` on at which no budget is in force that lets no stack end for a cause;
/// `None` if there is none within 60 days.
#[must_use]
pub fn next_opening(budgets: &[Budget], cause: Cause, at: Timestamp) -> Option<Timestamp> {
    let closed: Vec<&Budget> = budgets
        .iter()
        .filter(|budget| budget.is_closed() && budget.covers(cause))
        .collect();
    let horizon = HORIZON.after(at);
    let mut open = at;
    for _ in 0..MAX_ROUNDS {
        let closing = closed.iter().find(|budget| budget.is_in_force(open));
        let Some(closing) = closing else {
            return Some(open);
        };
        let window = closing.window.as_ref()?;
        let start = window
            .schedule
            .last_start(&window.zone, open, window.duration.before(open))?;
        open = window
            .schedule
            .covered_until(&window.zone, start, window.duration, horizon)?;
    }
    None
}

impl FromStr for BudgetMax {
    type Err = BudgetMaxError;

    fn from_str(text: &str) -> Result<Self, BudgetMaxError> {
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let max = match text.strip_suffix('%') {
            Some(percent) if is_number(percent) => percent
                .parse()
                .ok()
                .filter(|p| *p <= 100)
                .map(Self::Percent),
            None if is_number(text) => text.parse().ok().map(Self::Count),
            _ => None,
        };
        max.ok_or_else(|| BudgetMaxError(text.to_owned()))
    }
}

impl fmt::Display for BudgetMax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.max {
            _ if self.is_closed() => f.write_str("no teardown")?,
            max => write!(f, "at most {max} at a time")?,
        }
        if let Some(BudgetWindow {
            schedule,
            duration,
            timezone,
            ..
        }) = &self.window
        {
            write!(f, " for {duration} from \"{schedule}\" ({timezone})")?;
        }
        if !self.reasons.is_empty() {
            let reasons: Vec<_> = self.reasons.iter().map(|cause| cause.as_str()).collect();
            write!(f, ", for {}", reasons.join(", "))?;
        }
        Ok(())
    }
}

/// A budget as the reaper's log records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedBudget {
    /// The schedule; absent for always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// The duration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Span>,
    /// The time zone of the schedule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// How many stacks may be ending at the same time.
    pub max: String,
    /// The causes; empty for every cause.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

impl From<&Budget> for RecordedBudget {
    fn from(budget: &Budget) -> Self {
        let window = budget.window.as_ref();
        Self {
            schedule: window.map(|window| window.schedule.to_string()),
            duration: window.map(|window| window.duration),
            timezone: window.map(|window| window.timezone.clone()),
            max: budget.max.to_string(),
            reasons: budget
                .reasons
                .iter()
                .map(|cause| cause.as_str().to_owned())
                .collect(),
        }
    }
}

impl RecordedBudget {
    /// The budget; `None` if this version of jiti cannot read it, or does not know its time zone.
    #[must_use]
    pub fn read(&self) -> Option<Budget> {
        let window = match (&self.schedule, self.duration) {
            (Some(schedule), Some(duration)) => {
                let timezone = self.timezone.clone().unwrap_or_else(|| "UTC".to_owned());
                Some(BudgetWindow {
                    schedule: schedule.parse().ok()?,
                    duration,
                    zone: TimeZone::get(&timezone).ok()?,
                    timezone,
                })
            }
            _ => None,
        };
        let reasons = self.reasons.iter().map(|reason| reason.parse().ok());
        Some(Budget {
            window,
            max: self.max.parse().ok()?,
            reasons: reasons.collect::<Option<_>>()?,
        })
    }
}

#[cfg(test)]
mod tests;
