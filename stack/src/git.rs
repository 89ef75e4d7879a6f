//! Runs git with arguments and without a shell: it never prompts, and each run has a time limit.

mod checkout;
mod remote;
#[cfg(test)]
pub(crate) mod testing;

use std::path::{Path, PathBuf};
use std::process::Command;

pub use checkout::find_repository;
pub(crate) use checkout::is_inside;
pub(crate) use remote::{Transport, check_out};

/// Environment variables that would make git use another repository than that of its directory.
const REMOVED: &[&str] = &[
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CEILING_DIRECTORIES",
];

/// The program git.
#[derive(Clone, Debug)]
pub struct Git {
    program: PathBuf,
}

impl Git {
    /// The first git in these folders of `PATH`. Relative folders do not count: they would lead
    /// into the folder in which git runs.
    #[must_use]
    pub fn on(path: &[PathBuf]) -> Option<Self> {
        let folders = path.iter().filter(|folder| folder.is_absolute());
        let program = folders
            .map(|folder| folder.join("git"))
            .find(|program| crate::terraform::may_run(program))?;
        Some(Self { program })
    }

    /// Git with arguments, to be run in a directory.
    pub(crate) fn command(&self, directory: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
            ])
            .args(arguments)
            .current_dir(directory)
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_OPTIONAL_LOCKS", "0")
            // SSH asks this program instead of the terminal.
            .env("SSH_ASKPASS", "false")
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("LC_ALL", "C");
        for name in REMOVED {
            command.env_remove(name);
        }
        command
    }
}
