//! The provider in process, without Terraform.

use tfplugin::serde_json::{self, Value as Json, json};
use tfplugin::testing::Harness;
use tfplugin::{Result, tokio};

use super::Mail;

/// A service with two mailboxes.
fn service() -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mailbox = json!({ "forwards": {}, "messages": ["hello"], "tokens": [] });
    let mailboxes = json!({ "ana@example.com": mailbox, "bo@example.org": mailbox });
    std::fs::write(&file, mailboxes.to_string()).unwrap();
    file
}

async fn configured(service: &tempfile::NamedTempFile) -> Result<Harness<Mail>> {
    let harness = Harness::new(Mail);
    harness.check_schemas().await?;
    harness.configure(json!({ "file": service.path() })).await?;
    Ok(harness)
}

/// An update confirms nothing, and keeps what the owner of another address has confirmed.
#[tokio::test(crate = "tfplugin::tokio")]
async fn forwards_stay_confirmed() -> Result<()> {
    let service = service();
    let harness = configured(&service).await?;
    let mut mailbox = harness.resource("mail_mailbox");
    let config = |addresses: &[&str]| {
        let forwards: Vec<_> = addresses.iter().map(|to| json!({ "to": to })).collect();
        json!({ "address": "cy@example.com", "forwards": forwards })
    };
    mailbox.apply(config(&["bo@example.org"])).await?;
    let text = std::fs::read_to_string(&service)?;
    std::fs::write(&service, text.replace("false", "true"))?;
    mailbox.read().await?;
    mailbox
        .apply(config(&["ana@example.com", "bo@example.org"]))
        .await?;
    let forwards = mailbox.get("forwards");
    let confirmed = |to| json!({ "to": to, "confirmed": to == "bo@example.org" });
    for forward in ["ana@example.com", "bo@example.org"].map(confirmed) {
        assert!(
            forwards.as_array().unwrap().contains(&forward),
            "{forwards}"
        );
    }
    mailbox.destroy().await?;
    Ok(())
}

/// `terraform query` lists every mailbox, and reads each for its configuration.
#[tokio::test(crate = "tfplugin::tokio")]
async fn a_query_lists_mailboxes() -> Result<()> {
    let service = service();
    let harness = configured(&service).await?;
    let listed = harness.list("mail_mailbox", json!({}));
    let listed = listed.with_objects().run().await?.objects;
    let names: Vec<_> = listed
        .iter()
        .map(|object| object.display_name.as_str())
        .collect();
    assert_eq!(names, ["ana@example.com", "bo@example.org"]);
    assert_eq!(listed[1].identity, json!({ "address": "bo@example.org" }));
    assert_eq!(listed[1].object["forwards"], json!([]));
    Ok(())
}

/// The action deletes all messages, and says how many.
#[tokio::test(crate = "tfplugin::tokio")]
async fn an_action_empties_a_mailbox() -> Result<()> {
    let service = service();
    let harness = configured(&service).await?;
    let bo = json!({ "address": "bo@example.org" });
    let emptied = harness.invoke("mail_empty", bo).await;
    assert_eq!(emptied.outcome, Ok(Vec::new()));
    assert_eq!(emptied.progress, ["Deleting 1 messages"]);
    let stored: Json = serde_json::from_slice(&std::fs::read(&service)?)?;
    assert_eq!(stored["bo@example.org"]["messages"], json!([]));
    Ok(())
}

/// A session ends when it is closed.
#[tokio::test(crate = "tfplugin::tokio")]
async fn a_session_ends() -> Result<()> {
    let service = service();
    let harness = configured(&service).await?;
    let session = harness
        .open("mail_session", json!({ "mailbox": "bo@example.org" }))
        .await?;
    let token = session.get("token").as_str().unwrap_or_default().to_owned();
    assert!(std::fs::read_to_string(&service)?.contains(&token));
    session.close().await?;
    assert!(!std::fs::read_to_string(&service)?.contains(&token));
    Ok(())
}
