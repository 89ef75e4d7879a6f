//! Handles messages while a popup is open.

use tui_input::InputRequest;

use super::{combined, navigation, run_log, sleep, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::Model;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::model::popup::{ExtendDialog, HoldDialog, Popup};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::msg::Msg;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::view;
use crate::format::style::Tone;
use crate::format::values;

/// Handles a message in the popup.
pub(super) fn act(model: &mut Model, msg: Msg) -> Vec<Effect> {
    if let (Some(Popup::Sleep(popup)), Msg::Back) = (&mut model.popup, msg)
        && sleep::back(popup)
    {
        return Vec::new();
    }
    if matches!(msg, Msg::Back | Msg::Quit) {
        return match model.popup.take() {
            Some(Popup::Teardown(popup)) => vec![Effect::DiscardPlan(popup.stack)],
            Some(Popup::Combined(popup)) => combined::discarded(&popup),
            _ => Vec::new(),
        };
    }
    // Take the popup out of the model, so that both can be borrowed, and put it back if it stays
    // open.
    let Some(mut popup) = model.popup.take() else {
        return Vec::new();
    };
    let (stays, effects) = match &mut popup {
        Popup::Help(scroll) => {
            let last = view::max_help_scroll(model);
            (scroll_text(scroll, last, msg), Vec::new())
        }
        Popup::Messages(scroll) => {
            let last = view::max_messages_scroll(model);
            (scroll_text(scroll, last, msg), Vec::new())
        }
        Popup::Log(log) => (run_log::act(model, log, msg), Vec::new()),
        Popup::Explanation(shown, scroll) => {
            let last = view::max_explanation_scroll(model.size, shown);
            (scroll_text(scroll, last, msg), Vec::new())
        }
        Popup::Sort(chosen) => (sort(model, chosen, msg), Vec::new()),
        Popup::Extend(popup) => extend(model, popup, msg),
        Popup::Hold(popup) => hold(model, popup, msg),
        Popup::Sleep(popup) => sleep::act(model, popup, msg),
        Popup::Teardown(popup) => teardown::act(model, popup, msg),
        Popup::Combined(popup) => combined::act(model, popup, msg),
        Popup::Batch(scroll) => {
            let last = view::max_batch_scroll(model);
            (scroll_text(scroll, last, msg), Vec::new())
        }
    };
    if stays {
        model.popup = Some(popup);
    }
    effects
}

/// Closes a popup whose stack has ended, and says so. Keys would act on nothing.
pub(super) fn close_if_gone(model: &mut Model) -> Vec<Effect> {
    let stack = match &model.popup {
        Some(Popup::Extend(popup)) => StackKey::from(&popup.stack),
        Some(Popup::Hold(popup)) => StackKey::from(&popup.stack),
        Some(Popup::Sleep(popup)) => StackKey::from(&popup.stack),
        Some(Popup::Teardown(popup)) => popup.stack.clone(),
        Some(Popup::Combined(_)) => return combined::leave_out_gone(model),
        Some(
            Popup::Help(_)
            | Popup::Messages(_)
            | Popup::Log(_)
            | Popup::Sort(_)
            | Popup::Batch(_)
            | Popup::Explanation(..),
        )
        | None => {
            return Vec::new();
        }
    };
    if model.store.stack(&stack).is_some() {
        return Vec::new();
    }
    let text = match model.store.replacement_key(&stack) {
        Some(_) => format!("{stack} is being torn down by another process"),
        None => format!("{stack} is gone"),
    };
    model.set_status(Tone::Notice, text);
    if model.popup.as_ref().is_some_and(Popup::is_text_focused) {
        model.field_missing = Some(model.now());
    }
    match model.popup.take() {
        Some(Popup::Teardown(popup)) => vec![Effect::DiscardPlan(popup.stack)],
        _ => Vec::new(),
    }
}

/// A frame was drawn, so the user has seen the plan in the popup.
pub(super) fn drawn(model: &mut Model) {
    let room = model.size.is_enough();
    if room && matches!(model.popup, Some(Popup::Combined(_))) {
        return combined::drawn(model);
    }
    match &mut model.popup {
        Some(Popup::Teardown(popup)) => popup.request.mark_displayed(room),
        Some(Popup::Sleep(popup)) => popup.request.mark_displayed(room),
        _ => {}
    }
}

/// Edits the focused text field of the popup.
pub(super) fn edit(popup: &mut Popup, request: InputRequest) {
    match popup {
        Popup::Extend(extend) => extend.edit(request),
        Popup::Hold(hold) => {
            hold.input().handle(request);
            hold.problem = None;
        }
        Popup::Teardown(confirm) => teardown::edit(confirm, request),
        Popup::Sleep(nap) => sleep::edit(nap, request),
        Popup::Combined(combined) => combined.edit(request),
        Popup::Help(_)
        | Popup::Messages(_)
        | Popup::Log(_)
        | Popup::Sort(_)
        | Popup::Batch(_)
        | Popup::Explanation(..) => {}
    }
}

/// Scrolls a popup without a choice. Returns whether it stays open: any other key closes it.
fn scroll_text(scroll: &mut usize, last: usize, msg: Msg) -> bool {
    match msg {
        Msg::Down => *scroll = (*scroll + 1).min(last),
        Msg::Up => *scroll = scroll.saturating_sub(1),
        Msg::PageDown => *scroll = (*scroll + 10).min(last),
        Msg::PageUp => *scroll = scroll.saturating_sub(10),
        Msg::HalfPageDown => *scroll = (*scroll + 5).min(last),
        Msg::HalfPageUp => *scroll = scroll.saturating_sub(5),
        Msg::First => *scroll = 0,
        Msg::Last => *scroll = last,
        _ => return false,
    }
    true
}

fn sort(model: &mut Model, chosen: &mut usize, msg: Msg) -> bool {
    let last = ListColumn::ALL.len() - 1;
    match msg {
        Msg::Down => *chosen = (*chosen + 1).min(last),
        Msg::Up => *chosen = chosen.saturating_sub(1),
        Msg::First | Msg::PageUp | Msg::HalfPageUp => *chosen = 0,
        Msg::Last | Msg::PageDown | Msg::HalfPageDown => *chosen = last,
        Msg::Open | Msg::Sort => return order_by(model, ListColumn::ALL.get(*chosen).copied()),
        Msg::Number(n) => {
            return order_by(
                model,
                ListColumn::ALL.get(usize::from(n).wrapping_sub(1)).copied(),
            );
        }
        _ => {}
    }
    true
}

fn order_by(model: &mut Model, column: Option<ListColumn>) -> bool {
    if let Some(column) = column {
        model.list.order = model.list.order.chosen(column);
        model.dismiss_status();
        navigation::rebuild(model);
    }
    false
}

fn extend(model: &mut Model, popup: &mut ExtendDialog, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Down => popup.choose_next(),
        Msg::Up => popup.choose_previous(),
        Msg::Open => return accept_extend(model, popup),
        _ => {}
    }
    (true, Vec::new())
}

