//! The rules in Rego of the configuration and of `--rules`, and what they read.

use std::path::{Path, PathBuf};
use std::time::Duration;

use ::check::{CheckReport, RegoError, RegoFile, RegoInput, RegoRules};
use serde_json::{Value, json};
use stack::Policy;

use crate::error::CommandError;

/// The rules in the files and folders, compiled; `None` if there are none.
pub(super) fn rules(paths: &[PathBuf]) -> Result<Option<RegoRules>, CommandError> {
    let files = files(paths)?;
    if files.is_empty() {
        return Ok(None);
    }
    let rules = RegoRules::compile(&files);
    rules.map(Some).map_err(|error| failed(&error))
}

/// The files with rules. Paths without a single file are an error.
pub(crate) fn files(paths: &[PathBuf]) -> Result<Vec<RegoFile>, CommandError> {
    let mut files = Vec::new();
    for path in paths {
        collect(path, &mut files)?;
    }
    if files.is_empty() && !paths.is_empty() {
        let named: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let text = format!("no file of rules (*.rego) in {}", named.join(", "));
        return Err(CommandError::failed(text));
    }
    Ok(files)
}

/// Evaluates the rules, and adds what they find.
pub(super) fn check(
    rules: &RegoRules,
    input: &Value,
    stack: Value,
    policy: &Policy,
    limit: Duration,
    report: &mut CheckReport,
) -> Result<(), CommandError> {
    let policy = serde_json::to_value(policy);
    let policy =
        policy.map_err(|error| CommandError::failed("cannot write JSON").because(&error))?;
    let input = RegoInput {
        input: input.clone(),
        policy,
        stack,
        prices: json!(report.cost),
    };
    rules
        .check(&input, limit, report)
        .map_err(|error| failed(&error))
}

fn failed(error: &RegoError) -> CommandError {
    CommandError::failed(error.to_string())
}

/// Adds a file, or every file of rules in a folder. Tests of rules are left out.
fn collect(path: &Path, files: &mut Vec<RegoFile>) -> Result<(), CommandError> {
    let unread = |error: &std::io::Error| {
        CommandError::failed(format!("cannot read the rules in {}", path.display())).because(error)
    };
    if path.is_dir() {
        let entries = std::fs::read_dir(path).map_err(|error| unread(&error))?;
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()
            .map_err(|error| unread(&error))?;
        paths.sort();
        for inner in paths {
            let name = inner.file_name().unwrap_or_default().to_string_lossy();
            let is_rules = name.ends_with(".rego") && !name.ends_with("_test.rego");
            if is_rules || inner.is_dir() {
                collect(&inner, files)?;
            }
        }
        return Ok(());
    }
    files.push(RegoFile {
        path: path.display().to_string(),
        text: std::fs::read_to_string(path).map_err(|error| unread(&error))?,
    });
    Ok(())
}
