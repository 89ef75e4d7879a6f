//! The runner of a teardown: it outlives the command that started it, is left alone while it lives,
//! and is taken over once it is dead.

use std::process::{Child, Stdio};

use e2e::teardown::{provisioner, stack, until};
use e2e::{Root, Sandbox, binary};
use rustix::process::{Pid, Signal, kill_process};

/// The command of a destroy that waits for a file, and counts its starts.
const WAITS: &str = "echo x >> begun; n=0; while [ ! -e mended ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done; echo x >> done";

fn begin(sandbox: &Sandbox, root: &Root<'_>) -> Child {
    let mut command = sandbox.command(binary("jiti"));
    let child = command
        .args(["teardown", "shop", "--yes"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("the destroy has started", || root.path("begun").exists());
    child
}

/// The runner's process id in the ledger.
fn runner(sandbox: &Sandbox) -> Pid {
    let started = sandbox.event("shop", "teardown_started").unwrap();
    let pid = started["pid"].as_i64().unwrap();
    Pid::from_raw(i32::try_from(pid).unwrap()).unwrap()
}

fn mend(root: &Root<'_>) {
    std::fs::write(root.path("mended"), "").unwrap();
}

fn times(root: &Root<'_>, name: &str) -> usize {
    let text = std::fs::read_to_string(root.path(name)).unwrap_or_default();
    text.lines().count()
}

/// Killing the command does not stop the runner. A second command leaves the runner alone and names
/// it.
#[test]
fn a_living_runner_is_left_alone() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", &provisioner(WAITS)));
    root.apply().ok();
    let mut command = begin(&sandbox, &root);
    command.kill().unwrap();
    command.wait().unwrap();
    assert_eq!(sandbox.listing("shop")["phase"], "tearing_down");
    let pid = runner(&sandbox).as_raw_nonzero().to_string();
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(3)
        .says(&format!("by process {pid} on "));
    mend(&root);
    until("the runner finishes", || {
        sandbox.listing("shop")["phase"] == "gone"
    });
    assert_eq!(times(&root, "begun"), 1);
}

/// After `kill -9` of the runner, the next teardown takes over at once and finishes, and does
/// nothing twice.
#[test]
fn a_dead_runner_is_taken_over() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", &provisioner(WAITS)));
    root.apply().ok();
    let mut command = begin(&sandbox, &root);
    kill_process(runner(&sandbox), Signal::KILL).unwrap();
    assert_eq!(
        command.wait().unwrap().code(),
        Some(1),
        "the command fails when its runner dies"
    );
    // Terraform itself continues and holds the lock, which is not forced.
    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(1)
        .says("the state is locked by ");
    mend(&root);
    until("Terraform has finished", || {
        // While Terraform writes its state, another process may find none.
        let listed = root.run(&["state", "list"]);
        let is_empty = listed.code == Some(0) && listed.stdout.trim().is_empty();
        times(&root, "done") == 1 && is_empty
    });
    assert_eq!(sandbox.listing("shop")["phase"], "tearing_down");
    sandbox.teardown("shop", 0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    assert_eq!((times(&root, "begun"), times(&root, "done")), (1, 1));
}

/// After `kill -9` of the runner and its Terraform, the next teardown finishes the rest.
#[test]
fn a_runner_that_died_with_its_terraform_is_taken_over() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", &provisioner(WAITS)));
    root.apply().ok();
    let mut command = begin(&sandbox, &root);
    let runner = runner(&sandbox);
    let terraform = children(runner);
    assert_eq!(terraform.len(), 1);
    kill_process(runner, Signal::KILL).unwrap();
    kill_process(terraform[0], Signal::KILL).unwrap();
    command.wait().unwrap();
    until("the lock is free", || {
        let gone = std::fs::read_to_string(format!("/proc/{}/stat", terraform[0].as_raw_nonzero()));
        gone.map_or(true, |stat| stat.contains(") Z "))
    });
    mend(&root);
    sandbox.teardown("shop", 0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    assert!(root.run(&["state", "list"]).ok().stdout.trim().is_empty());
}

/// An interrupted runner lets its Terraform finish the current resource. The rest is residue, and
/// the next teardown finishes it.
#[test]
fn an_interrupted_runner_stops_gracefully() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", &provisioner(WAITS)));
    root.apply().ok();
    let mut command = begin(&sandbox, &root);
    kill_process(runner(&sandbox), Signal::INT).unwrap();
    assert_eq!(command.wait().unwrap().code(), Some(4));
    assert_eq!(sandbox.listing("shop")["phase"], "residue");
    let left = sandbox.event("shop", "resource_left").unwrap();
    assert!(left["id"].as_str().unwrap().starts_with("terraform_data."));
    mend(&root);
    sandbox.teardown("shop", 0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
}

/// The child processes of a process.
fn children(parent: Pid) -> Vec<Pid> {
    let parent = parent.as_raw_nonzero().to_string();
    let is_child = |stat: &str| {
        let rest = stat.rsplit_once(") ").map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split(' ').nth(1)) == Some(parent.as_str())
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if is_child(&stat) {
            let pid = entry.file_name().to_str().unwrap().parse().unwrap();
            found.push(Pid::from_raw(pid).unwrap());
        }
    }
    found
}
