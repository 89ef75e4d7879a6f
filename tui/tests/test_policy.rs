//! `jiti policy push|show|diff`, and the policy in the ledger everywhere else.

use serde_json::json;
use stack::Policy;
use stack::init_queue::{InitQueue, QueuedStack};
use stack::testing::stack_name;
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{harness_with, now, reaper, usual_lease};
use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// A sandbox with five stacks, and a file with this policy.
fn sandbox_with(policy: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    std::fs::write(sandbox.path("policy.toml"), policy).unwrap();
    sandbox
}

fn push(sandbox: &Sandbox, policy: &str) {
    std::fs::write(sandbox.path("policy.toml"), policy).unwrap();
    sandbox.run(&["policy", "push", "policy.toml"]).ok();
}

/// The output without the host of this machine, which is part of the actor.
fn without_host(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        if word.starts_with("ana@") {
            "ana@HOST"
        } else {
            word
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A push says what changes, and the same policy again changes nothing.
#[test]
fn a_push_says_what_changes() {
    let sandbox = sandbox_with("# limits\n[policy]\nmax_ttl = \"7d\"\nprotected = [\"prod-*\"]\n");
    let out = sandbox.run_piped(&["policy", "push", "policy.toml"]);
    insta::assert_snapshot!(out.ok().out(), @r#"
    Pushed policy.toml to the ledger $WORLD/home/.local/share/jiti/ledger.db. It overrides the policy of every configuration file.
    KEY        BEFORE   NOW
    max_ttl    not set  "7d"
    protected  not set  ["prod-*"]
    "#);
    let again = sandbox.run_piped(&["policy", "push", "policy.toml", "--json"]);
    let again = again.ok().json();
    assert_eq!(
        (&again["pushed"], &again["changes"]),
        (&json!(false), &json!([]))
    );
    std::fs::write(sandbox.path("policy.toml"), "[policy]\nmax_ttl = \"2d\"\n").unwrap();
    let pushed = sandbox.run(&["policy", "push", "policy.toml", "--json"]);
    let pushed = pushed.ok().json();
    assert_eq!(
        pushed["changes"],
        json!([
            {"key": "max_ttl", "before": 7 * 86_400, "after": 2 * 86_400},
            {"key": "protected", "before": ["prod-*"], "after": null},
        ])
    );
    assert_eq!(
        (&pushed["pushed"], &pushed["file"]),
        (&json!(true), &json!("policy.toml"))
    );
    assert!(pushed["pushed_by"].as_str().unwrap().starts_with("ana@"));
}

/// A push is as strict as a config file, refuses other sections with their line, and writes nothing
/// then. It is refused with `--read-only`, and needs a ledger.
#[test]
fn a_push_is_strict() {
    let sandbox = sandbox_with("[policy]\nmax_tll = \"7d\"\n");
    let failed = sandbox.run(&["policy", "push", "policy.toml"]).exits(1);
    insta::assert_snapshot!(failed.stderr, @r#"Error: policy.toml:2: unknown key "max_tll" in [policy]: did you mean "max_ttl"?"#);
    std::fs::write(
        sandbox.path("policy.toml"),
        "[policy]\n[reaper]\nsweep = true\n",
    )
    .unwrap();
    let failed = sandbox.run(&["policy", "push", "policy.toml"]).exits(1);
    insta::assert_snapshot!(failed.stderr, @"Error: policy.toml:2: reaper is outside of [policy], the only section of a policy file: remove it");
    let failed = sandbox.run(&["policy", "push", "nowhere.toml"]).exits(1);
    assert!(
        failed.stderr.contains("cannot read nowhere.toml"),
        "{failed:?}"
    );
    std::fs::write(sandbox.path("policy.toml"), "[policy]\n").unwrap();
    let refused = sandbox.run(&["--read-only", "policy", "push", "policy.toml"]);
    assert!(refused.exits(3).stderr.contains("--read-only is set"));
    let shown = sandbox.run(&["policy", "show", "--json"]).ok().json();
    assert_eq!(
        (&shown["source"], &shown["history"]),
        (&json!("none"), &json!([]))
    );

    let empty = Sandbox::new();
    std::fs::write(empty.path("policy.toml"), "[policy]\n").unwrap();
    for arguments in [
        &["policy", "push", "policy.toml"][..],
        &["policy", "show"],
        &["policy", "diff"],
    ] {
        let failed = empty.run(arguments).exits(1);
        assert!(failed.stderr.contains("no ledger at"), "{failed:?}");
    }
    assert!(!empty.ledger().exists());
    sandbox.run(&["policy"]).exits(2);
}

/// `show` names the file that counts, and later the text in the ledger with all its authors.
#[test]
fn show_says_which_policy_counts() {
    let sandbox = sandbox_with("");
    insta::assert_snapshot!(sandbox.run_piped(&["policy", "show"]).ok().out(), @"The ledger $WORLD/home/.local/share/jiti/ledger.db holds no policy, and there is no configuration file: no limits apply.");
    sandbox.config("[policy]\nmax_ttl = \"7d\"\n");
    insta::assert_snapshot!(sandbox.run_piped(&["policy", "show"]).ok().out(), @"The ledger $WORLD/home/.local/share/jiti/ledger.db holds no policy, so that of $WORLD/home/.config/jiti/config.toml counts.");
    let shown = sandbox.run(&["policy", "show", "--json"]).ok().json();
    assert_eq!(
        (
            &shown["source"],
            &shown["policy"]["max_ttl"],
            &shown["text"]
        ),
        (&json!("file"), &json!(7 * 86_400), &json!(null))
    );

    push(&sandbox, "[policy]\nmax_ttl = \"3d\"\n");
    push(
        &sandbox,
        "# the team's\n[policy]\nmax_ttl = \"2d\"\nmax_hourly_usd = \"5\"\n",
    );
    let out = sandbox.run_piped(&["policy", "show"]).ok().out();
    insta::assert_snapshot!(without_host(&out), @r#"
    The policy of the ledger $WORLD/home/.local/share/jiti/ledger.db counts: ana@HOST pushed it at YYYY-MM-DD hh:mm UTC, 0 s ago.
    Replaced: ana@HOST pushed another one at YYYY-MM-DD hh:mm UTC.

    # the team's
    [policy]
    max_ttl = "2d"
    max_hourly_usd = "5"
    "#);
    let shown = sandbox.run(&["policy", "show", "--json"]).ok().json();
    assert_eq!(
        shown["policy"],
        json!({
            "default_ttl": null, "max_ttl": 2 * 86_400, "max_hold": null, "grace": 3_600,
            "owner_pattern": null, "required_labels": [], "max_hourly_usd": "5.00",
            "max_live_per_owner": null, "max_concurrent_inits": null, "max_wait": 3_600,
            "preflight_breaker": "fail", "preflight_window": 300, "protected": [],
        })
    );
    assert_eq!(shown["source"], "ledger");
    assert!(
        shown["text"]
            .as_str()
            .unwrap()
            .starts_with("# the team's\n")
    );
    let history = shown["history"].as_array().unwrap();
    let numbers: Vec<_> = history.iter().map(|push| &push["seq"]).collect();
    assert_eq!(numbers, [&json!(1), &json!(2)]);
    assert_eq!(history[0]["text"], "[policy]\nmax_ttl = \"3d\"\n");
    assert_eq!(history[1]["actor"], shown["pushed_by"]);
    assert_eq!(history[1]["at"], shown["pushed_at"]);
}

/// `diff` lists the keys that have another effect, and exits with 0 either way.
#[test]
fn diff_lists_keys() {
    let sandbox = sandbox_with("");
    push(
        &sandbox,
        "[policy]\nmax_ttl = \"2d\"\nprotected = [\"prod-*\"]\n",
    );
    sandbox.config("[policy]\nmax_ttl = \"7d\"\nprotected = [\"prod-*\"]\nmax_hold = \"1d\"\n");
    let out = sandbox.run_piped(&["policy", "diff"]).ok().out();
    insta::assert_snapshot!(without_host(&out), @r#"
    The policy of the ledger $WORLD/home/.local/share/jiti/ledger.db counts, and differs from that of $WORLD/home/.config/jiti/config.toml: ana@HOST pushed it at YYYY-MM-DD hh:mm UTC, 0 s ago.
    KEY       LEDGER   FILE
    max_ttl   "2d"     "7d"
    max_hold  not set  "1d"
    "#);
    let differences = sandbox.run(&["policy", "diff", "--json"]).ok().json();
    assert_eq!(
        differences["differences"],
        json!([
            {"key": "max_ttl", "ledger": 2 * 86_400, "file": 7 * 86_400},
            {"key": "max_hold", "ledger": null, "file": 86_400},
        ])
    );
    std::fs::write(
        sandbox.path("same.toml"),
        "[policy]\nmax_ttl = \"48h\"\nprotected = [\"prod-*\"]\n",
    )
    .unwrap();
    let same = sandbox.run_piped(&["policy", "diff", "same.toml"]).ok();
    assert!(
        same.stdout
            .contains("has the same effect as that of same.toml"),
        "{same:?}"
    );
    let wrong = sandbox.run(&["policy", "diff", "nowhere.toml"]).exits(1);
    assert!(
        wrong.stderr.contains("cannot read nowhere.toml"),
        "{wrong:?}"
    );
}

/// The ledger's policy refuses what the file allows, and allows what the file refuses.
#[test]
fn the_ledger_overrides_the_file() {
    let sandbox = sandbox_with("");
    push(
        &sandbox,
        "[policy]\nmax_ttl = \"1d\"\nprotected = [\"checkout-*\"]\n",
    );
    sandbox.config("[policy]\nmax_hold = \"1m\"\n[reaper]\nsweep = false\n");
    let refused = sandbox.run(&["extend", "checkout-1.4.0", "2d"]).exits(3);
    assert!(refused.stderr.contains("max_ttl of 1d"), "{refused:?}");
    let hold = ["hold", "checkout-1.4.0", "--until", "2h", "--why", "a demo"];
    sandbox.run(&hold).ok();
    let shown = sandbox.shown("checkout-1.4.0");
    assert!(
        shown["flags"]
            .as_array()
            .unwrap()
            .contains(&json!("protected")),
        "{shown}"
    );
    let refused = sandbox
        .run(&["teardown", "checkout-1.4.0", "--yes"])
        .exits(3);
    assert!(
        refused.stderr.contains("protected by the policy"),
        "{refused:?}"
    );
    push(&sandbox, "[policy]\n");
    sandbox.run(&["extend", "checkout-1.4.0", "2d"]).ok();
}

/// A policy in the ledger that this version cannot read is an error that names who pushed it.
/// `show` still prints it, `push` replaces it, and `doctor` says so.
#[test]
fn an_unreadable_policy_is_an_error() {
    let sandbox = sandbox_with("");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let service = stack::Service::new(
        std::sync::Arc::new(stack::SqliteLedger::at(sandbox.ledger())),
        std::sync::Arc::new(stack::SystemClock),
        std::sync::Arc::default(),
        stack::Actor::from_names("ben", "desk"),
        stack::Source::Cli,
    );
    let text = "[policy]\nmax_color = 3\n";
    runtime.block_on(service.push_policy(text)).unwrap();
    for arguments in [
        &["extend", "checkout-1.4.0", "1m"][..],
        &["ls"],
        &["policy", "diff"],
        &["policy", "show"],
    ] {
        let failed = sandbox.run(arguments).exits(1);
        let named = ["ben@desk", "line 2", "max_color", "jiti policy push FILE"];
        assert!(
            named.iter().all(|part| failed.stderr.contains(part)),
            "{failed:?}"
        );
    }
    let shown = sandbox.run(&["policy", "show", "--json"]).exits(1).json();
    assert_eq!(
        (&shown["text"], &shown["policy"]),
        (&json!(text), &json!(null))
    );
    let doctor = sandbox.run(&["doctor", "--json"]).exits(1).json();
    let finding = doctor.as_array().unwrap().iter();
    let mut finding = finding.filter(|finding| finding["part"] == "policy");
    let finding = finding.next().unwrap();
    assert_eq!(finding["verdict"], "broken");
    assert!(
        finding["mend"]
            .as_str()
            .unwrap()
            .contains("jiti policy push FILE"),
        "{finding}"
    );
    push(&sandbox, "[policy]\n");
    sandbox.run(&["ls"]).ok();
}

/// The dashboard counts the applies that wait for a turn, and no longer when none waits.
#[test]
fn the_dashboard_counts_waiting_applies() {
    let config = HarnessConfig::new(120, 24, now());
    let mut harness = harness_with(config, vec![usual_lease("shop-pr-1")]);
    let queued = |name: &str| QueuedStack {
        stack: stack_name(name),
        since: now(),
        process: None,
    };
    let mut queue = InitQueue {
        limit: 1,
        initialising: vec![queued("shop-pr-1")],
        waiting: vec![queued("shop-pr-2"), queued("shop-pr-3")],
    };
    harness.load_init_queue(queue.clone(), reaper());
    let text = harness.text();
    assert!(text.contains("2 waiting for a turn"), "{text}");
    queue.waiting.clear();
    harness.load_init_queue(queue, reaper());
    assert!(!harness.text().contains("waiting"), "{}", harness.text());
}

/// The dashboard applies a policy that was pushed while it is open.
#[test]
fn the_dashboard_notices_a_new_policy() {
    let config = HarnessConfig::new(120, 24, now());
    let mut harness = harness_with(config, vec![usual_lease("shop-pr-1")]);
    let is_protected = |harness: &Harness| harness.text().contains("protected");
    assert!(!is_protected(&harness), "{}", harness.text());
    let policy = Policy {
        protected: vec!["shop-*".to_owned()],
        max_ttl: Some("9h".parse().unwrap()),
        ..Policy::default()
    };
    harness.load_policy(policy, reaper());
    assert!(is_protected(&harness), "{}", harness.text());
    harness.keys("e");
    assert!(harness.text().contains("max_ttl 9h"), "{}", harness.text());
    harness.load_policy(Policy::default(), reaper());
    assert!(!is_protected(&harness), "{}", harness.text());
}
