//! Every phase with every event, as a readable table.

use std::fmt::Write;

use super::*;
use crate::testing::every_kind;

/// The usual case: readiness is declared, and Terraform's state contains the stack.
const USUAL: TransitionFacts = TransitionFacts {
    declares_readiness: true,
    recorded: true,
    partly_asleep: false,
    touched: false,
    came_from: Some(Phase::Ready),
};

/// The table that `next` implements. `.` means illegal. Phases: p provisioning, r ready, a asleep,
/// u purgatory, t tearing down, d residue, g gone.
fn table(facts: &TransitionFacts) -> String {
    let letter = |phase: Phase| match phase {
        Phase::Provisioning => 'p',
        Phase::Ready => 'r',
        Phase::Asleep => 'a',
        Phase::Purgatory => 'u',
        Phase::TearingDown => 't',
        Phase::Residue => 'd',
        Phase::Gone => 'g',
    };
    let phases = || std::iter::once(None).chain(Phase::ALL.map(Some));
    let mut table = format!("{:17}", "");
    for phase in phases() {
        table.push(' ');
        table.push(phase.map_or('-', letter));
    }
    for event in every_kind() {
        let _ = write!(table, "\n{:17}", event.name());
        for phase in phases() {
            let outcome = next(phase, &event, facts);
            if let Err(illegal) = &outcome {
                assert_eq!(
                    (illegal.phase, illegal.event.as_str()),
                    (phase, event.name())
                );
            }
            table.push(' ');
            table.push(outcome.map_or('.', letter));
        }
    }
    table
}

/// The rows of `usual` that differ in `other`.
fn changed(usual: &str, other: &str) -> Vec<String> {
    let rows = other
        .lines()
        .zip(usual.lines())
        .filter(|(other, usual)| other != usual);
    rows.map(|(other, _)| other.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Every phase with every event, with declared readiness and a finished registration.
#[test]
fn the_whole_table() {
    let expected = "
                  - p r a u t d g
requested         p . . . . . . p
recorded          . p r a u t d .
provisioned       . p p p p . . .
phase_marked      . p r a u t d .
check_passed      . p r a u t d .
ready             . r r . r . . .
ready_timed_out   . u r . u . . .
not_ready         . p r a u t d .
version_changed   . p p p p . . .
owner_changed     . p r a u . . .
terms_changed     . p r a u . . .
renewed           . p r a u . . .
extended          . p r a u . . .
held              . p r a u . . .
hold_ended        . p r a u . . .
rated             . p r a u t d .
sleep_started     . . r a . . . .
slept             . . . . . . . .
wake_started      . . . a . . . .
woken             . . . p . . . .
power_operation_alive . p r a u . . .
power_operation_failed . p r a u . . .
activity          . p r a u t d .
noncompliant      . p r a u t d .
compliant         . p r a u t d .
warned            . p r a u t d g
teardown_started  . t t t t t t .
teardown_alive    . . . . . t . .
teardown_dispatched . p r a u t d .
resource_deleted  . . . . . t . .
resource_left     . . . . . t d d
teardown_failed   . . . . . r . .
state_locked      . p r a u t d .
released          . g g g g t g g
adopted           . . . . . . . .
origin_moved      . p r a u t d .
forgotten         . g g g g g g .
gone              . . . . . g g g
misdated          . p r a u t d g
painted           . p r a u t d g";
    assert_eq!(table(&USUAL), expected.trim_start_matches('\n'));
}

/// Without declared readiness, a stack starts ready and stays ready.
#[test]
fn without_a_declaration() {
    let facts = TransitionFacts {
        declares_readiness: false,
        ..USUAL
    };
    assert_eq!(
        changed(&table(&USUAL), &table(&facts)),
        [
            "requested r . . . . . . r",
            "provisioned . r r r r . . .",
            "ready_timed_out . r r . u . . .",
            "version_changed . p r a u . . .",
            "terms_changed . r r a r . . .",
            "woken . . . r . . . .",
        ]
    );
}

/// An unfinished registration may be taken over or adopted, a finished one may not.
#[test]
fn an_unfinished_registration() {
    let facts = TransitionFacts {
        recorded: false,
        ..USUAL
    };
    assert_eq!(
        changed(&table(&USUAL), &table(&facts)),
        ["requested p p p . p . . p", "adopted . r r . r . . ."]
    );
}

/// An interrupted sleep can be finished either way.
#[test]
fn a_sleep_that_was_begun() {
    let facts = TransitionFacts {
        partly_asleep: true,
        ..USUAL
    };
    assert_eq!(
        changed(&table(&USUAL), &table(&facts)),
        [
            "slept . . a a . . . .",
            "wake_started . p r a u . . .",
            "woken . p p p p . . ."
        ]
    );
}

/// A failed teardown restores the earlier phase unless it has touched something.
#[test]
fn a_teardown_that_failed() {
    let failed = |facts: TransitionFacts| {
        let event = EventKind::TeardownFailed {
            reason: String::new(),
        };
        next(Some(Phase::TearingDown), &event, &facts)
    };
    for phase in Phase::ALL {
        let facts = TransitionFacts {
            came_from: Some(phase),
            ..USUAL
        };
        assert_eq!(failed(facts), Ok(phase));
        assert_eq!(
            failed(TransitionFacts {
                touched: true,
                ..facts
            }),
            Ok(Phase::Residue)
        );
    }
}

/// A refusal names the event, the phase, and what to do.
#[test]
fn refusals_say_what_to_do() {
    let refused = next(Some(Phase::TearingDown), &EventKind::HoldEnded, &USUAL);
    assert_eq!(
        refused.expect_err("too late").to_string(),
        "cannot unhold: the stack is being torn down; \
         once it is gone, the next apply starts a new lease"
    );
}

/// A phase is parsed from its name only.
#[test]
fn phases_are_words() {
    for phase in Phase::ALL {
        assert_eq!(phase.as_str().parse(), Ok(phase));
        assert_eq!(serde_json::to_value(phase).expect("writes"), phase.as_str());
    }
    assert!("Ready".parse::<Phase>().is_err());
}
