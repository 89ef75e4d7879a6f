//! Runs the command line `jiti`, whose output is the progress of an action.
//!
//! Sleep, wake and teardown need clients of every cloud service, and a process that outlives
//! Terraform. The command line has both, and this provider stays small.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use stack::StackName;
use tfplugin::{Failure, InvokeContext, ProgressSender, Result};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;

use crate::client::Client;
use crate::diag;

/// The labels that start the error in the output of `jiti`. The hints follow.
const ERROR_LABELS: [&str; 3] = ["Error: ", "Refused: ", "Residue: "];

/// The program `jiti`, and the options with which it uses the provider's ledger and config file.
pub(super) struct JitiCommand {
    program: PathBuf,
    options: Vec<String>,
}

const MISSING: &str = "The command line `jiti` is not on PATH";

const INSTALL_HINT: &str = "This action runs it, because this provider itself calls no cloud. Install `jiti` where \
     Terraform runs, as the README of this provider says, and add its folder to PATH.";

/// Checks at plan that `jiti` is on `PATH`, so that an apply does not start without it. A teardown
/// by jiti plans too, but invokes nothing.
///
/// # Errors
/// If it is not there.
pub(super) fn check(client: &Client) -> Result<()> {
    if client.environment().tears_down || find(client).is_some() {
        return Ok(());
    }
    let detail = format!("{INSTALL_HINT}\n{}", diag::DESTROY_HINT);
    Err(Failure::new(MISSING, detail))
}

fn find(client: &Client) -> Option<PathBuf> {
    let folders = client.environment().path.iter();
    let mut programs = folders.map(|folder| folder.join("jiti"));
    programs.find(|path| is_executable(path))
}

impl JitiCommand {
    /// The command line, for this ledger and this config file.
    ///
    /// # Errors
    /// If it is not on `PATH`, or the ledger or the config file is unknown until apply.
    pub(super) fn of(client: &Client) -> Result<Self> {
        let program = find(client).ok_or_else(|| Failure::new(MISSING, INSTALL_HINT))?;
        let mut options = vec![format!("--ledger={}", client.ledger()?.address())];
        if let Some(path) = client.explicit_config()? {
            options.push(format!("--config={}", path.display()));
        }
        Ok(Self { program, options })
    }

    /// A run of one command on one stack.
    pub(super) fn run(self, command: &'static str, name: &StackName) -> JitiRun {
        let mut process = Command::new(self.program);
        process.args(self.options).arg(command);
        JitiRun {
            process,
            command,
            name: name.clone(),
        }
    }
}

fn is_executable(path: &Path) -> bool {
    let metadata = path.metadata();
    metadata.is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// A run of `jiti`.
pub(super) struct JitiRun {
    process: Command,
    command: &'static str,
    name: StackName,
}

impl JitiRun {
    pub(super) fn flag(mut self, flag: &str) -> Self {
        self.process.arg(flag);
        self
    }

    pub(super) fn option(mut self, option: &str, value: &str) -> Self {
        // In one argument, because a value may start with a hyphen.
        self.process.arg(format!("{option}={value}"));
        self
    }

    /// Runs the command until it ends. Each line of its output is progress, and its error is the
    /// action's error. An interrupt is passed on to it.
    pub(super) async fn follow(mut self, context: &mut InvokeContext<'_>) -> Result<()> {
        let spawned = self
            .process
            .args(["--", self.name.as_str()])
            // The lines become messages of Terraform, which need no colours.
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // In its own process group, because Ctrl-C goes to Terraform's group, and reaches the
            // command a second time through `StopProvider`.
            .process_group(0)
            .spawn();
        let mut child = spawned.map_err(|error| {
            Failure::new("Cannot start `jiti`", format!("The system says: {error}."))
        })?;
        let pid = child.id().and_then(|id| Pid::from_raw(id.try_into().ok()?));
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let progress = context.progress_sender();
        let ended = async {
            let (_, errors) = tokio::join!(read(output, &progress), read(errors, &progress));
            (child.wait().await, errors)
        };
        tokio::pin!(ended);
        let (status, errors) = tokio::select! {
            ended = &mut ended => ended,
            () = context.cancelled() => {
                if let Some(pid) = pid {
                    // Not to its group: a teardown continues in a process of its own. An error
                    // means that it has just ended.
                    let _ = kill_process(pid, Signal::INT);
                }
                ended.await
            }
        };
        let status = status.map_err(|error| {
            let detail = format!("The exit status of `jiti` is unknown: {error}.");
            Failure::new("Cannot follow `jiti`", detail)
        })?;
        if status.success() {
            return Ok(());
        }
        Err(self.failure(status, &errors))
    }

    fn failure(&self, status: ExitStatus, errors: &[String]) -> Failure {
        let Self { command, name, .. } = self;
        let summary = match status.code() {
            Some(3) => format!("jiti refuses `jiti {command} {name}`"),
            Some(4) => format!("The teardown of {name} left resources behind"),
            _ => format!("`jiti {command} {name}` failed"),
        };
        let is_error = |line: &String| ERROR_LABELS.iter().any(|label| line.starts_with(label));
        let error = errors.iter().rposition(is_error);
        let detail = match error.and_then(|index| errors.get(index..)) {
            Some(lines) => lines.join("\n"),
            None => format!("It ended with {status}."),
        };
        Failure::new(summary, detail)
    }
}

/// Reads a pipe to its end, sends each line as progress, and returns all lines.
async fn read(pipe: Option<impl AsyncRead + Unpin>, progress: &ProgressSender) -> Vec<String> {
    let mut read = Vec::new();
    let Some(pipe) = pipe else {
        return read;
    };
    let mut lines = BufReader::new(pipe).split(b'\n');
    while let Ok(Some(line)) = lines.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !line.is_empty() {
            progress.send(line.trim_start());
            read.push(line);
        }
    }
    read
}
