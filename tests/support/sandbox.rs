//! An isolated environment for one test: folders, variables, binaries and ledger. It never uses the
//! user's own.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;
use test_support::client::client;
use tfplugin::testing::Acceptance;

use crate::mirror;
use crate::terraform::Root;

/// The provider's address.
fn provider_address() -> String {
    format!("{}/jiti-dev/jiti", client().registry())
}

/// A temporary folder with everything that terraform and jiti read or write.
pub struct Sandbox {
    dir: TempDir,
    ledger: PathBuf,
    environment: Mutex<Vec<(String, String)>>,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    pub fn new() -> Self {
        let dir = tempfile::Builder::new()
            .prefix("jiti-e2e-")
            .tempdir()
            .unwrap();
        let sandbox = Self {
            ledger: dir.path().join("ledger.db"),
            dir,
            environment: Mutex::default(),
        };
        // Scripts, guides and `jiti check` run `terraform`.
        if client().is_opentofu() {
            let clients = sandbox.clients();
            std::fs::create_dir_all(&clients).unwrap();
            std::os::unix::fs::symlink(client().program(), clients.join("terraform")).unwrap();
        }
        let mirror = sandbox.path("mirror");
        let package = mirror.join(provider_package());
        let version = env!("CARGO_PKG_VERSION");
        std::fs::create_dir_all(&package).unwrap();
        std::fs::create_dir_all(sandbox.path("home")).unwrap();
        std::os::unix::fs::symlink(
            binary("terraform-provider-jiti"),
            package.join(format!("terraform-provider-jiti_v{version}")),
        )
        .unwrap();
        std::fs::write(
            sandbox.path("terraform.rc"),
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {mirror:?}\n  }}\n}}\n"
            ),
        )
        .unwrap();
        std::fs::write(sandbox.path("config.toml"), "").unwrap();
        sandbox
    }

    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub fn ledger(&self) -> PathBuf {
        self.ledger.clone()
    }

    /// Puts the ledger into a folder of the sandbox, before anything uses it.
    pub fn put_ledger_into(&mut self, folder: &str) {
        self.ledger = self.path(folder).join("ledger.db");
    }

    /// Replaces the config file.
    pub fn config(&self, text: &str) {
        std::fs::write(self.path("config.toml"), text).unwrap();
    }

    /// Sets environment variables for every later command.
    pub fn set(&self, variables: impl IntoIterator<Item = (String, String)>) {
        self.environment.lock().unwrap().extend(variables);
    }

    /// Lets Terraform find the hashicorp/aws provider: in the mirror that `JITI_PROVIDER_MIRROR`
    /// names, otherwise in the registry.
    pub fn with_aws_provider(&self) {
        let own = self.path("mirror");
        #[expect(
            clippy::disallowed_methods,
            reason = "only the environment names the machine's provider mirror"
        )]
        let mirrored = std::env::var_os("JITI_PROVIDER_MIRROR");
        let aws = match mirrored {
            Some(mirror) => {
                let renamed = self.path("mirror-of-this-machine");
                let mirror = mirror::for_client(Path::new(&mirror), renamed);
                format!(
                    "filesystem_mirror {{\n    path = {mirror:?}\n    include = [\"hashicorp/aws\"]\n  }}"
                )
            }
            None => "direct {\n    include = [\"hashicorp/aws\"]\n  }".to_owned(),
        };
        std::fs::write(
            self.path("terraform.rc"),
            format!(
                "provider_installation {{\n  filesystem_mirror {{\n    path = {own:?}\n    include = [\"jiti-dev/jiti\"]\n  }}\n  {aws}\n}}\n"
            ),
        )
        .unwrap();
    }

    /// The folder in which `terraform` is `OpenTofu`, if that is the client of this test run.
    fn clients(&self) -> PathBuf {
        self.path("clients")
    }

    /// Creates and initialises a root module with this configuration. The `terraform` block is
    /// added to it.
    pub fn root(&self, name: &str, configuration: &str) -> Root<'_> {
        Root::new(self, name, configuration)
    }

    /// An acceptance test of the provider, in the sandbox's environment as it is now.
    pub fn acceptance(&self) -> tfplugin::Result<Acceptance> {
        let terraform = self.command(client().program());
        let variables = terraform.get_envs().filter_map(|(name, value)| {
            let (name, value) = (name.to_os_string(), value?.to_os_string());
            Some((name, value))
        });
        let variables: Vec<_> = variables.collect();
        Acceptance::with_command(&provider_address(), move || {
            let mut command = Command::new(client().program());
            command.env_clear().envs(variables.iter().cloned());
            command
        })
    }

    /// A command with only the sandbox's environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::join_paths([
            binary("terraform-provider-jiti")
                .parent()
                .unwrap()
                .to_path_buf(),
            self.clients(),
            client().folder().to_owned(),
            PathBuf::from("/usr/local/bin"),
            PathBuf::from("/usr/bin"),
            PathBuf::from("/bin"),
        ])
        .unwrap();
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.dir.path())
            .env("JITI_LEDGER", self.ledger())
            .env("JITI_CONFIG", self.path("config.toml"))
            .env("TF_CLI_CONFIG_FILE", self.path("terraform.rc"))
            .env("CHECKPOINT_DISABLE", "1")
            .env("TF_IN_AUTOMATION", "1")
            .envs(self.environment.lock().unwrap().iter().cloned())
            .current_dir(self.dir.path());
        command
    }

    /// Runs jiti and waits for it.
    #[must_use = "either read the output or assert the exit status"]
    pub fn jiti(&self, arguments: &[&str]) -> CommandOutput {
        CommandOutput::of(self.command(binary("jiti")).args(arguments))
    }

    /// The processes of the provider and its guards that run in this sandbox.
    pub fn processes(&self) -> Vec<i32> {
        let own = self.own_processes().into_iter();
        own.filter(|pid| {
            let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&command).contains("terraform-provider-jiti")
        })
        .collect()
    }

    /// Every process that runs in this sandbox.
    pub fn own_processes(&self) -> Vec<i32> {
        let own = format!("JITI_LEDGER={}", self.ledger().display());
        let mut found = Vec::new();
        for entry in std::fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry
                .file_name()
                .to_str()
                .and_then(|name| name.parse().ok())
            else {
                continue;
            };
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let ours = environment
                .split(|byte| *byte == 0)
                .any(|pair| pair == own.as_bytes());
            if ours {
                found.push(pid);
            }
        }
        found
    }

    /// The provider's processes without its guards.
    pub fn providers(&self) -> Vec<i32> {
        self.processes()
            .into_iter()
            .filter(|pid| {
                let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
                !String::from_utf8_lossy(&command).contains("guard-command")
            })
            .collect()
    }

    /// The row of a stack in `jiti ls --all --json`.
    pub fn listing(&self, name: &str) -> serde_json::Value {
        let output = self.jiti(&["ls", "--all", "--json"]).ok();
        let rows: Vec<serde_json::Value> = serde_json::from_str(&output.stdout).unwrap();
        rows.into_iter()
            .find(|row| row["name"] == name)
            .unwrap_or_else(|| panic!("no stack {name} in {}", output.stdout))
    }

    /// The kinds of a stack's events, oldest first.
    pub fn events(&self, name: &str) -> Vec<String> {
        let output = self.jiti(&["show", name, "--json"]).ok();
        let shown: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
        shown["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["kind"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The peak resident memory of a process, in kilobytes; 0 if it has ended.
pub fn peak_resident(pid: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// The output and exit code of a finished command.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
    command: String,
}

impl CommandOutput {
    pub fn of(command: &mut Command) -> Self {
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self::from_output(format!("{command:?}"), &output)
    }

    pub fn from_output(command: String, output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            command,
        }
    }

    /// Asserts that the command exited with 0.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.exits(0)
    }

    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "{}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Both outputs, with line breaks and the box drawing of diagnostics replaced by single spaces.
    pub fn text(&self) -> String {
        let all = format!("{}\n{}", self.stdout, self.stderr);
        all.split(|c: char| c.is_whitespace() || "│╷╵".contains(c))
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Asserts that the output contains this text, wherever its lines are broken.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(
            self.text().contains(text),
            "{} does not contain {text:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.stdout,
            self.stderr
        );
        self
    }
}

