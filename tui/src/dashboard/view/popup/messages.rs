//! Messages: the earlier messages of the status line, newest first.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 100;

/// The rows of the popup besides its text: the border, a blank line and the keys.
const FRAME_ROWS: u16 = 4;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, model: &Model) {
    let page = page(model, text_columns(area.width));
    let rows = u16::try_from(page.len()).unwrap_or(u16::MAX);
    let rows = rows.saturating_add(FRAME_ROWS);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), "Messages, newest first");
    let text = Rect {
        height: inside.height.saturating_sub(2),
        ..inside
    };
    let last = page.len().saturating_sub(text.height.into());
    page.draw(canvas, text, scroll.min(last));
    let foot = inside.bottom().saturating_sub(1);
    let pairs: &[(&str, &str)] = if last > 0 {
        &[("↓ ↑", "scroll"), ("Esc", "close")]
    } else {
        &[("Esc", "close")]
    };
    keys(canvas, inside.x, foot, inside.width, pairs);
}

/// The last useful scroll position.
pub(super) fn max_scroll(model: &Model) -> usize {
    let Size { columns, rows } = model.size;
    let room = rows.saturating_sub(FRAME_ROWS);
    page(model, text_columns(columns))
        .len()
        .saturating_sub(room.into())
}

fn text_columns(columns: u16) -> u16 {
    COLUMNS.min(columns.saturating_sub(2)).saturating_sub(4)
}

fn page(model: &Model, columns: u16) -> Page {
    let mut page = Page::new(columns);
    if model.messages.earlier().len() == 0 {
        page.text("No messages yet.", Tone::Quiet);
    }
    for message in model.messages.earlier() {
        let (mark, kind) = kind(message.tone);
        let time = values::second(message.at);
        page.line([
            (format!("{mark} {kind:<8} "), message.tone.into()),
            (format!("{time} UTC"), Tone::Quiet.into()),
        ]);
        page.text(&format!("  {}", message.text), message.tone);
    }
    match model.messages.dropped() {
        0 => {}
        dropped => {
            let dropped = values::count(dropped, "older message");
            page.text(&format!("{dropped} not kept."), Tone::Quiet);
        }
    }
    page
}

/// The kind of a message, as a sign and a word.
fn kind(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Good => ("✓", "done"),
        Tone::Notice => ("▲", "notice"),
        Tone::Alarm => ("✗", "problem"),
        Tone::Plain | Tone::Heading | Tone::Quiet => ("·", "info"),
    }
}
