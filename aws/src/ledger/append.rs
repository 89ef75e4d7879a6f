//! The writer: appends of one shard are grouped into transactions, one transaction at a time.
//!
//! A transaction has conditions on each of its items. An append that lost its race is taken out,
//! and the others are sent again. When the answer to a transaction is lost, the same transaction is
//! sent again under the same token; an append that turns out to be written already is recognised by
//! its id.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::join_all;
use stack::lease::{Event, EventKind, Lease, NewEvent};
use stack::ledger::row;
use stack::{LedgerError, RunId, Seq, StackName};
use tokio::sync::oneshot;

use super::connection::Connection;
use super::fault::{self, Cancelled, Fault, FaultKind};
use super::item;
use super::keys::{self, Standing};
use super::read;
use super::transaction::{Write, transact};

/// DynamoDB's limit for the items of a transaction.
const MAX_ITEMS: usize = 100;

/// DynamoDB's limit for the size of a transaction is 4 MB.
const MAX_TRANSACTION_BYTES: usize = 3_500_000;

/// The number of leases that are kept in memory for their next append.
const MAX_KNOWN: usize = 4096;

/// The name of the operation in messages.
const DOING: &str = "appending";

/// An append that waits for its transaction.
struct Pending {
    stack: StackName,
    after: Seq,
    events: Vec<NewEvent>,
    /// The id that marks the events of this append.
    id: String,
    reply: oneshot::Sender<Result<Lease, LedgerError>>,
}

/// An append that is decided: what it will write.
struct Prepared {
    pending: Pending,
    events: Vec<Event>,
    lease: Lease,
    writes: Vec<Write>,
    bytes: usize,
}

/// The writer of a table.
pub(super) struct Writer {
    connection: Arc<Connection>,
    shards: Mutex<HashMap<usize, Arc<Shard>>>,
    known: Arc<Mutex<HashMap<StackName, Lease>>>,
}

/// The queue of a shard.
struct Shard {
    number: usize,
    queue: Mutex<VecDeque<Pending>>,
    /// The position of the last entry of the shard's log, as far as it is known. Only the task that
    /// holds the lock sends a transaction.
    tail: tokio::sync::Mutex<Option<u64>>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Writer {
    pub(super) fn new(connection: Arc<Connection>) -> Self {
        Self {
            connection,
            shards: Mutex::default(),
            known: Arc::default(),
        }
    }

    /// Keeps a lease that was just read, because an append usually follows.
    pub(super) fn remember(&self, lease: &Lease) {
        remember(&self.known, lease.clone());
    }

    /// Appends events to the stream of a stack.
    pub(super) async fn append(
        &self,
        stack: StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> Result<Lease, LedgerError> {
        let shards = self.connection.opened().await?.shards;
        let number = keys::shard(&stack, shards);
        let shard = Arc::clone(locked(&self.shards).entry(number).or_insert_with(|| {
            Arc::new(Shard {
                number,
                queue: Mutex::default(),
                tail: tokio::sync::Mutex::default(),
            })
        }));
        let (reply, answer) = oneshot::channel();
        locked(&shard.queue).push_back(Pending {
            stack,
            after,
            events,
            id: RunId::random().to_string(),
            reply,
        });
        // A task of its own, so that a caller that stops waiting takes no other append with it.
        let (connection, known) = (Arc::clone(&self.connection), Arc::clone(&self.known));
        tokio::spawn(async move {
            let mut tail = shard.tail.lock().await;
            loop {
                let group = shard.next_group();
                if group.is_empty() {
                    return;
                }
                Group {
                    connection: &connection,
                    known: &known,
                    shard: shard.number,
                }
                .write(&mut tail, group)
                .await;
            }
        });
        let lost = |_| {
            self.connection.failed(
                Fault {
                    kind: FaultKind::Other,
                    cause: fault::cause("the writer has stopped"),
                },
                "TransactWriteItems",
                DOING,
                std::time::Duration::ZERO,
                true,
            )
        };
        answer.await.map_err(lost)?
    }
}

impl Shard {
    /// Takes the appends of the next transaction: at most one of each stack.
    fn next_group(&self) -> Vec<Pending> {
        let mut queue = locked(&self.queue);
        let (mut group, mut later) = (Vec::new(), VecDeque::new());
        let (mut stacks, mut items) = (HashSet::new(), 0);
        while let Some(pending) = queue.pop_front() {
            // The caller has stopped waiting.
            if pending.reply.is_closed() {
                continue;
            }
            // The events, the log entry, and up to two items for the snapshot.
            let needs = pending.events.len() + 3;
            let fits = group.is_empty() || items + needs <= MAX_ITEMS;
            if fits && stacks.insert(pending.stack.clone()) {
                items += needs;
                group.push(pending);
            } else {
                later.push_back(pending);
            }
        }
        *queue = later;
        group
    }
}

fn remember(known: &Mutex<HashMap<StackName, Lease>>, lease: Lease) {
    let mut known = locked(known);
    if known.len() >= MAX_KNOWN && !known.contains_key(&lease.name) {
        known.clear();
    }
    known.insert(lease.name.clone(), lease);
}

/// What a transaction needs.
struct Group<'a> {
    connection: &'a Connection,
    known: &'a Mutex<HashMap<StackName, Lease>>,
    shard: usize,
}

impl Group<'_> {
    /// Decides and writes a group of appends, and answers each.
    async fn write(&self, tail: &mut Option<u64>, group: Vec<Pending>) {
        let mut prepared = VecDeque::new();
        for decided in join_all(group.into_iter().map(|pending| self.decide(pending))).await {
            match decided {
                Ok(append) => prepared.push_back(*append),
                Err((reply, error)) => {
                    let _ = reply.send(Err(error));
                }
            }
        }
        while !prepared.is_empty() {
            let mut bytes = 0;
            let mut batch = Vec::new();
            while let Some(append) = prepared.pop_front() {
                if !batch.is_empty() && bytes + append.bytes > MAX_TRANSACTION_BYTES {
                    prepared.push_front(append);
                    break;
                }
                bytes += append.bytes;
                batch.push(append);
            }
            self.commit(tail, batch).await;
        }
    }

