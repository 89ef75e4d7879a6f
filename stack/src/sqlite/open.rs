//! Opens the file: checks what it is, its format, and whether this user may write to it.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::create::create;
use super::failure;
use super::file::{LedgerFile, beside};
use super::schema::{APPLICATION_ID, NEWEST_FORMAT, migrate, version};
use crate::ledger::LedgerError;

/// The offset of the application id in the header of a SQLite file.
const APPLICATION_ID_AT: usize = 68;
const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER: u64 = 100;

/// Opens a connection for writing, and creates a missing ledger.
pub(crate) fn writer(ledger_file: &LedgerFile) -> Result<Connection, LedgerError> {
    find(ledger_file)?;
    let mut db = connect(
        ledger_file,
        &ledger_file.path,
        OpenFlags::SQLITE_OPEN_READ_WRITE,
    )?;
    let read_only = || LedgerError::ReadOnly {
        ledger: ledger_file.name(),
    };
    let failed = |error| {
        failure::sqlite_after_wait(
            &ledger_file.name(),
            "opening it",
            ledger_file.lock_timeout,
            error,
        )
    };
    // Without write access, SQLite silently opens the file for reading and fails at the first
    // append.
    if db.is_readonly("main").map_err(failed)? {
        return Err(read_only());
    }
    migrate(ledger_file, &mut db)?;
    db.execute_batch("PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 8388608;")
        .map_err(failed)?;
    Ok(db)
}

/// The mode of a reading connection.
pub(crate) enum ReadMode {
    /// An ordinary reader, concurrent with writers.
    Live(Connection),
    /// This process can't take part in the file's locks: this user may not, or the disk is full.
    /// The file is read as is, and must not change during the read.
    Sealed(Connection),
    /// The disk is full, and the write-ahead log holds events. Without room for shared memory, the
    /// connection keeps other processes out, so it is for one read.
    Exclusive(Connection),
}

/// Opens a connection for reading, and creates a missing ledger if allowed.
pub(crate) fn reader(ledger_file: &LedgerFile) -> Result<ReadMode, LedgerError> {
    find(ledger_file)?;
    let live = connect(
        ledger_file,
        &ledger_file.path,
        OpenFlags::SQLITE_OPEN_READ_WRITE,
    )
    .and_then(|mut db| {
        let pending = version(ledger_file, &db)? < NEWEST_FORMAT;
        let failed = |error| {
            failure::sqlite_after_wait(
                &ledger_file.name(),
                "opening it",
                ledger_file.lock_timeout,
                error,
            )
        };
        if pending && !ledger_file.read_only && !db.is_readonly("main").map_err(failed)? {
            migrate(ledger_file, &mut db)?;
        }
        Ok(db)
    })
    .and_then(|db| readable(ledger_file, db));
    match live {
        Ok(db) => Ok(ReadMode::Live(db)),
        // SQLite needs to create its shared memory beside the file, and this user is not allowed
        // to, or the disk is full.
        Err(
            LedgerError::Denied { .. } | LedgerError::ReadOnly { .. } | LedgerError::Full { .. },
        ) if is_at_rest(ledger_file) => {
            let uri = format!("file:{}?immutable=1", escaped(&ledger_file.path));
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            let db = connect(ledger_file, Path::new(&uri), flags)?;
            Ok(ReadMode::Sealed(readable(ledger_file, db)?))
        }
        Err(LedgerError::Full { .. }) => {
            let db = connect_with(
                ledger_file,
                &ledger_file.path,
                OpenFlags::SQLITE_OPEN_READ_WRITE,
                "PRAGMA locking_mode = EXCLUSIVE;",
            )?;
            // Merging the log into the file would need space.
            db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
                .map_err(|error| failure::sqlite(&ledger_file.name(), "opening it", error))?;
            Ok(ReadMode::Exclusive(readable(ledger_file, db)?))
        }
        Err(error) => Err(error),
    }
}

