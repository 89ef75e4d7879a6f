//! Stacks that need no cloud, and the output of their teardown.

use serde_json::Value;

use crate::sandbox::{CommandOutput, Sandbox};
use crate::terraform::lease;

/// A stack with two resources that depend on it, and more configuration.
pub fn stack(name: &str, more: &str) -> String {
    let lease = lease(name, "");
    format!(
        r#"{lease}
resource "terraform_data" "one" {{
  input = jiti_stack.this.id
}}

resource "terraform_data" "two" {{
  input = terraform_data.one.id
}}
{more}
"#
    )
}

/// A resource whose destroy runs a command. It is destroyed before `terraform_data.one`.
pub fn provisioner(command: &str) -> String {
    format!(
        r#"
resource "terraform_data" "slow" {{
  input = terraform_data.one.id
  provisioner "local-exec" {{
    when    = destroy
    command = {command:?}
  }}
}}
"#
    )
}

impl Sandbox {
    /// Runs `jiti teardown NAME --yes --json`, and returns its lines. The last one is the result.
    #[track_caller]
    pub fn teardown(&self, name: &str, code: i32) -> Vec<Value> {
        let output = self
            .jiti(&["teardown", name, "--yes", "--json"])
            .exits(code);
        lines(&output)
    }

    /// The latest event of this kind.
    pub fn event(&self, name: &str, kind: &str) -> Option<Value> {
        let output = self.jiti(&["show", name, "--json"]).ok();
        let shown: Value = serde_json::from_str(&output.stdout).unwrap();
        let events = shown["events"].as_array().unwrap();
        events.iter().rfind(|event| event["kind"] == kind).cloned()
    }
}

/// The lines of the standard output as JSON.
#[track_caller]
pub fn lines(output: &CommandOutput) -> Vec<Value> {
    let lines = output.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Waits until a condition holds, for at most 60 s.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < std::time::Duration::from_secs(60),
            "timed out after 60 s: {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
