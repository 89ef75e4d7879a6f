//! The interface to a cloud: a stack's resources, queries about them, and actions on them.
//!
//! A cloud answers and acts; it decides nothing. This crate decides which resources belong to a
//! stack, in which order they are deleted and what is recorded. [`crate::testing`] has a fake
//! cloud.

mod error;
mod governance;
mod resource;

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use error::{CloudError, CloudErrorKind};
pub use governance::{GovernanceFacts, Observed};
pub use resource::{
    Confirmation, DeletionClass, DeletionTimeout, Place, Resource, ResourceClass, ResourceId,
    TypeFacts, Usage, short,
};

use crate::idle::Activity;
use crate::values::id::StackName;
use crate::values::money::Usd;
use crate::values::ttl::Span;

/// A boxed future, so that `dyn Cloud` is possible.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A cloud, limited to the configured accounts and regions.
///
/// Every call has a timeout and respects the cloud's published rate limits across this process.
/// Implementations never write to a ledger: callers record their intent before they create or
/// destroy anything.
pub trait Cloud: Send + Sync {
    /// Finds every resource that carries a stack tag within `which`, plus the resources that belong
    /// to it by relation. Each one is confirmed by its own service. A place or type that did not
    /// answer is listed in [`Discovery::unchecked`] and does not hide the others.
    fn discover<'a>(&'a self, which: &'a DiscoveryScope) -> BoxFuture<'a, Discovery>;

    /// Asks the resources' own services about them again, in batches. A resource in neither list of
    /// the answer no longer exists.
    fn describe<'a>(&'a self, resources: &'a [Resource]) -> BoxFuture<'a, Described>;

    /// The resource that an id names, as far as the id says what and where it is; several if it
    /// may be in several places, and none if the id says neither. This makes no call.
    fn locate(&self, id: &ResourceId) -> Vec<Resource> {
        let _ = id;
        Vec::new()
    }

    /// Removes the references between this resource and its peers (security group rules that name
    /// another group), so that a reference cycle can be deleted. Succeeds for resources that have
    /// no such references.
    fn detach_references<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Finds what uses a resource and so prevents its deletion, as far as a service can say. Each
    /// is described as its own service describes it, or has only an id and a type.
    fn users<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<Vec<Resource>, CloudError>> {
        let _ = resource;
        Box::pin(async { Ok(Vec::new()) })
    }

    /// Removes the references of `user` to `used` (security group rules that name it) and no other.
    fn detach_reference<'a>(
        &'a self,
        user: &'a Resource,
        used: &'a ResourceId,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        let _ = (user, used);
        Box::pin(async { Ok(()) })
    }

    /// Deletes one resource. Never switches off deletion protection.
    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        how: DeleteOptions,
    ) -> BoxFuture<'a, Result<Deletion, CloudError>>;

    /// Stops a resource's compute. The caller has already recorded its [`Resource::size`].
    fn stop<'a>(&'a self, resource: &'a Resource) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Restores a resource to its recorded size.
    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> BoxFuture<'a, Result<(), CloudError>>;

    /// Finds what starts these resources again, or changes their size, without jiti: schedules and
    /// scaling targets. Leaves out what is over now. What could not be read is listed and never
    /// left out.
    fn automatic_starts<'a>(
        &'a self,
        resources: &'a [Resource],
        now: Timestamp,
    ) -> BoxFuture<'a, AutomaticStarts> {
        let _ = (resources, now);
        Box::pin(std::future::ready(AutomaticStarts::default()))
    }

    /// Measures the use of the resources that have usage metrics, in batches. `window` is how far
    /// back use counts.
    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        window: Span,
        now: Timestamp,
    ) -> BoxFuture<'a, BTreeMap<ResourceId, Activity>>;

    /// Fetches the cost of every stack of the payer from `from` up to, but not including, `to`: one
    /// grouped request and its pages.
    fn bill<'a>(&'a self, from: Date, to: Date) -> BoxFuture<'a, Result<Bill, CloudError>>;

    /// Fetches the current list prices of what these resources use.
    fn prices<'a>(
        &'a self,
        resources: &'a [Resource],
    ) -> BoxFuture<'a, Result<Vec<Price>, CloudError>>;

    /// Supplies prices that were fetched earlier. Resources described from now on are priced with
    /// them, where they are newer than the built-in price list.
    fn set_prices(&self, prices: Vec<Price>) {
        let _ = prices;
    }
}

