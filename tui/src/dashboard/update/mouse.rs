//! The mouse: a click selects or sorts, a second one opens, the wheel scrolls.

use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};

use super::{keys, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::world::Stack;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::view::layout::{self, Hit};

/// How far one notch of the wheel goes.
const NOTCH: isize = 3;

pub(super) fn act(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    // A popup is answered with keys: a click beside it must not act on what is below it.
    if model.popup.is_some() || !model.size.is_enough() {
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
            .scroll(&model.world, by, layout::rows(model.size)),
        Screen::Detail(detail) => {
            detail.scroll = detail.scroll.saturating_add_signed(by);
            crate::dashboard::view::clamp_scroll(model);
        }
    }
}

fn click(model: &mut Model, mouse: MouseEvent) -> Vec<Effect> {
    model.dirty = true;
    if let Screen::Detail(detail) = &mut model.screen {
        if let Some(tab) = crate::dashboard::view::tab_at(model.size, mouse.column, mouse.row) {
            (detail.tab, detail.scroll) = (tab, 0);
        }
        return teardown::foresee(model, false);
    }
    match layout::hit(model, mouse.column, mouse.row) {
        Some(Hit::Title(column)) => {
            model.list.order = model.list.order.chosen(column);
            keys::arrange(model);
        }
        Some(Hit::Line(at)) => {
            let on = model.list.stack_on(&model.world, at).map(Stack::key);
            if on.is_some() && on.as_ref() == model.list.selected() {
                return keys::open_selected(model);
            }
            if on.is_some() {
                let rows = layout::rows(model.size);
                model.list.select_near(&model.world, at, rows);
            }
        }
        None => {}
    }
    Vec::new()
}
