//! The reader thread, and the statements that read.

use std::fs;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::SystemTime;

use jiff::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::oneshot;

use crate::lease::{Event, EventKind, Lease, Source};
use crate::ledger::row::{self, Stream};
use crate::ledger::{Cursor, LeaseList, LedgerError, LogPage, Scope, UnreadableStack};
use crate::sqlite::failure;
use crate::sqlite::file::LedgerFile;
use crate::sqlite::open::{self, ReadMode};
use crate::values::id::{Actor, LedgerId, PoolName, Seq, StackName};

/// How often to repeat a read of a file that changed while it was read without a lock.
const MAX_SEALED_READS: usize = 5;

/// A read for the thread: runs on the reader and sends the answer.
pub(super) type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// Wraps a read, so that the thread can send the answer back.
pub(super) fn job<T, F>(act: F) -> (Job, oneshot::Receiver<Result<T, LedgerError>>)
where
    T: Send + 'static,
    F: Fn(&Connection, &str) -> Result<T, LedgerError> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    let job = move |reader: &mut Reader| {
        // The caller has stopped waiting.
        if !reply.is_closed() {
            let _ = reply.send(reader.read(&act));
        }
    };
    (Box::new(job), answer)
}

/// The reading connection, opened by the first read.
pub(super) struct Reader {
    ledger_file: Arc<LedgerFile>,
    live: Option<Connection>,
}

impl Reader {
    pub(super) fn new(ledger_file: Arc<LedgerFile>) -> Self {
        Self {
            ledger_file,
            live: None,
        }
    }

    pub(super) fn serve(&mut self, jobs: &Receiver<Job>) {
        while let Ok(job) = jobs.recv() {
            job(self);
        }
    }

    /// Reads from one consistent state.
    fn read<T>(
        &mut self,
        act: &impl Fn(&Connection, &str) -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let ledger = self.ledger_file.name();
        for _ in 0..MAX_SEALED_READS {
            if let Some(db) = &self.live {
                return consistent(&self.ledger_file, db, &ledger, act);
            }
            let before = seal(&self.ledger_file);
            match open::reader(&self.ledger_file)? {
                ReadMode::Live(db) => self.live = Some(db),
                ReadMode::Sealed(db) => {
                    let answer = consistent(&self.ledger_file, &db, &ledger, act);
                    if before.is_some() && before == seal(&self.ledger_file) {
                        return answer;
                    }
                }
                ReadMode::Exclusive(db) => {
                    return consistent(&self.ledger_file, &db, &ledger, act);
                }
            }
        }
        match &self.live {
            Some(db) => consistent(&self.ledger_file, db, &ledger, act),
            None => Err(LedgerError::Locked {
                ledger,
                waited: self.ledger_file.lock_timeout,
            }),
        }
    }
}

/// What changes when a process writes to a file without a log: its size and its time.
fn seal(ledger_file: &LedgerFile) -> Option<(u64, SystemTime)> {
    let about = fs::metadata(&ledger_file.path).ok()?;
    open::is_at_rest(ledger_file).then_some((about.len(), about.modified().ok()?))
}

/// Runs `act` in one transaction, so that all its reads see the same state.
fn consistent<T>(
    ledger_file: &LedgerFile,
    db: &Connection,
    ledger: &str,
    act: &impl Fn(&Connection, &str) -> Result<T, LedgerError>,
) -> Result<T, LedgerError> {
    let failed =
        |error| failure::sqlite_after_wait(ledger, "reading", ledger_file.lock_timeout, error);
    let moment = db.unchecked_transaction().map_err(failed)?;
    let answer = act(&moment, ledger)?;
    moment.finish().map_err(failed)?;
    Ok(answer)
}

/// Reads the ledger's id.
pub(super) fn id(db: &Connection, ledger: &str) -> Result<LedgerId, LedgerError> {
    let id: Option<String> = db
        .query_row("SELECT id FROM ledger", [], |row| row.get(0))
        .optional()
        .map_err(|error| failure::sqlite(ledger, "reading its id", error))?;
    id.and_then(|id| LedgerId::new(id).ok())
        .ok_or_else(|| failure::corrupt(ledger, "it has no id"))
}

/// A stack's row.
pub(super) struct StackRow {
    /// The key of the row.
    pub(super) row: i64,
    /// The number of its last event.
    pub(super) seq: Seq,
    /// The fold of its events; `None` only while there are none.
    pub(super) lease: Option<Lease>,
}

