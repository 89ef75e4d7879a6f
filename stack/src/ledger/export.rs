//! A ledger as JSON Lines: one header, one line for each event, and one line that ends the file.
//!
//! | line | contents |
//! |---|---|
//! | `{"jiti_ledger":1,"id":…,"location":…}` | the first line: this form, and the ledger |
//! | `{"event":{…}}` | an event of a stack, as `jiti events --json` prints it |
//! | `{"pool":NAME,"event":{…}}` | an event of a pool |
//! | `{"reaper":{…}}` | an event of the reaper's log |
//! | `{"breaker":{…}}` | an event of the circuit breakers |
//! | `{"settings":{…}}` | an event of the settings |
//! | `{"end":{"events":N}}` | the last line: the number of lines with events |

use std::io::{BufRead, Write};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{LeaseList, Ledger, LedgerError, MemoryLedger, Scope, SettingsEvent};
use crate::breaker::BreakerEvent;
use crate::lease::{Event, EventKind, NewEvent, Source};
use crate::pool::PoolEvent;
use crate::reaper::ReaperEvent;
use crate::values::id::{Actor, LedgerId, PoolName, Seq, StackName};

/// The version of this form.
const VERSION: u64 = 1;

/// Why an export or an import stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A line of the file is invalid.
    #[error("line {line}: {problem}")]
    Line {
        /// The number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The last line is missing: the file is incomplete.
    #[error(
        "the file ends after {lines} lines without its last line, so it is incomplete; export the ledger again"
    )]
    Incomplete {
        /// The number of lines that were read.
        lines: u64,
    },
    /// The file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

#[derive(Serialize, Deserialize)]
struct Header {
    jiti_ledger: u64,
    id: LedgerId,
    location: String,
}

/// Writes a ledger, and returns the number of events. Stacks that cannot be read fail the export.
///
/// # Errors
/// [`ExportError`]; the file is then incomplete, and an import refuses it.
pub async fn export(ledger: &dyn Ledger, to: &mut impl Write) -> Result<u64, ExportError> {
    let header = Header {
        jiti_ledger: VERSION,
        id: ledger.id().await?,
        location: ledger.location(),
    };
    let mut events = 0;
    let mut line = |to: &mut dyn Write, value: &Value| -> Result<(), ExportError> {
        writeln!(to, "{value}")?;
        events += 1;
        Ok(())
    };
    writeln!(to, "{}", json(&header)?)?;
    let LeaseList { leases, unreadable } = ledger.list_leases(Scope::All).await?;
    if let Some(stack) = unreadable.into_iter().next() {
        return Err(ExportError::Ledger(LedgerError::Corrupt {
            ledger: ledger.location(),
            what: format!("stack \"{}\": {}", stack.name, stack.problem),
        }));
    }
    for lease in leases {
        for event in ledger.events(&lease.name, Seq::NONE).await? {
            line(to, &json!({ "event": json(&event)? }))?;
        }
    }
    for pool in ledger.pools().await? {
        for event in ledger.pool_events(&pool, Seq::NONE).await? {
            line(
                to,
                &json!({ "pool": pool.as_str(), "event": json(&event)? }),
            )?;
        }
    }
    for event in ledger.reaper_events(Seq::NONE).await? {
        line(to, &json!({ "reaper": json(&event)? }))?;
    }
    for event in ledger.breaker_events(Seq::NONE).await? {
        line(to, &json!({ "breaker": json(&event)? }))?;
    }
    for event in ledger.settings_events(Seq::NONE).await? {
        line(to, &json!({ "settings": json(&event)? }))?;
    }
    writeln!(to, "{}", json!({ "end": { "events": events } }))?;
    to.flush()?;
    Ok(events)
}

fn json(value: &impl Serialize) -> Result<Value, ExportError> {
    serde_json::to_value(value).map_err(|error| ExportError::Io(error.into()))
}

