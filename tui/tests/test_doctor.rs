//! `jiti doctor`

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// Installs a program as this script on the sandbox's `PATH`.
fn install(sandbox: &Sandbox, name: &str, script: &str) {
    let program = sandbox.path("bin").join(name);
    std::fs::create_dir_all(program.parent().unwrap()).unwrap();
    stack::testing::program(&program, &format!("#!/bin/sh\n{script}\n"));
}

fn terraform(sandbox: &Sandbox) {
    install(
        sandbox,
        "terraform",
        r#"echo '{"terraform_version": "1.11.4", "platform": "linux_amd64"}'"#,
    );
}

/// The finding about a part.
fn finding(sandbox: &Sandbox, part: &str) -> Value {
    let ran = sandbox.run(&["doctor", "--json"]);
    let findings = ran.json();
    let broken = findings
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| finding["verdict"] == "broken");
    assert_eq!(ran.code, Some(i32::from(broken)), "{ran:?}");
    let mut found = findings
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["part"] == part);
    found
        .next()
        .unwrap_or_else(|| panic!("no finding about {part}: {findings}"))
        .clone()
}

/// Without a broken part, `doctor` reports at most advice and exits with 0.
#[test]
fn all_is_well() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    terraform(&sandbox);
    sandbox.config("");
    let out = sandbox.run_piped(&["doctor"]).ok().out();
    let id = out
        .split("(id ")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(out.replace(&id, "ID").replace(":ss UTC", " UTC"), @r"
    ok      config       $WORLD/home/.config/jiti/config.toml
    ok      ledger       $WORLD/home/.local/share/jiti/ledger.db (id ID), 4 live stacks
    ok      writing      the file and its folder are writable
    ok      permissions  accessible only to its owner (600)
    ok      policy       the ledger holds no policy, so that of $WORLD/home/.config/jiti/config.toml counts
    ok      clock        YYYY-MM-DD hh:mm UTC, not behind the ledger
    advice  reaper       Nothing tears stacks down at expiry: no reaper has run yet
            to fix:      run `jiti reap --yes` from a timer, or `jiti reap --yes --watch` as a service
    ok      terraform    1.11.4 at $WORLD/bin/terraform
    ");
}

/// On a fresh machine, each missing part is a finding with its fix. Only Terraform is broken.
#[test]
fn a_fresh_machine() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run_piped(&["doctor"]).exits(1);
    insta::assert_snapshot!(ran.out(), @r"
    advice  config       no file at $WORLD/home/.config/jiti/config.toml, so no limits apply
            to fix:      to set limits, add a [policy] to $WORLD/home/.config/jiti/config.toml
    advice  ledger       no ledger at $WORLD/home/.local/share/jiti/ledger.db yet
            to fix:      the first apply of a `jiti_stack` creates it; to use another ledger, set --ledger or JITI_LEDGER
    broken  terraform    neither terraform nor tofu is on the PATH, so this machine can apply and destroy nothing
            to fix:      install Terraform or OpenTofu 1.8 or later, or add its folder to PATH
    ");
    assert_eq!(ran.stderr, "Error: 1 check failed\n");
    assert_eq!(
        std::fs::read_dir(sandbox.path("home")).unwrap().count(),
        0,
        "doctor creates no file"
    );
}

/// A Terraform that does not print its version is broken. An old one is advice.
#[test]
fn terraform_has_a_version() {
    let sandbox = Sandbox::new();
    terraform(&sandbox);
    let found = finding(&sandbox, "terraform");
    assert_eq!(found["verdict"], "ok");
    assert!(
        found["found"].as_str().unwrap().starts_with("1.11.4 at "),
        "{found}"
    );
    assert!(found["mend"].is_null());
    install(
        &sandbox,
        "terraform",
        r#"echo '{"terraform_version": "1.7.5"}'"#,
    );
    assert_eq!(finding(&sandbox, "terraform")["verdict"], "advice");
    install(&sandbox, "terraform", "exit 7");
    let found = finding(&sandbox, "terraform");
    assert_eq!(found["verdict"], "broken");
    assert!(
        found["found"].as_str().unwrap().contains("exit status: 7"),
        "{found}"
    );
}

/// An invalid configuration is broken, and the other parts are still checked.
#[test]
fn a_broken_configuration() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config("[policy\n");
    let found = finding(&sandbox, "config");
    assert_eq!(found["verdict"], "broken");
    assert!(
        found["mend"].as_str().unwrap().starts_with("correct "),
        "{found}"
    );
    assert_eq!(finding(&sandbox, "ledger")["verdict"], "ok");
}

