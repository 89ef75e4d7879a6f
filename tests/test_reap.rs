//! `jiti reap` with a real Terraform: what is due goes and nothing else, two reapers do each thing once, and whatever
//! kills one, the next goes on.

use std::process::{Child, Stdio};
use std::time::Duration;

use e2e::teardown::{lines, provisioner, stack, until};
use e2e::{Ran, Root, Sandbox, binary};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::receiver::Receiver;

/// A destroy that waits for a file, and counts how often it was begun and done.
const WAITS: &str = "echo x >> begun; n=0; while [ ! -e mended ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; echo x >> done";

/// A grace that is over at once, and a receiver that hears everything.
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

/// A stack whose time is over two seconds after it was applied.
fn short<'a>(sandbox: &'a Sandbox, name: &str, more: &str) -> Root<'a> {
    let root = sandbox.root(name, &stack(name, more).replace("8h", "1s"));
    root.apply().ok();
    root
}

fn wait_until_due(sandbox: &Sandbox, count: usize) {
    until("everything is due", || {
        let said = lines(&sandbox.jiti(&["reap", "--json"]));
        result(&said)["would_end"].as_array().unwrap().len() == count
    });
}

fn begin(sandbox: &Sandbox, arguments: &[&str]) -> Child {
    let mut command = sandbox.command(binary("jiti"));
    command.args(arguments).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn ended(child: Child) -> Ran {
    Ran::from_output("jiti reap".to_owned(), &child.wait_with_output().unwrap())
}

fn result(said: &[Value]) -> &Value {
    said.last().unwrap()
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

/// What is due goes through its own Terraform and is told; what has time and what is held stays; the next run has
/// nothing to do.
#[test]
fn what_is_due_goes() {
    let (sandbox, receiver) = world();
    let due = short(&sandbox, "due", "");
    let held = short(&sandbox, "held", "");
    sandbox.root("young", &stack("young", "")).apply().ok();
    let hold = ["hold", "held", "--until", "1h", "--why", "a demo"];
    sandbox.jiti(&hold).ok();
    wait_until_due(&sandbox, 1);

    let said = lines(&sandbox.jiti(&["reap", "--yes", "--json"]).ok());
    let result = result(&said);
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

    sandbox
        .jiti(&["reap", "--yes"])
        .ok()
        .says("0 ended; next run");
    assert_eq!(receiver.kinds(), ["due gone"]);
    let gone = &receiver.messages()[0];
    assert!(
        gone["text"]
            .as_str()
            .unwrap()
            .contains("3 resources are gone"),
        "{gone}"
    );
}

/// Two reapers at once end each stack once, and tell it once.
#[test]
fn two_reapers_do_each_thing_once() {
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

/// A reaper that is killed in the middle of a destroy leaves a Terraform that goes on; the next run waits for it,
/// finishes, and does nothing twice.
#[test]
fn a_killed_reaper_is_continued() {
    let (sandbox, receiver) = world();
    let root = short(&sandbox, "shop", &provisioner(WAITS));
    wait_until_due(&sandbox, 1);
    let mut reaper = begin(&sandbox, &["reap", "--yes"]);
    until("the destroy has begun", || root.path("begun").exists());
    kill_process(pid(&reaper), Signal::KILL).unwrap();
    reaper.wait().unwrap();
    sandbox
        .jiti(&["reap", "--yes"])
        .ok()
        .says("shop is left to others: the state is locked by");
    std::fs::write(root.path("mended"), "").unwrap();
    until("terraform has finished by itself", || {
        times(&root, "done") == 1 && empty(&root)
    });
    assert_eq!(sandbox.listing("shop")["phase"], "tearing_down");
    sandbox.jiti(&["reap", "--yes"]).ok().says("shop is gone");
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    assert_eq!((times(&root, "begun"), times(&root, "done")), (1, 1));
    assert_eq!(receiver.kinds(), ["shop gone"]);
}

/// A destroy that fails is residue with its reason and exit code 4; the reaper tries again after a pause, and says it
/// once. Other stacks are ended all the same.
#[test]
fn a_failed_destroy_is_tried_again() {
    let (sandbox, receiver) = world();
    configure(&sandbox, &receiver, "interval = \"3s\"");
    let root = short(&sandbox, "shop", &provisioner("test -e mended"));
    short(&sandbox, "other", "");
    wait_until_due(&sandbox, 2);
    let said = sandbox.jiti(&["reap", "--yes", "--json"]).exits(4);
    let said = lines(&said);
    assert_eq!(
        (&result(&said)["ended"], &result(&said)["residue_left"]),
        (&1.into(), &1.into())
    );
    assert_eq!(sandbox.listing("shop")["phase"], "residue");
    sandbox.jiti(&["reap", "--yes"]).ok().says("0 ended");
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

/// A watch that is asked to end brings what it has in hand to its end, and a webhook that is down holds nothing up.
#[test]
fn a_watch_ends_what_it_began() {
    let (sandbox, receiver) = world();
    receiver.goes_down(true);
    let root = short(&sandbox, "shop", &provisioner(WAITS));
    wait_until_due(&sandbox, 1);
    let reaper = begin(&sandbox, &["reap", "--yes", "--watch"]);
    until("the destroy has begun", || root.path("begun").exists());
    kill_process(pid(&reaper), Signal::TERM).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    std::fs::write(root.path("mended"), "").unwrap();
    let ran = ended(reaper)
        .ok()
        .says("1 ended; next run")
        .says("the webhook answered 503");
    assert!(
        ran.stderr.contains("what is under way is finished"),
        "{}",
        ran.stderr
    );
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    receiver.goes_down(false);
    sandbox.jiti(&["reap", "--yes"]).ok();
    assert_eq!(receiver.kinds(), ["shop gone"]);
}

/// A plan says that a stack is due to end before long, from the last announcement on; it is no change.
#[test]
fn a_plan_says_that_the_end_is_near() {
    let (sandbox, _receiver) = world();
    let text = |ttl: &str| stack("shop", "").replace("8h", ttl);
    let root = sandbox.root("root", &text("1h"));
    sandbox.config("[notify]\nbefore = [\"59m\", \"30m\"]\n");
    root.apply().ok();
    let quiet = root.plan().exits(0);
    assert!(
        !quiet.said().contains("expires before long"),
        "{}",
        quiet.said()
    );
    sandbox.config("[notify]\nbefore = [\"3599s\"]\n");
    until("a second has passed", || {
        root.plan()
            .exits(0)
            .said()
            .contains("The stack shop expires before long")
    });
    root.plan_is_empty();
}
