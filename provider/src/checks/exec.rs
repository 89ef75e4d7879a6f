//! A check that a command succeeds.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

use crate::guard;

/// How long one try may take. A command that hangs is ended with all its children and tried again.
const TRY: Duration = Duration::from_secs(60);

/// How much of the command's output is shown when it fails: the end, where the reason usually is.
const TAIL: usize = 400;

/// Passes when the command exits with 0. It is run as it is, without a shell, in Terraform's directory.
pub(crate) struct ExecCheck {
    /// The program and its arguments.
    pub(crate) command: Vec<String>,
}

impl ExecCheck {
    /// Runs the command under a guard. When this future is dropped, the guard's pipe closes and the guard
    /// ends the command and its children; the same happens when this process dies.
    pub(super) async fn attempt(&self) -> Result<(), String> {
        let own = std::env::current_exe()
            .map_err(|error| format!("the provider's own binary cannot be found: {error}"))?;
        let mut child = Command::new(own)
            .arg(guard::ARGUMENT)
            .args(&self.command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // Ctrl-C in a terminal goes to Terraform's process group; the guard acts on its pipe alone.
            .process_group(0)
            .spawn()
            .map_err(|error| format!("the guard of the command does not start: {error}"))?;
        let pipe = child.stdin.take();
        let output = (child.stdout.take(), child.stderr.take());
        let ended = tokio::time::timeout(TRY, async {
            let (out, err) = tokio::join!(tail(output.0), tail(output.1));
            (child.wait().await, out, err)
        })
        .await;
        drop(pipe);
        match ended {
            Err(_) => Err(format!(
                "it did not end within {} s and was killed",
                TRY.as_secs()
            )),
            Ok((Err(error), ..)) => Err(format!("its end cannot be told: {error}")),
            Ok((Ok(status), ..)) if status.success() => Ok(()),
            Ok((Ok(status), out, err)) => {
                let code = status
                    .code()
                    .map_or_else(|| "a signal".to_owned(), |code| code.to_string());
                let said = if err.is_empty() { out } else { err };
                let said = if said.is_empty() {
                    "nothing".to_owned()
                } else {
                    format!("{said:?}")
                };
                Err(format!("it exited with {code} and said {said}"))
            }
        }
    }
}

/// The end of what a pipe brings, read to its end so that the command never blocks on it.
async fn tail(pipe: Option<impl AsyncRead + Unpin>) -> String {
    let Some(mut pipe) = pipe else {
        return String::new();
    };
    let mut kept = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length) = pipe.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        kept.extend_from_slice(&buffer[..length]);
        let surplus = kept.len().saturating_sub(TAIL);
        kept.drain(..surplus);
    }
    String::from_utf8_lossy(&kept).trim().to_owned()
}
