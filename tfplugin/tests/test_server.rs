//! Schemas, validation, import, upgrades, moves, data sources and functions.

use serde_json::{Value as Json, json};
use tfplugin::testing::Harness;

use crate::test_apply_errors::configured;
use crate::test_apply_errors::faulty::Faulty;

#[tokio::test]
async fn core_would_accept_the_schemas() {
    assert_eq!(Harness::new(Faulty).check_schemas().await.unwrap(), []);
}

#[tokio::test]
async fn an_unknown_name_is_an_error_and_not_a_failed_call() {
    let harness = configured().await;
    let failure = harness.resource("faulty_other").plan(json!({})).await;
    let failure = failure.unwrap_err().to_string();
    assert!(failure.contains("no resource faulty_other"), "{failure}");
    let failure = harness.call("nothing", &[]).await.unwrap_err().to_string();
    assert!(failure.contains("no function nothing"), "{failure}");
}

#[tokio::test]
async fn a_plan_needs_a_configured_provider() {
    let harness = Harness::new(Faulty);
    let thing = harness.resource("faulty_thing");
    let failure = thing.plan(json!({ "name": "a" })).await.unwrap_err();
    assert!(failure.to_string().contains("not configured"), "{failure}");
}

#[tokio::test]
async fn validation_needs_no_client() {
    let harness = Harness::new(Faulty);
    let refused = harness.validate("faulty_thing", json!({ "name": "refused" }));
    let failure = refused.await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "name");
    harness
        .validate(
            "faulty_thing",
            json!({ "name": tfplugin::testing::unknown() }),
        )
        .await
        .unwrap();
}

#[tokio::test]
async fn a_write_only_value_is_an_error_in_old_terraform() {
    let harness = Harness::new(Faulty);
    let config = json!({ "name": "a", "secret": "hush" });
    harness
        .validate("faulty_thing", config.clone())
        .await
        .unwrap();
    let failure = harness
        .validate_for_old_terraform("faulty_thing", config)
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "secret");
    assert!(!failure.to_string().contains("hush"), "{failure}");
}

#[tokio::test]
async fn an_import_has_the_state_of_the_create() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(json!({ "name": "a" })).await.unwrap();
    let mut imported = harness.import("faulty_thing", "thing-a").await.unwrap();
    imported.expect_same_state(&thing, &[]).unwrap();
    imported
        .expect_empty_plan(json!({ "name": "a" }))
        .await
        .unwrap();

    let failure = harness.import("faulty_thing", "a").await.unwrap_err();
    assert!(failure.to_string().contains("Invalid id"), "{failure}");
}

#[tokio::test]
async fn state_is_conformed_or_upgraded_by_its_version() {
    let harness = configured().await;
    let stored = json!({ "name": "a", "size": "small", "gone": [1], "changes": 7 });
    let thing = harness.upgrade("faulty_thing", 2, stored).await.unwrap();
    assert_eq!(thing.get("changes"), json!(7));
    assert_eq!(thing.get("kind"), Json::Null);
    assert_eq!(thing.get("gone"), Json::Null);

    let stored = json!({ "title": "old" });
    let thing = harness.upgrade("faulty_thing", 1, stored).await.unwrap();
    assert_eq!(thing.get("name"), json!("old"));

    let newer = harness.upgrade("faulty_thing", 3, json!({})).await;
    let failure = newer.unwrap_err().to_string();
    assert!(failure.contains("newer than the provider"), "{failure}");
}

#[tokio::test]
async fn a_move_works_from_supported_types_only() {
    let harness = configured().await;
    let hashicorp = "registry.terraform.io/hashicorp/null";
    let stored = json!({ "id": "42", "triggers": null });
    let moved = harness
        .move_from(
            hashicorp,
            "null_resource",
            0,
            stored.clone(),
            "faulty_thing",
        )
        .await
        .unwrap();
    assert_eq!(moved.get("id"), json!("thing-42"));

    let refused = harness.move_from(hashicorp, "null_other", 0, stored, "faulty_thing");
    let failure = refused.await.unwrap_err().to_string();
    assert!(
        failure.contains("cannot take over from null_other"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_data_source_keeps_its_configured_values() {
    let harness = configured().await;
    let echo = harness
        .data_source("faulty_echo", json!({ "input": "hello" }))
        .await
        .unwrap();
    assert_eq!(echo, json!({ "input": "hello", "output": "hello" }));
}

#[tokio::test]
async fn a_variadic_function_points_at_the_wrong_argument() {
    let harness = Harness::new(Faulty);
    let call = async |arguments: &[Json]| harness.call("join", arguments).await;
    let joined = call(&[json!("-"), json!("a"), json!("b")]).await;
    assert_eq!(joined.unwrap(), json!("a-b"));
    let joined = call(&[Json::Null, json!("a"), json!("b")]).await;
    assert_eq!(joined.unwrap(), json!("ab"));

    let failure = call(&[json!("-"), json!("a"), json!("")]).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "parts[1]");
    assert!(failure.to_string().contains("Empty part"), "{failure}");
}
