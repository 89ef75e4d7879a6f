//! How a figure was computed: the figure, its formula, and the values in it.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::model::Size;
use crate::dashboard::model::economics::explanation::Explanation;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;

const COLUMNS: u16 = 84;

/// The rows of the popup besides its text: the border, a blank line and the keys.
const FRAME_ROWS: u16 = 4;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, shown: &Explanation, scroll: usize) {
    let page = page(shown, text_columns(area.width));
    let rows = u16::try_from(page.len()).unwrap_or(u16::MAX);
    let rows = rows.saturating_add(FRAME_ROWS);
    let inside = canvas.boxed(middle(area, COLUMNS, rows), &shown.title);
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
pub(super) fn max_scroll(size: Size, shown: &Explanation) -> usize {
    let room = size.rows.saturating_sub(FRAME_ROWS);
    page(shown, text_columns(size.columns))
        .len()
        .saturating_sub(room.into())
}

fn text_columns(columns: u16) -> u16 {
    COLUMNS.min(columns.saturating_sub(2)).saturating_sub(4)
}

fn page(shown: &Explanation, columns: u16) -> Page {
    let mut page = Page::new(columns);
    page.text(&shown.value, Tone::Heading);
    page.blank();
    for sentence in &shown.sentences {
        page.text(sentence, Tone::Plain);
    }
    page.blank();
    for (name, value) in &shown.inputs {
        page.field(name, value, Tone::Plain);
    }
    page
}
