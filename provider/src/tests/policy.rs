//! The policy: limits on new and changed values, and defaults.

use serde_json::json;

use super::bad_input::only_error;
use super::workspace::{Workspace, stack};

/// All violations of the policy are reported at once, each at its attribute.
#[tokio::test]
async fn all_violations_are_reported_at_once() {
    let config =
        "[policy]\nmax_ttl = \"1h\"\nowner_pattern = '^team-'\nmax_hourly_usd = \"1.00\"\n";
    let workspace = Workspace::new(config);
    let harness = workspace.provider().await;
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

/// Each limit is an error at the attribute that violates it, with the value and the limit.
#[tokio::test]
async fn each_limit_is_an_error_at_its_attribute() {
    let workspace = Workspace::new(
        "[policy]\nmax_ttl = \"2d\"\nowner_pattern = '^[^@]+@example\\.com$'\n\
         required_labels = [\"cost-center\"]\nmax_hourly_usd = \"5.00\"\n",
    );
    let harness = workspace.provider().await;
    let labels = json!({"cost-center": "42"});
    for (changes, attribute, words) in [
        (json!({"labels": labels, "ttl": "3d"}), "ttl", ["3d", "2d"]),
        (
            json!({"labels": labels, "owner": "mallory@elsewhere.org"}),
            "owner",
            ["mallory@elsewhere.org", "example"],
        ),
        (
            json!({"labels": labels, "hourly_cost": 5.01}),
            "hourly_cost",
            ["5.01", "5.00"],
        ),
        (
            json!({"labels": {"team": "x"}}),
            "labels",
            ["cost-center", "cost-center"],
        ),
    ] {
        only_error(&harness, stack(changes), attribute, &words).await;
    }
    harness
        .resource("jiti_stack")
        .apply(stack(json!({"labels": labels, "ttl": "2d"})))
        .await
        .unwrap();
}

/// A stricter policy does not affect unchanged stacks. It applies to values that change.
#[tokio::test]
async fn a_stricter_policy_applies_to_changed_values_only() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();

    workspace.set_config("[policy]\nowner_pattern = '^team-'\n");
    let later = workspace.provider().await;
    let mut instance = later.import("jiti_stack", "checkout-pr-1").await.unwrap();
    instance.expect_empty_plan(stack(json!({}))).await.unwrap();
    instance.apply(stack(json!({"ttl": "9h"}))).await.unwrap();
    let failure = instance
        .plan(stack(json!({"ttl": "9h", "owner": "ben@example.com"})))
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "owner");
}

/// A renewal beyond `max_ttl` is an error at the version, and says what to do.
#[tokio::test]
async fn a_renewal_beyond_the_cap_is_an_error() {
    let workspace = Workspace::new("[policy]\nmax_ttl = \"1s\"\n");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({"ttl": "1s"}))).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_050)).await;
    let failure = instance
        .plan(stack(json!({"ttl": "1s", "version": "2"})))
        .await
        .unwrap_err();
    let text = failure.to_string();
    assert!(
        text.starts_with("version: ") && text.contains("replace it"),
        "{text}"
    );
    // A change without a renewal is allowed.
    let config = json!({"ttl": "1s", "version": "2", "renew_on": "never"});
    instance.apply(stack(config)).await.unwrap();
    instance.destroy().await.unwrap();
}

/// A stack without a TTL gets the default of the policy. Without a default, the error names it.
#[tokio::test]
async fn the_default_ttl_comes_from_the_policy() {
    let workspace = Workspace::new("");
    let config = stack(json!({"ttl": null}));
    let harness = workspace.provider().await;
    let failure = harness
        .resource("jiti_stack")
        .plan(config.clone())
        .await
        .unwrap_err();
    let text = failure.to_string();
    assert!(
        text.contains("ttl") && text.contains("default_ttl"),
        "{text}"
    );

    workspace.set_config("[policy]\ndefault_ttl = \"3h\"\n");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(config.clone()).await.unwrap();
    assert_eq!(created.get("tags")["jiti:ttl"], "3h");

    // A changed default applies to later stacks only.
    workspace.set_config("[policy]\ndefault_ttl = \"4h\"\n");
    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    instance.expect_empty_plan(config).await.unwrap();
}

/// A limit that a changed stack exceeds fails the plan, and the error says how to destroy the stack
/// anyway. It does not fail the plan of a teardown by jiti, because Terraform plans the
/// configuration before it destroys.
#[tokio::test]
async fn a_limit_does_not_block_a_teardown() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({"ttl": "1h"}))).await.unwrap();
    let limits = "[policy]\nmax_ttl = \"1s\"\nowner_pattern = '^team-'\n";
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    for (config_file, changes) in [
        (limits, json!({"ttl": "1h", "version": "2"})),
        (limits, json!({"ttl": "1h", "owner": "ben@example.com"})),
        (limits, json!({"ttl": "3d"})),
        ("[policy\n", json!({"ttl": "1h", "version": "2"})),
    ] {
        workspace.set_config(config_file);
        let later = workspace.provider().await;
        let instance = created.continue_in(&later);
        let failure = instance.plan(stack(changes.clone())).await.unwrap_err();
        if config_file == limits {
            assert!(
                failure.to_string().contains("destroy -refresh=false"),
                "{failure}"
            );
        }
        let teardown = workspace.provider_of_a_teardown().await;
        let instance = created.continue_in(&teardown);
        instance.plan(stack(changes)).await.unwrap();
        instance.plan_destroy().await.unwrap();
    }
}
