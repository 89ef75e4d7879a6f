//! The known state of the cloud, by stack: resources, use and bill.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::cloud::{Place, Resource, ResourceId};
use crate::idle::{Activity, DEFAULT_WINDOW, Evidence, IdleState};
use crate::inventory::{BillHistory, CloudSnapshot, PlaceScan, StackBill, TaggedStack, gap_covers};
use crate::lease::Lease;
use crate::values::ttl::Span;

/// The known state of the cloud at one moment, indexed by stack.
#[derive(Clone, Debug, Default)]
pub struct CloudView {
    known: CloudSnapshot,
    bill: BillHistory,
    stacks: BTreeMap<TaggedStack, Vec<ResourceId>>,
    /// The stacks with resources in places that are not configured.
    elsewhere: BTreeSet<TaggedStack>,
}

impl CloudView {
    /// Builds the view of the configured places. Resources in other places are dropped.
    #[must_use]
    pub fn new(mut known: CloudSnapshot, bill: BillHistory, places: &[Place]) -> Self {
        let is_elsewhere = |resource: &Resource| !places.contains(&resource.place);
        let stacks = known.stacks().into_iter();
        let elsewhere = stacks
            .filter(|(_, resources)| resources.iter().any(|one| is_elsewhere(one)))
            .map(|(tags, _)| tags)
            .collect();
        known.places.retain(|place, _| places.contains(place));
        known
            .resources
            .retain(|_, resource| places.contains(&resource.place));
        let stacks = known.stacks().into_iter();
        let stacks = stacks
            .map(|(tags, resources)| {
                let ids = resources.into_iter().map(|resource| resource.id.clone());
                (tags, ids.collect())
            })
            .collect();
        Self {
            known,
            bill,
            stacks,
            elsewhere,
        }
    }

    /// Whether resources of a stack may exist that this view does not show: a configured place has
    /// never answered, or a place of the stack is no longer configured.
    #[must_use]
    pub fn may_hide(&self, lease: &Lease) -> bool {
        let is_unknown = |place: &PlaceScan| {
            let mut gaps = place.gaps.iter();
            gaps.any(|gap| gap.kind.is_none() && gap.answered_at.is_none())
        };
        self.known.places.values().any(is_unknown)
            || self.elsewhere.iter().any(|tags| tags.is_of(lease))
    }

    /// The snapshot behind this view.
    #[must_use]
    pub fn known(&self) -> &CloudSnapshot {
        &self.known
    }

    /// The bill, as far as it was requested.
    #[must_use]
    pub fn bill(&self) -> &BillHistory {
        &self.bill
    }

    /// Every tagged stack, by name.
    pub fn stacks(&self) -> impl Iterator<Item = &TaggedStack> {
        self.stacks.keys()
    }

    /// The resources whose tags belong to a lease's stack.
    #[must_use]
    pub fn resources(&self, lease: &Lease) -> Vec<&Resource> {
        let stacks = self.named(lease.name.as_str());
        let own = stacks.filter(|tags| tags.is_of(lease));
        own.flat_map(|tags| self.tagged(tags)).collect()
    }

    /// The resources of a tagged stack.
    #[must_use]
    pub fn tagged(&self, tags: &TaggedStack) -> Vec<&Resource> {
        let ids = self.stacks.get(tags).into_iter().flatten();
        ids.filter_map(|id| self.known.resources.get(id)).collect()
    }

    /// When the first resource of a tagged stack was created, if known.
    #[must_use]
    pub fn began(&self, tags: &TaggedStack) -> Option<Timestamp> {
        let resources = self.tagged(tags).into_iter();
        resources.filter_map(|resource| resource.created_at).min()
    }

    /// Whether a scan that began after this time has seen the resource.
    #[must_use]
    pub fn seen_after(&self, resource: &Resource, time: Timestamp) -> bool {
        self.known.seen_at(resource) > Some(time)
    }

    /// The tagged stacks to which none of the given live leases belongs.
    #[must_use]
    pub fn unleased(&self, leases: &[impl Borrow<Lease>]) -> Vec<&TaggedStack> {
        let mut by_name: BTreeMap<&str, &Lease> = BTreeMap::new();
        let leases = leases.iter().map(Borrow::borrow);
        let live = leases.filter(|lease: &&Lease| lease.is_live());
        by_name.extend(live.map(|lease| (lease.name.as_str(), lease)));
        let leased = |tags: &TaggedStack| {
            let lease = by_name.get(tags.name.as_str());
            lease.is_some_and(|lease| tags.is_of(lease))
        };
        self.stacks.keys().filter(|tags| !leased(tags)).collect()
    }