/// Whether no write-ahead log exists, so that the file is complete.
pub(crate) fn is_at_rest(ledger_file: &LedgerFile) -> bool {
    fs::metadata(beside(&ledger_file.path, "-wal")).map_or(true, |log| log.len() == 0)
}

/// Checks the file before SQLite opens it, because SQLite accepts an empty file as a database.
fn find(ledger_file: &LedgerFile) -> Result<(), LedgerError> {
    let no_ledger = |why: String| LedgerError::NotALedger {
        ledger: ledger_file.name(),
        why,
    };
    // Opening a FIFO would wait for its writer.
    let kind = fs::metadata(&ledger_file.path).map(|about| about.file_type());
    if kind.is_ok_and(|kind| !kind.is_file()) {
        return Err(no_ledger("it is not a regular file".to_owned()));
    }
    let mut file = match File::open(&ledger_file.path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound && ledger_file.read_only => {
            return Err(LedgerError::Missing {
                ledger: ledger_file.name(),
            });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            create(ledger_file)?;
            File::open(&ledger_file.path)
                .map_err(|error| failure::io(&ledger_file.path, "opening it", error))?
        }
        Err(error) => return Err(failure::io(&ledger_file.path, "opening it", error)),
    };
    let mut header = Vec::new();
    file.by_ref()
        .take(HEADER)
        .read_to_end(&mut header)
        .map_err(|error| failure::io(&ledger_file.path, "opening it", error))?;
    if header.is_empty() {
        return Err(no_ledger("the file is empty".to_owned()));
    }
    if !header.starts_with(MAGIC) {
        return Err(no_ledger("it is not a SQLite database".to_owned()));
    }
    let id = header
        .get(APPLICATION_ID_AT..APPLICATION_ID_AT + 4)
        .and_then(|id| id.try_into().ok())
        .map(u32::from_be_bytes);
    match id {
        Some(APPLICATION_ID) => Ok(()),
        Some(id) => Err(no_ledger(format!(
            "it is another application's database (application id {id:#010x})"
        ))),
        None => Err(no_ledger("it ends within its first page".to_owned())),
    }
}

fn connect(
    ledger_file: &LedgerFile,
    file: &Path,
    flags: OpenFlags,
) -> Result<Connection, LedgerError> {
    connect_with(ledger_file, file, flags, "")
}

/// Like [`connect`], with statements that run before the first access to the file.
fn connect_with(
    ledger_file: &LedgerFile,
    file: &Path,
    flags: OpenFlags,
    first: &str,
) -> Result<Connection, LedgerError> {
    let ledger = ledger_file.name();
    let failed =
        |error| failure::sqlite_after_wait(&ledger, "opening it", ledger_file.lock_timeout, error);
    let db = Connection::open_with_flags(file, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(failed)?;
    db.busy_timeout(ledger_file.lock_timeout).map_err(failed)?;
    db.execute_batch(first).map_err(failed)?;
    // A listing reads each page once, so a large cache would only cost memory.
    db.execute_batch("PRAGMA cache_size = -512; PRAGMA temp_store = MEMORY;")
        .map_err(failed)?;
    let found = version(ledger_file, &db)?;
    if found > NEWEST_FORMAT {
        return Err(LedgerError::Newer {
            ledger,
            found,
            known: NEWEST_FORMAT,
        });
    }
    Ok(db)
}

/// Checks that a reading connection has a known format, and forbids it to write.
fn readable(ledger_file: &LedgerFile, db: Connection) -> Result<Connection, LedgerError> {
    let found = version(ledger_file, &db)?;
    if found < NEWEST_FORMAT {
        return Err(LedgerError::Older {
            ledger: ledger_file.name(),
            found,
            known: NEWEST_FORMAT,
        });
    }
    db.execute_batch("PRAGMA query_only = ON;")
        .map_err(|error| failure::sqlite(&ledger_file.name(), "opening it", error))?;
    Ok(db)
}

/// Escapes a path for a URI.
fn escaped(path: &Path) -> String {
    let mut text = String::new();
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                text.push(char::from(*byte));
            }
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
