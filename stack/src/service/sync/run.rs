//! Queries the cloud: what exists, whether it is used, and what the ledger has to record.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{ClockSkew, CloudAccess, CloudData, ServiceError};
use crate::cloud::{DiscoveryScope, Place, Resource, Unchecked};
use crate::idle::DEFAULT_WINDOW;
use crate::inventory::Rate;
use crate::lease::Lease;
use crate::ledger::Scope;
use crate::values::id::StackName;
use crate::values::money::HourlyRate;
use crate::values::ttl::{Elapsed, Span};
use crate::view::CloudView;

/// When the cloud is queried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyncMode {
    /// Now.
    Always,
    /// Only when the stored data is older than configured, or missing.
    WhenOld,
}

/// The result of a sync.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SyncReport {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub seconds: Elapsed,
    /// The places that answered, at least in part.
    pub looked: Vec<Place>,
    /// The places, and types in places, that did not answer.
    pub not_looked: Vec<Unchecked>,
    /// Every stack that a tag names, by name.
    pub stacks: Vec<SyncedStack>,
    /// How many resources were found in all.
    pub resources: usize,
    /// How many requests it took.
    pub requests: u64,
    /// The gone stacks of which something was found.
    pub reopened: Vec<StackName>,
    /// What could not be written to the ledger, and why.
    pub unwritten: Vec<String>,
    /// The stacks that break a rule of governance; empty if the configuration does not check them.
    pub noncompliant: Vec<StackName>,
    /// Set if the clocks are too far apart.
    #[serde(skip)]
    pub clock_skew: Option<ClockSkew>,
}

/// A stack as its tags name it, and what was found of it.
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
    /// Whether this ledger has a lease for it.
    pub leased: bool,
    /// How many resources it has there.
    pub resources: usize,
    /// The hourly cost of the priced resources.
    pub hourly_usd: Option<HourlyRate>,
}

impl CloudData<'_> {
    /// Queries the cloud: scans every place, stores the result, asks whether the resources are
    /// used, and records changes in the ledger. Syncs of one process run one at a time. `None`
    /// without a cloud, and when the stored data is recent enough.
    ///
    /// # Errors
    /// When the ledger or the inventory cannot be read. A place that does not answer, and a ledger
    /// that cannot be written, are in the report.
    pub async fn sync(self, mode: SyncMode) -> Result<Option<SyncReport>, ServiceError> {
        let Some(access) = &self.service.cloud_access else {
            return Ok(None);
        };
        let _turn = access.turn.lock().await;
        // Another task may have synced while this one waited for the lock.
        if mode == SyncMode::WhenOld && !self.is_old(access).await? {
            return Ok(None);
        }
        access.price_as_known().await?;
        let at = self.service.now();
        let found = access.cloud.discover(&DiscoveryScope::All).await;
        let known = self
            .record_scan(access, &DiscoveryScope::All, at, &found)
            .await?;
        let clock_skew = known
            .clock
            .filter(|_| found.clock.is_some())
            .and_then(ClockSkew::between);
        let leases = self.service.ledger.leases(Scope::All).await?;
        let places = self.places();
        let bill = access.inventory.bill().await?;
        let cloud = CloudView::new(known, bill, &places);
        self.ask_use(access, &leases, &cloud, &found.unchecked)
            .await?;
        let bill = cloud.bill().clone();
        let cloud = CloudView::new(access.inventory.known().await?, bill, &places);
        let mut told = self.update_ledger(&leases, &cloud).await?;
        let checked = self.update_compliance(&leases, &cloud).await?;
        told.unwritten.extend(checked.problems);
        let silent = |place: &Place| {
            let mut gaps = found.unchecked.iter();
            gaps.any(|gap| gap.place == *place && gap.kind.is_none())
        };
        Ok(Some(SyncReport {
            at,
            seconds: Elapsed::between(at, self.service.now()),
            looked: places.into_iter().filter(|one| !silent(one)).collect(),
            stacks: synced(&cloud, &leases),
            resources: found.resources.len(),
            requests: found.requests,
            not_looked: found.unchecked,
            reopened: told.reopened,
            unwritten: told.unwritten,
            noncompliant: checked.noncompliant,
            clock_skew,
        }))
    }

    /// Whether the recorded scans are older than the configuration allows.
    async fn is_old(self, access: &CloudAccess) -> Result<bool, ServiceError> {
        let places = self.places();
        let view = access.view(places.clone()).await?;
        let scanned_at = view.known().tried_at(&places);
        Ok(self
            .service
            .config
            .dashboard
            .is_stale(scanned_at, self.service.now()))
    }

    /// Asks whether the resources are used, within each stack's window; all stacks with one window
    /// are asked together. What was measured in a place that does not answer now stays as it is.
    async fn ask_use(
        self,
        access: &CloudAccess,
        leases: &[Lease],
        cloud: &CloudView,
        unchecked: &[Unchecked],
    ) -> Result<(), ServiceError> {
        let mut windows: BTreeMap<Span, Vec<Resource>> = BTreeMap::new();
        let silent = |place: &Place| {
            let mut gaps = unchecked.iter();
            gaps.any(|gap| gap.place == *place && gap.kind.is_none())
        };
        let mut ask = |window: Span, resources: Vec<&Resource>| {
            let confirmed = resources
                .into_iter()
                .filter(|one| one.is_confirmed() && !silent(&one.place));
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
            let now = self.service.now();
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
