//! The ledger: the append-only log that is the source of truth about every stack.
//!
//! [`Ledger`] needs no more than a distributed key-value store with conditional writes offers: an
//! append is conditional on the last sequence number of one stream, nothing spans two streams, and
//! a lost race is an error that the caller handles by deciding again. Every implementation passes
//! the same contract test: [`MemoryLedger`] and [`SqliteLedger`] here, and a shared one in the
//! package of its cloud.

pub mod copy;
mod error;
pub mod export;
mod memory;
pub mod row;
mod settings;
mod sqlite;

use std::fmt;
use std::pin::Pin;

pub use error::{ErrorSource, LedgerError};
pub use memory::MemoryLedger;
pub use settings::{CopyRecord, LedgerPolicy, LedgerSettings, SettingsEvent, SettingsEventKind};
pub use sqlite::SqliteLedger;
#[cfg(any(test, feature = "testing"))]
pub use sqlite::damage::damage;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::breaker::{BreakerEvent, Breakers};
use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::values::id::{LedgerId, PoolName, Seq, StackName};
use crate::values::money::Usd;

/// A boxed future, so that `dyn Ledger` is possible.
pub type LedgerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, LedgerError>> + Send + 'a>>;

/// The leases that a list includes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// Leases of stacks that are not gone.
    Live,
    /// All leases, including those of stacks that are gone.
    All,
}

/// The leases of a scope.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LeaseList {
    /// The leases, ordered by name.
    pub leases: Vec<Lease>,
    /// The stacks whose lease cannot be read, because one of their records is damaged, ordered by
    /// name.
    pub unreadable: Vec<UnreadableStack>,
}

/// A position in the log, as returned by [`Ledger::log`]. Opaque: only the ledger that issued it
/// understands it. Its text may be stored and read back with [`Cursor::from_text`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Cursor(String);

impl Cursor {
    /// Before the first event.
    pub fn start() -> Self {
        Self::default()
    }

    /// The position that a ledger wrote as text.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The position as text, for the ledger that issued it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The position as a number; anything else means before the first event.
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

/// A stack that cannot be read, because one of its records is damaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableStack {
    /// The name, as far as it can be read.
    pub name: String,
    /// Which record is damaged, and how.
    pub problem: String,
}

/// The use of a store that charges for requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreUsage {
    /// The number of requests, including those that were repeated.
    pub requests: u64,
    /// The consumed read request units.
    pub read_units: Decimal,
    /// The consumed write request units.
    pub write_units: Decimal,
    /// The requests whose answer names no consumed capacity: their cost is unknown.
    pub unmetered: u64,
    /// The cost of the units in US dollars.
    pub usd: Usd,
    /// The source of the price.
    pub price_source: &'static str,
}

/// A page of the log, and where the next one starts.
#[derive(Clone, Debug)]
pub struct LogPage {
    /// Events in the order of the ledger. The events of each stack are in sequence, and every event
    /// appended after this page was read follows it. A shared ledger has no order among stacks:
    /// its pages are sorted by time as far as they reach.
    pub events: Vec<Event>,
    /// The stacks with damaged events on this page, one entry for each event.
    pub damaged: Vec<UnreadableStack>,
    /// The start of the next page.
    pub next: Cursor,
}

impl LogPage {
    /// Whether there are no more events for now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.damaged.is_empty()
    }
}

/// An append-only log of events per stack, plus the streams of the pools, of the reaper, of the
/// circuit breakers and of the settings.
///
/// Every stream has its own sequence numbers from 1. An append returns once it is on disk. If its
/// future is dropped, the append may or may not have happened, and the caller has to read again. A
/// ledger never retries: after [`LedgerError::Raced`], the caller must decide again, because its
/// decision was based on old facts.
pub trait Ledger: Send + Sync {
    /// The location, as a person would write it: a path or an address.
    fn location(&self) -> String;

    /// The id that the ledger received when it was created.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn id(&self) -> LedgerFuture<'_, LedgerId>;

    /// Checks that no other user can have written to this ledger. jiti calls it before it runs
    /// anything that the ledger names.
    ///
    /// # Errors
    /// [`LedgerError::Exposed`] when another user owns the ledger's files or may write to them.
    fn verify_private(&self) -> Result<(), LedgerError>;

