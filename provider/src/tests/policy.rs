//! The policy: limits on new and changed values, and defaults, from the config file or the ledger.

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

/// The policy in the ledger refuses what the file allows, and allows what the file refuses: in a
/// plan, a create and an update.
#[tokio::test]
async fn the_ledger_overrides_the_file() {
    let workspace = Workspace::new("[policy]\nmax_ttl = \"1h\"\ndefault_ttl = \"1h\"\n");
    workspace
        .push_policy("[policy]\nmax_ttl = \"8h\"\ndefault_ttl = \"7h\"\nowner_pattern = '^ana@'\n")
        .await;
    let harness = workspace.provider().await;
    only_error(&harness, stack(json!({"ttl": "9h"})), "ttl", &["9h", "8h"]).await;
    only_error(
        &harness,
        stack(json!({"owner": "ben@example.com"})),
        "owner",
        &["ben@example.com", "^ana@"],
    )
    .await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({"ttl": null}))).await.unwrap();
    assert_eq!(created.get("tags")["jiti:ttl"], "7h");
    created.apply(stack(json!({"ttl": "8h"}))).await.unwrap();
    let failure = created.plan(stack(json!({"ttl": "9h"}))).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "ttl");
}

/// A policy that is pushed between plan and apply counts in the apply, which is another process.
#[tokio::test]
async fn an_apply_checks_the_latest_policy() {
    let workspace = Workspace::new("");
    workspace.push_policy("[policy]\n").await;
    let plans = workspace.provider().await;
    let config = stack(json!({"ttl": "9h"}));
    let plan = plans.resource("jiti_stack").plan(config.clone()).await;
    workspace.push_policy("[policy]\nmax_ttl = \"8h\"\n").await;
    let applies = workspace.provider().await;
    let mut refused = applies.resource("jiti_stack");
    let failure = refused.apply_plan(&plan.unwrap(), config).await;
    let text = failure.unwrap_err().to_string();
    assert!(text.contains("max_ttl"), "{text}");
}

/// A process reads the ledger's policy once, so that an apply of many stacks makes one request.
#[tokio::test]
async fn a_process_reads_the_policy_once() {
    let workspace = Workspace::new("");
    workspace.push_policy("[policy]\nmax_ttl = \"9h\"\n").await;
    let harness = workspace.provider().await;
    let config = |name: &str| stack(json!({"name": name, "ttl": "9h"}));
    let mut first = harness.resource("jiti_stack");
    first.apply(config("first")).await.unwrap();
    workspace.push_policy("[policy]\nmax_ttl = \"8h\"\n").await;
    let mut second = harness.resource("jiti_stack");
    second.apply(config("second")).await.unwrap();
    let later = workspace.provider().await;
    let refused = later.resource("jiti_stack").plan(config("third")).await;
    assert!(refused.is_err());
}

/// The policy of the ledger is known while `config` is unknown, so the plan checks it.
#[tokio::test]
async fn the_ledger_has_the_policy_while_the_config_is_unknown() {
    let workspace = Workspace::new("");
    workspace.push_policy("[policy]\nmax_ttl = \"8h\"\n").await;
    let harness = workspace.unconfigured("root", false);
    let mut block = super::workspace::provider_block();
    block["config"] = tfplugin::testing::unknown();
    harness.configure(block).await.unwrap();
    only_error(&harness, stack(json!({"ttl": "9h"})), "ttl", &["9h", "8h"]).await;
}

/// An invalid policy in the ledger is an error that names who pushed it, for changed values only.
/// It blocks no destroy.
#[tokio::test]
async fn an_invalid_policy_in_the_ledger_blocks_no_destroy() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace.push_policy("[policy]\nmax_tll = \"8h\"\n").await;
    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    let changed = stack(json!({"ttl": "9h"}));
    let text = instance
        .plan(changed.clone())
        .await
        .unwrap_err()
        .to_string();
    for part in ["ben@desk", "max_tll", "destroy -refresh=false"] {
        assert!(text.contains(part), "{text}");
    }
    let created_here = later.resource("jiti_stack");
    let config = stack(json!({"name": "another"}));
    assert!(created_here.plan(config).await.is_err());
    let teardown = workspace.provider_of_a_teardown().await;
    let torn_down = created.continue_in(&teardown);
    torn_down.plan(changed).await.unwrap();
    instance.expect_empty_plan(stack(json!({}))).await.unwrap();
    assert_eq!(instance.read().await, Ok(Vec::new()));
    instance.destroy().await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "gone");
}

/// While the ledger cannot be read, a plan warns once that it checks no limit, because a destroy
/// plans first. An apply fails: the limits of the file do not count instead.
#[tokio::test]
async fn an_unreadable_ledger_removes_no_limit() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace.damage_ledger();
    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    let changed = stack(json!({"ttl": "9h"}));
    let plan = instance.plan(changed.clone()).await.unwrap();
    let warnings: Vec<_> = plan.warnings().iter().map(|w| w.summary.clone()).collect();
    assert!(
        warnings.contains(&"This plan does not check the policy".to_owned()),
        "{warnings:?}"
    );
    let applied = instance.apply_plan(&plan, changed).await;
    let text = applied.unwrap_err().to_string();
    assert!(text.contains("not a jiti ledger"), "{text}");
    assert_eq!(
        instance.plan_destroy().await.unwrap().action(),
        tfplugin::PlannedAction::Destroy
    );
}
