//! The key line: the most important keys for the open screen, from the keymap.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use super::popup;
use crate::dashboard::keymap;
use crate::dashboard::model::pending_key::PendingKey;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;

const ON_LIST: [Msg; 20] = [
    Msg::Help,
    Msg::Quit,
    Msg::Open,
    Msg::Filter,
    Msg::Sort,
    Msg::Group,
    Msg::Teardown,
    Msg::Extend,
    Msg::Hold,
    Msg::Unhold,
    Msg::Sleep,
    Msg::Wake,
    Msg::Economics,
    Msg::Command,
    Msg::OpenUrl,
    Msg::Log,
    Msg::Copy,
    Msg::Refresh,
    Msg::Messages,
    Msg::Mark,
];

const ON_DETAIL: [Msg; 15] = [
    Msg::Help,
    Msg::Quit,
    Msg::Back,
    Msg::NextTab,
    Msg::Teardown,
    Msg::Extend,
    Msg::Hold,
    Msg::Unhold,
    Msg::Sleep,
    Msg::Wake,
    Msg::Command,
    Msg::OpenUrl,
    Msg::Log,
    Msg::Copy,
    Msg::Messages,
];

const ON_ECONOMICS: [Msg; 7] = [
    Msg::Help,
    Msg::Quit,
    Msg::Back,
    Msg::Down,
    Msg::Open,
    Msg::Refresh,
    Msg::Messages,
];

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    if model.command_line.is_open() {
        let pairs = [
            ("Tab", "complete"),
            ("↑ ↓", "earlier commands"),
            ("Enter", "run"),
            ("Esc", "cancel"),
        ];
        return popup::keys(canvas, area.x + 1, area.y, area.width, &pairs);
    }
    if let Some(pending) = &model.pending_key {
        return continuations(canvas, area, pending, model);
    }
    let msgs: &[Msg] = match model.screen {
        Screen::List => &ON_LIST,
        Screen::Detail(_) => &ON_DETAIL,
        Screen::Economics(_) => &ON_ECONOMICS,
    };
    let mut x = area.x + 1;
    if model.settings.replay {
        // The keys of the recorded session are replayed; the user's keys only quit.
        x = canvas.put(x, area.y, area.width, "q", Ink::Accent);
        let text = "quit the replay of a recording: nothing on this screen is live";
        canvas.put(
            x + 1,
            area.y,
            area.width.saturating_sub(x + 2),
            text,
            Tone::Quiet,
        );
        return;
    }
    for msg in msgs {
        let Some(binding) = keymap::binding(*msg) else {
            continue;
        };
        let key = model.settings.keymap.shown(binding);
        let taken = key.chars().count() + 1 + binding.label.len();
        if x + u16::try_from(taken).unwrap_or(u16::MAX) >= area.right() {
            break;
        }
        x = canvas.put(x, area.y, area.width, &key, Ink::Accent);
        x = canvas.put(x + 1, area.y, area.width, binding.label, Tone::Quiet) + 2;
    }
}

/// Draws the first key of a sequence, what can follow, and what happens otherwise.
fn continuations(canvas: &mut Canvas<'_>, area: Rect, pending: &PendingKey, model: &Model) {
    let keymap = &model.settings.keymap;
    let mut pairs = Vec::new();
    for (next, label) in keymap.continuations(pending.context, pending.stroke) {
        pairs.push((format!("{}{next}", pending.stroke), label));
    }
    let alone = pending.alone.and_then(keymap::binding);
    if let Some(binding) = alone {
        pairs.push((format!("{} alone", pending.stroke), binding.label));
    }
    pairs.push(("Esc".to_owned(), "cancel"));
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(key, label)| (key.as_str(), *label))
        .collect();
    popup::keys(canvas, area.x + 1, area.y, area.width, &pairs);
}
