//! A cloud in memory that answers as it is told to: refusals, deletions that take their time, members that come back.

mod calls;
mod world;

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::Value;

use self::world::World;
use crate::cloud::{
    Bill, CloudErrorKind, Confirmation, Place, Price, Resource, ResourceId, Unchecked,
};
use crate::idle::Activity;
use crate::values::tags;

/// What a cloud is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CloudCall {
    /// To look everywhere.
    Discover,
    /// To ask about resources again; recorded once a call, for each resource.
    Describe,
    /// To untie a resource from its equals.
    DetachReferences,
    /// To delete it.
    Delete,
    /// To stop it.
    Stop,
    /// To start it.
    Start,
    /// To tell whether it is used.
    Activity,
    /// To tell what was billed.
    Bill,
    /// To tell list prices.
    Prices,
}

/// How often a scripted answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// To so many calls.
    Few(u32),
    /// To every call.
    Always,
}

/// A cloud in memory. It enforces what AWS enforces: what is used by something that exists can't be deleted.
#[derive(Debug)]
pub struct FakeCloud(Mutex<World>);

/// A confirmed resource in account 111111111111, region eu-west-1, that carries the tags of a stack of `checkout`, owned
/// by ana, as [`super::registration`] registers it; its id is `type/name`.
#[must_use]
pub fn resource(kind: &str, name: &str, stack: &str) -> Resource {
    let place = Place {
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let mut resource = Resource::named(ResourceId(format!("{kind}/{name}")), kind, place);
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

impl FakeCloud {
    /// A cloud in which these exist, and that does all it is asked to.
    #[must_use]
    pub fn new(resources: impl IntoIterator<Item = Resource>) -> Self {
        let resources = resources.into_iter().map(|one| (one.id.clone(), one));
        Self(Mutex::new(World::of(resources.collect())))
    }

    /// Lets one more exist, or replaces it.
    pub fn put(&self, resource: Resource) {
        self.world().resources.insert(resource.id.clone(), resource);
    }

    /// Lets one exist no longer, whoever took it away.
    pub fn remove(&self, id: &ResourceId) {
        self.world().resources.remove(id);
    }

    /// Changes one, such as its tags between a plan and a delete.
    pub fn change(&self, id: &ResourceId, change: impl FnOnce(&mut Resource)) {
        if let Some(resource) = self.world().resources.get_mut(id) {
            change(resource);
        }
    }

    /// Answers a call about one with an error.
    pub fn refuse(&self, call: CloudCall, id: &ResourceId, kind: CloudErrorKind, times: Repeat) {
        let refusals = &mut self.world().refusals;
        refusals.insert((call, id.clone()), (kind, times));
    }

    /// A call about one ends in a panic.
    pub fn panics(&self, call: CloudCall, id: &ResourceId) {
        self.world().panics.insert((call, id.clone()));
    }

    /// Answers a call about one as any other again.
    pub fn mend(&self, call: CloudCall, id: &ResourceId) {
        self.world().refusals.remove(&(call, id.clone()));
    }

    /// Its deletion only begins, and is through after so many descriptions.
    pub fn takes(&self, id: &ResourceId, descriptions: u32) {
        self.world().slow.insert(id.clone(), descriptions);
    }

    /// Its deletion is scheduled.
    pub fn schedules(&self, id: &ResourceId, at: Timestamp) {
        self.world().scheduled.insert(id.clone(), at);
    }

    /// While this one exists, another member like that is made for each of its members that goes: those whose owner it is.
    pub fn recreates(&self, group: &ResourceId, member: Resource) {
        self.world().groups.insert(group.clone(), member);
    }

    /// Does not answer in a place, or about a type there.
    pub fn is_silent(&self, place: &Place, kind: Option<&str>, credentials: bool) {
        self.world().silent.push(Unchecked {
            place: place.clone(),
            kind: kind.map(str::to_owned),
            reason: "it did not answer in time".to_owned(),
            credentials,
        });
    }

    /// Answers everywhere again, with credentials that last.
    pub fn answers(&self) {
        let mut world = self.world();
        world.silent.clear();
        world.calls_left = None;
    }

    /// Exists, and no look finds it: the index lags.
    pub fn is_unlisted(&self, id: &ResourceId) {
        self.world().unlisted.insert(id.clone());
    }

    /// Deletes what is in use all the same.
    pub fn enforces_nothing(&self) {
        self.world().enforces = false;
    }

    /// After so many calls the credentials have expired.
    pub fn expires_after(&self, calls: u64) {
        self.world().calls_left = Some(calls);
    }

    /// What time it says it is.
    pub fn shows(&self, clock: Timestamp) {
        self.world().clock = Some(clock);
    }

    /// Each call takes so long.
    pub fn takes_its_time(&self, latency: std::time::Duration) {
        self.world().latency = latency;
    }

    /// What it says about the use of one.
    pub fn observes(&self, id: &ResourceId, observed: Activity) {
        self.world().activity.insert(id.clone(), observed);
    }

    /// What it bills.
    pub fn bills(&self, bill: Bill) {
        self.world().bill = bill;
    }

    /// What it lists as prices.
    pub fn lists(&self, prices: Vec<Price>) {
        self.world().prices = prices;
    }

    /// Every call so far, in order, with what it was about.
    #[must_use]
    pub fn calls(&self) -> Vec<(CloudCall, Option<ResourceId>)> {
        self.world().calls.clone()
    }

    /// What was asked to be done, of one kind, in order.
    #[must_use]
    pub fn called(&self, call: CloudCall) -> Vec<ResourceId> {
        let world = self.world();
        let of_kind = world.calls.iter().filter(|(kind, _)| *kind == call);
        of_kind.filter_map(|(_, id)| id.clone()).collect()
    }

    /// The ids of what exists, that which is on its way out included.
    #[must_use]
    pub fn ids(&self) -> Vec<ResourceId> {
        self.world().resources.keys().cloned().collect()
    }

    /// One that exists.
    #[must_use]
    pub fn get(&self, id: &ResourceId) -> Option<Resource> {
        self.world().resources.get(id).cloned()
    }

    /// The most calls that were under way at once.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.world().most_under_way
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The size of what is stopped.
#[must_use]
pub fn asleep() -> Value {
    serde_json::json!({ "asleep": true })
}

#[cfg(test)]
mod tests;
