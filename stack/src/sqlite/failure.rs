//! Maps errors of SQLite and the operating system to ledger errors.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::ledger::LedgerError;

/// The shared memory of the write-ahead log, and a few pages.
const MIN_FREE_BYTES: u64 = 64 * 1024;

/// Maps an error of SQLite, which occurred while `doing` something with the file `ledger`.
pub(crate) fn sqlite(ledger: &str, doing: &'static str, error: rusqlite::Error) -> LedgerError {
    use rusqlite::Error as E;
    if let E::FromSqlConversionFailure(..)
    | E::IntegralValueOutOfRange(..)
    | E::InvalidColumnType(..)
    | E::Utf8Error(..) = error
    {
        return corrupt(ledger, error.to_string());
    }
    let name = ledger;
    let ledger = ledger.to_owned();
    let message = error.to_string();
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => LedgerError::NotALedger {
            ledger,
            why: message,
        },
        Some(ErrorCode::DatabaseCorrupt) => LedgerError::Corrupt {
            ledger,
            what: message,
        },
        Some(ErrorCode::ReadOnly) => LedgerError::ReadOnly { ledger },
        Some(ErrorCode::DiskFull) => full(ledger),
        // A failed write or a shared memory that cannot grow is reported as a plain I/O error.
        Some(ErrorCode::SystemIoFailure | ErrorCode::CannotOpen) if is_disk_full(name) => {
            full(ledger)
        }
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => LedgerError::Denied {
            ledger,
            cause: Arc::new(io::Error::other(message)),
        },
        // SQLite's message, without the code that its error ends with.
        Some(_) => other(&ledger, doing, io::Error::other(message)),
        None => other(&ledger, doing, error),
    }
}

fn full(ledger: String) -> LedgerError {
    LedgerError::Full { ledger }
}

/// Whether the disk of a file has no space left for what SQLite keeps beside it.
fn is_disk_full(ledger: &str) -> bool {
    let path = Path::new(ledger);
    let folder = path.parent().unwrap_or(Path::new("/"));
    rustix::fs::statvfs(folder)
        .is_ok_and(|disk| disk.f_bavail.saturating_mul(disk.f_frsize) < MIN_FREE_BYTES)
}

/// Whether another process holds the lock, so that waiting helps.
pub(crate) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked)
    )
}

/// Like [`sqlite`], for a connection with a busy timeout of `lock_timeout`.
pub(crate) fn sqlite_after_wait(
    ledger: &str,
    doing: &'static str,
    lock_timeout: Duration,
    error: rusqlite::Error,
) -> LedgerError {
    if is_busy(&error) {
        return LedgerError::Locked {
            ledger: ledger.to_owned(),
            waited: lock_timeout,
        };
    }
    sqlite(ledger, doing, error)
}

/// Maps an error of the operating system, which occurred while `doing` something with the file.
pub(crate) fn io(ledger: &Path, doing: &'static str, error: io::Error) -> LedgerError {
    let ledger = ledger.display().to_string();
    match error.kind() {
        io::ErrorKind::PermissionDenied => LedgerError::Denied {
            ledger,
            cause: Arc::new(error),
        },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => full(ledger),
        io::ErrorKind::ReadOnlyFilesystem => LedgerError::ReadOnly { ledger },
        _ => other(&ledger, doing, error),
    }
}

/// Maps an error without a more specific variant.
pub(crate) fn other(
    ledger: &str,
    doing: &'static str,
    error: impl Error + Send + Sync + 'static,
) -> LedgerError {
    LedgerError::Failed {
        ledger: ledger.to_owned(),
        doing,
        cause: Arc::new(error),
    }
}

/// The error for a row that contradicts what jiti writes.
pub(crate) fn corrupt(ledger: &str, what: impl Into<String>) -> LedgerError {
    LedgerError::Corrupt {
        ledger: ledger.to_owned(),
        what: what.into(),
    }
}
