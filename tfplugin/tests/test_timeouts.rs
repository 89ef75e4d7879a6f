//! Timeouts that a configuration sets.

use serde_json::json;

use crate::test_apply_errors::configured;
use crate::test_server_terraform::Workspace;

const NAME: &str = "faulty_account";

/// An operation ends at the configured limit with an error at the attribute, and saved state
/// survives.
#[tokio::test]
async fn a_create_ends_at_its_timeout() {
    let harness = configured().await;
    let mut account = harness.resource(NAME);
    let config = |timeout: &str| json!({ "session": "1h", "delay": 1000, "timeouts": { "create": timeout } });
    let failure = account.apply(config("20ms")).await.unwrap_err();
    let diagnostic = &failure.diagnostics()[0];
    assert_eq!(diagnostic.path.to_string(), "timeouts.create");
    assert_eq!(diagnostic.summary, "The create took longer than 20ms");
    assert!(account.exists(), "the saved account is in the state");

    let failure = harness.validate(NAME, config("soon")).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "timeouts.create");
}

/// Terraform shows the limit and where to change it.
#[test]
fn terraform_shows_which_timeout_to_change() {
    let workspace = Workspace::new("faulty");
    let config = "resource \"faulty_account\" \"it\" {\n  session = \"1h\"\n  delay = 10000\n  \
                  timeouts = { create = \"50ms\" }\n}\n";
    workspace.write(config);
    workspace
        .apply()
        .fails()
        .says("The create took longer than 50ms")
        .says("set `timeouts = { create = \"…\" }` to a longer duration");
    assert_eq!(workspace.instance().unwrap()["status"], json!("tainted"));
}
