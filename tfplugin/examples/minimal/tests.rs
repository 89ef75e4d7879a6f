//! Tests of the provider in process, without Terraform.

use tfplugin::serde_json::json;
use tfplugin::testing::Harness;
use tfplugin::{PlannedAction, Result, tokio};

use super::Minimal;

/// A note is created, changed in place, replaced with another path, and deleted.
#[tokio::test(crate = "tfplugin::tokio")]
async fn a_note_changes_in_place_and_moves_by_replacement() -> Result<()> {
    let name = format!("note-{}.txt", std::process::id());
    let path = std::env::temp_dir().join(name);
    let harness = Harness::new(Minimal);
    harness.configure(json!({})).await?;

    let mut note = harness.resource("minimal_note");
    let config = json!({ "path": path, "text": "Water the plants." });
    note.apply(config).await?;
    assert_eq!(note.get("bytes"), json!(17));

    let update = note.plan(json!({ "path": path, "text": "Rest." })).await?;
    assert_eq!(update.action(), PlannedAction::Update);
    let other = note.plan(json!({ "path": "other.txt" })).await?;
    assert_eq!(other.action(), PlannedAction::Replace);

    note.destroy().await?;
    assert!(!path.exists());
    Ok(())
}
