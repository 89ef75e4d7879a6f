//! The example providers, run by the real Terraform: its output and its state.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use serde_json::{Value as Json, json};
use tempfile::TempDir;
use test_support::client::{Feature, client};

/// A folder with a configuration, its state, and a provider.
pub(crate) struct Workspace {
    folder: TempDir,
}

/// The outcome of a Terraform command.
pub(crate) struct CommandOutcome {
    pub(crate) code: Option<i32>,
    pub(crate) output: String,
}

impl Workspace {
    /// A workspace for `registry.terraform.io/example/<name>`, which is the example of this name.
    pub(crate) fn new(name: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        std::os::unix::fs::symlink(
            example(name),
            bin.join(format!("terraform-provider-{name}")),
        )
        .unwrap();
        let overrides = json!({ format!("example/{name}"): bin });
        let config = json!({
            "provider_installation": [{ "dev_overrides": [overrides], "direct": [{}] }]
        });
        fs::write(folder.path().join("cli.tfrc.json"), config.to_string()).unwrap();
        let required = format!(
            "terraform {{\n  required_providers {{\n    {name} = {{ source = \"example/{name}\" }}\n  }}\n}}\n"
        );
        fs::write(folder.path().join("versions.tf"), required).unwrap();
        Self { folder }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, hcl: &str) {
        fs::write(self.folder.path().join("main.tf"), hcl).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let home = self.folder.path();
        let mut command = Command::new(client().program());
        command
            .args(arguments)
            .current_dir(home)
            .env_clear()
            .env("HOME", home)
            .env("TF_DATA_DIR", home.join("data"))
            .env("TF_CLI_CONFIG_FILE", home.join("cli.tfrc.json"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> CommandOutcome {
        let output = self.command(arguments).output().expect("terraform runs");
        let text = [output.stdout, output.stderr].concat();
        CommandOutcome {
            code: output.status.code(),
            // Terraform wraps its messages, so only the words are compared.
            output: words(&String::from_utf8_lossy(&text)),
        }
    }

    pub(crate) fn apply(&self) -> CommandOutcome {
        self.run(&["apply", "-auto-approve", "-no-color", "-input=false"])
    }

    pub(crate) fn plan(&self) -> CommandOutcome {
        self.run(&["plan", "-no-color", "-input=false", "-detailed-exitcode"])
    }

    pub(crate) fn destroy(&self) -> CommandOutcome {
        self.run(&["destroy", "-auto-approve", "-no-color", "-input=false"])
    }

    /// The only instance in the state, if there is one.
    pub(crate) fn instance(&self) -> Option<Json> {
        let state = fs::read(self.folder.path().join("terraform.tfstate")).ok()?;
        let state: Json = serde_json::from_slice(&state).unwrap();
        state.pointer("/resources/0/instances/0").cloned()
    }
}

impl CommandOutcome {
    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, Some(0), "{}", self.output);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Self {
        assert!(
            self.output.contains(words),
            "no {words:?} in: {}",
            self.output
        );
        self
    }

    #[track_caller]
    pub(crate) fn fails(self) -> Self {
        assert_eq!(self.code, Some(1), "{}", self.output);
        self
    }
}

/// The words of a text, without line breaks and frames.
fn words(text: &str) -> String {
    let words = text
        .split_whitespace()
        .filter(|word| !matches!(*word, "│" | "╷" | "╵"));
    words.collect::<Vec<_>>().join(" ")
}

/// The binary of an example. It is built if it is missing or outdated.
pub(crate) fn example(name: &str) -> PathBuf {
    static BUILD: Mutex<()> = Mutex::new(());
    let _lock = BUILD.lock();
    let runner = std::env::current_exe().unwrap();
    let profile = runner.parent().and_then(Path::parent).unwrap();
    let mut build = Command::new(env!("CARGO"));
    build
        .args([
            "build",
            "--quiet",
            "--workspace",
            "--all-features",
            "--example",
            name,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("CARGO_TARGET_DIR", profile.parent().unwrap());
    assert!(build.status().unwrap().success(), "the example builds");
    profile.join("examples").join(name)
}

fn thing(name: &str, behaviour: &str) -> String {
    format!(
        "resource \"faulty_thing\" \"it\" {{\n  name = {name:?}\n  behaviour = {behaviour:?}\n}}\n"
    )
}

#[test]
fn terraform_applies_updates_replaces_imports_and_destroys() {
    let workspace = Workspace::new("faulty");
    workspace.write(&thing("a", "nothing"));
    workspace.run(&["validate"]).ok();
    workspace.apply().ok().says("1 added");
    workspace.plan().ok().says("No changes");

    workspace.write(&thing("b", "nothing"));
    workspace.apply().ok().says("1 changed");
    workspace.write(&thing("b", "nothing").replace("name", "kind = \"x\"\n  name"));
    workspace
        .apply()
        .ok()
        .says("forces replacement")
        .says("1 added, 0 changed, 1 destroyed");
    workspace.plan().ok().says("No changes");

    workspace.run(&["state", "rm", "faulty_thing.it"]).ok();
    workspace.write("resource \"faulty_thing\" \"it\" {\n  name = \"b\"\n}\n");
    workspace
        .run(&["import", "-no-color", "faulty_thing.it", "thing-b"])
        .ok();
    workspace.plan().ok().says("No changes");
    workspace
        .destroy()
        .ok()
        .says("The thing will be destroyed")
        .says("1 destroyed");
    assert_eq!(workspace.instance(), None);
}

/// A `moved` block takes over an object of another type, which is then neither created nor
/// destroyed.
#[test]
fn terraform_moves_an_object_from_another_type() {
    if !client().runs(Feature::MovesBetweenTypes, "a moved block between types") {
        return;
    }
    let workspace = Workspace::new("faulty");
    workspace.write("resource \"terraform_data\" \"old\" {\n  input = \"a\"\n}\n");
    workspace.apply().ok().says("1 added");
    let moved = "moved {\n  from = terraform_data.old\n  to = faulty_thing.it\n}\n";
    workspace.write(&format!(
        "{moved}resource \"faulty_thing\" \"it\" {{\n  name = \"a\"\n}}\n"
    ));
    workspace
        .apply()
        .ok()
        .says("terraform_data.old has moved to faulty_thing.it")
        .says("0 added, 0 changed, 0 destroyed");
    let instance = workspace.instance().expect("the state has the object");
    assert_eq!(instance["attributes"]["id"], json!("thing-a"));
    workspace.plan().ok().says("No changes");
}

#[test]
fn terraform_reads_data_sources_and_calls_functions() {
    let workspace = Workspace::new("faulty");
    workspace.write(
        "data \"faulty_echo\" \"it\" {\n  input = \"hello\"\n}\n\
         output \"it\" {\n  value = provider::faulty::join(\"-\", data.faulty_echo.it.output, \"b\")\n}\n",
    );
    workspace.apply().ok().says("hello-b");
    workspace.write("output \"it\" {\n  value = provider::faulty::join(null, \"a\", \"\")\n}\n");
    workspace
        .apply()
        .fails()
        .says("Empty part")
        .says("Invalid value for \"parts\"");
}

#[test]
fn terraform_stores_saved_state_and_shows_the_panic_location() {
    let workspace = Workspace::new("faulty");
    workspace.write(&thing("a", "create, saved, panics"));
    workspace
        .apply()
        .fails()
        .says("the thing fell apart")
        .says("examples/faulty/provider.rs:");
    let instance = workspace.instance().expect("the object is in the state");
    assert_eq!(instance["status"], json!("tainted"));
    assert_eq!(instance["attributes"]["id"], json!("thing-a"));
    assert!(instance["private"].is_string(), "{instance}");

    workspace.write(&thing("a", "create fails"));
    workspace.apply().fails().says("Out of things");
    assert_eq!(workspace.instance(), None, "the tainted object is deleted");
}

#[test]
fn terraform_keeps_the_prior_state_of_a_failed_update_and_a_failed_delete() {
    let workspace = Workspace::new("faulty");
    workspace.write(&thing("a", "delete fails"));
    workspace.apply().ok();
    let before = workspace.instance().unwrap();
    workspace.destroy().fails().says("Cannot delete it");
    assert_eq!(workspace.instance().unwrap(), before);

    workspace.write(&thing("b", "update panics"));
    workspace.apply().fails().says("the thing snapped");
    assert_eq!(workspace.instance().unwrap(), before);

    workspace.write(&thing("b", "delete, saved, fails"));
    workspace.apply().ok();
    workspace.destroy().fails().says("Half of it remains");
    let half = workspace.instance().unwrap();
    assert_eq!(half["attributes"]["size"], json!("half"));
    assert!(half["private"].is_string(), "{half}");
    assert_eq!(half.get("status"), None, "a failed delete does not taint");
}

#[test]
fn terraform_shows_the_sdks_error_for_an_inconsistent_provider() {
    let workspace = Workspace::new("faulty");
    workspace.write(&thing("a", "plan changes a configured value"));
    workspace
        .plan()
        .fails()
        .says("made an invalid plan")
        .says("faulty_thing.it");
    workspace.write(&thing("a", "create returns another name"));
    workspace
        .apply()
        .fails()
        .says("returned a result that differs from its plan");
    assert_eq!(workspace.instance().unwrap()["status"], json!("tainted"));
}

#[test]
fn interrupted_terraform_stores_the_saved_state() {
    let workspace = Workspace::new("faulty");
    workspace.write(&thing("a", "create, saved, waits"));
    let mut apply = workspace
        .command(&["apply", "-auto-approve", "-no-color", "-input=false"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(apply.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("Still creating") && !line.contains("Creating...") {
        line.clear();
        assert!(
            stdout.read_line(&mut line).unwrap() > 0,
            "the create starts"
        );
    }
    // Terraform prints this before it makes the call, and would skip a call that it has not made
    // yet.
    std::thread::sleep(std::time::Duration::from_millis(500));
    let pid = rustix::process::Pid::from_child(&apply);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    let output = apply.wait_with_output().unwrap();
    let errors = words(&String::from_utf8_lossy(&output.stderr));

    assert!(errors.contains("The thing is incomplete"), "{rest}{errors}");
    let instance = workspace.instance().expect("the object is in the state");
    assert_eq!(instance["attributes"]["id"], json!("thing-a"));
    assert_eq!(instance["status"], json!("tainted"));
}
