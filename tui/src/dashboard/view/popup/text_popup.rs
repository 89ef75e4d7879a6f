//! A popup with a page of text that scrolls.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::view::canvas::Canvas;
use crate::dashboard::view::page::Page;

/// The rows of the popup besides its text: the border, a blank line and the keys.
const FRAME_ROWS: u16 = 4;

/// The text of a popup of this width, and how it closes.
pub(super) struct TextPopup<'a> {
    /// The width with the border, where the screen has room for it.
    pub(super) columns: u16,
    pub(super) title: &'a str,
    pub(super) page: &'a Page,
    /// More keys while the text scrolls, and what they do.
    pub(super) more_keys: &'a [(&'a str, &'a str)],
    /// What Esc does.
    pub(super) esc: &'a str,
}

impl TextPopup<'_> {
    /// Draws the text from a line on; `None`: its end.
    pub(super) fn render(&self, canvas: &mut Canvas<'_>, area: Rect, scroll: Option<usize>) {
        let rows = u16::try_from(self.page.len()).unwrap_or(u16::MAX);
        let rows = rows.saturating_add(FRAME_ROWS);
        let inside = canvas.boxed(middle(area, self.columns, rows), self.title);
        let text = Rect {
            height: inside.height.saturating_sub(2),
            ..inside
        };
        let last = self.page.len().saturating_sub(text.height.into());
        self.page
            .draw(canvas, text, scroll.unwrap_or(last).min(last));
        let mut pairs = Vec::new();
        if last > 0 {
            pairs.push(("↓ ↑", "scroll"));
            pairs.extend(self.more_keys);
        }
        pairs.push(("Esc", self.esc));
        let foot = inside.bottom().saturating_sub(1);
        keys(canvas, inside.x, foot, inside.width, &pairs);
    }
}

/// The width of the text in a popup of this width, on a screen of this width.
pub(super) fn text_columns(columns: u16, screen: u16) -> u16 {
    columns.min(screen.saturating_sub(2)).saturating_sub(4)
}

/// The last useful scroll position of a page, on a screen of this height.
pub(super) fn max_scroll(page: &Page, rows: u16) -> usize {
    let room = rows.saturating_sub(FRAME_ROWS);
    page.len().saturating_sub(room.into())
}
