//! Creates a ledger: builds it under a temporary name, then moves it into place.
//!
//! A file that is created in place is visible while it is incomplete: eight processes on a new path
//! then report "database is locked" from the switch to WAL, whatever their busy timeout. A file
//! that appears complete needs no lock, and the loser of a race uses the winner's file.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::sync::Arc;

use rusqlite::{Connection, OpenFlags};

use super::file::{LedgerFile, beside};
use super::{failure, schema};
use crate::ledger::LedgerError;
use crate::values::id::LedgerId;

/// Creates a ledger at the path, unless another process does so first.
pub(super) fn create(ledger_file: &LedgerFile) -> Result<(), LedgerError> {
    let folder = ledger_file.path.parent().unwrap_or(Path::new("/"));
    create_folder(folder)?;
    refuse_leftovers(ledger_file)?;
    let beside = tempfile::Builder::new()
        .prefix(".jiti-new-")
        .suffix(".db")
        .tempfile_in(folder)
        .map_err(|error| failure::io(&ledger_file.path, "creating it", error))?
        .into_temp_path();
    set_up(ledger_file, &beside)?;
    match beside.persist_noclobber(&ledger_file.path) {
        Ok(()) => {
            sync(folder).map_err(|error| failure::io(&ledger_file.path, "creating it", error))
        }
        // Another process was faster, and its file is as good. Dropping `beside` removes ours.
        Err(lost) if lost.error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(failed) => Err(failure::io(&ledger_file.path, "creating it", failed.error)),
    }
}

/// Creates missing folders, for this user only. Existing folders keep their permissions.
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

/// Refuses a write-ahead log without its database, because SQLite would apply it to the new one.
/// The database is checked after the log, because another process creates the database first and
/// its log next.
fn refuse_leftovers(ledger_file: &LedgerFile) -> Result<(), LedgerError> {
    let leftover = beside(&ledger_file.path, "-wal");
    if leftover.exists() && !ledger_file.path.exists() {
        return Err(LedgerError::Leftover {
            ledger: ledger_file.name(),
            leftover,
        });
    }
    Ok(())
}

fn set_up(ledger_file: &LedgerFile, file: &Path) -> Result<(), LedgerError> {
    let ledger = ledger_file.name();
    let failed = |error| failure::sqlite(&ledger, "creating it", error);
    let mut db = Connection::open_with_flags(
        file,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed)?;
    db.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA application_id = {};",
        schema::APPLICATION_ID
    ))
    .map_err(failed)?;
    schema::migrate(ledger_file, &mut db)?;
    db.execute(
        "INSERT INTO ledger (id) VALUES (?1)",
        [LedgerId::random().as_str()],
    )
    .map_err(failed)?;
    // Closing the last connection merges the log and removes it, so one file is left.
    db.close().map_err(|(_, error)| failed(error))
}

/// The new name is durable only once the folder is synced.
#[cfg(unix)]
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn sync(_folder: &Path) -> io::Result<()> {
    Ok(())
}