    /// The use of a lease's stack, measured within its window.
    #[must_use]
    pub fn observed(&self, lease: &Lease, now: Timestamp) -> Activity {
        let window = lease.terms.idle_after.unwrap_or(DEFAULT_WINDOW);
        self.observed_of(&self.resources(lease), window, now)
    }

    /// The use of a tagged stack, measured within the default window.
    #[must_use]
    pub fn observed_tagged(&self, tags: &TaggedStack, now: Timestamp) -> Activity {
        self.observed_of(&self.tagged(tags), DEFAULT_WINDOW, now)
    }

    /// Collects the evidence of each resource. A measurement that is too old, covers too short a
    /// time, or is missing stays in the list without a value, so that a part is not taken for the
    /// whole.
    fn observed_of(&self, resources: &[&Resource], window: Span, now: Timestamp) -> Activity {
        let mut evidence = Vec::new();
        let mut quiet: Vec<Option<Timestamp>> = Vec::new();
        for resource in resources {
            let Some(stored) = self.known.uses.get(&resource.id) else {
                // A resource that can be stopped provides compute, so its use must be measured.
                if resource.size.is_some() && !resource.stopped {
                    evidence.push(nothing(
                        format!("{} was never measured", resource.id.short()),
                        window,
                    ));
                }
                continue;
            };
            let old = window.after(stored.at) < now;
            for measurement in &stored.observed.evidence {
                let is_too_young =
                    |created_at: Timestamp| measurement.window.after(created_at) > stored.at;
                let too_short = measurement.state() == IdleState::Idle
                    && resource.created_at.is_some_and(is_too_young);
                evidence.push(Evidence {
                    value: measurement.value.filter(|_| !old && !too_short),
                    ..measurement.clone()
                });
            }
            if !stored.observed.evidence.is_empty() {
                quiet.push(stored.observed.quiet_since);
            }
        }
        if !resources.is_empty() {
            evidence.extend(self.silent(resources, window));
        }
        // If one resource has no such time, none is known for the whole.
        let quiet: Option<Vec<Timestamp>> = quiet.into_iter().collect();
        Activity {
            evidence,
            quiet_since: quiet.and_then(|quiet| quiet.into_iter().max()),
        }
    }

    /// What may hide a use: a place that did not answer in one of the stack's accounts, or a type
    /// of its resources.
    fn silent(&self, resources: &[&Resource], window: Span) -> Vec<Evidence> {
        let mut evidence = Vec::new();
        for (place, place_scan) in &self.known.places {
            for gap in &place_scan.gaps {
                let hides = resources.iter().any(|resource| match &gap.kind {
                    None => resource.place.account == place.account,
                    Some(kind) => {
                        resource.place == *place && gap_covers(Some(kind), &resource.kind)
                    }
                });
                if hides {
                    let kind = gap.kind.as_deref().unwrap_or("everything");
                    evidence.push(nothing(format!("{kind} in {place} did not answer"), window));
                }
            }
        }
        evidence
    }

    /// The billed amount of a stack from the day of `from` on. The bill identifies stacks by name
    /// only, so this is `None` if several stacks share the name.
    #[must_use]
    pub fn billed(&self, name: &str, from: Option<Timestamp>) -> Option<StackBill> {
        let mut others = self.named(name).map(|tags| (&tags.app, &tags.owner));
        let first = others.next();
        if others.any(|other| Some(other) != first) {
            return None;
        }
        self.bill.billed(name, from.map_or(Date::MIN, day_of))
    }

    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a TaggedStack> {
        let first = TaggedStack {
            name: name.to_owned(),
            app: None,
            owner: None,
            account: String::new(),
        };
        let stacks = self.stacks.range(first..).map(|(tags, _)| tags);
        stacks.take_while(move |tags| tags.name == name)
    }
}

/// Evidence without a value.
fn nothing(signal: String, window: Span) -> Evidence {
    Evidence {
        signal,
        value: None,
        threshold: 1.0,
        unit: None,
        window,
    }
}

fn day_of(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}
