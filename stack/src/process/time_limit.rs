//! Runs a program to its end, with a time limit.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Runs a command without standard input, at most for `limit`, and returns its output. `None`: the
/// time is over, and the command and its children were killed.
///
/// # Errors
/// When it cannot be started, or its output cannot be read.
pub fn output_within(mut command: Command, limit: Duration) -> io::Result<Option<Output>> {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its children end with it, and none of them can prompt at the terminal.
        .process_group(0)
        .spawn()?;
    let group = rustix::process::Pid::from_child(&child);
    let (to, ended) = mpsc::channel();
    std::thread::spawn(move || {
        // Nothing receives it after the time limit.
        let _ = to.send(child.wait_with_output());
    });
    match ended.recv_timeout(limit) {
        Ok(output) => output.map(Some),
        Err(_) => {
            // If it has ended meanwhile, it needs no signal.
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Option<Output> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        output_within(command, limit).unwrap()
    }

    /// A command that ends in time returns its output and status. Its standard input is empty.
    #[test]
    fn a_command_that_ends_returns_its_output() {
        let limit = Duration::from_secs(60);
        let output = shell("cat; echo out; echo err >&2; exit 3", limit).unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b"out\n"[..], &b"err\n"[..])
        );
    }

    /// At the time limit, the command is killed with its children.
    #[test]
    fn the_time_limit_ends_a_command_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let limit = Duration::from_secs(1);
        assert!(shell(&script, limit).is_none());
        let pid: u32 = std::fs::read_to_string(&file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        for _ in 0..500 {
            if crate::process::identify(pid).is_none() {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("process {pid} still runs");
    }
}
