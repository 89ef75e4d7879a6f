//! The transport with the real Terraform.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use test_support::client::client;
use tokio::process::Command;

use crate::probe::{ProbeCommand, eventually, executable};

const RESOURCE: &str = r#"
resource "probe_echo" "this" { text = "hello" }
output "answer" { value = provider::probe::echo("called") }
"#;

/// A configuration in its own folder, and a Terraform that uses only that folder.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn new(configuration: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("probe")
            .tempdir_in("/tmp")
            .unwrap();
        let main = format!(
            r#"terraform {{
  required_providers {{
    probe = {{ source = "example/probe" }}
  }}
}}
{configuration}"#
        );
        std::fs::write(folder.path().join("main.tf"), main).unwrap();
        std::fs::write(folder.path().join("terraform.rc"), "").unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Installs the probe for Terraform.
    fn install(&self) {
        let plugins = self.path().join("plugins");
        std::fs::create_dir(&plugins).unwrap();
        std::os::unix::fs::symlink(executable(), plugins.join("terraform-provider-probe")).unwrap();
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{ \"example/probe\" = \"{}\" }}\n}}\n",
            plugins.display()
        );
        std::fs::write(self.path().join("terraform.rc"), settings).unwrap();
    }

    fn terraform(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(client().program());
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("HOME", self.path())
            .env("TMPDIR", self.path())
            .env("TF_CLI_CONFIG_FILE", self.path().join("terraform.rc"))
            .env("TF_DATA_DIR", self.path().join("data"))
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Whether a provider has a socket in this sandbox, because it is running or was killed.
    fn has_sockets(&self) -> bool {
        let entries = std::fs::read_dir(self.path()).unwrap();
        entries.flatten().any(|entry| {
            let name = entry.file_name();
            name.to_string_lossy().starts_with("plugin") && name != "plugins"
        })
    }
}

async fn outcome(mut command: Command) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().await.expect("terraform starts");
    let output = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.success(), output)
}

fn assert_planned(success: bool, output: &str) {
    assert!(success, "{output}");
    assert!(output.contains("Plan: 1 to add"), "{output}");
    assert!(output.contains(r#"answer = "called""#), "{output}");
}

#[tokio::test]
async fn terraform_starts_the_provider() {
    let sandbox = Sandbox::new(RESOURCE);
    sandbox.install();
    let (success, output) = outcome(sandbox.terraform(&["plan", "-no-color"])).await;
    assert_planned(success, &output);
    assert!(
        !sandbox.has_sockets(),
        "a provider was killed or did not clean up"
    );
}

#[tokio::test]
async fn terraform_works_without_tls() {
    let sandbox = Sandbox::new(RESOURCE);
    sandbox.install();
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    command.env("TF_DISABLE_PLUGIN_TLS", "1");
    let (success, output) = outcome(command).await;
    assert_planned(success, &output);
}

#[tokio::test]
async fn terraform_parses_the_log_lines() {
    let sandbox = Sandbox::new(r#"output "answer" { value = provider::probe::log("called") }"#);
    sandbox.install();
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    command.env("TF_LOG_PROVIDER", "info");
    let (success, output) = outcome(command).await;
    assert!(success, "{output}");
    let line = output
        .lines()
        .find(|line| line.contains("the probe was asked to log"))
        .expect("the line exists");
    assert!(
        line.contains(
            "[INFO]  provider.terraform-provider-probe: the probe was asked to log: called:"
        ),
        "{line}"
    );
    assert!(
        line.contains("answer=42") && line.contains("@module=provider.transport_probe"),
        "{line}"
    );
}

#[tokio::test]
async fn terraform_shows_a_panic() {
    let sandbox = Sandbox::new(r#"output "answer" { value = provider::probe::panic("tests") }"#);
    sandbox.install();
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    // OpenTofu 1.12 prints no stack trace after its error: it looks for the trace among the debug
    // messages, and the trace has been an error message since go-plugin 1.7. The log has it.
    if client().is_opentofu() {
        command.env("TF_LOG_PROVIDER", "error");
    }
    let (success, output) = outcome(command).await;
    assert!(!success, "{output}");
    let introduction = match client().is_opentofu() {
        true => "The provider panicked: the probe was asked to",
        false => "Stack trace from the terraform-provider-probe plugin",
    };
    assert!(output.contains(introduction), "{output}");
    assert!(
        output.contains("panic: the probe was asked to at "),
        "{output}"
    );
}

#[tokio::test]
async fn terraform_attaches_to_a_running_provider() {
    let sandbox = Sandbox::new(RESOURCE);
    let mut start = ProbeCommand::plaintext();
    start.environment.remove("TF_PLUGIN_MAGIC_COOKIE");
    start.arguments.push("--debug".to_owned());
    let mut probe = start.start();
    let setting = loop {
        let line = probe.line().await;
        assert_ne!(
            line,
            "",
            "no setting in the output; stderr: {}",
            probe.stderr()
        );
        if let Some(setting) = line.trim_end().strip_prefix("TF_REATTACH_PROVIDERS=") {
            break setting.trim_matches('\'').to_owned();
        }
    };
    for arguments in [
        ["init", "-no-color"],
        ["plan", "-no-color"],
        ["plan", "-no-color"],
    ] {
        let mut command = sandbox.terraform(&arguments);
        command.env("TF_REATTACH_PROVIDERS", &setting);
        let (success, output) = outcome(command).await;
        assert!(success, "{output}");
        if arguments[0] == "plan" {
            assert_planned(success, &output);
        }
    }
    assert!(
        probe.child.try_wait().unwrap().is_none(),
        "an attached provider must outlive Terraform"
    );
    probe.signal(Signal::INT);
    assert_eq!(probe.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_provider_exits_when_terraform_is_killed() {
    let sandbox = Sandbox::new("");
    let marker = sandbox.path().join("marker");
    let main = sandbox.path().join("main.tf");
    let mut configuration = std::fs::read_to_string(&main).unwrap();
    configuration.push_str(&format!(
        "output \"answer\" {{ value = provider::probe::work({marker:?}) }}\n"
    ));
    std::fs::write(&main, configuration).unwrap();
    sandbox.install();
    let log = sandbox.path().join("log");
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.env("TF_LOG", "trace").env("TF_LOG_PATH", &log);
    let mut terraform = command.spawn().expect("terraform starts");
    eventually(
        "the function is being called",
        Duration::from_secs(30),
        || {
            std::fs::read_to_string(&log)
                .unwrap_or_default()
                .contains("CallFunction")
        },
    )
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;

    terraform.start_kill().unwrap();
    terraform.wait().await.unwrap();
    eventually("the call has cleaned up", Duration::from_secs(3), || {
        marker.exists()
    })
    .await;
    eventually("all providers have exited", Duration::from_secs(3), || {
        !sandbox.has_sockets()
    })
    .await;
}
