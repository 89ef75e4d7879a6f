//! The state that survives a failed apply: each row of the table in `apply_resource`.

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, Instance};

/// The example provider, which fails on demand.
#[path = "../examples/faulty/provider.rs"]
pub(crate) mod faulty;

use faulty::Faulty;

pub(crate) async fn configured() -> Harness<Faulty> {
    let harness = Harness::new(Faulty);
    harness.configure(json!({})).await.unwrap();
    harness
}

fn config(name: &str, behaviour: &str) -> Json {
    json!({ "name": name, "behaviour": behaviour })
}

/// A created thing, whose next operation behaves as `behaviour` says.
async fn created<'h>(harness: &'h Harness<Faulty>, behaviour: &str) -> Instance<'h, Faulty> {
    let mut thing = harness.resource("faulty_thing");
    thing.apply(config("a", behaviour)).await.unwrap();
    thing
}

#[tokio::test]
async fn a_failed_create_stores_only_saved_state() {
    let cases = [
        ("create fails", false, "Out of things"),
        ("create panics", false, "the thing fell apart"),
        ("create, saved, fails", true, "Out of things"),
        ("create, saved, panics", true, "the thing fell apart"),
    ];
    let harness = configured().await;
    for (behaviour, survives, message) in cases {
        let mut thing = harness.resource("faulty_thing");
        let failure = thing.apply(config("a", behaviour)).await.unwrap_err();

        assert!(
            failure.to_string().contains(message),
            "{behaviour}: {failure}"
        );
        assert_eq!(thing.exists(), survives, "{behaviour}");
        assert_eq!(thing.is_tainted(), survives, "{behaviour}");
        if survives {
            assert_eq!(thing.get("id"), json!("thing-a"), "{behaviour}");
            assert_eq!(
                thing.get("changes"),
                Json::Null,
                "unknown is stored as null"
            );
            assert_eq!(thing.private(), br#"{"changes":0}"#, "{behaviour}");
        }
    }
}

#[tokio::test]
async fn a_failed_update_keeps_the_prior_state_or_the_saved_state() {
    let cases = [
        ("update fails", None),
        ("update panics", None),
        ("update, saved, fails", Some(br#"{"changes":1}"#)),
    ];
    let harness = configured().await;
    for (behaviour, saved) in cases {
        let mut thing = created(&harness, "nothing").await;
        let (state, private) = (thing.state(), thing.private().to_vec());
        assert!(thing.apply(config("b", behaviour)).await.is_err());

        assert!(!thing.is_tainted(), "{behaviour}");
        if let Some(saved) = saved {
            assert_eq!(thing.get("name"), json!("b"), "{behaviour}");
            assert_eq!(thing.private(), saved, "{behaviour}");
        } else {
            assert_eq!(thing.state(), state, "{behaviour}");
            assert_eq!(thing.private(), private, "{behaviour}");
        }
    }
}

#[tokio::test]
async fn a_failed_delete_keeps_the_prior_state_or_the_saved_state() {
    let cases = [
        ("delete fails", "small"),
        ("delete panics", "small"),
        ("delete, saved, fails", "half"),
    ];
    let harness = configured().await;
    for (behaviour, size) in cases {
        let mut thing = created(&harness, behaviour).await;
        assert!(thing.destroy().await.is_err(), "{behaviour}");

        assert!(thing.exists(), "{behaviour}");
        assert_eq!(thing.get("size"), json!(size), "{behaviour}");
        assert_eq!(thing.get("id"), json!("thing-a"), "{behaviour}");
        assert_eq!(thing.private(), br#"{"changes":0}"#, "{behaviour}");
    }
}

#[tokio::test]
async fn a_panic_is_reported_with_its_message_and_location() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let failure = thing.apply(config("a", "create panics")).await.unwrap_err();
    let text = failure.to_string();

    assert!(text.contains("The provider panicked"), "{text}");
    assert!(text.contains("the thing fell apart"), "{text}");
    let location = text
        .split("examples/faulty/provider.rs:")
        .nth(1)
        .expect(&text);
    let line = location.split(':').next().unwrap_or_default();
    assert!(line.parse::<u32>().is_ok(), "{text}");
}

#[tokio::test]
async fn the_server_still_works_after_a_panic() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(config("a", "create panics")).await.unwrap_err();
    thing.apply(config("a", "nothing")).await.unwrap();
    assert!(thing.exists());
}

#[tokio::test]
async fn a_returned_write_only_value_is_not_stored() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing
        .apply(json!({ "name": "a", "secret": "hush" }))
        .await
        .unwrap();
    assert_eq!(thing.get("secret"), Json::Null);
    assert_eq!(
        thing.get("secret_length"),
        json!(4),
        "the provider received the value"
    );
}

#[tokio::test]
async fn an_unknown_result_is_an_error_and_stored_as_null() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let failure = thing
        .apply(config("a", "create leaves a value unknown"))
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "changes");
    let detail = &failure.diagnostics()[0].detail;
    assert!(
        detail.starts_with("The provider did not set `changes`."),
        "{detail}"
    );
    assert_eq!(thing.get("changes"), Json::Null);
    assert!(thing.is_tainted());
}

#[tokio::test]
async fn a_failed_read_keeps_the_state_and_a_read_of_nothing_removes_it() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply_once(config("a", "read fails")).await.unwrap();
    let state = thing.state();
    assert!(thing.read().await.is_err());
    assert_eq!(thing.state(), state);
    assert_eq!(thing.private(), br#"{"changes":0}"#);

    thing
        .apply_once(config("a", "read finds nothing"))
        .await
        .unwrap();
    thing.read().await.unwrap();
    assert!(!thing.exists());
}
