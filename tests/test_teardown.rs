//! `jiti teardown`: it destroys what the plan shows, reports failures that can be finished later,
//! and writes `gone` last.

use e2e::teardown::{lines, provisioner, stack};
use e2e::{Root, Sandbox};

fn empty(root: &Root<'_>) -> bool {
    root.run(&["state", "list"]).ok().stdout.trim().is_empty()
}

/// A dry run changes nothing. The teardown leaves an empty state, a lease that is gone, no residue
/// and no secret. Another one succeeds.
#[test]
fn a_dry_run_then_a_teardown() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    let before = sandbox.events("shop");
    sandbox
        .jiti(&["teardown", "shop", "--dry-run"])
        .ok()
        .says("shop: 3 resources will be destroyed")
        .says("terraform_data.two");
    let dry = lines(
        &sandbox
            .jiti(&["teardown", "shop", "--dry-run", "--json"])
            .ok(),
    );
    assert_eq!(dry[1]["plan"]["resources"].as_array().unwrap().len(), 3);
    assert_eq!(sandbox.events("shop"), before);
    assert!(!empty(&root));

    let report = sandbox.teardown("shop", 0);
    let result = report.last().unwrap();
    assert_eq!(result["name"], "shop");
    assert_eq!(result["strategy"], "terraform");
    assert_eq!(result["residue"].as_array().unwrap().len(), 0);
    let deleted: Vec<_> = result["deleted"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        deleted,
        [
            "terraform_data.two",
            "terraform_data.one",
            "jiti_stack.this"
        ]
    );
    let events: Vec<_> = report
        .iter()
        .filter_map(|line| line["event"].as_str())
        .collect();
    assert_eq!(events[..3], ["planning", "planned", "started"]);

    assert!(empty(&root));
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    let kinds = sandbox.events("shop");
    let during = &kinds[before.len()..];
    assert_eq!(during.first().unwrap(), "teardown_started");
    assert_eq!(during.last().unwrap(), "gone");
    let deletes = during
        .iter()
        .filter(|kind| *kind == "resource_deleted")
        .count();
    assert_eq!(
        (deletes, during.len()),
        (3, 6),
        "3 deletes, and the provider's own `released`: {during:?}"
    );
    let runs = sandbox.path("runs");
    for run in std::fs::read_dir(runs).unwrap().flatten() {
        assert!(
            !run.path().join("plan").exists(),
            "the teardown removes the saved plan"
        );
        assert!(
            !run.path().join("output").exists(),
            "the teardown removes Terraform's output"
        );
    }

    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .ok()
        .says("already gone");
}

/// A destroy that fails half-way is residue with its reason and exit code 4, and keeps the lease.
/// The next teardown finishes. The output of the failing command is not in the ledger: a private
/// file of the run keeps it, the residue names that file, and a step has its last line.
#[test]
fn a_failed_teardown_is_finished_by_the_next() {
    let sandbox = Sandbox::new();
    let more = provisioner("test -e mended || { echo swordfish-1; echo no route; exit 1; }");
    let root = sandbox.root("root", &stack("shop", &more));
    root.apply().ok();

    let report = sandbox.teardown("shop", 4);
    let result = report.last().unwrap();
    let residue = result["residue"].as_array().unwrap();
    let failed = residue
        .iter()
        .find(|one| one["id"] == "terraform_data.slow")
        .unwrap();
    let reason = failed["reason"].as_str().unwrap();
    assert!(reason.contains("exit status 1"), "{reason}");
    assert_eq!(failed["command"], "jiti teardown shop --yes");
    let unreached = residue
        .iter()
        .find(|one| one["id"] == "terraform_data.one")
        .unwrap();
    assert_eq!(unreached["blocked_by"], "terraform_data.slow");
    assert_eq!(sandbox.listing("shop")["phase"], "residue");
    assert!(
        root.attributes("jiti_stack.this").is_some(),
        "the state still has the lease"
    );
    let left = sandbox.event("shop", "resource_left").unwrap();
    assert!(
        left["reason"]
            .as_str()
            .is_some_and(|reason| !reason.is_empty())
    );
    let ledger = ["ledger.db", "ledger.db-wal"].map(|name| sandbox.path(name));
    not_in(&sandbox, "swordfish-1", &ledger);
    let (_, log) = reason.split_once("its output is in ").unwrap();
    let said = std::fs::read_to_string(log).unwrap();
    assert!(said.contains("\nswordfish-1\nno route\n"), "{said}");
    let mut said = report
        .iter()
        .filter(|step| step["event"] == "resource_said");
    assert_eq!(said.next().unwrap()["line"], "no route");

    std::fs::write(root.path("mended"), "").unwrap();
    let report = sandbox.teardown("shop", 0);
    let deleted = report.last().unwrap()["deleted"].as_array().unwrap().len();
    assert!(
        (2..=4).contains(&deleted),
        "the second teardown deletes only the rest"
    );
    assert!(empty(&root));
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
}

