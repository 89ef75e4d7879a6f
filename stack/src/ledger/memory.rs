//! A ledger in memory: for tests, and as the reference implementation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::row::{self, Stream};
use super::{Cursor, Ledger, LedgerError, LedgerFuture, LogPage, Scope, UnreadableStack};
use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::values::id::{LedgerId, PoolName, Seq, StackName};

/// All events in one list, with their folds.
#[derive(Debug)]
pub struct MemoryLedger {
    id: LedgerId,
    place: String,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    log: Vec<Event>,
    leases: BTreeMap<StackName, Lease>,
    pools: BTreeMap<PoolName, Pool>,
    reaper: ReaperStatus,
}

impl MemoryLedger {
    /// An empty ledger with a new id.
    #[must_use]
    pub fn new() -> Self {
        Self::with_location("memory")
    }

    /// An empty ledger that reports the given location as its own.
    #[must_use]
    pub fn with_location(place: impl Into<String>) -> Self {
        Self {
            id: LedgerId::random(),
            place: place.into(),
            contents: Mutex::default(),
        }
    }

    /// Locks the contents. Each change is one assignment at its end, so a panic cannot leave half
    /// of one.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryLedger {
    fn default() -> Self {
        Self::new()
    }
}

fn now<'a, T: Send + 'a>(answer: Result<T, LedgerError>) -> LedgerFuture<'a, T> {
    Box::pin(std::future::ready(answer))
}

impl Contents {
    fn append(
        &mut self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> Result<Lease, LedgerError> {
        let lease = self.leases.get(stack);
        let found = lease.map_or(Seq::NONE, Lease::last_seq);
        row::unraced(&format!("stack \"{stack}\""), after, found)?;
        let events = row::place(stack, after, events);
        let earlier = || {
            let of_stack = self.log.iter().filter(|event| event.stack == *stack);
            Ok(of_stack.cloned().collect())
        };
        let lease = row::fold(stack, lease.cloned(), &events, earlier)?;
        self.log.extend(events);
        self.leases.insert(stack.clone(), lease.clone());
        Ok(lease)
    }
}

fn append_stream<S: Stream + Clone>(
    stream: &mut S,
    name: &str,
    after: Seq,
    mut events: Vec<S::Event>,
) -> Result<S, LedgerError> {
    row::unraced(name, after, stream.last_seq())?;
    row::number::<S>(after, &mut events);
    *stream = events.iter().fold(stream.clone(), S::apply);
    Ok(stream.clone())
}

impl Ledger for MemoryLedger {
    fn location(&self) -> String {
        self.place.clone()
    }

    fn id(&self) -> LedgerFuture<'_, LedgerId> {
        now(Ok(self.id.clone()))
    }

    fn verify_private(&self) -> Result<(), LedgerError> {
        Ok(())
    }

    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease> {
        now(self.contents().append(stack, after, events))
    }

    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>> {
        now(Ok(self.contents().leases.get(stack).cloned()))
    }

    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>> {
        let contents = self.contents();
        let of_stack = contents
            .log
            .iter()
            .filter(|event| event.stack == *stack && event.seq > after);
        now(Ok(of_stack.cloned().collect()))
    }

    fn leases(&self, scope: Scope) -> LedgerFuture<'_, Vec<Lease>> {
        let contents = self.contents();
        let wanted = contents
            .leases
            .values()
            .filter(|lease| scope == Scope::All || lease.is_live());
        now(Ok(wanted.cloned().collect()))
    }

    fn unreadable(&self) -> LedgerFuture<'_, Vec<UnreadableStack>> {
        now(Ok(Vec::new()))
    }

    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage> {
        let from = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
        let contents = self.contents();
        let events: Vec<_> = contents
            .log
            .iter()
            .skip(from)
            .take(limit)
            .cloned()
            .collect();
        let next = match events.len() {
            0 => cursor.clone(),
            read => Cursor::at((from + read) as u64),
        };
        now(Ok(LogPage {
            events,
            damaged: Vec::new(),
            next,
        }))
    }

    fn end(&self) -> LedgerFuture<'_, Cursor> {
        now(Ok(Cursor::at(self.contents().log.len() as u64)))
    }

    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool> {
        now(Ok(self
            .contents()
            .pools
            .get(pool)
            .cloned()
            .unwrap_or_default()))
    }

    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool> {
        let mut contents = self.contents();
        let stream = contents.pools.entry(pool.clone()).or_default();
        now(append_stream(
            stream,
            &format!("pool \"{pool}\""),
            after,
            events,
        ))
    }

    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus> {
        now(Ok(self.contents().reaper.clone()))
    }

    fn append_reaper(
        &self,
        after: Seq,
        events: Vec<ReaperEvent>,
    ) -> LedgerFuture<'_, ReaperStatus> {
        let mut contents = self.contents();
        now(append_stream(
            &mut contents.reaper,
            "the reaper's log",
            after,
            events,
        ))
    }
}
