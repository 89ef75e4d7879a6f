//! The file of a ledger, as the ledger and the inventory open it.

use std::path::{Path, PathBuf};
use std::time::Duration;

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
}

/// The path of a file that SQLite keeps beside the database.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
