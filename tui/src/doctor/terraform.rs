//! Checks which of Terraform and OpenTofu are on the `PATH`, and their versions.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde::Deserialize;
use stack::terraform::json_document;
use tokio::process::Command;

use super::Finding;

const PART: &str = "terraform";

/// The first version with provider functions, which the examples use.
const MIN_VERSION: (u32, u32) = (1, 8);

/// The time limit for a program to print its version.
const VERSION_TIMEOUT: Duration = Duration::from_secs(10);

/// The part of the output of `version -json` that matters. OpenTofu uses the same field.
#[derive(Deserialize)]
struct VersionOutput {
    terraform_version: String,
}

/// Runs each program to get its version, unless jiti must not run any.
pub(super) async fn check(path: &[PathBuf], may_run: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in ["terraform", "tofu"] {
        if let Some(program) = find(path, name) {
            findings.push(if may_run {
                examine(&program).await
            } else {
                let place = program.display();
                let found = format!("{place}, version unknown: --read-only runs no program");
                Finding::ok(PART, found)
            });
        }
    }
    if findings.is_empty() {
        findings.push(Finding::broken(
            PART,
            "neither terraform nor tofu is on the PATH, so this machine can apply and destroy nothing",
            "install Terraform or OpenTofu 1.8 or later, or add its folder to PATH",
        ));
    }
    findings
}

/// The first executable program of this name.
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
            let found = format!("cannot get the version of {place}: {problem}");
            return Finding::broken(
                PART,
                found,
                format!("run `{place} version` and fix what it reports"),
            );
        }
    };
    match major_minor(&version) {
        Some(number) if number >= MIN_VERSION => Finding::ok(PART, format!("{version} at {place}")),
        _ => Finding::advice(
            PART,
            format!(
                "{version} at {place} is older than 1.8 and does not support provider functions"
            ),
            "install version 1.8 or later",
        ),
    }
}

async fn version(program: &Path) -> Result<String, String> {
    let mut command = Command::new(program);
    command
        .args(["version", "-json"])
        // Keeps it from checking a server for a newer version.
        .env("CHECKPOINT_DISABLE", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(VERSION_TIMEOUT, command.output())
        .await
        .map_err(|_| format!("no answer within {} s", VERSION_TIMEOUT.as_secs()))?
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(output.status.to_string());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let output: VersionOutput =
        serde_json::from_str(json_document(&text)).map_err(|error| error.to_string())?;
    Ok(output.terraform_version)
}

/// The major and minor number of a version.
fn major_minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split(['.', '-']).map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Versions are compared as numbers; anything else is not a version.
    #[test]
    fn versions_are_numbers() {
        assert!(major_minor("1.11.4") >= Some(MIN_VERSION));
        assert!(major_minor("1.8.0-rc1") >= Some(MIN_VERSION));
        assert!(major_minor("1.7.5") < Some(MIN_VERSION));
        assert_eq!(major_minor("dev"), None);
    }
}
