//! `jiti reap` with a real Terraform: it ends due stacks only, two reapers do each step once, and
//! the next run finishes what a killed one began.

use std::process::{Child, Stdio};
use std::time::Duration;

use e2e::teardown::{lines, provisioner, stack, until};
use e2e::{CommandOutput, Root, Sandbox, binary};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use test_support::webhook::Receiver;

/// The command of a destroy that waits for a file, and counts its starts and ends.
const WAITS: &str = "echo x >> begun; n=0; while [ ! -e mended ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; echo x >> done";

/// A sandbox with a grace of 1 s, and a webhook receiver.
fn world() -> (Sandbox, Receiver) {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::new(Duration::ZERO));
    configure(&sandbox, &receiver, "");
    (sandbox, receiver)
}

fn configure(sandbox: &Sandbox, receiver: &Receiver, reaper: &str) {
    let notify = receiver.config();
    sandbox.config(&format!(
        "[policy]\ngrace = \"1s\"\n{notify}[reaper]\n{reaper}\n"
    ));
}

/// A stack that is due two seconds after it was applied.
fn short<'a>(sandbox: &'a Sandbox, name: &str, more: &str) -> Root<'a> {
    let root = sandbox.root(name, &stack(name, more).replace("8h", "1s"));
    root.apply().ok();
    root
}

fn wait_until_due(sandbox: &Sandbox, count: usize) {
    until("everything is due", || {
        let report = lines(&sandbox.jiti(&["reap", "--json"]));
        result(&report)["would_end"].as_array().unwrap().len() == count
    });
}

