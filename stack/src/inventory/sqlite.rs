//! The inventory in its own tables of the ledger's file, on one thread with its own connection,
//! opened by the first call. Only this module and its sub-modules contain the inventory's SQL.

mod report;
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
use super::memory::{record_activity, record_prices};
use super::{
    BillAnswer, BillHistory, BillLock, CloudScan, CloudSnapshot, DatedPrice, Generation, Inventory,
    ReportContents, ReportPosition, ReportStack, ReportUpdate,
};
use crate::cloud::{Described, Price, ResourceId};
use crate::idle::Activity;
use crate::ledger::{LedgerError, LedgerFuture};
use crate::sqlite::failure;
use crate::sqlite::file::{LOCK_TIMEOUT, LedgerFile};
use crate::sqlite::worker_thread::WorkerThread;
use crate::values::id::{RunId, StackName};

/// A job for the thread.
type Job = Box<dyn FnOnce(&mut Store) + Send>;

/// An inventory in the file of a SQLite ledger.
///
/// Creating the value does not touch the file, and it never creates one: only a ledger does. If the
/// file is missing or read-only, answers are kept in memory.
pub struct SqliteInventory {
    ledger_file: Arc<LedgerFile>,
    thread: WorkerThread<Job>,
}

impl fmt::Debug for SqliteInventory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqliteInventory")
            .field(&self.ledger_file)
            .finish()
    }
}

impl SqliteInventory {
    /// The inventory in the ledger at `path`, relative to the working directory.
    #[must_use]
    pub fn at(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), false)
    }

    /// Like [`Self::at`], but never writes to the file.
    #[must_use]
    pub fn read_only(path: impl AsRef<Path>) -> Self {
        Self::on(path.as_ref(), true)
    }

    fn on(path: &Path, read_only: bool) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        Self {
            ledger_file: Arc::new(LedgerFile {
                path,
                lock_timeout: LOCK_TIMEOUT,
                read_only,
            }),
            thread: WorkerThread::new("inventory"),
        }
    }

    fn run<T, F>(&self, doing: &'static str, act: F) -> LedgerFuture<'_, T>
    where
        T: Send + 'static,
        F: FnOnce(&mut Store) -> Result<T, LedgerError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |store| {
            // The caller may have stopped waiting; the answer is stored anyway.
            let _ = reply.send(act(store));
        });
        let sent = self.thread.send(job, || {
            let mut store = Store::new(Arc::clone(&self.ledger_file));
            move |jobs| {
                while let Ok(job) = jobs.recv() {
                    job(&mut store);
                }
            }
        });
        Box::pin(async move {
            sent.map_err(|error| failure::other(&self.ledger_file.name(), doing, error))?;
            match answer.await {
                Ok(answer) => answer,
                Err(gone) => Err(failure::other(&self.ledger_file.name(), doing, gone)),
            }
        })
    }
}

impl Inventory for SqliteInventory {
    fn location(&self) -> String {
        self.ledger_file.name()
    }

    fn generation(&self) -> LedgerFuture<'_, Option<Generation>> {
        self.run("reading its generation", |store| {
            store.read(|contents| Some(contents.generation()), rows::generation)
        })
    }

    fn known(&self) -> LedgerFuture<'_, CloudSnapshot> {
        self.run("reading the cloud snapshot", |store| {
            store.read(|contents| contents.known.clone(), rows::known)
        })
    }

    fn record_scan(&self, scan: CloudScan) -> LedgerFuture<'_, CloudSnapshot> {
        self.run("recording a cloud scan", |store| {
            store.change(
                |contents| &mut contents.known,
                rows::known,
                rows::record_snapshot,
                |known| *known = known.with_scan(scan),
            )
        })
    }

    fn record_descriptions(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> LedgerFuture<'_, ()> {
        self.run("recording resource descriptions", move |store| {
            let kept = store.change(
                |contents| &mut contents.known,
                rows::known,
                rows::record_snapshot,
                |known| *known = known.with_descriptions(at, &asked, &described),
            );
            kept.map(|_| ())
        })
    }

    fn record_activity(
        &self,
        at: Timestamp,
        seen: BTreeMap<ResourceId, Activity>,
    ) -> LedgerFuture<'_, ()> {
        self.run("recording resource use", move |store| {
            let kept = store.change(
                |contents| &mut contents.known,
                rows::known,
                rows::record_snapshot,
                |known| record_activity(known, at, seen),
            );
            kept.map(|_| ())
        })
    }

    fn bill(&self) -> LedgerFuture<'_, BillHistory> {
        self.run("reading the bill", |store| {
            store.read(|contents| contents.bill.clone(), rows::bill)
        })
    }

    fn lock_bill(&self, now: Timestamp, bill_lock: BillLock) -> LedgerFuture<'_, bool> {
        self.run("locking the bill", move |store| {
            let stands = store.change(
                |contents| &mut contents.bill_lock,
                rows::bill_lock,
                rows::record_bill_lock,
                |contents| {
                    *contents = Some(BillLock::in_force(
                        contents.as_ref(),
                        bill_lock.clone(),
                        now,
                    ));
                },
            );
            stands.map(|stands| stands == Some(bill_lock))
        })
    }

    fn unlock_bill(&self, by: RunId) -> LedgerFuture<'_, ()> {
        self.run("unlocking the bill", move |store| {
            let kept = store.change(
                |contents| &mut contents.bill_lock,
                rows::bill_lock,
                rows::record_bill_lock,
                |contents| drop(contents.take_if(|bill_lock| bill_lock.by == by)),
            );
            kept.map(|_| ())
        })
    }

    fn record_bill(&self, asked: BillAnswer) -> LedgerFuture<'_, BillHistory> {
        self.run("recording the bill", |store| {
            store.change(
                |contents| &mut contents.bill,
                rows::bill,
                rows::record_bill,
                |bill| *bill = bill.with_answer(asked),
            )
        })
    }

    fn count_bill_requests(&self, at: Timestamp, requests: u32) -> LedgerFuture<'_, ()> {
        self.run("counting billed requests", move |store| {
            let kept = store.change(
                |contents| &mut contents.bill,
                rows::bill,
                rows::record_bill,
                |bill| bill.count(at, requests),
            );
            kept.map(|_| ())
        })
    }

    fn prices(&self) -> LedgerFuture<'_, Vec<DatedPrice>> {
        self.run("reading prices", |store| {
            store.read(|contents| contents.prices.clone(), rows::prices)
        })
    }

    fn record_prices(&self, at: Timestamp, prices: Vec<Price>) -> LedgerFuture<'_, ()> {
        self.run("recording prices", move |store| {
            let kept = store.change(
                |contents| &mut contents.prices,
                rows::prices,
                rows::record_prices,
                |known| record_prices(known, at, prices),
            );
            kept.map(|_| ())
        })
    }

    fn report_contents(&self, since: Timestamp) -> LedgerFuture<'_, Option<ReportContents>> {
        self.run("reading histories", move |store| {
            store.report(|db| report::contents(db, since))
        })
    }

    fn report_stacks(
        &self,
        position: ReportPosition,
        names: Vec<StackName>,
    ) -> LedgerFuture<'_, Option<Vec<ReportStack>>> {
        self.run("reading histories", move |store| {
            store.report(|db| report::stacks(db, &position, &names))
        })
    }

    fn save_report(&self, update: ReportUpdate) -> LedgerFuture<'_, bool> {
        self.run("storing histories", move |store| {
            store.change_report(|db| report::save(db, &update))
        })
    }
}

#[cfg(test)]
mod tests;
