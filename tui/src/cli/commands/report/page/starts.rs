//! Starts and failures: by day, and by version with the interval of the success rate.

use stack::report::{DayFigures, Report, StartFigures, VersionStarts};

use super::{MAX_CHART_ROWS, cells, days, left_out};
use crate::chart::{
    Arrangement, ChartHead, ColumnChart, DayColumn, Interval, IntervalChart, MarkLink,
};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::{share, values};

const TABLE: &str = "starts-versions";

const COLUMNS: [PageColumn; 12] = [
    PageColumn::text("App", "The app that started."),
    PageColumn::text("Version", "The version that started."),
    PageColumn::figure(
        "Starts",
        "The number of starts that were requested in the period.",
    ),
    PageColumn::figure("Ready", "The number of starts that became ready in time."),
    PageColumn::figure(
        "Timed out",
        "The number of starts whose ready_timeout passed, also if they became ready later.",
    ),
    PageColumn::figure(
        "Failed",
        "The number of starts that were neither ready nor timed out when the stack ended or started again.",
    ),
    PageColumn::figure("Pending", "The number of starts without an outcome yet."),
    PageColumn::figure("Success", "Percent: ready ÷ (ready + timed out + failed)."),
    PageColumn::text(
        "95 % interval",
        "The Wilson interval of the success rate: the rate of many more starts is in it with 95 % confidence.",
    ),
    PageColumn::figure(
        "Median",
        "From request to ready: half of the starts took no longer.",
    ),
    PageColumn::figure("P95", "95 percent of the starts took no longer."),
    PageColumn::text(
        "Slowest phase",
        "The phase that took the most time, and its share.",
    ),
];

pub(super) fn section(report: &Report) -> Section {
    let mut figures = Vec::new();
    if report.days.iter().any(|day| day.started > 0) {
        figures.push(ChartFigure {
            title: "Starts by day, by outcome".to_owned(),
            svg: by_day(&report.days).svg(),
            colours: vec![
                ("c0", "ready".to_owned()),
                ("c1", "timed out".to_owned()),
                ("c5", "failed".to_owned()),
            ],
            table: days::TABLE,
            note: String::new(),
        });
    }
    let versions = sorted(&report.starts_by_version);
    if !versions.is_empty() {
        figures.push(ChartFigure {
            title: "Success rate by version".to_owned(),
            svg: by_version(&versions).svg(),
            colours: vec![("c4", "95 % interval".to_owned())],
            table: TABLE,
            note: left_out(versions.len()),
        });
    }
    Section {
        id: "starts",
        title: "Starts and failures",
        lead: vec![
            "A start is ready in time, times out, or fails. Few starts say little: the interval \
             shows how much."
                .to_owned(),
        ],
        figures,
        tables: vec![table(&versions)],
    }
}

/// The versions with the most failures first.
fn sorted(versions: &[VersionStarts]) -> Vec<&VersionStarts> {
    let mut sorted: Vec<&VersionStarts> = versions.iter().collect();
    sorted.sort_by(|one, two| {
        let failures = |version: &VersionStarts| version.starts.timed_out + version.starts.failed;
        let more = failures(two).cmp(&failures(one));
        let more = more.then_with(|| two.starts.started.cmp(&one.starts.started));
        more.then_with(|| (&one.app, &one.version).cmp(&(&two.app, &two.version)))
    });
    sorted
}

fn by_day(days: &[DayFigures]) -> ColumnChart {
    ColumnChart {
        head: ChartHead {
            id: "starts-chart".to_owned(),
            title: "Starts by day, by outcome".to_owned(),
            desc: "One column for each day: the starts that were ready, timed out, or failed."
                .to_owned(),
        },
        classes: vec!["c0", "c1", "c5"],
        arrangement: Arrangement::Stacked,
        columns: days
            .iter()
            .map(|day| DayColumn {
                label: days::label(day),
                values: [day.ready, day.timed_out, day.failed]
                    .map(|count| Some(f64::from(count)))
                    .to_vec(),
                link: MarkLink {
                    row: days::row_id(day),
                    tip: format!(
                        "{}: {} ready, {} timed out, {} failed",
                        day.day, day.ready, day.timed_out, day.failed
                    ),
                },
            })
            .collect(),
        format: cells::axis_count,
    }
}

fn by_version(versions: &[&VersionStarts]) -> IntervalChart {
    let intervals = versions.iter().enumerate().take(MAX_CHART_ROWS);
    IntervalChart {
        head: ChartHead {
            id: "versions-chart".to_owned(),
            title: "Success rate by version".to_owned(),
            desc: "The success rate of each version with its 95 % interval, from 0 to 100 %."
                .to_owned(),
        },
        intervals: intervals
            .map(|(index, version)| {
                let starts = &version.starts;
                let name = format!("{}@{}", version.app, version.version);
                let figure = rate(starts);
                Interval {
                    shares: shares(starts),
                    link: MarkLink {
                        row: row_id(index),
                        tip: format!("{name}: {figure}, 95 % interval {}", interval(starts)),
                    },
                    name,
                    figure,
                }
            })
            .collect(),
    }
}

fn shares(starts: &StartFigures) -> Option<(f64, f64, f64)> {
    Some((starts.success_rate?, starts.low?, starts.high?))
}

/// The success rate with its counts: `96 %, 48 of 50`.
fn rate(starts: &StartFigures) -> String {
    format!(
        "{}, {} of {}",
        share::percent_or_unknown(starts.success_rate),
        values::thousands(starts.ready),
        values::thousands(starts.decided())
    )
}

fn interval(starts: &StartFigures) -> String {
    shares(starts).map_or_else(
        || values::UNKNOWN.to_owned(),
        |(_, low, high)| share::interval(low, high),
    )
}

fn row_id(index: usize) -> String {
    format!("version-{index}")
}

fn table(versions: &[&VersionStarts]) -> PageTable {
    let rows = versions.iter().enumerate().map(|(index, version)| {
        let starts = &version.starts;
        let slowest = version.slowest_phase.as_ref().map(|phase| {
            format!(
                "{phase} ({})",
                share::percent_or_unknown(version.slowest_share)
            )
        });
        PageRow {
            id: row_id(index),
            cells: vec![
                PageCell::text(version.app.as_str()),
                PageCell::text(version.version.as_str()),
                cells::count(starts.started),
                cells::count(starts.ready),
                cells::count(starts.timed_out),
                cells::count(starts.failed),
                cells::count(starts.pending),
                cells::percent(starts.success_rate),
                cells::text(shares(starts).map(|_| interval(starts)).as_deref()),
                cells::seconds(version.median_seconds),
                cells::seconds(version.p95_seconds),
                cells::text(slowest.as_deref()),
            ],
            is_total: false,
        }
    });
    PageTable {
        id: TABLE,
        caption: "Starts by version".to_owned(),
        columns: COLUMNS.to_vec(),
        rows: rows.collect(),
        sorted_by: 4,
        empty: "No stack that declares its readiness started in this period.",
    }
}
