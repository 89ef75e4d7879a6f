//! The check that a command exits with 0.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use super::secrets;
use crate::command_guard;

/// How long an attempt may take. After that, the command and its children are killed, and the check
/// is retried.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);

/// The maximum length of the output in a failure message, in bytes. The end of the output is shown,
/// because it usually has the reason.
const MAX_OUTPUT_BYTES: usize = 400;

/// Passes when the command exits with 0. It runs without a shell in Terraform's directory.
pub(crate) struct ExecCheck {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
}

impl ExecCheck {
    /// Runs the command under a guard process. When this future is dropped or this process dies,
    /// the guard's pipe closes, and the guard kills the command and its children.
    pub(super) async fn attempt(&self) -> Result<(), String> {
        let provider = std::env::current_exe()
            .map_err(|error| format!("cannot find the provider's own binary: {error}"))?;
        let mut child = Command::new(provider)
            .args(command_guard::ARGUMENTS)
            .args(&self.command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // In its own process group, because Ctrl-C goes to Terraform's group. The guard reacts
            // only to its pipe.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("cannot start the guard of the command: {error}"))?;
        let pipe = child.stdin.take();
        let output = (child.stdout.take(), child.stderr.take());
        let finished = tokio::time::timeout(ATTEMPT_TIMEOUT, async {
            let (out, err) = tokio::join!(tail(output.0), tail(output.1));
            (child.wait().await, out, err)
        })
        .await;
        drop(pipe);
        match finished {
            Err(_) => Err(format!(
                "it did not exit within {} s and was killed",
                ATTEMPT_TIMEOUT.as_secs()
            )),
            Ok((Err(error), ..)) => Err(format!("cannot get its exit status: {error}")),
            Ok((Ok(status), ..)) if status.success() => Ok(()),
            Ok((Ok(status), out, err)) => {
                let code = status
                    .code()
                    .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
                let output = if err.is_empty() { out } else { err };
                let output = secrets::mask_of_command(&self.command).reason(&output);
                let output = if output.is_empty() {
                    "no output".to_owned()
                } else {
                    format!("the output {output:?}")
                };
                Err(format!("it exited with {code} and {output}"))
            }
        }
    }
}

/// The end of the output in a pipe. Reads everything, so that the command never blocks on it.
async fn tail(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut tail = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = pipe.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        tail.extend_from_slice(&buffer[..length]);
        let surplus = tail.len().saturating_sub(MAX_OUTPUT_BYTES);
        tail.drain(..surplus);
    }
    String::from_utf8_lossy(&tail).trim().to_owned()
}
