//! The page from a report with every figure, and from one where nothing is known.

use jiff::Timestamp;
use stack::economics::{Choice, Savings, StartKind, Verdict, VersionComparison};
use stack::report::{
    ClassFigures, DayFigures, Figures, GroupBy, IdleFigures, InitFigures, PhaseFigures,
    PurgatoryRow, ReportGroup, StartFigures, VersionStarts,
};
use stack::{Elapsed, Usd};

use super::*;
use crate::cli::output::html::html_check;

fn usd(text: &str) -> Option<Usd> {
    text.parse().ok()
}

fn seconds(seconds: u64) -> Elapsed {
    Elapsed::from_millis(seconds * 1_000)
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn starts(ready: u32, timed_out: u32, failed: u32) -> StartFigures {
    let decided = f64::from(ready + timed_out + failed);
    let share = f64::from(ready) / decided;
    StartFigures {
        started: ready + timed_out + failed,
        ready,
        timed_out,
        failed,
        pending: 0,
        success_rate: Some(share),
        low: Some(share - 0.1),
        high: Some((share + 0.05).min(1.0)),
    }
}

fn phase(name: &str, class: &str, time: u64, share: f64) -> PhaseFigures {
    PhaseFigures {
        name: name.to_owned(),
        class: (!class.is_empty()).then(|| class.to_owned()),
        starts: 12,
        median_seconds: Some(seconds(time / 12)),
        p95_seconds: Some(seconds(time / 8)),
        seconds: seconds(time),
        usd: usd("1.25"),
        share: Some(share),
    }
}

fn figures(spent: &str, scale: u64) -> Figures {
    Figures {
        stacks: 14,
        stood_seconds: seconds(360_000 * scale),
        spent_usd: usd(spent),
        spent_is_minimum: true,
        billed_usd: usd("9.5"),
        billed_until: Some(time("2026-03-05T00:00:00Z")),
        idle: IdleFigures {
            stacks: Some(3),
            wasted_usd: usd("4.2"),
            hourly_usd: "0.42".parse().ok(),
            until_expiry_usd: usd("6.3"),
            share: Some(0.31),
            ..IdleFigures::default()
        },
        init: InitFigures {
            count: 12,
            median_seconds: Some(seconds(663)),
            p90_seconds: Some(seconds(800)),
            p95_seconds: Some(seconds(900)),
            seconds: seconds(9_000 * scale),
            usd: usd("2.05"),
            share_of_uptime: Some(0.11),
            slowest_phase: Some("image-scan".to_owned()),
            slowest_share: Some(0.62),
            phases: vec![
                phase("image-scan", "security", 5_580 * scale, 0.62),
                phase("restore snapshot", "data", 2_000 * scale, 0.22),
                phase("provision", "", 1_420 * scale, 0.16),
            ],
            classes: vec![ClassFigures {
                class: "security".to_owned(),
                seconds: seconds(5_580 * scale),
                usd: usd("1.25"),
                share_of_init: Some(0.62),
                share_of_uptime: Some(0.07),
            }],
            ..InitFigures::default()
        },
        starts: starts(48, 1, 1),
        purgatory: 1,
        purgatory_seconds: seconds(7_200),
        purgatory_usd: usd("0.84"),
        savings: Some(savings()),
        ..Figures::default()
    }
}

fn savings() -> Savings {
    Savings {
        always_on_usd: usd("120"),
        spent_usd: usd("48"),
        failed_starts_usd: usd("0.5"),
        purgatory_usd: usd("0.84"),
        waiting_usd: None,
        saved_usd: usd("48"),
        extra_usd: usd("0"),
    }
}

fn day(number: i8) -> DayFigures {
    let is_known = number != 3;
    let count = u32::try_from(number).unwrap();
    DayFigures {
        day: jiff::civil::date(2026, 3, number),
        spent_usd: usd(&format!("{number}.5")).filter(|_| is_known),
        billed_usd: usd(&format!("{number}.1")).filter(|_| number < 4),
        idle_usd: usd("0.7").filter(|_| is_known),
        idle_share: Some(0.4 / f64::from(number)).filter(|_| is_known),
        init_usd: usd("0.2"),
        started: count + 1,
        ready: count,
        timed_out: u32::from(number == 2),
        failed: u32::from(number == 4),
    }
}

fn verdict(app: &str, choice: Option<Choice>) -> Verdict {
    Verdict {
        app: app.parse().unwrap(),
        choice,
        rebuild_usd: usd("3.2").filter(|_| choice.is_some()),
        sleep_usd: None,
        keep_usd: usd("8.4").filter(|_| choice.is_some()),
        break_even_seconds: choice.map(|_| seconds(2_820)),
        confidence: choice.map(|_| 0.97),
        starts: 12,
        gaps: 11,
        reasons: vec![
            "A start costs $0.34.".to_owned(),
            "Half of the gaps are longer than 6 h.".to_owned(),
        ],
        not_enough: choice
            .is_none()
            .then(|| "2 starts and 1 gap are too few: 5 starts are needed.".to_owned()),
    }
}

fn full(by: GroupBy, names: [&str; 2]) -> Report {
    let group = |name: &str, spent, scale| ReportGroup {
        group: name.to_owned(),
        figures: figures(spent, scale),
    };
    Report {
        since: time("2026-03-01T12:00:00Z"),
        until: time("2026-03-05T12:00:00Z"),
        by,
        unreadable: Vec::new(),
        groups: vec![group(names[0], "31.5", 2), group(names[1], "16.5", 1)],
        total: figures("48", 3),
        days: (1..=5).map(day).collect(),
        starts_by_version: vec![VersionStarts {
            app: "checkout".parse().unwrap(),
            version: "1.4.0".parse().unwrap(),
            first_at: time("2026-03-01T13:00:00Z"),
            starts: starts(48, 1, 1),
            median_seconds: Some(seconds(663)),
            p95_seconds: Some(seconds(900)),
            slowest_phase: Some("image-scan".to_owned()),
            slowest_share: Some(0.62),
        }],
        purgatories: vec![PurgatoryRow {
            stack: "reports-pr-7".parse().unwrap(),
            app: "reports".parse().unwrap(),
            owner: "ben@example.com".parse().unwrap(),
            version: "2.0.0".parse().unwrap(),
            since: time("2026-03-05T09:30:00Z"),
            hourly_usd: "1.10".parse().ok(),
            usd: usd("2.75"),
            check: Some("http healthz".to_owned()),
            answer: Some("<h1>503</h1> & more".to_owned()),
            open_phase: None,
        }],
        verdicts: vec![
            verdict("checkout", Some(Choice::Rebuild)),
            verdict("search", None),
        ],
        slower: vec![VersionComparison {
            app: "checkout".parse().unwrap(),
            before: "1.3.0".parse().unwrap(),
            after: "1.4.0".parse().unwrap(),
            kind: Some(StartKind::Request),
            before_starts: 10,
            after_starts: 12,
            before_median: Some(seconds(420)),
            after_median: Some(seconds(663)),
            p_value: Some(0.0004),
            slower: true,
            not_enough: None,
        }],
        savings: Some(savings()),
    }
}

fn empty() -> Report {
    Report {
        since: time("2026-03-01T12:00:00Z"),
        until: time("2026-03-05T12:00:00Z"),
        by: GroupBy::App,
        unreadable: Vec::new(),
        groups: Vec::new(),
        total: Figures::default(),
        days: Vec::new(),
        starts_by_version: Vec::new(),
        purgatories: Vec::new(),
        verdicts: Vec::new(),
        slower: Vec::new(),
        savings: None,
    }
}

fn text(asked: &Report, by_app: &Report, by_owner: &Report) -> String {
    let reports = PageReports {
        asked,
        by_app,
        by_owner,
    };
    let text = page(reports, vec!["One note.".to_owned()]).to_string();
    html_check::check(&text);
    text
}

/// The page with every section is valid, and each chart links to rows that exist.
#[test]
fn the_page_has_every_section() {
    let by_app = full(GroupBy::App, ["checkout", "<search>"]);
    let by_owner = full(GroupBy::Owner, ["ana@example.com", "team-search"]);
    let by_label = full(GroupBy::Label("cost-center".to_owned()), ["42", "43"]);
    let text = text(&by_label, &by_app, &by_owner);
    for part in [
        "Spend by day",
        "Spend by app and owner",
        "Spend by label: cost-center",
        "Idle cost",
        "Init overhead",
        "Starts and failures",
        "Purgatory",
        "Verdicts",
        "Savings",
        "Slower versions",
        "≥ $48.00",
        "62 % image-scan",
        "Init takes 11 % of the time that stacks exist.",
        "&lt;h1&gt;503&lt;/h1&gt; &amp; more",
        "&lt;0.001",
        "95 %: 86 to 100 %",
        "not enough history",
        "47 min",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
    assert_eq!(text.matches("<svg").count(), 10, "one image per chart");
}

/// Without any stack, every section says why it is empty, and unknown is a dash.
#[test]
fn an_empty_report_says_why() {
    let text = text(&empty(), &empty(), &empty());
    assert!(!text.contains("<svg") && !text.contains("<table"), "{text}");
    for part in [
        "No stack existed in this period.",
        "No stack is in purgatory now.",
        "No app has a history in this period.",
        "<strong>–</strong>",
        "the bill was not queried",
    ] {
        assert!(text.contains(part), "{part} is missing");
    }
}

/// In the total, some apps saved and others cost more: the larger one is the figure. A bar has one
/// part for all phases of the same colour. Without any known idleness, there is no table of dashes.
#[test]
fn the_summary_is_about_the_larger_part() {
    let mut by_app = full(GroupBy::App, ["checkout", "search"]);
    by_app.savings = Some(Savings {
        extra_usd: usd("0.48"),
        ..savings()
    });
    by_app.total.idle = IdleFigures::default();
    for group in &mut by_app.groups {
        let more = (0..9_u32).map(|n| phase(&format!("short {n}"), "app", 10, 0.01));
        group.figures.init.phases.extend(more);
    }
    let page = text(&by_app, &by_app, &empty());
    assert!(page.contains("Saved") && !page.contains("More than always on"));
    // One for each app, and one of the chart of the savings.
    assert_eq!(page.matches("<rect class=\"cx\"").count(), 3, "{page}");
    assert!(page.contains("It is known of no stack whether it is idle."));
    by_app.savings = Some(Savings {
        saved_usd: usd("0.10"),
        extra_usd: usd("0.48"),
        ..savings()
    });
    let page = text(&by_app, &by_app, &empty());
    assert!(page.contains("More than always on"));
}

/// A chart shows the first rows, and says how many more the table has.
#[test]
fn charts_leave_out_the_rest() {
    let mut by_app = full(GroupBy::App, ["checkout", "search"]);
    let group = by_app.groups.last().cloned().unwrap();
    let more = (0..18).map(|n| ReportGroup {
        group: format!("app-{n}"),
        ..group.clone()
    });
    by_app.groups.extend(more);
    let text = text(&by_app, &by_app, &empty());
    assert!(text.contains("The chart shows the first 12; 8 more in the table."));
}
