//! Detects changes of the ledger's files, without opening the ledger.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The modification times and sizes of the ledger's files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct FileStamp([Option<(SystemTime, u64)>; 2]);

/// The files of one ledger.
#[derive(Clone, Debug)]
pub(crate) struct LedgerWatch {
    files: [PathBuf; 2],
}

impl LedgerWatch {
    /// Watches the ledger's file and its write-ahead log, where commits go first.
    pub(crate) fn new(ledger: &Path) -> Self {
        let mut log = OsString::from(ledger);
        log.push("-wal");
        Self {
            files: [ledger.to_owned(), log.into()],
        }
    }

    /// Returns the current stamp. Two commits within one tick of the file system's clock have the
    /// same stamp, so a caller that reads after a change must read once more later.
    pub(crate) fn stamp(&self) -> FileStamp {
        FileStamp(self.files.each_ref().map(|file| {
            // Opening the ledger, even to read, creates an empty log. Ignore it.
            let data = fs::metadata(file).ok().filter(|data| data.len() > 0)?;
            Some((data.modified().ok()?, data.len()))
        }))
    }
}
