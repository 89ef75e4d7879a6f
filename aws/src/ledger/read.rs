//! What reads stacks, listings and the log.

use aws_sdk_dynamodb::operation::transact_get_items::TransactGetItemsError;
use aws_sdk_dynamodb::types::{Get, ReturnConsumedCapacity, TransactGetItem};
use futures_util::future::try_join_all;
use stack::lease::{Event, Lease};
use stack::ledger::{Cursor, LeaseList, LogPage, Scope, UnreadableStack};
use stack::{LedgerError, Seq, StackName};

use super::connection::{Connection, PartitionQuery};
use super::fault::Fault;
use super::item;
use super::keys::{self, Item, Standing};

/// A stack as its snapshot has it.
pub(super) struct Found {
    pub(super) lease: Lease,
    /// The partition of the snapshot.
    pub(super) standing: Standing,
}

/// Reads a stack by name; `None` if the name never had a lease.
pub(super) async fn stack(
    connection: &Connection,
    name: &StackName,
) -> Result<Option<Found>, LedgerError> {
    const DOING: &str = "reading a lease";
    let shard = keys::shard(name, connection.opened().await?.shards);
    let live = keys::snapshot(Standing::Live, shard, name);
    let found = connection.get(&live, DOING).await?;
    let (item, standing) = match found {
        Some(item) => (item, Standing::Live),
        // A stack moves from one partition to the other, so both are read at one moment.
        None => match both(connection, shard, name).await? {
            Some(found) => found,
            None => return Ok(None),
        },
    };
    let lease = lease_of(connection, name, &item).await?;
    Ok(Some(Found { lease, standing }))
}

/// Reads the snapshot of a stack wherever it is.
async fn both(
    connection: &Connection,
    shard: usize,
    name: &StackName,
) -> Result<Option<(Item, Standing)>, LedgerError> {
    let client = connection.client().await?;
    let table = &connection.address.table;
    let get = |standing| {
        let key = keys::snapshot(standing, shard, name).attributes();
        let get = Get::builder().table_name(table).set_key(Some(key)).build();
        get.map(|get| TransactGetItem::builder().get(get).build())
    };
    let (live, gone) = match (get(Standing::Live), get(Standing::Gone)) {
        (Ok(live), Ok(gone)) => (live, gone),
        (Err(error), _) | (_, Err(error)) => return Err(connection.unwritable(error)),
    };
    let mut patience = connection.patience();
    let answer = loop {
        connection.usage.request();
        let call = client
            .transact_get_items()
            .transact_items(live.clone())
            .transact_items(gone.clone())
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let fault = match call.send().await {
            Ok(answer) => break answer,
            Err(error) => {
                let cancelled = error
                    .as_service_error()
                    .is_some_and(TransactGetItemsError::is_transaction_canceled_exception);
                (Fault::from_sdk(&error), cancelled)
            }
        };
        let (fault, cancelled) = fault;
        if !(cancelled || fault.is_transient()) || !patience.once_more().await {
            let waited = patience.waited();
            let doing = "reading a lease";
            return Err(connection.failed(fault, "TransactGetItems", doing, waited, false));
        }
    };
    connection.usage.consumed(answer.consumed_capacity(), false);
    let mut items = answer.responses.unwrap_or_default().into_iter();
    let mut next = || items.next().and_then(|response| response.item);
    let (live, gone) = (next(), next());
    let live = live.map(|item| (item, Standing::Live));
    Ok(live.or_else(|| gone.map(|item| (item, Standing::Gone))))
}

/// The lease of a snapshot's item, or the fold of the stack's events.
async fn lease_of(
    connection: &Connection,
    name: &StackName,
    item: &Item,
) -> Result<Lease, LedgerError> {
    if let Some(lease) = item::read_snapshot(item) {
        return Ok(lease);
    }
    let history = events(connection, name, Seq::NONE).await?;
    let lease = Lease::fold_history(history)
        .map_err(|illegal| connection.corrupt(format!("stack \"{name}\": {illegal}")))?;
    lease.ok_or_else(|| connection.corrupt(format!("stack \"{name}\" has no events")))
}