fn begin(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(binary("jiti"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> CommandOutput {
    CommandOutput::from_output("jiti reap".to_owned(), &child.wait_with_output().unwrap())
}

fn result(report: &[Value]) -> &Value {
    report.last().unwrap()
}

fn times(root: &Root<'_>, name: &str) -> usize {
    let text = std::fs::read_to_string(root.path(name)).unwrap_or_default();
    text.lines().count()
}

fn count(sandbox: &Sandbox, name: &str, kind: &str) -> usize {
    sandbox
        .events(name)
        .iter()
        .filter(|event| *event == kind)
        .count()
}

fn empty(root: &Root<'_>) -> bool {
    root.run(&["state", "list"]).ok().stdout.trim().is_empty()
}

fn pid(child: &Child) -> Pid {
    Pid::from_child(child)
}

/// A due stack is destroyed by its own Terraform and announced. A stack with time left and a held
/// one stay. The next run has nothing to do.
#[test]
fn due_stacks_are_ended() {
    let (sandbox, receiver) = world();
    let due = short(&sandbox, "due", "");
    let held = short(&sandbox, "held", "");
    sandbox.root("young", &stack("young", "")).apply().ok();
    let hold = ["hold", "held", "--until", "1h", "--why", "a demo"];
    sandbox.jiti(&hold).ok();
    wait_until_due(&sandbox, 1);

    let report = lines(&sandbox.jiti(&["reap", "--yes", "--json"]).ok());
    let result = result(&report);
    assert_eq!(
        (&result["ended"], &result["warned"]),
        (&1.into(), &1.into())
    );
    let one = &result["stacks"][0];
    assert_eq!(
        (&one["name"], &one["strategy"]),
        (&"due".into(), &"terraform".into())
    );
    assert_eq!(one["deleted"].as_array().unwrap().len(), 3);
    assert_eq!(one["residue"].as_array().unwrap().len(), 0);
    assert!(empty(&due) && !empty(&held));
    assert_eq!(sandbox.listing("due")["phase"], "gone");
    assert_eq!(sandbox.listing("held")["phase"], "ready");
    assert_eq!(sandbox.listing("young")["phase"], "ready");
    let started = sandbox.event("due", "teardown_started").unwrap();
    assert_eq!(
        (&started["why"], &started["source"]),
        (&"expiry".into(), &"reaper".into())
    );

    let again = sandbox.jiti(&["reap", "--yes"]).ok();
    let again = again.says("0 torn down");
    assert!(!again.stdout.contains("next run"), "{}", again.stdout);
    assert_eq!(receiver.kinds(), ["due gone"]);
    let gone = &receiver.messages()[0];
    assert!(
        gone["text"]
            .as_str()
            .unwrap()
            .contains("3 resources deleted"),
        "{gone}"
    );
}

/// Two concurrent reapers end each stack once and announce it once.
#[test]
fn two_reapers_do_each_step_once() {
    let (sandbox, receiver) = world();
    let names = ["a", "b", "c"];
    let counted = provisioner("echo x >> done");
    let roots = names.map(|name| short(&sandbox, name, &counted));
    wait_until_due(&sandbox, 3);
    let reapers = [(); 2].map(|()| begin(&sandbox, &["reap", "--yes"]));
    for reaper in reapers {
        ended(reaper).ok();
    }
    sandbox.jiti(&["reap", "--yes"]).ok();
    for (name, root) in names.iter().zip(&roots) {
        assert_eq!(sandbox.listing(name)["phase"], "gone");
        assert_eq!(
            (times(root, "done"), count(&sandbox, name, "gone")),
            (1, 1),
            "{name}"
        );
        assert_eq!(count(&sandbox, name, "teardown_started"), 1, "{name}");
    }
    assert_eq!(receiver.kinds(), names.map(|name| format!("{name} gone")));
}

/// If a reaper is killed during a destroy, its Terraform continues. The next run leaves it alone,
/// then finishes the teardown, and does nothing twice.
#[test]
fn a_killed_reaper_is_continued() {
    let (sandbox, receiver) = world();
    let root = short(&sandbox, "shop", &provisioner(WAITS));
    wait_until_due(&sandbox, 1);
    let mut reaper = begin(&sandbox, &["reap", "--yes"]);
    until("the destroy has started", || root.path("begun").exists());
    kill_process(pid(&reaper), Signal::KILL).unwrap();
    reaper.wait().unwrap();
    sandbox
        .jiti(&["reap", "--yes"])
        .ok()
        .says("shop skipped: handled by another process (the state is locked by");
    std::fs::write(root.path("mended"), "").unwrap();
    until("Terraform has finished", || {
        times(&root, "done") == 1 && empty(&root)
    });
    assert_eq!(sandbox.listing("shop")["phase"], "tearing_down");
    sandbox.jiti(&["reap", "--yes"]).ok().says("shop is gone");
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    assert_eq!((times(&root, "begun"), times(&root, "done")), (1, 1));
    assert_eq!(receiver.kinds(), ["shop gone"]);
}

/// A failed destroy is residue with exit code 4. The reaper announces it once, retries it after its
/// interval, and still ends the other stacks.
#[test]
fn a_failed_destroy_is_retried() {
    let (sandbox, receiver) = world();
    configure(&sandbox, &receiver, "interval = \"3s\"");
    let root = short(&sandbox, "shop", &provisioner("test -e mended"));
    short(&sandbox, "other", "");
    wait_until_due(&sandbox, 2);
    let output = sandbox.jiti(&["reap", "--yes", "--json"]).exits(4);
    let report = lines(&output);
    assert_eq!(
        (&result(&report)["ended"], &result(&report)["residue_left"]),
        (&1.into(), &1.into())
    );
    assert_eq!(sandbox.listing("shop")["phase"], "residue");
    sandbox.jiti(&["reap", "--yes"]).ok().says("0 torn down");
    assert_eq!(count(&sandbox, "shop", "teardown_started"), 1);
    std::fs::write(root.path("mended"), "").unwrap();
    wait_until_due(&sandbox, 1);
    sandbox.jiti(&["reap", "--yes"]).ok().says("shop is gone");
    assert!(empty(&root));
    assert_eq!(
        receiver.kinds(),
        ["other gone", "shop gone", "shop residue"]
    );
}

/// `--watch` finishes the teardown in progress when it is terminated, and a webhook that is down
/// delays nothing.
#[test]
fn a_watch_finishes_its_teardown() {
    let (sandbox, receiver) = world();
    receiver.goes_down(true);
    let root = short(&sandbox, "shop", &provisioner(WAITS));
    wait_until_due(&sandbox, 1);
    let reaper = begin(&sandbox, &["reap", "--yes", "--watch"]);
    until("the destroy has started", || root.path("begun").exists());
    kill_process(pid(&reaper), Signal::TERM).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::fs::write(root.path("mended"), "").unwrap();
    let output = ended(reaper)
        .ok()
        .says("1 torn down; next run")
        .says("the webhook answered 503");
    assert!(
        output.stderr.contains("running teardowns will finish"),
        "{}",
        output.stderr
    );
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    receiver.goes_down(false);
    sandbox.jiti(&["reap", "--yes"]).ok();
    assert_eq!(receiver.kinds(), ["shop gone"]);
}

/// From the last announcement on, a plan warns that the stack expires soon. The warning is not a
/// change.
#[test]
fn a_plan_warns_before_the_expiry() {
    let (sandbox, _receiver) = world();
    let text = |ttl: &str| stack("shop", "").replace("8h", ttl);
    let root = sandbox.root("root", &text("1h"));
    sandbox.config("[notify]\nbefore = [\"59m\", \"30m\"]\n");
    root.apply().ok();
    let quiet = root.plan().exits(0);
    assert!(!quiet.text().contains("expires soon"), "{}", quiet.text());
    sandbox.config("[notify]\nbefore = [\"3599s\"]\n");
    until("a second has passed", || {
        root.plan()
            .exits(0)
            .text()
            .contains("The stack shop expires soon")
    });
    root.plan_is_empty();
}
