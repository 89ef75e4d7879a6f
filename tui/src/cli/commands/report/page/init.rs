//! Init overhead: how long stacks take to become ready, by phase and by class.

use std::collections::BTreeMap;

use stack::Elapsed;
use stack::report::{ClassFigures, Figures, PhaseFigures, Report};

use super::{MAX_CHART_ROWS, cells, left_out};
use crate::chart::{Bar, BarChart, BarRow, ChartHead, MarkLink};
use crate::cli::output::html::{ChartFigure, PageCell, PageColumn, PageRow, PageTable, Section};
use crate::format::{share, values};

/// The colours of the longest phases. All other phases share the last one.
const COLOURS: [&str; 7] = ["c0", "c1", "c2", "c3", "c4", "c5", "c6"];
const OTHER: &str = "cx";

pub(super) fn section(report: &Report) -> Section {
    let colours = PhaseColours::of(report);
    let with_init = report.groups.iter().enumerate();
    let with_init = with_init.filter(|(_, group)| group.figures.init.seconds.seconds() > 0);
    let rows: Vec<BarRow> = with_init
        .map(|(index, group)| bar_row(index, &group.group, &group.figures, &colours))
        .collect();
    let count = rows.len();
    let figure = (count > 0).then(|| ChartFigure {
        title: "Init by phase".to_owned(),
        svg: BarChart {
            head: ChartHead {
                id: "init-chart".to_owned(),
                title: "Init by phase".to_owned(),
                desc: "One bar for each app: the time of all its starts, in parts by phase."
                    .to_owned(),
            },
            rows: rows.into_iter().take(MAX_CHART_ROWS).collect(),
        }
        .svg(),
        colours: colours.legend(),
        table: "init-apps",
        note: left_out(count),
    });
    Section {
        id: "init",
        title: "Init overhead",
        lead: lead(&report.total),
        figures: figure.into_iter().collect(),
        tables: vec![apps(report), phases(report), classes(report)],
    }
}

fn lead(total: &Figures) -> Vec<String> {
    let mut lead = vec![
        "Init is the time from the request of a stack until it is ready. Phases come from jiti \
         mark, from the checks, or from the times of the resources."
            .to_owned(),
    ];
    if let Some(part) = total.init.share_of_uptime {
        lead.push(format!(
            "Init takes {} of the time that stacks exist.",
            share::percent(part)
        ));
    }
    lead
}

/// The colour of each phase, by name.
struct PhaseColours {
    colours: BTreeMap<String, &'static str>,
    /// The coloured phases, the longest first.
    names: Vec<String>,
    has_other: bool,
}

impl PhaseColours {
    fn of(report: &Report) -> Self {
        let mut times: BTreeMap<&str, u64> = BTreeMap::new();
        for group in &report.groups {
            for phase in &group.figures.init.phases {
                *times.entry(&phase.name).or_default() += phase.seconds.millis();
            }
        }
        let mut names: Vec<(&str, u64)> = times.into_iter().collect();
        names.sort_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(two.0)));
        let coloured = names.iter().zip(COLOURS);
        Self {
            colours: coloured
                .map(|((name, _), colour)| ((*name).to_owned(), colour))
                .collect(),
            has_other: names.len() > COLOURS.len(),
            names: names
                .iter()
                .take(COLOURS.len())
                .map(|(name, _)| (*name).to_owned())
                .collect(),
        }
    }

    fn colour(&self, phase: &str) -> &'static str {
        self.colours.get(phase).copied().unwrap_or(OTHER)
    }

    fn legend(&self) -> Vec<(&'static str, String)> {
        let names = self.names.iter().zip(COLOURS);
        let mut legend: Vec<_> = names.map(|(name, colour)| (colour, name.clone())).collect();
        if self.has_other {
            legend.push((OTHER, "other phases".to_owned()));
        }
        legend
    }
}

fn bar_row(index: usize, name: &str, figures: &Figures, colours: &PhaseColours) -> BarRow {
    let init = &figures.init;
    // One part for each colour, in the same order in every bar.
    let mut parts: BTreeMap<&'static str, f64> = BTreeMap::new();
    for phase in &init.phases {
        *parts.entry(colours.colour(&phase.name)).or_default() +=
            cells::drawn_seconds(phase.seconds);
    }
    let slowest = init.slowest_phase.as_ref().zip(init.slowest_share);
    let slowest = slowest.map(|(phase, part)| format!(" · {} {phase}", share::percent(part)));
    let median = init.median_seconds.map_or_else(
        || values::UNKNOWN.to_owned(),
        |median| format!("median {}", values::seconds(median)),
    );
    let phases: Vec<String> = init
        .phases
        .iter()
        .map(|phase| format!("{} {}", phase.name, share::percent_or_unknown(phase.share)))
        .collect();
    BarRow {
        name: name.to_owned(),
        figure: format!("{median}{}", slowest.unwrap_or_default()),
        bars: vec![Some(Bar {
            parts: parts
                .into_iter()
                .map(|(colour, seconds)| (seconds, colour))
                .collect(),
        })],
        link: MarkLink {
            row: format!("init-{index}"),
            tip: format!(
                "{name}: {} of init: {}",
                values::duration(init.seconds),
                phases.join(", ")
            ),
        },
    }
}

