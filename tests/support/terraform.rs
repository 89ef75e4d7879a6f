//! The real terraform, in a root module of a sandbox.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use test_support::client::client;

use crate::sandbox::{self, CommandOutput, Sandbox};

/// A configuration with the provider and a lease of the application `checkout`, `jiti_stack.this`.
/// `more` adds arguments to it, one a line.
pub fn lease(name: &str, more: &str) -> String {
    format!(
        r#"
provider "jiti" {{}}

resource "jiti_stack" "this" {{
  name    = "{name}"
  app     = "checkout"
  version = "1"
  owner   = "ana@example.com"
  ttl     = "8h"
  {more}
}}
"#
    )
}

/// A root module.
pub struct Root<'a> {
    sandbox: &'a Sandbox,
    pub dir: PathBuf,
}

impl<'a> Root<'a> {
    pub fn new(sandbox: &'a Sandbox, name: &str, configuration: &str) -> Self {
        let dir = sandbox.path(name);
        std::fs::create_dir_all(&dir).unwrap();
        let root = Self { sandbox, dir };
        std::fs::write(
            root.dir.join("terraform.tf"),
            "terraform {\n  required_providers {\n    jiti = { source = \"jiti-dev/jiti\" }\n  }\n}\n",
        )
        .unwrap();
        root.write(configuration);
        root.initialise();
        root
    }

    /// Prepares the folder as `terraform init` does.
    ///
    /// Every `init` of a test run would install the same provider, so only the first one runs.
    /// Later roots get its lock file and a link to the provider.
    fn initialise(&self) {
        static LOCK_FILE: OnceLock<Vec<u8>> = OnceLock::new();
        let path = self.path(".terraform.lock.hcl");
        let content = LOCK_FILE.get_or_init(|| {
            self.run(&["init", "-input=false"]).ok();
            std::fs::read(&path).unwrap()
        });
        if !path.exists() {
            std::fs::write(&path, content).unwrap();
            let package = sandbox::provider_package();
            let installed = self.path(".terraform/providers").join(&package);
            std::fs::create_dir_all(installed.parent().unwrap()).unwrap();
            let mirrored = self.sandbox.path("mirror").join(&package);
            std::os::unix::fs::symlink(mirrored, installed).unwrap();
        }
    }

    /// The root module in a folder of the sandbox, as it is.
    pub fn existing(sandbox: &'a Sandbox, folder: &Path) -> Self {
        let dir = sandbox.path(folder);
        Self { sandbox, dir }
    }

    /// Creates and initialises a root module from the configuration files of a folder.
    pub fn copied(sandbox: &'a Sandbox, name: &str, folder: &Path) -> Self {
        let root = Self {
            sandbox,
            dir: sandbox.path(name),
        };
        std::fs::create_dir_all(&root.dir).unwrap();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "tf") {
                std::fs::copy(&path, root.dir.join(path.file_name().unwrap())).unwrap();
            }
        }
        root.run(&["init", "-input=false"]).ok();
        root
    }

    /// Replaces the configuration.
    pub fn write(&self, configuration: &str) {
        std::fs::write(self.dir.join("main.tf"), configuration).unwrap();
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.join(name)
    }

    /// A terraform command with these arguments, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.sandbox.command(client().program());
        command
            .args(arguments)
            .arg("-no-color")
            .current_dir(&self.dir);
        command
    }

    #[must_use = "either read the output or assert the exit status"]
    pub fn run(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(&mut self.command(arguments))
    }

    #[must_use = "either read the output or assert the exit status"]
    pub fn apply(&self) -> CommandOutput {
        self.run(&["apply", "-auto-approve", "-input=false"])
    }

    #[must_use = "either read the output or assert the exit status"]
    pub fn destroy(&self) -> CommandOutput {
        self.run(&["destroy", "-auto-approve", "-input=false"])
    }

    #[must_use = "either read the output or assert the exit status"]
    pub fn plan(&self) -> CommandOutput {
        self.run(&["plan", "-input=false", "-detailed-exitcode"])
    }

    /// Asserts that a plan finds no changes, neither in resources nor in outputs.
    #[track_caller]
    pub fn plan_is_empty(&self) {
        self.plan().exits(0).says("No changes.");
        self.run(&[
            "plan",
            "-refresh-only",
            "-input=false",
            "-detailed-exitcode",
        ])
        .exits(0)
        .says("No changes.");
    }

    /// A plan in its JSON form.
    #[track_caller]
    pub fn plan_json(&self) -> Value {
        self.run(&["plan", "-input=false", "-out=plan"]).ok();
        serde_json::from_str(&self.run(&["show", "-json", "plan"]).ok().stdout).unwrap()
    }

    /// The planned actions on a resource: `["create"]`, `["update"]`, `["delete", "create"]`,
    /// `["no-op"]`.
    #[track_caller]
    pub fn planned_actions(&self, address: &str) -> Vec<String> {
        let plan = self.plan_json();
        let change = plan["resource_changes"]
            .as_array()
            .and_then(|changes| changes.iter().find(|change| change["address"] == address))
            .unwrap_or_else(|| panic!("no {address} in the plan"));
        serde_json::from_value(change["change"]["actions"].clone()).unwrap()
    }

    /// The attributes of a resource in the state; `None` if the state does not contain it.
    pub fn attributes(&self, address: &str) -> Option<Value> {
        let state: Value = serde_json::from_str(&self.run(&["show", "-json"]).ok().stdout).unwrap();
        state["values"]["root_module"]["resources"]
            .as_array()?
            .iter()
            .find(|resource| resource["address"] == address)
            .map(|resource| resource["values"].clone())
    }

    /// Starts terraform in the background, in its own process group so that a Ctrl-C reaches all of
    /// it.
    pub fn spawn(&self, arguments: &[&str]) -> Running {
        use std::os::unix::process::CommandExt;
        let command = &mut self.command(arguments);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        Running {
            child,
            command: format!("{command:?}"),
        }
    }
}

/// A running terraform.
pub struct Running {
    pub child: Child,
    command: String,
}

impl Running {
    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    /// Sends what Ctrl-C sends: SIGINT to terraform and to the provider.
    pub fn interrupt(&self) {
        rustix::process::kill_process_group(self.pid(), rustix::process::Signal::INT).unwrap();
    }

    /// Sends SIGKILL to terraform alone.
    pub fn kill(&self) {
        rustix::process::kill_process(self.pid(), rustix::process::Signal::KILL).unwrap();
    }

    pub fn wait(self) -> CommandOutput {
        let output = self.child.wait_with_output().unwrap();
        CommandOutput::from_output(self.command, &output)
    }
}
