//! Text from data never controls the terminal, wherever it comes from and wherever it is shown.

use stack::init::PhaseBoundary;
use stack::{EventKind, Labels};

use crate::sandbox::Sandbox;
use crate::story::{Story, requested};

/// Clears the screen, renames the window, changes the text direction, hides text, breaks the line,
/// and rings the bell.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}txet\u{200b}\u{9b}31m\r\n\u{7f}fin";

/// The output about a stack with hostile text is printable, also as JSON and CSV.
#[test]
fn hostile_text_is_only_shown() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    story.stack(
        "checkout",
        [
            (
                90,
                requested(|r| {
                    r.origin.directory = HOSTILE.to_owned();
                    r.origin.workspace = HOSTILE.to_owned();
                    r.origin.command = HOSTILE.to_owned();
                    r.terms.ready_timeout = Some(crate::story::span("1h"));
                }),
            ),
            (
                80,
                EventKind::PhaseMarked {
                    phase: HOSTILE.to_owned(),
                    class: Some(HOSTILE.to_owned()),
                    state: PhaseBoundary::Start,
                    reported: None,
                },
            ),
            (
                70,
                EventKind::CheckPassed {
                    check: HOSTILE.to_owned(),
                },
            ),
            (
                60,
                EventKind::Rated {
                    hourly_usd: Some("1".parse().unwrap()),
                    hourly_source: HOSTILE.to_owned(),
                    unpriced: vec![HOSTILE.to_owned()],
                    at_least: Vec::new(),
                    accrued: Vec::new(),
                    created: Vec::new(),
                },
            ),
            (
                50,
                EventKind::Held {
                    until: story.ago(-3600),
                    why: HOSTILE.to_owned(),
                },
            ),
            (
                40,
                EventKind::Activity {
                    signal: HOSTILE.to_owned(),
                },
            ),
        ],
    );
    for arguments in [
        vec!["ls"],
        vec!["ls", "--csv"],
        vec!["ls", "--json"],
        vec!["show", "checkout"],
        vec!["show", "checkout", "--json"],
        vec!["events"],
        vec!["events", "checkout"],
        vec!["events", "--json"],
        vec!["hold", "checkout", "--until", "1h", "--why", HOSTILE],
    ] {
        for ran in [
            sandbox.run(&arguments).ok(),
            sandbox.run_wide(&arguments).ok(),
        ] {
            let bad = ran
                .stdout
                .chars()
                .find(|c| (c.is_control() && *c != '\n') || "\u{202e}\u{200b}".contains(*c));
            assert_eq!(bad, None, "{arguments:?}: {}", ran.stdout);
        }
    }
    assert!(
        sandbox
            .run_wide(&["show", "checkout"])
            .ok()
            .stdout
            .contains("\\u{202e}txet")
    );
    let why = &sandbox.shown("checkout")["events"][4]["why"];
    assert_eq!(why, HOSTILE, "JSON escapes the text and keeps all of it");
}

/// Labels and names reject hostile text.
#[test]
fn names_and_labels_are_refused() {
    assert!(Labels::new([("team".to_owned(), HOSTILE.to_owned())].into()).is_err());
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["show", HOSTILE]).exits(2);
    assert!(
        ran.stderr.chars().all(|c| c == '\n' || !c.is_control()),
        "{}",
        ran.stderr
    );
}

/// A hostile path in an error is escaped too.
#[test]
fn hostile_paths_are_only_shown() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["--ledger", HOSTILE, "show", "x"]).exits(1);
    assert!(
        ran.stderr.chars().all(|c| c == '\n' || !c.is_control()),
        "{}",
        ran.stderr
    );
}
