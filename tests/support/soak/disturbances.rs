//! The faults of a soak: signals to processes, a full disk, other clocks, few file descriptors.

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use stack::random::below;

use super::{SWEPT_STACKS, Soak};
use crate::machine_faults::with_descriptors;
use crate::sandbox::{CommandOutput, binary};

/// How far the clock of a command jumps, in seconds.
const CLOCK_JUMPS: [i64; 5] = [-3 * 86_400, -3_600, -20, 20, 90];

/// How long every process may take to end after the last command.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(180);

impl Soak<'_> {
    /// Runs jiti, some times with a fault.
    pub(super) fn jiti(&self, arguments: &[&str]) -> CommandOutput {
        let mut command = self.world.sandbox.command(binary("jiti"));
        command.args(arguments);
        match below(8) {
            _ if self.clock.is_none() || self.is_settling.load(Ordering::Relaxed) => {}
            0 => self.shift_clock(&mut command),
            1 => {
                let count = 5 + below(60);
                self.note(&format!("    the next has {count} descriptors"));
                command = with_descriptors(&command, count);
            }
            _ => {}
        }
        self.run(&mut command)
    }

    pub(super) fn shift_clock(&self, command: &mut Command) {
        let Some(clock) = &self.clock else { return };
        let seconds = CLOCK_JUMPS[below(5) as usize];
        self.note(&format!("    the clock of the next jumps {seconds} s"));
        clock.shift(command, seconds);
    }

    /// Kills random processes of the sandbox, and stops some for a while.
    pub(super) fn disturb(&self, end: Instant) {
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(200 + u64::from(below(1500))));
            let pids = self.processes();
            if pids.is_empty() {
                continue;
            }
            let victim = pids[below(u32::try_from(pids.len()).unwrap()) as usize];
            if below(3) > 0 {
                self.signal(victim, Signal::KILL);
            } else {
                self.signal(victim, Signal::STOP);
                std::thread::sleep(Duration::from_millis(500 + u64::from(below(4000))));
                self.signal(victim, Signal::CONT);
            }
        }
    }

    /// Fills the ledger's disk for a while, again and again.
    pub(super) fn fill_disk(&self, end: Instant) {
        let Some(disk) = &self.disk else { return };
        while Instant::now() < end {
            std::thread::sleep(Duration::from_millis(3_000 + u64::from(below(6_000))));
            let _disk_is_full = self.disk_use.write().unwrap();
            self.note("    the disk is full");
            disk.fill();
            std::thread::sleep(Duration::from_millis(200 + u64::from(below(2_500))));
            disk.free();
            self.note("    the disk has space");
        }
    }

    fn signal(&self, pid: i32, signal: Signal) {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        let mut log = self.log.lock().unwrap();
        writeln!(log, "    signal {} to {command}", signal.as_raw()).unwrap();
        // The process may have ended already, which is fine.
        let _ = kill_process(Pid::from_raw(pid).unwrap(), signal);
    }

    /// The processes of jiti, its provider and Terraform that run in this sandbox.
    fn processes(&self) -> Vec<i32> {
        let own = self.world.sandbox.own_processes().into_iter();
        own.filter(|pid| {
            let program = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
            let program = program.file_name().unwrap_or_default().to_string_lossy();
            ["jiti", "terraform"]
                .iter()
                .any(|name| program.contains(name))
        })
        .collect()
    }

    /// Waits until every process has ended, and lets the reaper finish what was begun.
    pub(super) fn settle(&self) {
        let start = Instant::now();
        while !self.processes().is_empty() {
            assert!(
                start.elapsed() < SETTLE_TIMEOUT,
                "processes still run: {:?}\n{}",
                self.processes(),
                self.log.lock().unwrap()
            );
            std::thread::sleep(Duration::from_millis(100));
        }
        // An interrupted teardown is continued by the same command as before.
        let listed = self.world.sandbox.jiti(&["ls", "--json"]).ok();
        let rows: Value = serde_json::from_str(&listed.stdout).unwrap();
        for row in rows.as_array().unwrap() {
            let name = row["name"].as_str().unwrap();
            let is_swept = SWEPT_STACKS.contains(&name);
            if row["phase"] == "tearing_down" && is_swept {
                self.jiti(&["teardown", name, "--strategy", "sweep", "--yes", "--json"]);
            } else if row["phase"] == "tearing_down" {
                self.jiti(&["teardown", name, "--yes", "--json"]);
            }
        }
        self.jiti(&["sync"]);
    }
}
