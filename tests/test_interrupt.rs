//! Ctrl-C and `kill -9`, during create, readiness and destroy: no process stays, the ledger tells the truth,
//! and the next run converges.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Root, Running, Sandbox, lease};

/// A stack whose readiness hangs in an exec check with a child of its own, which writes both process ids down.
fn hanging(name: &str) -> String {
    let lease = lease(name, "ready_timeout = \"10m\"");
    format!(
        r#"{lease}
resource "jiti_readiness" "this" {{
  stack = jiti_stack.this.id
  exec  = [{{ command = ["sh", "-c", "test -e mended && exit 0; (echo $$; exec sh -c 'echo $$; exec sleep 300') >> pids; sleep 300"] }}]
}}
"#
    )
}

/// Waits until the check and its child have both said who they are.
fn checking(root: &Root<'_>, running: &mut Running) -> Vec<i32> {
    until("the exec check runs", || {
        assert!(
            running.child.try_wait().unwrap().is_none(),
            "terraform ended before the check ran"
        );
        pids(&root.path("pids")).len() >= 2
    });
    pids(&root.path("pids"))
}

fn pids(file: &Path) -> Vec<i32> {
    std::fs::read_to_string(file)
        .unwrap_or_default()
        .lines()
        .filter_map(|line| line.trim().parse().ok())
        .collect()
}

/// Waits until nothing runs below the sandbox any more: no check, no guard, no provider.
fn nothing_runs(sandbox: &Sandbox, pids: &[i32]) {
    until("the check and its child are gone", || {
        pids.iter().all(|pid| !runs(*pid))
    });
    until("no provider and no guard is left", || {
        sandbox.processes().is_empty()
    });
}

fn runs(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
        !stat
            .rsplit_once(')')
            .is_some_and(|(_, rest)| rest.starts_with(" Z"))
    })
}

#[track_caller]
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < Duration::from_secs(30),
            "not within 30 s: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// After whatever interrupted the readiness, mending the check and applying again makes the stack ready.
fn converges(sandbox: &Sandbox, root: &Root<'_>, name: &str) {
    assert_eq!(
        sandbox.listing(name)["phase"],
        "provisioning",
        "what was interrupted is not ready"
    );
    std::fs::write(root.path("mended"), "").unwrap();
    root.apply().ok();
    assert_eq!(sandbox.listing(name)["phase"], "ready");
    root.plan_is_empty();
    root.destroy().ok();
    assert_eq!(sandbox.listing(name)["phase"], "gone");
    nothing_runs(sandbox, &[]);
}

/// Ctrl-C during readiness ends the check and its children at once; the next apply converges.
#[test]
fn one_interrupt_during_readiness() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("interrupted-once"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.interrupt();
    running.wait().exits(1).says("nterrupt");
    nothing_runs(&sandbox, &pids);
    assert!(
        root.attributes("jiti_stack.this").is_some(),
        "the lease is in the state"
    );
    converges(&sandbox, &root, "interrupted-once");
}

/// Ctrl-C twice during readiness: Terraform gives up at once, and still nothing is left.
#[test]
fn two_interrupts_during_readiness() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("interrupted-twice"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.interrupt();
    running.interrupt();
    running.wait().exits(1);
    nothing_runs(&sandbox, &pids);
    converges(&sandbox, &root, "interrupted-twice");
}

/// `kill -9` of the provider during readiness leaves no check behind.
#[test]
fn the_provider_is_killed_during_readiness() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("provider-killed"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    kill_providers(&sandbox);
    running.wait().exits(1);
    nothing_runs(&sandbox, &pids);
    converges(&sandbox, &root, "provider-killed");
}

/// `kill -9` of Terraform during readiness: the provider notices, ends its checks and itself.
#[test]
fn terraform_is_killed_during_readiness() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("terraform-killed"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.kill();
    running.wait();
    nothing_runs(&sandbox, &pids);
    // A killed Terraform leaves its lock on the state file to the operating system, which lets go of it.
    converges(&sandbox, &root, "terraform-killed");
}

/// A Terraform that was killed before its state was written: the next apply takes its registration over.
#[test]
fn a_registration_without_a_state_is_taken_over() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("taken-over"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.kill();
    running.wait();
    nothing_runs(&sandbox, &pids);
    // What a kill before the write leaves: a registration in the ledger and no state.
    for file in [
        "terraform.tfstate",
        "terraform.tfstate.backup",
        ".terraform.tfstate.lock.info",
    ] {
        let _ = std::fs::remove_file(root.path(file));
    }
    converges(&sandbox, &root, "taken-over");
    let requested = sandbox
        .events("taken-over")
        .iter()
        .filter(|kind| *kind == "requested")
        .count();
    assert!(requested >= 1);
}

/// A registration that was finished is not taken over, even by the same root: the error says how to import it.
#[test]
fn a_finished_registration_is_not_taken_over() {
    let sandbox = Sandbox::new();
    let configuration = lease("finished", "");
    let root = sandbox.root("root", &configuration);
    root.apply().ok();
    std::fs::remove_file(root.path("terraform.tfstate")).unwrap();
    root.apply()
        .exits(1)
        .says("ana@example.com")
        .says("terraform import jiti_stack.this finished");
}

