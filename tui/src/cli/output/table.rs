//! A table for people: columns that give way in a stated order when the terminal is narrow.

use crate::format::style::Tone;
use crate::format::text::Clean;

/// Between two columns.
const GAP: &str = "  ";

/// To which side a column's cells are pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Figures.
    Right,
}

/// A column: what is above it, and what becomes of it when there is too little room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    title: &'static str,
    align: Align,
    widest: usize,
    narrowest: usize,
    yields: Option<(usize, u8)>,
    goes: Option<u8>,
}

impl Column {
    /// A column that stays at its full width.
    pub(crate) const fn new(title: &'static str, align: Align) -> Self {
        let (widest, narrowest) = (usize::MAX, usize::MAX);
        Self {
            title,
            align,
            widest,
            narrowest,
            yields: None,
            goes: None,
        }
    }

    /// It leaves the table when there is too little room: the lowest number goes first.
    pub(crate) const fn goes(self, order: u8) -> Self {
        Self {
            goes: Some(order),
            ..self
        }
    }

    /// On a terminal it is never wider than `widest`, and when all that may leave has left, it is
    /// shortened down to `narrowest`.
    pub(crate) const fn between(self, narrowest: usize, widest: usize) -> Self {
        Self {
            narrowest,
            widest,
            ..self
        }
    }

    /// It is rather shortened to `columns` than that a column of this order, or of a later one, leaves.
    pub(crate) const fn yields(self, columns: usize, before: u8) -> Self {
        Self {
            yields: Some((columns, before)),
            ..self
        }
    }
}

/// One cell: a harmless text and what it is.
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

    /// The same cell in another tone.
    pub(crate) fn tone(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }
}

/// Rows under columns.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    titled: bool,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: impl Into<Vec<Column>>) -> Self {
        Self {
            columns: columns.into(),
            rows: Vec::new(),
            titled: true,
        }
    }

    /// Adds a row: one cell for each column.
    pub(crate) fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let cells = cells.into();
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell for each column");
        self.rows.push(cells);
    }

    /// The same table without its titles: it continues another one.
    pub(crate) fn untitled(self) -> Self {
        Self {
            titled: false,
            ..self
        }
    }

    /// The lines, the titles first, each no wider than `width`; without a width (the reader is a
    /// program) nothing is left out and nothing is shortened.
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
        let mut owed = 0;
        for ((cell, column), width) in cells.iter().zip(&self.columns).zip(widths) {
            let Some(width) = *width else { continue };
            let text = cell.text.shortened(width);
            let room = width - text.width();
            let (before, after) = match column.align {
                Align::Left => (0, room),
                Align::Right => (room, 0),
            };
            // Spaces are owed until there is something to put after them, so that no line ends with them.
            if text.width() > 0 {
                line.extend(std::iter::repeat_n(' ', owed + before));
                let text = text.as_str();
                line.push_str(&if colour {
                    cell.tone.paint(text)
                } else {
                    text.to_owned()
                });
                owed = after + GAP.len();
            } else {
                owed += room + GAP.len();
            }
        }
        line
    }

    /// The width of each column; `None` for those that left.
    fn widths(&self, limit: Option<usize>) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                let title = Clean::new(self.columns[at].title).width();
                let natural = cells.map(|cell| cell.text.width()).fold(title, usize::max);
                let widest = limit.map_or(usize::MAX, |_| self.columns[at].widest);
                Some(natural.min(widest))
            })
            .collect();
        let Some(limit) = limit else { return widths };

        let mut leaving: Vec<(u8, usize)> = self
            .columns
            .iter()
            .enumerate()
            .filter_map(|(at, column)| Some((column.goes?, at)))
            .collect();
        leaving.sort_unstable();
        for (order, at) in leaving {
            if total(&self.yielded(&widths, order)) <= limit {
                break;
            }
            widths[at] = None;
        }
        // First those that said so, then whatever may be.
        let yielded = self.yielded(&widths, u8::MAX);
        shorten(&mut widths, &yielded, limit);
        let narrowest = self
            .columns
            .iter()
            .map(|column| Some(column.narrowest))
            .collect::<Vec<_>>();
        shorten(&mut widths, &narrowest, limit);
        widths
    }

    /// The widths, where those have yielded that do so before a column of this order leaves.
    fn yielded(&self, widths: &[Option<usize>], order: u8) -> Vec<Option<usize>> {
        let yielded = |column: &Column, width: usize| match column.yields {
            Some((columns, before)) if before <= order => width.min(columns),
            _ => width,
        };
        let columns = self.columns.iter().zip(widths);
        columns
            .map(|(column, width)| width.map(|width| yielded(column, width)))
            .collect()
    }
}

/// Shortens columns, the last one first, until the line fits or all are at their narrowest.
fn shorten(widths: &mut [Option<usize>], narrowest: &[Option<usize>], limit: usize) {
    for at in (0..widths.len()).rev() {
        let excess = total(widths).saturating_sub(limit);
        if let (Some(width), Some(narrowest)) = (widths[at], narrowest[at]) {
            widths[at] = Some(width.saturating_sub(excess).max(narrowest.min(width)));
        }
    }
}

/// The width of a line.
fn total(widths: &[Option<usize>]) -> usize {
    let shown = widths.iter().flatten();
    shown.clone().sum::<usize>() + GAP.len() * shown.count().saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new([
            Column::new("NAME", Align::Left).between(6, 20),
            Column::new("OWNER", Align::Left).goes(2),
            Column::new("SPENT", Align::Right).goes(1),
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

    /// Columns leave in the stated order, then names are shortened; no line is wider than allowed.
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

    /// For a program nothing is left out and nothing is shortened.
    #[test]
    fn a_program_gets_everything() {
        assert!(shown(None).contains(&"a".repeat(30)));
        assert!(shown(None).contains("SPENT"));
    }

    /// No line ends with a space, and a style is closed where it was opened.
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
