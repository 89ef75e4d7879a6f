//! Handles key presses: finds the message for the focused part of the screen and applies it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use stack::Elapsed;

use super::{marks, navigation, popup, sleep, stack_actions, teardown};
use crate::dashboard::effect::Effect;
use crate::dashboard::keymap::{self, KeyContext};
use crate::dashboard::model::detail::{Detail, Tab};
use crate::dashboard::model::popup::Popup;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::view::layout;
use crate::format::style::Tone;

/// How long after the last key a further one is still a part of the same typing.
const TYPING_PAUSE_SECONDS: u64 = 2;

/// Handles a key press. If a key should have opened a field and did not, the rest of what the user
/// types for that field does nothing.
pub(super) fn press(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    if is_meant_for_a_missing_field(model, key) {
        return Vec::new();
    }
    let on_screen = matches!(key_context(model), KeyContext::List | KeyContext::Detail);
    let effects = act(model, key);
    let is_open = model.popup.is_some() || model.list.editing_filter;
    if on_screen && !is_open && keymap::opens_field(key) {
        model.field_missing = Some(model.now());
    }
    effects
}

/// Whether a key was typed for a field that did not open or has closed. That ends with Enter or
/// Esc, or when no key has arrived for a while. Esc and keys with Ctrl always act.
fn is_meant_for_a_missing_field(model: &mut Model, key: &KeyEvent) -> bool {
    let now = model.now();
    let Some(last) = model.field_missing.take() else {
        return false;
    };
    let is_later = Elapsed::between(last, now).seconds() >= TYPING_PAUSE_SECONDS;
    if is_later || key.code == KeyCode::Esc || key.modifiers.contains(KeyModifiers::CONTROL) {
        return false;
    }
    model.field_missing = (key.code != KeyCode::Enter).then_some(now);
    true
}

fn act(model: &mut Model, key: &KeyEvent) -> Vec<Effect> {
    let context = key_context(model);
    let msg = keymap::lookup(context, key);
    model.quit_warned &= msg == Some(Msg::Quit);
    match msg {
        Some(Msg::ForceQuit) => {
            model.finished = true;
            Vec::new()
        }
        Some(Msg::Suspend) => vec![Effect::Suspend],
        Some(msg) if model.popup.is_some() => popup::act(model, msg),
        Some(msg) if context == KeyContext::Text => writing(model, msg),
        Some(msg) => match model.screen {
            Screen::List => on_list(model, msg),
            Screen::Detail(_) => on_detail(model, msg),
        },
        None if context == KeyContext::Text => {
            if let Some(request) = keymap::edit(key) {
                edit(model, request);
            }
            Vec::new()
        }
        None => {
            if let Some(hint) = keymap::hint(context, key) {
                model.set_status(Tone::Quiet, hint);
            }
            Vec::new()
        }
    }
}

/// Inserts pasted text into the focused text field. Line breaks are dropped, so they confirm
/// nothing.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if key_context(model) == KeyContext::Text {
        model.dirty = true;
        for c in text.chars().filter(|c| !c.is_control()) {
            edit(model, tui_input::InputRequest::InsertChar(c));
        }
    }
    Vec::new()
}

fn key_context(model: &Model) -> KeyContext {
    match (&model.popup, &model.screen) {
        (Some(popup), _) if popup.is_text_focused() => KeyContext::Text,
        (Some(_), _) => KeyContext::Popup,
        (None, _) if model.list.editing_filter => KeyContext::Text,
        (None, Screen::List) => KeyContext::List,
        (None, Screen::Detail(_)) => KeyContext::Detail,
    }
}

fn edit(model: &mut Model, request: tui_input::InputRequest) {
    if let Some(shown) = &mut model.popup {
        popup::edit(shown, request);
    } else {
        model.list.input.handle(request);
        navigation::rebuild(model);
    }
}

/// Handles a message while the user edits the filter.
fn writing(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        // A filter with an error stays in the field, next to the error.
        Msg::Open => model.list.editing_filter = model.list.filter_problem().is_some(),
        Msg::Back => {
            model.list.editing_filter = false;
            model.list.input.reset();
            navigation::rebuild(model);
        }
        // Arrow keys move the selection and do not end the editing.
        Msg::Up => navigation::move_selection(model, -1),
        Msg::Down => navigation::move_selection(model, 1),
        _ => {}
    }
    Vec::new()
}

fn on_list(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let page = isize::try_from(layout::rows(model.size)).unwrap_or(1);
    match msg {
        Msg::Up => navigation::move_selection(model, -1),
        Msg::Down => navigation::move_selection(model, 1),
        Msg::PageUp => navigation::move_selection(model, -page),
        Msg::PageDown => navigation::move_selection(model, page),
        Msg::First => navigation::select_nearest(model, 0),
        Msg::Last => navigation::select_nearest(model, usize::MAX),
        Msg::Open => return navigation::open_selected(model),
        Msg::Back => {
            model.dismiss_status();
            if model.list.is_filtered() {
                model.list.input.reset();
                navigation::rebuild(model);
            } else {
                marks::clear(model);
            }
        }
        Msg::Mark => marks::toggle(model),
        Msg::MarkAll => marks::toggle_all(model),
        Msg::Filter => {
            model.dismiss_status();
            model.list.editing_filter = true;
        }
        Msg::Sort => {
            let orders = crate::dashboard::model::column::ListColumn::ALL;
            let at = orders
                .iter()
                .position(|column| *column == model.list.order.by);
            model.popup = Some(Popup::Sort(at.unwrap_or(0)));
        }
        Msg::Group => {
            model.list.grouping = model.list.grouping.next();
            model.dismiss_status();
            navigation::rebuild(model);
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
            let Some(tab) = Tab::ALL.get(usize::from(n).wrapping_sub(1)) else {
                let tabs = Tab::ALL.len();
                model.set_status(
                    Tone::Quiet,
                    format!("there is no tab {n}, only 1 to {tabs}"),
                );
                return Vec::new();
            };
            turn(detail, *tab);
        }
        Msg::Back => model.screen = Screen::List,
        other => return everywhere(model, other),
    }
    navigation::clamp_scroll(model);
    teardown::preview(model, false)
}

/// Handles messages that mean the same in the list and on a stack's page.
fn everywhere(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Help => model.popup = Some(Popup::Help(0)),
        Msg::Messages => model.popup = Some(Popup::Messages(0)),
        Msg::Batch => marks::show_batch(model),
        Msg::Quit => quit(model),
        Msg::ForceQuit => model.finished = true,
        Msg::Refresh => {
            model.set_status(Tone::Quiet, "reading the ledger…");
            let mut effects = teardown::preview(model, true);
            effects.push(Effect::Load);
            if model.settings.cloud {
                model.set_status(Tone::Quiet, "reading the ledger and querying AWS…");
                effects.push(Effect::Sync);
            }
            return effects;
        }
        other => return stack_actions::on_stack(model, other),
    }
    Vec::new()
}

/// Quits. If that would interrupt a sleep or wake, warns first and quits at the next `q`.
fn quit(model: &mut Model) {
    match sleep::interrupted_by_quit(model) {
        Some(what) if !model.quit_warned => {
            model.set_status(Tone::Notice, what);
            model.quit_warned = true;
        }
        _ => model.finished = true,
    }
}
