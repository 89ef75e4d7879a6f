//! A cloud in memory with scripted behaviour: refusals, slow deletions, recreated members.

mod calls;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use self::world::World;
use crate::cloud::{
    AutomaticStarts, Bill, CloudErrorKind, Confirmation, DeletionClass, DeletionTimeout, Place,
    Price, Resource, ResourceId, TypeFacts, Unchecked,
};
use crate::idle::Activity;
use crate::values::tags;

/// A kind of call to a cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloudCall {
    /// Discovers all resources.
    Discover,
    /// Describes resources. Recorded once per resource.
    Describe,
    /// Detaches a resource's references.
    DetachReferences,
    /// Detaches a resource's references to one other.
    DetachReference,
    /// Finds what uses a resource.
    Users,
    /// Deletes a resource.
    Delete,
    /// Stops a resource.
    Stop,
    /// Starts a resource.
    Start,
    /// Measures use.
    Activity,
    /// Fetches the bill.
    Bill,
    /// Fetches list prices.
    Prices,
}

/// How often a scripted refusal applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// For this number of calls.
    Few(u32),
    /// For every call.
    Always,
}

/// A cloud in memory. Like AWS, it refuses to delete a resource that another one uses.
#[derive(Debug)]
pub struct FakeCloud(Mutex<World>);

/// A confirmed resource in account 111111111111, region eu-west-1, with the tags of a stack of
/// `checkout`, owned by ana, as [`super::registration`] registers it. Its id is `type/name`.
#[must_use]
pub fn resource(kind: &str, name: &str, stack: &str) -> Resource {
    let place = Place {
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let mut resource = Resource::named(ResourceId(format!("{kind}/{name}")), kind, place);
    resource.facts = type_facts(kind);
    resource.confirmation = Confirmation::Confirmed;
    resource.tags = [
        (tags::STACK, stack),
        (tags::APP, "checkout"),
        (tags::OWNER, "ana@example.com"),
        (tags::VERSION, "v1"),
        (tags::TTL, "8h"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    resource
}

/// The facts of some types, as an adapter would set them.
fn type_facts(kind: &str) -> TypeFacts {
    let mut facts = TypeFacts::default();
    match kind.split(':').next().unwrap_or(kind) {
        "iam" | "kms" | "logs" => facts.deletion = DeletionClass::Last,
        "rds" => {
            facts.keeps_data = true;
            facts.timeout = DeletionTimeout::Slow;
        }
        _ => {}
    }
    facts
}

impl FakeCloud {
    /// A cloud with these resources and without scripted behaviour.
    #[must_use]
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let resources = resources.into_iter().map(|one| (one.id.clone(), one));
        Self(Mutex::new(World::of(resources.collect())))
    }

    /// Adds or replaces a resource.
    pub fn put(&self, resource: Resource) {
        self.world().resources.insert(resource.id.clone(), resource);
    }

    /// Removes a resource.
    pub fn remove(&self, id: &ResourceId) {
        self.world().resources.remove(id);
    }

    /// Changes a resource, such as its tags between a plan and a delete.
    pub fn change(&self, id: &ResourceId, change: impl FnOnce(&mut Resource)) {
        if let Some(resource) = self.world().resources.get_mut(id) {
            change(resource);
        }
    }

    /// Makes calls about a resource fail.
    pub fn refuse(&self, call: CloudCall, id: &ResourceId, kind: CloudErrorKind, times: Repeat) {
        let refusals = &mut self.world().refusals;
        refusals.insert((call, id.clone()), (kind, times));
    }

    /// Makes a call about a resource panic.
    pub fn panics(&self, call: CloudCall, id: &ResourceId) {
        self.world().panics.insert((call, id.clone()));
    }

    /// Ends the refusals of calls about a resource.
    pub fn mend(&self, call: CloudCall, id: &ResourceId) {
        self.world().refusals.remove(&(call, id.clone()));
    }

    /// Makes the deletion of a resource slow: it completes after this number of descriptions.
    pub fn takes(&self, id: &ResourceId, descriptions: u32) {
        self.world().slow.insert(id.clone(), descriptions);
    }

    /// Makes a delete schedule the deletion for `at`.
    pub fn schedules(&self, id: &ResourceId, at: Timestamp) {
        self.world().scheduled.insert(id.clone(), at);
    }

    /// While `group` exists, replaces each deleted member that it owns by a copy of `member`.
    pub fn recreates(&self, group: &ResourceId, member: Resource) {
        self.world().groups.insert(group.clone(), member);
    }

    /// Stops answering in a place, or about one type there.
    pub fn is_silent(&self, place: &Place, kind: Option<&str>, credentials: bool) {
        self.world().silent.push(Unchecked {
            place: place.clone(),
            kind: kind.map(str::to_owned),
            reason: "it did not answer in time".to_owned(),
            credentials,
        });
    }

    /// Answers everywhere again, with valid credentials.
    pub fn answers(&self) {
        let mut world = self.world();
        world.silent.clear();
        world.calls_left = None;
    }

    /// Hides an existing resource from discovery, like an index that lags.
    pub fn is_unlisted(&self, id: &ResourceId) {
        self.world().unlisted.insert(id.clone());
    }

    /// Allows the deletion of resources in use.
    pub fn enforces_nothing(&self) {
        self.world().enforces = false;
    }

    /// Expires the credentials after this number of calls.
    pub fn expires_after(&self, calls: u64) {
        self.world().calls_left = Some(calls);
    }

    /// Sets the cloud's own time.
    pub fn shows(&self, clock: Timestamp) {
        self.world().clock = Some(clock);
    }

    /// Sets the duration of each call.
    pub fn takes_its_time(&self, latency: std::time::Duration) {
        self.world().latency = latency;
    }

    /// Sets the measured use of a resource.
    pub fn observes(&self, id: &ResourceId, observed: Activity) {
        self.world().activity.insert(id.clone(), observed);
    }

    /// Sets the bill.
    pub fn bills(&self, bill: Bill) {
        self.world().bill = bill;
    }

    /// Sets what starts resources again without jiti.
    pub fn starts(&self, starts: AutomaticStarts) {
        self.world().starts = starts;
    }

    /// Sets the list prices.
    pub fn lists(&self, prices: Vec<Price>) {
        self.world().prices = prices;
    }

    /// All calls so far, in order, with the resource of each.
    #[must_use]
    pub fn calls(&self) -> Vec<(CloudCall, Option<ResourceId>)> {
        self.world().calls.clone()
    }

    /// The resources of all calls of one kind, in order.
    #[must_use]
    pub fn called(&self, call: CloudCall) -> Vec<ResourceId> {
        let world = self.world();
        let of_kind = world.calls.iter().filter(|(kind, _)| *kind == call);
        of_kind.filter_map(|(_, id)| id.clone()).collect()
    }

    /// The ids of all resources, including those in deletion.
    #[must_use]
    pub fn ids(&self) -> Vec<ResourceId> {
        self.world().resources.keys().cloned().collect()
    }

    /// A resource by id.
    #[must_use]
    pub fn get(&self, id: &ResourceId) -> Option<Resource> {
        self.world().resources.get(id).cloned()
    }

    /// The maximum number of concurrent calls so far.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.world().most_under_way
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The size of a stopped resource.
#[must_use]
pub fn asleep() -> Value {
    serde_json::json!({ "asleep": true })
}

#[cfg(test)]
mod tests;
