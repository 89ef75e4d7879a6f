//! A stack is to end: what would go, and the yes that is taken only when that was seen.

use stack::service::teardown::Plan;
use tui_input::Input;

use crate::event::Problem;
use crate::model::world::Key;

/// The popup.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) stack: Key,
    /// What is known about what would go.
    pub(crate) plan: Planned,
    /// The plan was on the screen, and so a yes means it.
    pub(crate) seen: bool,
    /// What was typed, where the name has to be.
    pub(crate) typed: Input,
    /// How many lines of the plan are above the popup.
    pub(crate) scroll: usize,
    /// Why the yes was not taken.
    pub(crate) problem: Option<String>,
}

/// A plan, or what there is instead.
#[derive(Debug)]
pub(crate) enum Planned {
    /// Terraform is asked.
    Asked,
    /// This would go.
    Known(Box<Plan>),
    /// It could not be found out.
    Failed(Problem),
}

impl Confirm {
    pub(crate) fn new(stack: Key) -> Self {
        Self {
            stack,
            plan: Planned::Asked,
            seen: false,
            typed: Input::default(),
            scroll: 0,
            problem: None,
        }
    }

    /// The plan, when it may be carried out.
    pub(crate) fn may_proceed(&self) -> Option<&Plan> {
        match &self.plan {
            Planned::Known(plan) if plan.may_proceed() => Some(plan),
            _ => None,
        }
    }

    /// Whether the name has to be typed, rather than y.
    pub(crate) fn is_written(&self) -> bool {
        self.may_proceed().is_some_and(|plan| plan.protected)
    }

    /// Whether what was typed is the name.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.typed.value() == self.stack.name().as_str()
    }
}
