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

/// A stack on this machine whose recorded program is `recorded`, due for the reaper. The sandbox's
/// `bin/terraform` and `evil/terraform` each leave a file when they run.
fn traps(sandbox: &Sandbox) {
    for folder in ["bin", "evil", "root"] {
        std::fs::create_dir_all(sandbox.path(folder)).unwrap();
    }
    for folder in ["bin", "evil"] {
        let ran = sandbox.path(format!("{folder}-ran"));
        let script = format!("#!/bin/sh\n: > '{}'\nexit 1\n", ran.display());
        stack::testing::program(&sandbox.path(folder).join("terraform"), &script);
    }
    let (directory, command) = (sandbox.path("root"), sandbox.path("evil/terraform"));
    let registered = requested(|r| {
        r.origin.directory = directory.display().to_string();
        r.origin.command = command.display().to_string();
        r.origin.process.host = stack::process::host();
    });
    let events = [
        (100_000, registered),
        (99_990, EventKind::Recorded { origin: None }),
        (99_000, EventKind::Ready),
    ];
    Story::new(&sandbox.ledger()).stack("trap", events);
    sandbox.config("");
}

/// jiti runs `terraform` from the PATH, and never the path that the ledger gives.
#[test]
fn the_ledger_does_not_choose_the_program() {
    let sandbox = Sandbox::new();
    traps(&sandbox);
    sandbox.run(&["teardown", "trap", "--dry-run"]).exits(1);
    assert!(sandbox.path("bin-ran").exists());
    std::fs::remove_file(sandbox.path("bin/terraform")).unwrap();
    let ran = sandbox
        .run_piped(&["teardown", "trap", "--dry-run"])
        .exits(1);
    assert!(
        ran.stderr.contains("`programs` under [terraform]"),
        "{ran:#?}"
    );
    sandbox.run(&["reap", "--yes"]).exits(1);
    assert!(!sandbox.path("evil-ran").exists());
    let evil = sandbox.path("evil/terraform");
    sandbox.config(&format!("[terraform]\nprograms = [{evil:?}]\n"));
    sandbox.run(&["teardown", "trap", "--dry-run"]).exits(1);
    assert!(sandbox.path("evil-ran").exists());
}

/// jiti runs nothing for a ledger that another user could have written: its file, its folder, or
/// the folder of its runs. Every command that would refuses with 3 and says what to change.
#[test]
fn a_ledger_of_others_runs_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let sandbox = Sandbox::new();
    traps(&sandbox);
    let (ledger, runs) = (
        sandbox.ledger(),
        sandbox.path("home/.local/share/jiti/runs"),
    );
    std::fs::create_dir(&runs).unwrap();
    let folder = ledger.parent().unwrap().to_owned();
    let refused = |words: &str, what: &str| {
        for arguments in [
            &["--read-only", "teardown", "trap", "--dry-run"][..],
            &["teardown", "trap", "--dry-run"],
            &["teardown", "trap", "--yes"],
            &["reap", "--yes"],
            &["reap", "--yes", "--watch"],
        ] {
            let ran = sandbox.run_piped(arguments).exits(3);
            assert!(ran.stderr.contains(words), "{what} {arguments:?}: {ran:#?}");
        }
        assert_eq!(sandbox.count("trap"), 3, "{what}: nothing is recorded");
        assert!(!sandbox.path("bin-ran").exists(), "{what}");
        let doctor = sandbox.run_piped(&["doctor", "--read-only"]);
        assert!(
            doctor.stdout.contains("jiti runs nothing"),
            "{what}: {doctor:#?}"
        );
    };
    for (path, mode) in [
        (&ledger, 0o666),
        (&ledger, 0o620),
        (&folder, 0o777),
        (&folder, 0o770),
        (&runs, 0o777),
        (&runs, 0o1777),
    ] {
        let before = path.metadata().unwrap().permissions();
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        let what = format!("{} {mode:o}", path.display());
        refused("run `chmod go-w '", &what);
        std::fs::set_permissions(path, before).unwrap();
    }
    // Only root can give a file to another user.
    if rustix::process::geteuid().is_root() {
        for path in [&ledger, &folder, &runs] {
            std::os::unix::fs::chown(path, Some(4242), None).unwrap();
            refused("belongs to user 4242", &path.display().to_string());
            std::os::unix::fs::chown(path, Some(0), None).unwrap();
        }
    }
    sandbox.run(&["teardown", "trap", "--dry-run"]).exits(1);
    assert!(sandbox.path("bin-ran").exists());
}
