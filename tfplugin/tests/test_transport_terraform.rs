//! Holds that the real Terraform gets along with the transport, however it finds the provider.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use tempfile::TempDir;
use tokio::process::Command;

use crate::probe::{Start, eventually, executable};

const RESOURCE: &str = r#"
resource "probe_echo" "this" { text = "hello" }
output "answer" { value = provider::probe::echo("called") }
"#;

/// A configuration in a folder of its own, and a Terraform that sees nothing but that.
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

    /// Puts the probe where Terraform is told to look for it.
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

    #[expect(
        clippy::disallowed_methods,
        reason = "the test finds terraform where its user does"
    )]
    fn terraform(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("terraform");
        command
            .args(arguments)
            .current_dir(self.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
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

    /// Whether a provider has its socket in this sandbox, that is, is alive or was killed.
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
    } = command
        .output()
        .await
        .expect("this test runs the real terraform: there is none on PATH. Install 1.8 or later");
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    (status.success(), said)
}

fn assert_planned(success: bool, said: &str) {
    assert!(success, "{said}");
    assert!(said.contains("Plan: 1 to add"), "{said}");
    assert!(said.contains(r#"answer = "called""#), "{said}");
}

#[tokio::test]
async fn terraform_plans_with_a_provider_that_it_starts() {
    let sandbox = Sandbox::new(RESOURCE);
    sandbox.install();
    let (success, said) = outcome(sandbox.terraform(&["plan", "-no-color"])).await;
    assert_planned(success, &said);
    assert!(
        !sandbox.has_sockets(),
        "a provider was killed, or did not clean up"
    );
}

#[tokio::test]
async fn terraform_plans_without_tls() {
    let sandbox = Sandbox::new(RESOURCE);
    sandbox.install();
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    command.env("TF_DISABLE_PLUGIN_TLS", "1");
    let (success, said) = outcome(command).await;
    assert_planned(success, &said);
}

#[tokio::test]
async fn terraform_reads_our_log_lines_as_its_own() {
    let sandbox = Sandbox::new(r#"output "answer" { value = provider::probe::log("called") }"#);
    sandbox.install();
    let mut command = sandbox.terraform(&["plan", "-no-color"]);
    command.env("TF_LOG_PROVIDER", "info");
    let (success, said) = outcome(command).await;
    assert!(success, "{said}");
    let line = said
        .lines()
        .find(|line| line.contains("the probe was asked to log"))
        .expect("the line is there");
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
async fn terraform_shows_its_user_where_a_provider_panicked() {
    let sandbox = Sandbox::new(r#"output "answer" { value = provider::probe::panic("tests") }"#);
    sandbox.install();
    let (success, said) = outcome(sandbox.terraform(&["plan", "-no-color"])).await;
    assert!(!success, "{said}");
    assert!(
        said.contains("Stack trace from the terraform-provider-probe plugin"),
        "{said}"
    );
    assert!(said.contains("panic: the probe was asked to at "), "{said}");
}

#[tokio::test]
async fn terraform_attaches_to_a_provider_that_waits_for_it() {
    let sandbox = Sandbox::new(RESOURCE);
    let mut start = Start::plaintext();
    start.environment.remove("TF_PLUGIN_MAGIC_COOKIE");
    start.arguments.push("--debug".to_owned());
    let mut probe = start.start();
    let setting = loop {
        let line = probe.line().await;
        assert_ne!(
            line,
            "",
            "no setting was printed; stderr: {}",
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
        let (success, said) = outcome(command).await;
        assert!(success, "{said}");
        if arguments[0] == "plan" {
            assert_planned(success, &said);
        }
    }
    assert!(
        probe.child.try_wait().unwrap().is_none(),
        "Terraform's end is not the end of an attached provider"
    );
    probe.signal(Signal::INT);
    assert_eq!(probe.exit_code().await, Some(0));
}

#[tokio::test]
async fn a_provider_does_not_outlive_a_terraform_that_is_killed() {
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
    let mut terraform = command.spawn().expect("terraform is on PATH");
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
    eventually("the call has unwound", Duration::from_secs(3), || {
        marker.exists()
    })
    .await;
    eventually("all providers have ended", Duration::from_secs(3), || {
        !sandbox.has_sockets()
    })
    .await;
}
