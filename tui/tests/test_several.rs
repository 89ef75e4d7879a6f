//! Commands with several names: one combined plan, one question, and a result for each stack.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::fake_terraform::FakeTerraform;
use crate::sandbox::{Ran, Sandbox};
use crate::story::five_stacks;

/// The lines of the output as JSON.
#[track_caller]
fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// The texts of a field of these lines; an absent one is empty.
fn texts<'a>(lines: &'a [Value], field: &str) -> Vec<&'a str> {
    let text = |line: &'a Value| line[field].as_str().unwrap_or_default();
    lines.iter().map(text).collect()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "timed out: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `extend`, `hold` and `unhold` change every stack, each with its own line. A name that is given
/// twice counts once.
#[test]
fn several_leases_change() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let (a, b) = ("checkout-1.4.0", "search-pr-7");
    let ran = sandbox.run_wide(&["extend", a, b, a, "2h"]).ok();
    insta::assert_snapshot!(ran.out(), @r"
    checkout-1.4.0 expires at YYYY-MM-DD hh:mm UTC, in 6 h 47 min
    search-pr-7 expires at YYYY-MM-DD hh:mm UTC, in 1 d 23 h
    ");
    let hold = ["hold", a, "--until", "6h", b, "--why", "demo", "--json"];
    let held = lines(&sandbox.run(&hold).ok());
    assert_eq!(texts(&held, "name"), [a, b]);
    assert_eq!(texts(&held, "ending"), ["done", "done"]);
    assert!(
        held.iter()
            .all(|line| line["stack"]["hold_until"].is_string())
    );
    let ran = sandbox.run(&["unhold", a, b, "reports-2.0.0"]).ok();
    insta::assert_snapshot!(ran.stdout, @r"
    checkout-1.4.0 is no longer held
    search-pr-7 is no longer held
    reports-2.0.0 was not held
    ");
}

/// The duration may follow an option, and the error says what is missing.
#[test]
fn the_last_argument_is_the_duration() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let stack = "checkout-1.4.0";
    sandbox.run(&["extend", stack, "--json", "2h"]).ok();
    sandbox
        .run(&["extend", stack, "search-pr-7", "2h", "--json"])
        .ok();
    for arguments in [&["extend", stack][..], &["extend", "2h"], &["extend"]] {
        let ran = sandbox.run(arguments).exits(2);
        assert_eq!(ran.stderr.matches("Error:").count(), 1, "{ran:?}");
    }
    let ran = sandbox.run(&["extend", stack, "search-pr-7"]).exits(2);
    assert!(
        ran.stderr.contains("'search-pr-7' for '<DURATION>'"),
        "{ran:?}"
    );
    let ran = sandbox.run(&["extend", stack, "no;name", "2h"]).exits(2);
    assert!(ran.stderr.contains("'no;name' for '<NAME>...'"), "{ran:?}");
}

/// An unknown name is an error before anything is changed, and the error names it.
#[test]
fn unknown_names_change_nothing() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let stack = "checkout-1.4.0";
    let before = sandbox.count(stack);
    for arguments in [
        &["extend", stack, "chekout-1.5.0", "2h"][..],
        &[
            "hold",
            stack,
            "chekout-1.5.0",
            "--until",
            "2h",
            "--why",
            "x",
        ],
        &["unhold", stack, "chekout-1.5.0"],
        &["sleep", stack, "chekout-1.5.0"],
        &["wake", stack, "chekout-1.5.0"],
        &["teardown", stack, "chekout-1.5.0", "--yes"],
    ] {
        let ran = sandbox.run_piped(arguments).exits(1);
        for text in [
            "no stack \"chekout-1.5.0\"",
            "did you mean checkout-1.5.0",
            "no stack was changed",
        ] {
            assert!(ran.stderr.contains(text), "{arguments:?}: {ran:#?}");
        }
        assert_eq!(ran.stdout, "");
    }
    let ran = sandbox
        .run_piped(&["extend", stack, "x", "y", "2h"])
        .exits(1);
    assert!(
        ran.stderr
            .contains("no stacks \"x\", \"y\" are in the ledger"),
        "{ran:#?}"
    );
    // A stack that is gone has no lease to change.
    let ran = sandbox
        .run_piped(&["extend", stack, "search-pr-3", "2h"])
        .exits(1);
    assert!(ran.stderr.contains("\"search-pr-3\""), "{ran:#?}");
    assert_eq!(sandbox.count(stack), before);
}

