//! How a figure was computed: the figure, its formula, and the values in it.

use ratatui::layout::Rect;

use super::text_popup::{TextPopup, max_scroll as max_scroll_of, text_columns};
use crate::dashboard::model::Size;
use crate::dashboard::model::economics::explanation::Explanation;
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;
use crate::format::style::Tone;

const COLUMNS: u16 = 84;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, shown: &Explanation, scroll: usize) {
    let popup = TextPopup {
        columns: COLUMNS,
        title: &shown.title,
        page: &page(shown, text_columns(COLUMNS, area.width)),
        more_keys: &[],
        esc: "close",
    };
    popup.render(canvas, area, Some(scroll));
}

/// The last useful scroll position.
pub(super) fn max_scroll(size: Size, shown: &Explanation) -> usize {
    max_scroll_of(&page(shown, text_columns(COLUMNS, size.columns)), size.rows)
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