/// A file that is not a ledger is broken.
#[test]
fn a_file_that_is_not_a_ledger() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.ledger().parent().unwrap()).unwrap();
    std::fs::write(sandbox.ledger(), "notes\n").unwrap();
    let found = finding(&sandbox, "ledger");
    assert_eq!(found["verdict"], "broken");
    assert!(
        found["found"]
            .as_str()
            .unwrap()
            .contains("not a jiti ledger"),
        "{found}"
    );
    assert!(
        found["mend"].as_str().unwrap().contains("--ledger"),
        "{found}"
    );
}

/// A ledger that other users can read is advice, with the command that fixes it.
#[test]
fn permissions_are_checked() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    assert_eq!(finding(&sandbox, "permissions")["verdict"], "ok");
    for (mode, text) in [
        (0o644, "other users can read it"),
        (0o666, "other users can change it"),
    ] {
        std::fs::set_permissions(sandbox.ledger(), std::fs::Permissions::from_mode(mode)).unwrap();
        let found = finding(&sandbox, "permissions");
        assert_eq!(found["verdict"], "advice");
        assert!(
            found["found"].as_str().unwrap().starts_with(text),
            "{found}"
        );
        assert!(
            found["mend"].as_str().unwrap().contains("chmod 600"),
            "{found}"
        );
    }
}

/// A clock that is behind the ledger is broken.
#[test]
fn a_clock_behind_the_ledger() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    story.stack(
        "ahead",
        [
            (-3_630, requested(|_| {})),
            (-3_630, EventKind::Recorded { origin: None }),
        ],
    );
    let found = finding(&sandbox, "clock");
    assert_eq!(found["verdict"], "broken");
    assert!(
        found["found"].as_str().unwrap().contains("1 h later"),
        "{found}"
    );
}

/// Each key of the file that contradicts the ledger's policy is advice, with its line. Keys that
/// agree, or that the file does not set, are not. Without a file, nothing is missing.
#[test]
fn a_contradiction_is_named() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    terraform(&sandbox);
    let text = "[policy]\nmax_ttl = \"2d\"\ngrace = \"2h\"\nmax_hold = \"1d\"\n";
    std::fs::write(sandbox.path("policy.toml"), text).unwrap();
    sandbox.run(&["policy", "push", "policy.toml"]).ok();
    assert_eq!(finding(&sandbox, "config")["verdict"], "ok");
    sandbox.config(
        "[reaper]\nsweep = false\n[policy]\nmax_ttl = \"7d\"\nmax_hold = \"24h\"\n\
         max_live_per_owner = 3\n",
    );
    let findings = sandbox.run_piped(&["doctor"]).ok().out();
    let policy: Vec<&str> = findings
        .lines()
        .skip_while(|line| !line.contains("policy "))
        .take_while(|line| !line.contains("clock "))
        .filter(|line| !line.contains("counts"))
        .collect();
    insta::assert_snapshot!(policy.join("\n"), @r#"
    advice  policy       $WORLD/home/.config/jiti/config.toml:4: max_ttl = "7d" has no effect: the ledger's policy has "2d"
            to fix:      remove max_ttl from the file, or change the ledger's policy with `jiti policy push FILE`
    advice  policy       $WORLD/home/.config/jiti/config.toml:6: max_live_per_owner = 3 has no effect: the ledger's policy does not set it
            to fix:      remove max_live_per_owner from the file, or change the ledger's policy with `jiti policy push FILE`
    "#);
    let counts = &finding(&sandbox, "policy")["found"];
    let counts = counts.as_str().unwrap();
    assert!(
        counts.starts_with("the ledger's policy counts: ana@"),
        "{counts}"
    );
}

/// `--read-only` is the user's choice, not a fault.
#[test]
fn read_only_is_not_a_fault() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    terraform(&sandbox);
    let ran = sandbox.run(&["doctor", "--read-only"]).ok();
    assert!(ran.stdout.contains("--read-only is set"), "{}", ran.stdout);
}

/// A dependency that failed within the window is advice, with its start and the stack that saw it.
/// An older failure is not mentioned.
#[test]
fn a_failing_dependency_is_advice() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\npreflight_breaker = \"wait\"\npreflight_window = \"10m\"\n");
    let story = Story::new(&sandbox.ledger());
    story.dependency_failed(3_600, "tcp old:1", "a");
    story.dependency_failed(90, "tcp db:5432", "checkout-1");
    let finding = finding(&sandbox, "preflight");
    let found = finding["found"].as_str().unwrap();
    assert!(
        found.starts_with("tcp db:5432 fails: it started to fail at "),
        "{found}"
    );
    assert!(
        found.ends_with("first seen by the stack \"checkout-1\" of ana@laptop: no connection"),
        "{found}"
    );
    assert_eq!(
        finding["mend"],
        "fix the dependency; until it passes again, new stacks that check it wait (preflight_breaker in the policy)"
    );
    assert!(!sandbox.run(&["doctor"]).out().contains("tcp old:1"));
}