/// A refusal of one stack does not stop the others, and decides the exit code.
#[test]
fn a_refusal_does_not_stop_the_others() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config("[policy]\nmax_ttl = \"3d\"\n");
    let names = ["search-pr-7", "checkout-1.4.0"];
    let ran = sandbox
        .run_piped(&["extend", names[0], names[1], "12h"])
        .exits(3);
    insta::assert_snapshot!(ran.out(), @"checkout-1.4.0 expires at YYYY-MM-DD hh:mm UTC, in 16 h 47 min");
    insta::assert_snapshot!(ran.err(), @r#"
    Refused: stack "search-pr-7": until YYYY-MM-DD hh:mm:ssZ is past YYYY-MM-DD hh:mm:ssZ, the latest time that the policy's max_ttl of 3d still allows: extend by less, or replace the stack
    Refused: 1 of 2 stacks extended, 1 refused
    "#);
    let ran = sandbox
        .run(&["extend", names[0], names[1], "12h", "--json"])
        .exits(3);
    let lines = lines(&ran);
    assert_eq!(texts(&lines, "name"), names);
    assert_eq!(texts(&lines, "ending"), ["refused", "done"]);
    assert!(lines[0]["reason"].as_str().unwrap().contains("max_ttl"));
    assert!(lines[0]["stack"].is_null());
}

/// The plans of all stacks come first, then one summary. Each stack has its own result: one that
/// jiti refuses, one that is protected and one that is already gone do not stop the others.
#[test]
fn each_teardown_has_its_own_result() {
    let sandbox = Sandbox::new();
    let terraform = FakeTerraform::new(&sandbox, "[policy]\nprotected = [\"prod-*\"]\n");
    for name in ["shop-1", "shop-2", "shop-3", "prod-1"] {
        terraform.stack(name);
    }
    terraform.refuse("shop-2");
    terraform.go();
    let names = ["shop-1", "shop-2", "prod-1", "shop-3", "shop-1"];
    let teardown = |more: &[&str]| sandbox.run_piped(&[&["teardown"], &names[..], more].concat());
    let dry = teardown(&["--dry-run"]).exits(3);
    for text in [
        "shop-1: 1 resource will be destroyed, saving $0.42/h",
        "shop-2: refused: the root $WORLD/shop-2 holds jiti_stack.another",
        "3 resources of 3 stacks will be destroyed, saving $1.26/h",
        "1 stack stays as it is",
        "  prod-1  planned",
        "  shop-2  refused",
    ] {
        assert!(dry.stdout.contains(text), "{text}: {dry:#?}");
    }
    assert!(terraform.together().is_empty(), "a dry run changes nothing");
    let ran = teardown(&["--yes"]).exits(3);
    for text in [
        "2 resources of 2 stacks will be destroyed, saving $0.84/h",
        "2 stacks stay as they are",
        "  shop-1  gone         1 resource deleted",
        "  prod-1  refused      prod-1 is protected by the policy; confirm its name: --confirm 'prod-1'",
        "  shop-3  gone         1 resource deleted",
    ] {
        assert!(ran.stdout.contains(text), "{text}: {ran:#?}");
    }
    insta::assert_snapshot!(ran.stderr, @"Refused: 2 of 4 stacks torn down, 2 refused");
    let rest = [
        "teardown",
        "shop-1",
        "prod-1",
        "--yes",
        "--confirm",
        "prod-1",
    ];
    let ran = sandbox.run_piped(&rest).ok();
    assert!(
        ran.stdout
            .contains("  shop-1  gone         nothing was left to delete"),
        "{ran:#?}"
    );
    assert!(
        ran.stdout
            .contains("  prod-1  gone         1 resource deleted"),
        "{ran:#?}"
    );
}

