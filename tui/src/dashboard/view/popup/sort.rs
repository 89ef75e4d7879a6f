//! Sort: the sort orders of the list.

use ratatui::layout::Rect;

use super::{keys, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, chosen: usize, model: &Model) {
    let rows = u16::try_from(ListColumn::ALL.len()).unwrap_or(0) + 4;
    let inside = canvas.boxed(middle(area, 46, rows), "Sort by");
    for ((at, column), y) in ListColumn::ALL.into_iter().enumerate().zip(inside.y..) {
        let order = model.list.order;
        // Shows the order that choosing this line gives.
        let words = order.chosen(column).label();
        let current = order.by == column;
        let number = if at < 9 {
            (at + 1).to_string()
        } else {
            " ".to_owned()
        };
        canvas.put(inside.x, y, 2, &number, Tone::Quiet);
        let tone = if current { Tone::Heading } else { Tone::Plain };
        canvas.put(inside.x + 3, y, inside.width.saturating_sub(3), words, tone);
        if current {
            canvas.put_right(inside.x, y, inside.width, "reverse", Tone::Quiet);
        }
        if at == chosen {
            let line = Rect {
                y,
                height: 1,
                ..inside
            };
            canvas.shade(line, Ink::Selected);
        }
    }
    let foot = inside.bottom().saturating_sub(1);
    keys(
        canvas,
        inside.x,
        foot,
        inside.width,
        &[("Enter", "sort"), ("Esc", "cancel")],
    );
}
