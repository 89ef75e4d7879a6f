//! Follows the log from the stored histories on, folds what is new, and stores the result.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroUsize;
use std::sync::Arc;

use jiff::Timestamp;

use super::tracked_stack::TrackedStack;
use crate::inventory::{
    Inventory, LoggedEvent, ReportContents, ReportLease, ReportPosition, ReportUpdate,
};
use crate::lease::{Event, EventKind};
use crate::ledger::{Cursor, Ledger, LedgerError, LogPage, UnreadableStack};
use crate::report::FORMAT;
use crate::values::id::{LedgerId, Seq, StackName};

/// How a log is read.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReadingSteps {
    /// How many events are read at a time.
    pub(super) page: usize,
    /// After how many events histories are stored and forgotten. This limits the memory that a long
    /// log takes, and the time for which other processes wait to write.
    pub(super) update: usize,
    /// The smallest number of stored histories for which it is worth to start a thread.
    pub(super) fold: NonZeroUsize,
}

impl Default for ReadingSteps {
    fn default() -> Self {
        Self {
            page: 5_000,
            update: 100_000,
            fold: NonZeroUsize::MIN.saturating_add(999),
        }
    }
}

/// The histories of all stacks at one position of the log.
pub(super) struct HistoryFollower<'a> {
    ledger: &'a dyn Ledger,
    /// Where to store histories; `None` if that is not possible.
    inventory: Option<&'a dyn Inventory>,
    id: LedgerId,
    steps: ReadingSteps,
    /// Earlier leases do not count.
    since: Timestamp,
    /// The stored position as last read or written.
    stored: Option<ReportPosition>,
    /// Whether what is stored has to be replaced.
    rebuild: bool,
    cursor: Cursor,
    last_event: Option<LoggedEvent>,
    /// The stored leases as read first, and those that this process has stored.
    leases: Vec<ReportLease>,
    /// The stacks with new events, and those that exist if their history was not read.
    stacks: HashMap<StackName, TrackedStack>,
    /// For each stack with new events, the number of the first lease that was not read but
    /// recorded.
    recorded_from: HashMap<StackName, u32>,
    /// The stacks that have to be folded from all of their events.
    refold: BTreeSet<StackName>,
    /// The stacks that cannot be read: the reason by name.
    unreadable: BTreeMap<String, String>,
    /// How many events were recorded since the last update.
    pending: usize,
}

/// The stored histories have changed while they were used.
pub(super) struct Overtaken;

impl<'a> HistoryFollower<'a> {
    /// Starts with what is stored for this ledger. If that cannot be used, with nothing.
    pub(super) async fn open(
        ledger: &'a dyn Ledger,
        inventory: Option<&'a dyn Inventory>,
        since: Timestamp,
        steps: ReadingSteps,
        trust: bool,
    ) -> Result<Self, LedgerError> {
        let mut follower = Self {
            ledger,
            inventory,
            id: ledger.id().await?,
            steps,
            since,
            stored: None,
            rebuild: true,
            cursor: Cursor::start(),
            last_event: None,
            leases: Vec::new(),
            stacks: HashMap::new(),
            recorded_from: HashMap::new(),
            refold: BTreeSet::new(),
            unreadable: BTreeMap::new(),
            pending: 0,
        };
        let Some(inventory) = inventory else {
            return Ok(follower);
        };
        let contents = match inventory.report_contents(since).await {
            Ok(Some(contents)) => contents,
            Ok(None) => return Ok(follower),
            // Its rows are damaged. The ledger has everything as well.
            Err(LedgerError::Corrupt { .. }) => {
                follower.inventory = None;
                return Ok(follower);
            }
            Err(error) => return Err(error),
        };
        follower.stored = Some(contents.position.clone());
        if trust && follower.belongs(&contents.position).await? {
            follower.take(contents);
        }
        Ok(follower)
    }

