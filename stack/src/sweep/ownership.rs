//! Decides whether a resource belongs to a stack, by its tags, owner, age and own service. In
//! doubt, it does not.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cloud::{Confirmation, Place, Resource, ResourceId};
use crate::lease::Lease;
use crate::values::id::{AppName, Owner, StackName};
use crate::values::tags;

/// Tolerance for clock differences, and for resources created slightly before the request was
/// recorded.
const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// What identifies a stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackIdentity {
    /// The stack's name.
    pub name: StackName,
    /// Its application.
    pub app: AppName,
    /// All owners that the stack has had.
    pub owners: BTreeSet<Owner>,
    /// When the lease began; `None` without a lease.
    pub since: Option<Timestamp>,
    /// The only account of a stack that was found by tags: the same name in another account is
    /// another stack.
    pub account: Option<String>,
}

impl StackIdentity {
    /// The identity of a lease's stack.
    #[must_use]
    pub fn of_lease(lease: &Lease) -> Self {
        Self {
            name: lease.name.clone(),
            app: lease.app.clone(),
            owners: lease.owners().cloned().collect(),
            since: Some(lease.created_at),
            account: None,
        }
    }
}

/// The relation of a resource to a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ownership {
    /// The resource belongs to the stack and may be deleted.
    Belongs,
    /// The resource carries the stack's name, or belongs to one that does, but must not be deleted:
    /// it is residue.
    Stays,
    /// The resource belongs to another stack or to none.
    Foreign,
}

/// A verdict with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnershipVerdict {
    /// The relation to the stack.
    pub verdict: Ownership,
    /// The reason, for the reader of a plan.
    pub reason: String,
    /// The id of the resource that blocks the deletion, if known.
    pub blocked_by: Option<String>,
}

/// The verdicts on all discovered resources, by id.
pub type OwnershipVerdicts = BTreeMap<ResourceId, OwnershipVerdict>;

/// Judges all discovered resources. `places` are the configured ones: nothing is deleted elsewhere.
#[must_use]
pub fn judge_ownership(
    resources: &[Resource],
    stack: &StackIdentity,
    places: &BTreeSet<Place>,
) -> OwnershipVerdicts {
    let rules = OwnershipRules {
        stack,
        places,
        all: resources
            .iter()
            .map(|resource| (&resource.id, resource))
            .collect(),
    };
    let mut verdicts = OwnershipVerdicts::new();
    for resource in resources {
        rules.judge_ownership(resource, &mut verdicts, &mut BTreeSet::new());
    }
    rules.spare_owners(&mut verdicts);
    verdicts
}

struct OwnershipRules<'a> {
    stack: &'a StackIdentity,
    places: &'a BTreeSet<Place>,
    all: BTreeMap<&'a ResourceId, &'a Resource>,
}

