//! A plan that is asked for and shown before anybody may say yes to it: what all questions have in common.

use crate::dashboard::event::Problem;
use crate::dashboard::msg::Msg;

/// How far one page goes.
const PAGE: usize = 10;

/// A plan, or what there is instead.
#[derive(Debug)]
pub(crate) enum Answer<P> {
    /// Somebody is asked.
    Awaited,
    /// This would happen.
    Known(Box<P>),
    /// It could not be found out.
    Failed(Problem),
}

/// The plan, whether it was seen, and how far somebody has looked through it.
#[derive(Debug)]
pub(crate) struct Question<P> {
    pub(crate) answer: Answer<P>,
    /// The plan was on the screen, and so a yes means it.
    seen: bool,
    /// How many of its lines are above the popup.
    pub(crate) scroll: usize,
}

impl<P> Question<P> {
    /// One that was just asked.
    pub(crate) fn asked() -> Self {
        Self {
            answer: Answer::Awaited,
            seen: false,
            scroll: 0,
        }
    }

    /// What is known now. Nobody has seen it yet.
    pub(crate) fn tell(&mut self, answer: Result<Box<P>, Problem>) {
        self.seen = false;
        self.answer = match answer {
            Ok(plan) => Answer::Known(plan),
            Err(problem) => Answer::Failed(problem),
        };
    }

    /// The plan, once it is known.
    pub(crate) fn known(&self) -> Option<&P> {
        match &self.answer {
            Answer::Known(plan) => Some(plan),
            Answer::Awaited | Answer::Failed(_) => None,
        }
    }

    /// The plan, once it was on the screen: a yes to what nobody has seen yet is no yes.
    pub(crate) fn seen(&self) -> Option<&P> {
        self.known().filter(|_| self.seen)
    }

    /// A frame was drawn, in which there was room for the plan or not.
    pub(crate) fn drawn(&mut self, room: bool) {
        self.seen = room && self.known().is_some();
    }

    /// A key that looks through so many lines.
    pub(crate) fn look(&mut self, msg: Msg, lines: usize) {
        self.scroll = match msg {
            Msg::Down => self.scroll + 1,
            Msg::Up => self.scroll.saturating_sub(1),
            Msg::PageDown => self.scroll + PAGE,
            Msg::PageUp => self.scroll.saturating_sub(PAGE),
            Msg::First => 0,
            Msg::Last => lines,
            _ => self.scroll,
        }
        .min(lines);
    }
}