    /// Whether other users can write to this ledger, so that what it names is not trusted on its
    /// own.
    fn is_shared(&self) -> bool;

    /// The requests that this process has made to a store that charges for them, and their cost;
    /// `None` for a store that does not charge.
    fn usage(&self) -> Option<StoreUsage> {
        None
    }

    /// Appends `events` to the stream of `stack` if its last event is number `after`
    /// ([`Seq`] 0: if it has none), all of them or none, and answers the lease as it then stands.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] when the last event is another one, [`LedgerError::Illegal`] when the
    /// transition function refuses one of them; in both cases nothing was written.
    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease>;

    /// The lease of a stack, including one that is gone; `None` if the name never had a lease.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>>;

    /// The events of a stack after number `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>>;

    /// All leases in `scope`, and the stacks in it of which a record is damaged.
    ///
    /// # Errors
    /// When the ledger itself can't be opened or read.
    fn list_leases(&self, scope: Scope) -> LedgerFuture<'_, LeaseList>;

    /// All leases in `scope`, ordered by name, without the stacks that cannot be read.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn leases(&self, scope: Scope) -> LedgerFuture<'_, Vec<Lease>> {
        Box::pin(async move { Ok(self.list_leases(scope).await?.leases) })
    }

    /// Up to `limit` events of all stacks, from `cursor` on. Damaged events are listed apart.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage>;

    /// The position after the last event. A caller that reads this first and the leases next finds
    /// in the log from here on every event that those leases lack.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn end(&self) -> LedgerFuture<'_, Cursor>;

    /// The current state of a pool; empty if no stack ever entered it.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool>;

    /// Appends `events` to the pool if its last event is number `after`, and returns the new state.
    /// The ledger assigns the numbers and ignores the given `seq`.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] if the last event is another one; nothing was written.
    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool>;

    /// The names of all pools that a stack ever entered, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn pools(&self) -> LedgerFuture<'_, Vec<PoolName>>;

    /// The events of a pool after number `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn pool_events(&self, pool: &PoolName, after: Seq) -> LedgerFuture<'_, Vec<PoolEvent>>;

    /// The status of the reaper.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus>;

    /// Appends `events` to the reaper's log if its last event is number `after`, and returns the
    /// new status. The ledger assigns the numbers and ignores the given `seq`.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] if the last event is another one; nothing was written.
    fn append_reaper(&self, after: Seq, events: Vec<ReaperEvent>)
    -> LedgerFuture<'_, ReaperStatus>;

    /// The events of the reaper's log after number `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn reaper_events(&self, after: Seq) -> LedgerFuture<'_, Vec<ReaperEvent>>;

    /// The circuit breakers of preflights.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn breakers(&self) -> LedgerFuture<'_, Breakers>;

    /// Appends `events` to the log of the circuit breakers if its last event is number `after`, and
    /// returns the new state. The ledger assigns the numbers and ignores the given `seq`.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] if the last event is another one; nothing was written.
    fn append_breakers(&self, after: Seq, events: Vec<BreakerEvent>) -> LedgerFuture<'_, Breakers>;

    /// The events of the circuit breakers after number `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn breaker_events(&self, after: Seq) -> LedgerFuture<'_, Vec<BreakerEvent>>;

    /// The settings that the ledger itself holds: the policy of the team, and the copies that were
    /// made into it.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn settings(&self) -> LedgerFuture<'_, LedgerSettings>;

    /// Appends `events` to the settings if their last event is number `after`, and returns the new
    /// settings. The ledger assigns the numbers and ignores the given `seq`.
    ///
    /// # Errors
    /// [`LedgerError::Raced`] if the last event is another one; nothing was written.
    fn append_settings(
        &self,
        after: Seq,
        events: Vec<SettingsEvent>,
    ) -> LedgerFuture<'_, LedgerSettings>;

    /// The events of the settings after number `after`, in order.
    ///
    /// # Errors
    /// When the ledger can't be opened or read.
    fn settings_events(&self, after: Seq) -> LedgerFuture<'_, Vec<SettingsEvent>>;
}
