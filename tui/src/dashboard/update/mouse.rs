//! Handles the mouse: a click selects a stack or sorts by a column, a second click opens the stack,
//! and the wheel scrolls.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{economics, navigation, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::view::layout::{self, Hit};

/// How many lines one notch of the wheel scrolls.
const NOTCH: isize = 3;

pub(super) fn act(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    // Popups and the command line take keys only: a click beside one must not act on what is below
    // it.
    let takes_keys = model.popup.is_some() || model.command_line.is_open();
    if takes_keys || !model.size.is_enough() {
        return Vec::new();
    }
    match mouse.kind {
        MouseEventKind::ScrollDown => wheel(model, NOTCH),
        MouseEventKind::ScrollUp => wheel(model, -NOTCH),
        MouseEventKind::Down(MouseButton::Left) => return click(model, mouse),
        _ => {}
    }
    Vec::new()
}

fn wheel(model: &mut Model, by: isize) {
    model.dirty = true;
    match &mut model.screen {
        Screen::List => model
            .list
            .scroll(&model.store, by, layout::rows(model.size)),
        Screen::Detail(detail) => {
            detail.scroll = detail.scroll.saturating_add_signed(by);
            navigation::clamp_scroll(model);
        }
        Screen::Economics(_) => {}
    }
}

fn click(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    model.dirty = true;
    if let Screen::Detail(detail) = &mut model.screen {
        if let Some(tab) = crate::dashboard::view::tab_at(model.size, mouse.column, mouse.row) {
            (detail.tab, detail.scroll) = (tab, 0);
        }
        let mut effects = economics::load_for_tab(model);
        effects.extend(teardown::preview(model, false));
        return effects;
    }
    if matches!(model.screen, Screen::Economics(_)) {
        return Vec::new();
    }
    match layout::hit(model, mouse.column, mouse.row) {
        Some(Hit::Title(column)) => {
            model.list.order = model.list.order.chosen(column);
            navigation::rebuild(model);
        }
        Some(Hit::Line(at)) => {
            let on = model.list.stack_on(&model.store, at).map(StackRow::key);
            if on.is_some() && on.as_ref() == model.list.selected() {
                return navigation::open_selected(model);
            }
            if on.is_some() {
                let rows = layout::rows(model.size);
                model.list.select_nearest(&model.store, at, rows);
            }
        }
        None => {}
    }
    Vec::new()
}
