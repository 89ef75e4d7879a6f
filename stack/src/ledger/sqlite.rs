//! The ledger in a SQLite file: a writer thread that commits in groups, and a reader thread, both
//! started by the first call. Only this module and its sub-modules contain the ledger's SQL.

mod append;
#[cfg(any(test, feature = "testing"))]
pub(super) mod damage;
mod read;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use self::read::Reader;
use self::writer::{Append, Pending, Writer};
use super::row::{self, Stream};
use super::{
    Cursor, LeaseList, Ledger, LedgerError, LedgerFuture, LedgerSettings, LogPage, Scope,
    SettingsEvent,
};
use crate::breaker::{BreakerEvent, Breakers};
use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::sqlite::file::{LOCK_TIMEOUT, LedgerFile};
use crate::sqlite::worker_thread::WorkerThread;
use crate::values::id::{LedgerId, PoolName, Seq, StackName};

/// A ledger in a SQLite file.
///
/// Creating the value does not touch the file. The first call opens it, and creates it with its
/// folder if it is missing. A user with read access only can read; appends return
/// [`LedgerError::ReadOnly`]. Dropping the ledger waits for pending writes.
pub struct SqliteLedger {
    ledger_file: Arc<LedgerFile>,
    writer: WorkerThread<Box<dyn Pending>>,
    reader: WorkerThread<read::Job>,
}

impl fmt::Debug for SqliteLedger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteLedger")
            .field(&self.ledger_file)
            .finish()
    }
}

impl SqliteLedger {
    /// The ledger at `path`, relative to the working directory.
    #[must_use]
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), LOCK_TIMEOUT, false)
    }

    /// Like [`Self::at`], but never writes: a missing ledger is [`LedgerError::Missing`], and every
    /// append is [`LedgerError::ReadOnly`].
    #[must_use]
    pub fn read_only(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), LOCK_TIMEOUT, true)
    }

    /// Sets how long to wait for other processes before [`LedgerError::Locked`].
    #[must_use]
    pub fn with_lock_timeout(self, lock_timeout: Duration) -> Self {
        Self::on(
            &self.ledger_file.path,
            lock_timeout,
            self.ledger_file.read_only,
        )
    }

    fn on(path: &Path, lock_timeout: Duration, read_only: bool) -> Self {
        // An absolute path stays valid if the process changes its directory, and SQLite can't
        // mistake it for a `file:` URI.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let ledger_file = Arc::new(LedgerFile {
            path,
            lock_timeout,
            read_only,
        });
        Self {
            ledger_file,
            writer: WorkerThread::new("ledger-writer"),
            reader: WorkerThread::new("ledger-reader"),
        }
    }

    /// Runs `act` on the writer thread, in one commit with other pending writes.
    fn write<T, F>(&self, act: F) -> LedgerFuture<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&Connection, &str) -> Result<T, LedgerError> + Send + 'static,
    {
        if self.ledger_file.read_only {
            let refused = LedgerError::ReadOnly {
                ledger: self.ledger_file.name(),
            };
            return Box::pin(std::future::ready(Err(refused)));
        }
        let (append, answer) = Append::new(act);
        let sent = self.writer.send(Box::new(append), || {
            let mut writer = Writer::new(Arc::clone(&self.ledger_file));
            move |jobs| writer.serve(jobs)
        });
        self.answered(sent, answer, "appending")
    }

    /// Runs `act` on the reader thread, on one consistent state of the file.
    fn read<T, F>(&self, doing: &'static str, act: F) -> LedgerFuture<'_, T>
    where
        T: Send + 'static,
        F: Fn(&Connection, &str) -> Result<T, LedgerError> + Send + 'static,
    {
        let (job, answer) = read::job(act);
        let sent = self.reader.send(job, || {
            let mut reader = Reader::new(Arc::clone(&self.ledger_file));
            move |jobs| reader.serve(jobs)
        });
        self.answered(sent, answer, doing)
    }

    fn stream_events<S: Stream>(
        &self,
        name: String,
        after: Seq,
    ) -> LedgerFuture<'_, Vec<S::Event>> {
        self.read("reading a stream", move |db, ledger| {
            read::stream_events::<S>(db, ledger, &name, after)
        })
    }

    fn answered<T: Send + 'static>(
        &self,
        sent: Result<(), std::io::Error>,
        answer: tokio::sync::oneshot::Receiver<Result<T, LedgerError>>,
        doing: &'static str,
    ) -> LedgerFuture<'_, T> {
        Box::pin(async move {
            sent.map_err(|error| {
                crate::sqlite::failure::other(&self.ledger_file.name(), doing, error)
            })?;
            match answer.await {
                Ok(answer) => answer,
                // The thread panicked, and its transaction was rolled back.
                Err(gone) => Err(crate::sqlite::failure::other(
                    &self.ledger_file.name(),
                    doing,
                    gone,
                )),
            }
        })
    }
}

