//! Verdicts: rebuild each time, sleep between uses, or keep.

use stack::economics::{Choice, Verdict};
use stack::report::Report;

use super::{MAX_CHART_ROWS, cells, left_out};
use crate::chart::{Bar, BarChart, BarRow, ChartHead, MarkLink};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::verdict;

const COLUMNS: [PageColumn; 10] = [
    PageColumn::text("App", "The app of the stacks."),
    PageColumn::text(
        "Verdict",
        "The cheapest choice for this app by its own history: rebuild, sleep or keep.",
    ),
    PageColumn::figure(
        "Rebuild",
        "Dollars if the stacks are torn down after each use and built again.",
    ),
    PageColumn::figure(
        "Sleep",
        "Dollars if the stacks sleep between uses. – if no sleep and wake of the app is known.",
    ),
    PageColumn::figure(
        "Keep",
        "Dollars if the stacks run through each gap between uses.",
    ),
    PageColumn::figure(
        "Break-even",
        "The longest gap between two uses for which keeping is the cheapest.",
    ),
    PageColumn::figure(
        "Confidence",
        "Percent of resampled histories that lead to the same verdict.",
    ),
    PageColumn::figure("Starts", "The number of starts behind the verdict."),
    PageColumn::figure(
        "Gaps",
        "The number of gaps between uses behind the verdict.",
    ),
    PageColumn::prose("Why", "The evidence, or why there is no verdict."),
];

pub(super) fn section(report: &Report) -> Section {
    let priced = report.verdicts.iter().enumerate();
    let priced = priced.filter(|(_, verdict)| verdict.keep_usd.is_some());
    let rows: Vec<BarRow> = priced
        .map(|(index, verdict)| bars(index, verdict))
        .collect();
    let count = rows.len();
    let figure = (count > 0).then(|| ChartFigure {
        title: "Cost of each choice, by app".to_owned(),
        svg: BarChart {
            head: ChartHead {
                id: "verdicts-chart".to_owned(),
                title: "Cost of each choice, by app".to_owned(),
                desc: "Three bars for each app: the cost to rebuild, to sleep and to keep."
                    .to_owned(),
            },
            rows: rows.into_iter().take(MAX_CHART_ROWS).collect(),
        }
        .svg(),
        colours: vec![
            ("c0", "rebuild".to_owned()),
            ("c1", "sleep".to_owned()),
            ("c2", "keep".to_owned()),
        ],
        table: "verdicts-apps",
        note: left_out(count),
    });
    let rows = report.verdicts.iter().enumerate();
    Section {
        id: "verdicts",
        title: "Verdicts",
        lead: vec![
            "What to do with an app's stacks between two uses: rebuild each time, sleep, or keep. \
             The verdict is the cheapest choice by the app's own starts, uses and gaps."
                .to_owned(),
        ],
        figures: figure.into_iter().collect(),
        tables: vec![PageTable {
            id: "verdicts-apps",
            caption: "Verdict by app".to_owned(),
            columns: COLUMNS.to_vec(),
            rows: rows.map(|(index, verdict)| row(index, verdict)).collect(),
            sorted_by: 0,
            empty: "No app has a history in this period.",
        }],
    }
}

fn bars(index: usize, verdict: &Verdict) -> BarRow {
    let bar = |usd: Option<stack::Usd>, class| usd.map(|usd| Bar::of(cells::drawn(usd), class));
    let of = |choice| {
        let usd = match choice {
            Choice::Rebuild => verdict.rebuild_usd,
            Choice::Sleep => verdict.sleep_usd,
            Choice::Keep => verdict.keep_usd,
        };
        cells::usd_text(usd, false)
    };
    let figure = match verdict.choice {
        Some(choice) => format!("{}: {}", verdict::word(choice), of(choice)),
        None => verdict::NOT_ENOUGH.to_owned(),
    };
    BarRow {
        name: verdict.app.to_string(),
        figure,
        bars: vec![
            bar(verdict.rebuild_usd, "c0"),
            bar(verdict.sleep_usd, "c1"),
            bar(verdict.keep_usd, "c2"),
        ],
        link: MarkLink {
            row: format!("verdict-{index}"),
            tip: format!(
                "{}: rebuild {}, sleep {}, keep {}",
                verdict.app,
                of(Choice::Rebuild),
                of(Choice::Sleep),
                of(Choice::Keep)
            ),
        },
    }
}

fn row(index: usize, verdict: &Verdict) -> PageRow {
    let choice = verdict.choice.map_or(verdict::NOT_ENOUGH, verdict::word);
    PageRow {
        id: format!("verdict-{index}"),
        cells: vec![
            PageCell::text(verdict.app.as_str()),
            PageCell::text(choice),
            cells::usd(verdict.rebuild_usd, false),
            cells::usd(verdict.sleep_usd, false),
            cells::usd(verdict.keep_usd, false),
            cells::seconds(verdict.break_even_seconds),
            cells::percent(verdict.confidence),
            cells::count(verdict.starts),
            cells::count(verdict.gaps),
            PageCell::text(verdict::evidence(verdict).join(" ")),
        ],
        is_total: false,
    }
}
