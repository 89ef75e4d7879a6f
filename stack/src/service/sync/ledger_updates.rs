//! Records what a sync found in the ledger: changed rates, activity, causes, and resources of a
//! stack that was marked gone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{CloudData, ServiceError};
use crate::cloud::{Place, Resource, ResourceClass};
use crate::cost::{EarlierCharge, MinimumCharge};
use crate::idle::{DEFAULT_WINDOW, Evidence, IdleState};
use crate::init::{CreatedType, MAX_CREATED_TYPES, reporter};
use crate::inventory::Rate;
use crate::lease::{EventKind, Lease, Phase, ResidueDetails};
use crate::ledger::LedgerError;
use crate::service::leases::readiness::not_ready_event;
use crate::sweep::{OwnershipVerdicts, StackIdentity, judge_ownership};
use crate::values::id::StackName;
use crate::values::money::HourlyRate;
use crate::values::tags;
use crate::values::ttl::Span;
use crate::view::CloudView;

/// The minimum time between two recorded activities: more would bury the other events.
const MIN_ACTIVITY_INTERVAL: Span = Span::minutes(30);

/// The result of the updates.
#[derive(Debug, Default)]
pub(super) struct LedgerUpdates {
    /// Stacks that were gone and are residue now.
    pub(super) reopened: Vec<StackName>,
    /// What could not be written, and why.
    pub(super) unwritten: Vec<String>,
}

impl CloudData<'_> {
    /// Records what has changed. The result names what the ledger refused. A ledger that cannot be
    /// written is tried once.
    pub(super) async fn update_ledger(
        self,
        leases: &[Lease],
        cloud: &CloudView,
    ) -> Result<LedgerUpdates, ServiceError> {
        let mut told = LedgerUpdates::default();
        let places = self.places().into_iter().collect();
        for lease in leases {
            let now = self.service.now();
            let told_one = if lease.is_live() {
                if seen(lease, cloud, now).is_empty() {
                    continue;
                }
                let told = self
                    .service
                    .change(&lease.name, |lease, now| Ok(seen(lease, cloud, now)));
                told.await.map(|_| false)
            } else {
                if left(lease, cloud, &places).is_empty() {
                    continue;
                }
                self.reopen(&lease.name, cloud, &places).await
            };
            match told_one {
                Ok(false) | Err(ServiceError::Unknown { .. }) => {}
                Ok(true) => told.reopened.push(lease.name.clone()),
                Err(error) => {
                    told.unwritten.push(error.to_string());
                    if is_closed(&error) {
                        break;
                    }
                }
            }
        }
        Ok(told)
    }

    /// Records a stack's rate from the stored cloud data, if it has changed.
    pub(in crate::service) async fn update_rate(
        self,
        stack: &StackName,
    ) -> Result<(), ServiceError> {
        let Some(cloud) = self.cloud_view().await? else {
            return Ok(());
        };
        let rates = |lease: &Lease, now| {
            let falls = lease.recorded_phase == Phase::TearingDown;
            let rate = rated(lease, &cloud, now).filter(|_| !falls);
            Ok(rate.into_iter().collect())
        };
        self.service.change(stack, rates).await.map(drop)
    }

    /// Makes a gone stack residue again; returns whether it did.
    async fn reopen(
        self,
        name: &StackName,
        cloud: &CloudView,
        places: &BTreeSet<Place>,
    ) -> Result<bool, ServiceError> {
        self.service
            .retry_on_conflict(name, || async {
                // Another process was faster, or the name is in use again.
                let lease = self.service.ledger.lease(name).await?;
                let Some(lease) = lease.filter(|lease| !lease.is_live()) else {
                    return Ok(Some(false));
                };
                let kinds = left(&lease, cloud, places);
                if kinds.is_empty() {
                    return Ok(Some(false));
                }
                let (after, now) = (lease.last_seq(), self.service.now());
                let written = self.service.append(name, after, now, kinds).await?;
                Ok(written.map(|_| true))
            })
            .await
    }
}

