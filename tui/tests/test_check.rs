//! `jiti check` over plans in files. The end-to-end tests make plans with a real Terraform.

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

/// A plan with a volume without encryption and tags.
fn plan(sandbox: &Sandbox) {
    let plan = json!({
        "format_version": "1.2",
        "planned_values": {},
        "resource_changes": [{
            "address": "aws_ebs_volume.data", "mode": "managed", "type": "aws_ebs_volume",
            "change": {"actions": ["create"], "after": {"encrypted": false, "tags_all": null}, "after_unknown": {}},
        }],
    });
    std::fs::write(sandbox.path("plan.json"), plan.to_string()).unwrap();
}

fn path(sandbox: &Sandbox, name: &str) -> String {
    sandbox.path(name).to_str().unwrap().to_owned()
}

/// A finding is one line with the address, the rule, why and how to fix it, and the exit code is 3.
#[test]
fn a_finding_is_a_line() {
    let sandbox = Sandbox::new();
    plan(&sandbox);
    let file = path(&sandbox, "plan.json");
    let ran = sandbox.run_wide(&["check", &file]).exits(3);
    let line = ran.stdout.lines().find(|line| line.contains("unencrypted"));
    let line = line.unwrap_or_default();
    for part in [
        "aws_ebs_volume.data",
        "the data is not encrypted",
        "Set encrypted to true.",
    ] {
        assert!(line.contains(part), "{ran:#?}");
    }
    assert!(
        ran.stderr.contains("Refused: 2 findings in 1 resource"),
        "{ran:#?}"
    );
    let report = sandbox.run(&["check", &file, "--json"]).exits(3).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 2);
    assert_eq!(report["resources"], 1);
    let sarif = sandbox.run(&["check", &file, "--sarif"]).exits(3).json();
    assert_eq!(sarif["version"], "2.1.0");
}

/// The configuration ignores findings, and adds rules in Rego beside itself. A warning does not
/// fail the check.
#[test]
fn the_configuration_has_rules_and_exceptions() {
    let sandbox = Sandbox::new();
    plan(&sandbox);
    let file = path(&sandbox, "plan.json");
    sandbox.config("[check]\nignore = [\"unencrypted aws_ebs_volume.*\", \"untagged\"]\n");
    let ran = sandbox.run(&["check", &file]).ok();
    assert!(
        ran.stdout.contains("no finding, 2 ignored findings"),
        "{ran:#?}"
    );
    let rule =
        "package jiti\n\nwarn contains msg if {\n  data.stack == null\n  msg := \"no stack\"\n}\n";
    std::fs::write(sandbox.path("own.rego"), rule).unwrap();
    let rules = path(&sandbox, "own.rego");
    let ran = sandbox
        .run(&["check", &file, "--rules", &rules, "--json"])
        .ok()
        .json();
    assert_eq!(ran["findings"][0]["rule"], "jiti.warn");
    assert_eq!(ran["findings"][0]["severity"], "warning");
    assert_eq!(ran["findings"][0]["fix"], Value::Null);
}

/// What cannot be checked is an error, and never a pass.
#[test]
fn an_error_is_never_a_pass() {
    let sandbox = Sandbox::new();
    plan(&sandbox);
    let file = path(&sandbox, "plan.json");
    std::fs::write(
        sandbox.path("wrong.rego"),
        "package jiti\n\ndeny contains msg if {\n",
    )
    .unwrap();
    let wrong = path(&sandbox, "wrong.rego");
    let ran = sandbox.run(&["check", &file, "--rules", &wrong]).exits(1);
    assert!(ran.stderr.contains("wrong.rego:4:1: "), "{ran:#?}");
    std::fs::create_dir(sandbox.path("none")).unwrap();
    let none = path(&sandbox, "none");
    let ran = sandbox.run(&["check", &file, "--rules", &none]).exits(1);
    assert!(ran.stderr.contains("no file of rules"), "{ran:#?}");
    std::fs::write(sandbox.path("state.json"), "{\"format_version\": \"1.0\"}").unwrap();
    let ran = sandbox
        .run(&["check", &path(&sandbox, "state.json")])
        .exits(1);
    assert!(ran.stderr.contains("not a Terraform plan"), "{ran:#?}");
    sandbox.run(&["check", &file, "--json", "--sarif"]).exits(2);
}
