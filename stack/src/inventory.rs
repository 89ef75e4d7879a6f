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

pub use bill::{BilledDay, KnownBill, StackBill};
pub(crate) use known::covers;
pub use known::{CloudClock, Gap, Known, LookedAt, SeenUse};
pub use memory::MemoryInventory;
pub use rate::Rate;
pub use sqlite::SqliteInventory;
pub use tagged::Tagged;

use crate::cloud::{Bill, Described, Found, Place, Price, ResourceId, Which};
use crate::idle::Observed;
use crate::lease::ProcessId;
use crate::ledger::Later;
use crate::process::{self, Liveness};
use crate::values::id::RunId;

/// A look at the cloud, to be remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Look {
    /// When it began: what it found is at least that young.
    pub at: Timestamp,
    /// When it had ended: what the cloud's clock is held against.
    pub ended_at: Timestamp,
    /// Which stacks were looked for.
    pub which: Which,
    /// Everywhere that was to be looked, whether it answered or not.
    pub places: Vec<Place>,
    /// What it found.
    pub found: Found,
}

/// A bill that was asked for, to be remembered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedBill {
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
pub struct Asking {
    /// Who: a name of its own, since one process may want it twice.
    pub by: RunId,
    /// In which process.
    pub process: ProcessId,
    /// Until when it stands if nobody can tell whether that process lives.
    pub until: Timestamp,
}

impl Asking {
    /// What stands after somebody wants to ask.
    fn after(held: Option<&Self>, wanted: Self, now: Timestamp) -> Self {
        let stands =
            |held: &&Self| held.until > now && process::liveness(&held.process) != Liveness::Dead;
        held.filter(stands).cloned().unwrap_or(wanted)
    }
}

/// A price, and when the price list was asked for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownPrice {
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
    fn generation(&self) -> Later<'_, Option<Generation>>;

    /// What looks have found and what was seen of its use.
    ///
    /// # Errors
    /// When the store can't be read.
    fn known(&self) -> Later<'_, Known>;

    /// Remembers a look, as [`Known::after`] says, and answers what is known then.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn keep_look(&self, look: Look) -> Later<'_, Known>;

    /// Remembers what the services said of some that they were asked about once more, as [`Known::again`] says.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn keep_described(
        &self,
        at: Timestamp,
        asked: Vec<ResourceId>,
        described: Described,
    ) -> Later<'_, ()>;

    /// Remembers whether resources were used, as it was seen at a moment.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn keep_use(&self, at: Timestamp, seen: BTreeMap<ResourceId, Observed>) -> Later<'_, ()>;

    /// What the cloud billed, and what asking for it took.
    ///
    /// # Errors
    /// When the store can't be read.
    fn bill(&self) -> Later<'_, KnownBill>;

    /// Takes the right to ask for the bill; whether it was free. One that stands is waited for.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn ask_alone(&self, now: Timestamp, asking: Asking) -> Later<'_, bool>;

    /// Gives it back.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn has_asked(&self, by: RunId) -> Later<'_, ()>;

    /// Remembers a bill, as [`KnownBill::after`] says: what is settled is kept for good. Its requests are counted.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn keep_bill(&self, asked: AskedBill) -> Later<'_, KnownBill>;

    /// Counts billed requests that brought no bill.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn count_requests(&self, at: Timestamp, requests: u32) -> Later<'_, ()>;

    /// The prices that were asked for.
    ///
    /// # Errors
    /// When the store can't be read.
    fn prices(&self) -> Later<'_, Vec<KnownPrice>>;

    /// Remembers prices in the place of those that it had for the same meters and regions.
    ///
    /// # Errors
    /// When the store can't be read or written.
    fn keep_prices(&self, at: Timestamp, prices: Vec<Price>) -> Later<'_, ()>;
}
