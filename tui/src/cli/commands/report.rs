//! `jiti report`

use clap::{Args, ValueEnum};
use stack::Span;
use stack::report::{Figures, GroupBy, Report};

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{csv, html, json};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::values;

/// Tell what stacks have cost and brought over a time, in groups
///
/// It is made from every event of the ledger, those of stacks that are gone included. The estimate is list price × time;
/// what no rate was ever known of is left out, and how many stacks that are is said. Unknown is shown as –, never as 0.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// How far back, such as `30d`
    #[arg(long, value_name = "DURATION", default_value = "30d")]
    since: Span,

    /// What groups the stacks
    #[arg(long, value_enum, default_value_t = Grouping::App)]
    by: Grouping,

    /// Answer with CSV
    #[arg(long, conflicts_with_all = ["json", "html"])]
    csv: bool,

    /// Answer with a page of HTML that needs nothing but itself
    #[arg(long, conflicts_with = "json")]
    html: bool,

    #[command(flatten)]
    output: OutputOptions,
}

/// What groups the stacks.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Grouping {
    /// By application
    App,
    /// By who was responsible at the time
    Owner,
    /// By application and the version deployed at the time
    Version,
}

impl From<Grouping> for GroupBy {
    fn from(grouping: Grouping) -> Self {
        match grouping {
            Grouping::App => Self::App,
            Grouping::Owner => Self::Owner,
            Grouping::Version => Self::Version,
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.existing_reader()?;
    let since = arguments.since.before(service.now());
    let report = service.report(since, arguments.by.into()).await?;
    if arguments.output.json {
        json::write(ui, &report)
    } else if arguments.csv {
        let lines = report.groups.iter();
        let lines = lines.map(|group| csv_row(&report, &group.group, &group.figures));
        csv::records(ui, CSV_HEAD, lines)
    } else if arguments.html {
        page(&report, ui)
    } else {
        table(&report, ui)
    }
}

/// What each figure is called, in the order in which they are shown, and in which order they give way.
const HEAD: [(&str, u8); 12] = [
    ("STACKS", 0),
    ("HOURS", 8),
    ("SPENT", 0),
    ("BILLED", 9),
    ("IDLE", 4),
    ("WASTED", 7),
    ("INITS", 3),
    ("MEDIAN", 6),
    ("P90", 5),
    ("INIT $", 2),
    ("LATE", 1),
    ("RESIDUE", 1),
];

fn shown(figures: &Figures) -> [String; HEAD.len()] {
    let Figures { idle, init, .. } = figures;
    let usd = |usd: Option<_>| usd.map_or_else(unknown, values::usd);
    let seconds = |time: Option<_>| time.map_or_else(unknown, values::seconds);
    [
        figures.stacks.to_string(),
        hours(figures),
        usd(figures.spent_usd),
        usd(figures.billed_usd),
        idle.stacks.to_string(),
        usd(idle.wasted_usd),
        init.count.to_string(),
        seconds(init.median_seconds),
        seconds(init.p90_seconds),
        usd(init.usd),
        figures.purgatory.to_string(),
        figures.residue.to_string(),
    ]
}

fn unknown() -> String {
    values::UNKNOWN.to_owned()
}

/// Hours that stacks stood, to a tenth.
fn hours(figures: &Figures) -> String {
    let tenths = (figures.stood_seconds.seconds() + 180) / 360;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn title(report: &Report) -> &'static str {
    match report.by {
        GroupBy::App => "APP",
        GroupBy::Owner => "OWNER",
        GroupBy::Version => "APP@VERSION",
    }
}

/// Every group, and all together where there are several.
fn rows(report: &Report) -> Vec<(&str, &Figures)> {
    let groups = report.groups.iter();
    let mut rows: Vec<_> = groups.map(|g| (g.group.as_str(), &g.figures)).collect();
    if rows.len() > 1 {
        rows.push(("all", &report.total));
    }
    rows
}

fn table(report: &Report, ui: &mut Ui) -> Result<(), CommandError> {
    if report.groups.is_empty() {
        let since = values::minute(report.since);
        return ui.text(&format!("No stack has stood since {since} UTC."));
    }
    let group = Column::new(title(report), Align::Left).between(12, 40);
    let figures = HEAD.iter().map(|(name, order)| {
        let column = Column::new(name, Align::Right);
        if *order == 0 {
            column
        } else {
            column.droppable(*order)
        }
    });
    let columns: Vec<_> = std::iter::once(group).chain(figures).collect();
    let mut table = Table::new(columns);
    for (name, figures) in rows(report) {
        let cells = shown(figures).map(Cell::new);
        table.row(
            std::iter::once(Cell::new(name))
                .chain(cells)
                .collect::<Vec<_>>(),
        );
    }
    ui.table(&table)?;
    ui.line("")?;
    for line in remarks(report) {
        ui.text(&line)?;
    }
    Ok(())
}

/// What has to be known to read the figures.
fn remarks(report: &Report) -> Vec<String> {
    let total = &report.total;
    let mut lines = vec![format!(
        "{} to {} UTC. {}",
        values::minute(report.since),
        values::minute(report.until),
        ended(total)
    )];
    if total.without_rate > 0 {
        let (noun, is) = if total.without_rate == 1 {
            ("stack", "is")
        } else {
            ("stacks", "are")
        };
        lines.push(format!(
            "{} {noun} of which no rate was ever known {is} not in what was spent.",
            total.without_rate
        ));
    }
    if let Some(last) = total.billed_until {
        lines.push(format!(
            "Billed until the end of {last}; later days are not in the bill yet."
        ));
    }
    lines
}

fn ended(figures: &Figures) -> String {
    let ended = &figures.ended;
    let causes = [
        (ended.expiry, "by their expiry"),
        (ended.idleness, "for idleness"),
        (ended.purgatory, "in purgatory"),
        (ended.person, "by somebody with jiti"),
        (ended.terraform, "by Terraform"),
    ];
    let causes: Vec<_> = causes
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, how)| format!("{count} {how}"))
        .collect();
    if causes.is_empty() {
        "None has ended.".to_owned()
    } else {
        format!("Ended: {}.", causes.join(", "))
    }
}

