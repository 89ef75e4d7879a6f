//! `jiti reap`: the preview, the refusals, and the notifications. The end-to-end tests tear stacks
//! down with a real Terraform; here their root modules are on another machine.

use std::io::Read;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use stack::EventKind;
use test_support::webhook::Receiver;

use crate::sandbox::Sandbox;
use crate::story::{Story, requested, span};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;

/// Writes stacks with a TTL of four hours, each created this many seconds ago.
fn stacks(story: &Story, stacks: &[(&str, i64)]) {
    for (name, seconds_ago) in stacks {
        let registered = requested(|r| r.terms.ttl = "4h".parse().unwrap());
        story.stack(
            name,
            [
                (*seconds_ago, registered),
                (seconds_ago - 1, EventKind::Recorded { origin: None }),
            ],
        );
    }
}

/// Two stacks that are due, one that expires in 20 minutes, and one that is young.
fn four_stacks(sandbox: &Sandbox) {
    let story = Story::new(&sandbox.ledger());
    let half = 30;
    stacks(
        &story,
        &[
            ("due-long", 7 * HOUR + half),
            ("due", 5 * HOUR + 10 * MINUTE + half),
            ("soon", 4 * HOUR - 20 * MINUTE - half),
            ("young", HOUR + half),
        ],
    );
}

fn start(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("jiti"));
    command
        .env_clear()
        .env("HOME", sandbox.path("home"))
        .env("USER", "ana")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn output_of(child: Child) -> (Option<i32>, String, String) {
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "timed out after 20 s: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Without `--yes` or a terminal, `reap` prints a preview, changes nothing and exits with 2.
#[test]
fn without_yes_it_is_a_preview() {
    let sandbox = Sandbox::new();
    four_stacks(&sandbox);
    let before = sandbox.count("due");
    let ran = sandbox.run_piped(&["reap"]).ok();
    let order: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(&order[1..3], ["due-long", "due"], "{ran:#?}");
    assert!(ran.stdout.contains("soon expires in 20 min"), "{ran:#?}");
    assert!(
        ran.stdout
            .ends_with("Dry run. `jiti reap --yes` applies it.\n"),
        "{ran:#?}"
    );
    let json = lines(&sandbox.run(&["reap", "--json"]).ok().stdout);
    let last = json.last().unwrap();
    assert_eq!(last["dry_run"], true);
    assert_eq!(last["would_end"], serde_json::json!(["due-long", "due"]));
    assert_eq!(json[0]["why"], "expiry");
    assert_eq!(sandbox.count("due"), before);
}

/// `reap --yes` is refused without a configuration file, and in read-only mode.
#[test]
fn unattended_deletion_needs_a_configuration() {
    let sandbox = Sandbox::new();
    four_stacks(&sandbox);
    for arguments in [&["reap", "--yes"][..], &["reap", "--yes", "--watch"]] {
        let ran = sandbox.run(arguments).exits(3);
        assert!(
            ran.stderr.contains("requires a configuration file"),
            "{ran:#?}"
        );
    }
    let ran = sandbox
        .run(&["reap", "--yes", "--config", "nowhere.toml"])
        .exits(3);
    assert!(ran.stderr.contains("none at nowhere.toml"), "{ran:#?}");
    sandbox.config("");
    sandbox.run(&["reap", "--yes", "--read-only"]).exits(3);
    assert_eq!(sandbox.count("due"), 2);
}

/// If the root module is on another machine, the stack becomes residue with a notification. It is
/// neither swept nor deleted.
#[test]
fn an_unreachable_origin_is_residue() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::new(Duration::ZERO);
    // One teardown at a time, so that the order is fixed.
    sandbox.config(&format!("{}[reaper]\nconcurrency = 1\n", receiver.config()));
    four_stacks(&sandbox);
    let ran = sandbox.run(&["reap", "--yes", "--json"]).exits(4);
    let json = lines(&ran.stdout);
    let ended: Vec<&Value> = json
        .iter()
        .filter(|line| line["event"] == "ended")
        .collect();
    assert_eq!(ended.len(), 2);
    assert_eq!(ended[0]["name"], "due-long");
    assert_eq!(ended[0]["residue"][0]["reason"], "origin_unreachable");
    assert_eq!(ended[0]["deleted"], serde_json::json!([]));
    let last = json.last().unwrap();
    assert_eq!(
        (&last["event"], &last["residue_left"]),
        (&"result".into(), &2.into())
    );
    assert_eq!(sandbox.shown("due")["phase"], "residue");
    assert_eq!(sandbox.shown("soon")["phase"], "ready");
    assert_eq!(
        receiver.kinds(),
        ["due residue", "due-long residue", "soon expiry:30m"]
    );
    // The next attempts wait.
    sandbox.run(&["reap", "--yes"]).exits(0);
    assert_eq!(receiver.messages().len(), 3);
}

