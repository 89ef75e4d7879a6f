//! Maps errors of SQLite and the operating system to ledger errors.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::ErrorCode;

use crate::ledger::LedgerError;

/// Maps an error of SQLite, which occurred while `doing` something with the file `ledger`.
pub(crate) fn sqlite(ledger: &str, doing: &'static str, error: rusqlite::Error) -> LedgerError {
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
        Some(ErrorCode::DiskFull) => LedgerError::Full {
            ledger,
            cause: Arc::new(error),
        },
        Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen) => LedgerError::Denied {
            ledger,
            cause: Arc::new(error),
        },
        _ => other(&ledger, doing, error),
    }
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
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LedgerError::Full {
            ledger,
            cause: Arc::new(error),
        },
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
