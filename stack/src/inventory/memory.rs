//! An inventory in memory, for tests and for processes that cannot store anything.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::report_rows::MemoryReport;
use super::{
    BillAnswer, BillHistory, BillLock, CloudScan, CloudSnapshot, DatedActivity, DatedPrice,
    Generation, Inventory, ReportContents, ReportPosition, ReportStack, ReportUpdate,
};
use crate::cloud::{Described, Price, ResourceId};
use crate::idle::Activity;
use crate::ledger::LedgerFuture;
use crate::values::id::{RunId, StackName};

/// An in-memory inventory, with the update rules of [`CloudSnapshot`] and [`BillHistory`].
#[derive(Debug, Default)]
pub struct MemoryInventory {
    contents: Mutex<Contents>,
    report: Mutex<MemoryReport>,
}

/// The contents of an inventory.
#[derive(Clone, Debug, Default)]
pub(super) struct Contents {
    pub(super) known: CloudSnapshot,
    pub(super) bill: BillHistory,
    pub(super) prices: Vec<DatedPrice>,
    pub(super) bill_lock: Option<BillLock>,
    /// The number of changes so far.
    pub(super) changes: u64,
}

impl Contents {
    /// The generation of these contents.
    pub(super) fn generation(&self) -> Generation {
        Generation {
            stored: 0,
            unstored: self.changes,
        }
    }
}

impl MemoryInventory {
    /// An empty inventory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Locks the contents. Each change is one assignment at its end, so a panic cannot leave half
    /// of one.
    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> MutexGuard<'_, MemoryReport> {
        self.report.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the contents for a change.
    fn changing(&self) -> MutexGuard<'_, Contents> {
        let mut contents = self.contents();
        contents.changes += 1;
        contents
    }
}

/// Records the use of known resources.
pub(super) fn record_activity(
    known: &mut CloudSnapshot,
    at: Timestamp,
    seen: BTreeMap<ResourceId, Activity>,
) {
    for (id, observed) in seen {
        if known.resources.contains_key(&id) {
            known.uses.insert(id, DatedActivity { at, observed });
        }
    }
}

/// Adds prices, replacing those of the same meters and regions.
pub(super) fn record_prices(known: &mut Vec<DatedPrice>, at: Timestamp, prices: Vec<Price>) {
    let key = |price: &DatedPrice| (price.price.meter.clone(), price.price.region.clone());
    let new = prices.into_iter().map(|price| DatedPrice {
        price,
        asked_at: at,
    });
    let all = std::mem::take(known).into_iter().chain(new);
    let all: BTreeMap<_, _> = all.map(|price| (key(&price), price)).collect();
    known.extend(all.into_values());
}

fn now<'a, T: Send + 'a>(answer: T) -> LedgerFuture<'a, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

impl Inventory for MemoryInventory {
    fn location(&self) -> String {
        "memory".to_owned()
    }

    fn generation(&self) -> LedgerFuture<'_, Option<Generation>> {
        now(Some(self.contents().generation()))
    }

    fn known(&self) -> LedgerFuture<'_, CloudSnapshot> {
        now(self.contents().known.clone())
    }

    fn record_scan(&self, scan: CloudScan) -> LedgerFuture<'_, CloudSnapshot> {
        let mut contents = self.changing();
        contents.known = contents.known.with_scan(scan);
        now(contents.known.clone())
    }

    fn record_descriptions(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> LedgerFuture<'_, ()> {
        let mut contents = self.changing();
        contents.known = contents.known.with_descriptions(at, &asked, &described);
        now(())
    }

    fn record_activity(
        &self,
        at: Timestamp,
        seen: BTreeMap<ResourceId, Activity>,
    ) -> LedgerFuture<'_, ()> {
        record_activity(&mut self.changing().known, at, seen);
        now(())
    }

    fn bill(&self) -> LedgerFuture<'_, BillHistory> {
        now(self.contents().bill.clone())
    }

    fn lock_bill(&self, now: Timestamp, bill_lock: BillLock) -> LedgerFuture<'_, bool> {
        let mut contents = self.changing();
        let stands = BillLock::in_force(contents.bill_lock.as_ref(), bill_lock.clone(), now);
        let mine = stands == bill_lock;
        contents.bill_lock = Some(stands);
        self::now(mine)
    }

    fn unlock_bill(&self, by: RunId) -> LedgerFuture<'_, ()> {
        self.changing()
            .bill_lock
            .take_if(|bill_lock| bill_lock.by == by);
        now(())
    }

    fn record_bill(&self, asked: BillAnswer) -> LedgerFuture<'_, BillHistory> {
        let mut contents = self.changing();
        contents.bill = contents.bill.with_answer(asked);
        now(contents.bill.clone())
    }

    fn count_bill_requests(&self, at: Timestamp, requests: u32) -> LedgerFuture<'_, ()> {
        self.changing().bill.count(at, requests);
        now(())
    }

    fn prices(&self) -> LedgerFuture<'_, Vec<DatedPrice>> {
        now(self.contents().prices.clone())
    }

    fn record_prices(&self, at: Timestamp, prices: Vec<Price>) -> LedgerFuture<'_, ()> {
        record_prices(&mut self.changing().prices, at, prices);
        now(())
    }

    fn report_contents(&self, since: Timestamp) -> LedgerFuture<'_, Option<ReportContents>> {
        now(self.report().contents(since))
    }

    fn report_stacks(
        &self,
        position: ReportPosition,
        names: Vec<StackName>,
    ) -> LedgerFuture<'_, Option<Vec<ReportStack>>> {
        now(self.report().stacks(&position, &names))
    }

    fn save_report(&self, update: ReportUpdate) -> LedgerFuture<'_, bool> {
        now(self.report().save(update))
    }
}
