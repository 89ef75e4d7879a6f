//! The sleep popup: what would stop, what keeps costing, the end of the sleep, and the confirmation
//! once the plan was on the screen.

use jiff::Timestamp;
use stack::StackName;
use stack::service::power::SleepPlan;
use tui_input::Input;

use super::plan_request::PlanRequest;
use stack::values::until::Until;

/// The popup.
#[derive(Debug)]
pub(crate) struct SleepDialog {
    pub(crate) stack: StackName,
    /// The plan.
    pub(crate) request: PlanRequest<SleepPlan>,
    /// When to wake the stack; empty: when a user wakes it.
    pub(crate) until: Input,
    /// The user is editing the text field.
    pub(crate) writing: bool,
    /// Why the text was rejected.
    pub(crate) problem: Option<String>,
}

impl SleepDialog {
    pub(crate) fn new(stack: StackName) -> Self {
        Self {
            stack,
            request: PlanRequest::pending(),
            until: Input::default(),
            writing: false,
            problem: None,
        }
    }

    /// Returns the plan if it stops anything.
    pub(crate) fn may_proceed(&self) -> Option<&SleepPlan> {
        self.request.plan().filter(|plan| !plan.stops.is_empty())
    }

    /// Returns when to wake the stack, relative to `now`; `None` if the text field is empty.
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
            Err("this time is in the past".to_owned())
        }
    }

    /// The number of lines in the plan's list.
    pub(crate) fn lines(&self) -> usize {
        self.request.plan().map_or(0, |plan| {
            let starts = plan.starts.found.len() + plan.starts.unread.len();
            let remains = plan.remains.resources.len();
            plan.stops.len() + remains + starts + plan.not_looked.len()
        })
    }
}
