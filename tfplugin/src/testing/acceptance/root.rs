//! A root module of an acceptance test, and what a command in it printed.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use serde_json::Value as Json;

use crate::diag::{Failure, Result};

/// The folder of a root module.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) folder: PathBuf,
}

impl Root {
    /// Copies the state of another root module. Returns whether it has one here: a configuration
    /// may have a backend.
    pub(super) fn copy_state(&self, other: &Self) -> Result<bool> {
        let state = other.folder.join(STATE_FILE);
        if state.exists() {
            fs::copy(state, self.folder.join(STATE_FILE))?;
            return Ok(true);
        }
        Ok(false)
    }
}

const STATE_FILE: &str = "terraform.tfstate";

/// The exit code and the output of a command.
#[derive(Debug)]
pub(super) struct Outcome {
    command: String,
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Outcome {
    pub(super) fn new(command: String, output: &Output) -> Self {
        Self {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(super) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// Requires success.
    pub(super) fn ok(self) -> Result<Self> {
        self.exits(0)
    }

    /// Requires an exit code.
    pub(super) fn exits(self, code: i32) -> Result<Self> {
        if self.code == Some(code) {
            return Ok(self);
        }
        Err(self.failure("failed"))
    }

    /// Requires a failure whose output contains these words, wherever its lines are broken.
    pub(super) fn fails_with(&self, expected: &str) -> Result<()> {
        let text = words(&format!("{}\n{}", self.stdout, self.stderr));
        if self.succeeded() {
            Err(self.failure("succeeded, but must fail"))
        } else if text.contains(&words(expected)) {
            Ok(())
        } else {
            Err(self.failure(&format!("does not say {expected:?}")))
        }
    }

    /// The output, which is JSON.
    pub(super) fn json(&self) -> Result<Json> {
        Ok(serde_json::from_str(&self.stdout)?)
    }

    fn failure(&self, problem: &str) -> Failure {
        let Self {
            command,
            code,
            stdout,
            stderr,
        } = self;
        let code = code.map_or_else(|| "a signal".to_owned(), |code| code.to_string());
        Failure::new(
            format!("`terraform {command}` {problem}"),
            format!("It ended with {code}.\n{stdout}\n{stderr}"),
        )
    }
}

/// The words of a text, without line breaks and the frames around Terraform's errors.
fn words(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || "│╷╵".contains(c));
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}