/// The teardown uses the recorded variables, variable files, workspace and data folder, and hides
/// the value of a variable in Terraform's output.
#[test]
fn recorded_inputs_are_used_again() {
    let sandbox = Sandbox::new();
    let more = r#"
variable "recorded" { type = number }
variable "from_file" { type = string }
variable "from_environment" { type = string }

resource "terraform_data" "uses" {
  input = [jiti_stack.this.id, var.recorded, var.from_file, "${var.from_environment}-${terraform.workspace}"]
  provisioner "local-exec" {
    when    = destroy
    command = "test -e mended || nonexistent-program ${self.input[3]} ${self.input[2]}"
  }
}
"#;
    let configuration = stack("shop", more).replace(
        "ttl     = \"8h\"",
        "ttl     = \"8h\"\n  teardown = { variables = { recorded = \"12345\" }, var_files = [\"dev.tfvars\"] }",
    );
    let root = sandbox.root("root", &configuration);
    std::fs::write(root.path("dev.tfvars"), "from_file = \"filed-value\"\n").unwrap();
    let terraform = |arguments: &[&str]| {
        let mut command = root.command(arguments);
        command
            .env("TF_DATA_DIR", "data")
            .env("TF_VAR_from_environment", "trout-mask");
        e2e::CommandOutput::of(&mut command)
    };
    terraform(&["init"]).ok();
    terraform(&["workspace", "new", "blue"]).ok();
    terraform(&[
        "apply",
        "-auto-approve",
        "-input=false",
        "-var=recorded=12345",
        "-var-file=dev.tfvars",
    ])
    .ok();
    let origin = &sandbox.listing("shop")["origin"];
    assert_eq!(origin["workspace"], "blue");

    sandbox
        .jiti(&["teardown", "shop", "--yes"])
        .exits(1)
        .says("no value for the variable from_environment")
        .says("TF_VAR_from_environment");
    assert_eq!(
        sandbox.listing("shop")["phase"],
        "ready",
        "the refused teardown did not start"
    );

    let jiti = |code: i32| {
        let mut command = sandbox.command(e2e::binary("jiti"));
        command
            .env("TF_VAR_from_environment", "trout-mask")
            .env("TF_WORKSPACE", "another")
            .env("TF_DATA_DIR", "/nonexistent")
            .env("TF_CLI_ARGS", "-bogus");
        e2e::CommandOutput::of(command.args(["teardown", "shop", "--yes", "--json"])).exits(code)
    };
    let output = jiti(4);
    for secret in ["trout-mask", "filed-value"] {
        assert!(
            !output.text().contains(secret),
            "the output shows {secret}: {}",
            output.text()
        );
        nowhere(&sandbox, secret);
    }
    std::fs::write(root.path("mended"), "").unwrap();
    jiti(0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
    let mut list = root.command(&["state", "list"]);
    let list = e2e::CommandOutput::of(list.env("TF_DATA_DIR", "data")).ok();
    assert_eq!(list.stdout.trim(), "");
}

/// A teardown initialises a root module that is no longer initialised.
#[test]
fn a_root_is_initialised_again() {
    let sandbox = Sandbox::new();
    let root = sandbox.root("root", &stack("shop", ""));
    root.apply().ok();
    std::fs::remove_dir_all(root.path(".terraform")).unwrap();
    std::fs::remove_file(root.path(".terraform.lock.hcl")).unwrap();
    sandbox.teardown("shop", 0);
    assert_eq!(sandbox.listing("shop")["phase"], "gone");
}

/// Asserts that a text is neither in the ledger nor in the files of a run.
#[track_caller]
fn nowhere(sandbox: &Sandbox, secret: &str) {
    let files = ["runs", "ledger.db", "ledger.db-wal"].map(|name| sandbox.path(name));
    not_in(sandbox, secret, &files);
}

/// Asserts that a text is in none of these files and folders.
#[track_caller]
fn not_in(sandbox: &Sandbox, secret: &str, files: &[std::path::PathBuf]) {
    let search = ["-r", "-l", "-a", secret];
    let found = e2e::CommandOutput::of(sandbox.command("grep").args(search).args(files));
    assert_eq!(found.stdout, "", "a file contains {secret}");
}