fn page(report: &Report, ui: &mut Ui) -> Result<(), CommandError> {
    let head = std::iter::once(title(report)).chain(HEAD.iter().map(|(name, _)| *name));
    let rows = rows(report).into_iter().map(|(name, figures)| {
        let figures = shown(figures).into_iter();
        std::iter::once(name.to_owned()).chain(figures).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let head: Vec<&str> = head.collect();
    let page = html::Page {
        title: "What stacks cost",
        head: &head,
        rows: &rows,
        totals: report.groups.len() > 1,
        remarks: &remarks(report),
    };
    ui.raw(page.to_string().as_bytes())
}

const CSV_HEAD: [&str; 22] = [
    "group",
    "stacks",
    "stood_seconds",
    "spent_usd",
    "without_rate",
    "billed_usd",
    "billed_until",
    "idle.stacks",
    "idle.wasted_usd",
    "init.count",
    "init.median_seconds",
    "init.p90_seconds",
    "init.usd",
    "purgatory",
    "residue",
    "ended.expiry",
    "ended.purgatory",
    "ended.idleness",
    "ended.person",
    "ended.terraform",
    "since",
    "until",
];

fn csv_row(report: &Report, group: &str, figures: &Figures) -> [String; CSV_HEAD.len()] {
    let Figures {
        idle, init, ended, ..
    } = figures;
    [
        group.to_owned(),
        figures.stacks.to_string(),
        csv::word(figures.stood_seconds),
        csv::word(figures.spent_usd),
        figures.without_rate.to_string(),
        csv::word(figures.billed_usd),
        csv::word(figures.billed_until),
        idle.stacks.to_string(),
        csv::word(idle.wasted_usd),
        init.count.to_string(),
        csv::word(init.median_seconds),
        csv::word(init.p90_seconds),
        csv::word(init.usd),
        figures.purgatory.to_string(),
        figures.residue.to_string(),
        ended.expiry.to_string(),
        ended.purgatory.to_string(),
        ended.idleness.to_string(),
        ended.person.to_string(),
        ended.terraform.to_string(),
        report.since.to_string(),
        report.until.to_string(),
    ]
}
