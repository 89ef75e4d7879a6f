//! The statements that append, each inside the writer's transaction.

use rusqlite::{Connection, params};

use super::read;
use crate::lease::{Lease, NewEvent};
use crate::ledger::LedgerError;
use crate::ledger::row::{self, Stream};
use crate::sqlite::failure;
use crate::values::id::{Seq, StackName};

/// Appends to the stream of a stack: decides first, then writes the events and the snapshot.
pub(super) fn events(
    db: &Connection,
    ledger: &str,
    stack: &StackName,
    after: Seq,
    events: Vec<NewEvent>,
) -> Result<Lease, LedgerError> {
    let stack_row = read::stack_row(db, ledger, stack)?;
    let found = stack_row
        .as_ref()
        .map_or(Seq::NONE, |stack_row| stack_row.seq);
    row::unraced(&format!("stack \"{stack}\""), after, found)?;
    let (row, lease) = match stack_row {
        Some(stack_row) => (Some(stack_row.row), stack_row.lease),
        None => (None, None),
    };
    let events = row::place(stack, after, events);
    let earlier = || read::events(db, ledger, stack, Seq::NONE);
    let lease = row::fold(stack, lease, &events, earlier)?;

    let row = keep(db, ledger, row, &lease)?;
    let failed = |error| failure::sqlite(ledger, "appending", error);
    let mut insert = db
        .prepare_cached(
            "INSERT INTO event (stack, seq, at, actor, source, kind) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )
        .map_err(failed)?;
    for event in events {
        let kind = serde_json::to_string(&event.kind)
            .map_err(|error| failure::other(ledger, "writing an event", error))?;
        insert
            .execute(params![
                row,
                read::integer(event.seq.0),
                event.at.as_millisecond(),
                event.actor.as_str(),
                event.source.word(),
                kind
            ])
            .map_err(failed)?;
    }
    Ok(lease)
}

/// Writes the snapshot, and the row of a new stack. Returns the row's key.
fn keep(
    db: &Connection,
    ledger: &str,
    row: Option<i64>,
    lease: &Lease,
) -> Result<i64, LedgerError> {
    let failed = |error| failure::sqlite(ledger, "appending", error);
    let snapshot =
        row::encode(lease).map_err(|error| failure::other(ledger, "writing a snapshot", error))?;
    let seq = read::integer(lease.last_seq().0);
    if let Some(row) = row {
        db.prepare_cached(
            "UPDATE stack SET seq = ?2, live = ?3, format = ?4, snapshot = ?5 WHERE stack = ?1",
        )
        .and_then(|mut update| {
            update.execute(params![row, seq, lease.is_live(), Lease::FORMAT, snapshot])
        })
        .map_err(failed)?;
        return Ok(row);
    }
    db.prepare_cached(
        "INSERT INTO stack (name, seq, live, format, snapshot) VALUES (?1, ?2, ?3, ?4, ?5)",
    )
    .and_then(|mut insert| {
        insert.insert(params![
            lease.name.as_str(),
            seq,
            lease.is_live(),
            Lease::FORMAT,
            snapshot
        ])
    })
    .map_err(failed)
}

/// Appends to another stream. `label` is its name in messages.
pub(super) fn stream<S: Stream>(
    db: &Connection,
    ledger: &str,
    name: &str,
    label: &str,
    after: Seq,
    mut events: Vec<S::Event>,
) -> Result<S, LedgerError> {
    let (row, fold): (_, S) = read::stream(db, ledger, name)?;
    row::unraced(label, after, fold.last_seq())?;
    if events.is_empty() {
        return Ok(fold);
    }
    row::number::<S>(after, &mut events);
    let fold = events.iter().fold(fold, S::apply);

    let failed = |error| failure::sqlite(ledger, "appending", error);
    let unwritable = |error| failure::other(ledger, "writing an event", error);
    let snapshot = serde_json::to_string(&fold).map_err(unwritable)?;
    let seq = read::integer(fold.last_seq().0);
    let row = match row {
        Some(row) => db
            .prepare_cached("UPDATE stream SET seq = ?2, snapshot = ?3 WHERE stream = ?1")
            .and_then(|mut update| update.execute(params![row, seq, snapshot]))
            .map(|_| row),
        None => db
            .prepare_cached("INSERT INTO stream (name, seq, snapshot) VALUES (?1, ?2, ?3)")
            .and_then(|mut insert| insert.insert(params![name, seq, snapshot])),
    }
    .map_err(failed)?;
    let mut insert = db
        .prepare_cached("INSERT INTO stream_event (stream, seq, event) VALUES (?1, ?2, ?3)")
        .map_err(failed)?;
    let mut seq = after;
    for event in &events {
        seq = seq.next();
        let event = serde_json::to_string(event).map_err(unwritable)?;
        insert
            .execute(params![row, read::integer(seq.0), event])
            .map_err(failed)?;
    }
    Ok(fold)
}

/// Rewrites snapshots of older formats, so that listings are fast again. Snapshots of newer formats
/// are left alone.
pub(super) fn refresh(db: &Connection, ledger: &str) -> Result<(), LedgerError> {
    let failed = |error| failure::sqlite(ledger, "refreshing snapshots", error);
    let stale: Vec<(i64, String)> = db
        .prepare("SELECT stack, name FROM stack WHERE live = 1 AND format < ?1")
        .and_then(|mut query| {
            query
                .query_map([Lease::FORMAT], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        })
        .map_err(failed)?;
    for (row, name) in stale {
        // A damaged stack is left as it is: it must not keep the others from being written.
        let Ok(name) = StackName::new(name) else {
            continue;
        };
        match read::folded(db, ledger, &name) {
            Ok(Some(lease)) => {
                keep(db, ledger, Some(row), &lease)?;
            }
            Ok(None) | Err(LedgerError::Corrupt { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Whether [`refresh`] has something to do. Checked without the write lock.
pub(super) fn is_stale(db: &Connection, ledger: &str) -> Result<bool, LedgerError> {
    db.query_row(
        "SELECT EXISTS (SELECT 1 FROM stack WHERE live = 1 AND format < ?1)",
        [Lease::FORMAT],
        |row| row.get(0),
    )
    .map_err(|error| failure::sqlite(ledger, "opening it", error))
}
