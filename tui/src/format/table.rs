//! A table for people, whose columns disappear in a stated order if the terminal is narrow.

use crate::format::style::Tone;
use crate::format::text::Clean;

/// The space between two columns.
const GAP: &str = "  ";

/// The side to which a column's cells are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// For text.
    Left,
    /// For figures.
    Right,
}

/// A column: its title, and how it gives up space in a narrow terminal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    align: Align,
    max_width: usize,
    min_width: usize,
    shrink_first: Option<(usize, u8)>,
    drop_order: Option<u8>,
}

impl Column {
    /// A column that keeps its full width.
    pub(crate) const fn new(title: &'static str, align: Align) -> Self {
        Self {
            title,
            align,
            max_width: usize::MAX,
            min_width: usize::MAX,
            shrink_first: None,
            drop_order: None,
        }
    }

    /// Drops the column if there is too little room. The column with the lowest `order` goes first.
    pub(crate) const fn droppable(self, order: u8) -> Self {
        Self {
            drop_order: Some(order),
            ..self
        }
    }

    /// On a terminal the column is never wider than `max_width`. Once every droppable column is
    /// dropped, its cells are shortened down to `min_width`.
    pub(crate) const fn between(self, min_width: usize, max_width: usize) -> Self {
        Self {
            min_width,
            max_width,
            ..self
        }
    }

    /// Shortens the column to `width` before the column with this drop order, or a later one, is
    /// dropped.
    pub(crate) const fn shrinks_before(self, width: usize, drop_order: u8) -> Self {
        Self {
            shrink_first: Some((width, drop_order)),
            ..self
        }
    }
}

/// One cell: a harmless text and its tone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    text: Clean,
    tone: Tone,
}

impl Cell {
    /// A cell of plain text.
    pub(crate) fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: Clean::new(text),
            tone: Tone::Plain,
        }
    }

    /// This cell in another tone.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// Columns and rows.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    titled: bool,
}

impl Table {
    /// An empty table.
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            titled: true,
        }
    }

    /// Adds a row, with one cell for each column.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "one cell for each column");
        self.rows.push(cells);
    }

    /// This table without titles, to continue another table.
    pub(crate) fn untitled(self) -> Self {
        Self {
            titled: false,
            ..self
        }
    }

    /// The lines, the titles first, each at most `width` columns wide. Without a width, because the
    /// reader is a program, no column is dropped and no cell is shortened.
    pub(crate) fn lines(&self, width: Option<usize>, colour: bool) -> Vec<String> {
        let widths = self.widths(width);
        let titles: Vec<Cell> = self
            .columns
            .iter()
            .map(|column| Cell::new(column.title).tone(Tone::Heading))
            .collect();
        self.titled
            .then_some(&titles)
            .into_iter()
            .chain(&self.rows)
            .map(|cells| self.line(cells, &widths, colour))
            .collect()
    }

    fn line(&self, cells: &[Cell], widths: &[Option<usize>], colour: bool) -> String {
        let mut line = String::new();
        let mut pending_spaces = 0;
        for ((cell, column), width) in cells.iter().zip(&self.columns).zip(widths) {
            let Some(width) = *width else { continue };
            let text = cell.text.shortened(width);
            let room = width - text.width();
            let (before, after) = match column.align {
                Align::Left => (0, room),
                Align::Right => (room, 0),
            };
            // Spaces are written only once text follows them, so that no line ends with spaces.
            if text.width() > 0 {
                line.extend(std::iter::repeat_n(' ', pending_spaces + before));
                let text = text.as_str();
                line.push_str(&if colour {
                    cell.tone.paint(text)
                } else {
                    text.to_owned()
                });
                pending_spaces = after + GAP.len();
            } else {
                pending_spaces += room + GAP.len();
            }
        }
        line
    }

    /// The width of each column; `None` for dropped columns.
    fn widths(&self, limit: Option<usize>) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = (0..self.columns.len())
            .map(|index| {
                let cells = self.rows.iter().filter_map(|row| row.get(index));
                let title = Clean::new(self.columns[index].title).width();
                let natural = cells.map(|cell| cell.text.width()).fold(title, usize::max);
                let max_width = limit.map_or(usize::MAX, |_| self.columns[index].max_width);
                Some(natural.min(max_width))
            })
            .collect();
        let Some(limit) = limit else { return widths };

        let mut droppable: Vec<(u8, usize)> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(index, column)| Some((column.drop_order?, index)))
            .collect();
        droppable.sort_unstable();
        for (order, index) in droppable {
            if line_width(&self.shrunk(&widths, order)) <= limit {
                break;
            }
            widths[index] = None;
        }
        // First the columns that shrink early, then all that may shrink.
        let shrunk = self.shrunk(&widths, u8::MAX);
        shorten(&mut widths, &shrunk, limit);
        let min_widths = self
            .columns
            .iter()
            .map(|column| Some(column.min_width))
            .collect::<Vec<_>>();
        shorten(&mut widths, &min_widths, limit);
        widths
    }

    /// The widths after those columns have shrunk that do so before a column of this drop order
    /// goes.
    fn shrunk(&self, widths: &[Option<usize>], order: u8) -> Vec<Option<usize>> {
        let shrunk = |column: &Column, width: usize| match column.shrink_first {
            Some((narrow, before)) if before <= order => width.min(narrow),
            _ => width,
        };
        let columns = self.columns.iter().zip(widths);
        columns
            .map(|(column, width)| width.map(|width| shrunk(column, width)))
            .collect()
    }
}

