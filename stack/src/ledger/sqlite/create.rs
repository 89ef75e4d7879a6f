//! A new ledger: set up beside its place under another name, then put into place whole.
//!
//! A file that is created in place shows its beginnings to everybody: eight processes on a fresh path
//! then see "database is locked" from the switch to WAL, whatever their busy timeout. One that
//! appears finished needs no lock at all, and the loser of a race finds the winner's.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::{LedgerFile, open};
use crate::ledger::LedgerError;
use crate::sqlite::failure;
use crate::values::id::LedgerId;

/// Puts a ledger at the path, unless somebody else does so first.
pub(super) fn create(site: &LedgerFile) -> Result<(), LedgerError> {
    let folder = site.path.parent().unwrap_or(Path::new("/"));
    create_folder(folder)?;
    refuse_leftovers(site)?;
    let beside = tempfile::Builder::new()
        .prefix(".jiti-new-")
        .suffix(".db")
        .tempfile_in(folder)
        .map_err(|error| failure::io(&site.path, "creating it", error))?
        .into_temp_path();
    set_up(site, &beside)?;
    match beside.persist_noclobber(&site.path) {
        Ok(()) => sync(folder).map_err(|error| failure::io(&site.path, "creating it", error)),
        // Somebody was faster, and theirs is as good; ours is removed as `beside` is dropped.
        Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failure::io(&site.path, "creating it", failed.error)),
    }
}

/// The folder and those above it, as far as they are missing: for this user alone. One that exists
/// is its owner's business.
fn create_folder(folder: &Path) -> Result<(), LedgerError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| LedgerError::Folder {
        folder: folder.to_owned(),
        cause: Arc::new(error),
    })
}

/// A log without its database would be played into the next one that is put there. The database is
/// looked for after the log was seen, because one that was just created by another process has a
/// log as well, and had the database first.
fn refuse_leftovers(site: &LedgerFile) -> Result<(), LedgerError> {
    let leftover = beside(&site.path, "-wal");
    if leftover.exists() && !site.path.exists() {
        return Err(LedgerError::Leftover {
            ledger: site.name(),
            leftover,
        });
    }
    Ok(())
}

/// The file that SQLite keeps beside a database.
pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn set_up(site: &LedgerFile, file: &Path) -> Result<(), LedgerError> {
    let ledger = site.name();
    let failed = |error| failure::sqlite(&ledger, "creating it", error);
    let mut db = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = {};",
        open::APPLICATION_ID
    ))
    .map_err(failed)?;
    open::migrate(site, &mut db)?;
    db.execute(
        "INSERT INTO ledger (id) VALUES (?1)",
        [LedgerId::random().as_str()],
    )
    .map_err(failed)?;
    // The last connection takes the log into the database and removes it: one file is left.
    db.close().map_err(|(_, error)| failed(error))
}

/// The name is on disk only when the folder is.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
