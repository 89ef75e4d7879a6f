//! The private folder of a run: the saved plan until it is applied, and the progress file.
//!
//! ```text
//! RUNS/7k3m9q2x4v8w/   0700
//!   plan               the saved plan, which holds secrets: removed when the run ends
//!   shown.json         the plan as it was shown
//!   runner.json        the runner: process, start, machine
//!   terraform.json     the process of Terraform, which may outlive its runner
//!   output, errors     Terraform's output: removed when the run and Terraform have ended
//!   deleted.json       the deletions in the output of a run that did not finish
//!   finished.json      the deletions of such an earlier run, to be recorded by this one
//!   failures.log       what failed provisioners and providers said, with secrets masked; it stays
//!   checkout           the clone of a root module that was rebuilt: removed when the run ends
//!   progress.jsonl     each step, with secrets masked; it stays
//! ```

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use super::error::TeardownError;
use crate::lease::ProcessId;
use crate::process::{self, Liveness};
use crate::values::id::RunId;

/// The progress file.
pub(super) const PROGRESS: &str = "progress.jsonl";

/// The file that names the runner's process.
pub(super) const RUNNER: &str = "runner.json";

/// The file that names Terraform's process.
const TERRAFORM: &str = "terraform.json";

/// The clone of a root module that was rebuilt from its commit.
const CHECKOUT: &str = "checkout";

/// Terraform's output, line by line.
const OUTPUT: &str = "output";

/// The addresses kept from an output when it is removed; they are not secret.
const DELETED: &str = "deleted.json";

/// What an earlier run has deleted without recording it.
const FINISHED: &str = "finished.json";

/// What failed provisioners and providers said.
pub(super) const FAILURES: &str = "failures.log";

/// The maximum length of that file, in bytes; its end is kept.
const MAX_FAILURES_LENGTH: usize = 1024 * 1024;

/// The start of the name of a folder that has no description yet.
const UNNAMED: &str = ".new-";

/// How many folders of finished runs are kept.
const MAX_FINISHED_RUNS: usize = 50;

/// A run's folder. It is removed with its last owner, unless another process took it over.
#[derive(Debug)]
pub(super) struct RunFolder {
    path: PathBuf,
    kept: AtomicBool,
}

impl RunFolder {
    /// The file of the saved plan.
    pub(super) const PLAN: &'static str = "plan";

    /// Makes the folder of a run.
    pub(super) fn make(runs: &Path, run: &RunId) -> Result<Self, TeardownError> {
        let path = runs.join(run.as_str());
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        builder
            .recursive(true)
            .create(runs)
            .map_err(failed(runs, "made"))?;
        // A folder appears with its description: another process takes one without it for a
        // leftover.
        let unnamed = Self::of(&runs.join(format!("{UNNAMED}{}", run.as_str())));
        builder
            .recursive(false)
            .create(&unnamed.path)
            .map_err(failed(&unnamed.path, "made"))?;
        unnamed.claim()?;
        std::fs::rename(&unnamed.path, &path).map_err(failed(&path, "made"))?;
        unnamed.keep();
        prune(runs);
        Ok(Self::of(&path))
    }

    /// Records that this process owns the run from now on.
    pub(super) fn claim(&self) -> Result<(), TeardownError> {
        match process::identify(std::process::id()) {
            Some(own) => self.write(RUNNER, &own),
            None => Ok(()),
        }
    }