    /// Folds the events of an append, and prepares its items.
    async fn decide(
        &self,
        pending: Pending,
    ) -> Result<Box<Prepared>, (oneshot::Sender<Result<Lease, LedgerError>>, LedgerError)> {
        match self.prepare(&pending).await {
            Ok((events, lease, writes, bytes)) => Ok(Box::new(Prepared {
                pending,
                events,
                lease,
                writes,
                bytes,
            })),
            Err(error) => Err((pending.reply, error)),
        }
    }

    async fn prepare(
        &self,
        pending: &Pending,
    ) -> Result<(Vec<Event>, Lease, Vec<Write>, usize), LedgerError> {
        let stack = &pending.stack;
        let known = locked(self.known).get(stack).cloned();
        let known = known.filter(|lease| lease.last_seq() == pending.after);
        // A lease in memory with the right number is the lease in the table: a number is never
        // used twice. The conditions of the transaction prove that it is the last one.
        let (base, standing) = match known {
            Some(lease) => {
                let standing = Standing::of(lease.is_live());
                (Some(lease), Some(standing))
            }
            None if pending.after == Seq::NONE => (None, None),
            None => {
                let found = read::stack(self.connection, stack).await?;
                let seq = found
                    .as_ref()
                    .map_or(Seq::NONE, |found| found.lease.last_seq());
                row::unraced(&label(stack), pending.after, seq)?;
                match found {
                    Some(found) => (Some(found.lease), Some(found.standing)),
                    None => (None, None),
                }
            }
        };
        let events = row::place(stack, pending.after, pending.events.clone());
        let marks = |event: &Event| matches!(event.kind, EventKind::Misdated { .. });
        let earlier = match events.iter().any(marks) {
            true => read::events(self.connection, stack, Seq::NONE).await?,
            false => Vec::new(),
        };
        let lease = match row::fold(stack, base, &events, || Ok(earlier)) {
            Ok(lease) => lease,
            Err(refused) => {
                // The refusal may be based on facts that are no longer the last ones.
                let last = read::last_seq(self.connection, stack).await?;
                row::unraced(&label(stack), pending.after, last)?;
                return Err(refused);
            }
        };
        let (writes, bytes) = self.writes(pending, &events, &lease, standing)?;
        Ok((events, lease, writes, bytes))
    }

