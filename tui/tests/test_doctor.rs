//! `jiti doctor`

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// A program on the sandbox's path that says this version.
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

/// What was found about a part.
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
        .unwrap_or_else(|| panic!("nothing about {part}: {findings}"))
        .clone()
}

/// Where all is well there is at most advice, and the exit code is 0.
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
    ok      writing      the file and its folder can be written
    ok      permissions  only its owner (600)
    ok      clock        YYYY-MM-DD hh:mm UTC, not behind the ledger
    advice  reaper       Nothing ends at expiry: no reaper has run yet
            to mend:     run `jiti reap --yes` from a timer, or `jiti reap --yes --watch` as a service
    ok      terraform    1.11.4 at $WORLD/bin/terraform
    ");
}

/// On a fresh machine everything that is missing is said, with how to mend it; only Terraform is broken.
#[test]
fn a_fresh_machine() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run_piped(&["doctor"]).exits(1);
    insta::assert_snapshot!(ran.out(), @r"
    advice  config       there is none at $WORLD/home/.config/jiti/config.toml: nothing is limited
            to mend:     to set limits, write a [policy] into $WORLD/home/.config/jiti/config.toml
    advice  ledger       there is none at $WORLD/home/.local/share/jiti/ledger.db yet
            to mend:     the first apply of a `jiti_stack` creates it; to look at another one, use --ledger or JITI_LEDGER
    broken  terraform    neither terraform nor tofu is on the PATH: nothing can be applied or destroyed from here
            to mend:     install Terraform or OpenTofu 1.8 or later, or add its folder to PATH
    ");
    assert_eq!(ran.stderr, "Error: one thing is broken\n");
    assert_eq!(
        std::fs::read_dir(sandbox.path("home")).unwrap().count(),
        0,
        "nothing was made"
    );
}

/// Terraform is asked for its version; one that does not answer is broken, an old one is advice.
#[test]
fn terraform_is_asked() {
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

/// A configuration that cannot be used is broken, and the rest is looked at all the same.
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

/// A file that is no ledger is broken.
#[test]
fn no_ledger_in_the_file() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.ledger().parent().unwrap()).unwrap();
    std::fs::write(sandbox.ledger(), "somebody's notes\n").unwrap();
    let found = finding(&sandbox, "ledger");
    assert_eq!(found["verdict"], "broken");
    assert!(
        found["found"].as_str().unwrap().contains("no jiti ledger"),
        "{found}"
    );
    assert!(
        found["mend"].as_str().unwrap().contains("--ledger"),
        "{found}"
    );
}

/// A ledger that others can read is advice, with the command that mends it.
#[test]
fn permissions_are_looked_at() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    assert_eq!(finding(&sandbox, "permissions")["verdict"], "ok");
    for (mode, says) in [
        (0o644, "others can read it"),
        (0o666, "others can change it"),
    ] {
        std::fs::set_permissions(sandbox.ledger(), std::fs::Permissions::from_mode(mode)).unwrap();
        let found = finding(&sandbox, "permissions");
        assert_eq!(found["verdict"], "advice");
        assert!(
            found["found"].as_str().unwrap().starts_with(says),
            "{found}"
        );
        assert!(
            found["mend"].as_str().unwrap().contains("chmod 600"),
            "{found}"
        );
    }
}

/// A clock that runs behind the ledger is broken.
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

/// `--read-only` is what was asked for, not a fault.
#[test]
fn read_only_is_no_fault() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    terraform(&sandbox);
    let ran = sandbox.run(&["doctor", "--read-only"]).ok();
    assert!(
        ran.stdout.contains("--read-only was given"),
        "{}",
        ran.stdout
    );
}