/// Whether another try to write is useless.
pub(super) fn is_closed(error: &ServiceError) -> bool {
    use LedgerError::{Denied, Full, Locked, Missing, Older, ReadOnly};
    matches!(
        error,
        ServiceError::Ledger(
            ReadOnly { .. }
                | Denied { .. }
                | Missing { .. }
                | Older { .. }
                | Full { .. }
                | Locked { .. }
        )
    )
}

/// The events for a live stack.
fn seen(lease: &Lease, cloud: &CloudView, now: Timestamp) -> Vec<EventKind> {
    // During a teardown, the rate falls with every resource, and ends with it.
    if !lease.is_live() || lease.recorded_phase == Phase::TearingDown {
        return Vec::new();
    }
    rated(lease, cloud, now)
        .into_iter()
        .chain(used(lease, cloud, now))
        .chain(not_ready(lease, cloud))
        .collect()
}

/// Why the stack is not ready yet, as its resources show it, where that has changed.
fn not_ready(lease: &Lease, cloud: &CloudView) -> Vec<EventKind> {
    let resources = cloud.resources(lease);
    let causes = resources.iter().filter_map(|one| {
        let found_by = reporter(one.id.as_str());
        not_ready_event(lease, &found_by, one.not_ready.as_ref())
    });
    causes.collect()
}

/// The rate, when it, its source or what it leaves out has changed.
fn rated(lease: &Lease, cloud: &CloudView, now: Timestamp) -> Option<EventKind> {
    let resources = cloud.resources(lease);
    let (rate, source, unpriced) = lease.meter.measured();
    let Rate {
        hourly_usd,
        source: new_source,
        unpriced: new_unpriced,
    } = Rate::sum(&resources);
    // Without any tagged resource, the rate is unknown; after there was one, nothing is left that
    // costs.
    let hourly_usd = match (resources.is_empty(), rate) {
        (true, None) => return None,
        (true, Some(_)) => Some(HourlyRate::ZERO),
        (false, _) => hourly_usd,
    };
    // What jiti cannot see may still cost as much as before.
    if rate.is_some() && hourly_usd < rate && cloud.may_hide(lease) {
        return None;
    }
    let new_source = if resources.is_empty() {
        source.unwrap_or_default().to_owned()
    } else {
        new_source
    };
    let same_source = hourly_usd.is_none() || source == Some(new_source.as_str());
    if rate == hourly_usd && same_source && unpriced == new_unpriced {
        return None;
    }
    Some(EventKind::Rated {
        hourly_usd,
        hourly_source: new_source,
        unpriced: new_unpriced,
        at_least: charged_anyway(&resources, now),
        accrued: match lease.meter.accrues_from() {
            Some(from) => charged_before(&resources, from, now),
            None => Vec::new(),
        },
        created: created_in_init(lease, &resources),
    })
}

/// When the resources of the current init were created, by type, unless the app or a script has
/// reported its phases. Services report whole seconds.
fn created_in_init(lease: &Lease, resources: &[&Resource]) -> Vec<CreatedType> {
    let Some(init) = &lease.init else {
        return Vec::new();
    };
    if init.has_reported_phases() {
        return Vec::new();
    }
    let requested = init.requested_at().as_second();
    let end = init.provisioned_at().or(init.ready_at());
    let mut first: BTreeMap<&str, (Timestamp, Option<ResourceClass>)> = BTreeMap::new();
    for one in resources {
        if let Some(created) = one.created_at
            && created.as_second() >= requested
            && end.is_none_or(|end| created < end)
        {
            let known = first.entry(&one.kind).or_insert((created, one.facts.class));
            known.0 = known.0.min(created);
        }
    }
    let mut types: Vec<CreatedType> = first
        .into_iter()
        .map(|(kind, (at, class))| CreatedType {
            kind: kind.to_owned(),
            class: class.map(|class| class.as_str().to_owned()),
            at,
        })
        .collect();
    types.sort_by_key(|created| created.at);
    types.truncate(MAX_CREATED_TYPES);
    if types == init.created_types() {
        return Vec::new();
    }
    types
}

