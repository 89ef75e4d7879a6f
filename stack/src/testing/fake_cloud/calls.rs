//! The fake cloud's implementation of [`Cloud`].

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::world::error;
use super::{CloudCall, FakeCloud, asleep};
use crate::cloud::{
    AutomaticStarts, Bill, BoxFuture, Cloud, CloudError, CloudErrorKind, DeleteOptions, Deletion,
    Described, Discovery, DiscoveryScope, Place, Price, Resource, ResourceId, Unchecked,
};
use crate::idle::Activity;
use crate::values::tags;
use crate::values::ttl::Span;

impl FakeCloud {
    /// Yields, so that concurrent calls interleave.
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

    async fn about(&self, call: CloudCall, resource: &Resource) -> Result<(), CloudError> {
        self.travel().await;
        let mut world = self.world();
        world.calls.push((call, Some(resource.id.clone())));
        world.admit(call, &resource.id)
    }
}

impl Cloud for FakeCloud {
    fn discover<'a>(&'a self, which: &'a DiscoveryScope) -> BoxFuture<'a, Discovery> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((CloudCall::Discover, None));
            let mut found = Discovery {
                clock: world.clock,
                unchecked: world.silent.clone(),
                requests: 1,
                ..Discovery::default()
            };
            if let Err(error) = world.has_credentials() {
                let places: BTreeSet<Place> = world
                    .resources
                    .values()
                    .map(|one| one.place.clone())
                    .collect();
                found.unchecked = places
                    .into_iter()
                    .map(|place| Unchecked {
                        place,
                        kind: None,
                        reason: error.to_string(),
                        credentials: true,
                    })
                    .collect();
                return found;
            }
            let named = |one: &Resource| match (which, one.tag(tags::STACK)) {
                (DiscoveryScope::All, tag) => tag.is_some(),
                (DiscoveryScope::Stack(name), tag) => tag == Some(name.as_str()),
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

    fn describe<'a>(&'a self, resources: &'a [Resource]) -> BoxFuture<'a, Described> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            let mut described = Described::default();
            for asked in resources {
                let id = &asked.id;
                world.calls.push((CloudCall::Describe, Some(id.clone())));
            }
            if let Err(error) = world.has_credentials() {
                let failed = resources.iter().map(|one| (one.id.clone(), error.clone()));
                described.failed = failed.collect();
                return described;
            }
            // One call, whatever the number of resources.
            let left = world.calls_left.take();
            for asked in resources {
                let id = &asked.id;
                let silent = world.silence(asked).map(|one| one.credentials);
                if let Some(credentials) = silent {
                    let kind = match credentials {
                        true => CloudErrorKind::Credentials,
                        false => CloudErrorKind::Unreachable,
                    };
                    let failed = error(CloudCall::Describe, Some(id), kind);
                    described.failed.push((id.clone(), failed));
                    continue;
                }
                if let Err(failed) = world.admit(CloudCall::Describe, id) {
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

    fn locate(&self, id: &ResourceId) -> Vec<Resource> {
        let Some((kind, _)) = id.as_str().split_once('/') else {
            return Vec::new();
        };
        let place = Place {
            account: "111111111111".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        vec![Resource::named(id.clone(), kind, place)]
    }

    fn detach_references<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::DetachReferences, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                let loose = std::mem::take(&mut one.detachable);
                one.uses.retain(|used| !loose.contains(used));
            }
            Ok(())
        })
    }

    fn users<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<Vec<Resource>, CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::Users, resource).await?;
            let world = self.world();
            let uses = |other: &&Resource| other.uses.contains(&resource.id);
            let users = world.resources.values().filter(uses);
            Ok(users.cloned().collect())
        })
    }

    fn detach_reference<'a>(
        &'a self,
        user: &'a Resource,
        used: &'a ResourceId,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::DetachReference, user).await?;
            if let Some(one) = self.world().resources.get_mut(&user.id) {
                one.detachable.retain(|id| id != used);
                one.uses.retain(|id| id != used);
            }
            Ok(())
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        _how: DeleteOptions,
    ) -> BoxFuture<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::Delete, resource).await?;
            let mut world = self.world();
            let id = &resource.id;
            let Some(one) = world.resources.get(id) else {
                return Ok(Deletion::Gone);
            };
            if one.protection.is_some() {
                return Err(error(
                    CloudCall::Delete,
                    Some(id),
                    CloudErrorKind::Protected,
                ));
            }
            if let Some(user) = world.user_of(id).filter(|_| world.enforces) {
                let message = format!("{id} has a dependent object: {}", user.id);
                return Err(CloudError {
                    code: Some("DependencyViolation".to_owned()),
                    message,
                    ..error(CloudCall::Delete, Some(id), CloudErrorKind::InUse)
                });
            }
            if let Some(at) = world.scheduled.get(id).copied() {
                world.vanish(id);
                return Ok(Deletion::Scheduled(at));
            }
            match world.slow.get(id).copied() {
                Some(descriptions) => {
                    world.going.entry(id.clone()).or_insert(descriptions);
                    Ok(Deletion::Started)
                }
                None => {
                    world.vanish(id);
                    Ok(Deletion::Gone)
                }
            }
        })
    }

    fn stop<'a>(&'a self, resource: &'a Resource) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::Stop, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                one.stopped = true;
                // A later description no longer shows the previous size.
                one.size = one.size.as_ref().map(|_| asleep());
            }
            Ok(())
        })
    }

    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            self.about(CloudCall::Start, resource).await?;
            if let Some(one) = self.world().resources.get_mut(&resource.id) {
                one.stopped = *prior == asleep();
                one.size = Some(prior.clone());
            }
            Ok(())
        })
    }

    fn automatic_starts<'a>(
        &'a self,
        resources: &'a [Resource],
        _now: Timestamp,
    ) -> BoxFuture<'a, AutomaticStarts> {
        Box::pin(async move {
            self.travel().await;
            let mut starts = self.world().starts.clone();
            let asked = |id: &ResourceId| resources.iter().any(|one| one.id == *id);
            starts.found.retain(|start| asked(&start.id));
            starts.unread.retain(|unread| asked(&unread.id));
            starts
        })
    }

    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        _window: Span,
        _now: Timestamp,
    ) -> BoxFuture<'a, BTreeMap<ResourceId, Activity>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((CloudCall::Activity, None));
            let known = resources.iter().filter_map(|one| {
                let observed = world.activity.get(&one.id)?;
                Some((one.id.clone(), observed.clone()))
            });
            known.collect()
        })
    }

    fn bill<'a>(&'a self, _from: Date, _to: Date) -> BoxFuture<'a, Result<Bill, CloudError>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((CloudCall::Bill, None));
            world.has_credentials()?;
            Ok(world.bill.clone())
        })
    }

    fn prices<'a>(
        &'a self,
        _resources: &'a [Resource],
    ) -> BoxFuture<'a, Result<Vec<Price>, CloudError>> {
        Box::pin(async move {
            self.travel().await;
            let mut world = self.world();
            world.calls.push((CloudCall::Prices, None));
            world.has_credentials()?;
            Ok(world.prices.clone())
        })
    }
}
