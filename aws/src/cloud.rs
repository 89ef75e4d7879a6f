//! Implements [`stack::Cloud`] for AWS.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::{join, join_all};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use stack::cloud::{
    AutomaticStarts, Bill, BoxFuture, CloudError, CloudErrorKind, DeleteOptions, Deletion,
    Described, Discovery, DiscoveryScope, Price, Resource, ResourceId, UnreadStarts,
};
use stack::idle::Activity;
use stack::{Cloud, Config, Place, Span};

use crate::application_auto_scaling;
use crate::arn::Arn;
use crate::client::Clients;
use crate::client::accounts::Accounts;
use crate::client::error::own_error;
use crate::client::rate_limit::RateLimiter;
use crate::coverage::outlives;
use crate::discovery::{self, HomeIndexes};
use crate::metrics;
use crate::pricing::{self, PriceTable};
use crate::resource_type::{Descriptions, ResourceType};
use crate::types;

/// AWS, in the accounts and regions of a configuration.
pub struct AwsCloud {
    accounts: Accounts,
    places: Vec<Place>,
    limiter: Arc<RateLimiter>,
    prices: RwLock<PriceTable>,
}

impl AwsCloud {
    /// Connects to the accounts of a configuration. This makes no call yet.
    ///
    /// `custom_endpoint` says that calls go to another endpoint than AWS. The rate limits that AWS
    /// documents then do not apply.
    #[must_use]
    pub fn new(config: &Config, custom_endpoint: bool) -> Self {
        let limiter = Arc::new(RateLimiter::new(!custom_endpoint));
        Self {
            accounts: Accounts::new(config, &limiter),
            places: config.places().collect(),
            limiter,
            prices: RwLock::new(PriceTable::built_in()),
        }
    }

    /// Sets the hourly rates and the facts of newly described resources.
    fn complete(&self, resources: &mut [Resource]) {
        let prices = self.prices.read().unwrap_or_else(PoisonError::into_inner);
        for resource in resources {
            let is_known_type = types::by_name(&resource.kind).is_some();
            pricing::rate(resource, is_known_type, &prices);
            crate::type_facts::set_facts(resource);
            crate::governance::complete(resource, is_known_type);
            // The plan says of a secret until when its name stays taken.
            if resource.outlives.is_none() && resource.kind != "secretsmanager:secret" {
                resource.outlives = outlives(&resource.kind).map(str::to_owned);
            }
        }
    }

    async fn discover_place(
        &self,
        place: Place,
        scope: &DiscoveryScope,
        home: &HomeIndexes,
    ) -> Discovery {
        match self.accounts.clients(&place).await {
            Ok(clients) => discovery::discover(&clients, scope, home).await,
            Err(error) => Discovery {
                unchecked: vec![discovery::gap(&place, None, &error)],
                ..Discovery::default()
            },
        }
    }

    /// What starts stopped resources again by the means of their own service.
    async fn own_starts(&self, resources: &[Resource]) -> AutomaticStarts {
        let stoppable = resources.iter().filter(|resource| resource.size.is_some());
        let calls = stoppable.map(async |resource| {
            let answer = match self.clients_and_type(resource).await {
                Ok((clients, kind)) => kind.automatic_starts(&clients, resource).await,
                Err(error) => Err(error),
            };
            (resource, answer)
        });
        let mut starts = AutomaticStarts::default();
        for (resource, answer) in join_all(calls).await {
            match answer {
                Ok(found) => starts.found.extend(found),
                Err(error) => starts.unread.push(UnreadStarts {
                    id: resource.id.clone(),
                    reason: error.to_string(),
                }),
            }
        }
        starts
    }

    /// What Application Auto Scaling starts again or resizes.
    async fn scaling_starts(&self, resources: &[Resource], now: Timestamp) -> AutomaticStarts {
        let mut places: BTreeMap<&Place, Vec<&Resource>> = BTreeMap::new();
        for resource in resources {
            places.entry(&resource.place).or_default().push(resource);
        }
        let calls = places.into_iter().map(async |(place, resources)| {
            match self.accounts.clients(place).await {
                Ok(clients) => application_auto_scaling::starts(&clients, &resources, now).await,
                Err(error) => application_auto_scaling::unreachable(&resources, &error),
            }
        });
        let mut starts = AutomaticStarts::default();
        for found in join_all(calls).await {
            starts.found.extend(found.found);
            starts.unread.extend(found.unread);
        }
        starts
    }

    async fn clients_and_type(
        &self,
        resource: &Resource,
    ) -> Result<(Arc<Clients>, &'static dyn ResourceType), CloudError> {
        let clients = self.accounts.clients(&resource.place).await?;
        let kind = types::by_name(&resource.kind).ok_or_else(|| {
            let message = format!("jiti does not know the resource type {}", resource.kind);
            let id = Some(resource.id.as_str());
            own_error("jiti", "type", id, CloudErrorKind::Other, message)
        })?;
        Ok((clients, kind))
    }
}

impl Cloud for AwsCloud {
    fn discover<'a>(&'a self, scope: &'a DiscoveryScope) -> BoxFuture<'a, Discovery> {
        Box::pin(async move {
            let requests_before = self.limiter.requests();
            let places = self.places.iter().cloned();
            let home = HomeIndexes::default();
            let scans = places.map(|place| self.discover_place(place, scope, &home));
            let mut all = Discovery::default();
            for found in join_all(scans).await {
                all.resources.extend(found.resources);
                all.unchecked.extend(found.unchecked);
            }
            // Some services list a global resource in every region.
            all.resources.sort_by(|a, b| a.id.cmp(&b.id));
            all.resources.dedup_by(|a, b| a.id == b.id);
            self.complete(&mut all.resources);
            all.requests = self.limiter.requests() - requests_before;
            all.clock = self.limiter.cloud_time();
            all
        })
    }

