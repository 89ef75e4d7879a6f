//! Spend by app and by owner, and by the grouping that the user asked for.

use stack::report::{EndCounts, Figures, GroupBy, Report};

use super::{MAX_CHART_ROWS, PageReports, cells, left_out};
use crate::chart::{Bar, BarChart, BarRow, ChartHead, MarkLink};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::values;

/// One grouping on the page.
#[derive(Clone, Copy)]
struct Grouping<'a> {
    report: &'a Report,
    table: &'static str,
    /// What starts the ids of the rows.
    prefix: &'static str,
    title: &'static str,
}

pub(super) fn section(reports: PageReports<'_>) -> Section {
    let mut groupings = vec![
        Grouping {
            report: reports.by_app,
            table: "apps",
            prefix: "app",
            title: "Spend by app",
        },
        Grouping {
            report: reports.by_owner,
            table: "owners",
            prefix: "owner",
            title: "Spend by owner",
        },
    ];
    let other = match &reports.asked.by {
        // The page has these already.
        GroupBy::App | GroupBy::Owner | GroupBy::Day => None,
        GroupBy::Version => Some("Spend by version"),
        GroupBy::Label(_) => Some("Spend by label"),
    };
    groupings.extend(other.map(|title| Grouping {
        report: reports.asked,
        table: "asked-groups",
        prefix: "group",
        title,
    }));
    Section {
        id: "groups",
        title: "Spend by app and owner",
        lead: vec![
            "A stack whose version or owner changed counts in each group for the time that it \
             belonged to it. In the total it is one stack."
                .to_owned(),
        ],
        figures: groupings.iter().filter_map(Grouping::figure).collect(),
        tables: groupings.iter().map(Grouping::table).collect(),
    }
}

impl Grouping<'_> {
    fn figure(&self) -> Option<ChartFigure> {
        let groups = &self.report.groups;
        if groups.is_empty() {
            return None;
        }
        let has_bill = self.report.total.billed_usd.is_some();
        let rows = groups.iter().enumerate().take(MAX_CHART_ROWS);
        let chart = BarChart {
            head: ChartHead {
                id: format!("{}-chart", self.table),
                title: self.title.to_owned(),
                desc: format!(
                    "One bar for each of {}, the most expensive first.",
                    values::count(groups.len().min(MAX_CHART_ROWS), "group")
                ),
            },
            rows: rows
                .map(|(index, group)| {
                    let figures = &group.figures;
                    let estimate = cells::usd_text(figures.spent_usd, figures.spent_is_minimum);
                    let billed = cells::usd_text(figures.billed_usd, false);
                    let bar = |usd: Option<stack::Usd>, class| {
                        usd.map(|usd| Bar::of(cells::drawn(usd), class))
                    };
                    let mut bars = vec![bar(figures.spent_usd, "c0")];
                    let mut figure = estimate.clone();
                    if has_bill {
                        bars.push(bar(figures.billed_usd, "c1"));
                        figure = format!("{estimate} · {billed}");
                    }
                    BarRow {
                        name: group.group.clone(),
                        figure,
                        bars,
                        link: MarkLink {
                            row: format!("{}-{index}", self.prefix),
                            tip: format!("{}: estimate {estimate}, billed {billed}", group.group),
                        },
                    }
                })
                .collect(),
        };
        let mut colours = vec![("c0", "estimate".to_owned())];
        if has_bill {
            colours.push(("c1", "billed".to_owned()));
        }
        Some(ChartFigure {
            title: self.title.to_owned(),
            svg: chart.svg(),
            colours,
            table: self.table,
            note: left_out(groups.len()),
        })
    }

    fn table(&self) -> PageTable {
        let groups = self.report.groups.iter().enumerate();
        let mut rows: Vec<PageRow> = groups
            .map(|(index, group)| PageRow {
                id: format!("{}-{index}", self.prefix),
                cells: row(&group.group, &group.figures),
                is_total: false,
            })
            .collect();
        if rows.len() > 1 {
            rows.push(PageRow {
                id: format!("{}-total", self.prefix),
                cells: row("total", &self.report.total),
                is_total: true,
            });
        }
        PageTable {
            id: self.table,
            caption: match &self.report.by {
                GroupBy::Label(key) => format!("{}: {key}", self.title),
                _ => self.title.to_owned(),
            },
            columns: COLUMNS.to_vec(),
            rows,
            sorted_by: 2,
            empty: "No stack existed in this period.",
        }
    }
}

const COLUMNS: [PageColumn; 8] = [
    PageColumn::text(
        "Group",
        "The app, the owner, or the value that the stacks share.",
    ),
    PageColumn::figure(
        "Stacks",
        "The number of stacks that existed in the period. A reused name counts again.",
    ),
    PageColumn::figure(
        "Estimate",
        "Dollars: list price × time. ≥ marks an amount that leaves out something that costs money. Source: the rates in the ledger.",
    ),
    PageColumn::figure(
        "Billed",
        "Dollars: what AWS charged for whole days, as far as jiti has the bill. Source: Cost Explorer.",
    ),
    PageColumn::figure(
        "Hours",
        "Hours that the stacks existed, added up. Source: the ledger.",
    ),
    PageColumn::figure(
        "Without rate",
        "The number of stacks without any known rate, which the estimate leaves out.",
    ),
    PageColumn::figure("Residue", "The number of teardowns that left something."),
    PageColumn::prose("Ended", "How many stacks ended, and what ended them."),
];

fn row(name: &str, figures: &Figures) -> Vec<PageCell> {
    vec![
        PageCell::text(name),
        cells::count(figures.stacks),
        cells::usd(figures.spent_usd, figures.spent_is_minimum),
        cells::usd(figures.billed_usd, false),
        cells::hours(figures.stood_seconds),
        cells::count(figures.without_rate),
        cells::count(figures.residue),
        PageCell::text(ended(&figures.ended)),
    ]
}

fn ended(ended: &EndCounts) -> String {
    let causes = [
        (ended.terraform, "by Terraform"),
        (ended.person, "by a user"),
        (ended.expiry, "expired"),
        (ended.idleness, "idle"),
        (ended.purgatory, "in purgatory"),
        (ended.noncompliance, "noncompliant"),
    ];
    let causes = causes.iter().filter(|(count, _)| *count > 0);
    let causes: Vec<String> = causes
        .map(|(count, how)| format!("{} {how}", values::thousands(*count)))
        .collect();
    if causes.is_empty() {
        "none".to_owned()
    } else {
        causes.join(", ")
    }
}