fn accept_extend(model: &mut Model, popup: &mut ExtendDialog) -> (bool, Vec<Effect>) {
    if popup.presets.is_empty() {
        return (false, Vec::new());
    }
    let stack = model.store.stack(&(&popup.stack).into());
    let Some(lease) = stack.and_then(StackRow::lease) else {
        model.set_status(Tone::Notice, format!("{} is gone", popup.stack));
        return (false, Vec::new());
    };
    match popup.read(lease, model.policy(), model.now()) {
        Ok((by, _)) => {
            let stack = popup.stack.clone();
            let text = format!("extending {stack} by {}", values::span(by));
            model.set_status(Tone::Quiet, text);
            (false, vec![Effect::Extend { stack, by }])
        }
        Err(problem) => {
            popup.problem = Some(problem);
            (true, Vec::new())
        }
    }
}

fn hold(model: &mut Model, popup: &mut HoldDialog, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Up | Msg::Down => popup.turn(),
        Msg::Open => match popup.read(model.policy(), model.now()) {
            Ok((until, why)) => {
                let stack = popup.stack.clone();
                model.set_status(Tone::Quiet, format!("holding {stack}"));
                return (false, vec![Effect::Hold { stack, until, why }]);
            }
            Err((field, problem)) => {
                // Enter on the first line moves to the empty second line. That is not an error yet.
                let moves_on = popup.field != field && popup.why.value().trim().is_empty();
                popup.field = field;
                popup.problem = (!moves_on).then_some(problem);
            }
        },
        _ => {}
    }
    (true, Vec::new())
}
