//! Sort: the sort orders of the list.

use ratatui::layout::Rect;

use super::{first_shown, keys, middle};
use crate::dashboard::model::Model;
use crate::dashboard::model::column::ListColumn;
use crate::dashboard::theme::Ink;
use crate::dashboard::view::canvas::Canvas;
use crate::format::style::Tone;

pub(super) fn render(canvas: &mut Canvas<'_>, area: Rect, chosen: usize, model: &Model) {
    let columns = ListColumn::ALL;
    let rows = u16::try_from(columns.len()).unwrap_or(0) + 4;
    let inside = canvas.boxed(middle(area, 46, rows), "Sort by");
    let foot = inside.bottom().saturating_sub(1);
    let room = usize::from(foot.saturating_sub(inside.y));
    let first = first_shown(columns.len(), room, chosen);
    let shown = columns.into_iter().enumerate().skip(first).take(room);
    for ((index, column), y) in shown.zip(inside.y..) {
        let order = model.list.order;
        // Shows the order that choosing this line gives.
        let words = order.chosen(column).label();
        let current = order.by == column;
        let number = if index < 9 {
            (index + 1).to_string()
        } else {
            " ".to_owned()
        };
        canvas.put(inside.x, y, 2, &number, Tone::Quiet);
        let tone = if current { Tone::Heading } else { Tone::Plain };
        canvas.put(inside.x + 3, y, inside.width.saturating_sub(3), words, tone);
        if current {
            canvas.put_right(inside.x, y, inside.width, "reverse", Tone::Quiet);
        }
        if index == chosen {
            let line = Rect {
                y,
                height: 1,
                ..inside
            };
            canvas.shade(line, Ink::Selected);
        }
    }
    keys(
        canvas,
        inside.x,
        foot,
        inside.width,
        &[("Enter", "sort"), ("Esc", "cancel")],
    );
}
