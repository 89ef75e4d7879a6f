//! Ctrl-C and `kill -9` during create, readiness and destroy: no process survives, the ledger is
//! correct, and the next run converges.

use std::path::Path;
use std::time::{Duration, Instant};

use e2e::{Root, Running, Sandbox, lease};

/// A stack whose exec check hangs. The check and its child write their process ids to a file.
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

/// Waits until the check and its child have written their process ids.
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

/// Waits until no check, guard or provider of the sandbox runs.
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
            "timed out after 30 s: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asserts that a fixed check and another apply make the stack ready.
fn converges(sandbox: &Sandbox, root: &Root<'_>, name: &str) {
    assert_eq!(
        sandbox.listing(name)["phase"],
        "provisioning",
        "the interrupted stack is not ready"
    );
    std::fs::write(root.path("mended"), "").unwrap();
    root.apply().ok();
    assert_eq!(sandbox.listing(name)["phase"], "ready");
    root.plan_is_empty();
    root.destroy().ok();
    assert_eq!(sandbox.listing(name)["phase"], "gone");
    nothing_runs(sandbox, &[]);
}

/// Ctrl-C during readiness ends the check and its children at once, and the next apply converges.
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
        "the state has the lease"
    );
    converges(&sandbox, &root, "interrupted-once");
}

/// After a second Ctrl-C during readiness Terraform exits at once, and still no process is left.
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

/// After `kill -9` of Terraform during readiness, the provider ends its checks and exits.
#[test]
fn terraform_is_killed_during_readiness() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("terraform-killed"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.kill();
    running.wait();
    nothing_runs(&sandbox, &pids);
    // The operating system releases the state lock of a killed Terraform.
    converges(&sandbox, &root, "terraform-killed");
}

/// If Terraform was killed before it wrote its state, the next apply takes over the registration.
#[test]
fn a_registration_without_a_state_is_taken_over() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &hanging("taken-over"));
    let mut running = root.spawn(&["apply", "-auto-approve", "-input=false"]);
    let pids = checking(&root, &mut running);
    running.kill();
    running.wait();
    nothing_runs(&sandbox, &pids);
    // A kill before the write leaves a registration in the ledger and no state.
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

/// A finished registration is not taken over, even by the same root module. The error gives the
/// import command.
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

/// A create that is interrupted or killed during its preflight registers nothing. The next create
/// registers the stack.
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

/// A provider killed during a destroy keeps the lease, which the next destroy removes.
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
    // On a busy machine, resources that need no provider may start before the provider does.
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
        // The process may have ended already, which is fine.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
    }
}

/// The next destroy finishes one that was interrupted and one that was killed.
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
            // A killed Terraform cannot end the process of its provisioner.
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
            "the interrupted destroy did not end the lease"
        );
        assert!(root.attributes("jiti_stack.this").is_some());
    }
    std::fs::write(root.path("mended"), "").unwrap();
    root.destroy().ok();
    assert_eq!(sandbox.listing("half-destroyed")["phase"], "gone");
}

/// Neither a stricter policy nor a broken config file prevents a destroy.
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
