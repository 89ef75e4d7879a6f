//! The commands that change a lease: `extend`, `hold`, `unhold`, `mark`, `touch`.

use serde_json::Value;
use stack::lease::Strategy;
use stack::{Actor, EventKind, RunId};

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

const STACK: &str = "checkout-1.4.0";

/// A sandbox with the five stacks and this policy.
fn sandbox_with(policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    sandbox.config(policy);
    sandbox
}

fn time(value: &Value) -> jiff::Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

/// The last event of a stack.
fn last(sandbox: &Sandbox) -> Value {
    sandbox.shown(STACK)["events"]
        .as_array()
        .unwrap()
        .last()
        .unwrap()
        .clone()
}

/// An extension counts from the current expiry, and prints the new one.
#[test]
fn extend_moves_the_expiry() {
    let sandbox = sandbox_with("");
    let before = time(&sandbox.shown(STACK)["expires_at"]);
    insta::assert_snapshot!(sandbox.run(&["extend", STACK, "2h"]).ok().out(), @"checkout-1.4.0 expires at YYYY-MM-DD hh:mm UTC, in 6 h 47 min");
    let after = sandbox.run(&["extend", STACK, "30m", "--json"]).ok().json();
    assert_eq!(after["name"], STACK);
    let moved = time(&after["expires_at"]).duration_since(before);
    assert_eq!(moved, jiff::SignedDuration::from_mins(150));
    let event = last(&sandbox);
    assert_eq!(
        (&event["kind"], &event["by"]),
        (&"extended".into(), &"30m".into())
    );
    assert_eq!(event["source"], "cli");
    assert!(
        event["actor"].as_str().unwrap().starts_with("ana@"),
        "{event}"
    );
}

