//! A script as Terraform, and stacks whose roots it destroys. It counts how many teardowns run at
//! once.

use std::path::{Path, PathBuf};

use serde_json::json;
use stack::EventKind;

use crate::sandbox::Sandbox;
use crate::story::{Story, requested};

/// A root directory with nothing but a `jiti_stack`. `apply` records how many run at once when it
/// starts and ends, and it waits for a file named `go`.
const SCRIPT: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
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

/// The script in a sandbox, and the ledger of its stacks.
pub(crate) struct FakeTerraform<'a> {
    sandbox: &'a Sandbox,
    program: PathBuf,
    story: Story,
}

impl<'a> FakeTerraform<'a> {
    /// Writes the script, and a configuration that allows it and has these lines too.
    pub(crate) fn new(sandbox: &'a Sandbox, config: &str) -> Self {
        let program = sandbox.path("terraform");
        sandbox.config(&format!("[terraform]\nprograms = [{program:?}]\n{config}"));
        stack::testing::program(&program, SCRIPT);
        std::fs::create_dir(sandbox.path("busy")).unwrap();
        let story = Story::new(&sandbox.ledger());
        Self {
            sandbox,
            program,
            story,
        }
    }

    /// Registers a stack with a root directory of its own, which has the stack's name.
    pub(crate) fn stack(&self, name: &str) {
        let folder = self.sandbox.path(name);
        root(&folder, name);
        let asked = requested(|r| {
            r.origin.directory = folder.to_str().unwrap().to_owned();
            r.origin.command = self.program.to_str().unwrap().to_owned();
            r.origin.process.host = stack::process::host();
            r.terms.hourly_cost = "0.42".parse().ok();
        });
        let events = [(90, asked), (80, EventKind::Recorded { origin: None })];
        self.story.stack(name, events);
    }

    /// The state of this stack has another `jiti_stack` too, so that jiti refuses its teardown.
    pub(crate) fn refuse(&self, name: &str) {
        let change = |address: &str, stack: &str| {
            json!({"address": format!("jiti_stack.{address}"), "mode": "managed",
                "type": "jiti_stack",
                "change": {"actions": ["delete"], "before": {"name": stack, "id": stack}}})
        };
        let changes = [change("this", name), change("another", "another")];
        let plan = json!({ "resource_changes": changes });
        let path = self.sandbox.path(name).join("plan.json");
        std::fs::write(path, plan.to_string()).unwrap();
    }

    /// Lets the teardowns end.
    pub(crate) fn go(&self) {
        std::fs::write(self.sandbox.path("go"), "").unwrap();
    }

    /// The number of teardowns that run now.
    pub(crate) fn busy(&self) -> usize {
        std::fs::read_dir(self.sandbox.path("busy"))
            .unwrap()
            .count()
    }

    /// How many teardowns ran at each start and each end of one.
    pub(crate) fn together(&self) -> Vec<usize> {
        let together = std::fs::read_to_string(self.sandbox.path("together")).unwrap_or_default();
        let counts = together.split_whitespace();
        counts.map(|count| count.parse().unwrap()).collect()
    }
}

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
