//! Events as a table: number, time, what happened in words, and who did it.

use stack::Event;

use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, values};

/// Whose events they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Those of one stack, whose name is known.
    One,
    /// Those of several.
    All,
}

/// A row for each event. In a narrow terminal KIND and SOURCE give way, in this order, then what happened is
/// shortened, and only then BY leaves: who did it is half of what is asked.
pub(crate) fn of(events: &[Event], shown: Shown) -> Table {
    let mut columns = vec![
        Column::new("SEQ", Align::Right),
        Column::new("TIME (UTC)", Align::Left),
        Column::new("STACK", Align::Left).between(12, 32),
        Column::new("KIND", Align::Left).droppable(1),
        Column::new("WHAT HAPPENED", Align::Left)
            .between(20, usize::MAX)
            .shrinks_before(32, BY),
        Column::new("BY", Align::Left).between(8, 24).droppable(BY),
        Column::new("SOURCE", Align::Left).droppable(2),
    ];
    if shown == Shown::One {
        columns.remove(STACK);
    }
    let mut table = Table::new(columns);
    for event in events {
        let mut cells = vec![
            Cell::new(event.seq.to_string()).tone(Tone::Quiet),
            Cell::new(values::second(event.at)),
            Cell::new(&event.stack),
            Cell::new(event.kind.name()),
            Cell::new(describe::event(&event.kind)),
            Cell::new(&event.actor),
            Cell::new(describe::source(event.source)),
        ];
        if shown == Shown::One {
            cells.remove(STACK);
        }
        table.row(cells);
    }
    table
}

/// The place of the column with the stack's name.
const STACK: usize = 2;

/// When the column of who did it leaves.
const BY: u8 = 3;