impl OwnershipRules<'_> {
    /// Judges one resource, after the resources that its verdict depends on. `path` holds those in
    /// progress.
    fn judge_ownership(
        &self,
        resource: &Resource,
        verdicts: &mut OwnershipVerdicts,
        path: &mut BTreeSet<ResourceId>,
    ) -> OwnershipVerdict {
        if let Some(judged) = verdicts.get(&resource.id) {
            return judged.clone();
        }
        if !path.insert(resource.id.clone()) {
            return stays("its owners form a cycle");
        }
        let mut other = |id: &ResourceId| {
            let resource = self.all.get(id)?;
            Some(self.judge_ownership(resource, verdicts, path))
        };
        let owner = resource.owner.as_ref().map(|id| (id, other(id)));
        let unit = resource.part_of.as_ref().map(|id| (id, other(id)));
        let judged = self.verdict(resource, owner.as_ref(), unit.as_ref());
        verdicts.insert(resource.id.clone(), judged.clone());
        judged
    }

    fn verdict(
        &self,
        resource: &Resource,
        owner: Option<&(&ResourceId, Option<OwnershipVerdict>)>,
        unit: Option<&(&ResourceId, Option<OwnershipVerdict>)>,
    ) -> OwnershipVerdict {
        let by_tag = match self.by_tag(resource) {
            TagMatch::Other(judged) => return judged,
            TagMatch::Mismatch(judged) => Some(judged),
            TagMatch::Matches => None,
            TagMatch::No => match &owner {
                Some((_, Some(judged))) if judged.verdict == Ownership::Belongs => None,
                Some((id, Some(judged))) if judged.verdict == Ownership::Stays => {
                    let reason = format!("it has no tag, and its owner stays: {id}");
                    return stays_for(reason, id);
                }
                _ => {
                    return foreign(
                        "it has no tag of this stack, and no resource of this stack owns it",
                    );
                }
            },
        };
        let owned = owner
            .as_ref()
            .filter(|(_, owner)| owner.as_ref().is_some_and(OwnershipVerdict::belongs));
        let own = by_its_own_service(resource, owned.is_some());
        if let Some(judged) = self.by_place(resource).or(by_tag).or(own) {
            return judged;
        }
        if let Some((id, judged)) = &unit
            && !judged.as_ref().is_some_and(OwnershipVerdict::belongs)
        {
            let reason = format!(
                "it is managed by {id}, which does not belong to this stack, and is deleted only with it"
            );
            return stays_for(reason, id);
        }
        if let Some((id, Some(judged))) = &owner
            && !judged.belongs()
        {
            let reason = format!("its owner does not belong to this stack, or stays: {id}");
            return stays_for(reason, id);
        }
        if let Some(judged) = self.by_age(resource) {
            return judged;
        }
        let age = match (resource.created_at, self.stack.since) {
            (None, Some(_)) => "; its creation time is unknown",
            _ => "",
        };
        let reason = match (&owner, resource.tag(tags::STACK)) {
            (Some((id, _)), None) => format!("its sole owner {id} belongs to the stack{age}"),
            _ => format!("its tags match the stack's name, app and owner{age}"),
        };
        OwnershipVerdict {
            verdict: Ownership::Belongs,
            reason,
            blocked_by: None,
        }
    }

    fn by_tag(&self, resource: &Resource) -> TagMatch {
        let stack = self.stack;
        let Some(name) = resource.tag(tags::STACK) else {
            return TagMatch::No;
        };
        if name != stack.name.as_str() {
            return TagMatch::Other(foreign(format!("its tag names another stack: {name}")));
        }
        let account = stack.account.as_ref();
        if account.is_some_and(|account| *account != resource.place.account) {
            return TagMatch::Other(foreign(
                "it is in another account, so it belongs to another stack",
            ));
        }
        let app = resource.tag(tags::APP);
        let owner = resource.tag(tags::OWNER);
        let same_app = app == Some(stack.app.as_str());
        let same_owner =
            owner.is_some_and(|owner| stack.owners.iter().any(|o| o.as_str() == owner));
        if same_app && same_owner {
            return TagMatch::Matches;
        }
        // For a stack found by tags, every other combination of tags is another stack.
        if let (None, Some(app), Some(owner)) = (stack.since, app, owner) {
            let reason =
                format!("it belongs to another stack of the same name: app {app}, owner {owner}");
            return TagMatch::Other(foreign(reason));
        }
        let (key, value, expected) = if same_app {
            let owners: Vec<&str> = stack.owners.iter().map(Owner::as_str).collect();
            (tags::OWNER, owner, owners.join(" or "))
        } else {
            (tags::APP, app, stack.app.to_string())
        };
        TagMatch::Mismatch(stays(match value {
            Some(value) => format!("its tag {key} is {value}, but the stack's is {expected}"),
            None => format!("it has no tag {key}; the stack's is {expected}"),
        }))
    }

    fn by_place(&self, resource: &Resource) -> Option<OwnershipVerdict> {
        let configured = self.places.contains(&resource.place);
        (!configured).then(|| stays(format!("{} is not configured", resource.place)))
    }

    fn by_age(&self, resource: &Resource) -> Option<OwnershipVerdict> {
        let (created_at, since) = (resource.created_at?, self.stack.since?);
        let older = created_at < since - CLOCK_TOLERANCE;
        older.then(|| {
            stays(format!(
                "it is older than the lease: created at {created_at}, but the lease began at {since}"
            ))
        })
    }

    /// A deletion also removes what the resource owns and its parts, so it stays if one of those
    /// must stay.
    fn spare_owners(&self, verdicts: &mut OwnershipVerdicts) {
        loop {
            let spared = self.all.values().find_map(|child| {
                let judged = verdicts.get(&child.id).filter(|judged| !judged.belongs())?;
                // For a part that its own service could not confirm, the whole decides.
                let unit = child.part_of.as_ref().filter(|_| child.is_confirmed());
                let mut above = child.owner.iter().chain(unit);
                let owner =
                    above.find(|id| verdicts.get(id).is_some_and(OwnershipVerdict::belongs))?;
                let reason = format!(
                    "deleting it would also delete {}, which must stay: {}",
                    child.id, judged.reason
                );
                Some((owner.clone(), stays_for(reason, &child.id)))
            });
            let Some((owner, judged)) = spared else {
                return;
            };
            verdicts.insert(owner.clone(), judged);
            // What it owned has no owner to be deleted with.
            for child in self.all.values() {
                let mut above = child.owner.iter().chain(&child.part_of);
                let orphan = above.any(|id| *id == owner)
                    && verdicts
                        .get(&child.id)
                        .is_some_and(OwnershipVerdict::belongs);
                if orphan {
                    let reason = format!("its owner stays: {owner}");
                    verdicts.insert(child.id.clone(), stays_for(reason, &owner));
                }
            }
        }
    }
}

