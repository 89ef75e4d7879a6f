//! Keys: where they are pressed, what they mean there, and what that changes.

use crossterm::event::KeyEvent;

use super::{popup, sleep, stack_actions, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::keymap::{self, Place};
use crate::dashboard::model::detail::{Detail, Tab};
use crate::dashboard::model::popup::Popup;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::view::layout;
use crate::format::style::Tone;

/// A key was pressed.
pub(super) fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let place = place(model);
    let msg = keymap::msg(place, key);
    model.leaving &= msg == Some(Msg::Quit);
    match msg {
        Some(Msg::Leave) => {
            model.over = true;
            Vec::new()
        }
        Some(Msg::Suspend) => vec![Effect::Suspend],
        Some(msg) if model.popup.is_some() => popup::act(model, msg),
        Some(msg) if place == Place::Text => writing(model, msg),
        Some(msg) => match model.screen {
            Screen::List => on_list(model, msg),
            Screen::Detail(_) => on_detail(model, msg),
        },
        None if place == Place::Text => {
            if let Some(request) = keymap::edit(key) {
                edit(model, request);
            }
            Vec::new()
        }
        None => Vec::new(),
    }
}

/// A text was pasted: line breaks end nothing and confirm nothing.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if place(model) == Place::Text {
        model.dirty = true;
        for c in text.chars().filter(|c| !c.is_control()) {
            edit(model, tui_input::InputRequest::InsertChar(c));
        }
    }
    Vec::new()
}

fn place(model: &Model) -> Place {
    match (&model.popup, &model.screen) {
        (Some(popup), _) if popup.is_written() => Place::Text,
        (Some(_), _) => Place::Popup,
        (None, _) if model.list.writing => Place::Text,
        (None, Screen::List) => Place::List,
        (None, Screen::Detail(_)) => Place::Detail,
    }
}

fn edit(model: &mut Model, request: tui_input::InputRequest) {
    if let Some(shown) = &mut model.popup {
        popup::edit(shown, request);
    } else {
        model.list.input.handle(request);
        arrange(model);
    }
}

/// While the filter is written.
fn writing(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Open => model.list.writing = false,
        Msg::Back => {
            model.list.writing = false;
            model.list.input.reset();
            arrange(model);
        }
        // The list moves under the filter, so that a look at it does not end the writing.
        Msg::Up => go(model, -1),
        Msg::Down => go(model, 1),
        _ => {}
    }
    Vec::new()
}

fn on_list(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let page = isize::try_from(layout::rows(model.size)).unwrap_or(1);
    match msg {
        Msg::Up => go(model, -1),
        Msg::Down => go(model, 1),
        Msg::PageUp => go(model, -page),
        Msg::PageDown => go(model, page),
        Msg::First => near(model, 0),
        Msg::Last => near(model, usize::MAX),
        Msg::Open => return open(model),
        Msg::Back => {
            model.said = None;
            if model.list.is_filtered() {
                model.list.input.reset();
                arrange(model);
            }
        }
        Msg::Filter => {
            model.said = None;
            model.list.writing = true;
        }
        Msg::Sort => {
            let orders = crate::dashboard::model::column::Column::ALL;
            let at = orders
                .iter()
                .position(|column| *column == model.list.order.by);
            model.popup = Some(Popup::Sort(at.unwrap_or(0)));
        }
        Msg::Group => {
            model.list.grouping = model.list.grouping.next();
            model.said = None;
            arrange(model);
        }
        other => return everywhere(model, other),
    }
    Vec::new()
}

fn on_detail(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let page = usize::from(layout::areas(model.size).body.height).max(1);
    let Screen::Detail(detail) = &mut model.screen else {
        return Vec::new();
    };
    let turn = |detail: &mut Detail, tab: Tab| (detail.tab, detail.scroll) = (tab, 0);
    match msg {
        Msg::Up => detail.scroll = detail.scroll.saturating_sub(1),
        Msg::Down => detail.scroll += 1,
        Msg::PageUp => detail.scroll = detail.scroll.saturating_sub(page),
        Msg::PageDown => detail.scroll += page,
        Msg::First => detail.scroll = 0,
        Msg::Last => detail.scroll = usize::MAX / 2,
        Msg::NextTab | Msg::Open => {
            let next = detail.tab.further(1);
            turn(detail, next);
        }
        Msg::PreviousTab => {
            let before = detail.tab.further(Tab::ALL.len() - 1);
            turn(detail, before);
        }
        Msg::Number(n) => {
            if let Some(tab) = Tab::ALL.get(usize::from(n).wrapping_sub(1)) {
                turn(detail, *tab);
            }
        }
        Msg::Back => model.screen = Screen::List,
        other => return everywhere(model, other),
    }
    crate::dashboard::view::clamp_scroll(model);
    teardown::foresee(model, false)
}

/// What is the same on the list and on a stack.
fn everywhere(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Help => model.popup = Some(Popup::Help(0)),
        Msg::Quit => quit(model),
        Msg::Leave => model.over = true,
        Msg::Refresh => {
            model.say(Tone::Quiet, "reading the ledger");
            let mut effects = teardown::foresee(model, true);
            effects.push(Effect::Load);
            if model.setting.cloud {
                model.say(Tone::Quiet, "reading the ledger, asking the cloud");
                effects.push(Effect::Sync);
            }
            return effects;
        }
        other => return stack_actions::on_stack(model, other),
    }
    Vec::new()
}

/// Leaves; where that would break something off, only when it is meant.
fn quit(model: &mut Model) {
    match sleep::breaks_off(model) {
        Some(what) if !model.leaving => {
            model.say(Tone::Notice, what);
            model.leaving = true;
        }
        _ => model.over = true,
    }
}

fn open(model: &mut Model) -> Vec<Effect> {
    let Some(stack) = model.list.selected().cloned() else {
        return Vec::new();
    };
    model.said = None;
    let tell = stack.leased().cloned().map(Effect::Tell);
    model.screen = Screen::Detail(Box::new(Detail::new(stack)));
    tell.into_iter().collect()
}

fn go(model: &mut Model, by: isize) {
    model.list.go(&model.world, by, layout::rows(model.size));
}

fn near(model: &mut Model, at: usize) {
    model
        .list
        .select_near(&model.world, at, layout::rows(model.size));
}

pub(super) fn arrange(model: &mut Model) {
    model.list.arrange(&model.world, layout::rows(model.size));
}

/// Opens what is selected, as Enter does.
pub(super) fn open_selected(model: &mut Model) -> Vec<Effect> {
    open(model)
}
