//! Which state survives an apply that fails: the whole table, one row each.

use serde_json::{Value as Json, json};
use tfplugin::testing::{Harness, Instance};

/// The example provider that fails on demand.
#[path = "../examples/faulty/provider.rs"]
pub(crate) mod faulty;

use faulty::Faulty;

pub(crate) async fn configured() -> Harness<Faulty> {
    let harness = Harness::new(Faulty);
    harness.configure(json!({})).await.unwrap();
    harness
}

fn named(name: &str, behaviour: &str) -> Json {
    json!({ "name": name, "behaviour": behaviour })
}

/// A thing made without trouble, whose next operation will go as `behaviour` says.
async fn made<'h>(harness: &'h Harness<Faulty>, behaviour: &str) -> Instance<'h, Faulty> {
    let mut thing = harness.resource("faulty_thing");
    thing.apply(named("a", behaviour)).await.unwrap();
    thing
}

#[tokio::test]
async fn a_failed_create_leaves_what_was_saved_and_else_nothing() {
    let cases = [
        ("create fails", false, "Out of things"),
        ("create panics", false, "the thing fell apart"),
        ("create, saved, fails", true, "Out of things"),
        ("create, saved, panics", true, "the thing fell apart"),
    ];
    let harness = configured().await;
    for (behaviour, survives, said) in cases {
        let mut thing = harness.resource("faulty_thing");
        let failure = thing.apply(named("a", behaviour)).await.unwrap_err();

        assert!(failure.to_string().contains(said), "{behaviour}: {failure}");
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
async fn a_failed_update_leaves_the_prior_state_verbatim_unless_something_was_saved() {
    let cases = [
        ("update fails", None),
        ("update panics", None),
        ("update, saved, fails", Some(br#"{"changes":1}"#)),
    ];
    let harness = configured().await;
    for (behaviour, saved) in cases {
        let mut thing = made(&harness, "nothing").await;
        let (state, private) = (thing.state(), thing.private().to_vec());
        assert!(thing.apply(named("b", behaviour)).await.is_err());

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
async fn a_failed_delete_leaves_the_prior_state_verbatim_unless_something_was_saved() {
    let cases = [
        ("delete fails", "small"),
        ("delete panics", "small"),
        ("delete, saved, fails", "half"),
    ];
    let harness = configured().await;
    for (behaviour, size) in cases {
        let mut thing = made(&harness, behaviour).await;
        assert!(thing.destroy().await.is_err(), "{behaviour}");

        assert!(thing.exists(), "{behaviour}");
        assert_eq!(thing.get("size"), json!(size), "{behaviour}");
        assert_eq!(thing.get("id"), json!("thing-a"), "{behaviour}");
        assert_eq!(thing.private(), br#"{"changes":0}"#, "{behaviour}");
    }
}

#[tokio::test]
async fn a_panic_is_told_with_its_message_its_file_and_its_line() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let failure = thing.apply(named("a", "create panics")).await.unwrap_err();
    let said = failure.to_string();

    assert!(said.contains("The provider panicked"), "{said}");
    assert!(said.contains("the thing fell apart"), "{said}");
    let place = said
        .split("examples/faulty/provider.rs:")
        .nth(1)
        .expect(&said);
    let line = place.split(':').next().unwrap_or_default();
    assert!(line.parse::<u32>().is_ok(), "{said}");
}

#[tokio::test]
async fn a_panic_leaves_the_server_as_it_was() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(named("a", "create panics")).await.unwrap_err();
    thing.apply(named("a", "nothing")).await.unwrap();
    assert!(thing.exists());
}

#[tokio::test]
async fn a_write_only_value_that_the_author_returns_is_not_stored() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing
        .apply(json!({ "name": "a", "secret": "hush" }))
        .await
        .unwrap();
    assert_eq!(thing.get("secret"), Json::Null);
    assert_eq!(thing.get("secret_length"), json!(4), "the author saw it");
}

#[tokio::test]
async fn a_value_left_unknown_is_stored_as_null_and_told() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let failure = thing
        .apply(named("a", "create leaves a value unknown"))
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "changes");
    assert_eq!(thing.get("changes"), Json::Null);
    assert!(thing.is_tainted());
}

#[tokio::test]
async fn a_read_that_fails_keeps_the_state_and_one_that_finds_nothing_ends_it() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply_once(named("a", "read fails")).await.unwrap();
    let state = thing.state();
    assert!(thing.read().await.is_err());
    assert_eq!(thing.state(), state);
    assert_eq!(thing.private(), br#"{"changes":0}"#);

    thing
        .apply_once(named("a", "read finds nothing"))
        .await
        .unwrap();
    thing.read().await.unwrap();
    assert!(!thing.exists());
}
