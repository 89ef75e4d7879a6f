//! `jiti_readiness` against servers that listen and ports that do not.

use std::net::TcpListener;

use e2e::{Sandbox, lease};
use stack::{Clock, SystemClock};
use test_support::http::{Answer, Server};

/// A stack with these readiness checks and a short timeout.
fn configuration(name: &str, checks: &str) -> String {
    let lease = lease(name, "ready_timeout = \"2s\"");
    format!(
        r#"{lease}
resource "jiti_readiness" "this" {{
  stack = jiti_stack.this.id
  {checks}
}}
"#
    )
}

/// The port of a server that gives this answer to every request, for as long as the test runs.
fn server(status: u16, body: &'static str) -> u16 {
    Server::start(move |_| Answer::text(status, body)).port()
}

/// The port of a server that reports one phase, which ends now, and these others.
fn reporting_server(others: &'static str) -> u16 {
    Server::start(move |_| {
        let now = SystemClock.now();
        let body = format!(
            r#"{{"phases": [{{"name": "migrate", "class": "database", "started_at": "{now}", "seconds": 0}}{others}]}}"#
        );
        Answer::text(200, &body)
    })
    .port()
}

/// Every kind of check passes and is recorded in the ledger. The phases that the app reports are in
/// the listing.
#[test]
fn checks_that_pass() {
    let sandbox = Sandbox::new();
    let port = reporting_server("");
    let checks = format!(
        r#"http = [{{ url = "http://127.0.0.1:{port}/healthz" }}]
  tcp  = [{{ address = "127.0.0.1:{port}" }}]
  exec = [{{ command = ["true"] }}]"#
    );
    let root = sandbox.root("root", &configuration("checked", &checks));
    root.apply().ok();
    let events = sandbox.events("checked");
    assert_eq!(
        events.iter().filter(|kind| *kind == "check_passed").count(),
        3,
        "{events:?}"
    );
    let row = sandbox.listing("checked");
    assert_eq!(row["phase"], "ready");
    assert!(
        row["init"]["total_seconds"]
            .as_f64()
            .is_some_and(|seconds| seconds >= 0.0),
        "{row}"
    );
    let phases = row["init"]["phases"].as_array().unwrap();
    let migrate = phases
        .iter()
        .find(|phase| phase["name"] == "migrate")
        .unwrap();
    assert_eq!(migrate["class"], "database");
    assert_eq!(migrate["seconds"].as_f64(), Some(0.0));
    let state = root.attributes("jiti_readiness.this").unwrap();
    assert!(
        state["ready_at"].is_string() && state["init_seconds"].is_number(),
        "{state}"
    );
    root.plan_is_empty();
}

/// One error contains every check's last failure, and the stack is in purgatory. A fix and another
/// apply converge.
#[test]
fn checks_that_do_not_pass() {
    let sandbox = Sandbox::new();
    let busy = server(503, "warming up");
    // The port is bound and closed again, so nothing listens there.
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let checks = format!(
        r#"http = [{{ url = "http://127.0.0.1:{busy}/healthz" }}]
  tcp  = [{{ address = "127.0.0.1:{closed}" }}]
  exec = [{{ command = ["sh", "-c", "echo no licence >&2; exit 7"] }}, {{ command = ["sleep", "300"] }}]"#
    );
    let root = sandbox.root("root", &configuration("unready", &checks));
    let output = root.apply().exits(1);
    let message = output.text();
    assert_eq!(message.matches("Error:").count(), 1, "{message}");
    for text in [
        "503",
        "warming up",
        "refused",
        "exited with 7",
        "no licence",
        "exec sleep:",
    ] {
        assert!(message.contains(text), "{text:?} is not in: {message}");
    }
    assert_eq!(sandbox.listing("unready")["phase"], "purgatory");

    root.write(&configuration(
        "unready",
        r#"exec = [{ command = ["true"] }]"#,
    ));
    root.apply().ok();
    assert_eq!(sandbox.listing("unready")["phase"], "ready");
    root.plan_is_empty();
}

