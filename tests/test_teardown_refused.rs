//! Teardowns that are refused or cannot run: each names the obstacle, and nothing is deleted.

use e2e::Sandbox;
use e2e::teardown::stack;

/// A root module with two stacks is refused, and so are resources with another stack's tag. The
/// error names them.
#[test]
fn resources_of_another_stack_are_refused() {
    let sandbox = Sandbox::new();
    let second = r#"
resource "jiti_stack" "second" {
  name    = "search"
  app     = "search"
  version = "1"
  owner   = "ben@example.com"
  ttl     = "8h"
}
"#;
    let root = sandbox.root("two", &stack("shop", second));
    root.apply().ok();
    for arguments in [
        &["teardown", "shop", "--yes"][..],
        &["teardown", "shop", "--dry-run"],
    ] {
        sandbox
            .jiti(arguments)
            .exits(3)
            .says("jiti_stack.second (stack \"search\")");
    }
    let tagged = r#"
resource "terraform_data" "theirs" {
  input = { name = jiti_stack.this.id, tags = { "jiti:stack" = "search" } }
}
"#;
    let tagged_root = sandbox.root("tagged", &stack("tagged", tagged));
    tagged_root.apply().ok();
    sandbox
        .jiti(&["teardown", "tagged", "--yes"])
        .exits(3)
        .says("terraform_data.theirs (stack \"search\")");
    for name in ["shop", "search", "tagged"] {
        assert_eq!(sandbox.listing(name)["phase"], "ready");
    }
    assert!(root.attributes("terraform_data.one").is_some());
}

/// A teardown never forces a held state lock. The error names its holder and its time.
#[test]
fn a_held_lock_is_never_forced() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    root.write(&stack(
        "shop",
        "resource \"terraform_data\" \"holds\" {\n  provisioner \"local-exec\" {\n    command = \"touch begun; exec sleep 300\"\n  }\n}\n",
    ));
    let running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    e2e::teardown::until("the apply holds the lock", || root.path("begun").exists());
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(1)
        .says("the state is locked by ")
        .says(" since 20")
        .says("never forces a lock");
    assert_eq!(sandbox.listing("shop")["phase"], "ready");
    running.interrupt();
    let _ = running.wait();
}

/// If the folder is missing, a teardown fails with that reason and the lease stays.
#[test]
fn a_missing_folder_is_reported() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    std::fs::rename(&root.dir, sandbox.path("elsewhere")).unwrap();
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(1)
        .says("shop: no plan could be made")
        .says("is no longer there")
        .says("the lease is kept");
    assert_eq!(sandbox.listing("shop")["phase"], "ready");
    std::fs::create_dir(&root.dir).unwrap();
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(3)
        .says("does not hold the stack \"shop\"");
    std::fs::remove_dir_all(&root.dir).unwrap();
    std::fs::rename(sandbox.path("elsewhere"), &root.dir).unwrap();
    sandbox.teardown("shop", 0);
}

/// A teardown needs `--yes` or a terminal, and the name of a protected stack. It is refused when
/// jiti is read-only, above the limit of resources, and for an unknown name.
#[test]
fn confirmation_and_limits() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("prod-1", ""));
    root.apply().ok();
    sandbox.jiti(&["teardown", "prod-1"]).exits(2).says("--yes");
    sandbox
        .jiti(&["teardown", "prod-2", "--yes"])
        .exits(1)
        .says("did you mean prod-1?");
    sandbox
        .jiti(&["--read-only", "teardown", "prod-1", "--yes"])
        .exits(3);
    sandbox
        .jiti(&["teardown", "prod-1", "--yes", "--max-resources", "2"])
        .exits(3)
        .says("3 resources, more than the 2");
    sandbox.config("[policy]\nprotected = [\"prod-*\"]\n");
    sandbox
        .jiti(&["teardown", "prod-1", "--yes"])
        .exits(3)
        .says("--confirm");
    sandbox
        .jiti(&["teardown", "prod-1", "--yes", "--confirm", "prod-2"])
        .exits(3);
    sandbox
        .jiti(&["teardown", "prod-1", "--dry-run"])
        .ok()
        .says("protected");
    assert_eq!(sandbox.listing("prod-1")["phase"], "ready");
    sandbox
        .jiti(&["teardown", "prod-1", "--yes", "--confirm", "prod-1"])
        .ok();
    assert_eq!(sandbox.listing("prod-1")["phase"], "gone");
}
