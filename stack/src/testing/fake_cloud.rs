//! A cloud in memory that answers as it is told to: refusals, deletions that take their time, members that come back.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use crate::cloud::{
    Bill, Cloud, CloudError, CloudErrorKind, Deleting, Deletion, Described, Found, NotLooked,
    Place, Price, Resource, ResourceId, Soon, Standing, Which,
};
use crate::idle::Observed;
use crate::tags;
use crate::ttl::Span;

/// What a cloud is asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Call {
    /// To look everywhere.
    Discover,
    /// To ask about resources again; recorded once a call, for each resource.
    Describe,
    /// To untie a resource from its equals.
    Loosen,
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
pub enum Times {
    /// To so many calls.
    Few(u32),
    /// To every call.
    Always,
}

/// A cloud in memory. It enforces what AWS enforces: what is used by something that exists can't be deleted.
#[derive(Debug)]
pub struct FakeCloud(Mutex<World>);

#[derive(Debug)]
struct World {
    resources: BTreeMap<ResourceId, Resource>,
    calls: Vec<(Call, Option<ResourceId>)>,
    refusals: BTreeMap<(Call, ResourceId), (CloudErrorKind, Times)>,
    /// Deletions that take so many descriptions.
    slow: BTreeMap<ResourceId, u32>,
    /// Deletions that have begun, and how many descriptions they still take.
    going: BTreeMap<ResourceId, u32>,
    scheduled: BTreeMap<ResourceId, Timestamp>,
    silent: Vec<NotLooked>,
    unlisted: BTreeSet<ResourceId>,
    /// Each group makes another member when one goes.
    groups: BTreeMap<ResourceId, Resource>,
    made: u32,
    enforces: bool,
    /// Calls until the credentials expire.
    calls_left: Option<u64>,
    clock: Option<Timestamp>,
    activity: BTreeMap<ResourceId, Observed>,
    bill: Bill,
    prices: Vec<Price>,
    /// How long each call takes.
    latency: std::time::Duration,
    under_way: usize,
    most_under_way: usize,
}

