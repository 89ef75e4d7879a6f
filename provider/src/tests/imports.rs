//! Imports: the state of an import is the state of the apply, however the configuration writes its
//! optional attributes.

use serde_json::{Value as Json, json};
use test_support::http::{Answer, Server};
use tfplugin::PlannedAction;

use super::unknown_values::complete_resource;
use super::workspace::{Workspace, stack};

/// Applies the configuration in one root module and imports it in another. The states must be the
/// same, and the plan after the import must be empty.
async fn import_makes_no_change(workspace: &Workspace, case: &str, config: &Json) {
    let first = workspace.provider().await;
    let mut created = first.resource("jiti_stack");
    let applied = created.apply(config.clone()).await;
    applied.unwrap_or_else(|failure| panic!("{case}: {failure}"));
    let second = workspace.provider_in("other").await;
    let name = config["name"].as_str().unwrap();
    let mut imported = second.import("jiti_stack", name).await.unwrap();
    let same = imported.expect_same_state(&created, &[]);
    same.unwrap_or_else(|failure| panic!("{case}: {failure}"));
    let empty = imported.expect_empty_plan(config.clone()).await;
    empty.unwrap_or_else(|failure| panic!("{case}: {failure}"));
    imported.destroy().await.unwrap();
}

/// Every optional attribute imports without a change: left out, empty, and set. The schema names
/// the attributes.
#[tokio::test]
async fn every_optional_attribute_imports_without_a_change() {
    let server = Server::start(|_| Answer::text(200, "ok"));
    let workspace = Workspace::new("[policy]\ndefault_ttl = \"8h\"\n");
    let harness = workspace.provider().await;
    let mut complete = complete_resource("jiti_stack", &server);
    // An argument is not recorded. Another test imports one.
    complete["preflight"]["exec"] = json!([{"command": ["true"]}]);
    import_makes_no_change(&workspace, "set", &complete).await;
    let variants = harness.with_each_optional_unset("jiti_stack", &complete);
    let variants = variants.unwrap();
    assert!(variants.len() >= 20, "{}", variants.len());
    for (path, config) in variants {
        let case = format!("{path} in {config}");
        import_makes_no_change(&workspace, &case, &config).await;
    }
    let unset = stack(json!({"ttl": Json::Null}));
    import_makes_no_change(&workspace, "unset", &unset).await;
}

/// Attributes that are set to their default, or written in an unusual form, import without a
/// change.
#[tokio::test]
async fn an_import_keeps_what_the_configuration_writes() {
    let workspace = Workspace::new("");
    for changes in [
        json!({"renew_on": "version"}),
        json!({"ttl": "480m", "idle_after": "120m", "ready_timeout": "900s"}),
        json!({"hourly_cost": 0}),
        json!({"hourly_cost": 0.10}),
        json!({"hourly_cost": 1e-7}),
        json!({"labels": {}, "teardown": {}, "preflight": {}}),
        json!({"teardown": {"variables": {}, "var_files": []}}),
        json!({"teardown": {"variables": {}, "var_files": ["a.tfvars"]}}),
        json!({"preflight": {"http": [], "tcp": [], "exec": []}}),
    ] {
        let config = stack(changes);
        import_makes_no_change(&workspace, &config.to_string(), &config).await;
    }
}

/// An update that changes only the form of an argument is imported in the new form.
#[tokio::test]
async fn an_update_of_the_form_is_imported() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    for changes in [
        json!({"labels": {}}),
        json!({"labels": {"team": "a"}}),
        json!({}),
    ] {
        let config = stack(changes);
        instance.apply(config.clone()).await.unwrap();
        let mut imported = harness.import("jiti_stack", "checkout-pr-1").await.unwrap();
        imported.expect_same_state(&instance, &[]).unwrap();
        imported.expect_empty_plan(config).await.unwrap();
    }
}

/// The secrets of a preflight are not in the ledger, so an import cannot restore them. The next
/// plan is empty all the same, because a preflight has an effect only when a stack is created.
/// Another check is a change.
#[tokio::test]
async fn a_preflight_with_secrets_imports_without_a_change() {
    let server = Server::start(|_| Answer::text(200, "ok"));
    let workspace = Workspace::new("");
    let preflight = |path: &str, argument: &str| {
        json!({
            "http": [{"url": server.url(&format!("{path}?token=hunter2")), "status": 200}],
            "exec": [{"command": ["true", argument]}],
        })
    };
    let config = stack(json!({"preflight": preflight("/healthz", "hunter3")}));
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(config.clone()).await.unwrap();
    let mut imported = harness.import("jiti_stack", "checkout-pr-1").await.unwrap();
    let state = imported.state().to_string();
    assert!(!state.contains("hunter"), "{state}");
    assert!(state.contains("/healthz"), "{state}");
    imported
        .expect_same_state(&created, &["preflight"])
        .unwrap();
    imported.expect_empty_plan(config.clone()).await.unwrap();

    let other = stack(json!({"preflight": preflight("/other", "hunter3")}));
    let plan = imported.plan(other).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    let versioned = stack(json!({"preflight": config["preflight"], "version": "2"}));
    imported.apply(versioned).await.unwrap();
    // A secret that changes in a state with all secrets is a change.
    let changed = stack(json!({"preflight": preflight("/healthz", "hunter4")}));
    let plan = created.plan(changed).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
}

/// A `moved` block from another type is refused: it would register a stack without its preflight
/// and without the policy's limits. The error names the import.
#[tokio::test]
async fn a_move_from_another_type_is_refused() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let stored = json!({"id": "1", "input": {"value": "checkout-pr-1", "type": "string"}});
    for (provider, source) in [
        ("terraform.io/builtin/terraform", "terraform_data"),
        ("registry.terraform.io/hashicorp/null", "null_resource"),
    ] {
        for target in ["jiti_stack", "jiti_readiness"] {
            let moved = harness.move_from(provider, source, 0, stored.clone(), target);
            let failure = moved.await.unwrap_err().to_string();
            let summary = format!("{target} cannot take over from {source}");
            assert!(failure.contains(&summary), "{failure}");
            assert!(failure.contains("import instead"), "{failure}");
        }
    }
}