/// Reads an exported ledger into memory. `location` is the name of the file in messages.
///
/// # Errors
/// [`ExportError`] with the number of the first line that is wrong.
pub async fn read(from: impl BufRead, location: &str) -> Result<MemoryLedger, ExportError> {
    let mut lines = (1_u64..).zip(from.lines());
    let (mut last, mut events) = (0, 0);
    let mut pending: Option<Pending> = None;
    let ledger = match lines.next() {
        Some((_, line)) => MemoryLedger::restored(header(&line?)?.id, location),
        None => return Err(ExportError::Incomplete { lines: 0 }),
    };
    for (number, line) in lines {
        last = number;
        let line = line?;
        let wrong = |problem: String| ExportError::Line {
            line: number,
            problem,
        };
        let value: Value = serde_json::from_str(&line).map_err(|error| wrong(error.to_string()))?;
        let Value::Object(mut fields) = value else {
            return Err(wrong("this line is no object".to_owned()));
        };
        let refused = |error: LedgerError| wrong(error.to_string());
        if let Some(end) = fields.remove("end") {
            flush(&ledger, &mut pending).await.map_err(refused)?;
            let expected = end.get("events").and_then(Value::as_u64);
            if expected != Some(events) {
                let expected = expected.map_or("another number of".to_owned(), |n| n.to_string());
                return Err(wrong(format!(
                    "the file should have {expected} events, but has {events}"
                )));
            }
            return Ok(ledger);
        }
        events += 1;
        let read = read_line(&ledger, &mut pending, fields).await;
        read.map_err(|error| match error {
            LineError::Invalid(problem) => wrong(problem),
            LineError::Ledger(error) => refused(error),
        })?;
    }
    Err(ExportError::Incomplete { lines: last.max(1) })
}

fn header(line: &str) -> Result<Header, ExportError> {
    let wrong = |problem: String| ExportError::Line { line: 1, problem };
    let header: Header = serde_json::from_str(line).map_err(|_| {
        wrong("this is not an exported ledger: the first line has no `jiti_ledger`".to_owned())
    })?;
    if header.jiti_ledger > VERSION {
        return Err(wrong(format!(
            "a newer version of jiti wrote this file (version {}, this one reads {VERSION}); upgrade jiti",
            header.jiti_ledger
        )));
    }
    Ok(header)
}

enum LineError {
    Invalid(String),
    Ledger(LedgerError),
}

impl From<LedgerError> for LineError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl From<serde_json::Error> for LineError {
    fn from(error: serde_json::Error) -> Self {
        Self::Invalid(error.to_string())
    }
}

/// The events of one stack that are read and not yet appended.
struct Pending {
    stack: StackName,
    after: Seq,
    events: Vec<NewEvent>,
}

async fn flush(ledger: &MemoryLedger, pending: &mut Option<Pending>) -> Result<(), LedgerError> {
    if let Some(Pending {
        stack,
        after,
        events,
    }) = pending.take()
    {
        ledger.append(&stack, after, events).await?;
    }
    Ok(())
}

async fn read_line(
    ledger: &MemoryLedger,
    pending: &mut Option<Pending>,
    mut fields: Map<String, Value>,
) -> Result<(), LineError> {
    let event = fields.remove("event");
    match (fields.remove("pool"), event) {
        (Some(pool), Some(event)) => {
            let pool: PoolName = serde_json::from_value(pool)?;
            let event: PoolEvent = serde_json::from_value(event)?;
            let after = Seq(event.seq.0.saturating_sub(1));
            ledger.append_pool(&pool, after, vec![event]).await?;
        }
        (None, Some(event)) => {
            let event = stack_event(event)?;
            let follows = pending.as_ref().is_some_and(|pending| {
                pending.stack == event.stack
                    && pending.after.0 + pending.events.len() as u64 + 1 == event.seq.0
            });
            if !follows {
                flush(ledger, pending).await?;
            }
            let (stack, seq) = (event.stack, event.seq);
            let pending = pending.get_or_insert_with(|| Pending {
                stack,
                after: Seq(seq.0.saturating_sub(1)),
                events: Vec::new(),
            });
            pending.events.push(NewEvent {
                at: event.at,
                actor: event.actor,
                source: event.source,
                kind: event.kind,
            });
        }
        _ => {
            if let Some(event) = fields.remove("reaper") {
                let event: ReaperEvent = serde_json::from_value(event)?;
                let after = Seq(event.seq.0.saturating_sub(1));
                ledger.append_reaper(after, vec![event]).await?;
            } else if let Some(event) = fields.remove("breaker") {
                let event: BreakerEvent = serde_json::from_value(event)?;
                let after = Seq(event.seq.0.saturating_sub(1));
                ledger.append_breakers(after, vec![event]).await?;
            } else if let Some(event) = fields.remove("settings") {
                let event: SettingsEvent = serde_json::from_value(event)?;
                let after = Seq(event.seq.0.saturating_sub(1));
                ledger.append_settings(after, vec![event]).await?;
            } else {
                let known = "`event`, `reaper`, `breaker`, `settings` nor `end`";
                return Err(LineError::Invalid(format!("this line has neither {known}")));
            }
        }
    }
    Ok(())
}

