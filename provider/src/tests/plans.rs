//! Plans of `jiti_stack` after changes to the configuration, the ledger and the lease.

use serde_json::{Value as Json, json};
use stack::EventKind;
use tfplugin::PlannedAction;
use tfplugin::testing::unknown;

use super::workspace::{Workspace, stack};

/// A version that is known only during apply makes its own tag unknown and no other tag. Apply
/// agrees with the plan.
#[tokio::test]
async fn an_unknown_version_makes_one_tag_unknown() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    let known = stack(json!({"labels": {"team": "a"}}));
    let partly_known = stack(json!({"labels": {"team": "a"}, "version": unknown()}));
    instance
        .apply_planned(partly_known, known.clone())
        .await
        .unwrap();
    assert_eq!(instance.get("tags")["jiti:version"], "1");
    assert_eq!(instance.get("tags")["team"], "a");
    instance.expect_empty_plan(known).await.unwrap();
}

/// All tags are known in the plan of a create.
#[tokio::test]
async fn tags_are_known_at_plan() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let config = stack(json!({"labels": {"cost-center": "42"}}));
    let plan = harness.resource("jiti_stack").plan(config).await.unwrap();
    assert_eq!(
        plan.get("tags"),
        json!({
            "cost-center": "42",
            "jiti:app": "checkout",
            "jiti:owner": "ana@example.com",
            "jiti:stack": "checkout-pr-1",
            "jiti:ttl": "8h",
            "jiti:version": "1",
        })
    );
}

/// A new version updates the stack in place and renews the lease. The next plan is empty.
#[tokio::test]
async fn a_new_version_updates_in_place_and_renews() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    let config = |version: &str| stack(json!({"version": version}));
    instance.apply(config("1.0.0")).await.unwrap();
    let first = workspace.listing("checkout-pr-1").await;

    let plan = instance.plan(config("1.1.0")).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    instance.apply(config("1.1.0")).await.unwrap();
    let second = workspace.listing("checkout-pr-1").await;
    assert_eq!(second["version"], "1.1.0");
    assert_eq!(second["created_at"], first["created_at"]);
    assert!(
        second["expires_at"].as_str() > first["expires_at"].as_str(),
        "{first} then {second}"
    );
    let events = workspace.events("checkout-pr-1").await;
    assert!(events.contains(&"version_changed".to_owned()), "{events:?}");
    assert!(events.contains(&"renewed".to_owned()), "{events:?}");
}

/// A new name replaces the stack: the old lease ends, and a new one starts.
#[tokio::test]
async fn a_new_name_replaces_the_stack() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    let config = |name: &str| stack(json!({"name": name}));
    instance.apply(config("checkout-old")).await.unwrap();

    let plan = instance.plan(config("checkout-new")).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Replace);
    instance.apply(config("checkout-new")).await.unwrap();
    assert_eq!(workspace.listing("checkout-old").await["phase"], "gone");
    assert_eq!(workspace.listing("checkout-new").await["phase"], "ready");
}

/// Import restores all values of the lease, so that a plan of the same configuration is empty.
#[tokio::test]
async fn import_restores_the_applied_values() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
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
    assert!(harness.import("jiti_stack", "unknown").await.is_err());
}

/// A stack that Terraform no longer has in its state cannot be created again. The error has the
/// import command, and an import makes the plan empty.
#[tokio::test]
async fn a_forgotten_stack_is_an_error_with_the_import_command() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    harness.shutdown().await;

    let harness = workspace.provider().await;
    let mut forgotten = harness.resource("jiti_stack");
    let failure = forgotten.apply(stack(json!({}))).await.unwrap_err();
    assert!(
        failure
            .to_string()
            .contains("terraform import jiti_stack.this checkout-pr-1"),
        "{failure}"
    );
    let mut imported = harness.import("jiti_stack", "checkout-pr-1").await.unwrap();
    imported.expect_empty_plan(stack(json!({}))).await.unwrap();
}

