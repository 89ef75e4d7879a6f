//! Events as a table: number, time, kind, description, actor and source.

use stack::Event;

use crate::format::style::Tone;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, values};

/// Whether the table needs a column with the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventScope {
    /// The events of one stack.
    OneStack,
    /// The events of all stacks.
    AllStacks,
}

/// Builds the table, with one row per event. In a narrow terminal, KIND and SOURCE are dropped
/// first, then WHAT HAPPENED is shortened, and BY is dropped last, because readers ask who did it.
pub(crate) fn build(events: &[Event], scope: EventScope) -> Table {
    let mut columns = vec![
        Column::new("SEQ", Align::Right),
        Column::new("TIME (UTC)", Align::Left),
        Column::new("STACK", Align::Left).between(12, 32),
        Column::new("KIND", Align::Left).droppable(1),
        Column::new("WHAT HAPPENED", Align::Left)
            .between(20, usize::MAX)
            .shrinks_before(32, BY_ORDER),
        Column::new("BY", Align::Left)
            .between(8, 24)
            .droppable(BY_ORDER),
        Column::new("SOURCE", Align::Left).droppable(2),
    ];
    if scope == EventScope::OneStack {
        columns.remove(STACK_COLUMN);
    }
    let mut table = Table::new(columns);
    for (event, description) in events.iter().zip(describe::events(events)) {
        let mut cells = vec![
            Cell::new(event.seq.to_string()).tone(Tone::Quiet),
            Cell::new(values::second(event.at)),
            Cell::new(&event.stack),
            Cell::new(event.kind.name()),
            Cell::new(description),
            Cell::new(&event.actor),
            Cell::new(describe::source(event.source)),
        ];
        if scope == EventScope::OneStack {
            cells.remove(STACK_COLUMN);
        }
        table.row(cells);
    }
    table
}

/// The index of the column with the stack's name.
const STACK_COLUMN: usize = 2;

/// The drop order of the column BY.
const BY_ORDER: u8 = 3;
