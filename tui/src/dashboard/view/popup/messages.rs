//! Messages: the earlier messages of the status line, newest first.

use ratatui::layout::Rect;

use super::text_popup::{TextPopup, max_scroll as max_scroll_of, text_columns};
use crate::dashboard::model::{Model, Size};
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;
use crate::format::values;

const COLUMNS: u16 = 100;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, scroll: usize, model: &Model) {
    let popup = TextPopup {
        columns: COLUMNS,
        title: "Messages, newest first",
        page: &page(model, text_columns(COLUMNS, area.width)),
        more_keys: &[],
        esc: "close",
    };
    popup.render(canvas, area, Some(scroll));
}

/// The last useful scroll position.
pub(super) fn max_scroll(model: &Model) -> usize {
    let Size { columns, rows } = model.size;
    max_scroll_of(&page(model, text_columns(COLUMNS, columns)), rows)
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