    /// The folder of a run that another process began; it is removed with this owner.
    pub(super) fn of(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            kept: AtomicBool::new(false),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn plan(&self) -> PathBuf {
        self.path.join(Self::PLAN)
    }

    /// The folder of the clone, which need not exist.
    pub(super) fn checkout(&self) -> PathBuf {
        self.path.join(CHECKOUT)
    }

    /// Records Terraform's process. Without the record, the next run assumes that Terraform ended
    /// with this process.
    pub(super) fn note_terraform(&self, pid: u32) {
        if let Some(process) = process::identify(pid) {
            drop(self.write(TERRAFORM, &process));
        }
    }

    /// Stores what an earlier run has deleted, for the process that carries this plan out.
    pub(super) fn note_finished(&self, addresses: &[String]) -> Result<(), TeardownError> {
        match addresses {
            [] => Ok(()),
            addresses => self.write(FINISHED, &addresses),
        }
    }

    /// What an earlier run has deleted without recording it.
    pub(super) fn finished(&self) -> Vec<String> {
        self.read(FINISHED).unwrap_or_default()
    }

    /// Stores what failed provisioners and providers said, without secrets; returns the file.
    /// `None` if there is nothing to store, or the file cannot be written: the teardown continues.
    pub(super) fn note_failures(&self, text: &str) -> Option<PathBuf> {
        let mut start = text.len().saturating_sub(MAX_FAILURES_LENGTH);
        while !text.is_char_boundary(start) {
            start += 1;
        }
        if text.trim().is_empty() {
            return None;
        }
        let path = self.path.join(FAILURES);
        let file = private(&path).and_then(|mut file| {
            file.set_len(0)?;
            file.write_all(&text.as_bytes()[start..])
        });
        file.ok().map(|()| path)
    }

    /// Keeps the folder when this owner is dropped.
    pub(super) fn keep(&self) {
        self.kept.store(true, Ordering::Relaxed);
    }

    /// Removes what may hold secrets, and keeps the progress.
    pub(super) fn tidy(&self) {
        self.keep();
        for name in [Self::PLAN, OUTPUT, "errors"] {
            // A missing file is fine, and nothing better can be done about another error.
            let _ = std::fs::remove_file(self.path.join(name));
        }
        // It may contain the backend's configuration.
        let _ = std::fs::remove_dir_all(self.checkout());
    }

    /// The digest of the saved plan.
    pub(super) fn digest(&self) -> Result<String, TeardownError> {
        let path = self.plan();
        digest(&path).map_err(failed(&path, "read"))
    }

    /// Writes a value into a file of the folder. Readers see the old or the new value, never a
    /// part.
    pub(super) fn write(&self, name: &str, value: &impl Serialize) -> Result<(), TeardownError> {
        let path = self.path.join(name);
        let draft = self.path.join(format!(".{name}"));
        let written = private(&draft).and_then(|file| {
            file.set_len(0)?;
            let mut file = BufWriter::new(file);
            serde_json::to_writer(&mut file, value)?;
            file.flush()?;
            std::fs::rename(&draft, &path)
        });
        written.map_err(failed(&path, "written"))
    }

    /// Reads a value from a file of the folder.
    pub(super) fn read<T: DeserializeOwned>(&self, name: &str) -> Result<T, TeardownError> {
        read(&self.path.join(name))
    }

    /// Opens the progress file for writing.
    pub(super) fn progress(&self) -> Result<File, TeardownError> {
        let path = self.path.join(PROGRESS);
        private(&path).map_err(failed(&path, "made"))
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            // There is no caller left that could handle the error.
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

/// The SHA-256 of a file, which may be large.
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

/// What the Terraform of a run has reported as deleted, whether or not its runner read it. A
/// Terraform that outlives its runner may still delete more; it holds the state's lock until then.
pub(super) fn reported_deletions(runs: &Path, run: &RunId) -> Vec<String> {
    let path = runs.join(run.as_str());
    match std::fs::read(path.join(OUTPUT)) {
        Ok(output) => crate::terraform::deleted(&String::from_utf8_lossy(&output)),
        Err(_) => read(&path.join(DELETED)).unwrap_or_default(),
    }
}

/// Keeps what the next run has to know of an output.
fn keep_deletions(folder: &RunFolder) {
    if let Ok(output) = std::fs::read(folder.path.join(OUTPUT)) {
        let deleted = crate::terraform::deleted(&String::from_utf8_lossy(&output));
        drop(folder.write(DELETED, &deleted));
    }
}

/// Removes what dead processes left: secrets as soon as their Terraform has ended, and progress
/// files when there are too many. A failure here does not prevent a teardown.
fn prune(runs: &Path) {
    let Ok(entries) = std::fs::read_dir(runs) else {
        return;
    };
    let mut ended = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        let runner = read::<ProcessId>(&path.join(RUNNER));
        let is_unnamed = entry.file_name().to_string_lossy().starts_with(UNNAMED);
        let is_leftover = match &runner {
            Ok(runner) => process::liveness(runner) == Liveness::Dead,
            // Its process was killed while it wrote the description.
            Err(_) => path.is_dir() && !is_unnamed,
        };
        if !is_leftover {
            continue;
        }
        let folder = RunFolder::of(&path);
        if let Ok(last) = std::fs::metadata(path.join(PROGRESS)).and_then(|file| file.modified()) {
            let terraform = read::<ProcessId>(&path.join(TERRAFORM));
            if terraform.is_ok_and(|process| process::liveness(&process) == Liveness::Alive) {
                folder.keep();
                continue;
            }
            keep_deletions(&folder);
            folder.tidy();
            ended.push((last, path));
        }
    }
    ended.sort();
    let surplus = ended.len().saturating_sub(MAX_FINISHED_RUNS);
    for (_, path) in ended.into_iter().take(surplus) {
        let _ = std::fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// The folder is private and is removed with its owner. If it is kept, only the progress stays.
    #[test]
    fn a_folder_is_removed_with_its_owner() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::make(&runs.path().join("runs"), &RunId::random()).unwrap();
        let path = folder.path().to_owned();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        drop(folder);
        assert!(!path.exists());

        let folder = RunFolder::make(runs.path(), &RunId::random()).unwrap();
        std::fs::write(folder.plan(), "secret").unwrap();
        std::fs::create_dir(folder.checkout()).unwrap();
        std::fs::write(folder.checkout().join("main.tf"), "secret").unwrap();
        folder.progress().unwrap();
        let path = folder.path().to_owned();
        folder.tidy();
        drop(folder);
        let left = std::fs::read_dir(path).unwrap().flatten();
        let mut left: Vec<_> = left.map(|entry| entry.file_name()).collect();
        left.sort();
        assert_eq!(left, [PROGRESS, RUNNER]);
    }

    /// The next run removes the plans of dead processes, and leaves those of live ones.
    #[test]
    fn plans_of_dead_processes_are_removed() {
        let runs = tempfile::tempdir().unwrap();
        let own = RunFolder::make(runs.path(), &RunId::random()).unwrap();
        let other = RunFolder::make(runs.path(), &RunId::random()).unwrap();
        let dead = ProcessId {
            started: "another".to_owned(),
            ..process::identify(std::process::id()).unwrap()
        };
        other.write(RUNNER, &dead).unwrap();
        other.keep();
        RunFolder::make(runs.path(), &RunId::random()).unwrap();
        assert!(own.path().exists() && !other.path().exists());
    }

    /// A folder without its description, or with a damaged one, is a leftover too. What its
    /// Terraform deleted is kept for the next run.
    #[test]
    fn folders_without_a_description_are_removed() {
        let runs = tempfile::tempdir().unwrap();
        let empty = runs.path().join("2k3m9q2x4v8w");
        std::fs::create_dir(&empty).unwrap();
        let damaged = runs.path().join("3k3m9q2x4v8w");
        std::fs::create_dir(&damaged).unwrap();
        std::fs::write(damaged.join(RUNNER), "{\"pid\":").unwrap();
        std::fs::write(damaged.join(RunFolder::PLAN), "secret").unwrap();
        let begun = runs.path().join("4k3m9q2x4v8w");
        std::fs::create_dir(&begun).unwrap();
        std::fs::write(begun.join(PROGRESS), "").unwrap();
        std::fs::write(begun.join(RunFolder::PLAN), "secret").unwrap();
        let note = runs.path().join("note.txt");
        std::fs::write(&note, "").unwrap();
        let own = RunFolder::make(runs.path(), &RunId::random()).unwrap();
        assert!(own.path().join(RUNNER).exists());
        assert!(!empty.exists() && !damaged.exists());
        assert!(begun.join(PROGRESS).exists() && !begun.join(RunFolder::PLAN).exists());
        assert!(note.exists());
    }

    /// Different plans have different digests.
    #[test]
    fn a_digest_distinguishes_plans() {
        let runs = tempfile::tempdir().unwrap();
        let folder = RunFolder::make(runs.path(), &RunId::random()).unwrap();
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
