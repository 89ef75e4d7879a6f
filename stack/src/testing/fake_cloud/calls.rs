//! How a cloud in memory answers the calls of the seam.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::world::error;
use super::{Call, FakeCloud, asleep};
use crate::cloud::{
    Bill, Cloud, CloudError, CloudErrorKind, Deleting, Deletion, Described, Found, NotLooked,
    Place, Price, Resource, ResourceId, Soon, Which,
};
use crate::idle::Observed;
use crate::values::tags;
use crate::values::ttl::Span;

impl FakeCloud {
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
