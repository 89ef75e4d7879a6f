//! A plan that the user must see before confirming it: common to the teardown and sleep popups.

use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;

/// How many lines a page key scrolls.
const PAGE_LINES: usize = 10;

/// The state of a plan request.
#[derive(Debug)]
pub(crate) enum PlanState<P> {
    /// The plan was requested.
    Pending,
    /// The plan.
    Ready(Box<P>),
    /// Planning failed.
    Failed(Problem),
}

/// The plan request, whether the plan was on the screen, and the scroll position.
#[derive(Debug)]
pub(crate) struct PlanRequest<P> {
    pub(crate) state: PlanState<P>,
    /// The plan was on the screen, so a confirmation refers to it.
    displayed: bool,
    /// How many lines of the plan are scrolled out at the top.
    pub(crate) scroll: usize,
}

impl<P> PlanRequest<P> {
    /// Makes a request without a result.
    pub(crate) fn pending() -> Self {
        Self {
            state: PlanState::Pending,
            displayed: false,
            scroll: 0,
        }
    }

    /// Stores the result. It was not on the screen yet.
    pub(crate) fn set_result(&mut self, result: Result<Box<P>, Problem>) {
        self.displayed = false;
        self.state = match result {
            Ok(plan) => PlanState::Ready(plan),
            Err(problem) => PlanState::Failed(problem),
        };
    }

    /// Whether the result is still awaited.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, PlanState::Pending)
    }

    /// Returns the plan, once planning has succeeded.
    pub(crate) fn plan(&self) -> Option<&P> {
        match &self.state {
            PlanState::Ready(plan) => Some(plan),
            PlanState::Pending | PlanState::Failed(_) => None,
        }
    }

    /// Returns the plan once it was on the screen. Only then does a confirmation count.
    pub(crate) fn displayed_plan(&self) -> Option<&P> {
        self.plan().filter(|_| self.displayed)
    }

    /// A frame was drawn. `room` says whether the terminal was large enough to show the plan.
    pub(crate) fn mark_displayed(&mut self, room: bool) {
        self.displayed = room && self.plan().is_some();
    }

    /// Scrolls by a key, within this many lines.
    pub(crate) fn scroll_by(&mut self, msg: Msg, lines: usize) {
        self.scroll = match msg {
            Msg::Down => self.scroll + 1,
            Msg::Up => self.scroll.saturating_sub(1),
            Msg::PageDown => self.scroll + PAGE_LINES,
            Msg::PageUp => self.scroll.saturating_sub(PAGE_LINES),
            Msg::HalfPageDown => self.scroll + PAGE_LINES / 2,
            Msg::HalfPageUp => self.scroll.saturating_sub(PAGE_LINES / 2),
            Msg::First => 0,
            Msg::Last => lines,
            _ => self.scroll,
        }
        .min(lines);
    }
}
