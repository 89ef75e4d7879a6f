//! The teardown popup: the plan, and the confirmation once the plan was on the screen.

use stack::service::teardown::TeardownPlan;
use tui_input::Input;

use super::plan_request::{PlanRequest, PlanState};
use crate::dashboard::stack_key::StackKey;

/// The popup.
#[derive(Debug)]
pub(crate) struct TeardownDialog {
    pub(crate) stack: StackKey,
    /// Whether the plan is expected to require the name, so that the user can type it at once.
    expects_name: bool,
    /// The plan.
    pub(crate) request: PlanRequest<TeardownPlan>,
    /// The name as the user typed it, if the plan requires it.
    pub(crate) typed: Input,
    /// Why the confirmation was rejected.
    pub(crate) problem: Option<String>,
}

impl TeardownDialog {
    pub(crate) fn new(stack: StackKey, expects_name: bool) -> Self {
        Self {
            stack,
            expects_name,
            request: PlanRequest::pending(),
            typed: Input::default(),
            problem: None,
        }
    }

    /// Returns the plan if it can be carried out.
    pub(crate) fn may_proceed(&self) -> Option<&TeardownPlan> {
        self.request.plan().filter(|plan| plan.may_proceed())
    }

    /// Whether the user must type the name instead of pressing `y`. While the plan is made, the
    /// letters of the name are no commands either.
    pub(crate) fn is_text_focused(&self) -> bool {
        match &self.request.state {
            PlanState::Pending => self.expects_name,
            PlanState::Ready(plan) => plan.may_proceed() && plan.protected,
            PlanState::Failed(_) => false,
        }
    }

    /// Whether the typed text is the name.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.typed.value() == self.stack.name().as_str()
    }

    /// The number of lines in the plan's list.
    pub(crate) fn lines(&self) -> usize {
        self.request.plan().map_or(0, |plan| {
            let beside = plan.already_gone.len() + plan.residue.len() + plan.warnings.len();
            plan.count() + beside
        })
    }
}
