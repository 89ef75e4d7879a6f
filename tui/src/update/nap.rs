//! Putting a stack to sleep: what would stop first, the yes once it was seen. Waking asks nothing.

use stack::StackName;
use stack::service::sleep::Plan;

use crate::effect::Effect;
use crate::event::Problem;
use crate::model::Model;
use crate::model::popup::{Nap, Popup};
use crate::msg::Msg;
use crate::output::style::Tone;

/// Opens the question, and asks what would stop.
pub(super) fn begin(model: &mut Model, stack: StackName) -> Vec<Effect> {
    model.said = None;
    model.popup = Some(Popup::Sleep(Box::new(Nap::new(stack.clone()))));
    vec![Effect::Doze(stack)]
}

/// Wakes at once: nothing is lost by it.
pub(super) fn wake(model: &mut Model, stack: StackName) -> Vec<Effect> {
    model.say(Tone::Quiet, format!("waking {stack}"));
    vec![Effect::Wake(stack)]
}

/// A key in the question; whether it stays open, and what is to be done.
pub(super) fn act(model: &mut Model, popup: &mut Nap, msg: Msg) -> (bool, Vec<Effect>) {
    let lines = match &popup.plan {
        Some(Ok(plan)) => plan.stops.len() + plan.remains.resources.len() + plan.not_looked.len(),
        _ => 0,
    };
    match msg {
        Msg::Down => popup.scroll += 1,
        Msg::Up => popup.scroll = popup.scroll.saturating_sub(1),
        Msg::PageDown => popup.scroll += 10,
        Msg::PageUp => popup.scroll = popup.scroll.saturating_sub(10),
        Msg::First => popup.scroll = 0,
        // A yes to what nobody has seen yet is no yes.
        Msg::Yes if popup.seen && popup.may_proceed().is_some() => {
            let stack = popup.stack.clone();
            model.say(Tone::Notice, format!("putting {stack} to sleep"));
            return (false, vec![Effect::Sleep(stack)]);
        }
        _ => {}
    }
    popup.scroll = popup.scroll.min(lines);
    (true, Vec::new())
}

/// What would stop is known, or why it is not.
pub(super) fn drowsy(model: &mut Model, stack: &StackName, answer: Result<Box<Plan>, Problem>) {
    if let Some(Popup::Sleep(popup)) = &mut model.popup
        && popup.stack == *stack
    {
        popup.plan = Some(answer);
        model.dirty = true;
    }
}

/// A frame was drawn: what the question held was on the screen.
pub(super) fn drawn(model: &mut Model) {
    let room = model.size.is_enough();
    if let Some(Popup::Sleep(popup)) = &mut model.popup {
        popup.seen = room && matches!(popup.plan, Some(Ok(_)));
    }
}