    /// The items of an append, without its log entry, and the size of all.
    fn writes(
        &self,
        pending: &Pending,
        events: &[Event],
        lease: &Lease,
        standing: Option<Standing>,
    ) -> Result<(Vec<Write>, usize), LedgerError> {
        let stack = &pending.stack;
        let too_large = |what: String| LedgerError::TooLarge {
            ledger: self.connection.location.clone(),
            stream: label(stack),
            what,
        };
        if events.len() + 3 > MAX_ITEMS {
            let most = MAX_ITEMS - 3;
            let what = format!("{} events at once are more than {most}", events.len());
            return Err(too_large(what));
        }
        let mut writes = Vec::new();
        let mut sizes = 0;
        for event in events {
            let mut item = item::event_fields(event).map_err(|e| self.connection.unwritable(e))?;
            sizes += item::size(&item);
            item.extend(keys::event(stack, event.seq).attributes());
            item.insert(item::APPEND.to_owned(), item::text(pending.id.as_str()));
            writes.push(Write::New(item));
        }
        // The log entry repeats all events of the append in one item.
        if sizes > item::MAX_EVENT_BYTES {
            let most = item::MAX_EVENT_BYTES / 1024;
            let what = format!("its events have {} KiB, more than {most} KiB", sizes / 1024);
            return Err(too_large(what));
        }
        let now = Standing::of(lease.is_live());
        let key = |standing| keys::snapshot(standing, self.shard, stack);
        let snapshot = item::snapshot(&key(now), lease);
        let bytes = 2 * sizes + item::size(&snapshot) + 1024;
        match standing {
            None => writes.push(Write::New(snapshot)),
            Some(before) if before == now => {
                writes.push(Write::Replace(snapshot, Some(pending.after)));
            }
            Some(before) => {
                writes.push(Write::Remove(key(before), pending.after));
                writes.push(Write::Replace(snapshot, None));
            }
        }
        Ok((writes, bytes))
    }

    /// Sends a transaction until every append in it is written or refused, and answers each.
    async fn commit(&self, tail: &mut Option<u64>, mut batch: Vec<Prepared>) {
        let mut patience = self.connection.patience();
        let mut unknown = false;
        let mut token = RunId::random().to_string();
        while !batch.is_empty() {
            let last = match *tail {
                Some(last) => last,
                None => match read::tail(self.connection, self.shard).await {
                    Ok(last) => *tail.insert(last),
                    Err(error) => return answer_all(batch, &error),
                },
            };
            let fault = match self.send(&batch, last, &token).await {
                Sent::Written => {
                    *tail = Some(last + batch.len() as u64);
                    for append in batch {
                        remember(self.known, append.lease.clone());
                        let _ = append.pending.reply.send(Ok(append.lease));
                    }
                    return;
                }
                Sent::Refused(refused) => {
                    token = RunId::random().to_string();
                    if refused.tail_moved {
                        *tail = None;
                    }
                    for (place, error) in refused.never.into_iter().rev() {
                        let append = batch.remove(place);
                        let _ = append.pending.reply.send(Err(error));
                    }
                    for place in refused.suspects.into_iter().rev() {
                        let append = batch.remove(place);
                        let settled = self.settle(&append).await;
                        if settled.is_err() {
                            locked(self.known).remove(&append.pending.stack);
                        }
                        let _ = append.pending.reply.send(settled);
                    }
                    refused.fault
                }
                Sent::Failed(fault) => {
                    unknown |= fault.kind == FaultKind::Unknown;
                    if !fault.is_transient() {
                        *tail = None;
                        let waited = patience.waited();
                        let error = self.failed(fault, waited, unknown);
                        return answer_all(batch, &error);
                    }
                    Some(fault)
                }
            };
            if let Some(fault) = fault
                && !patience.once_more().await
            {
                *tail = None;
                let error = self.failed(fault, patience.waited(), unknown);
                return answer_all(batch, &error);
            }
        }
    }