/// The events of a stack after a number.
pub(super) async fn events(
    connection: &Connection,
    name: &StackName,
    after: Seq,
) -> Result<Vec<Event>, LedgerError> {
    connection.opened().await?;
    let after = keys::number(after.0);
    let items = connection
        .all("reading events", &keys::stack(name), Some(&after))
        .await?;
    let events = items.iter().map(|item| {
        let seq = item::sort_number(item);
        let seq = seq.ok_or_else(|| format!("an event of stack \"{name}\" has no number"))?;
        item::read_event(item, name, Seq(seq))
    });
    let events: Result<Vec<_>, String> = events.collect();
    events.map_err(|problem| connection.corrupt(problem))
}

/// The number of a stack's last event.
pub(super) async fn last_seq(
    connection: &Connection,
    name: &StackName,
) -> Result<Seq, LedgerError> {
    let pk = keys::stack(name);
    let page = connection
        .page("reading events", &PartitionQuery::last_key_of(&pk))
        .await?;
    Ok(page
        .items
        .first()
        .and_then(item::sort_number)
        .map_or(Seq::NONE, Seq))
}

/// All leases in a scope, and the stacks that cannot be read, each ordered by name.
pub(super) async fn leases(
    connection: &Connection,
    scope: Scope,
) -> Result<LeaseList, LedgerError> {
    let shards = connection.opened().await?.shards;
    let standings: &[Standing] = match scope {
        Scope::Live => &[Standing::Live],
        Scope::All => &[Standing::Live, Standing::Gone],
    };
    let LeaseList {
        mut leases,
        mut unreadable,
    } = LeaseList::default();
    let mut items = Vec::new();
    for standing in standings {
        // One after the other: a stack that ends in between is in the second.
        let partitions: Vec<String> = (0..shards)
            .map(|shard| keys::snapshots(*standing, shard))
            .collect();
        let reads = partitions
            .iter()
            .map(|pk| connection.all("listing leases", pk, None));
        items.extend(try_join_all(reads).await?.into_iter().flatten());
    }
    for item in items {
        if let Some(lease) = item::read_snapshot(&item) {
            leases.push(lease);
            continue;
        }
        let name = item::read_text(&item, keys::SK).unwrap_or("?").to_owned();
        let lease = match StackName::new(name.as_str()) {
            Ok(stack) => lease_of(connection, &stack, &item).await,
            Err(error) => Err(connection.corrupt(error.to_string())),
        };
        match lease {
            Ok(lease) => leases.push(lease),
            Err(LedgerError::Corrupt { what, .. }) => unreadable.push(UnreadableStack {
                name,
                problem: what,
            }),
            Err(error) => return Err(error),
        }
    }
    leases.sort_by_cached_key(|lease| (lease.name.clone(), std::cmp::Reverse(lease.last_seq())));
    // A stack that moved between two queries of the listing may be in both: the later one counts.
    leases.dedup_by(|later, earlier| later.name == earlier.name);
    unreadable.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(LeaseList { leases, unreadable })
}

/// A position in the log of each shard, written as numbers separated by dots.
fn positions(cursor: &Cursor, shards: usize) -> Vec<u64> {
    let mut positions: Vec<u64> = cursor
        .as_str()
        .split('.')
        .map(|position| position.parse().unwrap_or(0))
        .collect();
    positions.resize(shards, 0);
    positions
}

fn cursor(positions: &[u64]) -> Cursor {
    if positions.iter().all(|position| *position == 0) {
        return Cursor::start();
    }
    let texts: Vec<_> = positions.iter().map(u64::to_string).collect();
    Cursor::from_text(texts.join("."))
}

/// An entry of the log of one shard.
struct Entry {
    position: u64,
    events: Vec<Event>,
    damaged: Vec<(String, String)>,
}