/// What the name of a pool's stream begins with.
const POOL: &str = "pool:";

/// The name of a pool's stream.
fn pool_stream(pool: &PoolName) -> String {
    format!("{POOL}{pool}")
}

/// The name of the settings' stream.
const SETTINGS: &str = "settings";

/// The name of the circuit breakers' stream.
const BREAKERS: &str = "breakers";

/// The name of the reaper's stream.
const REAPER: &str = "reaper";

impl Ledger for SqliteLedger {
    fn location(&self) -> String {
        self.ledger_file.name()
    }

    fn id(&self) -> LedgerFuture<'_, LedgerId> {
        self.read("reading its id", read::id)
    }

    fn verify_private(&self) -> Result<(), LedgerError> {
        let exposed = |exposure| LedgerError::Exposed {
            ledger: self.ledger_file.name(),
            exposure,
        };
        self.ledger_file.verify_private().map_err(exposed)
    }

    fn is_shared(&self) -> bool {
        false
    }

    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease> {
        let stack = stack.clone();
        self.write(move |db, ledger| append::events(db, ledger, &stack, after, events))
    }

    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>> {
        let stack = stack.clone();
        self.read("reading a lease", move |db, ledger| {
            Ok(read::stack_row(db, ledger, &stack)?.and_then(|stack_row| stack_row.lease))
        })
    }

    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>> {
        let stack = stack.clone();
        self.read("reading events", move |db, ledger| {
            read::events(db, ledger, &stack, after)
        })
    }

    fn list_leases(&self, scope: Scope) -> LedgerFuture<'_, LeaseList> {
        self.read("listing leases", move |db, ledger| {
            read::leases(db, ledger, scope)
        })
    }

    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage> {
        let cursor = cursor.clone();
        self.read("reading the log", move |db, ledger| {
            read::log(db, ledger, &cursor, limit)
        })
    }

    fn end(&self) -> LedgerFuture<'_, Cursor> {
        self.read("reading the log", read::end)
    }

    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool> {
        let name = pool_stream(pool);
        self.read("reading a pool", move |db, ledger| {
            Ok(read::stream(db, ledger, &name)?.1)
        })
    }

    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool> {
        let (name, label) = (pool_stream(pool), format!("pool \"{pool}\""));
        self.write(move |db, ledger| append::stream(db, ledger, &name, &label, after, events))
    }

    fn pools(&self) -> LedgerFuture<'_, Vec<PoolName>> {
        self.read("listing pools", read::pools)
    }

    fn pool_events(&self, pool: &PoolName, after: Seq) -> LedgerFuture<'_, Vec<PoolEvent>> {
        self.stream_events::<Pool>(pool_stream(pool), after)
    }

    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus> {
        self.read("reading the reaper's log", |db, ledger| {
            Ok(read::stream(db, ledger, REAPER)?.1)
        })
    }

    fn append_reaper(
        &self,
        after: Seq,
        events: Vec<ReaperEvent>,
    ) -> LedgerFuture<'_, ReaperStatus> {
        self.write(move |db, ledger| {
            append::stream(db, ledger, REAPER, row::REAPER_LABEL, after, events)
        })
    }

    fn reaper_events(&self, after: Seq) -> LedgerFuture<'_, Vec<ReaperEvent>> {
        self.stream_events::<ReaperStatus>(REAPER.to_owned(), after)
    }

    fn breakers(&self) -> LedgerFuture<'_, Breakers> {
        self.read("reading the circuit breakers", |db, ledger| {
            Ok(read::stream(db, ledger, BREAKERS)?.1)
        })
    }

    fn append_breakers(&self, after: Seq, events: Vec<BreakerEvent>) -> LedgerFuture<'_, Breakers> {
        self.write(move |db, ledger| {
            append::stream(db, ledger, BREAKERS, row::BREAKERS_LABEL, after, events)
        })
    }

    fn breaker_events(&self, after: Seq) -> LedgerFuture<'_, Vec<BreakerEvent>> {
        self.stream_events::<Breakers>(BREAKERS.to_owned(), after)
    }

    fn settings(&self) -> LedgerFuture<'_, LedgerSettings> {
        self.read("reading the settings", |db, ledger| {
            Ok(read::stream(db, ledger, SETTINGS)?.1)
        })
    }

    fn append_settings(
        &self,
        after: Seq,
        events: Vec<SettingsEvent>,
    ) -> LedgerFuture<'_, LedgerSettings> {
        self.write(move |db, ledger| {
            append::stream(db, ledger, SETTINGS, row::SETTINGS_LABEL, after, events)
        })
    }

    fn settings_events(&self, after: Seq) -> LedgerFuture<'_, Vec<SettingsEvent>> {
        self.stream_events::<LedgerSettings>(SETTINGS.to_owned(), after)
    }
}

#[cfg(test)]
mod tests;
