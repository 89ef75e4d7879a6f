//! The writer thread, which commits all pending appends together.
//!
//! Each append has its own savepoint and result. One commit, synced to disk, then acknowledges all
//! of them. Forty appends share one sync, and a refused one does not affect the others.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::append;
use crate::ledger::LedgerError;
use crate::sqlite::failure;
use crate::sqlite::file::LedgerFile;
use crate::sqlite::lock_wait::LockWait;
use crate::sqlite::open;

/// The maximum number of appends in one commit, so that other processes get the lock in between.
const MAX_APPENDS_PER_COMMIT: usize = 256;

/// A pending append.
pub(super) trait Pending: Send {
    /// Whether the caller is still waiting.
    fn is_wanted(&self) -> bool;
    /// Decides and writes, inside a transaction. The caller undoes the writes of a refused append.
    fn act(&mut self, db: &Connection, ledger: &str) -> Result<(), LedgerError>;
    /// Sends the result: the append's own, or why the commit failed.
    fn answer(self: Box<Self>, committed: Result<(), LedgerError>);
}

/// An append with a result of type `T`.
pub(super) struct Append<T, F> {
    act: Option<F>,
    verdict: Option<Result<T, LedgerError>>,
    reply: oneshot::Sender<Result<T, LedgerError>>,
}

impl<T, F> Append<T, F>
where
    T: Send,
    F: FnOnce(&Connection, &str) -> Result<T, LedgerError> + Send,
{
    pub(super) fn new(act: F) -> (Self, oneshot::Receiver<Result<T, LedgerError>>) {
        let (reply, answer) = oneshot::channel();
        let append = Self {
            act: Some(act),
            verdict: None,
            reply,
        };
        (append, answer)
    }
}

impl<T, F> Pending for Append<T, F>
where
    T: Send,
    F: FnOnce(&Connection, &str) -> Result<T, LedgerError> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn act(&mut self, db: &Connection, ledger: &str) -> Result<(), LedgerError> {
        let Some(act) = self.act.take() else {
            return Ok(());
        };
        let verdict = act(db, ledger);
        let refused = verdict.as_ref().err().cloned();
        self.verdict = Some(verdict);
        refused.map_or(Ok(()), Err)
    }

    fn answer(self: Box<Self>, committed: Result<(), LedgerError>) {
        let answer = match (committed, self.verdict) {
            (Err(error), Some(Ok(_)) | None) => Err(error),
            (_, Some(verdict)) => verdict,
            // It was not run, so nothing was committed for it.
            (Ok(()), None) => return,
        };
        let _ = self.reply.send(answer);
    }
}

/// The writing connection, opened by the first append.
pub(super) struct Writer {
    ledger_file: Arc<LedgerFile>,
    db: Option<Connection>,
    /// The last lock was contended: other processes are writing too.
    contended: bool,
}

impl Writer {
    pub(super) fn new(ledger_file: Arc<LedgerFile>) -> Self {
        Self {
            ledger_file,
            db: None,
            contended: false,
        }
    }

    pub(super) fn serve(&mut self, jobs: &Receiver<Box<dyn Pending>>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            group.extend(jobs.try_iter().take(MAX_APPENDS_PER_COMMIT - 1));
            self.write(group);
        }
    }

    fn write(&mut self, mut group: Vec<Box<dyn Pending>>) {
        group.retain(|pending| pending.is_wanted());
        if group.is_empty() {
            return;
        }
        let committed = self.commit(&mut group);
        for pending in group {
            pending.answer(committed.clone());
        }
    }

    fn commit(&mut self, group: &mut [Box<dyn Pending>]) -> Result<(), LedgerError> {
        let ledger = self.ledger_file.name();
        let db = match self.db.take() {
            Some(db) => db,
            None => self.open(&ledger)?,
        };
        let done = self.transact(&db, &ledger, |db| {
            for pending in group {
                with_savepoint(db, &ledger, |db| pending.act(db, &ledger))?;
            }
            Ok(())
        });
        // A connection whose rollback failed is not used again.
        if db.is_autocommit() {
            self.db = Some(db);
        }
        done
    }

    fn open(&mut self, ledger: &str) -> Result<Connection, LedgerError> {
        let db = open::writer(&self.ledger_file)?;
        if append::is_stale(&db, ledger)? {
            self.transact(&db, ledger, |db| append::refresh(db, ledger))?;
        }
        // From here on, this thread does the waiting: SQLite's own pauses grow to 100 ms, and a
        // process that waits so long loses against every newcomer.
        db.busy_timeout(std::time::Duration::ZERO)
            .map_err(|error| failure::sqlite(ledger, "opening it", error))?;
        Ok(db)
    }

    fn transact(
        &mut self,
        db: &Connection,
        ledger: &str,
        act: impl FnOnce(&Connection) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        self.begin(db, ledger)?;
        let done = act(db).and_then(|()| {
            run(db, "COMMIT").map_err(|error| failure::sqlite(ledger, "committing", error))
        });
        if done.is_err() && !db.is_autocommit() {
            // The error that is reported is the first one.
            let _ = run(db, "ROLLBACK");
        }
        done
    }

    /// Takes the write lock.
    fn begin(&mut self, db: &Connection, ledger: &str) -> Result<(), LedgerError> {
        let mut waits = LockWait::up_to(self.ledger_file.lock_timeout);
        if self.contended {
            // After contention, pause once so that another process can take the lock.
            waits.once_more();
        }
        self.contended = false;
        loop {
            match run(db, "BEGIN IMMEDIATE") {
                Ok(()) => return Ok(()),
                Err(error) if failure::is_busy(&error) => {
                    self.contended = true;
                    if !waits.once_more() {
                        return Err(LedgerError::Locked {
                            ledger: ledger.to_owned(),
                            waited: waits.waited(),
                        });
                    }
                }
                Err(error) => return Err(failure::sqlite(ledger, "locking it", error)),
            }
        }
    }
}

/// Runs `act` in a savepoint and undoes a refused append. An error means that the whole transaction
/// is lost.
fn with_savepoint(
    db: &Connection,
    ledger: &str,
    act: impl FnOnce(&Connection) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let failed = |error| failure::sqlite(ledger, "appending", error);
    run(db, "SAVEPOINT append").map_err(failed)?;
    if let Err(refused) = act(db) {
        // On a full disk, SQLite rolls back everything itself, including the savepoints.
        if db.is_autocommit() {
            return Err(refused);
        }
        run(db, "ROLLBACK TO append").map_err(failed)?;
    }
    run(db, "RELEASE append").map_err(failed)
}

fn run(db: &Connection, statement: &str) -> rusqlite::Result<()> {
    db.prepare_cached(statement)?.execute([]).map(|_| ())
}
