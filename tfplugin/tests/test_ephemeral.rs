//! Ephemeral resources: open, renew and close, and which data each gets.

use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use test_support::client::{Feature, client};
use tfplugin::testing::{Harness, unknown};

use crate::test_apply_errors::configured;
use crate::test_apply_errors::faulty::Faulty;
use crate::test_server_terraform::Workspace;

const NAME: &str = "faulty_token";

fn config(behaviour: &str) -> Json {
    json!({ "owner": "me", "behaviour": behaviour })
}

#[tokio::test]
async fn an_ephemeral_resource_is_validated_without_a_client() {
    let harness = Harness::new(Faulty);
    let refused = harness.validate_ephemeral(NAME, json!({ "owner": "refused" }));
    let failure = refused.await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "owner");
    let config = json!({ "owner": unknown() });
    harness.validate_ephemeral(NAME, config).await.unwrap();
    let failure = harness.open(NAME, json!({ "owner": "me" })).await;
    let failure = failure.unwrap_err().to_string();
    assert!(failure.contains("not configured"), "{failure}");
}

/// The result has the configured values as they were written, the defaults and the computed values.
#[tokio::test]
async fn an_open_keeps_the_configured_values() {
    let harness = configured().await;
    for behaviour in ["nothing", "open returns another owner"] {
        let opened = harness.open(NAME, config(behaviour)).await.unwrap();
        assert_eq!(opened.get("owner"), json!("me"), "{behaviour}");
        assert_eq!(opened.get("length"), json!(4), "{behaviour}");
        assert_eq!(opened.get("token"), json!("xxxx"), "{behaviour}");
        assert_eq!(opened.renew_at(), None, "{behaviour}");
        opened.close().await.unwrap();
    }
}

/// An invalid result is an error, and the next call works.
#[tokio::test]
async fn a_failed_open_is_an_error() {
    let harness = configured().await;
    for (behaviour, message) in [
        ("open fails", "Out of tokens"),
        ("open panics", "the token burned"),
        ("open leaves a value unknown", "did not set `token`"),
        (
            "open sets what is not computed",
            "`log` is neither configured nor computed",
        ),
    ] {
        let failure = harness.open(NAME, config(behaviour)).await.unwrap_err();
        assert!(
            failure.to_string().contains(message),
            "{behaviour}: {failure}"
        );
        harness.open(NAME, config("nothing")).await.unwrap();
    }
}

/// A renewal gets the private data of the previous one, and the close gets that of the open.
#[tokio::test]
async fn renewals_and_the_close_get_private_data() {
    let harness = configured().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let config = json!({
        "owner": "me", "log": log, "renew_at": 4_000_000_000_u64, "behaviour": "renew again",
    });
    let mut opened = harness.open(NAME, config).await.unwrap();
    let renew_at = SystemTime::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    assert_eq!(opened.renew_at(), Some(renew_at));
    opened.renew().await.unwrap();
    assert_eq!(opened.renew_at(), Some(SystemTime::UNIX_EPOCH));
    opened.renew().await.unwrap();
    opened.close().await.unwrap();
    let calls = std::fs::read_to_string(log).unwrap();
    assert_eq!(calls, "open\nrenew 1\nrenew 2\nclose after 0\n");
}

#[tokio::test]
async fn a_failed_renewal_or_close_is_an_error() {
    let harness = configured().await;
    for (behaviour, message) in [
        ("renew fails", "Cannot renew it"),
        ("renew panics", "the token expired"),
    ] {
        let mut opened = harness.open(NAME, config(behaviour)).await.unwrap();
        let failure = opened.renew().await.unwrap_err().to_string();
        assert!(failure.contains(message), "{failure}");
        assert_eq!(opened.renew_at(), None);
        opened.close().await.unwrap();
    }
    for (behaviour, message) in [
        ("close fails", "Cannot close it"),
        ("close panics", "the token stuck"),
    ] {
        let opened = harness.open(NAME, config(behaviour)).await.unwrap();
        let failure = opened.close().await.unwrap_err().to_string();
        assert!(failure.contains(message), "{failure}");
    }
}

/// `Debug` prints no sensitive value.
#[tokio::test]
async fn an_open_resource_masks_its_secrets() {
    let harness = configured().await;
    let opened = harness.open(NAME, config("nothing")).await.unwrap();
    let text = format!("{opened:?}");
    assert!(
        !text.contains("xxxx") && text.contains("(sensitive)"),
        "{text}"
    );
}

/// Terraform opens, renews and closes it in the plan and in the apply, stores nothing of it, and
/// passes it to a write-only argument.
#[test]
fn terraform_opens_renews_and_closes() {
    if !client().runs(
        Feature::WriteOnly,
        "an ephemeral value of a write-only argument",
    ) {
        return;
    }
    let workspace = Workspace::new("faulty");
    let log = workspace.folder().join("log");
    workspace.write(&format!(
        "ephemeral \"faulty_token\" \"it\" {{\n  owner = \"me\"\n  length = 7\n  renew_at = 1\n  \
           log = {log:?}\n}}\n\
         resource \"faulty_thing\" \"it\" {{\n  name = \"a\"\n  \
           secret = ephemeral.faulty_token.it.token\n}}\n"
    ));
    workspace.run(&["validate"]).ok();
    workspace.apply().ok().says("1 added");
    let calls = std::fs::read_to_string(&log).unwrap();
    // One walk for the plan and one for the apply. The client renews in the background, and may
    // close first.
    let lines: Vec<_> = calls.lines().collect();
    let walks: Vec<_> = lines.split(|line| *line == "open").collect();
    assert!(walks.len() == 3 && walks[0].is_empty(), "{calls}");
    for walk in &walks[1..] {
        let (close, renewals) = walk.split_last().unwrap();
        let all_renew = renewals.iter().all(|line| line.starts_with("renew"));
        assert!(all_renew, "{calls}");
        // Terraform closes with the private data of the open, OpenTofu with those of the last
        // renewal.
        let renewed = match client().is_opentofu() {
            true => renewals.len(),
            false => 0,
        };
        assert_eq!(*close, format!("close after {renewed}"), "{calls}");
    }
    let instance = workspace.instance().expect("the thing is in the state");
    assert_eq!(instance["attributes"]["secret_length"], json!(7));
    let state = std::fs::read_to_string(workspace.folder().join("terraform.tfstate")).unwrap();
    assert!(!state.contains("xxxxxxx"), "{state}");
    workspace.plan().ok().says("No changes");
}

/// Terraform shows a panic in an open and in a close, and stores the resources that were applied.
#[test]
fn terraform_shows_a_panic_of_an_ephemeral_resource() {
    if !client().runs(
        Feature::WriteOnly,
        "an ephemeral value of a write-only argument",
    ) {
        return;
    }
    let workspace = Workspace::new("faulty");
    let write = |behaviour: &str| {
        workspace.write(&format!(
            "ephemeral \"faulty_token\" \"it\" {{\n  owner = \"me\"\n  behaviour = {behaviour:?}\n}}\n\
             resource \"faulty_thing\" \"it\" {{\n  name = \"a\"\n  \
               secret = ephemeral.faulty_token.it.token\n}}\n"
        ));
    };
    write("open panics");
    workspace.plan().fails().says("the token burned");
    write("close fails");
    workspace.plan().fails().says("Cannot close it");
    write("nothing");
    workspace.apply().ok().says("1 added");
}
