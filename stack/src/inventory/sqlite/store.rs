//! The inventory's connections, opened on demand, and the in-memory fallback.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};

use super::{rows, tables};
use crate::inventory::memory::Contents;
use crate::ledger::LedgerError;
use crate::sqlite::failure;
use crate::sqlite::file::LedgerFile;
use crate::sqlite::open::{self, ReadMode};

/// Reads one part of the contents.
type Load<T> = fn(&Connection) -> rusqlite::Result<T>;
/// Writes the difference between two states of one part.
type Keep<T> = fn(&Connection, &T, &T) -> rusqlite::Result<()>;

/// Access to the file, owned by one thread.
pub(super) struct Store {
    ledger_file: Arc<LedgerFile>,
    reading: Option<Connection>,
    writing: Option<Connection>,
    /// The contents, if nothing can be stored. Once set, the file is not read any more.
    unstored: Option<Contents>,
}

impl Store {
    pub(super) fn new(ledger_file: Arc<LedgerFile>) -> Self {
        Self {
            ledger_file,
            reading: None,
            writing: None,
            unstored: None,
        }
    }

    /// Reads one part, from memory or from the file.
    pub(super) fn read<T: Default>(
        &mut self,
        unstored: impl FnOnce(&Contents) -> T,
        load: Load<T>,
    ) -> Result<T, LedgerError> {
        match &self.unstored {
            Some(contents) => Ok(unstored(contents)),
            None => self.load(load),
        }
    }

    /// Changes one part and returns its new state.
    pub(super) fn change<T: Clone + Default>(
        &mut self,
        part: impl Fn(&mut Contents) -> &mut T,
        load: Load<T>,
        keep: Keep<T>,
        change: impl FnOnce(&mut T),
    ) -> Result<T, LedgerError> {
        if self.unstored.is_none() {
            if self.can_write()? {
                return self.write(load, keep, change);
            }
            // Nothing can be stored here, but the fetched answer is still useful.
            self.unstored = Some(self.load(rows::contents)?);
        }
        let contents = self.unstored.get_or_insert_default();
        contents.changes += 1;
        let part = part(contents);
        change(part);
        Ok(part.clone())
    }

    /// Reads stored histories; the default if there are none.
    pub(super) fn report<T: Default>(
        &mut self,
        load: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        self.load(|db| {
            if tables::has_report(db)? {
                load(db)
            } else {
                Ok(T::default())
            }
        })
    }

    /// Changes stored histories; false if nothing can be stored, or `change` did not apply. The
    /// generation stays the same, because no answer of the cloud changes.
    pub(super) fn change_report(
        &mut self,
        change: impl FnOnce(&Connection) -> rusqlite::Result<bool>,
    ) -> Result<bool, LedgerError> {
        if !self.can_write()? {
            return Ok(false);
        }
        self.transact("storing histories", change)
    }

    fn write<T: Clone>(
        &mut self,
        load: Load<T>,
        keep: Keep<T>,
        change: impl FnOnce(&mut T),
    ) -> Result<T, LedgerError> {
        self.transact("storing cloud data", |db| {
            let before = load(db)?;
            let mut after = before.clone();
            change(&mut after);
            keep(db, &before, &after)?;
            tables::change_generation(db)?;
            Ok(after)
        })
    }

    /// Runs `act` in a transaction of the writing connection, which must be open.
    fn transact<T>(
        &mut self,
        doing: &'static str,
        act: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let ledger = self.ledger_file.name();
        let lock_timeout = self.ledger_file.lock_timeout;
        let failed = |error| failure::sqlite_after_wait(&ledger, doing, lock_timeout, error);
        let Some(db) = &mut self.writing else {
            return Err(LedgerError::Missing { ledger });
        };
        let transaction = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let answer = act(&transaction).map_err(failed)?;
        transaction.commit().map_err(failed)?;
        Ok(answer)
    }

    /// Opens the connection for writing; false if the file cannot be written.
    fn can_write(&mut self) -> Result<bool, LedgerError> {
        match self.writer() {
            Ok(()) => Ok(true),
            Err(
                LedgerError::ReadOnly { .. }
                | LedgerError::Denied { .. }
                | LedgerError::Full { .. }
                | LedgerError::Missing { .. },
            ) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens the connection for writing. With less durability than the ledger: a power cut may lose
    /// the latest answers, which can be fetched again.
    fn writer(&mut self) -> Result<(), LedgerError> {
        if self.writing.is_some() {
            return Ok(());
        }
        let ledger = self.ledger_file.name();
        if self.ledger_file.read_only {
            return Err(LedgerError::ReadOnly { ledger });
        }
        let lock_timeout = self.ledger_file.lock_timeout;
        let failed = |error| failure::sqlite_after_wait(&ledger, "opening it", lock_timeout, error);
        let mut db = open::writer(&self.never_new())?;
        db.execute_batch("PRAGMA synchronous = NORMAL;")
            .map_err(failed)?;
        tables::prepare(&mut db).map_err(failed)?;
        self.writing = Some(db);
        Ok(())
    }

    fn load<T: Default>(
        &mut self,
        load: impl Fn(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, LedgerError> {
        let ledger = self.ledger_file.name();
        let lock_timeout = self.ledger_file.lock_timeout;
        let failed =
            |error| failure::sqlite_after_wait(&ledger, "reading cloud data", lock_timeout, error);
        let read = |db: &Connection| {
            // One transaction, so that all parts are from the same moment.
            let moment = db.unchecked_transaction()?;
            let read = if tables::are_known(&moment)? {
                load(&moment)?
            } else {
                T::default()
            };
            moment.finish()?;
            Ok(read)
        };
        if let Some(db) = self.writing.as_ref().or(self.reading.as_ref()) {
            return read(db).map_err(failed);
        }
        match open::reader(&self.never_new()) {
            Ok(ReadMode::Live(db)) => {
                let answer = read(&db).map_err(failed);
                self.reading = Some(db);
                answer
            }
            Ok(ReadMode::Sealed(db) | ReadMode::Exclusive(db)) => read(&db).map_err(failed),
            Err(LedgerError::Missing { .. }) => Ok(T::default()),
            Err(error) => Err(error),
        }
    }

    /// The file with settings that never create it.
    fn never_new(&self) -> LedgerFile {
        LedgerFile {
            path: self.ledger_file.path.clone(),
            lock_timeout: self.ledger_file.lock_timeout,
            read_only: true,
        }
    }
}
