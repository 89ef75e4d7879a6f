//! Arguments of the provider block that are known only during apply. Terraform configures one
//! process with the unknown value for the plan, and another with the known value for the apply.

use serde_json::{Value as Json, json};
use test_support::http::{Answer, Server};
use tfplugin::PlannedAction;
use tfplugin::testing::{Harness, unknown};

use super::unknown_values::{complete_resource, with_measured_stack};
use super::workspace::{Workspace, provider_block, stack};
use crate::provider::Jiti;

/// A process whose provider block has this argument unknown. One warning says so, at the argument.
async fn planning(workspace: &Workspace, argument: &str) -> Harness<Jiti> {
    start(workspace, argument, false).await
}

async fn start(workspace: &Workspace, argument: &str, tears_down: bool) -> Harness<Jiti> {
    let harness = workspace.unconfigured("root", tears_down);
    let mut block = provider_block();
    block[argument] = unknown();
    let warnings = harness.configure(block).await.unwrap();
    let paths: Vec<_> = warnings.iter().map(|w| w.path.to_string()).collect();
    assert_eq!(paths, [argument], "{warnings:?}");
    harness
}

/// The arguments of the provider block, from its schema.
fn arguments(harness: &Harness<Jiti>) -> Vec<String> {
    let variants = harness.provider_with_each_unknown(&provider_block());
    let variants = variants.unwrap().into_iter();
    variants.map(|(path, _)| path.to_string()).collect()
}

/// Each argument may be unknown in the plan of a create, of an update and of a destroy of each
/// resource. The apply with the known value agrees with the plan.
#[tokio::test]
async fn the_provider_block_may_be_unknown() {
    let server = Server::start(|_| Answer::text(200, "ok"));
    for argument in arguments(&Workspace::new("").provider().await) {
        let workspace = Workspace::new("");
        with_measured_stack(&workspace.provider().await).await;
        for type_name in workspace.provider().await.resource_types() {
            let case = format!("{type_name} with an unknown {argument}");
            let config = complete_resource(type_name, &server);
            let plans = planning(&workspace, &argument).await;
            let plan = plans.resource(type_name).plan(config.clone()).await;
            let plan = plan.unwrap_or_else(|failure| panic!("{case}: {failure}"));
            let applies = workspace.provider().await;
            let mut created = applies.resource(type_name);
            created.apply_plan(&plan, config.clone()).await.unwrap();

            let plans = planning(&workspace, &argument).await;
            let mut seen = created.continue_in(&plans);
            assert_eq!(seen.read().await, Ok(Vec::new()), "{case}");
            seen.expect_same_state(&created, &[]).unwrap();
            let plan = seen.plan(config.clone()).await.unwrap();
            assert_eq!(plan.action(), PlannedAction::Unchanged, "{case}");

            let mut changed = config.clone();
            let (attribute, value) = match type_name {
                "jiti_stack" => ("version", "2"),
                _ => ("timeout", "11s"),
            };
            changed[attribute] = json!(value);
            let plan = seen.plan(changed.clone()).await.unwrap();
            assert_eq!(plan.action(), PlannedAction::Update, "{case}");
            let applies = workspace.provider().await;
            let mut updated = created.continue_in(&applies);
            updated.apply_plan(&plan, changed.clone()).await.unwrap();
            updated.expect_empty_plan(changed).await.unwrap();

            let seen = updated.continue_in(&plans);
            assert_eq!(
                seen.plan_destroy().await.unwrap().action(),
                PlannedAction::Destroy
            );
            assert_eq!(updated.destroy().await, Ok(Vec::new()), "{case}");
        }
        let phase = &workspace.listing("checkout-pr-1").await["phase"];
        assert_eq!(phase, "gone", "{argument}");
    }
}

/// A change that is planned while the ledger is unknown may turn out to be an adoption: the known
/// ledger does not have the stack.
#[tokio::test]
async fn an_update_in_an_unknown_ledger_may_adopt_the_stack() {
    let workspace = Workspace::new("");
    let first = workspace.provider().await;
    let mut created = first.resource("jiti_stack");
    created.apply(stack(json!({}))).await.unwrap();
    workspace.lose_ledger();

    let plans = planning(&workspace, "ledger").await;
    let changed = stack(json!({"idle_after": "2h"}));
    let plan = created.continue_in(&plans).plan(changed.clone()).await;
    let plan = plan.unwrap();
    assert!(plan.is_unknown("expires_at"));
    let applies = workspace.provider().await;
    let mut adopted = created.continue_in(&applies);
    adopted.apply_plan(&plan, changed).await.unwrap();
    assert_eq!(workspace.listing("checkout-pr-1").await["phase"], "ready");
}

/// An unknown config file means that a plan checks no policy. The apply checks it, and takes the
/// default TTL from it.
#[tokio::test]
async fn an_unknown_config_is_checked_during_apply() {
    let workspace = Workspace::new("[policy]\nmax_ttl = \"9h\"\ndefault_ttl = \"3h\"\n");
    let plans = planning(&workspace, "config").await;
    let applies = workspace.provider().await;
    let too_long = stack(json!({"ttl": "10h"}));
    let planned = plans.resource("jiti_stack").plan(too_long.clone()).await;
    let mut refused = applies.resource("jiti_stack");
    let refusal = refused.apply_plan(&planned.unwrap(), too_long).await;
    let refusal = refusal.unwrap_err().to_string();
    assert!(refusal.contains("max_ttl"), "{refusal}");

    let no_ttl = stack(json!({"ttl": null}));
    let plan = plans.resource("jiti_stack").plan(no_ttl.clone()).await;
    let plan = plan.unwrap();
    assert_eq!(plan.get("ttl"), unknown());
    let warning = plan.warnings().iter().find(|w| w.path.to_string() == "ttl");
    let warning = &warning.unwrap().detail;
    assert!(warning.contains("`config`"), "{warning}");
    let mut created = applies.resource("jiti_stack");
    created.apply_plan(&plan, no_ttl).await.unwrap();
    assert_eq!(created.get("ttl"), "3h");
    assert_eq!(created.get("tags")["jiti:ttl"], "3h");
}

/// A data source that is read while the ledger is unknown is an error with the ways out. In a
/// teardown by jiti it has no values instead.
#[tokio::test]
async fn a_data_source_needs_the_ledger() {
    let workspace = Workspace::new("");
    with_measured_stack(&workspace.provider().await).await;
    let plans = planning(&workspace, "ledger").await;
    let tears_down = start(&workspace, "ledger", true).await;
    for type_name in plans.data_source_types() {
        let config = match type_name {
            "jiti_stack" => json!({"name": "measured"}),
            _ => json!({"app": "checkout"}),
        };
        let failure = plans.data_source(type_name, config.clone()).await;
        let failure = failure.unwrap_err().to_string();
        for words in ["`ledger`", "provider block", "depends_on", "-refresh=false"] {
            assert!(failure.contains(words), "{type_name}: {failure}");
        }
        let values = tears_down.data_source(type_name, config.clone()).await;
        let Ok(Json::Object(values)) = values else {
            panic!("{type_name}: {values:?}");
        };
        for (name, value) in values {
            assert_eq!(value, config[&name], "{type_name}.{name}");
        }
    }
}

/// Without the ledger, nothing can be imported.
#[tokio::test]
async fn an_import_needs_the_ledger() {
    let workspace = Workspace::new("");
    let plans = planning(&workspace, "ledger").await;
    let failure = plans.import("jiti_stack", "checkout-pr-1").await;
    let failure = failure.unwrap_err().to_string();
    assert!(
        failure.contains("`ledger` of the provider block"),
        "{failure}"
    );
}
