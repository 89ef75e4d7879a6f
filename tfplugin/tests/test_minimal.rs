//! The provider in the overview, run by the real Terraform.

use serde_json::json;
use tfplugin::Result;
use tfplugin::testing::Acceptance;

use crate::test_server_terraform::{Workspace, example};

#[test]
fn the_provider_in_the_overview_works_with_terraform() {
    let workspace = Workspace::new("minimal");
    workspace.write(
        "resource \"minimal_note\" \"todo\" {\n  path = \"todo.txt\"\n  text = \"Water the plants.\"\n}\n",
    );
    workspace.run(&["validate"]).ok();
    workspace.apply().ok().says("1 added");
    let note = workspace.folder().join("todo.txt");
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "Water the plants.");
    assert_eq!(
        workspace.instance().unwrap()["attributes"]["bytes"],
        json!(17)
    );
    workspace.plan().ok().says("No changes");

    std::fs::write(&note, "Water them all.").unwrap();
    let drift = workspace.plan();
    assert_eq!(
        drift.code,
        Some(2),
        "the plan shows the drift: {}",
        drift.output
    );
    workspace.apply().ok().says("1 changed");
    workspace.destroy().ok().says("1 destroyed");
    assert!(!note.exists());
}

/// The guide shows this test.
#[test]
fn a_note_passes_the_steps() -> Result<()> {
    let provider = example("minimal");
    let mut test = Acceptance::new("registry.terraform.io/example/minimal", provider)?;
    let note = |text| {
        format!("resource \"minimal_note\" \"todo\" {{\n  path = \"todo.txt\"\n  {text}\n}}\n")
    };
    test.apply(&note("text = \"Water the plants.\""))?;
    test.apply(&note("text = \"Rest.\""))?;
    test.apply(&note(""))?;
    assert_eq!(test.attributes("minimal_note.todo")?["bytes"], 0);
    test.expect_error(&note("path2 = 1"), "Unsupported argument")?;
    test.destroy()
}
