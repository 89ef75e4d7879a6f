//! Spend by day: the estimate and the bill, next to each other and never mixed.

use stack::report::{DayFigures, Report};

use super::cells;
use crate::chart::{Arrangement, ChartHead, ColumnChart, DayColumn, MarkLink};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::{share, values};

/// The id of the table, to which the charts by day link.
pub(super) const TABLE: &str = "days";

const COLUMNS: [PageColumn; 10] = [
    PageColumn::text("Day", "The day in UTC, from midnight to midnight."),
    PageColumn::figure(
        "Estimate",
        "Dollars: list price × the time that stacks existed on the day. Source: the rates in the ledger.",
    ),
    PageColumn::figure(
        "Billed",
        "Dollars: what AWS charged for the day, amortized, without tax and credits. Source: Cost Explorer. – until the bill covers the day.",
    ),
    PageColumn::figure(
        "Idle",
        "Dollars of the estimate that stacks spent while they were unused, as far as that is known.",
    ),
    PageColumn::figure("Idle share", "Percent: idle ÷ estimate."),
    PageColumn::figure(
        "Init",
        "Dollars of the estimate that stacks spent before they were ready.",
    ),
    PageColumn::figure(
        "Starts",
        "The number of starts that were requested on the day.",
    ),
    PageColumn::figure("Ready", "The number of starts that became ready in time."),
    PageColumn::figure(
        "Timed out",
        "The number of starts whose ready_timeout passed on the day.",
    ),
    PageColumn::figure(
        "Failed",
        "The number of starts that ended on the day and were neither ready nor timed out.",
    ),
];

pub(super) fn section(report: &Report) -> Section {
    let days = &report.days;
    let mut figures = Vec::new();
    if !days.is_empty() {
        figures.push(ChartFigure {
            title: "Spend by day".to_owned(),
            svg: chart(days).svg(),
            colours: vec![("c0", "estimate".to_owned()), ("c1", "billed".to_owned())],
            table: TABLE,
            note: String::new(),
        });
    }
    Section {
        id: "spend",
        title: "Spend by day",
        lead: vec![
            "The estimate is list price × time and is known at once. The bill comes a day or more \
             late. A dashed line at the bottom is an unknown amount."
                .to_owned(),
        ],
        figures,
        tables: vec![table(days)],
    }
}

fn chart(days: &[DayFigures]) -> ColumnChart {
    ColumnChart {
        head: ChartHead {
            id: "spend-chart".to_owned(),
            title: "Spend by day".to_owned(),
            desc: format!(
                "Two columns for each of {}: the estimate and the bill.",
                values::count(days.len(), "day")
            ),
        },
        classes: vec!["c0", "c1"],
        arrangement: Arrangement::SideBySide,
        columns: days
            .iter()
            .map(|day| DayColumn {
                label: label(day),
                values: vec![
                    day.spent_usd.map(cells::drawn),
                    day.billed_usd.map(cells::drawn),
                ],
                link: MarkLink {
                    row: row_id(day),
                    tip: format!(
                        "{}: estimate {}, billed {}",
                        day.day,
                        cells::usd_text(day.spent_usd, false),
                        cells::usd_text(day.billed_usd, false)
                    ),
                },
            })
            .collect(),
        format: cells::axis_usd,
    }
}

/// The id of a day's row.
pub(super) fn row_id(day: &DayFigures) -> String {
    format!("day-{}", day.day)
}

/// The label of a day on an axis: `2 Mar`.
pub(super) fn label(day: &DayFigures) -> String {
    day.day.strftime("%-d %b").to_string()
}

/// The idle share of a day as its tooltip.
pub(super) fn idle_tip(day: &DayFigures) -> String {
    format!(
        "{}: idle {}, {} of the estimate",
        day.day,
        cells::usd_text(day.idle_usd, false),
        share::percent_or_unknown(day.idle_share)
    )
}

fn table(days: &[DayFigures]) -> PageTable {
    PageTable {
        id: TABLE,
        caption: "Days".to_owned(),
        columns: COLUMNS.to_vec(),
        // The latest day first.
        rows: days.iter().rev().map(row).collect(),
        sorted_by: 0,
        empty: "No stack existed in this period.",
    }
}

fn row(day: &DayFigures) -> PageRow {
    let mut first = PageCell::text(day.day.to_string());
    // The latest day is the largest.
    let days = i64::from(day.day.year()) * 366 + i64::from(day.day.day_of_year());
    first.key =
        crate::cli::output::html::CellKey::Number(i32::try_from(days).map_or(0.0, f64::from));
    PageRow {
        id: row_id(day),
        cells: vec![
            first,
            cells::usd(day.spent_usd, false),
            cells::usd(day.billed_usd, false),
            cells::usd(day.idle_usd, false),
            cells::percent(day.idle_share),
            cells::usd(day.init_usd, false),
            cells::count(day.started),
            cells::count(day.ready),
            cells::count(day.timed_out),
            cells::count(day.failed),
        ],
        is_total: false,
    }
}
