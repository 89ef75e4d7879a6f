//! Follows a run by its progress file, whichever process writes it.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::Instant;

use super::progress::Progress;
use super::run_folder::{FAILURES, PROGRESS};
use crate::values::id::RunId;

/// How often the progress file of a running teardown is checked for new steps.
pub const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Reads the progress of a run while it is written.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    /// How many bytes were read so far.
    position: u64,
}

impl Follower {
    /// Follows a run from its beginning, whether or not the file exists yet.
    #[must_use]
    pub fn of(runs: &Path, run: &RunId) -> Self {
        Self {
            path: runs.join(run.as_str()).join(PROGRESS),
            position: 0,
        }
    }

    /// Waits for the next steps, at most for `limit`. Returns them in order, or nothing if no step
    /// came in that time.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn wait(&mut self, limit: Duration) -> std::io::Result<Vec<Progress>> {
        let until = Instant::now() + limit;
        loop {
            let steps = self.steps()?;
            let now = Instant::now();
            if !steps.is_empty() || now >= until {
                return Ok(steps);
            }
            tokio::time::sleep(POLL_INTERVAL.min(until - now)).await;
        }
    }

    /// What Terraform, its providers and provisioners said about failures, with secrets masked;
    /// `None` before the run has ended, and if nothing failed.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn failures(&self) -> std::io::Result<Option<String>> {
        match std::fs::read_to_string(self.path.with_file_name(FAILURES)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The steps since the last read, in order. A kind of step that a newer jiti wrote is skipped.
    ///
    /// # Errors
    /// When the file cannot be read; a file that does not exist yet has no steps.
    pub fn steps(&mut self) -> std::io::Result<Vec<Progress>> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        file.seek(SeekFrom::Start(self.position))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        // The last line may be incomplete.
        let complete = bytes
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |end| end + 1);
        self.position += u64::try_from(complete).unwrap_or(0);
        let lines = bytes[..complete].split(|byte| *byte == b'\n');
        Ok(lines
            .filter_map(|line| serde_json::from_slice(line).ok())
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::service::teardown::run_folder::RunFolder;

    /// A follower returns every line once, never half of one, and waits for a file that does not
    /// exist yet.
    #[tokio::test(start_paused = true)]
    async fn a_follower_returns_whole_lines_once() {
        let runs = tempfile::tempdir().unwrap();
        let run = RunId::random();
        let mut follower = Follower::of(runs.path(), &run);
        assert_eq!(follower.steps().unwrap(), []);
        let folder = RunFolder::make(runs.path(), &run).unwrap();
        let mut file = folder.progress().unwrap();
        file.write_all(b"{\"event\":\"stopping\"}\n{\"event\":\"of a newer jiti\"}\n{\"event\":")
            .unwrap();
        assert_eq!(follower.steps().unwrap(), [Progress::Stopping]);
        assert_eq!(follower.wait(POLL_INTERVAL * 3).await.unwrap(), []);
        file.write_all(b"\"stopping\"}\n").unwrap();
        let steps = follower.wait(Duration::ZERO).await.unwrap();
        assert_eq!(steps, [Progress::Stopping]);
        assert_eq!(follower.failures().unwrap(), None);
        folder.note_failures("Error: access denied\n").unwrap();
        let failures = follower.failures().unwrap();
        assert_eq!(failures.as_deref(), Some("Error: access denied\n"));
    }
}