/// One of the workspace's binaries. They are built first if they are older than their sources.
pub fn binary(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(build).join(name)
}

/// Builds what this test runs, as the command that runs all tests does, and returns its folder.
///
/// The tests of the whole workspace are selected, so that nothing is compiled a second time with
/// other features. Cargo builds the binaries of a package for its integration tests. A benchmark
/// uses the binaries in `JITI_BENCH_BINARIES`. Without it, it builds each binary by itself, as the
/// packages do: built together, the provider would have the clients of all services.
#[expect(
    clippy::disallowed_methods,
    reason = "the run of a benchmark says with the environment which binaries it measures"
)]
fn build() -> PathBuf {
    // This executable is target/PROFILE/deps/runner-HASH.
    let own = std::env::current_exe().unwrap();
    let folder = own.parent().unwrap().parent().unwrap().to_path_buf();
    let is_test = folder.ends_with("debug");
    if let (false, Some(built)) = (is_test, std::env::var_os("JITI_BENCH_BINARIES")) {
        return built.into();
    }
    let selections: &[&str] = if is_test {
        &["test --no-run --workspace --all-features --test runner"]
    } else {
        &[
            "build --release --package tui --bins",
            "build --release --package provider --bins",
        ]
    };
    for selection in selections {
        let built = Command::new(env!("CARGO"))
            .args(selection.split(' '))
            .args(["--quiet", "--locked", "--target-dir"])
            .arg(folder.parent().unwrap())
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
            .status()
            .unwrap();
        assert!(built.success(), "cargo could not build the binaries");
    }
    folder
}

/// The provider's folder below a mirror, and below the providers that `terraform init` installs.
pub(crate) fn provider_package() -> PathBuf {
    let version = env!("CARGO_PKG_VERSION");
    let address = PathBuf::from(provider_address());
    address.join(version).join(platform())
}

/// Terraform's name of this platform, such as `linux_amd64`.
pub(crate) fn platform() -> &'static str {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => "linux_amd64",
        ("linux", "aarch64") => "linux_arm64",
        ("macos", "x86_64") => "darwin_amd64",
        ("macos", "aarch64") => "darwin_arm64",
        other => panic!("no name for {other:?}: add it here"),
    }
}
