//! Idle cost: its share by day, and what idle stacks cost now and until they expire.

use stack::report::{Figures, Report};

use super::{cells, days};
use crate::chart::{ChartHead, LineChart, MarkLink, Point};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::{share, values};

const COLUMNS: [PageColumn; 6] = [
    PageColumn::text("App", "The app of the stacks."),
    PageColumn::figure(
        "Idle stacks",
        "The number of stacks that are unused now. – if that is known of no stack.",
    ),
    PageColumn::figure(
        "Wasted",
        "Dollars: rate × the time since the stacks became idle, at most what they spent.",
    ),
    PageColumn::figure(
        "Per hour now",
        "Dollars per hour that the idle stacks cost now.",
    ),
    PageColumn::figure(
        "Until expiry",
        "Dollars that the idle stacks will cost until they expire, at the current rates.",
    ),
    PageColumn::figure("Share", "Percent: wasted ÷ estimate."),
];

pub(super) fn section(report: &Report) -> Section {
    let is_known = report.days.iter().any(|day| day.idle_share.is_some());
    let figures = is_known.then(|| ChartFigure {
        title: "Idle share by day".to_owned(),
        svg: chart(report).svg(),
        colours: vec![("c0", "idle share of the estimate".to_owned())],
        table: days::TABLE,
        note: String::new(),
    });
    // A table of dashes says nothing.
    let stacks_known = report.total.idle.stacks.is_some();
    let groups = report.groups.iter().enumerate();
    let groups = groups.filter(|_| stacks_known);
    let mut rows: Vec<PageRow> = groups
        .map(|(index, group)| row(format!("idle-{index}"), &group.group, &group.figures, false))
        .collect();
    if rows.len() > 1 {
        rows.push(row("idle-total".to_owned(), "total", &report.total, true));
    }
    Section {
        id: "idle",
        title: "Idle cost",
        lead: vec![
            "A stack is idle if the evidence shows that it is unused. jiti knows that only of \
             stacks that exist: what stacks that are gone wasted is unknown."
                .to_owned(),
        ],
        figures: figures.into_iter().collect(),
        tables: vec![PageTable {
            id: "idle-apps",
            caption: "Idle cost by app".to_owned(),
            columns: COLUMNS.to_vec(),
            rows,
            sorted_by: 2,
            empty: "It is known of no stack whether it is idle.",
        }],
    }
}

fn chart(report: &Report) -> LineChart {
    let points = report.days.iter().map(|day| Point {
        label: days::label(day),
        share: day.idle_share,
        link: MarkLink {
            row: days::row_id(day),
            tip: days::idle_tip(day),
        },
    });
    LineChart {
        head: ChartHead {
            id: "idle-chart".to_owned(),
            title: "Idle share by day".to_owned(),
            desc: format!(
                "The share of the estimate that was idle, for each of {}.",
                values::count(report.days.len(), "day")
            ),
        },
        points: points.collect(),
        format: share::percent,
    }
}

fn row(id: String, name: &str, figures: &Figures, is_total: bool) -> PageRow {
    let idle = &figures.idle;
    PageRow {
        id,
        cells: vec![
            PageCell::text(name),
            cells::known_count(idle.stacks),
            cells::usd(idle.wasted_usd, idle.wasted_is_minimum),
            cells::rate(idle.hourly_usd),
            cells::usd(idle.until_expiry_usd, false),
            cells::percent(idle.share),
        ],
        is_total,
    }
}
