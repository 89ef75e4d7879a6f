//! An inventory that lives as long as the process: for tests, and for where nothing can be stored.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::{
    AskedBill, Asking, Generation, Inventory, Known, KnownBill, KnownPrice, Look, SeenUse,
};
use crate::cloud::{Described, Price, ResourceId};
use crate::idle::Observed;
use crate::ledger::Later;
use crate::values::id::RunId;

/// Everything in one place, changed by the rules of [`Known`] and [`KnownBill`].
#[derive(Debug, Default)]
pub struct MemoryInventory(Mutex<Held>);

/// What an inventory holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    pub(super) known: Known,
    pub(super) bill: KnownBill,
    pub(super) prices: Vec<KnownPrice>,
    pub(super) asking: Option<Asking>,
    /// How often it was changed.
    pub(super) changes: u64,
}

impl Held {
    /// In which state it is.
    pub(super) fn generation(&self) -> Generation {
        Generation {
            stored: 0,
            apart: self.changes,
        }
    }
}

impl MemoryInventory {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Every change is made at once at its end, so that a panic of another holder left it whole.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, to be changed.
    fn changing(&self) -> MutexGuard<'_, Held> {
        let mut held = self.held();
        held.changes += 1;
        held
    }
}

/// Notes what was seen of the use of resources that are known.
pub(super) fn keep_use(known: &mut Known, at: Timestamp, seen: BTreeMap<ResourceId, Observed>) {
    for (id, observed) in seen {
        if known.resources.contains_key(&id) {
            known.uses.insert(id, SeenUse { at, observed });
        }
    }
}

/// Puts prices in the place of those for the same meters and regions.
pub(super) fn keep_prices(known: &mut Vec<KnownPrice>, at: Timestamp, prices: Vec<Price>) {
    let key = |one: &KnownPrice| (one.price.meter.clone(), one.price.region.clone());
    let new = prices.into_iter().map(|price| KnownPrice {
        price,
        asked_at: at,
    });
    let all = std::mem::take(known).into_iter().chain(new);
    let all: BTreeMap<_, _> = all.map(|one| (key(&one), one)).collect();
    known.extend(all.into_values());
}

fn now<'a, T: Send + 'a>(answer: T) -> Later<'a, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

impl Inventory for MemoryInventory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn generation(&self) -> Later<'_, Option<Generation>> {
        now(Some(self.held().generation()))
    }

    fn known(&self) -> Later<'_, Known> {
        now(self.held().known.clone())
    }

    fn keep_look(&self, look: Look) -> Later<'_, Known> {
        let mut held = self.changing();
        held.known = held.known.after(look);
        now(held.known.clone())
    }

    fn keep_described(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> Later<'_, ()> {
        let mut held = self.changing();
        held.known = held.known.again(at, &asked, &described);
        now(())
    }

    fn keep_use(&self, at: Timestamp, seen: BTreeMap<ResourceId, Observed>) -> Later<'_, ()> {
        keep_use(&mut self.changing().known, at, seen);
        now(())
    }

    fn bill(&self) -> Later<'_, KnownBill> {
        now(self.held().bill.clone())
    }

    fn ask_alone(&self, now: Timestamp, asking: Asking) -> Later<'_, bool> {
        let mut held = self.changing();
        let stands = Asking::after(held.asking.as_ref(), asking.clone(), now);
        let mine = stands == asking;
        held.asking = Some(stands);
        self::now(mine)
    }

    fn has_asked(&self, by: RunId) -> Later<'_, ()> {
        self.changing().asking.take_if(|asking| asking.by == by);
        now(())
    }

    fn keep_bill(&self, asked: AskedBill) -> Later<'_, KnownBill> {
        let mut held = self.changing();
        held.bill = held.bill.after(asked);
        now(held.bill.clone())
    }

    fn count_requests(&self, at: Timestamp, requests: u32) -> Later<'_, ()> {
        self.changing().bill.count(at, requests);
        now(())
    }

    fn prices(&self) -> Later<'_, Vec<KnownPrice>> {
        now(self.held().prices.clone())
    }

    fn keep_prices(&self, at: Timestamp, prices: Vec<Price>) -> Later<'_, ()> {
        keep_prices(&mut self.changing().prices, at, prices);
        now(())
    }
}
