//! The result of all scans so far, and how a new scan updates it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::CloudScan;
use crate::cloud::{
    Confirmation, Described, DiscoveryScope, Place, Resource, ResourceId, Unchecked,
};
use crate::idle::Activity;
use crate::sleep;
use crate::values::tags::STACK;
use crate::values::ttl::Elapsed;

/// The maximum number of owners to follow in search of a stack's tag.
const MAX_OWNER_DEPTH: usize = 8;

/// The known state of the cloud.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudSnapshot {
    /// The resources, as last described.
    pub resources: BTreeMap<ResourceId, Resource>,
    /// Every place that was ever scanned for all stacks.
    pub places: BTreeMap<Place, PlaceScan>,
    /// The use of resources, as last measured.
    pub uses: BTreeMap<ResourceId, DatedActivity>,
    /// The cloud's clock at the latest scan.
    pub clock: Option<CloudClock>,
}

/// The scans of one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceScan {
    /// When the place was last scanned.
    pub tried_at: Timestamp,
    /// When it last answered; `None` if it never has.
    pub answered_at: Option<Timestamp>,
    /// What did not answer in the last scan.
    pub gaps: Vec<ScanGap>,
}

/// A type of a place, or the whole place, that did not answer in the last scan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanGap {
    /// The type or service; `None` means everything in this place.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The cause of the failure.
    pub reason: String,
    /// Whether the credentials are at fault.
    pub credentials: bool,
    /// When it last answered, which is the age of what is known of it; `None` if it never has.
    pub answered_at: Option<Timestamp>,
}

/// The use of a resource, and when it was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatedActivity {
    /// When it was measured.
    pub at: Timestamp,
    /// The measurements.
    pub observed: Activity,
}

/// The cloud's time beside the local time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudClock {
    /// The time in the cloud.
    pub cloud: Timestamp,
    /// The local time at the same moment.
    pub here: Timestamp,
}

impl CloudClock {
    /// The absolute difference between the two clocks.
    #[must_use]
    pub fn skew(&self) -> Elapsed {
        Elapsed::between(self.cloud, self.here).plus(Elapsed::between(self.here, self.cloud))
    }
}

impl CloudSnapshot {
    /// The snapshot after a scan.
    ///
    /// What answered is replaced. What did not answer keeps its last known state and age. A
    /// resource that only the tag index lists this time keeps its last known details and becomes
    /// unconfirmed. A scan of one stack replaces that stack's resources and does not refresh the
    /// age of any place.
    #[must_use]
    pub fn with_scan(&self, scan: CloudScan) -> Self {
        let CloudScan {
            at,
            ended_at,
            which,
            places,
            found,
        } = scan;
        let silent = |place: &Place, kind: &str| {
            let mut gaps = found.unchecked.iter().filter(|gap| gap.place == *place);
            gaps.any(|gap| gap_covers(gap.kind.as_deref(), kind))
        };
        let places: BTreeSet<Place> = places.into_iter().collect();
        let stays = |resource: &Resource| {
            !places.contains(&resource.place)
                || silent(&resource.place, &resource.kind)
                || match &which {
                    DiscoveryScope::All => false,
                    DiscoveryScope::Stack(name) => self.stack_of(resource) != Some(name.as_str()),
                }
        };
        let resources = self.resources.iter();
        let mut resources: BTreeMap<ResourceId, Resource> = resources
            .filter(|(_, resource)| stays(resource))
            .map(|(id, resource)| (id.clone(), resource.clone()))
            .collect();
        for resource in &found.resources {
            let before = self.resources.get(&resource.id);
            resources.insert(resource.id.clone(), once_more(before, resource, at));
        }
        let uses = self.uses.iter();
        let uses = uses.filter(|(id, _)| resources.contains_key(id));
        let uses = uses.map(|(id, seen)| (id.clone(), seen.clone())).collect();
        let mut looked_at = self.places.clone();
        if which == DiscoveryScope::All {
            for place in places {
                let gaps = found.unchecked.iter().filter(|gap| gap.place == place);
                let before = looked_at.get(&place);
                let now = PlaceScan::with_descriptions(before, at, gaps.collect());
                looked_at.insert(place, now);
            }
        }
        Self {
            uses,
            resources,
            places: looked_at,
            clock: found
                .clock
                .map(|cloud| CloudClock {
                    cloud,
                    here: ended_at,
                })
                .or(self.clock),
        }
    }

