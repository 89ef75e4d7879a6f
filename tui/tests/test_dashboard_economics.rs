//! The economics of all stacks: the screen of `$`, and the verdict on a stack's page.

use stack::report::{GroupBy, Report};
use stack::{EventKind, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{harness_with, lease, name, now, story, usual_lease};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

fn report(by: &GroupBy) -> Report {
    Harness::demo_report(now(), 60, by)
}

/// The screen with the demo's report.
fn opened((columns, rows): (u16, u16)) -> Harness {
    let config = HarnessConfig {
        cloud: true,
        ..HarnessConfig::new(columns, rows, now())
    };
    let leases = Harness::demo_leases(now(), 60);
    let mut harness = harness_with(config, leases.clone());
    harness.load_demo_cloud(&leases);
    harness.keys("$");
    harness.load_report(report(&GroupBy::App), report(&GroupBy::Owner));
    harness
}

/// The screen at three sizes, with and without a selected day.
#[test]
fn the_screen_at_three_sizes() {
    for size in SIZES {
        let mut harness = opened(size);
        let name = |part: &str| format!("economics_{part}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name("screen"), harness.text());
        harness.keys("<down><left><left>");
        insta::assert_snapshot!(name("day"), harness.text());
        harness.keys("<down><right>");
        insta::assert_snapshot!(
            name("owner"),
            format!("{}\n{}", harness.text(), harness.style_map())
        );
    }
}

/// The report is computed in the background: opening the screen asks for it once, and the screen
/// says so until it is there.
#[test]
fn the_report_is_computed_in_the_background() {
    let mut harness = harness_with(HarnessConfig::new(120, 40, now()), vec![usual_lease("a")]);
    harness.keys("$");
    assert!(harness.text().contains("computing the report on 30 d…"));
    assert_eq!(harness.take_effects(), ["LoadReport(30d)"]);
    harness.keys("<esc>$");
    assert!(harness.take_effects().is_empty(), "one report at a time");
    harness.fail_report("the ledger is locked");
    assert!(harness.text().contains("✗ the ledger is locked"));
    harness.keys("r");
    let effects = harness.take_effects();
    assert!(
        effects.contains(&"LoadReport(30d)".to_owned()),
        "{effects:?}"
    );
    harness.load_report(report(&GroupBy::App), report(&GroupBy::Owner));
    assert!(harness.text().contains("SPEND BY APP"));
    // A later failure keeps the figures.
    harness.keys("r");
    harness.fail_report("the ledger is locked");
    assert!(harness.text().contains("SPEND BY APP"));
    assert!(harness.text().contains("the ledger is locked"));
}

/// Each figure opens an explanation with its formula and its values.
#[test]
fn every_figure_is_explained() {
    let mut harness = opened((120, 40));
    let mut explain = |keys: &str, expected: &[&str]| {
        harness.keys(keys);
        harness.keys("<enter>");
        let text = harness.text();
        for part in expected {
            assert!(text.contains(part), "{keys}: {part}: {text}");
        }
        harness.keys("<esc>");
    };
    explain("", &["Estimate = list price × time", "without a rate"]);
    explain("<right>", &["The bill is what AWS charged"]);
    explain("<right>", &["Wasted = rate × the time", "until expiry"]);
    explain("<right>", &["Share of uptime", "slowest phase"]);
    explain("<right>", &["Success rate = ready", "95 % interval"]);
    explain("<right>", &["Saved = always on", "failed starts"]);
    explain("<down>", &["from midnight to midnight UTC", "idle share"]);
    explain("<down>", &["App ", "existed for"]);
    explain("<right>", &["Owner ", "existed for"]);
    explain("<end>", &["Starts of ", "no outcome yet"]);
    explain("<left>", &["Wasted by ", "rate now"]);
    insta::assert_snapshot!({
        harness.keys("<home><enter>");
        harness.text()
    });
}

/// The selection stays on a figure in every direction, and returns to the tile and the day that
/// were selected last.
#[test]
fn the_selection_moves_in_every_direction() {
    let mut harness = opened((120, 40));
    for key in [
        "<left>",
        "<right>",
        "<up>",
        "<down>",
        "<pageup>",
        "<pagedown>",
    ] {
        for _ in 0..60 {
            harness.keys(key);
            harness.keys("<enter>");
            assert!(
                harness.text().contains("Esc close"),
                "{key}: {}",
                harness.text()
            );
            harness.keys("<esc>");
        }
    }
    harness.keys("<home><right><right><down><left><up>");
    harness.keys("<enter>");
    assert!(harness.text().contains("Wasted = "), "{}", harness.text());
    harness.keys("<esc><esc>");
    assert!(
        harness.text().contains("TIME LEFT"),
        "Esc goes back to the list"
    );
}

/// Without any stack, the screen says so, and keys do nothing.
#[test]
fn an_empty_report_is_no_error() {
    let mut harness = Harness::new(HarnessConfig::new(80, 24, now()));
    harness.load(Vec::new(), stack::ReaperStatus::default());
    harness.keys("$");
    let empty = |by| {
        let builder = stack::report::ReportBuilder::new(Span::minutes(60).before(now()), now(), by);
        builder.finish(&stack::report::ReportInputs::default())
    };
    harness.load_report(empty(GroupBy::App), empty(GroupBy::Owner));
    harness.keys("<down><down><right><end><pageup>");
    insta::assert_snapshot!(harness.text());
}

/// A key that needs a stack says that it works in the list.
#[test]
fn keys_of_the_list_have_a_hint() {
    let mut harness = opened((120, 40));
    harness.keys("d");
    let text = harness.text();
    assert!(
        text.contains("d works in the list; Esc goes back to it"),
        "{text}"
    );
}

/// The Economics tab reads the report once, and shows the verdict for the stack's app with its
/// evidence, and the rate and the use of the stack since it was created.
#[test]
fn a_stack_has_the_verdict_of_its_app() {
    for (columns, rows) in SIZES {
        let used = |minutes| {
            let signal = "touch".to_owned();
            (minutes, EventKind::Activity { signal })
        };
        let rated = |minutes, usd: &str| {
            let kind = EventKind::Rated {
                hourly_usd: usd.parse().ok(),
                hourly_source: "list 2026-01-01".to_owned(),
                unpriced: Vec::new(),
                at_least: Vec::new(),
                accrued: Vec::new(),
                created: Vec::new(),
            };
            (minutes, kind)
        };
        let events = story(
            "checkout-1.4.0",
            180,
            |_| {},
            vec![
                (179, EventKind::Recorded { origin: None }),
                rated(170, "1.26"),
                used(120),
                used(118),
                rated(60, "0.2"),
                used(5),
            ],
        );
        let config = HarnessConfig::new(columns, rows, now());
        let mut harness = harness_with(config, vec![lease(&events)]);
        harness.keys("<enter>");
        harness.load_events(&name("checkout-1.4.0"), events);
        harness.take_effects();
        harness.keys("5");
        assert_eq!(harness.take_effects(), ["LoadReport(30d)"]);
        harness.load_report(report(&GroupBy::App), report(&GroupBy::Owner));
        harness.keys("45");
        assert!(harness.take_effects().is_empty(), "it is read once");
        let file = format!("economics_verdict_{columns}x{rows}");
        insta::assert_snapshot!(file, harness.text());
    }
}
