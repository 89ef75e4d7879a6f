//! The help: all keys, from the keymap.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::keymap::BINDINGS;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: usize) {
    let rows = u16::try_from(BINDINGS.len())
        .unwrap_or(u16::MAX)
        .saturating_add(6);
    let inside = canvas.boxed(middle(area, 80, rows), "Keys");
    let room = usize::from(inside.height.saturating_sub(3));
    let top = scroll.min(BINDINGS.len().saturating_sub(room));
    for (y, binding) in (inside.y..).zip(BINDINGS.iter().skip(top).take(room)) {
        canvas.put(inside.x, y, 8, binding.shown, Ink::Accent);
        canvas.put(
            inside.x + 9,
            y,
            inside.width.saturating_sub(9),
            binding.help,
            Tone::Plain,
        );
    }
    let foot = inside.bottom().saturating_sub(2);
    let goes: Vec<&str> = ListColumn::DROP_ORDER
        .iter()
        .map(|column| column.title())
        .collect();
    let text = format!("Narrow: hides {}", goes.join(", "));
    canvas.put(inside.x, foot, inside.width, &text, Tone::Quiet);
    let more = BINDINGS.len() > room;
    let pairs: &[(&str, &str)] = if more {
        &[("↓ ↑", "scroll"), ("Esc", "close")]
    } else {
        &[("Esc", "close")]
    };
    keys(canvas, inside.x, foot + 1, inside.width, pairs);
}