/// In JSON, each line has the name of its stack, except the summary, whose name is null. The last
/// lines are the results, one for each stack in the order of the command line.
#[test]
fn the_last_lines_are_the_results() {
    let sandbox = Sandbox::new();
    let terraform = FakeTerraform::new(&sandbox, "");
    for name in ["b", "a", "c"] {
        terraform.stack(name);
    }
    terraform.refuse("a");
    terraform.go();
    let ran = sandbox
        .run(&["teardown", "b", "a", "c", "--yes", "--json"])
        .exits(3);
    let lines = lines(&ran);
    let (steps, results) = lines.split_at(lines.len() - 3);
    assert_eq!(texts(results, "name"), ["b", "a", "c"]);
    assert_eq!(texts(results, "ending"), ["gone", "refused", "gone"]);
    assert_eq!(texts(results, "event"), [""; 3]);
    assert_eq!(results[0]["strategy"], "terraform");
    assert_eq!(results[0]["deleted"].as_array().unwrap().len(), 1);
    assert_eq!(results[1]["deleted"], json!([]));
    assert_eq!(results[1]["residue"], json!([]));
    assert!(results[1]["reason"].as_str().unwrap().contains("another"));
    assert!(results[0]["reason"].is_null());
    let (summary, named): (Vec<_>, Vec<_>) = steps
        .iter()
        .cloned()
        .partition(|line| line["event"] == "summary");
    assert!(
        named.iter().all(|line| line["name"].is_string()),
        "{named:?}"
    );
    let expected = json!({"event": "summary", "name": null, "stacks": 2, "dispatched": 0,
        "resources": 2, "kept": 0, "already_gone": 0, "hourly_usd": "0.84",
        "hourly_is_minimum": false, "left_out": 1});
    assert_eq!(summary, [expected]);
    let of = |event: &str| named.iter().filter(|line| line["event"] == event).count();
    assert_eq!((of("planning"), of("planned"), of("ended")), (3, 3, 3));
}

/// Without `--yes` and without a terminal, the exit code is 2. `--confirm` with another name is
/// refused. Neither writes anything.
#[test]
fn wrong_command_lines_change_nothing() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let (a, b) = ("checkout-1.4.0", "search-pr-7");
    let before = sandbox.count(a);
    sandbox.run(&["teardown", a, b]).exits(2);
    let ran = sandbox
        .run_piped(&["teardown", a, b, "--yes", "--confirm", "search-pr-3"])
        .exits(3);
    assert!(
        ran.stderr.contains("search-pr-3, which is not among"),
        "{ran:#?}"
    );
    sandbox
        .run(&["teardown", a, b, "--yes", "--read-only"])
        .exits(3);
    assert_eq!(sandbox.count(a), before);
}

/// At most `concurrency` teardowns run at once. Ctrl-C only stops following: those that run
/// continue, those that wait do not start, and the exit code is 1.
#[test]
fn ctrl_c_stops_following() {
    let sandbox = Sandbox::new();
    let terraform = FakeTerraform::new(&sandbox, "[reaper]\nconcurrency = 2\n");
    let names = ["a", "b", "c", "d"];
    names.iter().for_each(|name| terraform.stack(name));
    let mut command = Command::new(assert_cmd::cargo::cargo_bin("jiti"));
    let child = command
        .args(["teardown", "a", "b", "c", "d", "--yes", "--json"])
        .env_clear()
        .env("HOME", sandbox.path("home"))
        .env("USER", "ana")
        .current_dir(sandbox.path("."))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("two teardowns run", || terraform.busy() == 2);
    // Long enough for a third one to start.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(terraform.busy(), 2);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let results = &lines[lines.len() - 4..];
    assert_eq!(texts(results, "name"), names);
    assert_eq!(
        texts(results, "ending"),
        ["running", "running", "not_started", "not_started"]
    );
    assert!(
        results[0]["reason"]
            .as_str()
            .unwrap()
            .contains("still running as process")
    );
    terraform.go();
    until("both end", || {
        sandbox.shown("a")["phase"] == "gone" && sandbox.shown("b")["phase"] == "gone"
    });
    for name in ["c", "d"] {
        assert_eq!(sandbox.shown(name)["phase"], "ready", "{name}");
    }
    sandbox.run(&["teardown", "a", "b", "c", "d", "--yes"]).ok();
    assert!(
        terraform.together().iter().all(|count| *count <= 2),
        "{:?}",
        terraform.together()
    );
}