/// However a create ends while it waits for its preflight, it registers nothing, and the next one does.
#[test]
fn a_create_that_is_ended_registers_nothing() {
    let sandbox = Sandbox::new();
    let configuration = lease("never-registered", "").replace(
        "ttl     = \"8h\"",
        "ttl     = \"8h\"\n  preflight = { exec = [{ command = [\"sh\", \"-c\", \"echo $$ >> pids; echo $$ >> pids; sleep 300\"] }] }",
    );
    let root = sandbox.root("root", &configuration);
    for end in [Running::interrupt, interrupt_twice, Running::kill] {
        let _ = std::fs::remove_file(root.path("pids"));
        let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
        let pids = checking(&root, &mut running);
        end(&running);
        running.wait();
        nothing_runs(&sandbox, &pids);
        assert!(root.attributes("jiti_stack.this").is_none());
        let rows = sandbox.jiti(&["ls", "--all", "--json"]).ok().stdout;
        assert_eq!(rows.trim(), "[]");
    }
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let _ = std::fs::remove_file(root.path("pids"));
    let pids = checking(&root, &mut running);
    kill_providers(&sandbox);
    running.wait().exits(1);
    nothing_runs(&sandbox, &pids);
    assert_eq!(
        sandbox.jiti(&["ls", "--all", "--json"]).ok().stdout.trim(),
        "[]"
    );

    root.write(&lease("never-registered", ""));
    root.apply().ok();
    assert_eq!(sandbox.listing("never-registered")["phase"], "ready");
}

fn interrupt_twice(running: &Running) {
    running.interrupt();
    running.interrupt();
}

/// A provider that is killed during a destroy keeps its lease, which goes with the next destroy.
#[test]
fn the_provider_is_killed_during_destroy() {
    let sandbox = Sandbox::new();
    let configuration = lease("provider-gone", "")
        + r#"
resource "terraform_data" "slow" {
  input = jiti_stack.this.id
  provisioner "local-exec" {
    when    = destroy
    command = "echo $$ >> pids; echo $$ >> pids; until test -e mended; do sleep 0.1; done"
  }
}
"#;
    let root = sandbox.root("root", &configuration);
    root.apply().ok();
    let mut running = root.spawn(&["destroy", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    kill_providers(&sandbox);
    std::fs::write(root.path("mended"), "").unwrap();
    running.wait().exits(1);
    nothing_runs(&sandbox, &pids);
    assert_ne!(sandbox.listing("provider-gone")["phase"], "gone");
    assert!(root.attributes("jiti_stack.this").is_some());
    root.destroy().ok();
    assert_eq!(sandbox.listing("provider-gone")["phase"], "gone");
}

fn kill_providers(sandbox: &Sandbox) {
    // On a busy machine what needs no provider may have begun before it has started.
    let mut providers = sandbox.providers();
    for _ in 0..300 {
        if !providers.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
        providers = sandbox.providers();
    }
    assert!(!providers.is_empty());
    for pid in providers {
        let pid = rustix::process::Pid::from_raw(pid).unwrap();
        // One that ended meanwhile cannot be killed any more, which is as well.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// A destroy that is interrupted, then killed, half-way ends with the next destroy.
#[test]
fn an_interrupted_destroy_converges() {
    let sandbox = Sandbox::new();
    let configuration = lease("half-destroyed", "")
        + r#"
resource "terraform_data" "slow" {
  input = jiti_stack.this.id
  provisioner "local-exec" {
    when    = destroy
    command = "test -e mended || { echo $$ >> pids; echo $$ >> pids; exec sleep 300; }"
  }
}
"#;
    let root = sandbox.root("root", &configuration);
    root.apply().ok();
    for kill in [false, true] {
        let _ = std::fs::remove_file(root.path("pids"));
        let mut running = root.spawn(&["destroy", "-auto-approve", "-input=false"]);
        let pids = checking(&root, &mut running);
        if kill {
            running.kill();
        } else {
            running.interrupt();
        }
        for pid in &pids {
            // The provisioner's own process is Terraform's to end, which a killed Terraform cannot.
            let _ = rustix::process::kill_process(
                rustix::process::Pid::from_raw(*pid).unwrap(),
                rustix::process::Signal::KILL,
            );
        }
        running.wait();
        nothing_runs(&sandbox, &pids);
        assert_ne!(
            sandbox.listing("half-destroyed")["phase"],
            "gone",
            "the lease goes last"
        );
        assert!(root.attributes("jiti_stack.this").is_some());
    }
    std::fs::write(root.path("mended"), "").unwrap();
    root.destroy().ok();
    assert_eq!(sandbox.listing("half-destroyed")["phase"], "gone");
}

/// A policy that became stricter, and a config file that is broken, keep nobody from destroying.
#[test]
fn neither_policy_nor_config_blocks_destroy() {
    let sandbox = Sandbox::new();
    for (name, config) in [
        (
            "stricter",
            "[policy]\nmax_ttl = \"1m\"\nowner_pattern = '^nobody$'\nrequired_labels = [\"x\"]\n",
        ),
        ("broken", "[policy\nmax_ttl = 7"),
    ] {
        sandbox.config("");
        let root = sandbox.root(name, &lease(name, ""));
        root.apply().ok();
        sandbox.config(config);
        root.plan_is_empty();
        root.destroy().ok();
        sandbox.config("");
        assert_eq!(sandbox.listing(name)["phase"], "gone");
    }
}
