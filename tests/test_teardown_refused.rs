//! What a teardown refuses, and what it cannot do: each says what is in the way, and nothing is deleted.

use e2e::Sandbox;
use e2e::teardown::stack;

/// A root with two stacks is refused by name, and so are resources that carry another stack's tag.
#[test]
fn what_belongs_to_another_stack_is_refused() {
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

/// A lock that somebody holds is not forced: who holds it and since when is said.
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

/// A folder that is gone is said, and the lease is kept.
#[test]
fn a_folder_that_is_gone() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    std::fs::rename(&root.dir, sandbox.path("elsewhere")).unwrap();
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(1)
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

/// Without `--yes` and without a terminal nothing is tried; protected wants its name; read-only refuses; more than
/// allowed is refused; nobody knows an unknown name.
#[test]
fn whoever_must_say_yes() {
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
