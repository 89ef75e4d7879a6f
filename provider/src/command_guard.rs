//! The guard process of a command: kills the command and its children when the provider dies.
//!
//! The provider cannot do this itself, because `kill -9` leaves it no time. It therefore starts its
//! own binary again as a guard that reads from a pipe. When the provider ends, the pipe closes, and
//! the guard kills all its descendants.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The first argument of a provider process that acts as a guard.
pub(crate) const ARGUMENT: &str = "guard-command";

/// The arguments before the command that make this program its guard.
#[cfg(not(test))]
pub(crate) const ARGUMENTS: &[&str] = &[ARGUMENT];

/// The test program takes its arguments for names of tests, and would start the test that started
/// it. It has no tests with exactly these names, so it runs none, and ends with 0.
#[cfg(test)]
pub(crate) const ARGUMENTS: &[&str] = &["--exact", "--", ARGUMENT];

/// How long a command may take to exit after SIGTERM, before SIGKILL.
const TERMINATION_TIMEOUT: Duration = Duration::from_secs(2);

/// The process whose end the guard noticed.
enum EndedProcess {
    /// The command, with its exit code as a shell reports it.
    Command(u8),
    /// The provider: the other end of the pipe is closed.
    Provider,
}

/// Runs the command until it exits or standard input closes, then kills all its descendants.
pub(crate) fn run(command: &[String]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return fail("no command to run");
    };
    // Adopt orphaned descendants, so that they can be found and killed.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn();
    let child = match spawned {
        Ok(child) => child,
        Err(error) => return fail(&format!("cannot start {program}: {error}")),
    };
    let group = Pid::from_child(&child);

    let (sender, receiver) = channel();
    watch_pipe(sender.clone());
    watch_command(child, sender);
    let ended = receiver.recv().unwrap_or(EndedProcess::Provider);
    if matches!(ended, EndedProcess::Provider) {
        // An error here and below means that the process group no longer exists.
        let _ = kill_process_group(group, Signal::TERM);
        wait_for_command(&receiver);
    }
    let _ = kill_process_group(group, Signal::KILL);
    kill_descendants();
    match ended {
        EndedProcess::Command(code) => ExitCode::from(code),
        EndedProcess::Provider => ExitCode::from(143),
    }
}

fn fail(message: &str) -> ExitCode {
    use std::io::Write;
    // If stderr is closed, there is no other place for the message.
    let _ = writeln!(std::io::stderr(), "{message}");
    ExitCode::from(127)
}

fn watch_pipe(sender: Sender<EndedProcess>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 64];
        let mut pipe = std::io::stdin().lock();
        while matches!(pipe.read(&mut buffer), Ok(length) if length > 0) {}
        let _ = sender.send(EndedProcess::Provider);
    });
}

fn watch_command(mut child: Child, sender: Sender<EndedProcess>) {
    std::thread::spawn(move || {
        let code = match child.wait() {
            Ok(status) => status
                .code()
                .or_else(|| status.signal().map(|signal| 128 + signal)),
            Err(_) => None,
        };
        let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        let _ = sender.send(EndedProcess::Command(code));
    });
}

fn wait_for_command(receiver: &Receiver<EndedProcess>) {
    let deadline = Instant::now() + TERMINATION_TIMEOUT;
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(EndedProcess::Command(_))
            | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            Ok(EndedProcess::Provider) => {}
        }
    }
}

/// Kills descendants that left the command's process group, which are children of the guard now.
fn kill_descendants() {
    #[cfg(target_os = "linux")]
    loop {
        let children = stack::process::children(std::process::id());
        if children.is_empty() {
            return;
        }
        let pids = children
            .into_iter()
            .filter_map(|pid| Pid::from_raw(pid.try_into().ok()?));
        for child in pids {
            let _ = kill_process(child, Signal::KILL);
            let _ = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A command that contains the name of a test, or a part of it, starts no test.
    #[test]
    fn a_command_with_the_name_of_a_test_starts_none() {
        let program = std::env::current_exe().unwrap();
        let listed = Command::new(program)
            .arg("--list")
            .args(ARGUMENTS)
            .args(["a_command_with_the_name_of_a_test_starts_none", "imports"])
            .output()
            .unwrap();
        let text = String::from_utf8(listed.stdout).unwrap();
        assert!(text.contains("0 tests, 0 benchmarks"), "{text}");
    }
}