    /// Whether a stored position belongs to this log. If the log was replaced by an older copy, the
    /// last event may be missing from it, or be another one.
    async fn belongs(&self, position: &ReportPosition) -> Result<bool, LedgerError> {
        if position.ledger != self.id || position.format != FORMAT {
            return Ok(false);
        }
        let Some(last) = &position.last_event else {
            return Ok(true);
        };
        let before = Seq(last.seq.0.saturating_sub(1));
        match self.ledger.events(&last.stack, before).await {
            Ok(events) => Ok(events
                .first()
                .is_some_and(|event| event.seq == last.seq && event.at == last.at)),
            // An event of that stack is damaged, which says nothing about the log.
            Err(LedgerError::Corrupt { .. }) => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn take(&mut self, contents: ReportContents) {
        self.rebuild = false;
        self.cursor = contents.position.cursor;
        self.last_event = contents.position.last_event;
        self.leases = contents.leases;
        for stack in contents.unreadable {
            // It may have been repaired.
            self.refold.extend(StackName::new(&stack.name).ok());
            self.unreadable.insert(stack.name, stack.problem);
        }
    }

    /// Reads the log to its end, and stores what is new.
    pub(super) async fn follow(mut self) -> Result<Result<Histories, Overtaken>, LedgerError> {
        let stored_unreadable = self.unreadable.clone();
        loop {
            let page = self.ledger.log(&self.cursor, self.steps.page).await?;
            if page.is_empty() {
                break;
            }
            if !self.add(page).await? {
                return Ok(Err(Overtaken));
            }
            if self.pending >= self.steps.update {
                self.update().await?;
            }
        }
        self.refold().await?;
        if self.pending > 0 || self.unreadable != stored_unreadable {
            self.update().await?;
        }
        self.settle()?;
        Ok(Ok(self.into_histories()))
    }

    /// Adds a page; false if the stored histories were changed by another process.
    async fn add(&mut self, page: LogPage) -> Result<bool, LedgerError> {
        self.pending += page.events.len() + page.damaged.len();
        for stack in page.damaged {
            self.add_unreadable(stack);
        }
        if !self.load(&page.events).await? {
            return Ok(false);
        }
        for event in &page.events {
            self.add_event(event);
        }
        if let Some(event) = page.events.last() {
            self.last_event = Some(LoggedEvent {
                stack: event.stack.clone(),
                seq: event.seq,
                at: event.at,
            });
        }
        self.cursor = page.next;
        Ok(true)
    }

    fn add_unreadable(&mut self, stack: UnreadableStack) {
        match StackName::new(&stack.name) {
            Ok(name) => {
                self.stacks.remove(&name);
                self.refold.insert(name);
            }
            // It could not be read again after a repair, so the next report starts again.
            Err(_) => self.inventory = None,
        }
        self.unreadable.insert(stack.name, stack.problem);
    }

    /// Reads what it takes to continue the stacks of these events; false if the stored histories
    /// were changed by another process.
    async fn load(&mut self, events: &[Event]) -> Result<bool, LedgerError> {
        let mut names = BTreeSet::new();
        let mut new = BTreeSet::new();
        for event in events {
            let stack = &event.stack;
            let is_known = self.stacks.contains_key(stack)
                || self.refold.contains(stack)
                || new.contains(stack);
            if event.seq == Seq(1) {
                new.insert(stack);
            } else if !is_known {
                names.insert(stack);
            }
        }
        let (Some(inventory), Some(position), false) = (self.inventory, &self.stored, self.rebuild)
        else {
            return Ok(true);
        };
        if names.is_empty() {
            return Ok(true);
        }
        let names = names.into_iter().cloned().collect();
        let stored = match inventory.report_stacks(position.clone(), names).await {
            Ok(Some(stored)) => stored,
            Ok(None) => return Ok(false),
            // Without their rows, these stacks are folded from all of their events.
            Err(LedgerError::Corrupt { .. }) => Vec::new(),
            Err(error) => return Err(error),
        };
        for stack in stored {
            let name = stack.name.clone();
            match TrackedStack::stored(stack) {
                Some(tracked) => {
                    self.recorded_from(&name, tracked.from);
                    self.stacks.insert(name, tracked);
                }
                None => {
                    self.refold.insert(name);
                }
            }
        }
        Ok(true)
    }

    fn recorded_from(&mut self, stack: &StackName, from: u32) {
        let lowest = self.recorded_from.entry(stack.clone()).or_insert(from);
        *lowest = from.min(*lowest);
    }

    fn add_event(&mut self, event: &Event) {
        if self.refold.contains(&event.stack) {
            return;
        }
        if !self.stacks.contains_key(&event.stack) {
            self.recorded_from(&event.stack, 1);
            self.stacks
                .insert(event.stack.clone(), TrackedStack::default());
        }
        let Some(tracked) = self.stacks.get_mut(&event.stack) else {
            return;
        };
        if event.seq <= tracked.seq {
            // It was part of a fold from all events.
            return;
        }
        let redates = tracked.redated || matches!(event.kind, EventKind::Misdated { .. });
        if redates || !tracked.can_record(event) || tracked.record(event).is_err() {
            self.stacks.remove(&event.stack);
            self.refold.insert(event.stack.clone());
        }
    }

    /// Folds from all of their events the stacks that need it.
    async fn refold(&mut self) -> Result<(), LedgerError> {
        let refold = std::mem::take(&mut self.refold);
        if !refold.is_empty() {
            self.leases.retain(|lease| !refold.contains(&lease.stack));
        }
        for stack in refold {
            let folded = match self.ledger.events(&stack, Seq::NONE).await {
                Ok(events) => TrackedStack::folded(events).map_err(|illegal| illegal.to_string()),
                Err(LedgerError::Corrupt { what, .. }) => {
                    // The log has named the damaged event.
                    let known = self.unreadable.get(stack.as_str());
                    Err(known.cloned().unwrap_or(what))
                }
                Err(error) => return Err(error),
            };
            match folded {
                Ok(tracked) => {
                    self.unreadable.remove(stack.as_str());
                    self.stacks.insert(stack, tracked);
                }
                Err(problem) => {
                    self.stacks.remove(&stack);
                    self.unreadable.insert(stack.to_string(), problem);
                }
            }
        }
        Ok(())
    }

    /// Stores what has changed, and forgets what is stored and not needed.
    async fn update(&mut self) -> Result<(), LedgerError> {
        self.refold().await?;
        self.pending = 0;
        self.settle()?;
        let Some(inventory) = self.inventory else {
            return Ok(());
        };
        let position = ReportPosition {
            ledger: self.id.clone(),
            format: FORMAT,
            cursor: self.cursor.clone(),
            last_event: self.last_event.clone(),
        };
        let changed = self.stacks.iter().filter(|(_, tracked)| tracked.changed);
        let stacks = changed.map(|(stack, tracked)| tracked.to_update(stack));
        let stacks: Result<Vec<_>, _> = stacks.collect();
        let update = ReportUpdate {
            after: self.stored.clone(),
            rebuild: self.rebuild,
            position: position.clone(),
            stacks: stacks.map_err(|error| self.unencodable(error))?,
            unreadable: unreadable(&self.unreadable),
        };
        let stored = inventory.save_report(update).await;
        if let Err(error) = &stored {
            // The report does not depend on it.
            tracing::debug!(%error, "the histories of leases were not stored");
        }
        if stored.unwrap_or(false) {
            self.stored = Some(position);
            self.rebuild = false;
            self.forget_stored();
        } else {
            self.inventory = None;
        }
        Ok(())
    }

    fn unencodable(&self, error: postcard::Error) -> LedgerError {
        LedgerError::Failed {
            ledger: self.ledger.location(),
            doing: "encoding the histories of leases",
            cause: Arc::new(error),
        }
    }

    /// Encodes the leases that are gone. Those that nothing will store and no figure needs are
    /// dropped.
    fn settle(&mut self) -> Result<(), LedgerError> {
        let settle = |(stack, tracked): (&StackName, &mut TrackedStack)| tracked.settle(stack);
        let settled = self.stacks.iter_mut().try_for_each(settle);
        settled.map_err(|error| self.unencodable(error))?;
        if self.inventory.is_none() {
            for tracked in self.stacks.values_mut() {
                tracked.drop_before(self.since);
            }
        }
        Ok(())
    }

    /// Forgets what is stored and no figure needs.
    fn forget_stored(&mut self) {
        self.drop_replaced();
        let since = self.since;
        for tracked in self.stacks.values_mut() {
            tracked.drop_before(since);
            self.leases.extend(tracked.take_ended());
            tracked.mark_stored();
        }
        self.stacks.retain(|_, tracked| tracked.live().is_some());
    }

    /// Drops the leases that were read and then recorded with more events.
    fn drop_replaced(&mut self) {
        let recorded_from = std::mem::take(&mut self.recorded_from);
        self.leases.retain(|lease| {
            let from = recorded_from.get(&lease.stack);
            from.is_none_or(|from| lease.number < *from)
        });
    }

    fn into_histories(mut self) -> Histories {
        self.drop_replaced();
        for tracked in self.stacks.values_mut() {
            self.leases.extend(tracked.take_ended());
        }
        Histories {
            leases: self.leases,
            stacks: self.stacks,
            unreadable: self.unreadable,
        }
    }
}

/// The histories of all stacks, as far as a report needs them.
pub(super) struct Histories {
    /// The leases that are gone, and those that exist and have no new events.
    pub(super) leases: Vec<ReportLease>,
    /// The stacks with a lease that exists and has new events.
    pub(super) stacks: HashMap<StackName, TrackedStack>,
    /// The stacks that cannot be read: the reason by name.
    pub(super) unreadable: BTreeMap<String, String>,
}

/// As they are stored and reported.
pub(super) fn unreadable(stacks: &BTreeMap<String, String>) -> Vec<UnreadableStack> {
    let stacks = stacks.iter();
    let stacks = stacks.map(|(name, problem)| UnreadableStack {
        name: name.clone(),
        problem: problem.clone(),
    });
    stacks.collect()
}
