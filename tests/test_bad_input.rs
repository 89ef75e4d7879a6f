//! Invalid input with the real Terraform. The cases that need no Terraform are in
//! `provider/src/tests/bad_input.rs` and `provider/src/tests/policy.rs`.

use e2e::Sandbox;

fn stack(name: &str, ttl: &str) -> String {
    format!(
        r#"provider "jiti" {{}}

resource "jiti_stack" "this" {{
  name    = "{name}"
  app     = "checkout"
  version = "1"
  owner   = "ana@example.com"
  ttl     = "{ttl}"
}}
"#
    )
}

/// Terraform shows one error with the line of the invalid attribute, and the ledger is not created.
#[test]
fn terraform_shows_the_line_of_an_invalid_attribute() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("bad-input", "soon"));
    let output = root.run(&["plan", "-input=false"]).exits(1).text();
    assert_eq!(output.matches("Error:").count(), 1, "{output}");
    for text in [" ttl ", "soon", "8h"] {
        assert!(output.contains(text), "{text:?} is not in: {output}");
    }
    assert!(!sandbox.ledger().exists());
}

/// A ledger that stays locked is one clear error after the timeout, and nothing is registered.
#[test]
fn a_ledger_that_stays_locked() {
    let sandbox = Sandbox::new();
    let first = sandbox.root("first", &stack("first", "8h"));
    first.apply().ok();
    let second = sandbox.root("second", &stack("second", "8h"));
    let mut holder = std::process::Command::new("python3")
        .arg("-c")
        .arg("import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None); c.execute('BEGIN IMMEDIATE'); print('held', flush=True); sys.stdin.read()")
        .arg(sandbox.ledger())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut held = String::new();
    std::io::BufRead::read_line(
        &mut std::io::BufReader::new(holder.stdout.as_mut().unwrap()),
        &mut held,
    )
    .unwrap();
    second.apply().exits(1).says("locked").says("ledger.db");
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert!(second.attributes("jiti_stack.this").is_none());
    let rows = sandbox.jiti(&["ls", "--all", "--json"]).ok().stdout;
    assert!(!rows.contains("\"second\""), "{rows}");
    second.apply().ok();
}

/// A file that is not a ledger is an error with its name, and does not change.
#[test]
fn a_file_that_is_not_a_ledger() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.ledger(), "my notes\n").unwrap();
    let root = sandbox.root("root", &stack("bad-input", "8h"));
    root.apply().exits(1).says("ledger.db");
    assert_eq!(
        std::fs::read_to_string(sandbox.ledger()).unwrap(),
        "my notes\n"
    );
    sandbox.jiti(&["ls"]).exits(1).says("ledger.db");
}
