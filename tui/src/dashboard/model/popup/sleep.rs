//! A stack is to sleep: what would stop, what goes on costing, until when, and the yes that is taken only when that was seen.

use jiff::Timestamp;
use stack::StackName;
use stack::service::power::SleepPlan;
use tui_input::Input;

use super::question::Question;
use crate::format::until::Until;

/// The popup.
#[derive(Debug)]
pub(crate) struct Nap {
    pub(crate) stack: StackName,
    /// What would stop.
    pub(crate) question: Question<SleepPlan>,
    /// Until when it is to sleep; empty: until somebody wakes it.
    pub(crate) until: Input,
    /// That is being written.
    pub(crate) writing: bool,
    /// What is wrong with what was written.
    pub(crate) problem: Option<String>,
}

impl Nap {
    pub(crate) fn new(stack: StackName) -> Self {
        Self {
            stack,
            question: Question::asked(),
            until: Input::default(),
            writing: false,
            problem: None,
        }
    }

    /// The plan, when there is something to stop.
    pub(crate) fn may_proceed(&self) -> Option<&SleepPlan> {
        self.question.known().filter(|plan| !plan.stops.is_empty())
    }

    /// When it is to be woken, for somebody who says so now; `None` where nothing was written.
    pub(crate) fn wakes_at(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let text = self.until.value().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let until: Until = text.parse()?;
        let at = until.resolve(now);
        if at > now {
            Ok(Some(at))
        } else {
            Err("that has passed already".to_owned())
        }
    }

    /// How many lines the plan's list has.
    pub(crate) fn lines(&self) -> usize {
        self.question.known().map_or(0, |plan| {
            plan.stops.len() + plan.remains.resources.len() + plan.not_looked.len()
        })
    }
}
