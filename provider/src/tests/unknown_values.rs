//! Values that are known only during apply: every one plans, applies and can be destroyed, and the
//! plan warns about unknown tags.

use serde_json::{Value as Json, json};
use test_support::http::{Answer, Server};
use tfplugin::testing::{Harness, unknown};

use super::workspace::{Workspace, stack};
use crate::provider::Jiti;

/// A configuration of each resource that sets every attribute. The SDK's helper fails for one that
/// is left out.
pub(super) fn complete_resource(type_name: &str, server: &Server) -> Json {
    // In these tests, the guard of a command is the test program, which runs nothing.
    let checks = json!({
        "http": [{"url": server.url("/healthz"), "status": 200}],
        "tcp": [{"address": format!("127.0.0.1:{}", server.port())}],
        "exec": [{"command": ["/usr/bin/true", "an-argument"]}],
    });
    let mut config = match type_name {
        "jiti_stack" => stack(json!({
            "renew_on": "never", "idle_after": "2h", "ready_timeout": "15m", "hourly_cost": 0.42,
            "labels": {"team": "a", "build": "b"},
            "preflight": checks,
            "teardown": {"variables": {"region": "eu-west-1"}, "var_files": ["dev.tfvars"]},
        })),
        "jiti_readiness" => json!({
            "stack": "measured", "triggers": {"version": "1"}, "timeout": "10s", "on_timeout": "fail",
        }),
        other => panic!("add a complete configuration of {other}"),
    };
    if type_name == "jiti_readiness"
        && let (Json::Object(config), Json::Object(checks)) = (&mut config, checks)
    {
        config.extend(checks);
    }
    config
}

/// A configuration of each data source that sets every attribute.
fn complete_data_source(type_name: &str) -> Json {
    match type_name {
        "jiti_stack" => json!({"name": "measured"}),
        "jiti_stacks" => json!({
            "app": "checkout", "owner": "ana@example.com", "phase": "ready", "flag": "expired",
        }),
        other => panic!("add a complete configuration of {other}"),
    }
}

pub(super) async fn with_measured_stack(harness: &Harness<Jiti>) {
    let config = stack(json!({"name": "measured", "ready_timeout": "15m"}));
    let mut measured = harness.resource("jiti_stack");
    measured.apply(config).await.unwrap();
}

/// Each value of each resource may be unknown at plan when the resource is created, and when it
/// changes. Both apply, and a destroy is possible while the value is unknown, because Terraform
/// plans the configuration before it destroys.
#[tokio::test]
async fn every_value_of_every_resource_may_be_unknown() {
    let server = Server::start(|_| Answer::text(200, "ok"));
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    with_measured_stack(&harness).await;
    for type_name in harness.resource_types() {
        let config = complete_resource(type_name, &server);
        let variants = harness.with_each_unknown(type_name, &config).unwrap();
        assert!(variants.len() >= 15, "{type_name}: {}", variants.len());
        for (path, partly_known) in variants {
            let case = format!("{type_name}.{path}");
            let mut instance = harness.resource(type_name);
            let created = instance.apply_planned(partly_known.clone(), config.clone());
            created
                .await
                .unwrap_or_else(|failure| panic!("{case}: {failure}"));
            let empty = instance.expect_empty_plan(config.clone()).await;
            empty.unwrap_or_else(|failure| panic!("{case}: {failure}"));

            let updated = instance.apply_planned(partly_known.clone(), config.clone());
            updated
                .await
                .unwrap_or_else(|failure| panic!("{case}: {failure}"));

            instance.read().await.unwrap();
            let plan = instance.plan(partly_known).await;
            plan.unwrap_or_else(|failure| panic!("{case}: {failure}"));
            instance.destroy().await.unwrap();
            assert!(!instance.exists(), "{case}");
        }
    }
}

