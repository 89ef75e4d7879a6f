//! Handles key presses: finds the message for the focused part of the screen and applies it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use stack::Elapsed;

use super::{
    command_line, economics, marks, navigation, open_url, popup, run_log, sleep, stack_actions,
    teardown,
};
use crate::dashboard::effect::Effect;
use crate::dashboard::keymap::{self, KeyContext, KeyMeaning, KeyStroke};
use crate::dashboard::model::detail::{Detail, Tab};
use crate::dashboard::model::pending_key::PendingKey;
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
    let on_screen = matches!(
        key_context(model),
        KeyContext::List | KeyContext::Detail | KeyContext::Economics
    );
    let effects = act(model, key);
    let is_open =
        model.popup.is_some() || model.list.editing_filter || model.command_line.is_open();
    if on_screen && !is_open && model.settings.keymap.opens_field(key) {
        model.field_missing = Some(model.now());
    }
    effects
}

/// No key has followed the first key of a sequence in time. It has its own meaning, or none.
pub(super) fn time_out(model: &mut Model, wait: u64) -> Vec<Effect> {
    let Some(pending) = model.pending_key.filter(|pending| pending.wait == wait) else {
        return Vec::new();
    };
    (model.pending_key, model.dirty) = (None, true);
    alone(model, pending)
}

/// What the first key of a sequence means on its own, if the screen is still the same.
fn alone(model: &mut Model, pending: PendingKey) -> Vec<Effect> {
    match pending.alone {
        Some(msg) if key_context(model) == pending.context => dispatch(model, msg),
        _ => Vec::new(),
    }
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
    let pending = model.pending_key.take();
    let pending = pending.filter(|pending| pending.context == context);
    let before = pending.map(|pending| pending.stroke);
    let meaning = model.settings.keymap.lookup(context, before, key);
    match (pending, meaning) {
        (Some(_), KeyMeaning::Unbound) if key.code == KeyCode::Esc => Vec::new(),
        // The key does not continue the sequence, so both keys have their own meaning.
        (Some(pending), KeyMeaning::Unbound) => {
            let mut effects = alone(model, pending);
            effects.extend(act(model, key));
            effects
        }
        (_, meaning) => mean(model, context, key, meaning),
    }
}

fn mean(
    model: &mut Model,
    context: KeyContext,
    key: &KeyEvent,
    meaning: KeyMeaning,
) -> Vec<Effect> {
    model.quit_warned &= meaning == KeyMeaning::Act(Msg::Quit);
    match (meaning, KeyStroke::of(key)) {
        (KeyMeaning::Act(msg), _) => dispatch(model, msg),
        (KeyMeaning::Wait(alone), Some(stroke)) => {
            model.waits += 1;
            let wait = model.waits;
            model.pending_key = Some(PendingKey {
                stroke,
                context,
                alone,
                wait,
            });
            vec![Effect::AwaitKey { wait }]
        }
        (KeyMeaning::Wait(_) | KeyMeaning::Unbound, _) => {
            if matches!(context, KeyContext::Text | KeyContext::CommandLine) {
                if let Some(request) = keymap::edit(key) {
                    edit(model, request);
                }
            } else if let Some(hint) = model.settings.keymap.hint(context, key) {
                model.set_status(Tone::Quiet, hint);
            }
            Vec::new()
        }
    }
}

/// Applies a message to the part of the screen that has the focus.
pub(super) fn dispatch(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::ForceQuit => {
            model.finished = true;
            Vec::new()
        }
        Msg::Suspend => vec![Effect::Suspend],
        msg if model.popup.is_some() => popup::act(model, msg),
        msg if model.command_line.is_open() => command_line::act(model, msg),
        msg if model.list.editing_filter => writing(model, msg),
        msg => on_screen(model, msg),
    }
}

/// Applies a message to the list or to a stack's page.
pub(super) fn on_screen(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match model.screen {
        Screen::List => on_list(model, msg),
        Screen::Detail(_) => on_detail(model, msg),
        Screen::Economics(_) => economics::act(model, msg),
    }
}

/// Inserts pasted text into the focused text field. Line breaks are dropped, so they confirm
/// nothing.
pub(super) fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    if matches!(
        key_context(model),
        KeyContext::Text | KeyContext::CommandLine
    ) {
        model.dirty = true;
        for c in text.chars().filter(|c| !c.is_control()) {
            edit(model, tui_input::InputRequest::InsertChar(c));
        }
    }
    Vec::new()
}

pub(super) fn key_context(model: &Model) -> KeyContext {
    match (&model.popup, &model.screen) {
        (Some(popup), _) if popup.is_text_focused() => KeyContext::Text,
        (Some(_), _) => KeyContext::Popup,
        (None, _) if model.command_line.is_open() => KeyContext::CommandLine,
        (None, _) if model.list.editing_filter => KeyContext::Text,
        (None, Screen::List) => KeyContext::List,
        (None, Screen::Detail(_)) => KeyContext::Detail,
        (None, Screen::Economics(_)) => KeyContext::Economics,
    }
}

fn edit(model: &mut Model, request: tui_input::InputRequest) {
    if let Some(shown) = &mut model.popup {
        popup::edit(shown, request);
    } else if model.command_line.is_open() {
        command_line::edit(model, request);
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
        Msg::HalfPageUp => navigation::move_selection(model, -half(page)),
        Msg::HalfPageDown => navigation::move_selection(model, half(page)),
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

/// Half of a page, at least one line.
fn half(page: isize) -> isize {
    (page / 2).max(1)
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
        Msg::HalfPageUp => detail.scroll = detail.scroll.saturating_sub(page.div_ceil(2)),
        Msg::HalfPageDown => detail.scroll += page.div_ceil(2),
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
    let mut effects = economics::load_for_tab(model);
    effects.extend(teardown::preview(model, false));
    effects
}

/// Handles messages that mean the same on every screen.
pub(super) fn everywhere(model: &mut Model, msg: Msg) -> Vec<Effect> {
    match msg {
        Msg::Help => model.popup = Some(Popup::Help(0)),
        Msg::Economics => return economics::open(model),
        Msg::Messages => model.popup = Some(Popup::Messages(0)),
        Msg::Results => marks::show_batch(model),
        Msg::Command => command_line::open(model),
        Msg::OpenUrl => return open_url::begin(model),
        Msg::Log => return run_log::open(model),
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
