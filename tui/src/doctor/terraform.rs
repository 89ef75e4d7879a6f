//! Terraform and OpenTofu: which are on the path, and which version.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::Finding;

const PART: &str = "terraform";

/// From this version on, Terraform and OpenTofu know functions of providers, which the examples use.
const OLDEST: (u32, u32) = (1, 8);

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(10);

/// What `version -json` says, as far as it matters. OpenTofu uses the same name.
#[derive(Deserialize)]
struct Said {
    terraform_version: String,
}

pub(super) async fn look(path: &[PathBuf]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["terraform", "tofu"] {
        if let Some(program) = find(path, name) {
            findings.push(examine(&program).await);
        }
    }
    if findings.is_empty() {
        findings.push(Finding::broken(
            PART,
            "neither terraform nor tofu is on the PATH: nothing can be applied or destroyed from here",
            "install Terraform or OpenTofu 1.8 or later, or add its folder to PATH",
        ));
    }
    findings
}

/// The first program of this name that may be run.
fn find(path: &[PathBuf], name: &str) -> Option<PathBuf> {
    path.iter().map(|folder| folder.join(name)).find(|program| {
        program.is_file() && rustix::fs::access(program, rustix::fs::Access::EXEC_OK).is_ok()
    })
}

async fn examine(program: &Path) -> Finding {
    let place = program.display();
    let version = match version(program).await {
        Ok(version) => version,
        Err(problem) => {
            let found = format!("{place} does not say its version: {problem}");
            return Finding::broken(
                PART,
                found,
                format!("run `{place} version` and mend what it says"),
            );
        }
    };
    match numbers(&version) {
        Some(numbers) if numbers >= OLDEST => Finding::ok(PART, format!("{version} at {place}")),
        _ => Finding::advice(
            PART,
            format!("{version} at {place} is older than 1.8, and knows no functions of providers"),
            "install version 1.8 or later",
        ),
    }
}

async fn version(program: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .args(["version", "-json"])
        // It would otherwise ask a server whether there is a newer one.
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(PATIENCE, command.output())
        .await
        .map_err(|_| format!("no answer within {} s", PATIENCE.as_secs()))?
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    let said: Said = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    Ok(said.terraform_version)
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions are compared as numbers, and what is none is not.
    #[test]
    fn versions_are_numbers() {
        assert!(numbers("1.11.4") >= Some(OLDEST));
        assert!(numbers("1.8.0-rc1") >= Some(OLDEST));
        assert!(numbers("1.7.5") < Some(OLDEST));
        assert_eq!(numbers("dev"), None);
    }
}
