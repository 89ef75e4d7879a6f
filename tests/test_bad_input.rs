//! Bad input: one error each, on the right attribute, that says what to do; nothing half-written.

use e2e::Root;
use e2e::Sandbox;

const GOOD: [(&str, &str); 5] = [
    ("name", r#""bad-input""#),
    ("app", r#""checkout""#),
    ("version", r#""1""#),
    ("owner", r#""ana@example.com""#),
    ("ttl", r#""8h""#),
];

/// A stack with one attribute replaced or added.
fn stack(attribute: &str, value: &str) -> String {
    let mut lines: Vec<(&str, &str)> = GOOD
        .into_iter()
        .filter(|(name, _)| *name != attribute)
        .collect();
    lines.push((attribute, value));
    let body: String = lines
        .iter()
        .map(|(name, value)| format!("  {name} = {value}\n"))
        .collect();
    format!("provider \"jiti\" {{}}\n\nresource \"jiti_stack\" \"this\" {{\n{body}}}\n")
}

/// Terraform fails with exactly one error, which shows the attribute's own line and says each of
/// these.
#[track_caller]
fn refused(root: &Root<'_>, attribute: &str, says: &[&str]) {
    let output = root.run(&["plan", "-input=false"]).exits(1);
    let said = output.text();
    assert_eq!(said.matches("Error:").count(), 1, "{said}");
    assert!(
        said.contains(&format!(" {attribute} ")),
        "the error shows the line of {attribute}: {said}"
    );
    for text in says {
        assert!(said.contains(text), "{text:?} is not in: {said}");
    }
}

/// Each attribute that is wrong by itself is refused at plan, before the ledger exists.
#[test]
fn attributes_that_are_wrong_by_themselves() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("ttl", "\"8h\""));
    let many = "{ for n in range(46) : \"k${n}\" => \"v\" }";
    for (attribute, value, says) in [
        ("ttl", r#""soon""#, &["soon", "8h"][..]),
        ("ttl", r#""0h""#, &["0h"]),
        (
            "ttl",
            r#""99999999999999999999d""#,
            &["99999999999999999999d"],
        ),
        ("name", r#""""#, &["empty"]),
        ("name", r#""käse""#, &["ä"]),
        ("owner", r#""""#, &["empty"]),
        ("labels", r#"{ "aws:team" = "x" }"#, &["aws:team"]),
        ("labels", r#"{ team = "a;b" }"#, &["team", ";"]),
        ("labels", many, &["46", "50"]),
        ("renew_on", r#""daily""#, &["version", "never"]),
        ("ready_timeout", r#""-5m""#, &["-5m"]),
        ("hourly_cost", "-1", &["-1"]),
    ] {
        root.write(&stack(attribute, value));
        refused(&root, attribute, says);
        assert!(
            !sandbox.ledger().exists(),
            "validation and a refused plan write nothing"
        );
    }
}

/// The policy's limits are errors at plan, on the attribute that breaks them.
#[test]
fn limits_of_the_policy() {
    let sandbox = Sandbox::new();
    sandbox.config(
        "[policy]\nmax_ttl = \"2d\"\nowner_pattern = '^[^@]+@example\\.com$'\n\
         required_labels = [\"cost-center\"]\nmax_hourly_usd = \"5.00\"\n",
    );
    let labelled = |attribute: &str, value: &str| {
        stack(attribute, value).replace("  app =", "  labels = { cost-center = \"42\" }\n  app =")
    };
    let root = sandbox.root("root", &labelled("ttl", "\"8h\""));
    root.write(&labelled("ttl", "\"3d\""));
    refused(&root, "ttl", &["3d", "2d"]);
    root.write(&labelled("owner", "\"mallory@elsewhere.org\""));
    refused(&root, "owner", &["mallory@elsewhere.org", "example"]);
    root.write(&labelled("hourly_cost", "5.01"));
    refused(&root, "hourly_cost", &["5.01", "5.00"]);
    root.write(&stack("labels", "{ team = \"x\" }"));
    refused(&root, "labels", &["cost-center"]);
    root.write(&labelled("ttl", "\"2d\""));
    root.apply().ok();
}

/// A stack without a TTL takes the policy's default; without a default it is told to name one.
#[test]
fn a_default_ttl_comes_from_the_policy() {
    let sandbox = Sandbox::new();
    let configuration: String = stack("ttl", "null")
        .lines()
        .filter(|line| !line.contains("ttl"))
        .map(|line| format!("{line}\n"))
        .collect();
    let root = sandbox.root("root", &configuration);
    root.run(&["plan", "-input=false"])
        .exits(1)
        .says("ttl")
        .says("default_ttl");
    sandbox.config("[policy]\ndefault_ttl = \"3h\"\n");
    root.apply().ok();
    assert_eq!(
        root.attributes("jiti_stack.this").unwrap()["tags"]["jiti:ttl"],
        "3h"
    );
    root.plan_is_empty();
    // A default that changes later is for later stacks.
    sandbox.config("[policy]\ndefault_ttl = \"4h\"\n");
    root.plan_is_empty();
}

/// A name that is live is refused; the error names the owner, the age and how to import it. Nothing
/// changes.
#[test]
fn a_name_that_is_live() {
    let sandbox = Sandbox::new();
    let first = sandbox.root("first", &stack("ttl", "\"8h\""));
    first.apply().ok();
    let before = sandbox.events("bad-input");
    let second = sandbox.root("second", &stack("owner", "\"ben@example.com\""));
    let output = second.apply().exits(1);
    for text in [
        "bad-input",
        "ana@example.com",
        "old",
        "terraform import jiti_stack.this bad-input",
    ] {
        assert!(
            output.text().contains(text),
            "{text:?} is not in: {}",
            output.text()
        );
    }
    assert!(second.attributes("jiti_stack.this").is_none());
    let after = sandbox.events("bad-input");
    assert_eq!(
        before.iter().filter(|k| *k == "requested").count(),
        after.iter().filter(|k| *k == "requested").count()
    );
    assert_eq!(sandbox.listing("bad-input")["owner"], "ana@example.com");
}

/// A malformed config file is an error with its file and line, and what was expected; nothing is
/// registered.
#[test]
fn a_malformed_config_file() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("ttl", "\"8h\""));
    for (text, says) in [
        (
            "[policy]\nmax_tll = \"2d\"\n",
            &["config.toml", "2", "max_tll", "max_ttl"][..],
        ),
        ("[policy]\nmax_ttl = 7\n", &["config.toml", "2", "max_ttl"]),
        ("[policy\n", &["config.toml", "1"]),
    ] {
        sandbox.config(text);
        let said = root.run(&["plan", "-input=false"]).exits(1).text();
        for word in says {
            assert!(said.contains(word), "{word:?} is not in: {said}");
        }
        assert!(!sandbox.ledger().exists());
    }
}

/// A ledger that somebody keeps locked is one clear error after the timeout, and nothing is
/// half-written.
#[test]
fn a_ledger_that_stays_locked() {
    let sandbox = Sandbox::new();
    let first = sandbox.root("first", &stack("name", "\"first\""));
    first.apply().ok();
    let second = sandbox.root("second", &stack("name", "\"second\""));
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

/// A file that is no ledger is refused by name and left as it is.
#[test]
fn a_file_that_is_no_ledger() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.ledger(), "somebody's notes\n").unwrap();
    let root = sandbox.root("root", &stack("ttl", "\"8h\""));
    root.apply().exits(1).says("ledger.db");
    assert_eq!(
        std::fs::read_to_string(sandbox.ledger()).unwrap(),
        "somebody's notes\n"
    );
    sandbox.jiti(&["ls"]).exits(1).says("ledger.db");
}
