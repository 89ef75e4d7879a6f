//! A ledger in memory: for tests, and as the reference implementation.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::row::{self, Stream};
use super::{
    Cursor, LeaseList, Ledger, LedgerError, LedgerFuture, LedgerSettings, LogPage, Scope,
    SettingsEvent,
};
use crate::breaker::{BreakerEvent, Breakers};
use crate::lease::{Event, Lease, NewEvent};
use crate::pool::{Pool, PoolEvent};
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::values::id::{LedgerId, PoolName, Seq, StackName};

/// All events in one list, with their folds.
#[derive(Debug)]
pub struct MemoryLedger {
    id: LedgerId,
    place: String,
    is_shared: bool,
    contents: Mutex<Contents>,
}

#[derive(Debug, Default)]
struct Contents {
    log: Vec<Event>,
    /// The places of each stack's events in the log.
    places: BTreeMap<StackName, Vec<usize>>,
    leases: BTreeMap<StackName, Lease>,
    pools: BTreeMap<PoolName, Recorded<Pool>>,
    reaper: Recorded<ReaperStatus>,
    breakers: Recorded<Breakers>,
    settings: Recorded<LedgerSettings>,
    /// Which of the next appends about stacks fail.
    #[cfg(test)]
    refused: std::ops::Range<u32>,
}

/// A stream's state and events.
#[derive(Clone, Debug)]
struct Recorded<S: Stream> {
    state: S,
    events: Vec<S::Event>,
}

impl<S: Stream> Default for Recorded<S> {
    fn default() -> Self {
        Self {
            state: S::default(),
            events: Vec::new(),
        }
    }
}

impl<S: Stream + Clone> Recorded<S> {
    fn append(
        &mut self,
        name: &str,
        after: Seq,
        mut events: Vec<S::Event>,
    ) -> Result<S, LedgerError> {
        row::unraced(name, after, self.state.last_seq())?;
        row::number::<S>(after, &mut events);
        self.state = events.iter().fold(self.state.clone(), S::apply);
        self.events.extend(events);
        Ok(self.state.clone())
    }

    fn after(&self, after: Seq) -> Vec<S::Event> {
        let later = self.events.iter().filter(|event| S::seq(event) > after);
        later.cloned().collect()
    }
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
            is_shared: false,
            contents: Mutex::default(),
        }
    }

    /// An empty ledger with the id of another one, whose events the caller appends.
    #[must_use]
    pub fn restored(id: LedgerId, place: impl Into<String>) -> Self {
        Self {
            id,
            ..Self::with_location(place)
        }
    }

    /// This ledger as one that other users can write to.
    #[must_use]
    pub fn shared(self) -> Self {
        Self {
            is_shared: true,
            ..self
        }
    }

    /// Lets these of the next appends about stacks fail, counted from 0, as on a full disk.
    #[cfg(test)]
    pub(crate) fn refuse_appends(&self, which: std::ops::Range<u32>) {
        self.contents().refused = which;
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
    fn events(&self, stack: &StackName, after: Seq) -> Vec<Event> {
        let places = self.places.get(stack).map_or(&[][..], Vec::as_slice);
        let events = places.iter().filter_map(|place| self.log.get(*place));
        events.filter(|event| event.seq > after).cloned().collect()
    }

    fn append(
        &mut self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> Result<Lease, LedgerError> {
        #[cfg(test)]
        if self.is_refused() {
            let ledger = "memory".to_owned();
            return Err(LedgerError::Full { ledger });
        }
        let lease = self.leases.get(stack);
        let found = lease.map_or(Seq::NONE, Lease::last_seq);
        row::unraced(&format!("stack \"{stack}\""), after, found)?;
        let events = row::place(stack, after, events);
        let earlier = || Ok(self.events(stack, Seq::NONE));
        let lease = row::fold(stack, lease.cloned(), &events, earlier)?;
        let places = self.log.len()..self.log.len() + events.len();
        self.places.entry(stack.clone()).or_default().extend(places);
        self.log.extend(events);
        self.leases.insert(stack.clone(), lease.clone());
        Ok(lease)
    }

    /// Counts an append, and says whether it fails.
    #[cfg(test)]
    fn is_refused(&mut self) -> bool {
        let is_refused = self.refused.contains(&0);
        let next = |at: u32| at.saturating_sub(1);
        self.refused = next(self.refused.start)..next(self.refused.end);
        is_refused
    }
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

    fn is_shared(&self) -> bool {
        self.is_shared
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
        now(Ok(self.contents().events(stack, after)))
    }

    fn list_leases(&self, scope: Scope) -> LedgerFuture<'_, LeaseList> {
        let contents = self.contents();
        let wanted = contents
            .leases
            .values()
            .filter(|lease| scope == Scope::All || lease.is_live());
        now(Ok(LeaseList {
            leases: wanted.cloned().collect(),
            unreadable: Vec::new(),
        }))
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
        let contents = self.contents();
        let pool = contents.pools.get(pool).map(|pool| pool.state.clone());
        now(Ok(pool.unwrap_or_default()))
    }

    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool> {
        let mut contents = self.contents();
        let stream = contents.pools.entry(pool.clone()).or_default();
        now(stream.append(&format!("pool \"{pool}\""), after, events))
    }

    fn pools(&self) -> LedgerFuture<'_, Vec<PoolName>> {
        now(Ok(self.contents().pools.keys().cloned().collect()))
    }

    fn pool_events(&self, pool: &PoolName, after: Seq) -> LedgerFuture<'_, Vec<PoolEvent>> {
        let contents = self.contents();
        let events = contents.pools.get(pool).map(|pool| pool.after(after));
        now(Ok(events.unwrap_or_default()))
    }

    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus> {
        now(Ok(self.contents().reaper.state.clone()))
    }

    fn append_reaper(
        &self,
        after: Seq,
        events: Vec<ReaperEvent>,
    ) -> LedgerFuture<'_, ReaperStatus> {
        let mut contents = self.contents();
        now(contents.reaper.append(row::REAPER_LABEL, after, events))
    }

    fn reaper_events(&self, after: Seq) -> LedgerFuture<'_, Vec<ReaperEvent>> {
        now(Ok(self.contents().reaper.after(after)))
    }

    fn breakers(&self) -> LedgerFuture<'_, Breakers> {
        now(Ok(self.contents().breakers.state.clone()))
    }

    fn append_breakers(&self, after: Seq, events: Vec<BreakerEvent>) -> LedgerFuture<'_, Breakers> {
        let mut contents = self.contents();
        now(contents.breakers.append(row::BREAKERS_LABEL, after, events))
    }

    fn breaker_events(&self, after: Seq) -> LedgerFuture<'_, Vec<BreakerEvent>> {
        now(Ok(self.contents().breakers.after(after)))
    }

    fn settings(&self) -> LedgerFuture<'_, LedgerSettings> {
        now(Ok(self.contents().settings.state.clone()))
    }

    fn append_settings(
        &self,
        after: Seq,
        events: Vec<SettingsEvent>,
    ) -> LedgerFuture<'_, LedgerSettings> {
        let mut contents = self.contents();
        now(contents.settings.append(row::SETTINGS_LABEL, after, events))
    }

    fn settings_events(&self, after: Seq) -> LedgerFuture<'_, Vec<SettingsEvent>> {
        now(Ok(self.contents().settings.after(after)))
    }
}