/// A page of the log. Each shard is queried once; the entries are merged by time as far as every
/// shard was read.
pub(super) async fn log(
    connection: &Connection,
    from: &Cursor,
    limit: usize,
) -> Result<LogPage, LedgerError> {
    let shards = connection.opened().await?.shards;
    let mut positions = positions(from, shards);
    let limit = limit.max(1);
    let reads = positions
        .iter()
        .enumerate()
        .map(|(shard, position)| async move {
            let (pk, after) = (keys::log(shard), keys::number(*position));
            let query = PartitionQuery {
                after: Some(&after),
                limit: Some(limit),
                ..PartitionQuery::of(&pk)
            };
            connection.page("reading the log", &query).await
        });
    let mut queues = Vec::new();
    for page in try_join_all(reads).await? {
        let entries = page.items.iter().map(|item| {
            let (events, damaged) = item::read_log_entry(item);
            Entry {
                position: item::sort_number(item).unwrap_or(u64::MAX),
                events,
                damaged,
            }
        });
        let entries: std::collections::VecDeque<Entry> = entries.collect();
        let is_complete = page.next.is_none();
        queues.push((entries, is_complete));
    }
    let mut page = LogPage {
        events: Vec::new(),
        damaged: Vec::new(),
        next: from.clone(),
    };
    loop {
        let mut earliest = None;
        for (shard, (entries, is_complete)) in queues.iter().enumerate() {
            match entries.front() {
                Some(entry) => {
                    let at = entry.events.first().map(|event| event.at);
                    if earliest.is_none_or(|(_, known)| at < known) {
                        earliest = Some((shard, at));
                    }
                }
                // The next entry of this shard is not read yet, and may be the earliest.
                None if !is_complete => {
                    page.next = cursor(&positions);
                    return Ok(page);
                }
                None => {}
            }
        }
        let next = earliest.and_then(|(shard, _)| {
            let entry = queues.get_mut(shard)?.0.pop_front()?;
            Some((shard, entry))
        });
        let Some((shard, entry)) = next else { break };
        let read = page.events.len() + page.damaged.len();
        // An entry is never split, so a page may be longer than its limit only by its first entry.
        if read > 0 && read + entry.events.len() + entry.damaged.len() > limit {
            break;
        }
        page.events.extend(entry.events);
        let damaged = entry.damaged.into_iter();
        page.damaged
            .extend(damaged.map(|(name, problem)| UnreadableStack { name, problem }));
        if let Some(position) = positions.get_mut(shard) {
            *position = entry.position;
        }
    }
    page.next = cursor(&positions);
    Ok(page)
}

/// The position of the last entry of a shard's log.
pub(super) async fn tail(connection: &Connection, shard: usize) -> Result<u64, LedgerError> {
    let pk = keys::log(shard);
    let page = connection
        .page("reading the log", &PartitionQuery::last_key_of(&pk))
        .await?;
    Ok(page.items.first().and_then(item::sort_number).unwrap_or(0))
}

/// The position after the last entry of every shard.
pub(super) async fn end(connection: &Connection) -> Result<Cursor, LedgerError> {
    let shards = connection.opened().await?.shards;
    let tails = try_join_all((0..shards).map(|shard| tail(connection, shard))).await?;
    Ok(cursor(&tails))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cursor is read back, and the start means the first entry of every shard.
    #[test]
    fn a_cursor_is_a_position_per_shard() {
        assert_eq!(positions(&Cursor::start(), 3), [0, 0, 0]);
        assert_eq!(cursor(&[0, 0, 0]), Cursor::start());
        assert_eq!(cursor(&[3, 0, 12]).as_str(), "3.0.12");
        assert_eq!(positions(&cursor(&[3, 0, 12]), 3), [3, 0, 12]);
        assert_eq!(positions(&Cursor::from_text("5"), 3), [5, 0, 0]);
    }
}