/// A run is recorded in the ledger, and `ls` no longer warns that no reaper runs.
#[test]
fn a_run_is_a_heartbeat() {
    let sandbox = Sandbox::new();
    sandbox.config("[reaper]\ninterval = \"10m\"\n");
    four_stacks(&sandbox);
    assert!(
        sandbox
            .run(&["ls"])
            .ok()
            .stdout
            .contains("Nothing tears stacks down at expiry")
    );
    let ran = sandbox.run(&["reap", "--yes"]).exits(4);
    // This process ends, so it does not promise a next run.
    assert!(!ran.out().contains("next run"), "{ran:#?}");
    let json = lines(&sandbox.run(&["reap", "--yes", "--json"]).exits(0).stdout);
    assert_eq!(json.last().unwrap()["next_run_at"], Value::Null);
    assert!(
        !sandbox
            .run(&["ls"])
            .ok()
            .stdout
            .contains("Nothing tears stacks down at expiry")
    );
    assert!(sandbox.shown("young")["dies_at"].is_string());
}

/// If more stacks are due than allowed, none is touched, and there is one notification. Exit code
/// 3.
#[test]
fn more_than_allowed_is_refused() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::new(Duration::ZERO);
    sandbox.config(&format!("{}[reaper]\nmax_stacks = 1\n", receiver.config()));
    four_stacks(&sandbox);
    for _ in 0..2 {
        let ran = sandbox.run(&["reap", "--yes"]).exits(3);
        assert!(ran.stderr.contains("2 stacks are due"), "{ran:#?}");
    }
    assert_eq!(receiver.kinds(), ["- too_many", "soon expiry:30m"]);
    assert_eq!(
        receiver.messages()[0]["stacks"],
        serde_json::json!(["due-long", "due"])
    );
    assert_eq!(sandbox.count("due"), 2);
}

/// If the clock is behind the ledger, the run touches nothing, and the error says why.
#[test]
fn a_clock_behind_the_ledger_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.config("");
    four_stacks(&sandbox);
    stacks(&Story::new(&sandbox.ledger()), &[("tomorrow", -HOUR)]);
    let ran = sandbox.run(&["reap", "--yes"]).exits(3);
    assert!(ran.stderr.contains("set the clock"), "{ran:#?}");
    assert_eq!(sandbox.count("due"), 2);
    assert!(
        sandbox
            .run(&["ls"])
            .ok()
            .stdout
            .contains("Nothing tears stacks down at expiry")
    );
}

/// A pause applies to every reaper of the ledger until it is resumed, and shows by whom and why.
#[test]
fn a_pause_applies_to_every_reaper() {
    let sandbox = Sandbox::new();
    sandbox.config("");
    four_stacks(&sandbox);
    let ran = sandbox
        .run_piped(&["reap", "--pause", "--why", "an incident"])
        .ok();
    assert!(ran.stdout.contains(": an incident. No reaper"), "{ran:#?}");
    let ran = sandbox.run_piped(&["reap", "--yes"]).ok();
    assert!(ran.stdout.contains("Nothing was done: ana@"), "{ran:#?}");
    assert!(ran.stdout.contains("an incident"), "{ran:#?}");
    assert!(
        sandbox
            .run(&["ls"])
            .ok()
            .stdout
            .contains("paused the reaper")
    );
    let json = lines(&sandbox.run(&["reap", "--resume", "--json"]).ok().stdout);
    assert_eq!(json[0]["paused"], Value::Null);
    sandbox.run(&["reap", "--yes"]).exits(4);
    for wrong in [
        &["reap", "--pause", "--yes"][..],
        &["reap", "--why", "x"],
        &["reap", "--pause", "--resume"],
    ] {
        sandbox.run(wrong).exits(2);
    }
}

