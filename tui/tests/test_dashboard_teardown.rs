//! Teardowns from the real dashboard in a real terminal, with a script as Terraform: how many run
//! at once, and which source their events have.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, requested};

/// A root directory with nothing but a `jiti_stack`. `apply` records how many run at once when it
/// starts and ends, and it waits for a file named `go`.
const SCRIPT: &str = r#"#!/bin/sh
here=$(pwd)
case "$1" in
  state) cat "$here/state.json" ;;
  plan) for a in "$@"; do case "$a" in -out=*) echo saved > "${a#-out=}";; esac; done ;;
  show) cat "$here/plan.json" ;;
  apply)
    mkdir "$here/../busy/$$"
    ls "$here/../busy" | wc -l >> "$here/../together"
    for i in $(seq 600); do test -e "$here/../go" && break; sleep 0.05; done
    ls "$here/../busy" | wc -l >> "$here/../together"
    rmdir "$here/../busy/$$"
    cat "$here/line.json"
    cp "$here/after.json" "$here/state.json" ;;
  *) exit 1 ;;
esac
"#;

fn root(folder: &Path, stack: &str) {
    let write = |name: &str, value: serde_json::Value| {
        std::fs::write(folder.join(name), format!("{value}\n")).unwrap();
    };
    std::fs::create_dir_all(folder.join(".terraform")).unwrap();
    let own = json!({"mode": "managed", "type": "jiti_stack", "name": "this",
        "instances": [{"attributes": {"name": stack}}]});
    write("state.json", json!({"version": 4, "resources": [own]}));
    write("after.json", json!({"version": 4, "resources": []}));
    let change = json!({"address": "jiti_stack.this", "mode": "managed", "type": "jiti_stack",
        "change": {"actions": ["delete"], "before": {"name": stack, "id": stack}}});
    write("plan.json", json!({"resource_changes": [change]}));
    let hook = json!({"action": "delete", "elapsed_seconds": 1,
        "resource": {"addr": "jiti_stack.this", "resource_type": "jiti_stack"}});
    write("line.json", json!({"type": "apply_complete", "hook": hook}));
}

/// Of seven teardowns requested at once, four run and three wait. All end, and every event has the
/// dashboard as its source.
#[test]
fn four_run_at_once() {
    const STACKS: usize = 7;
    let sandbox = Sandbox::new();
    let terraform = sandbox.path("terraform");
    sandbox.config(&format!("[terraform]\nprograms = [{terraform:?}]\n"));
    stack::testing::program(&terraform, SCRIPT);
    std::fs::create_dir(sandbox.path("busy")).unwrap();
    let story = Story::new(&sandbox.ledger());
    let names: Vec<String> = (1..=STACKS).map(|n| format!("shop-{n}")).collect();
    for name in &names {
        let folder = sandbox.path(name);
        root(&folder, name);
        let asked = requested(|r| {
            r.origin.directory = folder.to_str().unwrap().to_owned();
            r.origin.command = terraform.to_str().unwrap().to_owned();
            r.origin.process.host = stack::process::host();
        });
        let events = [(90, asked), (80, EventKind::Recorded { origin: None })];
        story.stack(name, events);
    }
    let mut terminal = sandbox.in_terminal(&[], (100, 30));
    terminal.waits_for("7 stacks");
    for name in &names {
        // The list may have moved the stack, so select it with the filter.
        terminal.types(&format!("/{name}\r"));
        terminal.waits_for(&format!("match {name}"));
        terminal.types("d");
        terminal.waits_for(&format!("Tear down {name}"));
        terminal.waits_for("1 resource will be destroyed");
        terminal.types("y");
        terminal.waits_for(&format!("tearing down {name}"));
        // The dashboard would read Esc and a key right after it as one key.
        terminal.types("\u{1b}");
        terminal.waits_for("all stacks · sorted by");
    }
    let working = || std::fs::read_dir(sandbox.path("busy")).unwrap().count();
    let began = Instant::now();
    while working() < 4 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Long enough for a fifth teardown to start.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(working(), 4);
    std::fs::write(sandbox.path("go"), "").unwrap();
    terminal.waits_for("No stacks");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    let together = std::fs::read_to_string(sandbox.path("together")).unwrap();
    let together: Vec<usize> = together
        .split_whitespace()
        .map(|count| count.parse().unwrap())
        .collect();
    assert_eq!(together.len(), 2 * STACKS, "each ran once: {together:?}");
    assert!(together.iter().all(|count| *count <= 4), "{together:?}");
    for name in &names {
        let events = sandbox.shown(name)["events"].clone();
        let written: Vec<(&str, &str)> = events.as_array().unwrap()[2..]
            .iter()
            .map(|event| {
                let text = |field: &str| event[field].as_str().unwrap();
                (text("kind"), text("source"))
            })
            .collect();
        let by = "dashboard";
        let expected = ["teardown_started", "resource_deleted", "gone"].map(|kind| (kind, by));
        assert_eq!(written, expected);
    }
}
