//! A stack is to end: what would go, and the yes that is taken only when that was seen.

use stack::service::teardown::TeardownPlan;
use tui_input::Input;

use super::question::Question;
use crate::dashboard::model::world::Key;

/// The popup.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) stack: Key,
    /// What would go.
    pub(crate) question: Question<TeardownPlan>,
    /// What was typed, where the name has to be.
    pub(crate) typed: Input,
    /// Why the yes was not taken.
    pub(crate) problem: Option<String>,
}

impl Confirm {
    pub(crate) fn new(stack: Key) -> Self {
        Self {
            stack,
            question: Question::asked(),
            typed: Input::default(),
            problem: None,
        }
    }

    /// The plan, when it may be carried out.
    pub(crate) fn may_proceed(&self) -> Option<&TeardownPlan> {
        self.question.known().filter(|plan| plan.may_proceed())
    }

    /// Whether the name has to be typed, rather than y.
    pub(crate) fn is_written(&self) -> bool {
        self.may_proceed().is_some_and(|plan| plan.protected)
    }

    /// Whether what was typed is the name.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.typed.value() == self.stack.name().as_str()
    }

    /// How many lines the plan's list has.
    pub(crate) fn lines(&self) -> usize {
        self.question.known().map_or(0, |plan| {
            let beside = plan.already_gone.len() + plan.residue.len() + plan.warnings.len();
            plan.count() + beside
        })
    }
}
