//! Finds the resources that carry a stack's tag, and those that they own.
//!
//! Candidates come from the tag indexes and from the types that no index lists; each type's own
//! service then confirms them. The tagging API lags behind and lists deleted resources, so an index
//! only ever gives candidates. Discovery drops what the service does not know, and reports what it
//! could not check as unconfirmed.

mod home_index;
mod tag_filter;
mod tag_index;
mod unknown_type;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::FutureExt;
use futures_util::future::join_all;
use stack::Place;
use stack::cloud::{
    CloudError, CloudErrorKind, Confirmation, Discovery, DiscoveryScope, Resource, ResourceId,
    Unchecked,
};

pub(crate) use self::home_index::HomeIndexes;
use self::tag_filter::{
    MAX_OWNERSHIP_DEPTH, assign_forwarding_rules, delete_gateways_after_subnets, parent_stack,
    retain_wanted,
};
pub(crate) use self::tag_index::tagged_among;
use self::tag_index::{ec2_tagged, tagged};
use crate::batch::with_limit;
use crate::client::Clients;
use crate::resource_type::{Description, Descriptions, ResourceType, TagIndex};
use crate::types;

/// What the tag index lists of an account besides its regions: DNS zones, CDN distributions.
const WITHOUT_REGION: &str = "resources without a region";

/// Finds the resources of one account and region.
pub(crate) async fn discover(
    clients: &Clients,
    scope: &DiscoveryScope,
    home: &HomeIndexes,
) -> Discovery {
    let mut found = Discovery::default();
    let candidates = candidates(clients, scope, home, &mut found.unchecked).await;
    let Candidates {
        mut index,
        mut described,
    } = candidates;
    index.retain(|id, _| !described.contains_key(id));
    let mut owners: HashMap<ResourceId, ResourceId> = HashMap::new();
    let mut pending: BTreeSet<ResourceId> = index.keys().cloned().collect();
    follow_owned(&described, &mut owners, &mut pending);
    let mut requested: BTreeSet<ResourceId> = described.keys().cloned().collect();
    for _ in 0..MAX_OWNERSHIP_DEPTH {
        pending.retain(|id| !requested.contains(id));
        if pending.is_empty() {
            break;
        }
        let ids: Vec<ResourceId> = std::mem::take(&mut pending).into_iter().collect();
        requested.extend(ids.iter().cloned());
        let Answers { by_type, unknown } = describe_by_type(clients, &ids, Some(&index)).await;
        for id in unknown {
            // Its type is unknown, but its tags say that it belongs to the stack.
            let tags = index.get(&id).cloned().unwrap_or_default();
            found
                .resources
                .push(unknown_type::resource(clients, &id, tags));
        }
        for (kind, answer) in by_type {
            let new: BTreeMap<_, _> = by_id(answer.found);
            follow_owned(&new, &mut owners, &mut pending);
            described.extend(new);
            for (id, error) in answer.failed {
                record_gap(&mut found.unchecked, clients, Some(kind.name()), &error);
                let resource = unconfirmed(clients, &id, index.get(&id), &error.to_string());
                found.resources.push(resource);
            }
        }
    }
    let described = described.into_values();
    found
        .resources
        .extend(described.map(|description| description.resource));
    for resource in &mut found.resources {
        if resource.owner.is_none() {
            resource.owner = owners.get(&resource.id).cloned();
        }
        resource.part_of = resource.part_of.take().or_else(|| parent_stack(resource));
    }
    retain_wanted(&mut found.resources, scope);
    delete_gateways_after_subnets(&mut found.resources);
    assign_forwarding_rules(&mut found.resources);
    if matches!(scope, DiscoveryScope::Stack(_)) {
        read_protections(clients, &mut found.resources).await;
    }
    found.resources.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Reads the deletion protection of resources whose description does not include it. Ignores a
/// failed read: AWS then refuses the delete, and that error names the flag.
async fn read_protections(clients: &Clients, resources: &mut [Resource]) {
    let calls: Vec<_> = resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| resource.is_confirmed())
        .filter_map(|(n, resource)| {
            let kind = types::by_name(&resource.kind)?;
            let call = kind.protection(clients, resource);
            Some(call.map(move |flag| (n, flag)))
        })
        .collect();
    for (n, flag) in with_limit(calls).await {
        if let (Some(resource), Ok(Some(flag))) = (resources.get_mut(n), flag) {
            resource.protection = Some(flag);
        }
    }
}