/// Each warning is sent once, by consecutive runs and by concurrent reapers.
#[test]
fn each_warning_is_sent_once() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::new(Duration::from_millis(150));
    sandbox.config(&receiver.config());
    let story = Story::new(&sandbox.ledger());
    let names = ["a", "b", "c", "d", "e"];
    stacks(&story, &names.map(|name| (name, 4 * HOUR - 90 * MINUTE)));
    let stuck = requested(|r| r.terms.ready_timeout = Some(span("5m")));
    story.stack("stuck", [(10 * MINUTE, stuck)]);
    for _ in 0..2 {
        let reapers: Vec<Child> = (0..3)
            .map(|_| start(&sandbox, &["reap", "--yes"]))
            .collect();
        for reaper in reapers {
            let (code, _, stderr) = output_of(reaper);
            assert_eq!((code, stderr.as_str()), (Some(0), ""));
        }
    }
    let expected = names.map(|name| format!("{name} expiry:2h"));
    assert_eq!(
        receiver.kinds(),
        [&expected[..], &["stuck purgatory".to_owned()]].concat()
    );
    let ids: std::collections::BTreeSet<String> = receiver
        .messages()
        .iter()
        .map(|message| message["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 6);
}

/// After a kill, the next run sends the remaining warnings. Recorded ones are not sent again.
#[test]
fn a_kill_loses_no_warning() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::new(Duration::from_millis(200));
    sandbox.config(&receiver.config());
    let names = ["a", "b", "c", "d"];
    stacks(
        &Story::new(&sandbox.ledger()),
        &names.map(|name| (name, 4 * HOUR - 90 * MINUTE)),
    );
    let mut reaper = start(&sandbox, &["reap", "--yes"]);
    until("one is recorded", || {
        names.iter().any(|name| sandbox.count(name) == 3)
    });
    reaper.kill().unwrap();
    reaper.wait().unwrap();
    sandbox.run(&["reap", "--yes"]).exits(0);
    let mut ids: Vec<String> = receiver
        .messages()
        .iter()
        .map(|m| m["id"].to_string())
        .collect();
    ids.sort();
    // Only the warning that was in flight at the kill may have arrived twice, with the same id.
    assert!(ids.len() <= names.len() + 1, "{ids:?}");
    ids.dedup();
    assert_eq!(ids.len(), names.len());
    sandbox.run(&["reap", "--yes"]).exits(0);
    for name in names {
        assert_eq!(sandbox.count(name), 3, "{name}");
    }
}

/// A webhook that is down fails no run, and the next run retries.
#[test]
fn a_webhook_that_is_down_is_retried() {
    let sandbox = Sandbox::new();
    let receiver = Receiver::new(Duration::ZERO);
    receiver.goes_down(true);
    sandbox.config(&receiver.config());
    let story = Story::new(&sandbox.ledger());
    stacks(&story, &[("soon", 4 * HOUR - 20 * MINUTE)]);
    let ran = sandbox.run(&["reap", "--yes"]).exits(0);
    assert!(ran.stderr.contains("the webhook answered 503"), "{ran:#?}");
    assert!(ran.stderr.contains("the next run retries"), "{ran:#?}");
    assert!(receiver.kinds().is_empty());
    receiver.goes_down(false);
    sandbox.run(&["reap", "--yes"]).ok();
    sandbox.run(&["reap", "--yes"]).ok();
    assert_eq!(receiver.kinds(), ["soon expiry:30m"]);
}

/// `--watch` repeats runs, prints one line per run and per stack that it ended or could not end,
/// and exits with 0 on SIGTERM.
#[test]
fn a_watch_runs_until_sigterm() {
    let sandbox = Sandbox::new();
    sandbox.config("[reaper]\ninterval = \"1s\"\n");
    four_stacks(&sandbox);
    let mut reaper = start(&sandbox, &["reap", "--yes", "--watch"]);
    let mut out = reaper.stdout.take().unwrap();
    let mut printed = String::new();
    while printed.lines().count() < 5 {
        let mut buffer = [0; 1024];
        let count = out.read(&mut buffer).unwrap();
        assert!(count > 0, "the reaper exited: {printed}");
        printed.push_str(std::str::from_utf8(&buffer[..count]).unwrap());
    }
    let pid = rustix::process::Pid::from_child(&reaper);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let (code, _, stderr) = output_of(reaper);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<&str> = printed.lines().collect();
    let (stacks, runs): (Vec<&str>, Vec<&str>) = lines
        .iter()
        .partition(|line| line.contains(" teardown of "));
    for name in ["due", "due-long"] {
        let says = format!(" UTC teardown of {name} incomplete, 1 resource left: ");
        assert!(stacks.iter().any(|line| line.contains(&says)), "{printed}");
    }
    assert!(
        runs[0].contains(" UTC 0 torn down, 2 incomplete; next run"),
        "{printed}"
    );
    let is_run = |line: &&&str| line.contains(" UTC 0 torn down") && line.contains("; next run 20");
    assert_eq!(runs.iter().filter(is_run).count(), runs.len(), "{printed}");
    assert!(
        stderr.contains("Stopping: running teardowns will finish"),
        "{stderr}"
    );
}

/// Writes an event of another author to a stack, this many seconds from now.
fn from_the_future(sandbox: &Sandbox, name: &str, author: &str, seconds: i64) {
    use stack::{Actor, Ledger, NewEvent, Seq, Source, SqliteLedger, StackName};

    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let at = Story::new(&sandbox.ledger()).ago(-seconds);
    let touched = NewEvent {
        at,
        actor: Actor::from_names(author, "elsewhere"),
        source: Source::Cli,
        kind: EventKind::Activity {
            signal: "touch".to_owned(),
        },
    };
    let ledger = SqliteLedger::at(sandbox.ledger());
    let name = StackName::new(name).unwrap();
    let appended = ledger.append(&name, Seq(2), vec![touched]);
    runtime.unwrap().block_on(appended).unwrap();
}

