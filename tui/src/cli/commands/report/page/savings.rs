//! Savings against stacks that are always on.

use stack::Usd;
use stack::economics::Savings;
use stack::report::Report;

use super::cells;
use crate::chart::{Bar, BarChart, BarRow, ChartHead, MarkLink};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};

const COLUMNS: [PageColumn; 3] = [
    PageColumn::text("Figure", "What the amount is."),
    PageColumn::figure("Amount", "Dollars in this period; – if it is unknown."),
    PageColumn::prose("Meaning", "How the amount is computed."),
];

const APP_COLUMNS: [PageColumn; 4] = [
    PageColumn::text("App", "The app of the stacks."),
    PageColumn::figure(
        "Always on",
        "Dollars if the stacks had never been down or asleep.",
    ),
    PageColumn::figure("Spent", "Dollars that they cost: the estimate."),
    PageColumn::figure("Saved", "Dollars saved, at most what was spent."),
];

/// The figures, each with its colour and its meaning.
fn figures(savings: &Savings) -> [(&'static str, Option<Usd>, &'static str, &'static str); 7] {
    [
        (
            "Always on",
            savings.always_on_usd,
            "cx",
            "What the same stacks would have cost if they had never been down or asleep.",
        ),
        (
            "Spent",
            savings.spent_usd,
            "c0",
            "What the stacks cost: the estimate.",
        ),
        (
            "Failed starts",
            savings.failed_starts_usd,
            "c5",
            "The part of the spend for starts that never became ready.",
        ),
        (
            "Purgatory",
            savings.purgatory_usd,
            "c1",
            "The part of the spend for stacks that were billed but not ready.",
        ),
        (
            "Waiting",
            savings.waiting_usd,
            "c3",
            "What the time of engineers cost who waited for starts. It needs engineer_hourly_usd, \
             and is not part of the spend.",
        ),
        (
            "Saved",
            savings.saved_usd,
            "c2",
            "Always on − spent − waiting, at most what was spent on stacks that worked. The apps are \
             added up.",
        ),
        (
            "Extra",
            savings.extra_usd,
            "c5",
            "What just-in-time cost more than always on, in the apps where it did.",
        ),
    ]
}

pub(super) fn section(report: &Report) -> Section {
    let known = report.savings.unwrap_or_default();
    let has_savings = report.savings.is_some();
    let drawn = figures(&known).into_iter().enumerate();
    let drawn = drawn.filter(|(_, (_, usd, ..))| usd.is_some());
    let rows: Vec<BarRow> = drawn
        .map(|(index, (name, usd, colour, _))| BarRow {
            name: name.to_owned(),
            figure: cells::usd_text(usd, false),
            bars: vec![usd.map(|usd| Bar::of(cells::drawn(usd), colour))],
            link: MarkLink {
                row: format!("saving-{index}"),
                tip: format!("{name}: {}", cells::usd_text(usd, false)),
            },
        })
        .collect();
    let figure = (!rows.is_empty()).then(|| ChartFigure {
        title: "Just-in-time and always on".to_owned(),
        svg: BarChart {
            head: ChartHead {
                id: "savings-chart".to_owned(),
                title: "Just-in-time and always on".to_owned(),
                desc: "One bar for each amount.".to_owned(),
            },
            rows,
        }
        .svg(),
        colours: Vec::new(),
        table: "savings-total",
        note: String::new(),
    });
    let rows = figures(&known).into_iter().enumerate();
    let rows = rows.map(|(index, (name, usd, _, meaning))| PageRow {
        id: format!("saving-{index}"),
        cells: vec![
            PageCell::text(name),
            cells::usd(usd, false),
            PageCell::text(meaning),
        ],
        is_total: false,
    });
    let total = PageTable {
        id: "savings-total",
        caption: "Savings".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: rows.filter(|_| has_savings).collect(),
        sorted_by: 1,
        empty: "The savings are unknown: no rate is known for any stack of this period.",
    };
    Section {
        id: "savings",
        title: "Savings",
        lead: vec!["jiti never claims to have saved more than was spent.".to_owned()],
        figures: figure.into_iter().collect(),
        tables: vec![total, apps(report)],
    }
}

fn apps(report: &Report) -> PageTable {
    let groups = report.groups.iter().enumerate();
    let rows = groups.filter_map(|(index, group)| {
        let savings = group.figures.savings?;
        Some(PageRow {
            id: format!("savings-{index}"),
            cells: vec![
                PageCell::text(group.group.clone()),
                cells::usd(savings.always_on_usd, false),
                cells::usd(savings.spent_usd, false),
                cells::usd(savings.saved_usd, false),
            ],
            is_total: false,
        })
    });
    PageTable {
        id: "savings-apps",
        caption: "Savings by app".to_owned(),
        columns: APP_COLUMNS.to_vec(),
        rows: rows.collect(),
        sorted_by: 3,
        empty: "The savings of no app are known.",
    }
}
