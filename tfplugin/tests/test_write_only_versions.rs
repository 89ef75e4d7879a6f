//! Write-only attributes whose new values Terraform finds by their version.

use serde_json::json;
use tfplugin::PlannedAction;

use crate::test_apply_errors::configured;
use crate::test_server_terraform::Workspace;

const NAME: &str = "faulty_account";

/// A create sets the value, and an update sets it again only if its version changes.
#[tokio::test]
async fn a_new_version_sets_a_write_only_value_again() {
    let harness = configured().await;
    let mut account = harness.resource(NAME);
    let config = |session: &str, password: &str, version: u64| json!({ "session": session, "password": password, "password_version": version });
    account.apply(config("1h", "hunter2", 1)).await.unwrap();
    assert_eq!(account.get("passwords"), json!(1));
    assert_eq!(account.get("password"), json!(null));

    let unnoticed = account.plan(config("1h", "longer than before", 1)).await;
    assert_eq!(unnoticed.unwrap().action(), PlannedAction::Unchanged);
    account.apply(config("60m", "another", 1)).await.unwrap();
    assert_eq!(
        account.get("passwords"),
        json!(1),
        "another attribute changed"
    );

    account.apply(config("60m", "longer", 2)).await.unwrap();
    assert_eq!(account.get("passwords"), json!(2));

    account.apply(json!({ "session": "60m" })).await.unwrap();
    assert_eq!(
        account.get("passwords"),
        json!(2),
        "there is no value to set"
    );
}

/// A configuration sets a write-only value and its version together.
#[tokio::test]
async fn a_write_only_value_needs_its_version() {
    let harness = configured().await;
    for config in [
        json!({ "session": "1h", "password": "hunter2" }),
        json!({ "session": "1h", "password_version": 1 }),
    ] {
        let failure = harness.validate(NAME, config).await.unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("`password` and `password_version` belong together"),
            "{text}"
        );
    }
}

/// Terraform sends the value, stores none, and plans an update for a new version.
#[test]
fn terraform_sets_a_write_only_value_by_its_version() {
    let workspace = Workspace::new("faulty");
    let config = |version: u64| {
        format!(
            "resource \"faulty_account\" \"it\" {{\n  session = \"90m\"\n  \
             password = \"hunter2\"\n  password_version = {version}\n}}\n"
        )
    };
    workspace.write(&config(1));
    workspace.apply().ok().says("1 added");
    workspace.plan().ok().says("No changes");
    workspace.write(&config(2));
    workspace.apply().ok().says("1 changed");
    let instance = workspace.instance().unwrap();
    assert_eq!(instance["attributes"]["passwords"], json!(2));
    assert_eq!(instance["attributes"]["password_length"], json!(7));
    assert!(!instance.to_string().contains("hunter2"), "{instance}");
}