/// Reads a stack by name.
pub(super) fn stack_row(
    db: &Connection,
    ledger: &str,
    stack: &StackName,
) -> Result<Option<StackRow>, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "reading a lease", error);
    let mut query = db
        .prepare_cached("SELECT stack, seq, format, snapshot FROM stack WHERE name = ?1")
        .map_err(failed)?;
    let mut rows = query.query([stack.as_str()]).map_err(failed)?;
    let Some(found) = rows.next().map_err(failed)? else {
        return Ok(None);
    };
    let (row, seq, snapshot) = snapshot(found).map_err(failed)?;
    let lease = match snapshot {
        Some(lease) => Some(lease),
        None => folded(db, ledger, stack)?,
    };
    Ok(Some(StackRow { row, seq, lease }))
}

/// Reads a row's key, last number and lease; no lease if the snapshot is unusable.
fn snapshot(row: &Row<'_>) -> rusqlite::Result<(i64, Seq, Option<Lease>)> {
    let seq = Seq(row.get(1)?);
    let decoded = |format| {
        let bytes = row.get_ref(3).ok()?.as_blob().ok()?;
        row::decode(format, seq, bytes)
    };
    Ok((row.get(0)?, seq, row.get(2).ok().and_then(decoded)))
}

/// Folds the lease from its events.
pub(super) fn folded(
    db: &Connection,
    ledger: &str,
    stack: &StackName,
) -> Result<Option<Lease>, LedgerError> {
    let events = events(db, ledger, stack, Seq::NONE)?;
    Lease::fold_history(events)
        .map_err(|illegal| failure::corrupt(ledger, format!("stack \"{stack}\": {illegal}")))
}

/// Reads the leases, by name, and the stacks of which a record is damaged.
pub(super) fn leases(
    db: &Connection,
    ledger: &str,
    scope: Scope,
) -> Result<LeaseList, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "listing leases", error);
    let mut query = db
        .prepare_cached(match scope {
            Scope::Live => "SELECT stack, seq, format, snapshot, name FROM stack WHERE live = 1",
            Scope::All => "SELECT stack, seq, format, snapshot, name FROM stack",
        })
        .map_err(failed)?;
    let mut rows = query.query([]).map_err(failed)?;
    let LeaseList {
        mut leases,
        mut unreadable,
    } = LeaseList::default();
    while let Some(row) = rows.next().map_err(failed)? {
        match lease_of(db, ledger, row) {
            Ok(lease) => leases.extend(lease),
            Err(LedgerError::Corrupt { what, .. }) => unreadable.push(UnreadableStack {
                name: raw_text(row, 4),
                problem: what,
            }),
            Err(error) => return Err(error),
        }
    }
    // A lease is about a kilobyte: caching the keys moves each one once instead of a dozen times.
    leases.sort_by_cached_key(|lease| lease.name.clone());
    unreadable.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(LeaseList { leases, unreadable })
}

/// The lease of a row: its snapshot, or the fold of its events.
fn lease_of(db: &Connection, ledger: &str, row: &Row<'_>) -> Result<Option<Lease>, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "listing leases", error);
    match snapshot(row).map_err(failed)?.2 {
        Some(lease) => Ok(Some(lease)),
        None => {
            let name: String = row.get(4).map_err(failed)?;
            folded(db, ledger, &named(ledger, name)?)
        }
    }
}

/// A column as text, whatever it holds.
fn raw_text(row: &Row<'_>, column: usize) -> String {
    match row.get_ref(column) {
        Ok(ValueRef::Text(bytes) | ValueRef::Blob(bytes)) => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => "?".to_owned(),
    }
}

/// Reads the events of a stack after a number.
pub(super) fn events(
    db: &Connection,
    ledger: &str,
    stack: &StackName,
    after: Seq,
) -> Result<Vec<Event>, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "reading events", error);
    let mut query = db
        .prepare_cached(
            "SELECT seq, at, actor, source, kind FROM event
             WHERE stack = (SELECT stack FROM stack WHERE name = ?1) AND seq > ?2 ORDER BY seq",
        )
        .map_err(failed)?;
    let mut rows = query
        .query(params![stack.as_str(), integer(after.0)])
        .map_err(failed)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        events.push(event(ledger, stack.clone(), row)?);
    }
    Ok(events)
}

/// Reads a page of events of all stacks.
pub(super) fn log(
    db: &Connection,
    ledger: &str,
    cursor: &Cursor,
    limit: usize,
) -> Result<LogPage, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "reading the log", error);
    let mut query = db
        .prepare_cached(
            "SELECT event.seq, at, actor, source, kind, name, position
             FROM event JOIN stack USING (stack) WHERE position > ?1 ORDER BY position LIMIT ?2",
        )
        .map_err(failed)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = query
        .query(params![integer(cursor.position()), limit])
        .map_err(failed)?;
    let (mut events, mut damaged, mut next) = (Vec::new(), Vec::new(), cursor.clone());
    while let Some(row) = rows.next().map_err(failed)? {
        let read = row
            .get(5)
            .map_err(failed)
            .and_then(|name| event(ledger, named(ledger, name)?, row));
        match read {
            Ok(event) => events.push(event),
            Err(LedgerError::Corrupt { what, .. }) => damaged.push(UnreadableStack {
                name: raw_text(row, 5),
                problem: what,
            }),
            Err(error) => return Err(error),
        }
        next = Cursor::at(row.get(6).map_err(failed)?);
    }
    Ok(LogPage {
        events,
        damaged,
        next,
    })
}

