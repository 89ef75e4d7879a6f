//! The identity of a stack, imports by it, and the list of live stacks.

use serde_json::{Value as Json, json};
use stack::EventKind;
use tfplugin::testing::Listed;

use super::workspace::{Workspace, stack};

/// A workspace with three live stacks of two apps.
async fn three_stacks() -> Workspace {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    for (name, app, owner) in [
        ("checkout-pr-1", "checkout", "ana@example.com"),
        ("checkout-pr-2", "checkout", "ben@example.com"),
        ("reports", "reports", "ana@example.com"),
    ] {
        let config = stack(json!({"name": name, "app": app, "owner": owner}));
        let mut instance = harness.resource("jiti_stack");
        instance.apply(config).await.unwrap();
    }
    workspace
}

async fn list(workspace: &Workspace, filter: Json) -> Listed {
    let harness = workspace.provider_in("other").await;
    let query = harness.list("jiti_stack", filter).with_objects();
    query.run().await.unwrap()
}

fn names(listed: &Listed) -> Vec<&str> {
    let objects = listed.objects.iter();
    objects
        .map(|object| object.identity["name"].as_str().unwrap())
        .collect()
}

/// The identity of a stack is its name, known in the plan of its create, and an import by it is
/// like an import by id.
#[tokio::test]
async fn the_name_identifies_a_stack() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    let identity = json!({"name": "checkout-pr-1"});
    let plan = created.plan(stack(json!({}))).await.unwrap();
    assert_eq!(plan.identity(), identity);
    created.apply(stack(json!({}))).await.unwrap();
    assert_eq!(created.identity(), identity);
    let other = workspace.provider_in("other").await;
    let mut imported = other
        .import_by_identity("jiti_stack", identity.clone())
        .await
        .unwrap();
    imported.expect_same_state(&created, &[]).unwrap();
    assert_eq!(imported.identity(), identity);
    imported.expect_empty_plan(stack(json!({}))).await.unwrap();
    for (name, expected) in [("unknown", "non-existent"), ("a\nb", "name")] {
        let import = other.import_by_identity("jiti_stack", json!({"name": name}));
        let failure = import.await.unwrap_err().to_string();
        assert!(failure.contains(expected), "{failure}");
    }
}

/// A list has the stacks that match every filter.
#[tokio::test]
async fn filters_select_stacks() {
    let workspace = three_stacks().await;
    for (filter, expected) in [
        (json!({}), vec!["checkout-pr-1", "checkout-pr-2", "reports"]),
        (
            json!({"app": "checkout"}),
            vec!["checkout-pr-1", "checkout-pr-2"],
        ),
        (
            json!({"app": "checkout", "owner": "ana@example.com"}),
            vec!["checkout-pr-1"],
        ),
        (json!({"phase": "asleep"}), vec![]),
        (json!({"phase": "ready", "app": "reports"}), vec!["reports"]),
        (json!({"flag": "held"}), vec![]),
    ] {
        let listed = list(&workspace, filter.clone()).await;
        assert_eq!(names(&listed), expected, "{filter}");
    }
    let listed = list(&workspace, json!({"app": "reports"})).await;
    assert_eq!(listed.objects[0].display_name, "reports (reports 1, ready)");
    let harness = workspace.provider().await;
    for filter in [json!({"phase": "gone"}), json!({"flag": "new"})] {
        harness
            .validate_list("jiti_stack", filter)
            .await
            .unwrap_err();
    }
}

/// A listed object is what an import by its identity reads, and its generated configuration plans
/// no change.
#[tokio::test]
async fn a_generated_configuration_plans_no_change() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let config = stack(json!({
        "idle_after": "120m", "hourly_cost": 0.42, "labels": {"team": "a"}, "renew_on": "never",
        "teardown": {"variables": {"region": "eu-west-1"}, "var_files": null},
    }));
    let mut created = harness.resource("jiti_stack");
    created.apply(config.clone()).await.unwrap();
    let listed = list(&workspace, json!({})).await;
    let object = &listed.objects[0];
    let other = workspace.provider_in("other").await;
    let generated = other.generate_config("jiti_stack", object.object.clone());
    let generated = generated.await.unwrap();
    for (name, value) in generated.as_object().unwrap() {
        let written = config.get(name).unwrap_or(&Json::Null);
        assert_eq!(value, written, "{name}");
    }
    let identity = object.identity.clone();
    let imported = other.import_by_identity("jiti_stack", identity).await;
    let mut imported = imported.unwrap();
    assert_eq!(imported.state(), object.object);
    imported.expect_empty_plan(generated).await.unwrap();
}

/// A query changes nothing, not even where a stack is applied from, and does not list stacks that
/// no import finds.
#[tokio::test]
async fn a_list_changes_nothing() {
    let workspace = three_stacks().await;
    workspace
        .happens(
            "reports",
            EventKind::Forgotten {
                by: stack::Actor::from_names("ana", "laptop"),
                why: "the state is lost".to_owned(),
            },
        )
        .await;
    let before = workspace.events("checkout-pr-1").await;
    let listed = list(&workspace, json!({})).await;
    assert_eq!(names(&listed), ["checkout-pr-1", "checkout-pr-2"]);
    assert_eq!(workspace.events("checkout-pr-1").await, before);
    let empty = Workspace::new("");
    assert!(list(&empty, json!({})).await.objects.is_empty());
    assert!(!empty.has_ledger());
}
