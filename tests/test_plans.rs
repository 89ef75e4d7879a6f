//! What `terraform plan` says after each thing that can happen to a stack.

use e2e::{Sandbox, lease};

fn stack(name: &str, version: &str) -> String {
    let lease = lease(name, "labels = { cost-center = \"42\" }")
        .replace("version = \"1\"", &format!("version = \"{version}\""));
    lease
        + r#"
output "tags" { value = jiti_stack.this.tags }
output "expires_at" { value = jiti_stack.this.expires_at }
"#
}

const STACK: &str = "jiti_stack.this";

/// A plan right after an apply, and after everything that people do to a lease from outside, is
/// empty.
#[test]
fn what_happens_outside_terraform_makes_no_diff() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-1", "1.0.0"));
    root.apply().ok();
    root.plan_is_empty();

    let before = sandbox.listing("checkout-pr-1")["expires_at"].clone();
    sandbox.jiti(&["extend", "checkout-pr-1", "2h"]).ok();
    assert_ne!(
        sandbox.listing("checkout-pr-1")["expires_at"],
        before,
        "the extension is in the ledger"
    );
    root.plan_is_empty();

    sandbox
        .jiti(&["hold", "checkout-pr-1", "--until", "3h", "--why", "a demo"])
        .ok();
    root.plan_is_empty();
    sandbox.jiti(&["unhold", "checkout-pr-1"]).ok();
    sandbox.jiti(&["touch", "checkout-pr-1"]).ok();
    root.plan_is_empty();
}

/// A new version is an update in place that renews; a second plan is empty again.
#[test]
fn a_new_version_updates_in_place_and_renews() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-2", "1.0.0"));
    root.apply().ok();
    let first = sandbox.listing("checkout-pr-2");

    root.write(&stack("checkout-pr-2", "1.1.0"));
    assert_eq!(root.planned_actions(STACK), ["update"]);
    root.apply().ok();
    let second = sandbox.listing("checkout-pr-2");
    assert_eq!(second["version"], "1.1.0");
    assert_eq!(second["created_at"], first["created_at"]);
    assert!(
        second["expires_at"].as_str() > first["expires_at"].as_str(),
        "{first} then {second}"
    );
    let events = sandbox.events("checkout-pr-2");
    assert!(events.contains(&"version_changed".to_owned()), "{events:?}");
    assert!(events.contains(&"renewed".to_owned()), "{events:?}");
    root.plan_is_empty();
}

/// A new name is a replacement: the old lease ends, a new one begins.
#[test]
fn a_new_name_replaces() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-old", "1.0.0"));
    root.apply().ok();
    root.write(&stack("checkout-new", "1.0.0"));
    assert_eq!(root.planned_actions(STACK), ["delete", "create"]);
    root.apply().ok();
    assert_eq!(sandbox.listing("checkout-old")["phase"], "gone");
    assert_eq!(sandbox.listing("checkout-new")["phase"], "ready");
    root.plan_is_empty();
}

/// A stack that Terraform forgot comes back by import, and a plan is then empty.
#[test]
fn import_then_plan_is_empty() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-3", "1.0.0"));
    root.apply().ok();
    root.run(&["state", "rm", STACK]).ok();
    root.apply()
        .exits(1)
        .says("terraform import jiti_stack.this checkout-pr-3");
    root.run(&["import", STACK, "checkout-pr-3"]).ok();
    root.run(&["apply", "-refresh-only", "-auto-approve"]).ok();
    root.plan_is_empty();
}

/// With the ledger lost, a plan warns and adopts; nothing is built twice; the adopted stack is
/// listed.
#[test]
fn a_lost_ledger_is_a_warning_and_an_adoption() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-4", "1.0.0"));
    root.apply().ok();
    lose_ledger(&sandbox);

    assert_eq!(root.planned_actions(STACK), ["update"]);
    root.plan().exits(2).says("Warning:").says("does not know");
    root.apply().ok();
    assert_eq!(sandbox.listing("checkout-pr-4")["phase"], "ready");
    assert!(
        sandbox
            .events("checkout-pr-4")
            .contains(&"adopted".to_owned())
    );
    root.plan_is_empty();
}

