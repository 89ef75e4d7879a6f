//! `jiti report`

mod economics;
mod focus;
mod overhead;
mod page;
mod what_if;

use clap::Args;
use stack::Span;
use stack::economics::PolicyChange;
use stack::report::{Figures, GroupBy, Report};

use crate::cli::context::Context;
use crate::cli::options::OutputOptions;
use crate::cli::output::{csv, json};
use crate::cli::ui::Ui;
use crate::error::CommandError;
use crate::format::table::{Align, Cell, Column, Table};
use crate::format::{describe, share, values};

/// Report cost, idle time and start-up time by app, owner, version, day or label
///
/// The report covers every stack in the ledger, including those that are gone. SPENT is an
/// estimate: list price × time. It leaves out stacks that never had a rate, and the report says
/// how many those are. An unknown value is shown as –, never as 0. An amount with ≥ leaves out
/// something that costs money and has no price, or a time without a known rate; in CSV, the column
/// `minimums` names these amounts. docs/guides/numbers.md says how each figure is computed.
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// The period to report, such as `30d`
    #[arg(long, value_name = "DURATION", default_value = "30d")]
    since: Span,

    /// How to group the stacks: by app, by the owner, the version or a label at the time, or by UTC
    /// day
    #[arg(long, value_name = "app|owner|version|day|label:KEY", default_value_t = GroupBy::App)]
    by: GroupBy,

    /// Print CSV
    #[arg(long, conflicts_with_all = ["json", "html"])]
    csv: bool,

    /// Print a self-contained HTML page
    #[arg(long, conflicts_with = "json")]
    html: bool,

    /// Replay the period under another policy, such as `ttl=4h,idle_after=30m`
    ///
    /// Shows what the stacks would have cost, and whom the policy would have cut off. The keys are
    /// `ttl`, `max_ttl`, `idle_after`, `ready_timeout` and `grace`.
    #[arg(long, value_name = "KEY=DURATION,…", conflicts_with_all = ["csv", "html", "focus", "by"])]
    what_if: Option<PolicyChange>,

    /// Print CSV with columns of FOCUS 1.2, one row per stack and day
    #[arg(long, conflicts_with_all = ["json", "csv", "html", "by"])]
    focus: bool,

    #[command(flatten)]
    output: OutputOptions,
}

pub(crate) async fn run(
    arguments: &Arguments,
    context: &Context,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let service = context.existing_reader()?;
    let since = arguments.since.before(service.now());
    if let Some(policy) = arguments.what_if {
        let found = service.reports().what_if(since, policy).await?;
        return what_if::print(&found, arguments.output.json, ui);
    }
    if arguments.focus {
        return focus::write(&service, since, ui).await;
    }
    if arguments.html {
        let by = [arguments.by.clone(), GroupBy::App, GroupBy::Owner];
        let [report, by_app, by_owner] = service.reports().reports_by(since, by).await?;
        return ui.raw(html(&report, &by_app, &by_owner).as_bytes());
    }
    let report = service
        .reports()
        .report(since, arguments.by.clone())
        .await?;
    if arguments.output.json {
        json::write(ui, &report)
    } else if arguments.csv {
        let groups = report.groups.iter();
        let rows = groups.map(|group| csv_row(&report, &group.group, &group.figures));
        csv::write_records(ui, CSV_HEADER, rows)
    } else {
        table(&report, ui)
    }
}

/// The page for a report, and the same report by app and by owner.
pub(crate) fn html(asked: &Report, by_app: &Report, by_owner: &Report) -> String {
    let reports = page::PageReports {
        asked,
        by_app,
        by_owner,
    };
    page::page(reports, notes(asked, "The estimate")).to_string()
}

/// The title of each figure, and the order in which its column is dropped (0: never).
const HEAD: [(&str, u8); 16] = [
    ("STACKS", 0),
    ("HOURS", 8),
    ("SPENT", 0),
    ("BILLED", 9),
    ("IDLE", 4),
    ("WASTED", 7),
    ("INITS", 3),
    ("MEDIAN", 6),
    ("P90", 5),
    ("P95", 1),
    ("INIT $", 2),
    ("INIT %", 2),
    ("SUCCESS", 2),
    ("NOT READY IN TIME", 1),
    ("PURGATORY $", 1),
    ("RESIDUE", 1),
];

fn shown(figures: &Figures) -> [String; HEAD.len()] {
    let Figures { idle, init, .. } = figures;
    let usd = |usd: Option<_>, is_minimum| match usd {
        Some(usd) => values::at_least(values::usd(usd), is_minimum),
        None => unknown(),
    };
    let seconds = |time: Option<_>| time.map_or_else(unknown, values::seconds);
    [
        values::thousands(figures.stacks),
        hours(figures),
        usd(figures.spent_usd, figures.spent_is_minimum),
        usd(figures.billed_usd, false),
        idle.stacks.map_or_else(unknown, values::thousands),
        usd(idle.wasted_usd, idle.wasted_is_minimum),
        values::thousands(init.count),
        seconds(init.median_seconds),
        seconds(init.p90_seconds),
        seconds(init.p95_seconds),
        usd(init.usd, init.usd_is_minimum),
        share::percent_or_unknown(init.share_of_uptime),
        share::percent_or_unknown(figures.starts.success_rate),
        values::thousands(figures.purgatory),
        usd(figures.purgatory_usd, figures.purgatory_is_minimum),
        values::thousands(figures.residue),
    ]
}

fn unknown() -> String {
    values::UNKNOWN.to_owned()
}

/// The hours that the stacks existed, with one decimal.
fn hours(figures: &Figures) -> String {
    let tenths = (figures.stood_seconds.seconds() + 180) / 360;
    format!("{}.{}", values::thousands(tenths / 10), tenths % 10)
}

