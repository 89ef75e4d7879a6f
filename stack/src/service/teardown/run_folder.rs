//! The private folder of a run: the saved plan until it is applied, and the progress for whoever follows.
//!
//! ```text
//! RUNS/7k3m9q2x4v8w/   0700
//!   plan               the saved plan, which holds secrets: removed when the run ends
//!   shown.json         the plan as it was shown
//!   runner.json        whose run it is: process, start, machine
//!   terraform.json     the process of Terraform, which may outlive its runner
//!   output, errors     what Terraform says: removed when the run ends, and when both have
//!   deleted.json       what the output of a run without an end said to be deleted
//!   finished.json      what such an earlier run has deleted, to be written by this one
//!   progress.jsonl     each step, masked; it stays
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::error::TeardownError;
use super::progress::Progress;
use crate::lease::ProcessId;
use crate::process::{self, Liveness};
use crate::values::id::RunId;

const PROGRESS: &str = "progress.jsonl";

/// The file that says whose run it is.
pub(super) const RUNNER: &str = "runner.json";

/// The file that says which process Terraform is.
const TERRAFORM: &str = "terraform.json";

/// What Terraform says, line by line.
const OUTPUT: &str = "output";

/// What is kept of an output when it goes: addresses, and nothing secret.
const DELETED: &str = "deleted.json";

/// What an earlier run has deleted and nobody has written down.
const FINISHED: &str = "finished.json";

/// How many folders of runs that have ended are kept, for whoever wants to know what they said.
const KEPT: usize = 50;

/// A run's folder. It goes when the last owner goes, unless somebody took it over.
#[derive(Debug)]
pub(in crate::service) struct Folder {
    path: PathBuf,
    kept: AtomicBool,
}

impl Folder {
    /// The file of the saved plan.
    pub(in crate::service) const PLAN: &'static str = "plan";

    /// Makes the folder of a run.
    pub(in crate::service) fn make(runs: &Path, run: &RunId) -> Result<Self, TeardownError> {
        let path = runs.join(run.as_str());
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        builder
            .recursive(true)
            .create(runs)
            .and_then(|()| builder.recursive(false).create(&path))
            .map_err(failed(&path, "made"))?;
        prune(runs);
        let folder = Self::of(&path);
        folder.claim()?;
        Ok(folder)
    }

    /// Says that the run is this process's from now on.
    pub(in crate::service) fn claim(&self) -> Result<(), TeardownError> {
        match process::identify(std::process::id()) {
            Some(own) => self.write(RUNNER, &own),
            None => Ok(()),
        }
    }

    /// The folder of a run that somebody else began; it goes with this owner.
    pub(in crate::service) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            kept: AtomicBool::new(false),
        }
    }

    pub(in crate::service) fn path(&self) -> &Path {
        &self.path
    }

    pub(in crate::service) fn plan(&self) -> PathBuf {
        self.path.join(Self::PLAN)
    }

    /// Says which process Terraform is. Without it the next run takes it for ended when this process has.
    pub(super) fn note_terraform(&self, pid: u32) {
        if let Some(process) = process::identify(pid) {
            drop(self.write(TERRAFORM, &process));
        }
    }

    /// Keeps what an earlier run has deleted for whoever carries this plan out.
    pub(super) fn note_finished(&self, addresses: &[String]) -> Result<(), TeardownError> {
        match addresses {
            [] => Ok(()),
            some => self.write(FINISHED, &some),
        }
    }

    /// What an earlier run has deleted and nobody has written down.
    pub(super) fn finished(&self) -> Vec<String> {
        self.read(FINISHED).unwrap_or_default()
    }

    /// Leaves the folder to whoever comes next.
    pub(in crate::service) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Removes what may hold secrets, and keeps the progress.
    pub(in crate::service) fn tidy(&self) {
        self.keep();
        for name in [Self::PLAN, OUTPUT, "errors"] {
            // What is not there needs no removing, and nothing better can be done about the rest.
            let _ = std::fs::remove_file(self.path.join(name));
        }
    }

    /// The digest of the saved plan.
    pub(in crate::service) fn digest(&self) -> Result<String, TeardownError> {
        let path = self.plan();
        digest(&path).map_err(failed(&path, "read"))
    }

    /// Writes a value into a file of the folder.
    pub(in crate::service) fn write(
        &self,
        name: &str,
        value: &impl Serialize,
    ) -> Result<(), TeardownError> {
        let path = self.path.join(name);
        let written = private(&path).and_then(|file| {
            file.set_len(0)?;
            let mut file = BufWriter::new(file);
            serde_json::to_writer(&mut file, value)?;
            file.flush()
        });
        written.map_err(failed(&path, "written"))
    }

    /// Reads it again.
    pub(in crate::service) fn read<T: DeserializeOwned>(
        &self,
        name: &str,
    ) -> Result<T, TeardownError> {
        read(&self.path.join(name))
    }

    /// The progress file, to be written.
    pub(super) fn progress(&self) -> Result<File, TeardownError> {
        let path = self.path.join(PROGRESS);
        private(&path).map_err(failed(&path, "made"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // Nobody is left to be told that it could not be removed.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

/// Reads a JSON file.
pub(super) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, TeardownError> {
    File::open(path)
        .and_then(|file| Ok(serde_json::from_reader(BufReader::new(file))?))
        .map_err(failed(path, "read"))
}

/// The digest of a file, which may be large.
fn digest(path: &Path) -> std::io::Result<String> {
    let mut file = BufReader::new(File::open(path)?);
    let mut digest = Sha256::new();
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            let digest = digest.finalize();
            return Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        }
        digest.update(bytes);
        let count = bytes.len();
        file.consume(count);
    }
}

fn private(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true).mode(0o600);
    options.open(path)
}