/// A confirmed resource in account 111111111111, region eu-west-1, that carries the tags of a stack of `checkout`, owned
/// by ana, as [`super::registration`] registers it; its id is `type/name`.
#[must_use]
pub fn resource(kind: &str, name: &str, stack: &str) -> Resource {
    let place = Place {
        account: "111111111111".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let mut resource = Resource::named(ResourceId(format!("{kind}/{name}")), kind, place);
    resource.standing = Standing::Confirmed;
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
        Self(Mutex::new(World {
            resources: resources.collect(),
            calls: Vec::new(),
            refusals: BTreeMap::new(),
            slow: BTreeMap::new(),
            going: BTreeMap::new(),
            scheduled: BTreeMap::new(),
            silent: Vec::new(),
            unlisted: BTreeSet::new(),
            groups: BTreeMap::new(),
            made: 0,
            enforces: true,
            calls_left: None,
            clock: None,
            activity: BTreeMap::new(),
            bill: Bill::default(),
            prices: Vec::new(),
            latency: std::time::Duration::ZERO,
            under_way: 0,
            most_under_way: 0,
        }))
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
    pub fn refuse(&self, call: Call, id: &ResourceId, kind: CloudErrorKind, times: Times) {
        let refusals = &mut self.world().refusals;
        refusals.insert((call, id.clone()), (kind, times));
    }

    /// Answers a call about one as any other again.
    pub fn mend(&self, call: Call, id: &ResourceId) {
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
        self.world().silent.push(NotLooked {
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
    pub fn observes(&self, id: &ResourceId, observed: Observed) {
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
    pub fn calls(&self) -> Vec<(Call, Option<ResourceId>)> {
        self.world().calls.clone()
    }

    /// What was asked to be done, of one kind, in order.
    #[must_use]
    pub fn called(&self, call: Call) -> Vec<ResourceId> {
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

    /// Others have their turn while this call is on its way.
    async fn travel(&self) {
        let latency = {
            let mut world = self.world();
            world.under_way += 1;
            world.most_under_way = world.most_under_way.max(world.under_way);
            world.latency
        };
        if latency.is_zero() {
            tokio::task::yield_now().await;
        } else {
            tokio::time::sleep(latency).await;
        }
        self.world().under_way -= 1;
    }

    async fn about(&self, call: Call, resource: &Resource) -> Result<(), CloudError> {
        self.travel().await;
        let mut world = self.world();
        world.calls.push((call, Some(resource.id.clone())));
        world.admit(call, &resource.id)
    }
}

impl World {
    /// Whether a call about one is answered at all.
    fn admit(&mut self, call: Call, id: &ResourceId) -> Result<(), CloudError> {
        self.has_credentials()?;
        let key = (call, id.clone());
        let Some((kind, times)) = self.refusals.get_mut(&key) else {
            return Ok(());
        };
        let kind = *kind;
        match times {
            Times::Always => {}
            Times::Few(0 | 1) => {
                self.refusals.remove(&key);
            }
            Times::Few(left) => *left -= 1,
        }
        Err(error(call, Some(id), kind))
    }

    fn has_credentials(&mut self) -> Result<(), CloudError> {
        match &mut self.calls_left {
            Some(0) => Err(error(Call::Describe, None, CloudErrorKind::Credentials)),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn silence(&self, resource: &Resource) -> Option<&NotLooked> {
        self.silent.iter().find(|one| {
            one.place == resource.place
                && one.kind.as_ref().is_none_or(|kind| *kind == resource.kind)
        })
    }

    /// What still uses one, other than itself.
    fn user_of(&self, id: &ResourceId) -> Option<&Resource> {
        let mut all = self.resources.values();
        all.find(|other| other.id != *id && other.uses.contains(id))
    }

    /// It is gone: a group that lives makes another member, and what it alone owns goes with a group that does not.
    fn vanish(&mut self, id: &ResourceId) {
        self.going.remove(id);
        let Some(resource) = self.resources.remove(id) else {
            return;
        };
        let group = resource
            .owner
            .filter(|owner| self.resources.contains_key(owner) && !self.going.contains_key(owner));
        let member = group.and_then(|group| self.groups.get(&group).cloned());
        if let Some(mut member) = member {
            self.made += 1;
            member.id = ResourceId(format!("{}-{}", member.id, self.made));
            self.resources.insert(member.id.clone(), member);
        }
    }
}

impl Cloud for FakeCloud {
    fn discover<'a>(&'a self, which: &'a Which) -> Soon<'a, Found> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((Call::Discover, None));
            let mut found = Found {
                clock: world.clock,
                not_looked: world.silent.clone(),
                requests: 1,
                ..Found::default()
            };
            if let Err(error) = world.has_credentials() {
                let places: BTreeSet<Place> = world
                    .resources
                    .values()
                    .map(|one| one.place.clone())
                    .collect();
                found.not_looked = places
                    .into_iter()
                    .map(|place| NotLooked {
                        place,
                        kind: None,
                        reason: error.to_string(),
                        credentials: true,
                    })
                    .collect();
                return found;
            }
            let named = |one: &Resource| match (which, one.tag(tags::STACK)) {
                (Which::All, tag) => tag.is_some(),
                (Which::Stack(name), tag) => tag == Some(name.as_str()),
            };
            let listed =
                |one: &&Resource| !world.unlisted.contains(&one.id) && world.silence(one).is_none();
            let mut ids: BTreeSet<&ResourceId> = BTreeSet::new();
            let mut last = usize::MAX;
            while ids.len() != last {
                last = ids.len();
                for one in world.resources.values().filter(listed) {
                    if named(one) || one.owner.as_ref().is_some_and(|owner| ids.contains(owner)) {
                        ids.insert(&one.id);
                    }
                }
            }
            let resources = ids.into_iter().filter_map(|id| world.resources.get(id));
            found.resources = resources.cloned().collect();
            found
        })
    }

    fn describe<'a>(&'a self, resources: &'a [Resource]) -> Soon<'a, Described> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            let mut described = Described::default();
            for asked in resources {
                let id = &asked.id;
                world.calls.push((Call::Describe, Some(id.clone())));
            }
            if let Err(error) = world.has_credentials() {
                let failed = resources.iter().map(|one| (one.id.clone(), error.clone()));
                described.failed = failed.collect();
                return described;
            }
            // It is one call, however many it asks about.
            let left = world.calls_left.take();
            for asked in resources {
                let id = &asked.id;
                let silent = world.silence(asked).map(|one| one.credentials);
                if let Some(credentials) = silent {
                    let kind = match credentials {
                        true => CloudErrorKind::Credentials,
                        false => CloudErrorKind::Unreachable,
                    };
                    let failed = error(Call::Describe, Some(id), kind);
                    described.failed.push((id.clone(), failed));
                    continue;
                }
                if let Err(failed) = world.admit(Call::Describe, id) {
                    described.failed.push((id.clone(), failed));
                    continue;
                }
                match world.going.get_mut(id) {
                    Some(0) => world.vanish(id),
                    Some(descriptions) => *descriptions -= 1,
                    None => {}
                }
                described.found.extend(world.resources.get(id).cloned());
            }
            world.calls_left = left;
            described
        })
    }

    fn loosen<'a>(&'a self, resource: &'a Resource) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(Call::Loosen, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                let loose = std::mem::take(&mut one.loose);
                one.uses.retain(|used| !loose.contains(used));
            }
            Ok(())
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        _how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            self.about(Call::Delete, resource).await?;
            let mut world = self.world();
            let id = &resource.id;
            let Some(one) = world.resources.get(id) else {
                return Ok(Deletion::Gone);
            };
            if one.protection.is_some() {
                return Err(error(Call::Delete, Some(id), CloudErrorKind::Protected));
            }
            if let Some(user) = world.user_of(id).filter(|_| world.enforces) {
                let message = format!("{id} has a dependent object: {}", user.id);
                return Err(CloudError {
                    code: Some("DependencyViolation".to_owned()),
                    message,
                    ..error(Call::Delete, Some(id), CloudErrorKind::Wait)
                });
            }
            if let Some(at) = world.scheduled.get(id).copied() {
                world.vanish(id);
                return Ok(Deletion::Scheduled(at));
            }
            match world.slow.get(id).copied() {
                Some(descriptions) => {
                    world.going.entry(id.clone()).or_insert(descriptions);
                    Ok(Deletion::Begun)
                }
                None => {
                    world.vanish(id);
                    Ok(Deletion::Gone)
                }
            }
        })
    }

    fn stop<'a>(&'a self, resource: &'a Resource) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(Call::Stop, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                one.stopped = true;
                // Whoever looks now no longer sees what it was.
                one.size = one.size.as_ref().map(|_| asleep());
            }
            Ok(())
        })
    }

    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(Call::Start, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                one.stopped = *prior == asleep();
                one.size = Some(prior.clone());
            }
            Ok(())
        })
    }

    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        _window: Span,
        _now: Timestamp,
    ) -> Soon<'a, BTreeMap<ResourceId, Observed>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((Call::Activity, None));
            let known = resources.iter().filter_map(|one| {
                let observed = world.activity.get(&one.id)?;
                Some((one.id.clone(), observed.clone()))
            });
            known.collect()
        })
    }

    fn bill<'a>(&'a self, _from: Date, _to: Date) -> Soon<'a, Result<Bill, CloudError>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((Call::Bill, None));
            world.has_credentials()?;
            Ok(world.bill.clone())
        })
    }

    fn prices<'a>(
        &'a self,
        _resources: &'a [Resource],
    ) -> Soon<'a, Result<Vec<Price>, CloudError>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((Call::Prices, None));
            world.has_credentials()?;
            Ok(world.prices.clone())
        })
    }
}

