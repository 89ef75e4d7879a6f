//! Teardowns from the real dashboard in a real terminal, with a script as Terraform: how many run
//! at once, and which source their events have.

use std::time::{Duration, Instant};

use crate::fake_terraform::FakeTerraform;
use crate::sandbox::Sandbox;

/// Of seven teardowns requested at once, four run and three wait. All end, and every event has the
/// dashboard as its source.
#[test]
fn four_run_at_once() {
    const STACKS: usize = 7;
    let sandbox = Sandbox::new();
    let terraform = FakeTerraform::new(&sandbox, "");
    let names: Vec<String> = (1..=STACKS).map(|n| format!("shop-{n}")).collect();
    names.iter().for_each(|name| terraform.stack(name));
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
    let began = Instant::now();
    while terraform.busy() < 4 && began.elapsed() < Duration::from_secs(30) {
        std::thread::sleep(Duration::from_millis(20));
    }
    // Long enough for a fifth teardown to start.
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(terraform.busy(), 4);
    terraform.go();
    terminal.waits_for("No stacks");
    terminal.types("q");
    assert_eq!(terminal.ends(), 0);
    let together = terraform.together();
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
