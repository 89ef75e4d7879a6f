//! Plans of `jiti_stack` with the real Terraform. The cases that need no Terraform are in
//! `provider/src/tests/plans.rs`.

use e2e::{Sandbox, lease};

const STACK: &str = "jiti_stack.this";

fn stack(name: &str) -> String {
    lease(name, "labels = { cost-center = \"42\" }")
        + r#"
output "tags" { value = jiti_stack.this.tags }
output "expires_at" { value = jiti_stack.this.expires_at }
"#
}

/// A plan is empty after an apply, and after every change to the lease outside Terraform.
#[test]
fn changes_outside_terraform_make_no_diff() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-1"));
    root.apply().ok();
    root.plan_is_empty();

    let before = sandbox.listing("checkout-pr-1")["expires_at"].clone();
    sandbox.jiti(&["extend", "checkout-pr-1", "2h"]).ok();
    assert_ne!(
        sandbox.listing("checkout-pr-1")["expires_at"],
        before,
        "the ledger has the new expiry"
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

/// A stack that was removed from Terraform's state returns by import, and then a plan is empty.
#[test]
fn import_then_plan_is_empty() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("checkout-pr-3"));
    root.apply().ok();
    root.run(&["state", "rm", STACK]).ok();
    root.apply()
        .exits(1)
        .says("terraform import jiti_stack.this checkout-pr-3");
    root.run(&["import", STACK, "checkout-pr-3"]).ok();
    root.run(&["apply", "-refresh-only", "-auto-approve"]).ok();
    root.plan_is_empty();
}