/// The size of what is stopped.
#[must_use]
pub fn asleep() -> Value {
    serde_json::json!({ "asleep": true })
}

fn error(call: Call, id: Option<&ResourceId>, kind: CloudErrorKind) -> CloudError {
    let (code, message) = match kind {
        CloudErrorKind::Gone => ("NotFound", "it does not exist"),
        CloudErrorKind::Wait => ("DependencyViolation", "it has a dependent object"),
        CloudErrorKind::Throttled => ("RequestLimitExceeded", "too many calls"),
        CloudErrorKind::Denied => ("UnauthorizedOperation", "you may not"),
        CloudErrorKind::Credentials => ("ExpiredToken", "the credentials have expired"),
        CloudErrorKind::Protected => ("OperationNotPermitted", "it is protected"),
        CloudErrorKind::Unreachable => ("ServiceUnavailable", "it did not answer in time"),
        CloudErrorKind::Other => ("ValidationError", "it makes no sense"),
    };
    CloudError {
        service: "fake".to_owned(),
        call: format!("{call:?}"),
        resource: id.map(ToString::to_string),
        code: Some(code.to_owned()),
        message: message.to_owned(),
        kind,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ResourceId {
        ResourceId(text.to_owned())
    }

    /// What is used cannot go before what uses it, and a deletion that only begins is through after its descriptions.
    #[tokio::test]
    async fn it_is_as_strict_as_a_cloud() {
        let subnet = resource("ec2:subnet", "s", "shop");
        let mut instance = resource("ec2:instance", "i", "shop");
        instance.uses = vec![subnet.id.clone()];
        let cloud = FakeCloud::new([subnet.clone(), instance.clone()]);
        cloud.takes(&instance.id, 1);
        let how = Deleting::default();
        let refused = cloud.delete(&subnet, how).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Wait);
        assert_eq!(cloud.delete(&instance, how).await, Ok(Deletion::Begun));
        let ask = [instance.clone()];
        assert_eq!(cloud.describe(&ask).await.found.len(), 1);
        assert_eq!(cloud.describe(&ask).await.found.len(), 0);
        assert_eq!(cloud.delete(&subnet, how).await, Ok(Deletion::Gone));
        assert_eq!(cloud.ids(), []);
        let deletes = [subnet.id.clone(), instance.id, subnet.id];
        assert_eq!(cloud.called(Call::Delete), deletes);
    }

    /// A group that lives makes its members again; untagged ones are found through it.
    #[tokio::test]
    async fn a_group_makes_its_members_again() {
        let group = resource("autoscaling:autoScalingGroup", "g", "shop");
        let mut member = resource("ec2:instance", "m", "shop");
        member.owner = Some(group.id.clone());
        member.tags.clear();
        let cloud = FakeCloud::new([group.clone(), member.clone()]);
        cloud.recreates(&group.id, member.clone());
        let how = Deleting::default();
        cloud.delete(&member, how).await.unwrap();
        assert_eq!(cloud.ids().len(), 2);
        let which = Which::Stack(super::super::stack_name("shop"));
        let found = cloud.discover(&which).await.resources;
        assert_eq!(found.len(), 2);
        cloud.delete(&group, how).await.unwrap();
        let made = id("ec2:instance/m-1");
        let made = cloud.get(&made).unwrap();
        cloud.delete(&made, how).await.unwrap();
        assert_eq!(cloud.ids(), []);
    }

    /// Scripted refusals come so many times; expired credentials fail everything.
    #[tokio::test]
    async fn refusals_come_as_often_as_they_were_asked_for() {
        let queue = resource("sqs", "q", "shop");
        let cloud = FakeCloud::new([queue.clone()]);
        let kind = CloudErrorKind::Throttled;
        cloud.refuse(Call::Delete, &queue.id, kind, Times::Few(2));
        let how = Deleting::default();
        assert!(cloud.delete(&queue, how).await.is_err());
        cloud.expires_after(1);
        assert!(cloud.delete(&queue, how).await.is_err());
        let expired = cloud.delete(&queue, how).await.unwrap_err();
        assert_eq!(expired.kind, CloudErrorKind::Credentials);
        cloud.answers();
        assert_eq!(cloud.delete(&queue, how).await, Ok(Deletion::Gone));
    }
}
