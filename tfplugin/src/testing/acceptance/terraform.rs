//! Terraform in the folders of one acceptance test: where it finds the provider, and what it says.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::root::{Outcome, Root};
use crate::diag::{Failure, Result};

/// The version under which the provider is in the mirror.
const VERSION: &str = "0.0.1";

/// Whether a variable changes what Terraform does or where it looks. Those belong to the user, not
/// to a test.
fn is_users_variable(name: &str) -> bool {
    let names = [
        "TF_DATA_DIR",
        "TF_LOG",
        "TF_PLUGIN_CACHE_DIR",
        "TF_REATTACH_PROVIDERS",
        "TF_WORKSPACE",
    ];
    names.contains(&name) || name.starts_with("TF_CLI_ARGS")
}

/// Terraform, and the folders that it works in.
pub(super) struct Terraform {
    folder: TempDir,
    new_command: Box<dyn Fn() -> Command + Send>,
    environment: Vec<(String, String)>,
    /// The `terraform` block of each root module.
    requirements: String,
}

impl Terraform {
    /// Runs a program with a mirror that contains only this provider.
    pub(super) fn with_mirror(address: &str, provider: &Path, program: PathBuf) -> Result<Self> {
        let name = provider_name(address)?.to_owned();
        let without_mirror = program.clone();
        let new_command = Box::new(move || Command::new(&without_mirror));
        let mut terraform = Self::with_command(address, new_command)?;
        let mirror = terraform.folder.path().join("mirror");
        let package = mirror.join(address).join(VERSION).join(platform()?);
        fs::create_dir_all(&package)?;
        let suffix = std::env::consts::EXE_SUFFIX;
        let binary = package.join(format!("terraform-provider-{name}_v{VERSION}{suffix}"));
        install(&provider.canonicalize()?, &binary)?;
        let config = terraform.folder.path().join("cli.tfrc.json");
        let installation = json!([{ "filesystem_mirror": [{ "path": mirror }] }]);
        let content = json!({ "provider_installation": installation });
        fs::write(&config, content.to_string())?;
        terraform.new_command = Box::new(move || {
            let mut command = Command::new(&program);
            for (variable, _) in std::env::vars_os() {
                if variable.to_str().is_some_and(is_users_variable) {
                    command.env_remove(variable);
                }
            }
            command.env("TF_CLI_CONFIG_FILE", &config);
            command
        });
        Ok(terraform)
    }

    /// Runs Terraform by this command.
    pub(super) fn with_command(
        address: &str,
        new_command: Box<dyn Fn() -> Command + Send>,
    ) -> Result<Self> {
        let name = provider_name(address)?;
        let requirement = format!("    {name} = {{ source = \"{address}\" }}\n");
        Ok(Self {
            folder: tempfile::tempdir()?,
            new_command,
            environment: Vec::new(),
            requirements: format!("terraform {{\n  required_providers {{\n{requirement}  }}\n}}\n"),
        })
    }

    pub(super) fn set_env(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Creates a root module without a configuration.
    pub(super) fn root(&self, name: &str) -> Result<Root> {
        let folder = self.folder.path().join(name);
        fs::create_dir(&folder)?;
        fs::write(folder.join("terraform.tf"), &self.requirements)?;
        Ok(Root { folder })
    }

    /// Replaces the configuration of a root module, and initialises the module if that is new.
    ///
    /// All modules share one data folder and one lock file, so that only the first one installs the
    /// provider.
    pub(super) fn write(&self, root: &Root, config: &str) -> Result<()> {
        fs::write(root.folder.join("main.tf"), config)?;
        let (lock, shared) = (
            root.folder.join(LOCK_FILE),
            self.folder.path().join(LOCK_FILE),
        );
        if lock.exists() {
            return Ok(());
        }
        if shared.exists() {
            fs::copy(&shared, &lock)?;
        } else {
            self.run(root, &["init", "-input=false"])?.ok()?;
            fs::copy(&lock, &shared)?;
        }
        Ok(())
    }

    /// Runs a command in a root module.
    pub(super) fn run(&self, root: &Root, arguments: &[&str]) -> Result<Outcome> {
        let mut command = (self.new_command)();
        let environment = self.environment.iter().map(|(name, value)| (name, value));
        command
            .args(arguments)
            .current_dir(&root.folder)
            .env("TF_CLI_ARGS", "-no-color")
            .env("TF_DATA_DIR", self.data_folder())
            .env("TF_IN_AUTOMATION", "1")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(environment)
            .stdin(Stdio::null());
        let output = command.output().map_err(|error| {
            let detail = format!("Terraform must be installed and on the PATH: {error}");
            Failure::new("Cannot run terraform", detail)
        })?;
        Ok(Outcome::new(arguments.join(" "), &output))
    }

    /// The major and the minor version.
    pub(super) fn version(&self) -> Result<(u32, u32)> {
        let root = Root {
            folder: self.folder.path().to_owned(),
        };
        let versions = self.run(&root, &["version", "-json"])?.ok()?.json()?;
        let version = versions["terraform_version"].as_str().unwrap_or_default();
        let mut parts = version.split('.').map(str::parse);
        match (parts.next(), parts.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => Ok((major, minor)),
            _ => Err(Failure::new(
                "Terraform has no version",
                versions.to_string(),
            )),
        }
    }

    /// The change of a resource in a plan, in its JSON form.
    pub(super) fn planned_change(&self, root: &Root, address: &str) -> Result<Json> {
        let plan = ["plan", "-input=false", "-out=change.tfplan"];
        self.run(root, &plan)?.ok()?;
        let plan = self.run(root, &["show", "-json", "change.tfplan"])?;
        let plan = plan.ok()?.json()?;
        let changes = plan["resource_changes"].as_array();
        let mut changes = changes.into_iter().flatten();
        match changes.find(|change| change["address"] == address) {
            Some(change) => Ok(change["change"].clone()),
            None => Err(Failure::new("The plan has no such resource", address)),
        }
    }

    /// The attributes of a resource or a data source in the state of a root module.
    pub(super) fn attributes(&self, root: &Root, address: &str) -> Result<Json> {
        let state = self.run(root, &["show", "-json"])?.ok()?.json()?;
        let resources = state["values"]["root_module"]["resources"].as_array();
        let mut resources = resources.into_iter().flatten();
        match resources.find(|resource| resource["address"] == address) {
            Some(resource) => Ok(resource["values"].clone()),
            None => Err(Failure::new("The state has no such object", address)),
        }
    }

    fn data_folder(&self) -> PathBuf {
        self.folder.path().join("data")
    }
}

impl fmt::Debug for Terraform {
    /// Prints no variables: they may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terraform")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

const LOCK_FILE: &str = ".terraform.lock.hcl";

#[cfg(unix)]
fn install(provider: &Path, binary: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(provider, binary)
}

/// Only administrators may create links on every version of Windows.
#[cfg(not(unix))]
fn install(provider: &Path, binary: &Path) -> std::io::Result<()> {
    fs::copy(provider, binary).map(drop)
}

/// The last part of an address.
fn provider_name(address: &str) -> Result<&str> {
    match address.split('/').collect::<Vec<_>>()[..] {
        [_, _, name] => Ok(name),
        _ => Err(Failure::new(
            "Invalid provider address",
            format!("{address:?} must be HOST/NAMESPACE/NAME."),
        )),
    }
}

/// Terraform's name of this platform, such as `linux_amd64`.
fn platform() -> Result<String> {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => {
            return Err(Failure::new(
                "Terraform does not run on this platform",
                other,
            ));
        }
    };
    Ok(format!("{system}_{architecture}"))
}
