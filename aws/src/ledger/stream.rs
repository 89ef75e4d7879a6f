//! The streams that belong to no stack: the pools, the reaper's log, the circuit breakers and the
//! settings.

use stack::ledger::row::{self, Stream};
use stack::{LedgerError, PoolName, RunId, Seq};

use super::connection::Connection;
use super::fault::{self, Cancelled, Fault, FaultKind};
use super::item;
use super::keys::{self, Item, Key};
use super::transaction::{Write, transact};

/// The largest state that is stored; see the snapshots of stacks.
const MAX_STATE_BYTES: usize = 300 * 1024;

/// The most events in one append.
const MAX_EVENTS: usize = 90;

/// What the name of a pool's stream begins with.
const POOL: &str = "pool:";

/// The name of a stream, and how messages call it.
pub(super) struct StreamName {
    name: String,
    label: String,
}

impl StreamName {
    pub(super) fn pool(pool: &PoolName) -> Self {
        Self {
            name: format!("{POOL}{pool}"),
            label: format!("pool \"{pool}\""),
        }
    }

    pub(super) fn reaper() -> Self {
        Self {
            name: "reaper".to_owned(),
            label: row::REAPER_LABEL.to_owned(),
        }
    }

    pub(super) fn breakers() -> Self {
        Self {
            name: "breakers".to_owned(),
            label: row::BREAKERS_LABEL.to_owned(),
        }
    }

    pub(super) fn settings() -> Self {
        Self {
            name: "settings".to_owned(),
            label: row::SETTINGS_LABEL.to_owned(),
        }
    }

    fn state_key(&self) -> Key {
        Key::new(keys::STREAMS, self.name.as_str())
    }

    fn event_key(&self, seq: Seq) -> Key {
        Key::new(keys::stream(&self.name), keys::number(seq.0))
    }
}

/// The state of a stream; empty if it has no events.
pub(super) async fn state<S: Stream>(
    connection: &Connection,
    name: &StreamName,
) -> Result<S, LedgerError> {
    connection.opened().await?;
    let Some(item) = connection
        .get(&name.state_key(), "reading a stream")
        .await?
    else {
        return Ok(S::default());
    };
    let text = item::read_text(&item, "state");
    let state: Option<S> = text.and_then(|text| serde_json::from_str(text).ok());
    let seq = item::read_number(&item, item::SEQ).map(Seq);
    match state.filter(|state| Some(state.last_seq()) == seq) {
        Some(state) => Ok(state),
        None => {
            let events = events::<S>(connection, name, Seq::NONE).await?;
            Ok(events.iter().fold(S::default(), S::apply))
        }
    }
}

/// The events of a stream after a number.
pub(super) async fn events<S: Stream>(
    connection: &Connection,
    name: &StreamName,
    after: Seq,
) -> Result<Vec<S::Event>, LedgerError> {
    connection.opened().await?;
    let (pk, after) = (keys::stream(&name.name), keys::number(after.0));
    let items = connection
        .all("reading a stream", &pk, Some(&after))
        .await?;
    let events = items.iter().map(|item| {
        let text = item::read_text(item, "event").unwrap_or_default();
        serde_json::from_str(text)
            .map_err(|error| connection.corrupt(format!("stream \"{}\": {error}", name.name)))
    });
    events.collect()
}

/// The pools that exist.
pub(super) async fn pools(connection: &Connection) -> Result<Vec<PoolName>, LedgerError> {
    connection.opened().await?;
    let items = connection.all("listing pools", keys::STREAMS, None).await?;
    let names = items
        .iter()
        .filter_map(|item| item::read_text(item, keys::SK)?.strip_prefix(POOL));
    let pools = names
        .map(|name| PoolName::new(name).map_err(|error| connection.corrupt(error.to_string())));
    pools.collect()
}

/// Appends to a stream, and returns its new state.
pub(super) async fn append<S: Stream>(
    connection: &Connection,
    name: &StreamName,
    after: Seq,
    mut events: Vec<S::Event>,
) -> Result<S, LedgerError> {
    let before: S = state(connection, name).await?;
    row::unraced(&name.label, after, before.last_seq())?;
    if events.is_empty() {
        return Ok(before);
    }
    if events.len() > MAX_EVENTS {
        return Err(LedgerError::TooLarge {
            ledger: connection.location.clone(),
            stream: name.label.clone(),
            what: format!("{} events at once are more than {MAX_EVENTS}", events.len()),
        });
    }
    row::number::<S>(after, &mut events);
    let fold = events.iter().fold(before, S::apply);

    let id = RunId::random().to_string();
    let writes = writes(connection, name, after, &events, &fold, &id)?;
    let token = RunId::random().to_string();
    let (mut patience, mut unknown) = (connection.patience(), false);
    loop {
        let fault = match transact(connection, &writes, &token).await {
            Ok(None) => return Ok(fold),
            Ok(Some(reasons)) => {
                let is = |meaning| reasons.iter().find(|reason| reason.meaning == meaning);
                if is(Cancelled::Condition).is_some() {
                    let first = name.event_key(after.next());
                    let first = connection.get(&first, "reading a stream").await?;
                    let written = first
                        .as_ref()
                        .and_then(|item| item::read_text(item, item::APPEND));
                    if written == Some(&id) {
                        return Ok(fold);
                    }
                    let now: S = state(connection, name).await?;
                    row::unraced(&name.label, after, now.last_seq())?;
                    return Err(connection.corrupt(format!(
                        "the state of {} does not belong to its last event",
                        name.label
                    )));
                }
                match is(Cancelled::Never) {
                    Some(reason) => reason.fault(FaultKind::Other),
                    None => Fault {
                        kind: FaultKind::Conflict,
                        cause: fault::cause("another transaction writes to the same stream"),
                    },
                }
            }
            Err(fault) => fault,
        };
        unknown |= fault.kind == FaultKind::Unknown;
        if !fault.is_transient() || !patience.once_more().await {
            let waited = patience.waited();
            return Err(connection.failed(
                fault,
                "TransactWriteItems",
                "appending",
                waited,
                unknown,
            ));
        }
    }
}

/// The items of an append: its events and the new state.
fn writes<S: Stream>(
    connection: &Connection,
    name: &StreamName,
    after: Seq,
    events: &[S::Event],
    fold: &S,
    id: &str,
) -> Result<Vec<Write>, LedgerError> {
    let mut writes = Vec::new();
    for event in events {
        let text = serde_json::to_string(event).map_err(|e| connection.unwritable(e))?;
        if text.len() > item::MAX_EVENT_BYTES {
            return Err(LedgerError::TooLarge {
                ledger: connection.location.clone(),
                stream: name.label.clone(),
                what: format!("an event has {} KiB", text.len() / 1024),
            });
        }
        let mut item = name.event_key(S::seq(event)).attributes();
        item.insert("event".to_owned(), item::text(text));
        item.insert(item::APPEND.to_owned(), item::text(id));
        writes.push(Write::New(item));
    }
    let mut state: Item = name.state_key().attributes();
    state.insert(item::SEQ.to_owned(), item::whole(fold.last_seq().0));
    let text = serde_json::to_string(fold).map_err(|e| connection.unwritable(e))?;
    if text.len() <= MAX_STATE_BYTES {
        state.insert("state".to_owned(), item::text(text));
    }
    writes.push(match after {
        Seq::NONE => Write::New(state),
        after => Write::Replace(state, Some(after)),
    });
    Ok(writes)
}
