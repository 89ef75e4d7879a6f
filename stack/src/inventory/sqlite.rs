//! The inventory in the ledger's own file, in tables of its own beside it: one thread with a connection of its own,
//! nothing opened before the first call. With its sub-modules this is the only place that holds the inventory's SQL.

mod rows;
mod store;
mod tables;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::oneshot;

use self::store::Store;
use super::memory::{keep_prices, keep_use};
use super::{AskedBill, Asking, Generation, Inventory, Known, KnownBill, KnownPrice, Look};
use crate::cloud::{Described, Price, ResourceId};
use crate::idle::Observed;
use crate::ledger::sqlite::{PATIENCE, Site};
use crate::ledger::{Later, LedgerError};
use crate::sqlite::failure;
use crate::sqlite::worker_thread::Lane;
use crate::values::id::RunId;

/// A job on its way to the thread.
type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// An inventory in the file of a SQLite ledger.
///
/// Made without touching the file. It never creates one: only a ledger begins a file. Where there is none, or it can't
/// be written, what was fetched is remembered by this value alone.
pub struct SqliteInventory {
    site: Arc<Site>,
    lane: Lane<Job>,
}

impl fmt::Debug for SqliteInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteInventory").field(&self.site).finish()
    }
}

impl SqliteInventory {
    /// The inventory in the ledger at a path; a relative one is taken from the present working directory.
    #[must_use]
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), false)
    }

    /// The same, but the file is never written.
    #[must_use]
    pub fn read_only(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), true)
    }

    fn on(path: &Path, read_only: bool) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            site: Arc::new(Site {
                path,
                patience: PATIENCE,
                read_only,
            }),
            lane: Lane::new("inventory"),
        }
    }

    fn run<T, F>(&self, doing: &'static str, act: F) -> Later<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> Result<T, LedgerError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            // Nobody waits for the answer any more: what was fetched is kept all the same.
            let _ = reply.send(act(store));
        });
        let sent = self.lane.send(job, || {
            let mut store = Store::new(Arc::clone(&self.site));
            move |jobs| {
                while let Ok(job) = jobs.recv() {
                    job(&mut store);
                }
            }
        });
        Box::pin(async move {
            sent.map_err(|error| failure::other(&self.site.name(), doing, error))?;
            match answer.await {
                Ok(answer) => answer,
                Err(gone) => Err(failure::other(&self.site.name(), doing, gone)),
            }
        })
    }
}

impl Inventory for SqliteInventory {
    fn place(&self) -> String {
        self.site.name()
    }

    fn generation(&self) -> Later<'_, Option<Generation>> {
        self.run("reading its state", |store| {
            store.read(|held| Some(held.generation()), rows::generation)
        })
    }

    fn known(&self) -> Later<'_, Known> {
        self.run("reading what is known of the cloud", |store| {
            store.read(|held| held.known.clone(), rows::known)
        })
    }

    fn keep_look(&self, look: Look) -> Later<'_, Known> {
        self.run("keeping a look at the cloud", |store| {
            store.change(
                |held| &mut held.known,
                rows::known,
                rows::keep_known,
                |known| *known = known.after(look),
            )
        })
    }

    fn keep_described(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> Later<'_, ()> {
        self.run("keeping what was asked about once more", move |store| {
            let kept = store.change(
                |held| &mut held.known,
                rows::known,
                rows::keep_known,
                |known| *known = known.again(at, &asked, &described),
            );
            kept.map(|_| ())
        })
    }

    fn keep_use(&self, at: Timestamp, seen: BTreeMap<ResourceId, Observed>) -> Later<'_, ()> {
        self.run("keeping what is used", move |store| {
            let kept = store.change(
                |held| &mut held.known,
                rows::known,
                rows::keep_known,
                |known| keep_use(known, at, seen),
            );
            kept.map(|_| ())
        })
    }

    fn bill(&self) -> Later<'_, KnownBill> {
        self.run("reading the bill", |store| {
            store.read(|held| held.bill.clone(), rows::bill)
        })
    }

    fn ask_alone(&self, now: Timestamp, asking: Asking) -> Later<'_, bool> {
        self.run("asking for the bill alone", move |store| {
            let stands = store.change(
                |held| &mut held.asking,
                rows::asking,
                rows::keep_asking,
                |held| *held = Some(Asking::after(held.as_ref(), asking.clone(), now)),
            );
            stands.map(|stands| stands == Some(asking))
        })
    }

    fn has_asked(&self, by: RunId) -> Later<'_, ()> {
        self.run("having asked for the bill", move |store| {
            let kept = store.change(
                |held| &mut held.asking,
                rows::asking,
                rows::keep_asking,
                |held| drop(held.take_if(|asking| asking.by == by)),
            );
            kept.map(|_| ())
        })
    }

    fn keep_bill(&self, asked: AskedBill) -> Later<'_, KnownBill> {
        self.run("keeping the bill", |store| {
            store.change(
                |held| &mut held.bill,
                rows::bill,
                rows::keep_bill,
                |bill| *bill = bill.after(asked),
            )
        })
    }

    fn count_requests(&self, at: Timestamp, requests: u32) -> Later<'_, ()> {
        self.run("counting billed requests", move |store| {
            let kept = store.change(
                |held| &mut held.bill,
                rows::bill,
                rows::keep_bill,
                |bill| bill.count(at, requests),
            );
            kept.map(|_| ())
        })
    }

    fn prices(&self) -> Later<'_, Vec<KnownPrice>> {
        self.run("reading prices", |store| {
            store.read(|held| held.prices.clone(), rows::prices)
        })
    }

    fn keep_prices(&self, at: Timestamp, prices: Vec<Price>) -> Later<'_, ()> {
        self.run("keeping prices", move |store| {
            let kept = store.change(
                |held| &mut held.prices,
                rows::prices,
                rows::keep_prices,
                |known| keep_prices(known, at, prices),
            );
            kept.map(|_| ())
        })
    }
}

#[cfg(test)]
mod tests;