/// With the ledger lost, destroy works.
#[test]
fn a_lost_ledger_does_not_block_destroy() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-5", "1.0.0"));
    root.apply().ok();
    lose_ledger(&sandbox);
    root.destroy().ok();
    assert!(root.attributes(STACK).is_none());
}

/// A stack that the ledger calls gone is a resource to create.
#[test]
fn a_stack_that_is_gone_is_created_again() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-6", "1.0.0"));
    root.apply().ok();
    // The same stack in a second root, by import: its destroy releases the lease behind the first
    // root's back.
    let other = sandbox.root("other", &stack("checkout-pr-6", "1.0.0"));
    other.run(&["import", STACK, "checkout-pr-6"]).ok();
    other.destroy().ok();
    assert_eq!(sandbox.listing("checkout-pr-6")["phase"], "gone");

    assert_eq!(root.planned_actions(STACK), ["create"]);
    root.apply().ok();
    assert_eq!(sandbox.listing("checkout-pr-6")["phase"], "ready");
    root.plan_is_empty();
}

/// Every value of `tags` is known in the plan of a create.
#[test]
fn tags_are_known_at_plan() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-7", "1.0.0"));
    let plan = root.plan_json();
    let change = plan["resource_changes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|change| change["address"] == STACK)
        .unwrap();
    let tags = change["change"]["after"]["tags"].as_object().unwrap();
    let expected = [
        ("cost-center", "42"),
        ("jiti:app", "checkout"),
        ("jiti:owner", "ana@example.com"),
        ("jiti:stack", "checkout-pr-7"),
        ("jiti:ttl", "8h"),
        ("jiti:version", "1.0.0"),
    ];
    assert_eq!(tags.len(), expected.len(), "{tags:?}");
    for (key, value) in expected {
        assert_eq!(tags[key], value);
    }
    let unknown = &change["change"]["after_unknown"]["tags"];
    assert!(
        unknown.is_null() || unknown == &serde_json::json!({}),
        "{unknown}"
    );
}

/// The function gives the same tags as the resource, and slugs of different stacks differ.
#[test]
fn functions_agree_with_the_resource() {
    let sandbox = Sandbox::new();
    let configuration = stack("checkout-pr-8", "1.0.0")
        + r#"
output "same" {
  value = jiti_stack.this.tags == tomap(provider::jiti::tags("checkout-pr-8", "checkout", "1.0.0", "ana@example.com", "8h", { cost-center = "42" }))
}
output "differ"  { value = provider::jiti::stack_name("a-b", "c") != provider::jiti::stack_name("a", "b-c") }
output "seconds" { value = provider::jiti::duration("1d12h") }
"#;
    let root = sandbox.root("root", &configuration);
    root.apply().ok();
    let outputs: serde_json::Value =
        serde_json::from_str(&root.run(&["output", "-json"]).ok().stdout).unwrap();
    assert_eq!(outputs["same"]["value"], true, "{outputs}");
    assert_eq!(outputs["differ"]["value"], true);
    assert_eq!(outputs["seconds"]["value"], 129_600);
    root.plan_is_empty();
}

/// An expired stack is visible at plan, and so is that nothing ends at expiry while no reaper runs.
#[test]
fn expiry_is_visible_at_plan() {
    let sandbox = Sandbox::new();
    let configuration = stack("checkout-pr-9", "1.0.0").replace("\"8h\"", "\"1s\"");
    let root = sandbox.root("root", &configuration);
    root.apply().ok();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    root.run(&["plan", "-input=false"])
        .ok()
        .says("expired")
        .says("reaper");
}

fn lose_ledger(sandbox: &Sandbox) {
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", sandbox.ledger().display()));
    }
    assert!(!sandbox.ledger().exists());
}
