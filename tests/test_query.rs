//! `terraform query` and imports by identity, with a Terraform that has them. The tests in
//! `provider/src/tests/lists.rs` make the same calls without Terraform.

use std::path::{Path, PathBuf};

use e2e::{Root, Sandbox, lease};
use test_support::client::{Feature, client};

/// `examples/` of this project.
fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// The example lists a live stack. Terraform writes its configuration and an `import` block, and a
/// plan of both changes nothing.
#[test]
fn a_query_writes_configurations_that_plan_no_change() {
    if !client().runs(Feature::Query, "a query of the example") {
        return;
    }
    let sandbox = Sandbox::new();
    let applied = sandbox.root("applied", &lease("checkout-pr-1", ""));
    applied.apply().ok();
    let root = sandbox.root("query", "");
    let example = examples().join("list-resources/jiti_stack/list-resource.tfquery.hcl");
    std::fs::copy(example, root.path("stacks.tfquery.hcl")).unwrap();
    root.run(&["query"])
        .ok()
        .says("checkout-pr-1 (checkout 1, ready)");
    root.run(&["query", "-generate-config-out=stacks.tf"]).ok();
    std::fs::remove_file(root.path("stacks.tfquery.hcl")).unwrap();
    plan_imports_only(&root);
}

/// The example imports a stack by its identity.
#[test]
fn an_import_by_identity_plans_no_change() {
    if !client().runs(Feature::Identity, "the import of the example") {
        return;
    }
    let sandbox = Sandbox::new();
    let stack = lease("checkout-pr-412", "");
    sandbox.root("applied", &stack).apply().ok();
    let import = examples().join("resources/jiti_stack/import/by-identity.tf");
    let import = std::fs::read_to_string(import).unwrap();
    let root = sandbox.root("import", &format!("{stack}\n{import}"));
    plan_imports_only(&root);
    root.apply().ok();
    root.plan_is_empty();
}

#[track_caller]
fn plan_imports_only(root: &Root<'_>) {
    root.plan()
        .exits(2)
        .says("Plan: 1 to import, 0 to add, 0 to change, 0 to destroy.");
}
