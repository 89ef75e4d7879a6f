//! The scripts of the quick start, in a copy of its folder.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use e2e::{CommandOutput, Sandbox, binary};
use test_support::client::client;

/// `up.sh` can run twice and yields two ready stacks and one in purgatory. `cycles.sh` yields a
/// history that is enough for a verdict. `down.sh` removes everything.
#[test]
fn up_twice_and_down() {
    let sandbox = Sandbox::new();
    let project = sandbox.path("project");
    let examples = project.join("examples");
    std::fs::create_dir_all(&examples).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart");
    copy(&source, &examples.join("quickstart"));
    let copied = files(&project);
    let script = |name: &str| {
        let mut command = sandbox.command(examples.join("quickstart").join(name));
        command.env("JITI_BIN_DIR", binary("jiti").parent().unwrap());
        // The scripts set these variables, whatever the user has set.
        command
            .env("JITI_LEDGER", "/nonexistent/ledger.db")
            .env("TF_CLI_ARGS", "-bogus");
        CommandOutput::of(&mut command)
    };
    let jiti = |arguments: &[&str]| {
        let mut command = sandbox.command(binary("jiti"));
        command.env("JITI_LEDGER", project.join(".local/quickstart/ledger.db"));
        CommandOutput::of(command.args(arguments)).ok().stdout
    };

    for _ in 0..2 {
        script("up.sh")
            .ok()
            .says("make quickstart-down")
            .says("ledger.db");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&jiti(&["ls", "--json"])).unwrap();
        let phases: Vec<_> = rows
            .iter()
            .map(|row| {
                (
                    row["name"].as_str().unwrap(),
                    row["phase"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(rows.len(), 3, "{phases:?}");
        for expected in [
            ("checkout-1.4.0", "ready"),
            ("checkout-1.5.0", "ready"),
            ("reports-2.0.0", "purgatory"),
        ] {
            assert!(phases.contains(&expected), "{phases:?}");
        }
        let checkout = rows
            .iter()
            .find(|row| row["name"] == "checkout-1.4.0")
            .unwrap();
        let told: Vec<_> = checkout["init"]["phases"]
            .as_array()
            .unwrap()
            .iter()
            .map(|phase| phase["name"].as_str().unwrap())
            .collect();
        for name in ["load configuration", "migrate database", "warm caches"] {
            assert!(told.contains(&name), "{told:?}");
        }
    }
    script("cycles.sh").ok().says("cycle 3 of 3");
    let report: serde_json::Value = serde_json::from_str(&jiti(&["report", "--json"])).unwrap();
    let verdicts = report["verdicts"].as_array().unwrap();
    let checkout = verdicts
        .iter()
        .find(|one| one["app"] == "checkout")
        .unwrap();
    assert!(checkout["choice"].is_string(), "{checkout:#}");
    assert!(!checkout["reasons"].as_array().unwrap().is_empty());
    let stuck = &report["purgatories"][0];
    assert_eq!(stuck["stack"], "reports-2.0.0");
    assert!(
        stuck["check"].is_string() && stuck["answer"].is_string(),
        "{stuck:#}"
    );
    script("down.sh").ok();
    assert_eq!(files(&project), copied, "the folder is unchanged");
    assert!(
        files(&sandbox.path("home")).is_empty(),
        "the scripts write nothing to the user's home"
    );
    assert!(apps(&examples).is_empty(), "down.sh stops every app");
}

/// The quick start works with only `OpenTofu` on PATH, which prints a warning on standard output
/// whenever the configuration file does not exist.
#[test]
fn only_a_tofu_that_warns() {
    let sandbox = Sandbox::new();
    let project = sandbox.path("project");
    let quickstart = project.join("examples/quickstart");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart");
    copy(&source, &quickstart);
    let copied = files(&project);
    let programs = sandbox.path("programs");
    std::fs::create_dir_all(&programs).unwrap();
    let tofu = programs.join("tofu");
    std::fs::write(&tofu, tofu_that_warns(&sandbox.path("opentofu"))).unwrap();
    std::fs::set_permissions(&tofu, Permissions::from_mode(0o755)).unwrap();
    // No folder of this PATH has a `terraform`.
    let path = format!("{}:/usr/bin:/bin", programs.display());
    let script = |name: &str| {
        let mut command = sandbox.command(quickstart.join(name));
        command.env("JITI_BIN_DIR", binary("jiti").parent().unwrap());
        CommandOutput::of(command.env("PATH", &path))
    };
    script("up.sh").ok().says("tofu -chdir=");
    let mut jiti = sandbox.command(binary("jiti"));
    jiti.env("JITI_LEDGER", project.join(".local/quickstart/ledger.db"))
        .env("PATH", &path);
    let plan = CommandOutput::of(jiti.args(["teardown", "checkout-1.5.0", "--dry-run"]));
    plan.ok().says("will be destroyed");
    let mut doctor = sandbox.command(binary("jiti"));
    let doctor = CommandOutput::of(doctor.arg("doctor").env("PATH", &path));
    assert!(
        !doctor.stdout.contains("cannot get the version"),
        "{}",
        doctor.stdout
    );
    script("down.sh").ok();
    assert_eq!(files(&project), copied, "the folder is unchanged");
}

/// A program that warns as `OpenTofu` does, always before the output that was asked for, and then
/// runs a copy of Terraform whose name is `tofu`, in this folder.
fn tofu_that_warns(folder: &Path) -> String {
    // A lease records the product of the program that runs the provider, by its name.
    let tofu = folder.join("tofu");
    std::fs::create_dir_all(folder).unwrap();
    std::fs::copy(client().program(), &tofu).unwrap();
    format!(
        "#!/bin/sh\n\
         printf '\\nWarning: Unable to open CLI configuration file\\n\\n'\n\
         printf 'The CLI configuration file {{x}} does not exist.\\n\\n'\n\
         exec {} \"$@\"\n",
        tofu.display()
    )
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let output = Command::new("find")
        .args([".", "-type", "f"])
        .current_dir(folder)
        .output()
        .unwrap();
    let mut files: Vec<_> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    files.sort();
    files
}

fn apps(folder: &Path) -> String {
    let output = Command::new("pgrep")
        .arg("-f")
        .arg(folder)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        // Leaves out what an earlier run in place left in the folder.
        if name == ".terraform"
            || name.starts_with("terraform.tfstate")
            || name.ends_with(".auto.tfvars")
            || name == ".terraform.lock.hcl"
        {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(name));
        } else {
            std::fs::copy(entry.path(), to.join(name)).unwrap();
        }
    }
}
