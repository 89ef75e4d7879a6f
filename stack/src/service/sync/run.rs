//! Asking the cloud again: what stands there, whether it is used, and then what the ledger has to be told.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{ClockSkew, CloudAccess, Service, ServiceError};
use crate::cloud::{DiscoveryScope, Place, Resource, Unchecked};
use crate::idle::DEFAULT_WINDOW;
use crate::inventory::Rate;
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::values::id::StackName;
use crate::values::money::HourlyRate;
use crate::values::ttl::{Elapsed, Span};
use crate::view::CloudView;

/// When the cloud is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Now.
    Always,
    /// Only when what is known is older than the configuration allows, or nothing is.
    WhenOld,
}

/// What asking the cloud has brought.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncReport {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub seconds: Elapsed,
    /// The places that answered, if only in part.
    pub looked: Vec<Place>,
    /// The places, and the types in places, that did not.
    pub not_looked: Vec<Unchecked>,
    /// Every stack that a tag names, by name.
    pub stacks: Vec<SyncedStack>,
    /// How many resources were found in all.
    pub resources: usize,
    /// How many requests finding them took.
    pub requests: u64,
    /// The stacks that were gone and of which something was found after all.
    pub reopened: Vec<StackName>,
    /// What could not be written into the ledger, and why.
    pub unwritten: Vec<String>,
    /// That the clocks are too far apart.
    #[serde(skip)]
    pub clock_skew: Option<ClockSkew>,
}

/// One stack as its tags name it, and what was found of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncedStack {
    /// The value of `jiti:stack`.
    pub name: String,
    /// The value of `jiti:app`.
    pub app: Option<String>,
    /// The value of `jiti:owner`.
    pub owner: Option<String>,
    /// The account.
    pub account: String,
    /// Whether a lease of this ledger is about it.
    pub leased: bool,
    /// How many resources it has there.
    pub resources: usize,
    /// What they cost an hour, as far as they have a price.
    pub hourly_usd: Option<HourlyRate>,
}

impl Service {
    /// Asks the cloud again: looks everywhere, remembers what it found, asks whether that is used, and tells the
    /// ledger what has changed. Two syncs of one process are never made at once. `None` without a cloud, and when what
    /// is known is young enough.
    ///
    /// # Errors
    /// What the ledger or the inventory says when they can't be read. A place that does not answer is no error, and
    /// neither is a ledger that can't be written: both are in the report.
    pub async fn sync(&self, mode: SyncMode) -> Result<Option<SyncReport>, ServiceError> {
        let Some(access) = &self.cloud_access else {
            return Ok(None);
        };
        let _turn = access.turn.lock().await;
        // Whoever had the turn before may have done it already.
        if mode == SyncMode::WhenOld && !self.is_old(access).await? {
            return Ok(None);
        }
        access.price_as_known().await?;
        let at = self.now();
        let found = access.cloud.discover(&DiscoveryScope::All).await;
        let known = self
            .record_scan(access, &DiscoveryScope::All, at, &found)
            .await?;
        let clock_skew = known
            .clock
            .filter(|_| found.clock.is_some())
            .and_then(ClockSkew::between);
        let leases = self.ledger.leases(Scope::All).await?;
        let places = self.places();
        let bill = access.inventory.bill().await?;
        let cloud = CloudView::new(known, bill, &places);
        self.ask_use(access, &leases, &cloud).await?;
        let bill = cloud.bill().clone();
        let cloud = CloudView::new(access.inventory.known().await?, bill, &places);
        let told = self.tell_ledger(&leases, &cloud).await?;
        let silent = |place: &Place| {
            let mut gaps = found.unchecked.iter();
            gaps.any(|gap| gap.place == *place && gap.kind.is_none())
        };
        Ok(Some(SyncReport {
            at,
            seconds: Elapsed::between(at, self.now()),
            looked: places.into_iter().filter(|one| !silent(one)).collect(),
            stacks: synced(&cloud, &leases),
            resources: found.resources.len(),
            requests: found.requests,
            not_looked: found.unchecked,
            reopened: told.reopened,
            unwritten: told.unwritten,
            clock_skew,
        }))
    }

    /// Whether the recorded scans are older than the configuration allows.
    async fn is_old(&self, access: &CloudAccess) -> Result<bool, ServiceError> {
        let places = self.places();
        let view = access.view(places.clone()).await?;
        let scanned_at = view.known().tried_at(&places);
        Ok(self.config.dashboard.is_stale(scanned_at, self.now()))
    }

    /// Asks whether the resources are used: each stack's within the window that it asks for, all stacks of one window
    /// together.
    async fn ask_use(
        &self,
        access: &CloudAccess,
        leases: &[Lease],
        cloud: &CloudView,
    ) -> Result<(), ServiceError> {
        let mut windows: BTreeMap<Span, Vec<Resource>> = BTreeMap::new();
        let mut ask = |window: Span, resources: Vec<&Resource>| {
            let confirmed = resources.into_iter().filter(|one| one.is_confirmed());
            windows
                .entry(window)
                .or_default()
                .extend(confirmed.cloned());
        };
        for lease in leases.iter().filter(|lease| lease.is_live()) {
            let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
            ask(window, cloud.resources(lease));
        }
        for tags in cloud.unleased(leases) {
            ask(DEFAULT_WINDOW, cloud.tagged(tags));
        }
        for (window, resources) in windows {
            if resources.is_empty() {
                continue;
            }
            let now = self.now();
            let seen = access.cloud.activity(&resources, window, now).await;
            access.inventory.record_activity(now, seen).await?;
        }
        Ok(())
    }
}

fn synced(cloud: &CloudView, leases: &[Lease]) -> Vec<SyncedStack> {
    let unleased = cloud.unleased(leases);
    let stacks = cloud.stacks().map(|tags| {
        let resources = cloud.tagged(tags);
        SyncedStack {
            name: tags.name.clone(),
            app: tags.app.clone(),
            owner: tags.owner.clone(),
            account: tags.account.clone(),
            leased: !unleased.contains(&tags),
            resources: resources.len(),
            hourly_usd: Rate::sum(&resources).hourly_usd,
        }
    });
    stacks.collect()
}