/// Reads an event of a stack from the flat form of its JSON.
fn stack_event(value: Value) -> Result<Event, LineError> {
    let Value::Object(mut fields) = value else {
        return Err(LineError::Invalid("the event is no object".to_owned()));
    };
    let mut take = |name: &str| {
        let field = fields.remove(name);
        field.ok_or_else(|| LineError::Invalid(format!("the event has no `{name}`")))
    };
    let seq: Seq = serde_json::from_value(take("seq")?)?;
    let stack: StackName = serde_json::from_value(take("stack")?)?;
    let at = serde_json::from_value(take("at")?)?;
    let actor: Actor = serde_json::from_value(take("actor")?)?;
    let source: Source = serde_json::from_value(take("source")?)?;
    let kind: EventKind = serde_json::from_value(Value::Object(fields))?;
    Ok(Event {
        seq,
        stack,
        at,
        actor,
        source,
        kind,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::breaker::BreakerEventKind;
    use crate::testing::{actor, every_kind, new_event, noon, registration, stack_name};

    async fn exported(ledger: &MemoryLedger) -> Vec<u8> {
        let mut text = Vec::new();
        export(ledger, &mut text).await.unwrap();
        text
    }

    /// An exported ledger is read back with all of its events, of every kind.
    #[tokio::test]
    async fn an_export_is_read_back() {
        let ledger = MemoryLedger::new();
        let registration = Box::new(registration());
        let requested = new_event(noon(), EventKind::Requested { registration });
        for name in ["a", "b"] {
            let mut after = ledger
                .append(&stack_name(name), Seq::NONE, vec![requested.clone()])
                .await
                .unwrap()
                .last_seq();
            for kind in every_kind() {
                // Not every kind may follow every other one.
                let event = vec![new_event(noon(), kind)];
                if let Ok(lease) = ledger.append(&stack_name(name), after, event).await {
                    after = lease.last_seq();
                }
            }
            assert!(after > Seq(10), "{after}");
        }
        let failed = BreakerEvent {
            seq: Seq::NONE,
            at: noon(),
            actor: actor(),
            kind: BreakerEventKind::Failed {
                dependency: "tcp db:5432".parse().unwrap(),
                stack: stack_name("a"),
                reason: "no connection".to_owned(),
                probe_at: noon(),
            },
        };
        ledger
            .append_breakers(Seq::NONE, vec![failed])
            .await
            .unwrap();
        let text = exported(&ledger).await;
        let back = read(text.as_slice(), "file").await.unwrap();
        assert_eq!(
            back.breaker_events(Seq::NONE).await.unwrap(),
            ledger.breaker_events(Seq::NONE).await.unwrap()
        );
        assert_eq!(back.id().await.unwrap(), ledger.id().await.unwrap());
        for name in ["a", "b"].map(stack_name) {
            assert_eq!(
                back.events(&name, Seq::NONE).await.unwrap(),
                ledger.events(&name, Seq::NONE).await.unwrap()
            );
        }
        assert_eq!(
            exported(&back).await.len(),
            text.len() - "memory".len() + "file".len()
        );
    }

    /// A file that was cut, or that has a wrong line, is refused with the place.
    #[tokio::test]
    async fn a_damaged_file_is_refused() {
        let ledger = MemoryLedger::new();
        let registration = Box::new(registration());
        let requested = new_event(noon(), EventKind::Requested { registration });
        ledger
            .append(&stack_name("a"), Seq::NONE, vec![requested])
            .await
            .unwrap();
        let text = String::from_utf8(exported(&ledger).await).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for (lines, expected) in [
            (vec![lines[0], lines[1]], "ends after 2 lines"),
            (
                vec![lines[0], lines[2]],
                "line 2: the file should have 1 events, but has 0",
            ),
            (vec![lines[1]], "line 1: this is not an exported ledger"),
            (
                vec![lines[0], "{}", lines[2]],
                "line 2: this line has neither",
            ),
            (vec![lines[0], "{", lines[2]], "line 2: EOF"),
            (
                vec![lines[0], lines[1], lines[1], lines[2]],
                "line 4: stack \"a\" was changed",
            ),
        ] {
            let error = read(lines.join("\n").as_bytes(), "file").await.unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
