//! Tests of the provider in process, through the calls that Terraform makes. Tests that need the
//! real Terraform are in the package e2e.

mod actions;
mod bad_input;
mod imports;
mod lists;
mod newer_schemas;
mod plans;
mod policy;
mod unknown_provider_block;
mod unknown_values;
mod workspace;

use serde_json::json;

use workspace::{Workspace, stack};

/// The schemas are valid for Terraform.
#[tokio::test]
async fn schemas_are_valid() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    assert_eq!(harness.check_schemas().await, Ok(Vec::new()));
}

/// Private data has only the id of the ledger, because it takes space in every state.
#[tokio::test]
async fn private_data_is_small() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    assert!(
        instance.private().len() <= 24,
        "{:?}",
        String::from_utf8_lossy(instance.private())
    );
}
