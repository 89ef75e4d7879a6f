//! The cloud's last answers: resources, their use, the bill, prices. And the histories of leases,
//! from which reports are computed.
//!
//! The ledger is the source of truth; the inventory is a cache. Deleting it costs one refresh.
//! [`MemoryInventory`] and [`SqliteInventory`] pass the same contract test.

mod bill;
mod memory;
mod rate;
mod report_rows;
mod snapshot;
mod sqlite;
mod tagged_stack;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use bill::{BillHistory, BilledDay, StackBill};
pub use memory::MemoryInventory;
pub use rate::Rate;
pub use report_rows::{
    LoggedEvent, ReportContents, ReportLease, ReportPosition, ReportStack, ReportStackUpdate,
    ReportUpdate,
};
pub(crate) use snapshot::gap_covers;
pub use snapshot::{CloudClock, CloudSnapshot, DatedActivity, PlaceScan, ScanGap};
pub use sqlite::SqliteInventory;
pub use tagged_stack::TaggedStack;

use crate::cloud::{Bill, Described, Discovery, DiscoveryScope, Place, Price, ResourceId};
use crate::idle::Activity;
use crate::lease::ProcessId;
use crate::ledger::LedgerFuture;
use crate::process::{self, Liveness};
use crate::values::id::{RunId, StackName};

/// The result of one scan of the cloud.
#[derive(Clone, Debug, PartialEq)]
pub struct CloudScan {
    /// When the scan started. What it found is at least this recent.
    pub at: Timestamp,
    /// When the scan ended. The cloud's clock is compared with this time.
    pub ended_at: Timestamp,
    /// The stacks that the scan covered.
    pub which: DiscoveryScope,
    /// The places that the scan covered, whether they answered or not.
    pub places: Vec<Place>,
    /// The discovery's result.
    pub found: Discovery,
}

/// The answer to one request for the bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BillAnswer {
    /// When the bill was requested.
    pub at: Timestamp,
    /// The first day of the request.
    pub from: Date,
    /// The day after the last day of the request.
    pub to: Date,
    /// The bill.
    pub bill: Bill,
}

/// A lock on requests for the bill, so that only one process at a time pays for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLock {
    /// The holder. Not only a process id, because one process may ask twice.
    pub by: RunId,
    /// The process of the holder.
    pub process: ProcessId,
    /// When the lock expires if nothing can tell whether the holder's process is alive.
    pub until: Timestamp,
}

impl BillLock {
    /// The lock that is in force after `wanted` was requested.
    fn in_force(held: Option<&Self>, wanted: Self, now: Timestamp) -> Self {
        let stands =
            |held: &&Self| held.until > now && process::liveness(&held.process) != Liveness::Dead;
        held.filter(stands).cloned().unwrap_or(wanted)
    }
}

/// A price and when it was fetched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedPrice {
    /// The list price.
    pub price: Price,
    /// When the price was fetched.
    pub asked_at: Timestamp,
}

/// The version of an inventory's contents. Values read under one generation stay valid while the
/// generation is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generation {
    /// The version of the stored contents: changes with every write, by any process.
    pub(crate) stored: i64,
    /// The number of changes that are kept only in memory.
    pub(crate) unstored: u64,
}

/// A cache of the cloud's answers.
///
/// What cannot be stored, because the file is read-only or missing, is kept for the life of the
/// process.
pub trait Inventory: Send + Sync {
    /// The location, as a person would write it: a path.
    fn location(&self) -> String;

    /// The current generation. Cheap to read. `None` if nothing is stored yet.
    ///
    /// # Errors
    /// When the store can't be read.
    fn generation(&self) -> LedgerFuture<'_, Option<Generation>>;

    /// The resources found by scans, and their use.
    ///
    /// # Errors
    /// When the store can't be read.
    fn known(&self) -> LedgerFuture<'_, CloudSnapshot>;

    /// Records a scan, as [`CloudSnapshot::after`] defines, and returns the new snapshot.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_scan(&self, scan: CloudScan) -> LedgerFuture<'_, CloudSnapshot>;

    /// Records new descriptions of the resources `asked`, as [`CloudSnapshot::again`] defines.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_descriptions(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> LedgerFuture<'_, ()>;

    /// Records the use of resources, as measured at `at`.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_activity(
        &self,
        at: Timestamp,
        seen: BTreeMap<ResourceId, Activity>,
    ) -> LedgerFuture<'_, ()>;

    /// The bill so far, and how many requests it cost.
    ///
    /// # Errors
    /// When the store can't be read.
    fn bill(&self) -> LedgerFuture<'_, BillHistory>;

    /// Takes the lock on requests for the bill. Returns false if another holder has it.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn lock_bill(&self, now: Timestamp, asking: BillLock) -> LedgerFuture<'_, bool>;

    /// Releases the lock on requests for the bill.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn unlock_bill(&self, by: RunId) -> LedgerFuture<'_, ()>;

    /// Records a bill, as [`BillHistory::after`] defines. Final days are kept permanently, and the
    /// requests are counted.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_bill(&self, asked: BillAnswer) -> LedgerFuture<'_, BillHistory>;

    /// Counts billed requests that returned no bill.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn count_bill_requests(&self, at: Timestamp, requests: u32) -> LedgerFuture<'_, ()>;

    /// The fetched prices.
    ///
    /// # Errors
    /// When the store can't be read.
    fn prices(&self) -> LedgerFuture<'_, Vec<DatedPrice>>;

    /// Records prices. They replace earlier prices of the same meters and regions.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn record_prices(&self, at: Timestamp, prices: Vec<Price>) -> LedgerFuture<'_, ()>;

    /// The stored histories from `since` on; `None` if none are stored, or they have another
    /// format.
    ///
    /// # Errors
    /// When the store can't be read.
    fn report_contents(&self, since: Timestamp) -> LedgerFuture<'_, Option<ReportContents>>;

    /// What it takes to continue the histories of some stacks, without those of which nothing is
    /// stored. `None` if the stored position is no longer `position`.
    ///
    /// # Errors
    /// When the store can't be read.
    fn report_stacks(
        &self,
        position: ReportPosition,
        names: Vec<StackName>,
    ) -> LedgerFuture<'_, Option<Vec<ReportStack>>>;

    /// Changes the stored histories, if the change builds on the stored position. Returns whether
    /// it was stored. Unlike the cloud's answers, a history that cannot be stored is not kept.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn save_report(&self, update: ReportUpdate) -> LedgerFuture<'_, bool>;
}