fn title(report: &Report) -> &'static str {
    match report.by {
        GroupBy::App => "APP",
        GroupBy::Owner => "OWNER",
        GroupBy::Version => "APP@VERSION",
        GroupBy::Day => "DAY",
        GroupBy::Label(_) => "LABEL",
    }
}

/// Every group, then the total if there are several groups.
fn rows(report: &Report) -> Vec<(&str, &Figures)> {
    let groups = report.groups.iter();
    let mut rows: Vec<_> = groups.map(|g| (g.group.as_str(), &g.figures)).collect();
    if rows.len() > 1 {
        rows.push(("total", &report.total));
    }
    rows
}

fn table(report: &Report, ui: &mut Ui) -> Result<(), CommandError> {
    if report.groups.is_empty() {
        let since = values::minute(report.since);
        return ui.text(&format!("No stacks since {since} UTC."));
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
    let notes = notes(report, "SPENT").into_iter();
    let notes = notes.chain(overhead::notes(report));
    for line in notes.chain(economics::notes(report)) {
        ui.text(&line)?;
    }
    Ok(())
}

/// The notes that explain the figures. `estimate` is what the output calls the estimate.
fn notes(report: &Report, estimate: &str) -> Vec<String> {
    let total = &report.total;
    let mut lines = vec![format!(
        "{} to {} UTC. {}",
        values::minute(report.since),
        values::minute(report.until),
        ended(total)
    )];
    if total.without_rate > 0 {
        lines.push(format!(
            "{estimate} leaves out {} without a known rate.",
            values::count(total.without_rate, "stack")
        ));
    }
    lines.extend(report.unreadable.iter().map(describe::unreadable));
    if let Some(last) = total.billed_until {
        let last = values::minute(last);
        lines.push(format!("BILLED covers the days until {last} UTC."));
    }
    lines
}

fn ended(figures: &Figures) -> String {
    let ended = &figures.ended;
    let causes = [
        (ended.expiry, "expired"),
        (ended.idleness, "idle"),
        (ended.purgatory, "in purgatory"),
        (ended.noncompliance, "noncompliant"),
        (ended.person, "by a user with jiti"),
        (ended.terraform, "by Terraform"),
    ];
    let causes: Vec<_> = causes
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, how)| format!("{} {how}", values::thousands(*count)))
        .collect();
    if causes.is_empty() {
        "No stacks ended.".to_owned()
    } else {
        format!("Stacks that ended: {}.", causes.join(", "))
    }
}

const CSV_HEADER: [&str; 42] = [
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
    "starts.started",
    "starts.ready",
    "starts.timed_out",
    "starts.failed",
    "starts.pending",
    "starts.success_rate",
    "starts.low",
    "starts.high",
    "purgatory_seconds",
    "purgatory_usd",
    "idle.hourly_usd",
    "idle.until_expiry_usd",
    "idle.share",
    "init.p95_seconds",
    "init.median_usd",
    "init.seconds",
    "init.share_of_uptime",
    "init.slowest_phase",
    "minimums",
    "ended.noncompliance",
];

fn csv_row(report: &Report, group: &str, figures: &Figures) -> [String; CSV_HEADER.len()] {
    let Figures {
        idle,
        init,
        ended,
        starts,
        ..
    } = figures;
    [
        group.to_owned(),
        figures.stacks.to_string(),
        csv::text(figures.stood_seconds),
        csv::text(figures.spent_usd),
        figures.without_rate.to_string(),
        csv::text(figures.billed_usd),
        csv::text(figures.billed_until),
        csv::text(idle.stacks),
        csv::text(idle.wasted_usd),
        init.count.to_string(),
        csv::text(init.median_seconds),
        csv::text(init.p90_seconds),
        csv::text(init.usd),
        figures.purgatory.to_string(),
        figures.residue.to_string(),
        ended.expiry.to_string(),
        ended.purgatory.to_string(),
        ended.idleness.to_string(),
        ended.person.to_string(),
        ended.terraform.to_string(),
        report.since.to_string(),
        report.until.to_string(),
        starts.started.to_string(),
        starts.ready.to_string(),
        starts.timed_out.to_string(),
        starts.failed.to_string(),
        starts.pending.to_string(),
        csv::text(starts.success_rate),
        csv::text(starts.low),
        csv::text(starts.high),
        csv::text(figures.purgatory_seconds),
        csv::text(figures.purgatory_usd),
        csv::text(idle.hourly_usd),
        csv::text(idle.until_expiry_usd),
        csv::text(idle.share),
        csv::text(init.p95_seconds),
        csv::text(init.median_usd),
        csv::text(init.seconds),
        csv::text(init.share_of_uptime),
        init.slowest_phase.clone().unwrap_or_default(),
        minimums(figures),
        ended.noncompliance.to_string(),
    ]
}

/// The columns whose amount leaves out something that costs money. The amounts themselves stay
/// numbers.
fn minimums(figures: &Figures) -> String {
    let Figures { idle, init, .. } = figures;
    let marks = [
        (
            "spent_usd",
            figures.spent_usd.is_some() && figures.spent_is_minimum,
        ),
        (
            "idle.wasted_usd",
            idle.wasted_usd.is_some() && idle.wasted_is_minimum,
        ),
        ("init.usd", init.usd.is_some() && init.usd_is_minimum),
        (
            "purgatory_usd",
            figures.purgatory_usd.is_some() && figures.purgatory_is_minimum,
        ),
    ];
    let marked = marks.iter().filter(|(_, is_minimum)| *is_minimum);
    let names: Vec<&str> = marked.map(|(name, _)| *name).collect();
    names.join(" ")
}
