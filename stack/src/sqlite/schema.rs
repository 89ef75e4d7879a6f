//! The tables of a ledger: the application id, the migrations and the newest format.

use rusqlite::{Connection, TransactionBehavior};
use rusqlite_migration::{M, Migrations};

use super::failure;
use super::file::LedgerFile;
use crate::ledger::LedgerError;

/// "jiti" in ASCII: identifies a ledger among SQLite databases.
pub(crate) const APPLICATION_ID: u32 = 0x6a69_7469;

const MIGRATION_STEPS: &[M<'static>] = &[M::up(include_str!("../../migrations/001_ledger.sql"))];
const MIGRATIONS: Migrations<'static> = Migrations::from_slice(MIGRATION_STEPS);

/// The newest known format, in SQLite's `user_version`.
pub(crate) const NEWEST_FORMAT: i64 = 1;
const _: () = assert!(MIGRATION_STEPS.len() == 1, "KNOWN counts the migrations");

/// Reads the format of an open file.
pub(super) fn version(ledger_file: &LedgerFile, db: &Connection) -> Result<i64, LedgerError> {
    db.query_row("PRAGMA user_version", [], |row| row.get(0))
        .map_err(|error| {
            failure::sqlite_after_wait(
                &ledger_file.name(),
                "opening it",
                ledger_file.lock_timeout,
                error,
            )
        })
}

/// Migrates the tables to the newest format.
pub(crate) fn migrate(ledger_file: &LedgerFile, db: &mut Connection) -> Result<(), LedgerError> {
    if version(ledger_file, db)? == NEWEST_FORMAT {
        return Ok(());
    }
    db.set_transaction_behavior(TransactionBehavior::Immediate);
    match MIGRATIONS.to_latest(db) {
        Ok(()) => Ok(()),
        // Another process migrated between our check and our lock.
        Err(_) if version(ledger_file, db)? == NEWEST_FORMAT => Ok(()),
        Err(rusqlite_migration::Error::RusqliteError { err, .. }) => {
            Err(failure::sqlite_after_wait(
                &ledger_file.name(),
                "migrating it",
                ledger_file.lock_timeout,
                err,
            ))
        }
        Err(error) => Err(failure::other(&ledger_file.name(), "migrating it", error)),
    }
}
