//! Stacks that can be torn down without a cloud, and what a teardown said.

use serde_json::Value;

use crate::sandbox::{Ran, Sandbox};
use crate::terraform::lease;

/// A stack with two resources that need it, and whatever else.
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

/// A resource whose destroy runs a command. It goes before `terraform_data.one`.
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
    /// `jiti teardown NAME --yes --json`: what was said line by line, the result last.
    #[track_caller]
    pub fn teardown(&self, name: &str, code: i32) -> Vec<Value> {
        let ran = self
            .jiti(&["teardown", name, "--yes", "--json"])
            .exits(code);
        lines(&ran)
    }

    /// The last of a stack's events of a kind.
    pub fn event(&self, name: &str, kind: &str) -> Option<Value> {
        let ran = self.jiti(&["show", name, "--json"]).ok();
        let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
        let events = shown["events"].as_array().unwrap();
        events.iter().rfind(|event| event["kind"] == kind).cloned()
    }
}

/// Each line as JSON.
#[track_caller]
pub fn lines(ran: &Ran) -> Vec<Value> {
    let lines = ran.stdout.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Waits until something holds.
#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = std::time::Instant::now();
    while !holds() {
        assert!(
            start.elapsed() < std::time::Duration::from_secs(60),
            "not within 60 s: {what}"
        );
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}
