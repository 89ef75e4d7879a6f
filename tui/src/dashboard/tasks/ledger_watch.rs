//! Whether the ledger's file has changed: cheaper to ask than the ledger, so that nobody notices the asking.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the operating system says of the files of a ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp([Option<(SystemTime, u64)>; 2]);

/// The files of one ledger.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    files: [PathBuf; 2],
}

impl Watch {
    /// On the ledger at a path: its file, and the log beside it that commits go to first.
    pub(crate) fn on(ledger: &Path) -> Self {
        let mut log = OsString::from(ledger);
        log.push("-wal");
        Self {
            files: [ledger.to_owned(), log.into()],
        }
    }

    /// How the files are now. Two commits within one tick of the file system's clock look like one: whoever
    /// has read because of a change reads once more a little later.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp(self.files.each_ref().map(|file| {
            // Whoever opens the ledger, if only to read, makes an empty log: that says nothing.
            let data = fs::metadata(file).ok().filter(|data| data.len() > 0)?;
            Some((data.modified().ok()?, data.len()))
        }))
    }
}
