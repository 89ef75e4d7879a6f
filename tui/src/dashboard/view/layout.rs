//! The layout: pure functions of the terminal's size, shared by the drawing code and the mouse.

use ratatui::layout::Rect;

use crate::dashboard::model::column::ListColumn;
use crate::dashboard::model::widths::Widths;
use crate::dashboard::model::{Model, Size};

/// The regions of the screen.
///
/// ```text
/// header   2 rows, and a line below them where there is room
/// body     the list with its titles, or one stack
/// status   1 row, and a line above it where there is room
/// keys     1 row
/// ```
#[derive(Clone, Copy, Debug)]
pub(crate) struct Areas {
    pub(crate) whole: Rect,
    pub(crate) header: Rect,
    pub(crate) body: Rect,
    pub(crate) status: Rect,
    pub(crate) keys: Rect,
}

/// From this number of rows on, rules separate the regions.
const ROOMY: u16 = 20;

/// Computes the regions.
pub(crate) fn areas(size: Size) -> Areas {
    let Size { columns, rows } = size;
    let line = u16::from(rows >= ROOMY);
    let row = |y, height| Rect::new(0, y, columns, height);
    let (top, bottom) = (2 + line, 2 + line);
    Areas {
        whole: row(0, rows),
        header: row(0, top.min(rows)),
        body: row(top, rows.saturating_sub(top + bottom)),
        status: row(rows.saturating_sub(bottom), 1 + line),
        keys: row(rows.saturating_sub(1), 1),
    }
}

/// The rows of the list below its titles.
pub(crate) fn list_rows(size: Size) -> Rect {
    let body = areas(size).body;
    Rect {
        y: body.y + 1,
        height: body.height.saturating_sub(1),
        ..body
    }
}

/// The number of list lines on the screen.
pub(crate) fn rows(size: Size) -> usize {
    list_rows(size).height.into()
}

/// A column with its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) column: ListColumn,
    pub(crate) x: u16,
    pub(crate) width: u16,
}

/// The width of the selection mark at the left edge.
pub(crate) const MARGIN: u16 = 2;

/// The space between two columns.
const GAP: u16 = 2;

/// Computes which columns fit, and their widths. Columns are dropped in the order of
/// [`ListColumn::DROP_ORDER`], the one that the list is sorted by last; the remaining space goes to
/// the text columns.
pub(crate) fn columns(columns: u16, widths: Widths) -> Vec<Placed> {
    let room = columns.saturating_sub(MARGIN + 1);
    let mut kept = widths.chosen.columns();
    kept.retain(|column| *column != ListColumn::Billed || widths.has_bill);
    let needed = |kept: &[ListColumn]| -> u16 {
        let gaps = u16::try_from(kept.len().saturating_sub(1)).unwrap_or(0) * GAP;
        kept.iter()
            .map(|column| least(*column, widths))
            .sum::<u16>()
            + gaps
    };
    let (sorted, others): (Vec<_>, Vec<_>) = ListColumn::DROP_ORDER
        .into_iter()
        .partition(|column| widths.sorted == Some(*column));
    for column in others.into_iter().chain(sorted) {
        if needed(&kept) <= room {
            break;
        }
        kept.retain(|kept| *kept != column);
    }
    let mut left = room.saturating_sub(needed(&kept));
    let mut sized: Vec<(ListColumn, u16)> = kept
        .iter()
        .map(|column| (*column, least(*column, widths)))
        .collect();
    for growing in [
        ListColumn::Name,
        ListColumn::Owner,
        ListColumn::State,
        ListColumn::App,
        ListColumn::TimeLeft,
    ] {
        if let Some((column, width)) = sized.iter_mut().find(|(column, _)| *column == growing) {
            let more = most(*column, widths).saturating_sub(*width).min(left);
            (*width, left) = (*width + more, left - more);
        }
    }
    let mut x = MARGIN;
    sized
        .into_iter()
        .map(|(column, width)| {
            let placed = Placed { column, x, width };
            x += width + GAP;
            placed
        })
        .collect()
}

/// The minimum useful width of a column.
fn least(column: ListColumn, widths: Widths) -> u16 {
    match column {
        ListColumn::Name => most(column, widths).min(15),
        ListColumn::App => most(column, widths).min(14),
        ListColumn::Owner => most(column, widths).min(10),
        ListColumn::State => most(column, widths).min(20),
        ListColumn::TimeLeft => 17,
        ListColumn::Age | ListColumn::Init => 11,
        ListColumn::Rate => figure(widths.rate, column, widths),
        ListColumn::Idle => figure(widths.idle, column, widths),
        ListColumn::Spent => figure(widths.estimate, column, widths),
        ListColumn::Billed => figure(widths.billed, column, widths),
    }
}

/// The width of a column of amounts: of its content, or of its title with the sort direction.
fn figure(content: usize, column: ListColumn, widths: Widths) -> u16 {
    let direction = if widths.sorted == Some(column) { 2 } else { 0 };
    let title = column.title().len() + direction;
    u16::try_from(content.max(title)).unwrap_or(u16::MAX)
}

/// The maximum useful width of a column.
fn most(column: ListColumn, widths: Widths) -> u16 {
    let text = |width: usize, title: ListColumn, most: usize| {
        u16::try_from(width.clamp(title.title().len(), most)).unwrap_or(u16::MAX)
    };
    match column {
        ListColumn::Name => text(widths.name, column, 44),
        ListColumn::App => text(widths.app, column, 36),
        ListColumn::Owner => text(widths.owner, column, 30),
        ListColumn::State => text(widths.state + 2, column, 38),
        ListColumn::TimeLeft => 32,
        fixed => least(fixed, widths),
    }
}

/// A clickable part of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hit {
    /// The title of a column.
    Title(ListColumn),
    /// A line of the list, as an index into all lines.
    Line(usize),
}

/// Returns the part of the list at a position on the screen.
pub(crate) fn hit(model: &Model, x: u16, y: u16) -> Option<Hit> {
    let rows = list_rows(model.size);
    if y + 1 == rows.y {
        let placed = columns(model.size.columns, model.list.widths());
        let column = placed
            .iter()
            .find(|placed| (placed.x..placed.x + placed.width).contains(&x))?;
        return Some(Hit::Title(column.column));
    }
    let inside = (rows.y..rows.bottom()).contains(&y);
    let line = model.list.top + usize::from(y.saturating_sub(rows.y));
    (inside && line < model.list.lines().len()).then_some(Hit::Line(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A narrow terminal keeps the column that the list is sorted by longer than the others.
    #[test]
    fn the_sorted_column_is_dropped_last() {
        let shown = |sorted| {
            let widths = Widths {
                name: 19,
                state: 30,
                rate: 9,
                idle: 9,
                sorted: Some(sorted),
                ..Widths::default()
            };
            let placed = columns(76, widths);
            let shown = placed.into_iter().map(|placed| placed.column);
            shown.collect::<Vec<_>>()
        };
        assert!(shown(ListColumn::Idle).contains(&ListColumn::Idle));
        assert!(!shown(ListColumn::Idle).contains(&ListColumn::Rate));
        assert!(shown(ListColumn::Rate).contains(&ListColumn::Rate));
        assert!(!shown(ListColumn::TimeLeft).contains(&ListColumn::Idle));
        assert!(shown(ListColumn::TimeLeft).contains(&ListColumn::Rate));
    }
}