/// jiti records a reported phase only if its name is short and printable and its time is between
/// the request and now. One warning names what it refuses.
#[test]
fn reported_phases_are_limited() {
    let sandbox = Sandbox::new();
    let port = reporting_server(
        r#", {"name": "early", "started_at": "2020-01-01T00:00:00Z", "seconds": 1}
           , {"name": "late", "started_at": "2100-01-01T00:00:00Z", "seconds": 1}
           , {"name": "endless", "started_at": "2026-01-01T00:00:00Z", "seconds": 1e300}
           , {"name": "red\u001b[31m", "started_at": "2100-01-01T00:00:00Z", "seconds": 1}"#,
    );
    let check = format!("http = [{{ url = \"http://127.0.0.1:{port}/healthz\" }}]");
    let root = sandbox.root("root", &configuration("limited", &check));
    let output = root.apply().ok();
    assert_eq!(
        output
            .text()
            .matches("phases of the start-up were refused")
            .count(),
        1
    );
    for name in ["early", "late", "endless", "red"] {
        assert!(
            output.text().contains(name),
            "no {name:?}: {}",
            output.text()
        );
    }
    let row = sandbox.listing("limited");
    let phases = row["init"]["phases"].as_array().unwrap();
    let names: Vec<_> = phases
        .iter()
        .map(|phase| phase["name"].as_str().unwrap())
        .collect();
    let check = format!("http http://127.0.0.1:{port}/healthz");
    assert_eq!(names, ["migrate", check.as_str()]);
    root.plan_is_empty();
}

/// With `on_timeout = "warn"` the apply succeeds, the stack is in purgatory, and the next plan
/// repeats the checks.
#[test]
fn a_timeout_that_warns() {
    let sandbox = Sandbox::new();
    let checks = "exec = [{ command = [\"test\", \"-e\", \"mended\"] }]\n  on_timeout = \"warn\"";
    let root = sandbox.root("root", &configuration("warned", checks));
    root.apply().ok().says("Warning:").says("purgatory");
    assert_eq!(sandbox.listing("warned")["phase"], "purgatory");
    assert!(root.attributes("jiti_readiness.this").unwrap()["ready_at"].is_null());
    assert_eq!(root.planned_actions("jiti_readiness.this"), ["update"]);
    std::fs::write(root.path("mended"), "").unwrap();
    root.apply().ok();
    assert_eq!(sandbox.listing("warned")["phase"], "ready");
    root.plan_is_empty();
}

/// A new version starts a new init, and the trigger repeats the checks.
#[test]
fn a_trigger_runs_the_checks_again() {
    let sandbox = Sandbox::new();
    let text = |version: &str| {
        configuration(
            "triggered",
            "exec = [{ command = [\"true\"] }]\n  triggers = { version = jiti_stack.this.version }",
        )
        .replace("version = \"1\"", &format!("version = \"{version}\""))
    };
    let root = sandbox.root("root", &text("1"));
    root.apply().ok();
    let first = root.attributes("jiti_readiness.this").unwrap()["ready_at"].clone();
    root.write(&text("2"));
    root.apply().ok();
    let second = root.attributes("jiti_readiness.this").unwrap()["ready_at"].clone();
    assert_ne!(first, second);
    assert_eq!(sandbox.listing("triggered")["phase"], "ready");
    root.plan_is_empty();
}

/// A preflight that fails registers nothing, and its error names the check.
#[test]
fn a_preflight_that_fails_registers_nothing() {
    let sandbox = Sandbox::new();
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let text = configuration("preflown", "exec = [{ command = [\"true\"] }]").replace(
        "ready_timeout = \"2s\"",
        &format!("ready_timeout = \"2s\"\n  preflight = {{ tcp = [{{ address = \"127.0.0.1:{closed}\" }}] }}"),
    );
    let root = sandbox.root("root", &text);
    root.apply()
        .exits(1)
        .says("preflight")
        .says(&format!("127.0.0.1:{closed}"));
    assert_eq!(
        sandbox.jiti(&["ls", "--all", "--json"]).ok().stdout.trim(),
        "[]"
    );
}

/// The data sources return live values, after an extension too.
#[test]
fn data_sources_return_live_values() {
    let sandbox = Sandbox::new();
    let text = configuration("looked-up", "exec = [{ command = [\"true\"] }]");
    let root = sandbox.root("root", &text);
    root.apply().ok();
    sandbox.jiti(&["extend", "looked-up", "1h"]).ok();
    let reader = sandbox.root(
        "reader",
        r#"
provider "jiti" {}
data "jiti_stack" "one" { name = "looked-up" }
data "jiti_stacks" "all" { owner = "ana@example.com" }
data "jiti_stacks" "none" { app = "another" }
output "phase"      { value = data.jiti_stack.one.phase }
output "expires_at" { value = data.jiti_stack.one.expires_at }
output "all"        { value = [for stack in data.jiti_stacks.all.stacks : stack.name] }
output "none"       { value = length(data.jiti_stacks.none.stacks) }
"#,
    );
    reader.apply().ok();
    let outputs: serde_json::Value =
        serde_json::from_str(&reader.run(&["output", "-json"]).ok().stdout).unwrap();
    assert_eq!(outputs["phase"]["value"], "ready");
    assert_eq!(
        outputs["expires_at"]["value"],
        sandbox.listing("looked-up")["expires_at"]
    );
    assert_eq!(outputs["all"]["value"], serde_json::json!(["looked-up"]));
    assert_eq!(outputs["none"]["value"], 0);
}
