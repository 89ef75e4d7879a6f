//! Purgatory: stacks that are billed but not ready.

use stack::report::Report;

use super::cells;
use crate::cli::output::html::{PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::values;

const COLUMNS: [PageColumn; 9] = [
    PageColumn::text("Stack", "The name of the stack."),
    PageColumn::text("Owner", "The owner of the stack."),
    PageColumn::text("Version", "The app and the version that is not ready."),
    PageColumn::figure("Since", "When ready_timeout passed, in UTC."),
    PageColumn::figure("Per hour", "Dollars that the stack costs per hour now."),
    PageColumn::figure(
        "Spent",
        "Dollars that it has spent since it entered purgatory.",
    ),
    PageColumn::text("Check", "The check that fails. – if no check has reported."),
    PageColumn::prose(
        "Last answer",
        "The last answer of that check, without secrets.",
    ),
    PageColumn::text("Open phase", "The phase that started last and never ended."),
];

pub(super) fn section(report: &Report) -> Section {
    let rows = report.purgatories.iter().enumerate().map(|(index, row)| {
        let since = i32::try_from(-row.since.as_second() / 60).map_or(0.0, f64::from);
        PageRow {
            id: format!("purgatory-{index}"),
            cells: vec![
                PageCell::text(row.stack.as_str()),
                PageCell::text(row.owner.as_str()),
                PageCell::text(format!("{}@{}", row.app, row.version)),
                // The longest comes first.
                PageCell::figure(values::minute(row.since), since),
                cells::rate(row.hourly_usd),
                cells::usd(row.usd, false),
                cells::text(row.check.as_deref()),
                cells::text(row.answer.as_deref()),
                cells::text(row.open_phase.as_deref()),
            ],
            is_total: false,
        }
    });
    let total = &report.total;
    let mut lead = vec![
        "A stack in purgatory is billed, but was not ready within its ready_timeout.".to_owned(),
    ];
    if total.purgatory_seconds.seconds() > 0 {
        lead.push(format!(
            "In this period, stacks were in purgatory for {} and spent {} there.",
            values::duration(total.purgatory_seconds),
            cells::usd_text(total.purgatory_usd, total.purgatory_is_minimum)
        ));
    }
    Section {
        id: "purgatory",
        title: "Purgatory",
        lead,
        figures: Vec::new(),
        tables: vec![PageTable {
            id: "purgatories",
            caption: "Stacks in purgatory now".to_owned(),
            columns: COLUMNS.to_vec(),
            rows: rows.collect(),
            sorted_by: 3,
            empty: "No stack is in purgatory now.",
        }],
    }
}
