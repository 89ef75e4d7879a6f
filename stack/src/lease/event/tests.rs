//! The JSON form of events, including kinds that this version does not know.

use serde_json::json;

use super::*;
use crate::testing::{every_kind, new_event, noon, stack_name};

fn event(kind: EventKind) -> Event {
    new_event(noon(), kind).into_event(stack_name("checkout-1"), Seq(7))
}

/// There is an example of every kind, and its name is the one in JSON.
#[test]
fn names_are_the_names_in_json() {
    let kinds = every_kind();
    let names: Vec<_> = kinds.iter().map(EventKind::name).collect();
    assert_eq!(names[..names.len() - 1], *EventKind::NAMES);
    for kind in &kinds {
        assert_eq!(
            serde_json::to_value(kind).expect("writes")["kind"],
            kind.name()
        );
    }
}

/// Every kind survives a round trip, alone and as an event, as text and as a value.
#[test]
fn what_is_written_is_read_back() {
    for kind in every_kind() {
        let event = event(kind.clone());
        let text = serde_json::to_string(&kind).expect("writes");
        assert_eq!(serde_json::from_str::<EventKind>(&text).expect(&text), kind);
        let text = serde_json::to_string(&event).expect("writes");
        assert_eq!(serde_json::from_str::<Event>(&text).expect(&text), event);
        let value = serde_json::to_value(&event).expect("writes");
        assert_eq!(serde_json::from_value::<Event>(value).expect(&text), event);
    }
}

/// An event is one flat object: this is what `jiti events --json` shows.
#[test]
fn an_event_is_flat() {
    let extended = EventKind::Extended {
        by: Span::minutes(90),
        until: noon(),
    };
    assert_eq!(
        serde_json::to_value(event(extended)).expect("writes"),
        json!({
            "seq": 7, "stack": "checkout-1", "at": "2026-03-02T12:00:00Z",
            "actor": "ana@laptop", "source": "cli",
            "kind": "extended", "by": "1h30m", "until": "2026-03-02T12:00:00Z",
        })
    );
}

/// Unknown fields of a known kind are ignored.
#[test]
fn added_fields_are_passed_over() {
    for text in [
        r#"{"kind":"ready","mood":"good"}"#,
        r#"{"mood":[1],"kind":"ready"}"#,
    ] {
        assert_eq!(
            serde_json::from_str::<EventKind>(text).expect(text),
            EventKind::Ready
        );
    }
}

/// An event of an unknown kind keeps all its fields.
#[test]
fn an_unknown_kind_is_kept() {
    let text = r#"{"kind":"painted","colour":"blue","depth":3.25}"#;
    let kind: EventKind = serde_json::from_str(text).expect(text);
    assert!(matches!(&kind, EventKind::Unknown(unknown) if unknown.kind == "painted"));
    assert_eq!(serde_json::to_string(&kind).expect("writes"), text);
}

/// A known kind with invalid fields is an error that names the kind, not an unknown kind.
#[test]
fn a_known_kind_that_does_not_fit_is_an_error() {
    for (text, says) in [
        (
            r#"{"kind":"extended","by":"soon"}"#,
            "the event `extended`: invalid duration \"soon\"",
        ),
        (
            r#"{"kind":"extended"}"#,
            "the event `extended`: missing field `by`",
        ),
        (r#"{"by":"1h"}"#, "an event has no `kind`"),
        (r#"{"kind":7}"#, "an event has no `kind`"),
    ] {
        let error = serde_json::from_str::<EventKind>(text)
            .expect_err(text)
            .to_string();
        assert!(error.contains(says), "{error}");
    }
}