/// Describes resources of any type in one account and region, each type in its own batches.
pub(crate) async fn describe(clients: &Clients, ids: &[ResourceId]) -> Descriptions {
    let Answers { by_type, unknown } = describe_by_type(clients, ids, None).await;
    let mut descriptions = Descriptions::default();
    for (_, answer) in by_type {
        descriptions.extend(answer);
    }
    for description in &mut descriptions.found {
        let resource = &mut description.resource;
        resource.part_of = resource.part_of.take().or_else(|| parent_stack(resource));
    }
    let unknown = unknown_type::describe(clients, &unknown).await;
    descriptions.extend(unknown);
    descriptions
}

struct Answers {
    by_type: Vec<(&'static dyn ResourceType, Descriptions)>,
    /// Ids whose type jiti does not know.
    unknown: Vec<ResourceId>,
}

/// Groups ids by type and calls each type: `confirm` with an index, `describe` without one.
async fn describe_by_type(
    clients: &Clients,
    ids: &[ResourceId],
    index: Option<&TagIndex>,
) -> Answers {
    let mut groups: BTreeMap<&str, (&dyn ResourceType, Vec<ResourceId>)> = BTreeMap::new();
    let mut unknown = Vec::new();
    for id in ids {
        match types::by_arn(id) {
            Some(kind) => {
                let entry = groups.entry(kind.name());
                entry.or_insert((kind, Vec::new())).1.push(id.clone());
            }
            None => unknown.push(id.clone()),
        }
    }
    let calls = groups.into_values().map(async |(kind, ids)| {
        let descriptions = match index {
            Some(index) => kind.confirm(clients, &ids, index).await,
            None => kind.describe(clients, &ids).await,
        };
        (kind, descriptions)
    });
    Answers {
        by_type: join_all(calls).await,
        unknown,
    }
}

struct Candidates {
    index: TagIndex,
    /// What a list call has described already.
    described: BTreeMap<ResourceId, Description>,
}

async fn candidates(
    clients: &Clients,
    scope: &DiscoveryScope,
    home: &HomeIndexes,
    unchecked: &mut Vec<Unchecked>,
) -> Candidates {
    let global = clients.place.region == Place::GLOBAL;
    let list_calls = types::ALL
        .iter()
        .filter(|kind| kind.is_global() == global)
        .map(async |kind| (kind, kind.list(clients, scope).await));
    let index_calls = async {
        if global {
            return (tagged(clients, scope, home).await, Ok(TagIndex::new()));
        }
        tokio::join!(tagged(clients, scope, home), ec2_tagged(clients, scope))
    };
    let (listings, (tagged, ec2)) = tokio::join!(join_all(list_calls), index_calls);
    let mut index = TagIndex::new();
    let mut described = BTreeMap::new();
    match tagged {
        // Every place lists its own resources only, and so each resource is in one place.
        Ok(tagged) => index.extend(
            tagged
                .into_iter()
                .filter(|(id, _)| types::is_global(id) == global),
        ),
        Err(error) => {
            let kind = global.then_some(WITHOUT_REGION);
            record_gap(unchecked, clients, kind, &error);
        }
    }
    match ec2 {
        Ok(tagged) => {
            for (id, tags) in tagged {
                index.entry(id).or_default().extend(tags);
            }
        }
        Err(error) => record_gap(unchecked, clients, Some("ec2"), &error),
    }
    for (kind, listing) in listings {
        match listing {
            Ok(listing) => {
                described.extend(by_id(listing.described));
                for id in listing.ids {
                    index.entry(id).or_default();
                }
                if let Some(error) = listing.failed {
                    record_gap(unchecked, clients, Some(kind.name()), &error);
                }
            }
            Err(error) => record_gap(unchecked, clients, Some(kind.name()), &error),
        }
    }
    Candidates { index, described }
}

fn by_id(descriptions: Vec<Description>) -> BTreeMap<ResourceId, Description> {
    let entries = descriptions.into_iter();
    entries
        .map(|description| (description.resource.id.clone(), description))
        .collect()
}

/// Records the owners of what these resources own, and adds what they own to `pending`.
fn follow_owned(
    described: &BTreeMap<ResourceId, Description>,
    owners: &mut HashMap<ResourceId, ResourceId>,
    pending: &mut BTreeSet<ResourceId>,
) {
    for (id, description) in described {
        for owned in &description.owns {
            owners.entry(owned.clone()).or_insert_with(|| id.clone());
            pending.insert(owned.clone());
        }
    }
}

fn unconfirmed(
    clients: &Clients,
    id: &ResourceId,
    tags: Option<&BTreeMap<String, String>>,
    why: &str,
) -> Resource {
    let kind = types::name_of(id);
    let mut resource = clients.resource(id.clone(), &kind);
    resource.tags = tags.cloned().unwrap_or_default();
    resource.confirmation = Confirmation::Unconfirmed(why.to_owned());
    resource
}

/// Records, once for each type, that discovery could not check it.
fn record_gap(
    unchecked: &mut Vec<Unchecked>,
    clients: &Clients,
    kind: Option<&str>,
    error: &CloudError,
) {
    let recorded = unchecked.iter().any(|gap| gap.kind.as_deref() == kind);
    if !recorded {
        unchecked.push(gap(&clients.place, kind, error));
    }
}

/// The record that discovery could not check a type in a place, or the whole place.
pub(crate) fn gap(place: &Place, kind: Option<&str>, error: &CloudError) -> Unchecked {
    Unchecked {
        place: place.clone(),
        kind: kind.map(str::to_owned),
        reason: error.to_string(),
        credentials: error.kind == CloudErrorKind::Credentials,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::client::loopback::Loopback;

    /// Discovery reads the flag of each confirmed instance once, a few at a time, and reads it for
    /// no other resource.
    #[tokio::test]
    async fn reads_flags_a_few_at_a_time() {
        let in_flight = Arc::new(AtomicUsize::new(0));
        let max_in_flight = Arc::new(AtomicUsize::new(0));
        let peak = Arc::clone(&max_in_flight);
        let service = Loopback::new(move |body| {
            let now = in_flight.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            in_flight.fetch_sub(1, Ordering::SeqCst);
            let flag = body.contains("InstanceId=i-7&");
            let answer = format!(
                "<DescribeInstanceAttributeResponse><disableApiTermination><value>{flag}</value>\
                </disableApiTermination></DescribeInstanceAttributeResponse>"
            );
            (200, "text/xml", answer)
        })
        .await;
        let clients = &service.clients;
        let instance = |n: usize| {
            let id = clients.arn("ec2", &format!("instance/i-{n}"));
            let mut instance = clients.resource(id, "ec2:instance");
            instance.confirmation = Confirmation::Confirmed;
            instance
        };
        let mut resources: Vec<_> = (0..60).map(instance).collect();
        resources[58].confirmation = Confirmation::Unconfirmed("no".to_owned());
        let group = ("aws:autoscaling:groupName".to_owned(), "web".to_owned());
        resources[59].tags.extend([group]);
        read_protections(clients, &mut resources).await;
        assert_eq!(service.requests().len(), 58);
        let max = max_in_flight.load(Ordering::SeqCst);
        assert!((2..=8).contains(&max), "{max} calls in flight");
        let protected: Vec<_> = resources
            .iter()
            .filter(|resource| resource.protection.is_some())
            .map(|resource| resource.id.clone())
            .collect();
        assert_eq!(protected, [clients.arn("ec2", "instance/i-7")]);
    }
}
