//! Stampedes: a burst of applies with `max_concurrent_inits`, and with a dependency that is dead.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use e2e::teardown::until;
use e2e::{CommandOutput, Root, Sandbox, lease};
use jiff::Timestamp;
use serde_json::Value;
use stack::{Clock, SystemClock};
use test_support::http::{Answer, Server};

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

/// A stack with a dependency that must answer before it is registered.
fn depending(name: &str, url: &str) -> String {
    lease(
        name,
        &format!("preflight = {{ http = [{{ url = {url:?} }}] }}"),
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

/// A server whose answer the test switches.
fn dependency() -> (Server, Arc<AtomicBool>) {
    let works = Arc::new(AtomicBool::new(false));
    let answers = Arc::clone(&works);
    let server = Server::start(move |_| match answers.load(Ordering::SeqCst) {
        true => Answer::text(200, "ok"),
        false => Answer::text(503, "sealed"),
    });
    (server, works)
}

/// Eight applies start at once and check a dead dependency: one fails on it, and seven fail fast
/// and say why. Later applies do not try it at all. The user of the first stack may try again at
/// once, and a success lets everyone through.
#[test]
fn one_fails_on_a_dead_dependency() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\npreflight_window = \"10m\"\n");
    let (server, works) = dependency();
    let url = server.url("/health");
    let secret = format!("{url}?token=hunter2");
    let root = |name: &str| sandbox.root(name, &depending(name, &secret));
    let names: Vec<String> = (1..=8).map(|number| format!("dead-{number}")).collect();
    let roots: Vec<_> = names.iter().map(|name| root(name)).collect();
    let running: Vec<_> = roots.iter().map(|root| root.spawn(&APPLY)).collect();
    let outputs: Vec<_> = running.into_iter().map(|run| run.wait().exits(1)).collect();
    let texts: Vec<String> = outputs.iter().map(CommandOutput::text).collect();
    let on_it = |text: &&String| text.contains("The preflight failed");
    assert_eq!(texts.iter().filter(on_it).count(), 1, "{texts:#?}");
    let first = names
        .iter()
        .zip(&texts)
        .find(|(_, text)| on_it(text))
        .unwrap()
        .0;
    for text in texts.iter().filter(|text| !on_it(text)) {
        for part in [
            "A dependency of the preflight fails".to_owned(),
            format!("http {url} on "),
            "it started to fail at ".to_owned(),
            format!("first seen by the stack \"{first}\" of "),
            ": status 503.".to_owned(),
            "preflight_breaker = \"fail\"".to_owned(),
        ] {
            assert!(text.contains(&part), "no {part:?} in {text}");
        }
        // The plan shows the URL of the configuration; the message does not.
        let (_, error) = text.split_once("Error: ").unwrap();
        assert!(!error.contains("hunter2"), "{error}");
    }
    let tried = server.requests().len();
    root("dead-9").apply().exits(1).says("first seen by");
    assert_eq!(server.requests().len(), tried, "it was not tried again");
    let doctor = sandbox.jiti(&["doctor", "--json"]).stdout;
    let findings: Vec<Value> = serde_json::from_str(&doctor).unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["part"] == "preflight");
    let found = found.expect("a finding").to_string();
    assert!(
        found.contains(&url) && !found.contains("hunter2"),
        "{found}"
    );
    assert_eq!(
        sandbox.jiti(&["ls", "--all", "--json"]).ok().stdout.trim(),
        "[]"
    );

    works.store(true, Ordering::SeqCst);
    root(first).apply().ok();
    root("late").apply().ok();
    let doctor = sandbox.jiti(&["doctor", "--json"]).stdout;
    assert!(!doctor.contains(&url), "{doctor}");
}

/// With `preflight_breaker = "wait"`, applies wait until a probe passes. The state is in the shared
/// ledger, so that users on other machines wait too.
#[test]
fn applies_wait_for_a_dependency() {
    let table = table();
    let (ana, ben) = (user(&table), user(&table));
    let (server, works) = dependency();
    let url = server.url("/health");
    for user in [&ana, &ben] {
        user.config("[policy]\npreflight_breaker = \"wait\"\npreflight_window = \"30s\"\n");
    }
    let seen = ana.root("seen", &depending("seen", &url));
    seen.apply().exits(1).says("The preflight failed");
    let root = ben.root("waits", &depending("waits", &url));
    let mut waiting = root.spawn(&APPLY);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert!(waiting.child.try_wait().unwrap().is_none(), "it waits");
    works.store(true, Ordering::SeqCst);
    waiting.wait().ok();
    assert_eq!(ana.listing("waits")["phase"], "ready");
}
