//! Untrusted text: it cannot control the terminal, hide, or leave its cell.

use stack::{EventKind, Lease, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{harness_with, lease, name, now, plan, story};

/// Hostile text: control characters, direction marks, wide and zero-width characters.
const NASTY: &str = "a\u{1b}[2J\u{1b}]0;x\u{7}b\r\nc\u{202e}d\u{200b}e\u{9b}31m漢字👩\u{200d}💻e\u{301}\u{301}\u{301}\u{301}\u{301}\u{feff}\u{2066}f\tg";

fn nasty() -> Vec<stack::Event> {
    let mark = EventKind::PhaseMarked {
        phase: NASTY.to_owned(),
        class: Some(NASTY.to_owned()),
        state: stack::init::PhaseBoundary::Start,
        reported: None,
    };
    let until = Span::minutes(90).after(now());
    story(
        "checkout-1.4.0",
        180,
        |r| {
            r.terms.ready_timeout = Some(Span::minutes(600));
            r.origin.directory = NASTY.to_owned();
            r.origin.workspace = NASTY.to_owned();
        },
        vec![
            (170, EventKind::Provisioned),
            (160, mark),
            (
                150,
                EventKind::CheckPassed {
                    check: NASTY.to_owned(),
                },
            ),
            (
                20,
                EventKind::Activity {
                    signal: NASTY.to_owned(),
                },
            ),
            (
                10,
                EventKind::Held {
                    until,
                    why: NASTY.to_owned(),
                },
            ),
        ],
    )
}

/// Every cell holds one character of its own width, with its marks, and no control or invisible
/// character.
#[track_caller]
fn is_sane(harness: &Harness, what: &str) {
    for cell in harness.buffer().content() {
        let symbol = cell.symbol();
        let sane = symbol.chars().all(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        });
        assert!(sane && symbol.chars().count() <= 4, "{what}: {symbol:?}");
    }
    // The two rules are still complete, so no text has pushed them aside.
    let text = harness.text();
    let rule = "─".repeat(usize::from(harness.buffer().area.width));
    assert_eq!(
        text.lines().filter(|line| **line == rule).count(),
        2,
        "{what}:\n{text}"
    );
}

/// Hostile text in every field that shows text from outside.
#[test]
fn nothing_breaks_out_of_its_cell() {
    for (columns, rows) in [(80, 24), (120, 40), (200, 50)] {
        let events = nasty();
        let leases: Vec<Lease> = vec![lease(&events)];
        let mut harness = harness_with(HarnessConfig::new(columns, rows, now()), leases);
        is_sane(&harness, "list");
        harness.keys("<enter>");
        harness.load_events(&name("checkout-1.4.0"), events);
        for tab in 1..=5 {
            harness.keys(&tab.to_string());
            is_sane(&harness, &format!("tab {tab}"));
        }
        harness.keys("h");
        is_sane(&harness, "hold");
        harness.keys("<esc><esc>/");
        harness.paste(NASTY);
        is_sane(&harness, "filter");
        harness.keys("<esc>d");
        let mut asked = plan("checkout-1.4.0", false, 3);
        asked.method = stack::service::teardown::Method::Terraform {
            directory: NASTY.to_owned(),
            workspace: NASTY.to_owned(),
            digest: Some("abc".to_owned()),
            rebuilt_from: None,
        };
        asked.resources[0].id = NASTY.to_owned();
        asked.resources[0].region = Some(NASTY.to_owned());
        harness.plan(asked);
        is_sane(&harness, "plan");
        harness.keys("<esc>");
        harness.fail_load(NASTY);
        is_sane(&harness, "failure");
    }
}

/// A wide character that does not fit is dropped, not cut in two, and the box around it stays
/// complete.
#[test]
fn wide_characters_are_never_cut_in_two() {
    let until = Span::minutes(90).after(now());
    for letters in 0..4 {
        let why = format!("{}{}", "x".repeat(letters), "漢".repeat(60));
        let events = story(
            "wide",
            30,
            |_| {},
            vec![(10, EventKind::Held { until, why })],
        );
        let mut harness = harness_with(HarnessConfig::new(80, 24, now()), vec![lease(&events)]);
        harness.keys("h");
        let text = harness.text();
        let boxed: Vec<&str> = text.lines().filter(|line| line.contains('│')).collect();
        assert!(boxed.len() > 4, "{text}");
        for line in boxed {
            assert_eq!(line.matches('│').count(), 2, "{text}");
        }
    }
}
