//! A guard for one command: when the provider dies, however it dies, the command and its children die too.
//!
//! The provider cannot do this itself, because `kill -9` leaves it no time. So it starts its own binary
//! once more, as a guard that holds one end of a pipe: the pipe closes when the provider ends, and the
//! guard then ends everything below it.

use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

/// The first argument of a provider that is to be a guard.
pub(crate) const ARGUMENT: &str = "guard-command";

/// How long a command may take to end by itself before it is killed.
const PATIENCE: Duration = Duration::from_secs(2);

/// What ended a guard's wait.
enum Ended {
    /// The command, with this code as a shell would say it.
    Command(u8),
    /// The provider: nobody holds the other end of the pipe any more.
    Provider,
}

/// Runs the command until it ends or standard input does, then ends everything that it started.
pub(crate) fn run(command: &[String]) -> ExitCode {
    let Some((program, arguments)) = command.split_first() else {
        return fail("there is no command to guard");
    };
    // Children whose parent died become ours, so that none can hide behind a parent that is gone.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    let spawned = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn();
    let child = match spawned {
        Ok(child) => child,
        Err(error) => return fail(&format!("{program} does not start: {error}")),
    };
    let group = Pid::from_child(&child);

    let (tell, ended) = channel();
    watch_pipe(tell.clone());
    watch_command(child, tell);
    let outcome = ended.recv().unwrap_or(Ended::Provider);
    if matches!(outcome, Ended::Provider) {
        // Both errors mean that there is nobody left to signal.
        let _ = kill_process_group(group, Signal::TERM);
        wait_for_command(&ended);
    }
    let _ = kill_process_group(group, Signal::KILL);
    kill_descendants();
    match outcome {
        Ended::Command(code) => ExitCode::from(code),
        Ended::Provider => ExitCode::from(143),
    }
}

fn fail(text: &str) -> ExitCode {
    use std::io::Write;
    // Nobody is left to tell when standard error is closed too.
    let _ = writeln!(std::io::stderr(), "{text}");
    ExitCode::from(127)
}

fn watch_pipe(tell: Sender<Ended>) {
    std::thread::spawn(move || {
        let mut nothing = [0; 64];
        let mut pipe = std::io::stdin().lock();
        while matches!(pipe.read(&mut nothing), Ok(length) if length > 0) {}
        let _ = tell.send(Ended::Provider);
    });
}

fn watch_command(mut child: Child, tell: Sender<Ended>) {
    std::thread::spawn(move || {
        let code = match child.wait() {
            Ok(status) => status
                .code()
                .or_else(|| status.signal().map(|signal| 128 + signal)),
            Err(_) => None,
        };
        let code = code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        let _ = tell.send(Ended::Command(code));
    });
}

fn wait_for_command(ended: &Receiver<Ended>) {
    let until = Instant::now() + PATIENCE;
    loop {
        match ended.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(Ended::Command(_))
            | Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            Ok(Ended::Provider) => {}
        }
    }
}

/// Kills what left the command's process group: whatever is our child by now.
fn kill_descendants() {
    #[cfg(target_os = "linux")]
    loop {
        let children = children_of(std::process::id());
        if children.is_empty() {
            return;
        }
        for child in children {
            let _ = kill_process(child, Signal::KILL);
            let _ = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty());
        }
    }
}

/// The processes whose parent this is, from the fourth field of `/proc/PID/stat`.
#[cfg(target_os = "linux")]
fn children_of(parent: u32) -> Vec<Pid> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .into_string()
                .ok()?
                .parse::<i32>()
                .ok()
        })
        .filter(|pid| {
            // The name in parentheses may hold spaces and parentheses, so the fields begin after the last one.
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| {
                stat.rsplit_once(')')
                    .and_then(|(_, fields)| fields.split_whitespace().nth(1)?.parse().ok())
                    == Some(parent)
            })
        })
        .filter_map(Pid::from_raw)
        .collect()
}