    fn failed(&self, fault: Fault, waited: std::time::Duration, unknown: bool) -> LedgerError {
        let action = "TransactWriteItems";
        self.connection
            .failed(fault, action, DOING, waited, unknown)
    }

    /// Sends the transaction of a batch once. `last` is the position of the last log entry.
    async fn send(&self, batch: &[Prepared], last: u64, token: &str) -> Sent {
        let mut writes = Vec::new();
        // The place in the batch of each item, and whether it is an entry of the log.
        let mut places = Vec::new();
        for (place, append) in batch.iter().enumerate() {
            let position = last + 1 + place as u64;
            let key = keys::log_entry(self.shard, position);
            let entry = match item::log_entry(&key, &append.events) {
                Ok(entry) => entry,
                Err(error) => {
                    let cause = fault::cause(error.to_string());
                    return Sent::Failed(Fault {
                        kind: FaultKind::Other,
                        cause,
                    });
                }
            };
            writes.extend(append.writes.iter().cloned());
            places.extend(append.writes.iter().map(|_| (place, false)));
            writes.push(Write::New(entry));
            places.push((place, true));
        }
        let reasons = match transact(self.connection, &writes, token).await {
            Ok(None) => return Sent::Written,
            Ok(Some(reasons)) => reasons,
            Err(fault) => return Sent::Failed(fault),
        };
        let mut refused = Refused::default();
        for (reason, (place, in_log)) in reasons.iter().zip(places) {
            match reason.meaning {
                Cancelled::No => {}
                Cancelled::Condition if in_log => refused.tail_moved = true,
                Cancelled::Condition => {
                    refused.suspects.insert(place);
                }
                Cancelled::Again => refused.fault = Some(reason.fault(FaultKind::Conflict)),
                Cancelled::Never => {
                    let fault = reason.fault(FaultKind::Other);
                    let error = self.failed(fault, std::time::Duration::ZERO, false);
                    refused.never.insert(place, error);
                }
            }
        }
        refused
            .suspects
            .retain(|place| !refused.never.contains_key(place));
        if refused.is_nothing() {
            // Cancelled without a reason: try again.
            let cause = fault::cause("DynamoDB cancelled the transaction without a reason");
            refused.fault = Some(Fault {
                kind: FaultKind::Conflict,
                cause,
            });
        }
        Sent::Refused(refused)
    }

    /// Finds out what became of an append whose condition was not met: an earlier attempt wrote it,
    /// or another process was faster.
    async fn settle(&self, append: &Prepared) -> Result<Lease, LedgerError> {
        let Pending {
            stack, after, id, ..
        } = &append.pending;
        let first = self
            .connection
            .get(&keys::event(stack, after.next()), "reading events")
            .await?;
        if let Some(first) = &first
            && item::read_text(first, item::APPEND) == Some(id)
        {
            remember(self.known, append.lease.clone());
            return Ok(append.lease.clone());
        }
        let found = read::last_seq(self.connection, stack).await?;
        row::unraced(&label(stack), *after, found)?;
        Err(self.connection.corrupt(format!(
            "the snapshot of stack \"{stack}\" does not belong to its last event"
        )))
    }
}

/// What became of a transaction.
enum Sent {
    Written,
    /// Nothing was written.
    Refused(Refused),
    Failed(Fault),
}

/// Why a transaction was refused.
#[derive(Default)]
struct Refused {
    /// Another process added an entry to the log.
    tail_moved: bool,
    /// The appends whose own conditions were not met, by place in the batch.
    suspects: std::collections::BTreeSet<usize>,
    /// The appends that can never be written.
    never: std::collections::BTreeMap<usize, LedgerError>,
    /// The reason to wait before the next attempt.
    fault: Option<Fault>,
}

impl Refused {
    fn is_nothing(&self) -> bool {
        !self.tail_moved
            && self.suspects.is_empty()
            && self.never.is_empty()
            && self.fault.is_none()
    }
}

fn answer_all(batch: Vec<Prepared>, error: &LedgerError) {
    for append in batch {
        let _ = append.pending.reply.send(Err(error.clone()));
    }
}

fn label(stack: &StackName) -> String {
    format!("stack \"{stack}\"")
}
