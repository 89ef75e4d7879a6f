//! The key line: the most important keys for the open screen, from the keymap.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::dashboard::keymap;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::theme::Ink;
use crate::format::style::Tone;

const ON_LIST: [Msg; 16] = [
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
    Msg::Copy,
    Msg::Refresh,
    Msg::Messages,
    Msg::Mark,
];

const ON_DETAIL: [Msg; 12] = [
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
    Msg::Copy,
    Msg::Messages,
];

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, model: &Model) {
    let msgs: &[Msg] = match model.screen {
        Screen::List => &ON_LIST,
        Screen::Detail(_) => &ON_DETAIL,
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
        let key = binding.shown;
        let taken = key.chars().count() + 1 + binding.label.len();
        if x + u16::try_from(taken).unwrap_or(u16::MAX) >= area.right() {
            break;
        }
        x = canvas.put(x, area.y, area.width, key, Ink::Accent);
        x = canvas.put(x + 1, area.y, area.width, binding.label, Tone::Quiet) + 2;
    }
}
