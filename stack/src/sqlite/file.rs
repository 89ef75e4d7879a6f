//! The file of a ledger, as the ledger and the inventory open it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::private_path::{self, Exposure, PathUse};

/// How long to wait for a locked ledger, unless set.
pub(crate) const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The path of the file and how to open it.
#[derive(Debug)]
pub(crate) struct LedgerFile {
    pub(crate) path: PathBuf,
    pub(crate) lock_timeout: Duration,
    pub(crate) read_only: bool,
}

impl LedgerFile {
    /// The path, for messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Checks that no other user can have written to the ledger: to its files, or to a folder that
    /// decides which files these are. With a connection open, the check also covers what that
    /// connection has read.
    pub(crate) fn verify_private(&self) -> Result<(), Exposure> {
        // SQLite keeps its other files beside the file that a link leads to.
        let resolved = self
            .path
            .canonicalize()
            .unwrap_or_else(|_| self.path.clone());
        for path in [&self.path, &resolved] {
            if let Some(folder) = path.parent() {
                private_path::check(folder, PathUse::Parent)?;
            }
        }
        private_path::check(&resolved, PathUse::Contents)?;
        for suffix in ["-wal", "-shm"] {
            private_path::check(&beside(&resolved, suffix), PathUse::Contents)?;
        }
        Ok(())
    }
}

/// The path of a file that SQLite keeps beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