/// The rates of the resources that were created before now, by creation time. What was created
/// before `from`, when the lease began, counts from then on.
fn charged_before(resources: &[&Resource], from: Timestamp, now: Timestamp) -> Vec<EarlierCharge> {
    let mut since: BTreeMap<Timestamp, HourlyRate> = BTreeMap::new();
    for one in resources {
        if let (Some(created), Some(rate)) = (one.created_at, one.hourly_usd)
            && created < now
            && rate > HourlyRate::ZERO
        {
            let sum = since.entry(created.max(from)).or_default();
            *sum = *sum + rate;
        }
    }
    since
        .into_iter()
        .map(|(since, hourly_usd)| EarlierCharge { since, hourly_usd })
        .collect()
}

/// What is charged beyond this moment, even if the resources are deleted now.
fn charged_anyway(resources: &[&Resource], now: Timestamp) -> Vec<MinimumCharge> {
    let mut until: BTreeMap<Timestamp, HourlyRate> = BTreeMap::new();
    for one in resources {
        if let (Some(end), Some(rate)) = (one.charged_until, one.hourly_usd)
            && end > now
        {
            let sum = until.entry(end).or_default();
            *sum = *sum + rate;
        }
    }
    until
        .into_iter()
        .map(|(until, hourly_usd)| MinimumCharge { until, hourly_usd })
        .collect()
}

/// Activity, unless it was recorded recently.
fn used(lease: &Lease, cloud: &CloudView, now: Timestamp) -> Option<EventKind> {
    let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
    let half = Span::from_seconds(window.seconds() / 2).unwrap_or(window);
    let lately = lease
        .last_activity
        .as_ref()
        .is_some_and(|last| MIN_ACTIVITY_INTERVAL.min(half).after(last.at) > now);
    if lately {
        return None;
    }
    let observed = cloud.observed(lease, now);
    let mut evidence = observed.evidence.into_iter();
    let active = evidence.find(|one: &Evidence| one.state() == IdleState::Active)?;
    Some(EventKind::Activity {
        signal: active.signal,
    })
}

/// The resources left of a gone stack: they carry its tags, are confirmed, are not older than its
/// lease, and were not created after it was gone. If a service does not tell the creation time, a
/// resource counts only as long as nothing with the same tags was created later: that would be a
/// stack built since.
fn left(lease: &Lease, cloud: &CloudView, places: &BTreeSet<Place>) -> Vec<EventKind> {
    if lease.forgotten {
        return Vec::new();
    }
    let gone_at = lease.phase_since;
    // A scan that began before the end may have seen what the teardown then deleted.
    let is_later = |one: &&Resource| cloud.seen_after(one, gone_at);
    let found: Vec<Resource> = cloud
        .resources(lease)
        .into_iter()
        .filter(is_later)
        .cloned()
        .collect();
    if found.is_empty() {
        return Vec::new();
    }
    if found.iter().any(|one| one.created_at > Some(gone_at)) {
        return Vec::new();
    }
    let identity = StackIdentity::of_lease(lease);
    let judgement: OwnershipVerdicts = judge_ownership(&found, &identity, places);
    let left = found.iter().filter(|one| {
        let belongs = judgement
            .get(&one.id)
            .is_some_and(crate::sweep::OwnershipVerdict::belongs);
        // What is deleted with its owner is not left on its own.
        belongs && one.tag(tags::STACK).is_some()
    });
    left.map(|one| EventKind::ResourceLeft {
        id: one.id.to_string(),
        reason: format!("found_again: a {} of this stack still exists", one.kind),
        blocked_by: None,
        details: ResidueDetails {
            kind: Some(one.kind.clone()),
            region: Some(one.place.region.clone()),
            hourly_usd: one.hourly_usd,
            command: None,
            resource_id: None,
        },
    })
    .collect()
}
