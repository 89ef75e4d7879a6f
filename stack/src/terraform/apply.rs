//! Applies a saved plan: Terraform runs in a process group of its own, and its lines are read from
//! a file.
//!
//! A file, not a pipe: if the reader dies, Terraform keeps running and writes its state, instead of
//! being killed by its next line.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Child;

use super::diagnostic::{Diagnostic, failure};
use super::error::TerraformError;
use super::mask::Mask;
use super::root_module::{Terraform, without_frames};
use super::stream::{self, Line};

/// How long the apply waits for the state's lock: the plan has had it just before.
const LOCK_TIMEOUT: &str = "-lock-timeout=10s";

/// A running apply.
pub(crate) struct RunningApply {
    child: Child,
    program: String,
    output: File,
    errors: PathBuf,
    /// The incomplete last line.
    begun: Vec<u8>,
}

impl Terraform {
    /// Applies a saved plan; its output goes into two files of a private folder.
    pub(crate) fn apply(&self, file: &Path, folder: &Path) -> Result<RunningApply, TerraformError> {
        let (output, errors) = (folder.join("output"), folder.join("errors"));
        let start = || -> std::io::Result<(Child, File)> {
            let mut command = self.command(&["apply", "-json", "-input=false", LOCK_TIMEOUT]);
            command.arg(file);
            command
                .stdout(private(&output)?)
                .stderr(private(&errors)?)
                // A Ctrl-C in the user's terminal is not meant for Terraform.
                .process_group(0);
            Ok((command.spawn()?, File::open(&output)?))
        };
        let (child, output) = start().map_err(|error| TerraformError::Run {
            program: self.program(),
            doing: "started (`apply`)".to_owned(),
            reason: error.to_string(),
        })?;
        Ok(RunningApply {
            child,
            program: self.program(),
            output,
            errors,
            begun: Vec::new(),
        })
    }
}

impl RunningApply {
    /// The complete lines since the last read.
    pub(crate) fn lines(&mut self) -> Result<Vec<Line>, TerraformError> {
        let position = self.output.stream_position();
        let read = position
            .and_then(|at| self.output.seek(SeekFrom::Start(at)))
            .and_then(|_| self.output.read_to_end(&mut self.begun));
        read.map_err(|error| self.unreadable(&error))?;
        let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') else {
            return Ok(Vec::new());
        };
        let rest = self.begun.split_off(end + 1);
        let whole = std::mem::replace(&mut self.begun, rest);
        let text = String::from_utf8_lossy(&whole);
        Ok(text.lines().filter_map(stream::read).collect())
    }

    /// `None` while it runs; otherwise whether it succeeded. All its output is in the file by then.
    pub(crate) fn ended(&mut self) -> Result<Option<bool>, TerraformError> {
        match self.child.try_wait() {
            Ok(status) => Ok(status.map(|status| status.success())),
            Err(error) => Err(self.unreadable(&error)),
        }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop: it finishes the operations in progress and starts no more. Only Terraform
    /// itself gets the signal; it stops its providers.
    pub(crate) fn interrupt(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        // If it has ended meanwhile, it needs no signal.
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::INT);
    }

    /// Why it failed, from its diagnostics and from what it printed before its JSON.
    pub(crate) fn failure(&self, diagnostics: &[Diagnostic], mask: &Mask) -> TerraformError {
        failure("apply", diagnostics, &self.error_output(), mask)
    }

    /// What it and its providers printed besides its JSON, not masked.
    pub(crate) fn error_output(&self) -> String {
        let said = std::fs::read(&self.errors).unwrap_or_default();
        without_frames(&String::from_utf8_lossy(&said))
    }

    fn unreadable(&self, error: &std::io::Error) -> TerraformError {
        TerraformError::Run {
            program: self.program.clone(),
            doing: "followed (`apply`)".to_owned(),
            reason: error.to_string(),
        }
    }
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path)
}