const APP_COLUMNS: [PageColumn; 9] = [
    PageColumn::text("App", "The app of the stacks."),
    PageColumn::figure(
        "Inits",
        "The number of starts that became ready in the period.",
    ),
    PageColumn::figure(
        "Median",
        "From request to ready: half of the starts took no longer. Source: the times of the events.",
    ),
    PageColumn::figure("P90", "90 percent of the starts took no longer."),
    PageColumn::figure("P95", "95 percent of the starts took no longer."),
    PageColumn::figure(
        "Time",
        "The time of all starts in the period, also of those that never became ready.",
    ),
    PageColumn::figure(
        "Init $",
        "Dollars that the stacks spent in that time, from the moment that each resource is billed.",
    ),
    PageColumn::figure(
        "Share of uptime",
        "Percent: the time of all starts ÷ the time that the stacks existed.",
    ),
    PageColumn::text(
        "Slowest phase",
        "The phase that took the most time in the starts that became ready, and its share of them.",
    ),
];

fn apps(report: &Report) -> PageTable {
    let row = |id: String, name: &str, figures: &Figures, is_total| {
        let init = &figures.init;
        let slowest = init.slowest_phase.as_ref().map(|phase| {
            let part = share::percent_or_unknown(init.slowest_share);
            format!("{phase} ({part})")
        });
        PageRow {
            id,
            cells: vec![
                PageCell::text(name),
                cells::count(init.count),
                cells::seconds(init.median_seconds),
                cells::seconds(init.p90_seconds),
                cells::seconds(init.p95_seconds),
                time(init.seconds),
                cells::usd(init.usd, init.usd_is_minimum),
                cells::percent(init.share_of_uptime),
                cells::text(slowest.as_deref()),
            ],
            is_total,
        }
    };
    let groups = report.groups.iter().enumerate();
    let mut rows: Vec<PageRow> = groups
        .map(|(index, group)| row(format!("init-{index}"), &group.group, &group.figures, false))
        .collect();
    if rows.len() > 1 {
        rows.push(row("init-total".to_owned(), "total", &report.total, true));
    }
    PageTable {
        id: "init-apps",
        caption: "Init by app".to_owned(),
        columns: APP_COLUMNS.to_vec(),
        rows,
        sorted_by: 5,
        empty: "No stack existed in this period.",
    }
}

fn time(time: Elapsed) -> PageCell {
    PageCell::figure(values::duration(time), cells::drawn_seconds(time))
}

const PHASE_COLUMNS: [PageColumn; 9] = [
    PageColumn::text("Phase", "The name of the phase, as it was reported."),
    PageColumn::text("App", "The app of the starts."),
    PageColumn::text(
        "Class",
        "The kind of work: network, security, data, app or check, as it was reported.",
    ),
    PageColumn::figure("Starts", "The number of starts with this phase."),
    PageColumn::figure("Median", "Half of these phases took no longer."),
    PageColumn::figure("P95", "95 percent of these phases took no longer."),
    PageColumn::figure("Time", "The time of this phase over all starts of the app."),
    PageColumn::figure("Cost", "Dollars that the stacks spent in that time."),
    PageColumn::figure("Share of init", "Percent of the app's init time."),
];

fn phases(report: &Report) -> PageTable {
    let mut phases: Vec<(&str, usize, usize, &PhaseFigures)> = Vec::new();
    for (app, group) in report.groups.iter().enumerate() {
        let of_app = group.figures.init.phases.iter().enumerate();
        phases.extend(of_app.map(|(index, phase)| (group.group.as_str(), app, index, phase)));
    }
    phases.sort_by_key(|(.., phase)| std::cmp::Reverse(phase.seconds));
    let rows = phases.into_iter().map(|(name, app, index, phase)| PageRow {
        id: format!("phase-{app}-{index}"),
        cells: vec![
            PageCell::text(phase.name.clone()),
            PageCell::text(name),
            cells::text(phase.class.as_deref()),
            cells::count(phase.starts),
            cells::seconds(phase.median_seconds),
            cells::seconds(phase.p95_seconds),
            time(phase.seconds),
            cells::usd(phase.usd, false),
            cells::percent(phase.share),
        ],
        is_total: false,
    });
    PageTable {
        id: "phases",
        caption: "Phases of init".to_owned(),
        columns: PHASE_COLUMNS.to_vec(),
        rows: rows.collect(),
        sorted_by: 6,
        empty: "No start has a named phase. jiti mark NAME PHASE start and done report one.",
    }
}

const CLASS_COLUMNS: [PageColumn; 5] = [
    PageColumn::text(
        "Class",
        "The kind of work: network, security, data, app, check, or other for phases without a class.",
    ),
    PageColumn::figure("Time", "The time of the class over all starts."),
    PageColumn::figure("Cost", "Dollars that the stacks spent in that time."),
    PageColumn::figure("Share of init", "Percent of the time of all starts."),
    PageColumn::figure(
        "Share of uptime",
        "Percent of the time that the stacks existed.",
    ),
];

fn classes(report: &Report) -> PageTable {
    let row = |(index, class): (usize, &ClassFigures)| PageRow {
        id: format!("class-{index}"),
        cells: vec![
            PageCell::text(class.class.clone()),
            time(class.seconds),
            cells::usd(class.usd, false),
            cells::percent(class.share_of_init),
            cells::percent(class.share_of_uptime),
        ],
        is_total: false,
    };
    PageTable {
        id: "classes",
        caption: "Classes of init: what security, network and data cost".to_owned(),
        columns: CLASS_COLUMNS.to_vec(),
        rows: report
            .total
            .init
            .classes
            .iter()
            .enumerate()
            .map(row)
            .collect(),
        sorted_by: 1,
        empty: "No phase has a class. jiti mark NAME PHASE start --class security sets one.",
    }
}
