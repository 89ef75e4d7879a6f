//! The resources of one stack as a table.

use stack::{Elapsed, View, service};

use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values::{self, UNKNOWN};

/// Writes the table.
///
/// ```text
///   TYPE        ID                 REGION     STATE    $/H   AGE
///   ec2:volume  vol-1d3a865d80056  eu-west-1  in-use  0.01  3 h
/// ```
pub(crate) fn write(
    ui: &mut Ui,
    shown: &service::StackDetails,
    view: &View,
) -> Result<(), CommandError> {
    if shown.resources.is_empty() {
        return ui.text("  No resources with its tags found.");
    }
    let mut table = Table::new([
        Column::new("  TYPE", Align::Left).between(14, 34),
        Column::new("ID", Align::Left).between(20, 120),
        Column::new("REGION", Align::Left).droppable(2),
        Column::new("STATE", Align::Left)
            .between(8, 40)
            .droppable(3),
        Column::new("$/H", Align::Right),
        Column::new("AGE", Align::Right).droppable(1),
    ]);
    for resource in &shown.resources {
        let state = match (&resource.unconfirmed_reason, &resource.state) {
            (Some(why), _) => format!("unconfirmed: {why}"),
            (None, Some(state)) => state.clone(),
            (None, None) => UNKNOWN.to_owned(),
        };
        let age = resource.created_at.map(|at| Elapsed::between(at, view.now));
        table.row([
            Cell::new(format!("  {}", resource.kind)),
            Cell::new(resource.id.short()),
            Cell::new(&resource.region),
            Cell::new(state),
            Cell::new(resource.hourly_usd.map_or(UNKNOWN.to_owned(), values::rate)),
            Cell::new(age.map_or(UNKNOWN.to_owned(), values::duration)),
        ]);
    }
    ui.table(&table)
}
