//! The planning steps: defaults, unknown values, replacement, and the resource's own plan.

use serde_json::json;
use tfplugin::PlannedAction;
use tfplugin::testing::unknown;

use crate::test_apply_errors::configured;

#[tokio::test]
async fn a_create_has_defaults_and_unknown_computed_values() {
    let harness = configured().await;
    let plan = harness
        .resource("faulty_thing")
        .plan(json!({ "name": "a" }))
        .await
        .unwrap();
    assert_eq!(plan.action(), PlannedAction::Create);
    assert_eq!(plan.get("size"), json!("small"));
    assert!(plan.is_unknown("id"));
    assert!(plan.is_unknown("changes"));
    assert!(plan.requires_replace().is_empty(), "ignored on create");
}

#[tokio::test]
async fn an_unchanged_configuration_plans_the_prior_state() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(json!({ "name": "a" })).await.unwrap();
    let plan = thing.plan(json!({ "name": "a" })).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Unchanged);
    assert_eq!(plan.changes(), Vec::<String>::new());
}

#[tokio::test]
async fn an_update_keeps_values_with_keep_and_makes_others_unknown() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(json!({ "name": "a" })).await.unwrap();
    let plan = thing.plan(json!({ "name": "b" })).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    assert_eq!(plan.get("id"), json!("thing-a"));
    assert_eq!(plan.changes(), ["changes", "name", "secret_length"]);

    thing.apply(json!({ "name": "b" })).await.unwrap();
    assert_eq!(thing.get("changes"), json!(1));
    assert_eq!(thing.private(), br#"{"changes":1}"#);
}

#[tokio::test]
async fn removing_a_value_restores_its_default() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing
        .apply(json!({ "name": "a", "size": "large" }))
        .await
        .unwrap();
    thing.apply(json!({ "name": "a" })).await.unwrap();
    assert_eq!(thing.get("size"), json!("small"));
}

#[tokio::test]
async fn requires_replace_replaces_the_resource() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing
        .apply(json!({ "name": "a", "kind": "x" }))
        .await
        .unwrap();
    thing
        .apply(json!({ "name": "b", "kind": "x" }))
        .await
        .unwrap();
    assert_eq!(thing.get("id"), json!("thing-a"), "changed in place");

    let plan = thing
        .plan(json!({ "name": "b", "kind": "y" }))
        .await
        .unwrap();
    assert_eq!(plan.action(), PlannedAction::Replace);
    assert_eq!(plan.requires_replace(), ["kind".into()]);
    assert!(
        plan.is_unknown("id"),
        "Terraform shows the plan of the new thing"
    );
    assert_eq!(plan.changes(), ["changes", "id", "kind", "secret_length"]);
    thing
        .apply(json!({ "name": "b", "kind": "y" }))
        .await
        .unwrap();
    assert_eq!(thing.get("id"), json!("thing-b"), "created again");
    assert_eq!(thing.get("changes"), json!(0));
}

#[tokio::test]
async fn require_replace_counts_only_for_changed_values() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let behaviour = "plan requires replacement for a name";
    let config = |name: &str| json!({ "name": name, "behaviour": behaviour });
    thing.apply(config("a")).await.unwrap();
    let plan = thing.plan(config("b")).await.unwrap();
    assert_eq!(
        plan.requires_replace(),
        ["name".into()],
        "size does not change"
    );
}

#[tokio::test]
async fn a_value_known_only_during_apply_keeps_both_plans_consistent() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing
        .apply_planned(json!({ "name": unknown() }), json!({ "name": "late" }))
        .await
        .unwrap();
    assert_eq!(thing.get("id"), json!("thing-late"));

    let plan = thing
        .plan(json!({ "name": "late", "kind": unknown() }))
        .await
        .unwrap();
    assert_eq!(
        plan.action(),
        PlannedAction::Replace,
        "unknown counts as different"
    );
}

#[tokio::test]
async fn a_resource_can_turn_an_empty_plan_into_an_update() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let config = json!({ "name": "a", "behaviour": "plan always has something to do" });
    thing.apply_once(config.clone()).await.unwrap();
    let plan = thing.plan(config.clone()).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    assert_eq!(plan.changes(), ["changes", "secret_length"]);

    let failure = thing.apply(config).await.unwrap_err();
    assert!(failure.to_string().contains("not empty"), "{failure}");
}

#[tokio::test]
async fn a_destroy_plan_is_null_and_can_have_warnings() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(json!({ "name": "a" })).await.unwrap();
    let plan = thing.plan_destroy().await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Destroy);
    assert_eq!(plan.warnings()[0].summary, "The thing will be destroyed");
    thing.destroy().await.unwrap();
    assert!(!thing.exists());
    assert!(thing.private().is_empty());
}