/// Reads the position after the last event.
pub(super) fn end(db: &Connection, ledger: &str) -> Result<Cursor, LedgerError> {
    let position: Option<u64> = db
        .query_row("SELECT max(position) FROM event", [], |row| row.get(0))
        .map_err(|error| failure::sqlite(ledger, "reading the log", error))?;
    Ok(position.map_or_else(Cursor::start, Cursor::at))
}

/// Reads another stream: its row's key, if it has one, and its state.
pub(super) fn stream<S: Stream>(
    db: &Connection,
    ledger: &str,
    name: &str,
) -> Result<(Option<i64>, S), LedgerError> {
    let failed = |error| failure::sqlite(ledger, "reading a stream", error);
    let found: Option<(i64, u64, String)> = db
        .prepare_cached("SELECT stream, seq, snapshot FROM stream WHERE name = ?1")
        .and_then(|mut query| {
            query
                .query_row([name], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
                .optional()
        })
        .map_err(failed)?;
    let Some((row, seq, snapshot)) = found else {
        return Ok((None, S::default()));
    };
    if let Ok(fold) = serde_json::from_str::<S>(&snapshot)
        && fold.last_seq() == Seq(seq)
    {
        return Ok((Some(row), fold));
    }
    let events = stream_events::<S>(db, ledger, name, Seq::NONE)?;
    Ok((Some(row), events.iter().fold(S::default(), S::apply)))
}

/// Reads the events of another stream after a number.
pub(super) fn stream_events<S: Stream>(
    db: &Connection,
    ledger: &str,
    name: &str,
    after: Seq,
) -> Result<Vec<S::Event>, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "reading a stream", error);
    let mut query = db
        .prepare_cached(
            "SELECT event FROM stream_event
             WHERE stream = (SELECT stream FROM stream WHERE name = ?1) AND seq > ?2 ORDER BY seq",
        )
        .map_err(failed)?;
    let mut rows = query
        .query(params![name, integer(after.0)])
        .map_err(failed)?;
    let mut events = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let event = row.get_ref(0).and_then(|text| Ok(text.as_str()?));
        let event = serde_json::from_str(event.map_err(failed)?)
            .map_err(|error| failure::corrupt(ledger, format!("stream \"{name}\": {error}")))?;
        events.push(event);
    }
    Ok(events)
}

/// Lists the pools.
pub(super) fn pools(db: &Connection, ledger: &str) -> Result<Vec<PoolName>, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "listing pools", error);
    let mut query = db
        .prepare_cached("SELECT name FROM stream ORDER BY name")
        .map_err(failed)?;
    let mut rows = query.query([]).map_err(failed)?;
    let mut pools = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        let name: String = row.get(0).map_err(failed)?;
        if let Some(pool) = name.strip_prefix(super::POOL) {
            let pool = PoolName::new(pool);
            pools.push(pool.map_err(|error| failure::corrupt(ledger, error.to_string()))?);
        }
    }
    Ok(pools)
}

/// SQLite's integers are signed; no number here comes near the limit.
pub(super) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn named(ledger: &str, name: String) -> Result<StackName, LedgerError> {
    StackName::new(name).map_err(|error| failure::corrupt(ledger, error.to_string()))
}

fn event(ledger: &str, stack: StackName, row: &Row<'_>) -> Result<Event, LedgerError> {
    let (seq, at, actor, source, kind) =
        columns(row).map_err(|error| failure::sqlite(ledger, "reading events", error))?;
    let corrupt = |what: String| {
        failure::corrupt(ledger, format!("event {seq} of stack \"{stack}\": {what}"))
    };
    let source = Source::from_word(&source).ok_or_else(|| corrupt(format!("source {source:?}")))?;
    let kind: EventKind =
        serde_json::from_str(&kind).map_err(|error| corrupt(error.to_string()))?;
    Ok(Event {
        at: Timestamp::from_millisecond(at).map_err(|error| corrupt(error.to_string()))?,
        actor: Actor::new(actor).map_err(|error| corrupt(error.to_string()))?,
        seq: Seq(seq),
        stack,
        source,
        kind,
    })
}

type Columns = (u64, i64, String, String, String);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
    ))
}
