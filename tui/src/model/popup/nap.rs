//! A stack is to sleep: what would stop, what goes on costing, and the yes that is taken only when that was seen.

use stack::StackName;
use stack::service::sleep::Plan;

use crate::event::Problem;

/// The popup.
#[derive(Debug)]
pub(crate) struct Nap {
    pub(crate) stack: StackName,
    /// What would stop; `None` while the cloud is asked.
    pub(crate) plan: Option<Result<Box<Plan>, Problem>>,
    /// The plan was on the screen, and so a yes means it.
    pub(crate) seen: bool,
    /// How many lines of the plan are above the popup.
    pub(crate) scroll: usize,
}

impl Nap {
    pub(crate) fn new(stack: StackName) -> Self {
        Self {
            stack,
            plan: None,
            seen: false,
            scroll: 0,
        }
    }

    /// The plan, when there is something to stop.
    pub(crate) fn may_proceed(&self) -> Option<&Plan> {
        match &self.plan {
            Some(Ok(plan)) if !plan.stops.is_empty() => Some(plan),
            _ => None,
        }
    }
}
