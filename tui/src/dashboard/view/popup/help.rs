//! The help: all keys, from the keymap, and what is worth knowing about the command line.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::keymap::BINDINGS;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::model::{Model, Size};
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;

/// The rows of the popup besides the keys: the border, a blank line, the columns and the key line.
const FRAME_ROWS: u16 = 6;

/// The width of the keys.
const KEY_COLUMNS: u16 = 9;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, model: &Model) {
    let rows = u16::try_from(BINDINGS.len())
        .unwrap_or(u16::MAX)
        .saturating_add(FRAME_ROWS);
    let inside = canvas.boxed(middle(area, 80, rows), "Keys");
    let room = usize::from(inside.height.saturating_sub(3));
    let top = scroll.min(BINDINGS.len().saturating_sub(room));
    for (y, binding) in (inside.y..).zip(BINDINGS.iter().skip(top).take(room)) {
        let shown = model.settings.keymap.shown(binding);
        canvas.put(inside.x, y, KEY_COLUMNS - 1, &shown, Ink::Accent);
        canvas.put(
            inside.x + KEY_COLUMNS,
            y,
            inside.width.saturating_sub(KEY_COLUMNS),
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

/// The last useful scroll position.
pub(super) fn max_scroll(model: &Model) -> usize {
    let Size { rows, .. } = model.size;
    // The border takes two rows; a blank line, the columns and the key line three.
    let room = usize::from(rows.saturating_sub(FRAME_ROWS - 1));
    BINDINGS.len().saturating_sub(room)
}