/// What starts resources of a sleeping stack again, or changes their size, without jiti.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticStarts {
    /// The starts, by resource.
    pub found: Vec<AutomaticStart>,
    /// The resources for which this could not be read, and why.
    pub unread: Vec<UnreadStarts>,
}

/// Something that starts a stopped resource again, or changes the size of one that does not stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomaticStart {
    /// The resource.
    pub id: ResourceId,
    /// What starts it, such as `the scheduled action morning`.
    pub by: String,
    /// When it starts the resource next; `None` if that is not known.
    pub at: Option<Timestamp>,
    /// The schedule in the cloud's own words, where [`at`](Self::at) is not known:
    /// `cron(0 7 * * ? *)`.
    #[serde(default)]
    pub schedule: Option<String>,
    /// Whether it only changes the size of the resource, such as the capacity of a table.
    #[serde(default)]
    pub resizes: bool,
}

/// A resource of which the starts could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadStarts {
    /// The resource.
    pub id: ResourceId,
    /// The cause of the failure.
    pub reason: String,
}

/// The stacks that a discovery covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiscoveryScope {
    /// Every stack that a tag names.
    All,
    /// One stack.
    Stack(StackName),
}

/// The result of a discovery.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Discovery {
    /// The resources that exist. Index entries of deleted resources are left out.
    pub resources: Vec<Resource>,
    /// Places and types that could not be checked.
    pub unchecked: Vec<Unchecked>,
    /// The cloud's own time; `None` when it did not answer.
    pub clock: Option<Timestamp>,
    /// The number of API requests that the discovery made.
    pub requests: u64,
}

/// A place, or a type in a place, that did not answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchecked {
    /// The account and region.
    pub place: Place,
    /// The resource type; `None` means every type in this place.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The cause of the failure.
    pub reason: String,
    /// Whether the credentials are at fault: they expired, or they belong to another account.
    pub credentials: bool,
}

/// The services' answers about a set of resources.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Described {
    /// Those that exist, in their current state.
    pub found: Vec<Resource>,
    /// Those that could not be described, with the error.
    pub failed: Vec<(ResourceId, CloudError)>,
    /// Those of `failed` whose deletion had started and then failed with that error: they still
    /// exist, and only another delete can remove them.
    pub undeleted: BTreeSet<ResourceId>,
}

/// Options of a delete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeleteOptions {
    /// Take a final snapshot of a database.
    pub final_snapshot: bool,
    /// For how many days a deleted secret can be recovered; 0 deletes it at once. `None` leaves it
    /// to the cloud.
    pub recovery_days: Option<u32>,
}

/// The cloud's own commands for a resource that is scheduled for deletion and keeps its name until
/// then, quoted for a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryCommands {
    /// Recovers the resource.
    #[serde(rename = "restore_command")]
    pub restore: String,
    /// Deletes it for good, which frees its name.
    #[serde(rename = "purge_command")]
    pub purge: String,
}

/// The result of a delete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// The resource is gone, or was already gone.
    Gone,
    /// The deletion is in progress. Describing the resource shows when it is gone.
    Started,
    /// The cloud deletes it at this time (keys, secrets). Counts as deleted.
    Scheduled(Timestamp),
}

/// What the cloud billed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bill {
    /// Dollars per stack, day and service. Days without cost are left out.
    pub lines: Vec<BillLine>,
    /// The days covered by this answer that are no longer estimated.
    pub settled: Vec<Date>,
    /// The number of billed API requests that this answer cost.
    pub requests: u32,
    /// A problem with all figures, such as a tag that is not activated for cost allocation.
    pub remark: Option<String>,
    /// The answer is incomplete although it was paid for: `lines` is empty and `remark` says why.
    pub broken_off: bool,
}

/// What one stack cost on one day in one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillLine {
    /// The value of the tag `jiti:stack`.
    pub stack: String,
    /// The day, in UTC.
    pub day: Date,
    /// The service, as named on the bill.
    pub service: String,
    /// The cost in dollars.
    pub usd: Usd,
    /// Whether the cloud may still change this amount.
    pub estimated: bool,
}

/// One list price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    /// The metered unit, as in [`Usage::meter`].
    pub meter: String,
    /// The region that the price applies to.
    pub region: String,
    /// Dollars per unit and hour, unrounded.
    pub usd: rust_decimal::Decimal,
    /// The publication day of the price list.
    pub listed_on: Date,
}
