//! Navigation: selecting and opening a stack, rebuilding the list, and scrolling a page.

use stack::Seq;

use crate::dashboard::effect::Effect;
use crate::dashboard::model::detail::Detail;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::view::{self, layout};

/// Opens the selected stack and requests its events.
pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    let Some(stack) = model.list.selected().cloned() else {
        return Vec::new();
    };
    open(model, stack)
}

/// Opens the page of a stack and requests its events.
pub(super) fn open(model: &mut Model, stack: StackKey) -> Vec<Effect> {
    model.dismiss_status();
    let load_events = stack.leased().map(|stack| Effect::LoadEvents {
        stack: stack.clone(),
        after: Seq::NONE,
    });
    model.screen = Screen::Detail(Box::new(Detail::new(stack)));
    load_events.into_iter().collect()
}

/// Moves the selection by a number of stacks.
pub(super) fn move_selection(model: &mut Model, by: isize) {
    let rows = layout::rows(model.size);
    model.list.move_selection(&model.store, by, rows);
}

/// Selects the stack on a line, or the nearest one to it.
pub(super) fn select_nearest(model: &mut Model, line: usize) {
    let rows = layout::rows(model.size);
    model.list.select_nearest(&model.store, line, rows);
}

/// Recomputes the lines of the list.
pub(super) fn rebuild(model: &mut Model) {
    model.list.rebuild(&model.store, layout::rows(model.size));
}

/// Limits the scroll position of the open page to the length of the page.
pub(super) fn clamp_scroll(model: &mut Model) {
    let last = view::max_scroll(model);
    if let Screen::Detail(detail) = &mut model.screen {
        detail.scroll = detail.scroll.min(last);
    }
}
