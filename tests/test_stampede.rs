//! Stampedes: a burst of applies with `max_concurrent_inits`.

use e2e::teardown::until;
use e2e::{Root, Sandbox, lease};
use jiff::Timestamp;
use serde_json::Value;
use stack::{Clock, SystemClock};

use crate::test_shared_ledger::{table, user};

const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];

/// A stack that is ready when a command exits with 0.
fn initialising(name: &str, command: &str) -> String {
    let lease = lease(name, "ready_timeout = \"10m\"");
    format!(
        r#"{lease}
resource "jiti_readiness" "this" {{
  stack = jiti_stack.this.id
  exec  = [{{ command = ["sh", "-c", "{command}"] }}]
}}
"#
    )
}

fn shown(sandbox: &Sandbox, name: &str) -> Option<Value> {
    let output = sandbox.jiti(&["show", name, "--json"]);
    serde_json::from_str(&output.stdout).ok()
}

/// When the first event of a kind happened.
fn first(sandbox: &Sandbox, name: &str, kind: &str) -> Option<Timestamp> {
    let shown = shown(sandbox, name)?;
    let events = shown["events"].as_array()?;
    let event = events.iter().find(|event| event["kind"] == kind)?;
    event["at"].as_str()?.parse().ok()
}

/// Eight applies start at once, and one of them is killed while its stack initialises. Never more
/// than two stacks are between requested and ready, and the other seven finish.
fn burst(sandbox: &Sandbox) {
    sandbox.config("[policy]\nmax_concurrent_inits = 2\n");
    let names: Vec<String> = (1..=8).map(|number| format!("burst-{number}")).collect();
    let (victim, others) = names.split_first().unwrap();
    let root = |name: &String, command| sandbox.root(name, &initialising(name, command));
    let victims_root = root(victim, "sleep 300");
    let roots: Vec<Root<'_>> = others.iter().map(|name| root(name, "sleep 1")).collect();
    let killed = victims_root.spawn(&APPLY);
    let running: Vec<_> = roots.iter().map(|root| root.spawn(&APPLY)).collect();
    until("the first stack initialises", || {
        first(sandbox, victim, "provisioned").is_some()
    });
    killed.kill();
    killed.wait();
    // The provider reads the time with the same clock.
    let killed_at = SystemClock.now();
    for run in running {
        run.wait().ok();
    }
    let mut changes = Vec::new();
    for name in &names {
        let requested = first(sandbox, name, "requested").unwrap();
        let ended = match first(sandbox, name, "ready") {
            Some(ready) => ready,
            None if name == victim => killed_at,
            None => panic!("{name} is not ready"),
        };
        // At one moment, an end counts before a start.
        changes.extend([(ended, -1), (requested, 1)]);
    }
    changes.sort_unstable();
    let (mut now, mut highest) = (0, 0);
    for (_, change) in changes {
        now += change;
        highest = highest.max(now);
    }
    assert_eq!((now, highest), (0, 2));
}

/// A burst with a ledger in a file.
#[test]
fn never_more_than_the_limit_initialise() {
    burst(&Sandbox::new());
}

/// A burst with a shared ledger.
#[test]
fn a_shared_ledger_limits_a_burst() {
    burst(&user(&table()));
}

/// A waiting apply is listed with its place and with the stack that it waits for. When that one is
/// killed, its turn is free. A waiting apply that is interrupted says where it stood.
#[test]
fn a_killed_apply_frees_its_turn() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\nmax_concurrent_inits = 1\n");
    let holder = sandbox.root("holder", &initialising("holder", "sleep 300"));
    let holding = holder.spawn(&APPLY);
    until("the holder initialises", || {
        first(&sandbox, "holder", "provisioned").is_some()
    });
    let next = sandbox.root("next", &initialising("next", "true"));
    let waiting = next.spawn(&APPLY);
    let place = |name: &str, place: u64| {
        let shown = shown(&sandbox, name);
        shown.is_some_and(|shown| shown["queue"]["place"] == place)
    };
    until("the next one waits", || place("next", 1));
    let last = sandbox.root("last", &initialising("last", "true"));
    let interrupted = last.spawn(&APPLY);
    until("the last one waits", || place("last", 2));
    sandbox
        .jiti(&["show", "last"])
        .ok()
        .says("last is not registered yet: its apply waits for its turn since")
        .says("It has place 2 of 2 in the queue; on their way to ready, of at most 1 (max_concurrent_inits): holder (");
    sandbox
        .jiti(&["ls"])
        .ok()
        .says("2 applies wait for their turn, in this order: next (")
        .says("On their way to ready, of at most 1 (max_concurrent_inits): holder (");
    interrupted.interrupt();
    interrupted
        .wait()
        .exits(1)
        .says("The stack last was not registered. It waited")
        .says("place 2 of 2 in the queue");
    let queue = shown(&sandbox, "next").unwrap()["queue"].clone();
    assert_eq!(queue["waiting"], 1, "the interrupted apply left: {queue}");
    assert_eq!(queue["holders"][0]["stack"], "holder");
    holding.kill();
    holding.wait();
    waiting.wait().ok();
    assert_eq!(sandbox.listing("next")["phase"], "ready");
}

/// An apply that waits for longer than `max_wait` fails with its place and the holders.
#[test]
fn a_wait_has_an_end() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\nmax_concurrent_inits = 1\nmax_wait = \"1s\"\n");
    let holder = sandbox.root("holder", &initialising("holder", "sleep 300"));
    let holding = holder.spawn(&APPLY);
    until("the holder initialises", || {
        first(&sandbox, "holder", "provisioned").is_some()
    });
    let next = sandbox.root("next", &initialising("next", "true"));
    next.apply()
        .exits(1)
        .says("No turn to become ready")
        .says("place 1 of 1 in the queue")
        .says("holder (");
    holding.interrupt();
    holding.wait();
}