/// An extension past the cap is refused with 3 and the latest possible time. Nothing is written.
#[test]
fn extend_stops_at_the_cap() {
    let sandbox = sandbox_with("[policy]\nmax_ttl = \"1d\"\n");
    let count = sandbox.count(STACK);
    let ran = sandbox.run(&["extend", STACK, "20h"]).exits(3);
    insta::assert_snapshot!(ran.err(), @r#"Refused: stack "checkout-1.4.0": until YYYY-MM-DD hh:mm:ssZ is past YYYY-MM-DD hh:mm:ssZ, the latest time that the policy's max_ttl of 1d still allows: extend by less, or replace the stack"#);
    assert_eq!(sandbox.count(STACK), count);
    sandbox.run(&["extend", STACK, "15h"]).ok();
}

/// A hold takes a duration or a time, prints its end and reason, and can be ended early.
#[test]
fn hold_and_unhold() {
    let sandbox = sandbox_with("");
    let ran = sandbox
        .run(&["hold", STACK, "--until", "6h", "--why", "demo at four"])
        .ok();
    insta::assert_snapshot!(ran.out(), @"checkout-1.4.0 is held until YYYY-MM-DD hh:mm UTC, in 6 h: demo at four");
    assert_eq!(sandbox.shown(STACK)["flags"], serde_json::json!(["held"]));
    let until = "2099-01-01T00:00:00Z";
    let held = sandbox
        .run(&["hold", STACK, "--until", until, "--why", "x", "--json"])
        .ok()
        .json();
    assert_eq!(held["hold_until"], until);
    insta::assert_snapshot!(sandbox.run(&["unhold", STACK]).ok().stdout, @"checkout-1.4.0 is no longer held");
    let count = sandbox.count(STACK);
    insta::assert_snapshot!(sandbox.run(&["unhold", STACK]).ok().stdout, @"checkout-1.4.0 was not held");
    assert_eq!(
        sandbox.count(STACK),
        count,
        "without a hold, unhold writes no event"
    );
    assert!(sandbox.run(&["unhold", STACK, "--json"]).ok().json()["hold_until"].is_null());
}

/// A hold that is too long is refused with 3. A time in the past and an invalid time are wrong
/// usage.
#[test]
fn holds_have_limits() {
    let sandbox = sandbox_with("[policy]\nmax_hold = \"3d\"\n");
    let count = sandbox.count(STACK);
    let hold = |until: &str| sandbox.run(&["hold", STACK, "--until", until, "--why", "x"]);
    insta::assert_snapshot!(hold("4d").exits(3).err(), @r#"Refused: stack "checkout-1.4.0": a hold until YYYY-MM-DD hh:mm:ssZ is longer than the policy's max_hold of 3d: hold until YYYY-MM-DD hh:mm:ssZ at the latest"#);
    assert!(
        hold("2020-01-01T00:00:00Z")
            .exits(2)
            .stderr
            .contains("is in the past")
    );
    insta::assert_snapshot!(hold("tomorrow").exits(2).stderr, @r"
    Error: invalid value 'tomorrow' for '--until <T>': it is neither a duration nor a time with an offset from UTC; write it like 6h, 1d12h or 2026-03-02T18:00:00Z

    For more information, try '--help'.
    ");
    assert!(hold("18:00").exits(2).stderr.contains("write it like 6h"));
    sandbox.run(&["hold", STACK, "--until", "6h"]).exits(2);
    sandbox
        .run(&["hold", STACK, "--until", "6h", "--why", ""])
        .exits(2);
    assert_eq!(sandbox.count(STACK), count);
}

/// `mark` reports phases and readiness, and prints nothing.
#[test]
fn marks_are_quiet() {
    let sandbox = sandbox_with("");
    let stack = "reports-2.0.0";
    for arguments in [
        vec![
            "mark",
            stack,
            "fetch licence",
            "done",
            "--class",
            "dependency",
        ],
        vec!["mark", stack, "warm up", "start"],
        vec!["mark", stack, "warm up", "done"],
        vec!["mark", stack, "ready"],
    ] {
        assert_eq!(sandbox.run(&arguments).ok().stdout, "");
    }
    let shown = sandbox.shown(stack);
    assert_eq!(shown["phase"], "ready");
    let phases = shown["init"]["phases"].as_array().unwrap();
    let reported: Vec<_> = phases
        .iter()
        .map(|p| (p["name"].as_str().unwrap(), &p["class"]))
        .collect();
    assert_eq!(
        reported,
        [
            ("fetch licence", &"dependency".into()),
            ("warm up", &Value::Null)
        ]
    );
    assert!(
        phases.iter().all(|phase| phase["seconds"].is_number()),
        "{phases:?}"
    );
    let again = sandbox.run(&["mark", stack, "ready", "--json"]).ok().json();
    assert_eq!(again["phase"], "ready");
}

/// An invalid mark is wrong usage, and the error says what to write.
#[test]
fn invalid_marks_are_wrong_usage() {
    let sandbox = sandbox_with("");
    let count = sandbox.count(STACK);
    insta::assert_snapshot!(sandbox.run(&["mark", STACK, "warm up"]).exits(2).stderr, @r#"
    Error: the phase "warm up" needs start or done
    Hint: add start or done, such as `jiti mark checkout-pr-412 "migrate database" start`
    "#);
    for arguments in [
        vec!["mark", STACK],
        vec!["mark", STACK, "", "start"],
        vec!["mark", STACK, &"x".repeat(101), "start"],
        vec!["mark", STACK, "warm up", "stop"],
        vec!["mark", STACK, "ready", "--class", "x"],
    ] {
        let ran = sandbox.run(&arguments).exits(2);
        assert_eq!(ran.stderr.matches("Error:").count(), 1, "{ran:?}");
    }
    assert_eq!(sandbox.count(STACK), count);
}

/// `touch` records a use.
#[test]
fn touch_is_use() {
    let sandbox = sandbox_with("");
    insta::assert_snapshot!(sandbox.run(&["touch", STACK]).ok().stdout, @"checkout-1.4.0 is in use");
    let shown = sandbox.run(&["touch", STACK, "--json"]).ok().json();
    assert_eq!(shown["idle"]["state"], "active");
    assert_eq!(last(&sandbox)["kind"], "activity");
}

/// Every command that changes the lease of this stack.
fn changes(stack: &str) -> Vec<Vec<String>> {
    [
        vec!["extend", stack, "1h"],
        vec!["hold", stack, "--until", "1h", "--why", "x"],
        vec!["unhold", stack],
        vec!["mark", stack, "warm up", "start"],
        vec!["mark", stack, "ready"],
        vec!["touch", stack],
    ]
    .into_iter()
    .map(|arguments| arguments.into_iter().map(str::to_owned).collect())
    .collect()
}

fn run(sandbox: &Sandbox, arguments: &[String]) -> crate::sandbox::Ran {
    sandbox.run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Read-only mode, by flag or by configuration, refuses every change and writes nothing.
#[test]
fn read_only_refuses_every_change() {
    let sandbox = sandbox_with("");
    let count = sandbox.count(STACK);
    for mut arguments in changes(STACK) {
        arguments.push("--read-only".to_owned());
        let ran = run(&sandbox, &arguments).exits(3);
        assert_eq!(ran.stderr, "Refused: no changes: --read-only is set\n");
    }
    sandbox.config("[dashboard]\nread_only = true\n");
    for arguments in changes(STACK) {
        let ran = run(&sandbox, &arguments).exits(3);
        assert!(ran.stderr.contains("read_only = true"), "{ran:?}");
    }
    assert_eq!(sandbox.count(STACK), count);
}

/// Changing an unknown stack, or one that is gone, fails with 1.
#[test]
fn unknown_stacks_are_not_changed() {
    let sandbox = sandbox_with("");
    for name in ["chekout-1.4.0", "search-pr-3"] {
        for arguments in changes(name) {
            let ran = run(&sandbox, &arguments).exits(1);
            assert_eq!(ran.stderr.matches("Error:").count(), 1, "{ran:?}");
            assert!(
                ran.stderr.contains(name) && ran.stdout.is_empty(),
                "{ran:?}"
            );
        }
    }
}

/// Without a ledger, every change fails, and no ledger is created.
#[test]
fn no_change_creates_a_ledger() {
    let sandbox = Sandbox::new();
    for arguments in changes(STACK) {
        run(&sandbox, &arguments).exits(1);
    }
    assert!(!sandbox.ledger().parent().unwrap().exists());
}

/// During a teardown, `extend` and `hold` fail with 1 and the reason.
#[test]
fn stacks_being_torn_down_are_not_changed() {
    let sandbox = Sandbox::new();
    let teardown = EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: Actor::from_names("ben", "laptop"),
        why: "no longer needed".to_owned(),
        run: RunId::random(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    Story::new(&sandbox.ledger()).stack(STACK, [(90, requested(|_| {})), (30, teardown)]);
    for arguments in changes(STACK).into_iter().take(2) {
        let ran = run(&sandbox, &arguments).exits(1);
        assert!(ran.stderr.contains("being torn down"), "{ran:?}");
    }
    assert_eq!(sandbox.count(STACK), 2);
    assert_eq!(sandbox.shown(STACK)["phase"], "tearing_down");
}

/// `forget` needs the stack's name to confirm it. It ends the lease, says that it deletes nothing,
/// and succeeds for a stack that is gone.
#[test]
fn forget_ends_the_lease_only() {
    let sandbox = sandbox_with("");
    let count = sandbox.count(STACK);
    let ran = sandbox.run(&["forget", STACK]).exits(3);
    let text = ran.err();
    assert!(text.contains("deletes nothing"), "{text}");
    assert!(text.contains("--confirm 'checkout-1.4.0'"), "{text}");
    let ran = sandbox
        .run(&["forget", STACK, "--confirm", "checkout"])
        .exits(3);
    let text = ran.err();
    assert!(
        text.contains("checkout, but the stack is checkout-1.4.0"),
        "{text}"
    );
    sandbox
        .run(&["--read-only", "forget", STACK, "--confirm", STACK])
        .exits(3);
    sandbox
        .run(&["forget", "unknown", "--confirm", "unknown"])
        .exits(1);
    assert_eq!(sandbox.count(STACK), count);

    let ran = sandbox.run(&["forget", STACK, "--confirm", STACK]).ok();
    let text = ran.out();
    assert!(
        text.contains("its lease has ended. jiti deleted nothing"),
        "{text}"
    );
    let event = last(&sandbox);
    assert_eq!(event["kind"], "forgotten");
    assert_eq!(event["why"], "requested by a user");
    assert!(event["by"].as_str().unwrap().starts_with("ana@"), "{event}");
    assert_eq!(sandbox.shown(STACK)["phase"], "gone");
    let again = sandbox
        .run(&["forget", STACK, "--confirm", STACK, "--json"])
        .ok();
    assert_eq!(again.json()["phase"], "gone");
    assert_eq!(sandbox.count(STACK), count + 1);
}