    fn describe<'a>(&'a self, resources: &'a [Resource]) -> BoxFuture<'a, Described> {
        Box::pin(async move {
            let mut places: BTreeMap<&Place, Vec<ResourceId>> = BTreeMap::new();
            let mut owners = HashMap::new();
            for resource in resources {
                let ids = places.entry(&resource.place).or_default();
                ids.push(resource.id.clone());
                owners.insert(&resource.id, &resource.owner);
            }
            let calls = places.into_iter().map(async |(place, ids)| {
                match self.accounts.clients(place).await {
                    Ok(clients) => discovery::describe(&clients, &ids).await,
                    Err(error) => {
                        let mut descriptions = Descriptions::default();
                        descriptions.fail(&ids, &error);
                        descriptions
                    }
                }
            });
            let mut described = Described::default();
            for answer in join_all(calls).await {
                for description in answer.found {
                    let mut resource = description.resource;
                    // Only the description of an owner lists what it owns.
                    if resource.owner.is_none() {
                        let owner = owners.get(&resource.id).copied();
                        resource.owner = owner.cloned().flatten();
                    }
                    described.found.push(resource);
                }
                described.failed.extend(answer.failed);
                described.undeleted.extend(answer.undeleted);
            }
            self.complete(&mut described.found);
            described
        })
    }

    fn locate(&self, id: &ResourceId) -> Vec<Resource> {
        let Some(arn) = Arn::from_id(id) else {
            return Vec::new();
        };
        let kind = types::name_of(id);
        let region = if types::is_global(id) {
            Place::GLOBAL
        } else {
            arn.region
        };
        let places = self.places.iter().filter(|place| {
            let is_account = arn.account.is_empty() || arn.account == place.account;
            // The ARN of a bucket says neither account nor region, and no bucket is global.
            let is_region = match region {
                "" => place.region != Place::GLOBAL,
                region => place.region == region,
            };
            is_account && is_region
        });
        places
            .map(|place| Resource::named(id.clone(), &kind, place.clone()))
            .collect()
    }

    fn detach_references<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(resource).await?;
            kind.detach_references(&clients, resource).await
        })
    }

    fn users<'a>(
        &'a self,
        resource: &'a Resource,
    ) -> BoxFuture<'a, Result<Vec<Resource>, CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(resource).await?;
            kind.users(&clients, resource).await
        })
    }

    fn detach_reference<'a>(
        &'a self,
        user: &'a Resource,
        used: &'a ResourceId,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(user).await?;
            kind.detach_reference(&clients, user, used).await
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        options: DeleteOptions,
    ) -> BoxFuture<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(resource).await?;
            kind.delete(&clients, resource, options).await
        })
    }

    fn stop<'a>(&'a self, resource: &'a Resource) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(resource).await?;
            kind.stop(&clients, resource).await
        })
    }

    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> BoxFuture<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (clients, kind) = self.clients_and_type(resource).await?;
            kind.start(&clients, resource, prior).await
        })
    }

    fn automatic_starts<'a>(
        &'a self,
        resources: &'a [Resource],
        now: Timestamp,
    ) -> BoxFuture<'a, AutomaticStarts> {
        Box::pin(async move {
            let (own, scaled) = join(
                self.own_starts(resources),
                self.scaling_starts(resources, now),
            )
            .await;
            AutomaticStarts {
                found: [own.found, scaled.found].concat(),
                unread: [own.unread, scaled.unread].concat(),
            }
        })
    }

    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        window: Span,
        now: Timestamp,
    ) -> BoxFuture<'a, BTreeMap<ResourceId, Activity>> {
        Box::pin(async move {
            let mut places: BTreeMap<&Place, Vec<&Resource>> = BTreeMap::new();
            for resource in resources.iter().filter(|resource| resource.is_confirmed()) {
                places.entry(&resource.place).or_default().push(resource);
            }
            let calls = places.into_iter().map(async |(place, resources)| {
                match self.accounts.clients(place).await {
                    Ok(clients) => metrics::observe(&clients, &resources, window, now).await,
                    Err(error) => metrics::unreachable(&resources, window, now, &error),
                }
            });
            join_all(calls).await.into_iter().flatten().collect()
        })
    }

    fn bill<'a>(&'a self, from: Date, to: Date) -> BoxFuture<'a, Result<Bill, CloudError>> {
        Box::pin(async move { pricing::bill(&*self.accounts.billing().await?, from, to).await })
    }

    fn prices<'a>(
        &'a self,
        resources: &'a [Resource],
    ) -> BoxFuture<'a, Result<Vec<Price>, CloudError>> {
        Box::pin(async move {
            let clients = self.accounts.billing().await?;
            let prices = pricing::current_prices(&clients, resources).await?;
            self.set_prices(prices.clone());
            Ok(prices)
        })
    }

    fn set_prices(&self, prices: Vec<Price>) {
        let mut table = self.prices.write().unwrap_or_else(PoisonError::into_inner);
        table.overlay(prices);
    }
}