/// Each value of each data source may be unknown at plan. Terraform then reads it during apply.
#[tokio::test]
async fn every_value_of_every_data_source_may_be_unknown() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    with_measured_stack(&harness).await;
    for type_name in harness.data_source_types() {
        let config = complete_data_source(type_name);
        let variants = harness.data_source_with_each_unknown(type_name, &config);
        for (path, partly_known) in variants.unwrap() {
            let validated = harness.validate_data_source(type_name, partly_known).await;
            assert_eq!(validated, Ok(Vec::new()), "{type_name}.{path}");
        }
        harness.data_source(type_name, config).await.unwrap();
    }
}

/// An invalid config file does not prevent a destroy while a value is unknown: only a value that
/// the policy can check needs it.
#[tokio::test]
async fn an_invalid_config_file_does_not_block_the_plan_of_an_unknown_value() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created
        .apply(stack(json!({"labels": {"build": "b"}})))
        .await
        .unwrap();
    workspace.set_config("[policy\n");
    let later = workspace.provider().await;
    let instance = created.continue_in(&later);
    let tainted = stack(json!({"labels": {"build": unknown()}}));
    instance.plan(tainted).await.unwrap();
}

/// A plan warns about each tag that is unknown, at its attribute, and says what to do. Other
/// unknown values cause no warning.
#[tokio::test]
async fn an_unknown_tag_is_a_warning_at_its_attribute() {
    let workspace = Workspace::new("");
    for (changes, attribute, tag) in [
        (json!({"name": unknown()}), "name", "jiti:stack"),
        (json!({"app": unknown()}), "app", "jiti:app"),
        (json!({"version": unknown()}), "version", "jiti:version"),
        (json!({"owner": unknown()}), "owner", "jiti:owner"),
        (json!({"ttl": unknown()}), "ttl", "jiti:ttl"),
        (
            json!({"labels": {"team": "a", "build": unknown()}}),
            "labels[\"build\"]",
            "build",
        ),
        (json!({"labels": unknown()}), "labels", "All tags"),
    ] {
        let harness = workspace.provider().await;
        let plan = harness.resource("jiti_stack").plan(stack(changes)).await;
        let plan = plan.unwrap();
        let found: Vec<_> = plan
            .warnings()
            .iter()
            .filter(|warning| warning.summary.contains("unknown"))
            .collect();
        let [warning] = &found[..] else {
            panic!("{attribute}: {:?}", plan.warnings());
        };
        assert_eq!(warning.path.to_string(), attribute);
        assert!(warning.summary.contains(tag), "{warning:?}");
        for word in ["inconsistent final plan", "variable", "-target"] {
            assert!(warning.detail.contains(word), "{warning:?}");
        }
    }
    let harness = workspace.provider().await;
    let config = stack(json!({"idle_after": unknown(), "labels": {"team": "a"}}));
    let plan = harness.resource("jiti_stack").plan(config).await.unwrap();
    let about_tags = |warning: &&tfplugin::Diagnostic| warning.summary.contains("unknown");
    assert_eq!(plan.warnings().iter().find(about_tags), None);
}

/// The same warning appears once when a stack is replaced, and not when its values are known.
#[tokio::test]
async fn an_unknown_tag_of_a_replaced_stack_is_one_warning() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    let later = workspace.provider().await;
    let mut replaced = instance.continue_in(&later);
    let planned = stack(json!({"app": "search", "version": unknown()}));
    let applied = stack(json!({"app": "search", "version": "2"}));
    let warnings = replaced.apply_planned(planned, applied).await.unwrap();
    let unknown_tags = warnings
        .iter()
        .filter(|warning| warning.summary.contains("unknown"));
    assert_eq!(unknown_tags.count(), 1, "{warnings:?}");
}

/// The keys of labels are checked while their values are unknown.
#[tokio::test]
async fn keys_of_unknown_labels_are_validated() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let labels = json!({"Team": unknown(), "team": "a"});
    let config = stack(json!({"labels": labels}));
    let failure = harness.validate("jiti_stack", config).await.unwrap_err();
    assert!(failure.to_string().contains("only in case"), "{failure}");
}
