//! The provider in process, through the calls that Terraform makes: plans that depend on what is unknown, on the
//! policy and on the clock. What needs a real terraform is in the package e2e.

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use tfplugin::testing::{Harness, unknown};

use crate::origin::Environment;
use crate::provider::Jiti;

/// A configured provider with a ledger and a config file of its own.
async fn provider(config: &str) -> (Harness<Jiti>, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("config.toml"), config).unwrap();
    let environment = Environment {
        directory: folder.path().to_owned(),
        user: "ana".to_owned(),
        ..Environment::default()
    };
    let harness = Harness::new(Jiti::new(environment));
    let configured = harness
        .configure(json!({"ledger": "ledger.db", "config": "config.toml"}))
        .await;
    assert_eq!(configured, Ok(Vec::new()));
    (harness, folder)
}

fn stack(changes: Json) -> Json {
    let mut stack = json!({
        "name": "checkout-pr-1", "app": "checkout", "version": "1", "owner": "ana@example.com", "ttl": "8h",
    });
    if let (Some(stack), Json::Object(changes)) = (stack.as_object_mut(), changes) {
        stack.extend(changes);
    }
    stack
}

/// The schemas hold every rule that Terraform has for them.
#[tokio::test]
async fn schemas_are_legal() {
    let (harness, _folder) = provider("").await;
    assert_eq!(harness.check_schemas().await, Ok(Vec::new()));
}

/// A version that only apply decides leaves its own tag unknown and no other; apply then agrees with the plan.
#[tokio::test]
async fn an_unknown_version_leaves_one_tag_unknown() {
    let (harness, _folder) = provider("").await;
    let mut instance = harness.resource("jiti_stack");
    let known = stack(json!({"labels": {"team": "a"}}));
    let partly = stack(json!({"labels": {"team": "a"}, "version": unknown()}));
    instance.apply_planned(partly, known.clone()).await.unwrap();
    assert_eq!(instance.get("tags")["jiti:version"], "1");
    assert_eq!(instance.get("tags")["team"], "a");
    instance.expect_empty_plan(known).await.unwrap();
}

/// Every refusal of the policy is told at once, each on its own attribute.
#[tokio::test]
async fn refusals_are_told_at_once() {
    let (harness, _folder) = provider(
        "[policy]\nmax_ttl = \"1h\"\nowner_pattern = '^team-'\nmax_hourly_usd = \"1.00\"\n",
    )
    .await;
    let failure = harness
        .resource("jiti_stack")
        .plan(stack(json!({"hourly_cost": 2})))
        .await
        .unwrap_err();
    let mut paths: Vec<String> = failure
        .diagnostics()
        .iter()
        .map(|diagnostic| diagnostic.path.to_string())
        .collect();
    paths.sort();
    assert_eq!(paths, ["hourly_cost", "owner", "ttl"]);
}

/// A stack that lives under a limit which became stricter plans no change; only what changes is held to it.
#[tokio::test]
async fn a_stricter_policy_is_for_what_changes() {
    let (harness, folder) = provider("").await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();

    let again = Harness::new(Jiti::new(Environment {
        directory: folder.path().to_owned(),
        user: "ana".to_owned(),
        ..Environment::default()
    }));
    std::fs::write(
        folder.path().join("config.toml"),
        "[policy]\nowner_pattern = '^team-'\n",
    )
    .unwrap();
    again
        .configure(json!({"ledger": "ledger.db", "config": "config.toml"}))
        .await
        .unwrap();
    let mut instance = again.import("jiti_stack", "checkout-pr-1").await.unwrap();
    instance.expect_empty_plan(stack(json!({}))).await.unwrap();
    instance.apply(stack(json!({"ttl": "9h"}))).await.unwrap();
    let failure = instance
        .plan(stack(json!({"ttl": "9h", "owner": "ben@example.com"})))
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "owner");
}

/// A renewal past the cap is a plan error on the version that asks for it, and says what to do.
#[tokio::test]
async fn a_renewal_past_the_cap_is_a_plan_error() {
    let (harness, _folder) = provider("[policy]\nmax_ttl = \"1s\"\n").await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({"ttl": "1s"}))).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    let failure = instance
        .plan(stack(json!({"ttl": "1s", "version": "2"})))
        .await
        .unwrap_err();
    let said = failure.to_string();
    assert!(
        said.starts_with("version: ") && said.contains("replace it"),
        "{said}"
    );
    // What renews nothing is still allowed.
    instance
        .apply(stack(
            json!({"ttl": "1s", "version": "2", "renew_on": "never"}),
        ))
        .await
        .unwrap();
    instance.destroy().await.unwrap();
}

/// Import brings back everything that the lease knows, so that a plan of the same configuration is empty.
#[tokio::test]
async fn import_brings_back_what_was_applied() {
    let (harness, _folder) = provider("").await;
    let config = stack(json!({
        "renew_on": "never", "idle_after": "2h", "ready_timeout": "15m", "hourly_cost": 0.42,
        "labels": {"team": "a"},
        "teardown": {"variables": {"region": "eu-west-1"}, "var_files": ["dev.tfvars"]},
    }));
    let mut created = harness.resource("jiti_stack");
    created.apply(config.clone()).await.unwrap();
    let mut imported = harness.import("jiti_stack", "checkout-pr-1").await.unwrap();
    imported.expect_same_state(&created, &[]).unwrap();
    imported.expect_empty_plan(config).await.unwrap();
    assert!(harness.import("jiti_stack", "nobody").await.is_err());
}

/// Private data is the id of the ledger and nothing else: it is in every instance of every state.
#[tokio::test]
async fn private_data_is_small() {
    let (harness, _folder) = provider("").await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    assert!(
        instance.private().len() <= 24,
        "{:?}",
        String::from_utf8_lossy(instance.private())
    );
}

/// A function points at the argument that is wrong.
#[tokio::test]
async fn functions_point_at_the_argument() {
    let (harness, _folder) = provider("").await;
    assert_eq!(
        harness.call("duration", &[json!("1d12h")]).await,
        Ok(json!(129_600))
    );
    let failure = harness
        .call("duration", &[json!("soon")])
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "text");
    let tags = [
        json!("n"),
        json!("a"),
        json!("1"),
        json!("o"),
        json!("8h"),
        json!({"aws:x": "y"}),
    ];
    let failure = harness.call("tags", &tags).await.unwrap_err();
    assert!(
        failure.diagnostics()[0]
            .path
            .to_string()
            .starts_with("labels"),
        "{failure}"
    );
}