fn failed(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> TeardownError {
    let path = path.to_owned();
    move |error| TeardownError::Folder { path, doing, error }
}

/// What the Terraform of a run has said to be deleted, whether its runner has heard it or not. One that goes on without
/// its runner is not through: the lock of its state tells that.
pub(super) fn said_deleted(runs: &Path, run: &RunId) -> Vec<String> {
    let path = runs.join(run.as_str());
    match std::fs::read(path.join(OUTPUT)) {
        Ok(output) => crate::terraform::deleted(&String::from_utf8_lossy(&output)),
        Err(_) => read(&path.join(DELETED)).unwrap_or_default(),
    }
}

/// Keeps of an output what the next run has to know.
fn keep_deleted(folder: &Folder) {
    if let Ok(output) = std::fs::read(folder.path.join(OUTPUT)) {
        let deleted = crate::terraform::deleted(&String::from_utf8_lossy(&output));
        drop(folder.write(DELETED, &deleted));
    }
}

/// Removes what processes that have ended left: secrets as soon as no Terraform of theirs goes on, progress when there is
/// too much of it. Failing at that keeps nobody from a teardown.
fn prune(runs: &Path) {
    let Ok(entries) = std::fs::read_dir(runs) else {
        return;
    };
    let mut ended = Vec::new();
    for path in entries.flatten().map(|entry| entry.path()) {
        let runner = read::<ProcessId>(&path.join(RUNNER));
        if !runner.is_ok_and(|runner| process::liveness(&runner) == Liveness::Dead) {
            continue;
        }
        let folder = Folder::of(&path);
        if let Ok(last) = std::fs::metadata(path.join(PROGRESS)).and_then(|file| file.modified()) {
            let terraform = read::<ProcessId>(&path.join(TERRAFORM));
            if terraform.is_ok_and(|one| process::liveness(&one) == Liveness::Alive) {
                folder.keep();
                continue;
            }
            keep_deleted(&folder);
            folder.tidy();
            ended.push((last, path));
        }
    }
    ended.sort();
    let surplus = ended.len().saturating_sub(KEPT);
    for (_, path) in ended.into_iter().take(surplus) {
        let _ = std::fs::remove_dir_all(path);
    }
}

/// Reads the progress of a run as it is written, by whichever process.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    read: u64,
}

impl Follower {
    /// Follows a run from its beginning, whether it has begun to write or not.
    #[must_use]
    pub fn of(runs: &Path, run: &RunId) -> Self {
        Self {
            path: runs.join(run.as_str()).join(PROGRESS),
            read: 0,
        }
    }

    /// The steps since the last look, in order. A kind of step that a newer jiti wrote is passed over.
    ///
    /// # Errors
    /// What the operating system says; a file that is not there yet has no steps.
    pub fn steps(&mut self) -> std::io::Result<Vec<Progress>> {
        use std::io::Seek;
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(std::io::SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // The last line may be half written.
        let whole = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        self.read += u64::try_from(whole).unwrap_or(0);
        let lines = bytes[..whole].split(|byte| *byte == b'\n');
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The folder is private, and goes with its owner unless it is kept; then only the progress stays.
    #[test]
    fn a_folder_goes_with_its_owner() {
        let runs = tempfile::tempdir().unwrap();
        let folder = Folder::make(&runs.path().join("runs"), &RunId::random()).unwrap();
        let path = folder.path().to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());

        let folder = Folder::make(runs.path(), &RunId::random()).unwrap();
        std::fs::write(folder.plan(), "secret").unwrap();
        folder.progress().unwrap();
        let path = folder.path().to_owned();
        folder.tidy();
        drop(folder);
        let left = std::fs::read_dir(path).unwrap().flatten();
        let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, [PROGRESS, RUNNER]);
    }

    /// A follower gets every line once, never half of one, and waits for a file that is not there yet.
    #[test]
    fn a_follower_gets_whole_lines_once() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunId::random();
        let mut follower = Follower::of(runs.path(), &run);
        assert_eq!(follower.steps().unwrap(), []);
        let folder = Folder::make(runs.path(), &run).unwrap();
        let mut file = folder.progress().unwrap();
        file.write_all(b"{\"event\":\"stopping\"}\n{\"event\":\"of a newer jiti\"}\n{\"event\":")
            .unwrap();
        assert_eq!(follower.steps().unwrap(), [Progress::Stopping]);
        assert_eq!(follower.steps().unwrap(), []);
        file.write_all(b"\"stopping\"}\n").unwrap();
        assert_eq!(follower.steps().unwrap(), [Progress::Stopping]);
    }

    /// What a process that has ended left of a plan is removed by the next run; what one that lives has is not.
    #[test]
    fn plans_of_dead_processes_are_removed() {
        let runs = tempfile::tempdir().unwrap();
        let own = Folder::make(runs.path(), &RunId::random()).unwrap();
        let other = Folder::make(runs.path(), &RunId::random()).unwrap();
        let dead = ProcessId {
            started: "another".to_owned(),
            ..process::identify(std::process::id()).unwrap()
        };
        other.write(RUNNER, &dead).unwrap();
        other.keep();
        Folder::make(runs.path(), &RunId::random()).unwrap();
        assert!(own.path().exists() && !other.path().exists());
    }

    /// Another plan has another digest.
    #[test]
    fn a_digest_tells_plans_apart() {
        let runs = tempfile::tempdir().unwrap();
        let folder = Folder::make(runs.path(), &RunId::random()).unwrap();
        std::fs::write(folder.plan(), "abc").unwrap();
        let digest = folder.digest().unwrap();
        assert_eq!(
            digest,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        std::fs::write(folder.plan(), "abd").unwrap();
        assert_ne!(folder.digest().unwrap(), digest);
    }
}