/// Without its ledger, a stack stays in the state. The refresh warns, and the plan is an update
/// that registers the stack in the new ledger.
#[tokio::test]
async fn a_lost_ledger_is_a_warning_and_an_adoption() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace.lose_ledger();

    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    let warnings = instance.read().await.unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].summary.contains("does not have the stack"),
        "{warnings:?}"
    );
    let plan = instance.plan(stack(json!({}))).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    instance.apply(stack(json!({}))).await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "ready");
    let events = workspace.events("checkout-pr-1").await;
    assert!(events.contains(&"adopted".to_owned()), "{events:?}");
}

/// A stack that was forgotten stays in the state. The refresh warns, and the next apply registers
/// it again.
#[tokio::test]
async fn a_lease_that_was_forgotten_is_adopted_again() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace
        .happens(
            "checkout-pr-1",
            EventKind::Forgotten {
                by: stack::Actor::from_names("ana", "laptop"),
                why: "lost".to_owned(),
            },
        )
        .await;

    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    let warnings = instance.read().await.unwrap();
    assert!(warnings[0].summary.contains("jiti forget"), "{warnings:?}");
    let plan = instance.plan(stack(json!({}))).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Update);
    instance.apply(stack(json!({}))).await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "ready");
}

/// A read, and an import, in another folder that has the stack in its state move the origin. A read
/// in the same folder writes nothing.
#[tokio::test]
async fn the_origin_follows_the_state() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    let directory = async || {
        let listing = workspace.listing("checkout-pr-1").await;
        let path = listing["origin"]["directory"].as_str().unwrap().to_owned();
        path.rsplit('/').next().unwrap().to_owned()
    };
    let count = async || workspace.events("checkout-pr-1").await.len();
    let same = workspace.provider().await;
    let mut instance = created.continue_in(&same);
    instance.read().await.unwrap();
    let before = count().await;
    instance.read().await.unwrap();
    let unchanged = (directory().await, count().await);
    assert_eq!(unchanged, ("root".to_owned(), before));

    let moved = workspace.provider_in("moved").await;
    let mut instance = created.continue_in(&moved);
    instance.read().await.unwrap();
    instance.expect_empty_plan(stack(json!({}))).await.unwrap();
    assert_eq!(directory().await, "moved");
    assert_eq!(
        workspace.events("checkout-pr-1").await.last().unwrap(),
        "origin_moved"
    );
    assert_eq!(count().await, before + 1);

    let other = workspace.provider_in("imported").await;
    other.import("jiti_stack", "checkout-pr-1").await.unwrap();
    assert_eq!(directory().await, "imported");
}

/// Without its ledger, a stack can be destroyed.
#[tokio::test]
async fn a_lost_ledger_does_not_block_destroy() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace.lose_ledger();

    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    instance.read().await.unwrap();
    instance.destroy().await.unwrap();
    assert!(!instance.exists());
}

/// A stack that is gone in the ledger is planned as a create.
#[tokio::test]
async fn a_stack_that_is_gone_is_created_again() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    // Another root module imports the stack and destroys it.
    let other = workspace.provider_in("other").await;
    let mut imported = other.import("jiti_stack", "checkout-pr-1").await.unwrap();
    imported.destroy().await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "gone");

    instance.read().await.unwrap();
    let plan = instance.plan(stack(json!({}))).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Create);
    instance.apply(stack(json!({}))).await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "ready");
}

