//! The rows of stored histories. The rows of leases are ordered by their last date, so that a
//! report reads those of its period and no others.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::inventory::report_rows::{
    LoggedEvent, ReportContents, ReportLease, ReportPosition, ReportStack, ReportUpdate,
};
use crate::ledger::{Cursor, UnreadableStack};
use crate::values::id::{LedgerId, Seq, StackName};

/// The place in the order of a lease whose stack exists: after all that are gone.
const LIVE: i64 = i64::MAX;

/// Reads the histories from a time on; `None` if none are stored. A row that can't be parsed has an
/// empty history, which no report understands.
pub(super) fn contents(
    db: &Connection,
    since: Timestamp,
) -> rusqlite::Result<Option<ReportContents>> {
    let Some(position) = position(db)? else {
        return Ok(None);
    };
    let mut query = db.prepare_cached(
        "SELECT ends_at, stack, number, last_at, history FROM report_lease WHERE ends_at >= ?1",
    )?;
    let mut rows = query.query([since.as_millisecond()])?;
    let mut leases = Vec::new();
    while let Some(row) = rows.next()? {
        leases.push(lease(row)?);
    }
    let mut query =
        db.prepare_cached("SELECT name, problem FROM report_unreadable ORDER BY name")?;
    let unreadable = query.query_map([], |row| {
        Ok(UnreadableStack {
            name: row.get(0)?,
            problem: row.get(1)?,
        })
    })?;
    Ok(Some(ReportContents {
        position,
        leases,
        unreadable: unreadable.collect::<Result<_, _>>()?,
    }))
}

fn lease(row: &Row<'_>) -> rusqlite::Result<ReportLease> {
    let live = row.get::<_, i64>(0)? == LIVE;
    let text: String = row.get(1)?;
    let (stack, last_at) = (StackName::new(&text).ok(), time(row, 3)?);
    let history = match (&stack, last_at) {
        (Some(_), Some(_)) => row.get(4)?,
        _ => Vec::new(),
    };
    Ok(ReportLease {
        stack: stack.unwrap_or_else(|| StackName::lossy(&text)),
        number: row.get(2)?,
        last_at: last_at.unwrap_or(Timestamp::MIN),
        live,
        history,
    })
}

/// Reads what it takes to continue some stacks; `None` if the stored position is another one.
pub(super) fn stacks(
    db: &Connection,
    at: &ReportPosition,
    names: &[StackName],
) -> rusqlite::Result<Option<Vec<ReportStack>>> {
    if position(db)?.as_ref() != Some(at) {
        return Ok(None);
    }
    let mut query =
        db.prepare_cached("SELECT seq, leases, redated, state FROM report_stack WHERE name = ?1")?;
    let mut stacks = Vec::new();
    for name in names {
        let found = query.query_row([name.as_str()], |row| {
            Ok(ReportStack {
                name: name.clone(),
                seq: Seq(row.get(0)?),
                leases: row.get(1)?,
                redated: row.get(2)?,
                state: row.get(3)?,
            })
        });
        stacks.extend(found.optional()?);
    }
    Ok(Some(stacks))
}

/// Writes a change; false if the stored position is not the one on which it builds.
pub(super) fn save(db: &Connection, update: &ReportUpdate) -> rusqlite::Result<bool> {
    if position(db)? != update.after {
        return Ok(false);
    }
    if update.rebuild {
        db.execute_batch("DELETE FROM report_lease; DELETE FROM report_stack;")?;
    }
    let mut delete_leases =
        db.prepare_cached("DELETE FROM report_lease WHERE stack = ?1 AND number >= ?2")?;
    let mut delete_stack = db.prepare_cached("DELETE FROM report_stack WHERE name = ?1")?;
    db.execute("DELETE FROM report_unreadable", [])?;
    for stack in &update.unreadable {
        delete_leases.execute((&stack.name, 0))?;
        delete_stack.execute([&stack.name])?;
        db.execute(
            "INSERT OR REPLACE INTO report_unreadable (name, problem) VALUES (?1, ?2)",
            (&stack.name, &stack.problem),
        )?;
    }
    let mut put_stack = db.prepare_cached(
        "INSERT OR REPLACE INTO report_stack (name, seq, leases, redated, state) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    let mut put_lease = db.prepare_cached(
        "INSERT INTO report_lease (ends_at, stack, number, last_at, history) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for change in &update.stacks {
        let stack = &change.stack;
        delete_leases.execute((stack.name.as_str(), change.from))?;
        put_stack.execute(params![
            stack.name.as_str(),
            integer(stack.seq),
            stack.leases,
            stack.redated,
            stack.state
        ])?;
        for lease in &change.leases {
            let last_at = lease.last_at.as_millisecond();
            put_lease.execute(params![
                if lease.live { LIVE } else { last_at },
                lease.stack.as_str(),
                lease.number,
                last_at,
                lease.history
            ])?;
        }
    }
    record_position(db, &update.position)?;
    Ok(true)
}

/// Reads the stored position; `None` if there is none, or it can't be parsed.
fn position(db: &Connection) -> rusqlite::Result<Option<ReportPosition>> {
    let found = db
        .prepare_cached(
            "SELECT ledger, format, cursor, last_stack, last_seq, last_at FROM report_position",
        )?
        .query_row([], |row| {
            let ledger = LedgerId::new(row.get::<_, String>(0)?).ok();
            let cursor: String = row.get(2)?;
            let last_event = match row.get::<_, Option<String>>(3)? {
                Some(stack) => {
                    let stack = StackName::new(stack).ok();
                    let (seq, at) = (Seq(row.get(4)?), time(row, 5)?);
                    let event = stack.zip(at);
                    Some(event.map(|(stack, at)| LoggedEvent { stack, seq, at }))
                }
                None => None,
            };
            let format = row.get(1)?;
            // A position without its last event would pass for one that never had any.
            if last_event.as_ref().is_some_and(Option::is_none) {
                return Ok(None);
            }
            Ok(ledger.map(|ledger| ReportPosition {
                ledger,
                format,
                cursor: Cursor::from_text(cursor),
                last_event: last_event.flatten(),
            }))
        })
        .optional()?;
    Ok(found.flatten())
}

fn record_position(db: &Connection, position: &ReportPosition) -> rusqlite::Result<()> {
    db.execute("DELETE FROM report_position", [])?;
    let last = position.last_event.as_ref();
    db.execute(
        "INSERT INTO report_position (ledger, format, cursor, last_stack, last_seq, last_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            position.ledger.as_str(),
            position.format,
            position.cursor.to_string(),
            last.map(|event| event.stack.as_str()),
            last.map(|event| integer(event.seq)),
            last.map(|event| event.at.as_millisecond()),
        ],
    )?;
    Ok(())
}

fn time(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Timestamp>> {
    Ok(Timestamp::from_millisecond(row.get(column)?).ok())
}

/// SQLite's integers are signed. A stream never gets that long.
fn integer(seq: Seq) -> i64 {
    i64::try_from(seq.0).unwrap_or(i64::MAX)
}