/// Shortens columns, the last one first, until the line fits or all have their minimum width.
fn shorten(widths: &mut [Option<usize>], min_widths: &[Option<usize>], limit: usize) {
    for index in (0..widths.len()).rev() {
        let excess = line_width(widths).saturating_sub(limit);
        if let (Some(width), Some(min_width)) = (widths[index], min_widths[index]) {
            widths[index] = Some(width.saturating_sub(excess).max(min_width.min(width)));
        }
    }
}

/// The width of a line.
fn line_width(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP.len() * shown.count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::new("NAME", Align::Left).between(6, 20),
            Column::new("OWNER", Align::Left).droppable(2),
            Column::new("SPENT", Align::Right).droppable(1),
            Column::new("LEFT", Align::Right),
        ]);
        table.row([
            Cell::new("checkout-pr-412"),
            Cell::new("ana"),
            Cell::new("$1.20"),
            Cell::new("3 h"),
        ]);
        table.row([
            Cell::new("a".repeat(30)),
            Cell::new(""),
            Cell::new("$0.02"),
            Cell::new("12 min"),
        ]);
        table
    }

    fn shown(width: Option<usize>) -> String {
        table().lines(width, false).join("\n")
    }

    /// A narrow table drops columns in the stated order, then shortens names. No line is too wide.
    #[test]
    fn columns_give_way_in_order() {
        insta::assert_snapshot!(shown(Some(80)), @r"
        NAME                  OWNER  SPENT    LEFT
        checkout-pr-412       ana    $1.20     3 h
        aaaaaaaaaa…aaaaaaaaa         $0.02  12 min
        ");
        insta::assert_snapshot!(shown(Some(36)), @r"
        NAME                  OWNER    LEFT
        checkout-pr-412       ana       3 h
        aaaaaaaaaa…aaaaaaaaa         12 min
        ");
        insta::assert_snapshot!(shown(Some(28)), @r"
        NAME                    LEFT
        checkout-pr-412          3 h
        aaaaaaaaaa…aaaaaaaaa  12 min
        ");
        insta::assert_snapshot!(shown(Some(16)), @r"
        NAME        LEFT
        chec…412     3 h
        aaaa…aaa  12 min
        ");
        for width in 14..90 {
            for line in table().lines(Some(width), false) {
                assert!(
                    Clean::new(&line).width() <= width,
                    "{line:?} is wider than {width}"
                );
            }
        }
    }

    /// A program gets every column, and no cell is shortened.
    #[test]
    fn a_program_gets_everything() {
        assert!(shown(None).contains(&"a".repeat(30)));
        assert!(shown(None).contains("SPENT"));
    }

    /// No line ends with a space, and every style is reset where it ends.
    #[test]
    fn lines_are_tidy() {
        let mut table = table();
        table.row([
            Cell::new("x").tone(Tone::Alarm),
            Cell::new("y"),
            Cell::new(""),
            Cell::new(""),
        ]);
        for line in table.lines(Some(80), false) {
            assert_eq!(line, line.trim_end());
        }
        let coloured = table.lines(Some(80), true);
        assert!(
            coloured[3].ends_with('y') && coloured[3].contains("\u{1b}[0m"),
            "{:?}",
            coloured[3]
        );
    }
}
