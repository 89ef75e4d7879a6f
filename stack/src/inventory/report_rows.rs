//! The stored histories of leases, from which reports are computed: rows whose contents only the
//! report understands, and the position in the log that they belong to.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::ledger::{Cursor, UnreadableStack};
use crate::values::id::{LedgerId, Seq, StackName};

/// The position in a log that stored histories belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportPosition {
    /// The ledger of the log.
    pub ledger: LedgerId,
    /// The format of the histories.
    pub format: u32,
    /// The position after the last event that they contain.
    pub cursor: Cursor,
    /// The last readable event that they contain; `None` if there is none.
    pub last_event: Option<LoggedEvent>,
}

/// An event of a log, as far as it takes to recognise it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedEvent {
    /// The stack.
    pub stack: StackName,
    /// Its number among the stack's events.
    pub seq: Seq,
    /// Its date.
    pub at: Timestamp,
}

/// The stored history of one lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLease {
    /// The stack.
    pub stack: StackName,
    /// The number of the lease among those of the name, from 1.
    pub number: u32,
    /// The latest date of its events.
    pub last_at: Timestamp,
    /// Whether the stack exists, so that time counts beyond that date.
    pub live: bool,
    /// The history.
    pub history: Vec<u8>,
}

/// What it takes to continue the histories of one stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportStack {
    /// The stack.
    pub name: StackName,
    /// The number of its last event.
    pub seq: Seq,
    /// The number of its leases.
    pub leases: u32,
    /// Whether some of its events count with other dates, so that a new event needs all of them.
    pub redated: bool,
    /// The fold of the current lease; `None` if the stack is gone.
    pub state: Option<Vec<u8>>,
}

/// The stored histories from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportContents {
    /// The position in the log.
    pub position: ReportPosition,
    /// The leases of stacks that exist, and those with an event at that time or later. In no order.
    pub leases: Vec<ReportLease>,
    /// The stacks whose events could not be read.
    pub unreadable: Vec<UnreadableStack>,
}

/// A change of the stored histories: from one position to another.
#[derive(Clone, Debug)]
pub struct ReportUpdate {
    /// The stored position on which the change builds; `None` if nothing is stored.
    pub after: Option<ReportPosition>,
    /// Whether to drop everything that is stored first.
    pub rebuild: bool,
    /// The new position.
    pub position: ReportPosition,
    /// The stacks that have changed.
    pub stacks: Vec<ReportStackUpdate>,
    /// The stacks whose events cannot be read. Nothing else is stored of them.
    pub unreadable: Vec<UnreadableStack>,
}

/// A change of the stored histories of one stack.
#[derive(Clone, Debug)]
pub struct ReportStackUpdate {
    /// The stack.
    pub stack: ReportStack,
    /// Stored leases from this number on are replaced.
    pub from: u32,
    /// Its new leases, and its changed ones.
    pub leases: Vec<ReportLease>,
}

/// Stored histories in memory.
#[derive(Debug, Default)]
pub(super) struct MemoryReport {
    position: Option<ReportPosition>,
    stacks: BTreeMap<StackName, ReportStack>,
    leases: BTreeMap<(StackName, u32), ReportLease>,
    unreadable: Vec<UnreadableStack>,
}

impl MemoryReport {
    pub(super) fn contents(&self, since: Timestamp) -> Option<ReportContents> {
        let leases = self.leases.values();
        let leases = leases.filter(|lease| lease.live || lease.last_at >= since);
        Some(ReportContents {
            position: self.position.clone()?,
            leases: leases.cloned().collect(),
            unreadable: self.unreadable.clone(),
        })
    }

    pub(super) fn stacks(
        &self,
        position: &ReportPosition,
        names: &[StackName],
    ) -> Option<Vec<ReportStack>> {
        let stacks = names.iter().filter_map(|name| self.stacks.get(name));
        (self.position.as_ref() == Some(position)).then(|| stacks.cloned().collect())
    }

    pub(super) fn save(&mut self, update: ReportUpdate) -> bool {
        if self.position != update.after {
            return false;
        }
        if update.rebuild {
            *self = Self::default();
        }
        for stack in &update.unreadable {
            if let Ok(name) = StackName::new(&stack.name) {
                self.remove_leases(&name, 0);
                self.stacks.remove(&name);
            }
        }
        for change in update.stacks {
            let name = change.stack.name.clone();
            self.remove_leases(&name, change.from);
            for lease in change.leases {
                self.leases.insert((name.clone(), lease.number), lease);
            }
            self.stacks.insert(name, change.stack);
        }
        self.unreadable = update.unreadable;
        self.position = Some(update.position);
        true
    }

    fn remove_leases(&mut self, stack: &StackName, from: u32) {
        let range = (stack.clone(), from)..=(stack.clone(), u32::MAX);
        let numbers: Vec<_> = self
            .leases
            .range(range)
            .map(|(key, _)| key.clone())
            .collect();
        for key in numbers {
            self.leases.remove(&key);
        }
    }
}
