//! What can be wrong with a machine: a full disk, a wrong clock, too few file descriptors.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Sandbox;

/// The size of a small disk, as `mount` writes it.
const SIZE: &str = "size=48m,mode=700";

/// What the file that fills a disk is called.
const FILLER: &str = "filler";

/// Whether this process may mount a disk of its own. [`in_own_namespace`] gives such a process.
pub fn may_mount() -> bool {
    let mut probe = Command::new("unshare");
    probe.args(["--map-root-user", "--mount", "true"]);
    probe.output().is_ok_and(|output| output.status.success())
}

/// A command that runs this test binary again, as the root of its own mounts. They end with it.
pub fn in_own_namespace(test: &str) -> Command {
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"]);
    command
}

/// A disk of its own at a folder, which can be filled.
pub struct SmallDisk {
    folder: PathBuf,
}

impl SmallDisk {
    #[track_caller]
    pub fn mount(folder: PathBuf) -> Self {
        std::fs::create_dir_all(&folder).unwrap();
        let mut mount = Command::new("mount");
        mount
            .args(["-t", "tmpfs", "-o", SIZE, "tmpfs"])
            .arg(&folder);
        assert!(mount.status().unwrap().success(), "{mount:?}");
        Self { folder }
    }

    /// Fills the disk: not a byte is free.
    pub fn fill(&self) {
        let mut file = File::create(self.folder.join(FILLER)).unwrap();
        for size in [1 << 20, 1 << 12, 1] {
            let block = vec![0; size];
            while file.write_all(&block).is_ok() {}
        }
    }

    /// Frees what [`Self::fill`] has taken.
    pub fn free(&self) {
        let _ = std::fs::remove_file(self.folder.join(FILLER));
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut unmount = Command::new("umount");
        let _ = unmount.arg("--lazy").arg(&self.folder).status();
    }
}

/// A library that moves the wall clock of a program, compiled into the sandbox.
pub struct ClockShift {
    library: PathBuf,
}

impl ClockShift {
    #[track_caller]
    pub fn compile(sandbox: &Sandbox) -> Self {
        let library = sandbox.path("clock_shift.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("support/clock_shift.c");
        let mut compiler = Command::new("cc");
        compiler
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl");
        assert!(compiler.status().unwrap().success(), "{compiler:?}");
        Self { library }
    }

    /// Moves the clock of a command, and of what it starts, by so many seconds.
    pub fn shift(&self, command: &mut Command, seconds: i64) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("CLOCK_SHIFT", seconds.to_string());
    }
}

/// The same command with at most so many file descriptors.
pub fn with_descriptors(command: &Command, count: u32) -> Command {
    let mut limited = Command::new("/bin/sh");
    limited
        .args(["-c", &format!("ulimit -n {count}; exec \"$0\" \"$@\"")])
        .arg(command.get_program())
        .args(command.get_args())
        .env_clear();
    for (name, value) in command.get_envs() {
        limited.env(name, value.unwrap_or_default());
    }
    if let Some(folder) = command.get_current_dir() {
        limited.current_dir(folder);
    }
    limited
}
