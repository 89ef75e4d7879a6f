//! The one thread that writes: it takes every append that is waiting and commits them together.
//!
//! Each append has a savepoint and a verdict of its own; one commit, synced to disk, then
//! acknowledges them all. Forty writers so pay for one sync, and one that is refused costs the others
//! nothing.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{LedgerFile, append, open};
use crate::ledger::LedgerError;
use crate::sqlite::failure;
use crate::sqlite::lock_wait::LockWait;

/// The most appends in one commit: others may wait for the lock meanwhile.
const GROUP: usize = 256;

/// An append that waits for its turn.
pub(super) trait Pending: Send {
    /// Whether anybody still waits for the answer.
    fn is_wanted(&self) -> bool;
    /// Decides and writes, inside a transaction; what a refused one has written has to be undone.
    fn act(&mut self, db: &Connection, ledger: &str) -> Result<(), LedgerError>;
    /// Tells the answer: the verdict, or why nothing could be committed.
    fn answer(self: Box<Self>, committed: Result<(), LedgerError>);
}

/// An append that answers with a `T`.
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
            // It was not acted on, and then nothing was committed for it.
            (Ok(()), None) => return,
        };
        let _ = self.reply.send(answer);
    }
}

/// The connection that writes, opened by the first append.
pub(super) struct Writer {
    site: Arc<LedgerFile>,
    db: Option<Connection>,
    /// The last lock had to be waited for: others are there.
    contended: bool,
}

impl Writer {
    pub(super) fn new(site: Arc<LedgerFile>) -> Self {
        Self {
            site,
            db: None,
            contended: false,
        }
    }

    pub(super) fn serve(&mut self, jobs: &Receiver<Box<dyn Pending>>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            group.extend(jobs.try_iter().take(GROUP - 1));
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
        let ledger = self.site.name();
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
        // A connection whose transaction could not even be undone is not used again.
        if db.is_autocommit() {
            self.db = Some(db);
        }
        done
    }

    fn open(&mut self, ledger: &str) -> Result<Connection, LedgerError> {
        let db = open::writer(&self.site)?;
        if append::is_stale(&db, ledger)? {
            self.transact(&db, ledger, |db| append::refresh(db, ledger))?;
        }
        // From here on the waiting is done here: SQLite's own pauses grow to 100 ms, and whoever
        // waits so long is overtaken by everybody who has just come.
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
            // The error that is told is the one that led here.
            let _ = run(db, "ROLLBACK");
        }
        done
    }

    /// Takes the write lock.
    fn begin(&mut self, db: &Connection, ledger: &str) -> Result<(), LedgerError> {
        let mut waits = LockWait::up_to(self.site.patience);
        if self.contended {
            // Who came second is asleep just now; who held the lock last lets it have a look.
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

/// Acts; what a refused append has written is undone. An error means that the whole transaction is
/// lost.
fn with_savepoint(
    db: &Connection,
    ledger: &str,
    act: impl FnOnce(&Connection) -> Result<(), LedgerError>,
) -> Result<(), LedgerError> {
    let failed = |error| failure::sqlite(ledger, "appending", error);
    run(db, "SAVEPOINT append").map_err(failed)?;
    if let Err(refused) = act(db) {
        // On a full disk SQLite undoes everything by itself, the savepoints included.
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
