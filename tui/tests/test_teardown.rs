//! `jiti teardown`, before it runs any Terraform.

use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// `teardown` succeeds if the stack is already gone. An unknown stack is an error.
#[test]
fn already_gone_is_a_success() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["teardown", "search-pr-3", "--yes"]).ok();
    assert_eq!(ran.stdout, "search-pr-3 is already gone\n");
    let result = sandbox
        .run(&["teardown", "search-pr-3", "--yes", "--json"])
        .ok();
    assert_eq!(
        result.stdout,
        "{\"name\":\"search-pr-3\",\"strategy\":\"terraform\",\"deleted\":[],\"residue\":[]}\n"
    );
    let ran = sandbox.run(&["teardown", "search-pr-9", "--yes"]).exits(1);
    assert!(ran.stderr.contains("did you mean"), "{}", ran.stderr);
}

/// Without `--yes` or a terminal, `teardown` exits with 2 and writes nothing. `--yes` and
/// `--dry-run` exclude each other.
#[test]
fn without_a_terminal_yes_is_required() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let before = sandbox.count("search-pr-7");
    let ran = sandbox.run(&["teardown", "search-pr-7"]).exits(2);
    assert!(ran.stderr.contains("--dry-run"), "{}", ran.stderr);
    sandbox
        .run(&["teardown", "search-pr-7", "--yes", "--dry-run"])
        .exits(2);
    assert_eq!(sandbox.count("search-pr-7"), before);
}

/// `teardown` checks read-only mode and protection before it makes the slow plan.
#[test]
fn rules_come_before_plans() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox
        .run(&["--read-only", "teardown", "search-pr-7", "--yes"])
        .exits(3);
    sandbox.config("[policy]\nprotected = [\"search\"]\n");
    let ran = sandbox.run(&["teardown", "search-pr-7", "--yes"]).exits(3);
    assert!(
        ran.stderr.contains("--confirm 'search-pr-7'"),
        "{}",
        ran.stderr
    );
    let other = [
        "teardown",
        "search-pr-7",
        "--yes",
        "--confirm",
        "search-pr-3",
    ];
    sandbox.run(&other).exits(3);
}

/// A root module on another machine is a failure that names the machine, and the lease stays.
#[test]
fn a_root_module_elsewhere_is_a_failure() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    let far = requested(|r| {
        r.origin.process.host = "far\u{1b}[2Jaway".to_owned();
        r.origin.directory = "/srv/checkout".to_owned();
    });
    story.stack("checkout", [(90, far), (80, EventKind::Ready)]);
    let ran = sandbox.run(&["teardown", "checkout", "--yes"]).exits(1);
    assert!(
        ran.stderr.contains("/srv/checkout is on far\\u{1b}[2Jaway"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.shown("checkout")["phase"], "ready");
}