/// An expired stack causes a warning, and so does the lack of a reaper.
#[tokio::test]
async fn expiry_is_visible_at_plan() {
    let workspace = Workspace::new("");
    let config = stack(json!({"ttl": "1s"}));
    let harness = workspace.provider().await;
    let mut created = harness.resource("jiti_stack");
    created.apply_once(config.clone()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;

    let later = workspace.provider().await;
    let mut instance = created.continue_in(&later);
    let warnings = instance.read().await.unwrap();
    assert!(
        warnings.iter().any(|w| w.summary.contains("expired")),
        "{warnings:?}"
    );
    let plan = instance.plan(config).await.unwrap();
    let warnings = plan.warnings();
    assert!(
        warnings.iter().any(|w| w.detail.contains("reaper")),
        "{warnings:?}"
    );
}

/// The function returns the same tags as the resource, and names of different stacks differ.
#[tokio::test]
async fn functions_agree_with_the_resource() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance
        .apply(stack(json!({"labels": {"cost-center": "42"}})))
        .await
        .unwrap();
    let arguments = [
        json!("checkout-pr-1"),
        json!("checkout"),
        json!("1"),
        json!("ana@example.com"),
        json!("8h"),
        json!({"cost-center": "42"}),
    ];
    assert_eq!(
        harness.call("tags", &arguments).await,
        Ok(instance.get("tags"))
    );
    let name = async |app: &str, version: &str| {
        let arguments: [Json; 2] = [json!(app), json!(version)];
        harness.call("stack_name", &arguments).await.unwrap()
    };
    assert_ne!(name("a-b", "c").await, name("a", "b-c").await);
    assert_eq!(
        harness.call("duration", &[json!("1d12h")]).await,
        Ok(json!(129_600))
    );
}

/// Several stacks in one root module cause a warning that names them. One stack does not, and
/// neither do a stack that changes and one that is removed from the configuration.
#[tokio::test]
async fn several_stacks_in_one_root_module_are_a_warning() {
    let workspace = Workspace::new("");
    let config = |name: &str| stack(json!({"name": name}));
    let about_several = |plan: &tfplugin::testing::PlannedChange| {
        let warnings = plan.warnings().iter();
        warnings
            .filter(|warning| warning.summary.contains("Several stacks"))
            .map(|warning| warning.detail.clone())
            .collect::<Vec<_>>()
    };
    let harness = workspace.provider().await;
    let plan_of = async |config: Json| harness.resource("jiti_stack").plan(config).await.unwrap();
    assert_eq!(about_several(&plan_of(config("checkout")).await), [""; 0]);
    // Terraform plans a stack twice when it replaces it.
    assert_eq!(about_several(&plan_of(config("checkout")).await), [""; 0]);
    let second = about_several(&plan_of(config("search")).await);
    let [detail] = &second[..] else {
        panic!("{second:?}");
    };
    for word in ["checkout", "search", "jiti teardown", "of its own"] {
        assert!(detail.contains(word), "no {word:?}: {detail}");
    }
    let third = about_several(&plan_of(stack(json!({"name": unknown()}))).await);
    assert_eq!(third.len(), 1, "{third:?}");

    let first_run = workspace.provider().await;
    let mut old = first_run.resource("jiti_stack");
    old.apply(config("old")).await.unwrap();
    let later = workspace.provider().await;
    let old = old.continue_in(&later);
    assert_eq!(about_several(&old.plan_destroy().await.unwrap()), [""; 0]);
    let new = later.resource("jiti_stack").plan(config("new")).await;
    assert_eq!(about_several(&new.unwrap()), [""; 0]);
    let renamed = old.plan(config("new")).await.unwrap();
    assert_eq!(about_several(&renamed), [""; 0]);
}

/// A readiness of a stack without `ready_timeout` has no init to measure. It is ready when its
/// checks have passed, and the next plan is empty.
#[tokio::test]
async fn a_readiness_without_an_init_converges() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut undeclared = harness.resource("jiti_stack");
    undeclared.apply(stack(json!({}))).await.unwrap();
    let mut readiness = harness.resource("jiti_readiness");
    let config = json!({"stack": "checkout-pr-1", "exec": [{"command": ["true"]}]});
    readiness.apply(config).await.unwrap();
    assert!(readiness.get("ready_at").is_string());
    assert_eq!(readiness.get("init_seconds"), Json::Null);
}
