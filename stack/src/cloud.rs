//! The seam to a cloud: what a stack's resources are, how they are asked about, and what can be done with them.
//!
//! A cloud only answers and acts. Which resources belong to a stack, in which order they go and what is written about it
//! is decided here in the domain, against [`Cloud`]; a fake one stands in [`crate::testing`].

mod error;
mod resource;

use std::collections::BTreeMap;
use std::pin::Pin;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use error::{CloudError, CloudErrorKind};
pub use resource::{Confirmation, Place, Resource, ResourceId, Usage, short};

use crate::idle::Activity;
use crate::values::id::StackName;
use crate::values::money::Usd;
use crate::values::ttl::Span;

/// What a cloud answers, later. Boxed by hand so that `dyn Cloud` is possible.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A cloud, in the accounts and regions of the configuration and in no other.
///
/// Every call has a time-out and keeps to the cloud's published rates, whoever else in this process calls at the same
/// time. Nothing in here writes to a ledger: whoever creates or destroys has said so there before.
pub trait Cloud: Send + Sync {
    /// Everything that carries the tag of a stack (of any, or of the one that is named), with what belongs to it by
    /// relation, each confirmed by its own service. A place or a type that did not answer is named and hides no other.
    fn discover<'a>(&'a self, which: &'a DiscoveryScope) -> BoxFuture<'a, Discovery>;

    /// Asks the resources' own services about them once more, in batches. What is in neither list of the answer is gone.
    fn describe<'a>(&'a self, resources: &'a [Resource]) -> BoxFuture<'a, Described>;

    /// Takes away what ties this resource to its equals (the rules of a security group that name another), so that a
    /// circle of references can be undone. Resources without such ties answer that it is done.
    fn detach_references<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Deletes one resource. It never switches a protection off.
    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        how: DeleteOptions,
    ) -> BoxFuture<'a, Result<Deletion, CloudError>>;

    /// Stops what a resource computes with; its [`Resource::size`] is already in the ledger.
    fn stop<'a>(&'a self, resource: &'a Resource) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Gives a resource back the size that it had.
    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Whether the resources are used: the signals of each that has any, in batches. `window` is how far back a use
    /// counts.
    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        window: Span,
        now: Timestamp,
    ) -> BoxFuture<'a, BTreeMap<ResourceId, Activity>>;

    /// What the cloud billed for every stack of the payer, from one day to another (excluded): one grouped request and
    /// its pages.
    fn bill<'a>(&'a self, from: Date, to: Date) -> BoxFuture<'a, Result<Bill, CloudError>>;

    /// The present list prices of what these resources use, from the cloud's own price list.
    fn prices<'a>(
        &'a self,
        resources: &'a [Resource],
    ) -> BoxFuture<'a, Result<Vec<Price>, CloudError>>;

    /// Prices that were asked for before: what is described from now on is priced by them, where they are newer than
    /// what the cloud's package brings.
    fn set_prices(&self, prices: Vec<Price>) {
        let _ = prices;
    }
}

/// Which stacks are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryScope {
    /// Every one that a tag names.
    All,
    /// This one.
    Stack(StackName),
}

/// What a look at the cloud found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovery {
    /// The resources, ghosts left out.
    pub resources: Vec<Resource>,
    /// Where it could not be looked.
    pub unchecked: Vec<Unchecked>,
    /// What time it is in the cloud, as it said itself; `None` when it did not answer.
    pub clock: Option<Timestamp>,
    /// How many requests it took.
    pub requests: u64,
}

/// A place, or a type in a place, that did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// Where.
    pub place: Place,
    /// Which type; `None`: everything there.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Why it could not be looked.
    pub reason: String,
    /// Whether the credentials are at fault: they have expired, or belong to another account.
    pub credentials: bool,
}

/// What the services said about resources that were asked about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// Those that exist, as they are now.
    pub found: Vec<Resource>,
    /// Those about which no answer could be had, and why.
    pub failed: Vec<(ResourceId, CloudError)>,
}

/// What may be asked of a delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Keep a last snapshot of a database.
    pub final_snapshot: bool,
}

/// What came of a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, or was gone already.
    Gone,
    /// The cloud works on it: only a description tells when it is gone.
    Started,
    /// The cloud deletes it at this time (keys, secrets). It counts as deleted.
    Scheduled(Timestamp),
}

/// What the cloud billed, with its cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Dollars for each stack, day and service. Days without cost are left out.
    pub lines: Vec<BillLine>,
    /// The days that the answer speaks about and no longer calls estimated.
    pub settled: Vec<Date>,
    /// How many billed requests this took.
    pub requests: u32,
    /// What is wrong with the figures as a whole: the tag is not activated for cost allocation.
    pub remark: Option<String>,
    /// It was paid for and did not come whole: `remark` says why, and there are no lines.
    pub broken_off: bool,
}

/// What one stack cost on one day in one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// The value of the tag `jiti:stack`.
    pub stack: String,
    /// The day, in UTC.
    pub day: Date,
    /// The service as the bill calls it.
    pub service: String,
    /// What it cost.
    pub usd: Usd,
    /// Whether the cloud may still change it.
    pub estimated: bool,
}

/// One price of the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// What is priced, as in [`Usage::meter`].
    pub meter: String,
    /// Where.
    pub region: String,
    /// Dollars for one unit in one hour, with all its decimals.
    pub usd: rust_decimal::Decimal,
    /// The day of the list.
    pub listed_on: Date,
}
