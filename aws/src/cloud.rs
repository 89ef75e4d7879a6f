//! The cloud of the domain, answered by AWS.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use stack::cloud::{
    Bill, CloudError, CloudErrorKind, Deleting, Deletion, Described, Found, Price, Resource,
    ResourceId, Soon, Which,
};
use stack::idle::Observed;
use stack::{Cloud, Config, Place, Span};

use crate::client::Clients;
use crate::client::accounts::Accounts;
use crate::client::rate_limit::Pace;
use crate::discovery::{self, unlooked};
use crate::metrics;
use crate::pricing::bill;
use crate::pricing::{self, Table};
use crate::types::{self, Type};

/// AWS, in the accounts and regions of a configuration.
pub struct AwsCloud {
    accounts: Accounts,
    places: Vec<Place>,
    pace: Arc<Pace>,
    prices: RwLock<Table>,
}

impl AwsCloud {
    /// A cloud that asks nothing before it is asked. `own_endpoint` says that calls go to an endpoint of one's own
    /// instead of AWS, whose documented limits then do not apply.
    #[must_use]
    pub fn new(config: &Config, own_endpoint: bool) -> Self {
        let pace = Arc::new(Pace::new(!own_endpoint));
        Self {
            accounts: Accounts::new(config, &pace),
            places: config.places().collect(),
            pace,
            prices: RwLock::new(Table::built_in()),
        }
    }

    /// Sets the rates of resources that were just described.
    fn rate(&self, resources: &mut [Resource]) {
        let table = self.prices.read().unwrap_or_else(PoisonError::into_inner);
        for resource in resources {
            pricing::rate(resource, &table);
        }
    }

    /// Clients for the bill and the price list.
    async fn billing(&self) -> Result<Arc<Clients>, CloudError> {
        let nobody = || CloudError {
            service: "jiti".to_owned(),
            call: "access".to_owned(),
            resource: None,
            code: None,
            message: "no account is configured: add one under [[account]]".to_owned(),
            kind: CloudErrorKind::Denied,
        };
        self.accounts.billing().await.ok_or_else(nobody)?
    }

    async fn look(&self, place: Place, which: &Which) -> Found {
        match self.accounts.clients(&place).await {
            Ok(at) => discover::place(&at, which).await,
            Err(error) => Found {
                not_looked: vec![unlooked(&place, None, &error)],
                ..Found::default()
            },
        }
    }

    /// The clients and the type of a resource.
    async fn of(
        &self,
        resource: &Resource,
    ) -> Result<(Arc<Clients>, &'static dyn Type), CloudError> {
        let at = self.accounts.clients(&resource.place).await?;
        let kind = types::named(&resource.kind).ok_or_else(|| CloudError {
            service: "jiti".to_owned(),
            call: "type".to_owned(),
            resource: Some(resource.id.to_string()),
            code: None,
            message: format!("jiti does not know the type {}", resource.kind),
            kind: CloudErrorKind::Other,
        })?;
        Ok((at, kind))
    }
}

impl Cloud for AwsCloud {
    fn discover<'a>(&'a self, which: &'a Which) -> Soon<'a, Found> {
        Box::pin(async move {
            let before = self.pace.requests();
            let places = self.places.iter().cloned();
            let looks = places.map(|place| self.look(place, which));
            let mut all = Found::default();
            for found in join_all(looks).await {
                all.resources.extend(found.resources);
                all.not_looked.extend(found.not_looked);
            }
            // What is in no region is listed in each by the index of some services.
            all.resources.sort_by(|a, b| a.id.cmp(&b.id));
            all.resources.dedup_by(|a, b| a.id == b.id);
            self.rate(&mut all.resources);
            all.requests = self.pace.requests() - before;
            all.clock = self.pace.cloud_time();
            all
        })
    }

    fn describe<'a>(&'a self, resources: &'a [Resource]) -> Soon<'a, Described> {
        Box::pin(async move {
            let mut places: BTreeMap<&Place, Vec<ResourceId>> = BTreeMap::new();
            let mut owners = HashMap::new();
            for resource in resources {
                let ids = places.entry(&resource.place).or_default();
                ids.push(resource.id.clone());
                owners.insert(&resource.id, &resource.owner);
            }
            let answers = places.into_iter().map(async |(place, ids)| {
                match self.accounts.clients(place).await {
                    Ok(at) => discover::describe(&at, &ids).await,
                    Err(error) => {
                        let mut seen = types::Seen::default();
                        seen.fail(&ids, &error);
                        seen
                    }
                }
            });
            let mut described = Described::default();
            for answer in join_all(answers).await {
                for sighting in answer.found {
                    let mut resource = sighting.resource;
                    // Who owns it is seen from its owner, which was not asked about here.
                    if resource.owner.is_none() {
                        let owner = owners.get(&resource.id).copied();
                        resource.owner = owner.cloned().flatten();
                    }
                    described.found.push(resource);
                }
                described.failed.extend(answer.failed);
            }
            self.rate(&mut described.found);
            described
        })
    }

    fn loosen<'a>(&'a self, resource: &'a Resource) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (at, kind) = self.of(resource).await?;
            kind.loosen(&at, resource).await
        })
    }

    fn delete<'a>(
        &'a self,
        resource: &'a Resource,
        how: Deleting,
    ) -> Soon<'a, Result<Deletion, CloudError>> {
        Box::pin(async move {
            let (at, kind) = self.of(resource).await?;
            kind.delete(&at, resource, how).await
        })
    }

    fn stop<'a>(&'a self, resource: &'a Resource) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (at, kind) = self.of(resource).await?;
            kind.stop(&at, resource).await
        })
    }

    fn start<'a>(
        &'a self,
        resource: &'a Resource,
        prior: &'a Value,
    ) -> Soon<'a, Result<(), CloudError>> {
        Box::pin(async move {
            let (at, kind) = self.of(resource).await?;
            kind.start(&at, resource, prior).await
        })
    }

    fn activity<'a>(
        &'a self,
        resources: &'a [Resource],
        window: Span,
        now: Timestamp,
    ) -> Soon<'a, BTreeMap<ResourceId, Observed>> {
        Box::pin(async move {
            let mut places: BTreeMap<&Place, Vec<&Resource>> = BTreeMap::new();
            for resource in resources.iter().filter(|resource| resource.is_confirmed()) {
                places.entry(&resource.place).or_default().push(resource);
            }
            let answers = places.into_iter().map(async |(place, resources)| {
                match self.accounts.clients(place).await {
                    Ok(at) => metrics::observe(&at, &resources, window, now).await,
                    Err(error) => metrics::unreachable(&resources, window, now, &error),
                }
            });
            join_all(answers).await.into_iter().flatten().collect()
        })
    }

    fn bill<'a>(&'a self, from: Date, to: Date) -> Soon<'a, Result<Bill, CloudError>> {
        Box::pin(async move { bill::bill(&*self.billing().await?, from, to).await })
    }

    fn prices<'a>(&'a self, resources: &'a [Resource]) -> Soon<'a, Result<Vec<Price>, CloudError>> {
        Box::pin(async move {
            let at = self.billing().await?;
            let prices = pricing::present(&at, resources).await?;
            self.know_prices(prices.clone());
            Ok(prices)
        })
    }

    fn know_prices(&self, prices: Vec<Price>) {
        let mut table = self.prices.write().unwrap_or_else(PoisonError::into_inner);
        table.overlay(prices);
    }
}
