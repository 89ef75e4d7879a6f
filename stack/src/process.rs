//! Whether a recorded process is still running, distinct from a later process with the same number.

mod time_limit;

pub use time_limit::output_within;

use crate::lease::ProcessId;

/// The state of a recorded process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// The process is running.
    Alive,
    /// The process has certainly ended.
    Dead,
    /// The process runs on another host, or this host cannot tell.
    Unknown,
}

/// Identifies a process on this host; `None` if there is no such process.
#[must_use]
pub fn identify(pid: u32) -> Option<ProcessId> {
    Some(ProcessId {
        pid,
        started: started(pid)?,
        host: host(),
    })
}

/// Identifies a process, by its number alone where the host does not report its start time.
#[must_use]
pub fn by_pid(pid: u32) -> ProcessId {
    identify(pid).unwrap_or_else(|| ProcessId {
        pid,
        started: String::new(),
        host: host(),
    })
}

/// Identifies the current process.
#[must_use]
pub fn current() -> ProcessId {
    by_pid(std::process::id())
}

/// Checks whether a recorded process is still running.
#[must_use]
pub fn liveness(process: &ProcessId) -> Liveness {
    if process.host != host() {
        return Liveness::Unknown;
    }
    match started(process.pid) {
        Some(started) if started == process.started => Liveness::Alive,
        Some(_) => Liveness::Dead,
        None if can_tell() => Liveness::Dead,
        None => Liveness::Unknown,
    }
}

/// The name of this host, as recorded with processes.
#[must_use]
pub fn host() -> String {
    rustix::system::uname()
        .nodename()
        .to_string_lossy()
        .into_owned()
}

/// The child processes of a process, by number.
#[cfg(target_os = "linux")]
#[must_use]
pub fn children(parent: u32) -> Vec<u32> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let parent = parent.to_string();
    pids.filter(|pid| stat_fields(*pid).is_some_and(|fields| fields.get(1) == Some(&parent)))
        .collect()
}

/// The fields of `/proc/PID/stat` from the state on, which is the third.
#[cfg(target_os = "linux")]
fn stat_fields(pid: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The process name in parentheses may contain anything, so the fields start after the last
    // parenthesis.
    let (_, fields) = stat.rsplit_once(')')?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// The start of a process: the boot id, and the clock ticks since the boot. `None` for a zombie.
#[cfg(target_os = "linux")]
fn started(pid: u32) -> Option<String> {
    let fields = stat_fields(pid)?;
    if matches!(fields.first().map(String::as_str), None | Some("Z" | "X")) {
        return None;
    }
    let ticks = fields.get(19)?;
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let boot = boot.split('-').next().unwrap_or_default();
    Some(format!("{boot}:{ticks}"))
}

#[cfg(target_os = "linux")]
fn can_tell() -> bool {
    std::path::Path::new("/proc/self/stat").exists()
}

/// The start of a process, as reported by `ps`.
#[cfg(not(target_os = "linux"))]
fn started(pid: u32) -> Option<String> {
    let output = std::process::Command::new("ps")
        .args(["-o", "stat=,lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let (state, started) = text.trim().split_once(' ')?;
    (!state.starts_with('Z')).then(|| started.trim().to_owned())
}

#[cfg(not(target_os = "linux"))]
fn can_tell() -> bool {
    started(std::process::id()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A running process is alive. The same number with another start time is a process that has
    /// ended.
    #[test]
    fn a_number_that_was_given_again_is_another_process() {
        let own = identify(std::process::id()).expect("this process runs");
        assert_eq!(liveness(&own), Liveness::Alive);
        let earlier = ProcessId {
            started: format!("{}0", own.started),
            ..own.clone()
        };
        assert_eq!(liveness(&earlier), Liveness::Dead);
        let elsewhere = ProcessId {
            host: format!("{}-2", own.host),
            ..own
        };
        assert_eq!(liveness(&elsewhere), Liveness::Unknown);
    }

    /// A process that has ended is dead, even before its exit status was collected.
    #[test]
    fn an_ended_process_is_dead() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .expect("sleep runs");
        let process = identify(child.id()).expect("it runs");
        assert_eq!(liveness(&process), Liveness::Alive);
        child.kill().expect("it can be killed");
        for _ in 0..500 {
            if liveness(&process) == Liveness::Dead {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        assert_eq!(liveness(&process), Liveness::Dead, "a zombie has ended");
        child.wait().expect("it ended");
        assert_eq!(liveness(&process), Liveness::Dead);
    }
}
