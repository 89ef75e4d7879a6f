//! The ledger: the append-only log that is the truth about every stack.
//!
//! [`Ledger`] asks for no more than a distributed key-value store with conditional writes gives:
//! an append is conditional on the last sequence number of one stream, nothing spans two streams,
//! and a lost race is an error that the caller answers by deciding again. [`MemoryLedger`] and
//! [`SqliteLedger`] keep the same laws, which one contract test holds.

mod error;
mod memory;
mod row;
pub(crate) mod sqlite;

use std::fmt;
use std::pin::Pin;

pub use error::{ErrorSource, LedgerError};
pub use memory::MemoryLedger;
pub use sqlite::SqliteLedger;

use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::values::id::{LedgerId, PoolName, Seq, StackName};

/// What a ledger answers, later. Boxed by hand so that `dyn Ledger` is possible.
pub type LedgerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'a>>;

/// Which leases a list holds.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Those whose phase is not `gone`.
    Live,
    /// Those that are `gone` as well.
    All,
}

/// A place in the order of all events, as [`Ledger::log`] gave it. Opaque: it is only ever handed
/// back to the ledger that it came from.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cursor(String);

impl Cursor {
    /// Before the first event.
    pub fn start() -> Self {
        Self::default()
    }

    /// The position, for a ledger that counts; anything that is no number is before the first.
    fn position(&self) -> u64 {
        self.0.parse().unwrap_or(0)
    }

    fn at(position: u64) -> Self {
        Self(position.to_string())
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Some of the events of all stacks, and where to go on.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// In the order of the ledger: each stack's events in the order of their numbers, and every
    /// event that is appended after a page was read behind that page.
    pub events: Vec<Event>,
    /// Give it back to read on. When `events` is empty there is nothing more for now.
    pub next: Cursor,
}

/// An append-only log of events per stack, with the pools and the reaper's log beside it.
///
/// Every stream (a stack, a pool, the reaper) has its own sequence from 1. An append is answered
/// when it is on disk, and a future that is dropped may or may not have been done: who cares reads
/// again. Nothing here retries; a [`LedgerError::Raced`] means that the decision which led to the
/// append was made on old facts.
pub trait Ledger: Send + Sync {
    /// Where the ledger is, as a person would write it: a path or an address.
    fn place(&self) -> String;

    /// The identity that the ledger was given when it was created.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn id(&self) -> LedgerFuture<'_, LedgerId>;

    /// Appends `events` to the stream of `stack` if its last event is number `after`
    /// ([`Seq`] 0: if it has none), all of them or none, and answers the lease as it then stands.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when the last event is another one, [`LedgerError::IllegalTransition`] when the
    /// transition function refuses one of them; in both cases nothing was written.
    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease>;

    /// The lease of a stack, also when it is gone; `None` when the name never had one.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>>;

    /// The events of a stack with a number greater than `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>>;

    /// All leases in `scope`, ordered by name.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn leases(&self, scope: Scope) -> LedgerFuture<'_, Vec<Lease>>;

    /// At most `limit` events of all stacks, from `cursor` on.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage>;

    /// Behind the last event of all stacks: whoever takes this before reading leases finds in the log from here on
    /// whatever those do not hold yet.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn end(&self) -> LedgerFuture<'_, Cursor>;

    /// A pool as it stands; an empty one when nobody ever entered it.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool>;

    /// Appends `events` to the pool if its last event is number `after`, and answers the pool as it
    /// then stands. The ledger numbers them, whatever `seq` they bring.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when the last event is another one; nothing was written.
    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool>;

    /// What the reaper did last and was told.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus>;

    /// Appends `events` to the reaper's log if its last event is number `after`, and answers the
    /// status as it then stands. The ledger numbers them, whatever `seq` they bring.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when the last event is another one; nothing was written.
    fn append_reaper(&self, after: Seq, events: Vec<ReaperEvent>)
    -> LedgerFuture<'_, ReaperStatus>;
}
