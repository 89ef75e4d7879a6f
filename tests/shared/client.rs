//! The client that the tests run: the Terraform or OpenTofu that `JITI_TERRAFORM` names, else the
//! `terraform` on PATH.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

/// A Terraform or an OpenTofu.
#[derive(Debug)]
pub struct TerraformClient {
    program: PathBuf,
    is_opentofu: bool,
    version: (u32, u32),
}

/// What only some clients have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// `action` blocks, `action_trigger`, and `apply -invoke`.
    Actions,
    /// Imports by identity.
    Identity,
    /// `moved` blocks between resource types.
    MovesBetweenTypes,
    /// `terraform query` and `list` blocks.
    Query,
    /// Write-only attributes, and the `ephemeral` blocks whose values they take.
    WriteOnly,
}

impl Feature {
    /// The first version of Terraform that has it.
    fn since_terraform(self) -> (u32, u32) {
        match self {
            Self::Actions | Self::Query => (1, 14),
            Self::Identity => (1, 12),
            Self::MovesBetweenTypes => (1, 8),
            Self::WriteOnly => (1, 11),
        }
    }

    /// The first version of OpenTofu that has it; `None` if none has.
    fn since_opentofu(self) -> Option<(u32, u32)> {
        match self {
            Self::Actions | Self::Query => None,
            Self::Identity => Some((1, 12)),
            Self::MovesBetweenTypes => Some((1, 10)),
            Self::WriteOnly => Some((1, 11)),
        }
    }
}

/// The client of this test run.
pub fn client() -> &'static TerraformClient {
    static CLIENT: OnceLock<TerraformClient> = OnceLock::new();
    CLIENT.get_or_init(|| TerraformClient::at(program()))
}

#[expect(
    clippy::disallowed_methods,
    reason = "only the environment names the program that the tests run"
)]
fn program() -> PathBuf {
    if let Some(program) = std::env::var_os("JITI_TERRAFORM").filter(|value| !value.is_empty()) {
        let program = PathBuf::from(program);
        // A lease records the name of the program, and a teardown looks it up on PATH.
        let name = program.file_name();
        assert!(
            program.is_absolute() && name.is_some_and(|name| name == "terraform" || name == "tofu"),
            "JITI_TERRAFORM has to be the absolute path of a program named terraform or tofu: {}",
            program.display()
        );
        return program;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut programs = std::env::split_paths(&path).map(|folder| folder.join("terraform"));
    programs
        .find(|program| program.is_file())
        .expect("these tests need terraform on PATH, or JITI_TERRAFORM=/path/to/terraform-or-tofu")
}

impl TerraformClient {
    fn at(program: PathBuf) -> Self {
        let output = Command::new(&program)
            .arg("version")
            .env("CHECKPOINT_DISABLE", "1")
            .env_remove("TF_CLI_ARGS")
            .env_remove("TF_LOG")
            .output();
        let output = output.unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let (is_opentofu, version) =
            parse_version(&text).unwrap_or_else(|| panic!("{} version: {text}", program.display()));
        Self {
            program,
            is_opentofu,
            version,
        }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// The folder of the program, which goes first in the PATH of what looks for it there.
    pub fn folder(&self) -> &Path {
        self.program.parent().expect("an absolute path")
    }

    pub fn is_opentofu(&self) -> bool {
        self.is_opentofu
    }

    /// The host of a provider's address without one.
    pub fn registry(&self) -> &'static str {
        match self.is_opentofu {
            true => "registry.opentofu.org",
            false => "registry.terraform.io",
        }
    }

    pub fn has(&self, feature: Feature) -> bool {
        let since = match self.is_opentofu {
            true => feature.since_opentofu(),
            false => Some(feature.since_terraform()),
        };
        since.is_some_and(|since| self.version >= since)
    }

    /// Whether it has a feature. If not, prints which part of a test does not run.
    #[must_use]
    pub fn runs(&self, feature: Feature, part: &str) -> bool {
        let has = self.has(feature);
        if !has {
            let (major, minor) = self.version;
            let name = if self.is_opentofu {
                "OpenTofu"
            } else {
                "Terraform"
            };
            // Unlike `eprintln`, this is not captured when the test passes.
            let _ = writeln!(
                std::io::stderr(),
                "skipped: {name} {major}.{minor} has no {feature:?}: {part}"
            );
        }
        has
    }
}

/// The product and the version in the output of `version`, which warnings may precede.
fn parse_version(text: &str) -> Option<(bool, (u32, u32))> {
    text.lines().find_map(|line| {
        let (product, version) = line.split_once(" v")?;
        let is_opentofu = match product {
            "Terraform" => false,
            "OpenTofu" => true,
            _ => return None,
        };
        let mut parts = version.split('.');
        let major = parts.next()?.parse().ok()?;
        let minor = parts.next()?.parse().ok()?;
        Some((is_opentofu, (major, minor)))
    })
}

/// The schemas of a provider in the output of `providers schema -json`.
pub fn schemas_of<'s>(schemas: &'s Value, provider: &str) -> &'s Value {
    let address = format!("{}/{provider}", client().registry());
    &schemas["provider_schemas"][address]
}