enum TagMatch {
    Matches,
    /// The name matches, but another tag does not.
    Mismatch(OwnershipVerdict),
    Other(OwnershipVerdict),
    No,
}

/// Returns why a sweep keeps a resource, regardless of its tags. A resource that a service made for
/// itself is deleted with its owner.
fn by_its_own_service(resource: &Resource, is_owned: bool) -> Option<OwnershipVerdict> {
    match &resource.confirmation {
        Confirmation::Confirmed => {}
        Confirmation::Unconfirmed(why) => {
            return Some(stays(format!("its own service did not confirm it: {why}")));
        }
        Confirmation::UnknownType { command } => {
            let kind = &resource.kind;
            return Some(stays(match command {
                Some(_) => format!(
                    "jiti cannot delete the type {kind}: run the command, then this teardown again"
                ),
                None => format!(
                    "jiti cannot delete the type {kind}: delete it yourself, then run this teardown again"
                ),
            }));
        }
    }
    if let Some(why) = resource.untouchable.as_ref().filter(|_| !is_owned) {
        return Some(stays(format!("it must not be deleted: {why}")));
    }
    let flag = resource.protection.as_ref()?;
    Some(stays(format!(
        "it is protected: {flag} is on, and jiti never switches it off"
    )))
}

impl OwnershipVerdict {
    /// Whether the resource may be deleted.
    #[must_use]
    pub fn belongs(&self) -> bool {
        self.verdict == Ownership::Belongs
    }
}

fn stays(reason: impl Into<String>) -> OwnershipVerdict {
    OwnershipVerdict {
        verdict: Ownership::Stays,
        reason: reason.into(),
        blocked_by: None,
    }
}

fn stays_for(reason: String, id: &ResourceId) -> OwnershipVerdict {
    OwnershipVerdict {
        blocked_by: Some(id.to_string()),
        ..stays(reason)
    }
}

fn foreign(reason: impl Into<String>) -> OwnershipVerdict {
    OwnershipVerdict {
        verdict: Ownership::Foreign,
        reason: reason.into(),
        blocked_by: None,
    }
}

#[cfg(test)]
mod tests;