/// An event from a machine whose clock is ahead sets its stack aside, and no other. `doctor` names
/// the event and its author, and the command that brings the stack back.
#[test]
fn an_event_from_the_future_stops_only_its_stack() {
    const YEARS: i64 = 5 * 365 * 24 * HOUR;
    let sandbox = Sandbox::new();
    sandbox.config("");
    four_stacks(&sandbox);
    stacks(&Story::new(&sandbox.ledger()), &[("ahead", 9 * HOUR)]);
    from_the_future(&sandbox, "ahead", "bob", YEARS);
    let ran = sandbox.run_piped(&["reap", "--yes"]).exits(4);
    let says = "Warning: ahead: event 3 (activity) by bob@elsewhere is dated ";
    assert!(ran.stderr.contains(says), "{ran:#?}");
    assert!(ran.stdout.contains("0 torn down, 2 incomplete"), "{ran:#?}");
    assert_eq!(sandbox.count("ahead"), 3);

    let doctor = sandbox.run_piped(&["doctor"]).exits(1);
    let fix = "if this machine's clock is right, run `jiti doctor --mark-misdated 'ahead'`";
    assert!(
        doctor
            .stdout
            .contains("event 3 (activity) by bob@elsewhere"),
        "{doctor:#?}"
    );
    assert!(doctor.stdout.contains(fix), "{doctor:#?}");
    let marked = sandbox
        .run_piped(&["doctor", "--mark-misdated", "ahead"])
        .ok();
    assert!(
        marked.stdout.starts_with("Marked as misdated: event 3"),
        "{marked:#?}"
    );
    let ran = sandbox.run_piped(&["reap", "--yes"]).exits(4);
    assert!(ran.stdout.contains("0 torn down, 1 incomplete"), "{ran:#?}");
    assert!(!ran.stderr.contains("Warning"), "{ran:#?}");
    let again = sandbox
        .run_piped(&["doctor", "--mark-misdated", "ahead"])
        .ok();
    assert_eq!(again.stdout, "No event of ahead lies in the future.\n");
}

/// If the author of every event wrote one from the future, this machine's clock may be behind, so
/// the run touches nothing. Marking the event is the way back.
#[test]
fn a_misdated_event_of_the_only_author_can_be_marked() {
    let sandbox = Sandbox::new();
    sandbox.config("");
    four_stacks(&sandbox);
    stacks(&Story::new(&sandbox.ledger()), &[("tomorrow", -HOUR)]);
    let ran = sandbox.run_piped(&["reap", "--yes"]).exits(3);
    assert!(ran.stderr.contains("see `jiti doctor`"), "{ran:#?}");
    sandbox
        .run(&["doctor", "--mark-misdated", "tomorrow", "--read-only"])
        .exits(3);
    sandbox.run(&["doctor", "--mark-misdated", "tomorrow"]).ok();
    let ran = sandbox.run_piped(&["reap", "--yes"]).exits(4);
    assert!(ran.stdout.contains("0 torn down, 2 incomplete"), "{ran:#?}");
}

/// A budget defers stacks that are due: the preview and the run name it, and nothing ends.
#[test]
fn a_budget_defers_what_is_due() {
    let sandbox = Sandbox::new();
    four_stacks(&sandbox);
    sandbox.config("[[reaper.budget]]\nmax = 0\nreasons = [\"expiry\"]\n");
    let shown = sandbox.run_wide(&["reap"]).ok();
    let line = "due is due; a budget defers the end: no teardown, for expiry; it never lets the stack end.";
    assert!(
        shown.stdout.contains("No stack would be torn down now."),
        "{shown:#?}"
    );
    assert!(shown.stdout.contains(line), "{shown:#?}");
    let json = lines(&sandbox.run(&["reap", "--json"]).ok().stdout);
    let deferred = json.iter().filter(|object| object["event"] == "deferred");
    let names: Vec<_> = deferred
        .map(|object| object["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["due-long", "due"]);
    assert_eq!(json[0]["budget"]["max"], 0);
    assert_eq!(json[0]["budget"]["not_before"], Value::Null);
    let ran = sandbox.run(&["reap", "--yes"]).ok();
    assert!(
        ran.stdout.contains("0 torn down, 2 deferred by a budget"),
        "{ran:#?}"
    );
    assert_eq!(
        sandbox.shown("due")["budget"]["budget"],
        "no teardown, for expiry"
    );
    let doctor = sandbox.run(&["doctor"]);
    let words: Vec<_> = doctor.stdout.split_whitespace().collect();
    assert!(
        words.join(" ").contains("never let a stack end for expiry"),
        "{doctor:#?}"
    );
}
