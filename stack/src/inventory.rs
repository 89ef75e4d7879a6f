//! What the cloud said when it was last asked: resources, their use, the bill, prices.
//!
//! The ledger is the truth; this is a memory of answers. Whoever deletes all of it loses a refresh and nothing else.
//! [`MemoryInventory`] and [`SqliteInventory`] keep the same laws, which one contract test holds.

mod bill;
mod known;
mod memory;
mod rate;
mod sqlite;
mod tagged;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use bill::{BillHistory, BilledDay, StackBill};
pub(crate) use known::covers;
pub use known::{CloudClock, CloudSnapshot, DatedActivity, PlaceScan, ScanGap};
pub use memory::MemoryInventory;
pub use rate::Rate;
pub use sqlite::SqliteInventory;
pub use tagged::TaggedStack;

use crate::cloud::{Bill, Described, Discovery, DiscoveryScope, Place, Price, ResourceId};
use crate::idle::Activity;
use crate::lease::ProcessId;
use crate::ledger::LedgerFuture;
use crate::process::{self, Liveness};
use crate::values::id::RunId;

/// A look at the cloud, to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudScan {
    /// When it began: what it found is at least that young.
    pub at: Timestamp,
    /// When it had ended: what the cloud's clock is held against.
    pub ended_at: Timestamp,
    /// Which stacks were looked for.
    pub which: DiscoveryScope,
    /// Everywhere that was to be looked, whether it answered or not.
    pub places: Vec<Place>,
    /// What it found.
    pub found: Discovery,
}

/// A bill that was asked for, to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillAnswer {
    /// When.
    pub at: Timestamp,
    /// The first day that was asked about.
    pub from: Date,
    /// The day after the last.
    pub to: Date,
    /// What it says.
    pub bill: Bill,
}

/// That somebody asks for the bill: until then, or until the answer is there, nobody else does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLock {
    /// Who: a name of its own, since one process may want it twice.
    pub by: RunId,
    /// In which process.
    pub process: ProcessId,
    /// Until when it stands if nobody can tell whether that process lives.
    pub until: Timestamp,
}

impl BillLock {
    /// What stands after somebody wants to ask.
    fn after(held: Option<&Self>, wanted: Self, now: Timestamp) -> Self {
        let stands =
            |held: &&Self| held.until > now && process::liveness(&held.process) != Liveness::Dead;
        held.filter(stands).cloned().unwrap_or(wanted)
    }
}

/// A price, and when the price list was asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedPrice {
    /// The price.
    pub price: Price,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

/// In which state an inventory is: what was read in one is all that there is, as long as it is still in that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The state of what is stored: another number with each change, whoever made it.
    pub(crate) stored: i64,
    /// How often that was changed which is only remembered.
    pub(crate) apart: u64,
}

/// A memory of what the cloud said.
///
/// What cannot be stored, because its file is read-only or does not exist, is remembered as long as the process lives.
pub trait Inventory: Send + Sync {
    /// Where it is, as a person would write it.
    fn place(&self) -> String;

    /// In which state it is, which costs next to nothing to ask; `None` where that is not known: nothing is stored yet.
    ///
    /// # Errors
    /// When the store can't be read.
    fn generation(&self) -> LedgerFuture<'_, Option<Generation>>;

    /// What looks have found and what was seen of its use.
    ///
    /// # Errors
    /// When the store can't be read.
    fn known(&self) -> LedgerFuture<'_, CloudSnapshot>;

    /// Remembers a look, as [`CloudSnapshot::after`] says, and answers what is known then.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_scan(&self, look: CloudScan) -> LedgerFuture<'_, CloudSnapshot>;

    /// Remembers what the services said of some that they were asked about once more, as [`CloudSnapshot::again`] says.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_descriptions(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> LedgerFuture<'_, ()>;

    /// Remembers whether resources were used, as it was seen at a moment.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_activity(
        &self,
        at: Timestamp,
        seen: BTreeMap<ResourceId, Activity>,
    ) -> LedgerFuture<'_, ()>;

    /// What the cloud billed, and what asking for it took.
    ///
    /// # Errors
    /// When the store can't be read.
    fn bill(&self) -> LedgerFuture<'_, BillHistory>;

    /// Takes the right to ask for the bill; whether it was free. One that stands is waited for.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn lock_bill(&self, now: Timestamp, asking: BillLock) -> LedgerFuture<'_, bool>;

    /// Gives it back.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn unlock_bill(&self, by: RunId) -> LedgerFuture<'_, ()>;

    /// Remembers a bill, as [`BillHistory::after`] says: what is settled is kept for good. Its requests are counted.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_bill(&self, asked: BillAnswer) -> LedgerFuture<'_, BillHistory>;

    /// Counts billed requests that brought no bill.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn count_bill_requests(&self, at: Timestamp, requests: u32) -> LedgerFuture<'_, ()>;

    /// The prices that were asked for.
    ///
    /// # Errors
    /// When the store can't be read.
    fn prices(&self) -> LedgerFuture<'_, Vec<DatedPrice>>;

    /// Remembers prices in the place of those that it had for the same meters and regions.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_prices(&self, at: Timestamp, prices: Vec<Price>) -> LedgerFuture<'_, ()>;
}