    /// The snapshot after some resources were described again. Existing ones are updated, missing
    /// ones removed. Resources that no scan has found are not added, because the snapshot would
    /// then show a part of a stack as the whole.
    #[must_use]
    pub fn with_descriptions(
        &self,
        at: Timestamp,
        asked: &[ResourceId],
        described: &Described,
    ) -> Self {
        let mut after = self.clone();
        let silent: BTreeSet<&ResourceId> = described.failed.iter().map(|(id, _)| id).collect();
        let found = described.found.iter();
        let found: BTreeMap<&ResourceId, &Resource> =
            found.map(|resource| (&resource.id, resource)).collect();
        for id in asked.iter().filter(|id| !silent.contains(id)) {
            match (self.resources.get(id), found.get(id)) {
                (Some(before), Some(now)) => {
                    let now = once_more(Some(before), now, at);
                    after.resources.insert(id.clone(), now);
                }
                (Some(_), None) => {
                    after.resources.remove(id);
                    after.uses.remove(id);
                }
                (None, _) => {}
            }
        }
        after
    }

    /// The stack that the resource's tag, or its owner's tag, names.
    #[must_use]
    pub fn stack_of<'a>(&'a self, resource: &'a Resource) -> Option<&'a str> {
        self.tagged(resource)?.tag(STACK)
    }

    /// The resource whose tags count for this one: itself, or the nearest owner with a stack tag.
    #[must_use]
    pub fn tagged<'a>(&'a self, resource: &'a Resource) -> Option<&'a Resource> {
        let mut resource = resource;
        for _ in 0..MAX_OWNER_DEPTH {
            if resource.tag(STACK).is_some() {
                return Some(resource);
            }
            resource = self.resources.get(resource.owner.as_ref()?)?;
        }
        None
    }

    /// When a resource was last seen. Older than the last scan if its type did not answer since.
    #[must_use]
    pub fn seen_at(&self, resource: &Resource) -> Option<Timestamp> {
        let place = self.places.get(&resource.place)?;
        let gaps = place.gaps.iter();
        let gap = gaps
            .filter(|gap| gap_covers(gap.kind.as_deref(), &resource.kind))
            .map(|gap| gap.answered_at)
            .min();
        gap.unwrap_or(place.answered_at)
    }

    /// When the oldest of these places was last scanned; `None` if one never was.
    #[must_use]
    pub fn tried_at(&self, places: &[Place]) -> Option<Timestamp> {
        let tried = places.iter();
        let tried: Option<Vec<Timestamp>> = tried
            .map(|place| self.places.get(place).map(|place_scan| place_scan.tried_at))
            .collect();
        tried?.into_iter().min()
    }

    /// What did not answer in the last scan.
    #[must_use]
    pub fn unchecked(&self) -> Vec<Unchecked> {
        let places = self.places.iter();
        let gaps = places
            .flat_map(|(place, place_scan)| place_scan.gaps.iter().map(move |gap| (place, gap)));
        let gaps = gaps.map(|(place, gap)| Unchecked {
            place: place.clone(),
            kind: gap.kind.clone(),
            reason: gap.reason.clone(),
            credentials: gap.credentials,
        });
        gaps.collect()
    }
}

impl PlaceScan {
    fn with_descriptions(before: Option<&Self>, at: Timestamp, gaps: Vec<&Unchecked>) -> Self {
        let answered_at = before.and_then(|before| before.answered_at);
        let gap = |gap: &Unchecked| {
            let same =
                before.and_then(|before| before.gaps.iter().find(|before| before.kind == gap.kind));
            ScanGap {
                kind: gap.kind.clone(),
                reason: gap.reason.clone(),
                credentials: gap.credentials,
                answered_at: same.map_or(answered_at, |same| same.answered_at),
            }
        };
        let gaps: Vec<ScanGap> = gaps.into_iter().map(gap).collect();
        let silent = gaps.iter().any(|gap| gap.kind.is_none());
        Self {
            tried_at: at,
            answered_at: if silent { answered_at } else { Some(at) },
            gaps,
        }
    }
}

/// Whether a gap covers a type: the same type, its service, or everything.
pub(crate) fn gap_covers(gap: Option<&str>, kind: &str) -> bool {
    gap.is_none_or(|gap| {
        let rest = kind.strip_prefix(gap);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    })
}

/// Merges a resource found again with what was known of it.
fn once_more(before: Option<&Resource>, now: &Resource, at: Timestamp) -> Resource {
    match (before, &now.confirmation) {
        (Some(before), Confirmation::Unconfirmed(_)) if before.kind == now.kind => {
            let mut resource = before.clone();
            resource.confirmation = now.confirmation.clone();
            if resource.tags.is_empty() {
                resource.tags = now.tags.clone();
            }
            resource
        }
        (Some(before), Confirmation::Confirmed) => sleep::restarted(before, now.clone(), at),
        _ => now.clone(),
    }
}
