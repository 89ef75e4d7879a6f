//! Finding what carries a tag: candidates from the index of tags and from services that it never lists, what belongs to
//! them by relation, and each confirmed by its own service.
//!
//! The index of tags lags and keeps ghosts, so that it only ever gives candidates. What its own service does not know is
//! left out; what could not be asked about is kept as unconfirmed.

mod tag_filter;
mod tag_index;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures_util::FutureExt;
use futures_util::future::join_all;
use stack::Place;
use stack::cloud::{
    CloudError, CloudErrorKind, Found, NotLooked, Resource, ResourceId, Standing, Which,
};

use self::tag_filter::{gateways_go_after_subnets, keep, ways_to_others_are_theirs, whole};
use self::tag_index::{ec2_tagged, tagged};
use crate::arn::Arn;
use crate::batch::some_at_once;
use crate::client::Clients;
use crate::types::{self, Index, Seen, Sighting, Type};

/// How deep what belongs to something is followed: a group, its member, the member's volume.
pub(crate) const DEEP: usize = 4;

/// Looks in one place.
pub(crate) async fn place(at: &Clients, which: &Which) -> Found {
    let mut found = Found::default();
    let candidates = candidates(at, which, &mut found.not_looked).await;
    let Candidates {
        mut index,
        mut seen,
    } = candidates;
    index.retain(|id, _| !seen.contains_key(id));
    let mut owners: HashMap<ResourceId, ResourceId> = HashMap::new();
    let mut wanted: BTreeSet<ResourceId> = index.keys().cloned().collect();
    follow(&seen, &mut owners, &mut wanted);
    let mut asked: BTreeSet<ResourceId> = seen.keys().cloned().collect();
    for _ in 0..DEEP {
        wanted.retain(|id| !asked.contains(id));
        if wanted.is_empty() {
            break;
        }
        let ids: Vec<ResourceId> = std::mem::take(&mut wanted).into_iter().collect();
        asked.extend(ids.iter().cloned());
        let Asked { answers, unknown } = ask(at, &ids, Some(&index)).await;
        for id in unknown {
            // Not of a type that is known here, and still the stack's: its tags say so.
            found.resources.push(unconfirmed(
                at,
                &id,
                index.get(&id),
                "jiti does not know this type",
            ));
        }
        for (kind, answer) in answers {
            let new: BTreeMap<_, _> = keyed(answer.found);
            follow(&new, &mut owners, &mut wanted);
            seen.extend(new);
            for (id, error) in answer.failed {
                note(&mut found.not_looked, at, Some(kind.name()), &error);
                let resource = unconfirmed(at, &id, index.get(&id), &error.to_string());
                found.resources.push(resource);
            }
        }
    }
    found
        .resources
        .extend(seen.into_values().map(|sighting| sighting.resource));
    for resource in &mut found.resources {
        if resource.owner.is_none() {
            resource.owner = owners.get(&resource.id).cloned();
        }
        resource.part_of = resource.part_of.take().or_else(|| whole(resource));
    }
    keep(&mut found.resources, which);
    gateways_go_after_subnets(&mut found.resources);
    ways_to_others_are_theirs(&mut found.resources);
    if matches!(which, Which::Stack(_)) {
        protections(at, &mut found.resources).await;
    }
    found.resources.sort_by(|a, b| a.id.cmp(&b.id));
    found
}

/// Asks for the flags that no description tells. One that could not be asked for is met when it refuses a delete.
async fn protections(at: &Clients, resources: &mut [Resource]) {
    let asked: Vec<_> = resources
        .iter()
        .enumerate()
        .filter(|(_, resource)| resource.is_confirmed())
        .filter_map(|(n, resource)| {
            let asked = types::named(&resource.kind)?.protection(at, resource)?;
            Some(asked.map(move |flag| (n, flag)))
        })
        .collect();
    for (n, flag) in some_at_once(asked).await {
        if let (Some(resource), Ok(Some(flag))) = (resources.get_mut(n), flag) {
            resource.protection = Some(flag);
        }
    }
}

/// Asks about ids of any types of one place, each type in batches of its own.
pub(crate) async fn describe(at: &Clients, ids: &[ResourceId]) -> Seen {
    let Asked { answers, unknown } = ask(at, ids, None).await;
    let mut seen = Seen::default();
    for (_, answer) in answers {
        seen.found.extend(answer.found);
        seen.failed.extend(answer.failed);
    }
    for sighting in &mut seen.found {
        let resource = &mut sighting.resource;
        resource.part_of = resource.part_of.take().or_else(|| whole(resource));
    }
    for id in unknown {
        let error = CloudError {
            service: "jiti".to_owned(),
            call: "describe".to_owned(),
            resource: Some(id.to_string()),
            code: None,
            message: "jiti does not know this type".to_owned(),
            kind: CloudErrorKind::Other,
        };
        seen.failed.push((id, error));
    }
    seen
}

struct Asked {
    answers: Vec<(&'static dyn Type, Seen)>,
    /// Ids of types that are not known.
    unknown: Vec<ResourceId>,
}

/// Asks each type about those of its own: to confirm candidates of this index, or to describe.
async fn ask(at: &Clients, ids: &[ResourceId], index: Option<&Index>) -> Asked {
    let mut by_type: BTreeMap<&str, (&dyn Type, Vec<ResourceId>)> = BTreeMap::new();
    let mut unknown = Vec::new();
    for id in ids {
        match types::of(id) {
            Some(kind) => {
                let entry = by_type.entry(kind.name());
                entry.or_insert((kind, Vec::new())).1.push(id.clone());
            }
            None => unknown.push(id.clone()),
        }
    }
    let answers = by_type.into_values().map(async |(kind, ids)| {
        let seen = match index {
            Some(index) => kind.confirm(at, &ids, index).await,
            None => kind.describe(at, &ids).await,
        };
        (kind, seen)
    });
    Asked {
        answers: join_all(answers).await,
        unknown,
    }
}

struct Candidates {
    index: Index,
    /// What a list has described already.
    seen: BTreeMap<ResourceId, Sighting>,
}

async fn candidates(at: &Clients, which: &Which, not_looked: &mut Vec<NotLooked>) -> Candidates {
    let global = at.place.region == Place::GLOBAL;
    let lists = types::ALL
        .iter()
        .filter(|kind| kind.is_global() == global)
        .map(async |kind| (kind, kind.list(at, which).await));
    let indexes = async {
        if global {
            return (Ok(BTreeMap::new()), Ok(Vec::new()));
        }
        tokio::join!(tagged(at, which), ec2_tagged(at, which))
    };
    let (lists, (tagged, ec2)) = tokio::join!(join_all(lists), indexes);
    let mut index = Index::new();
    let mut seen = BTreeMap::new();
    match tagged {
        Ok(tagged) => index.extend(tagged),
        Err(error) => note(not_looked, at, None, &error),
    }
    match ec2 {
        Ok(ids) => {
            for id in ids {
                index.entry(id).or_default();
            }
        }
        Err(error) => note(not_looked, at, Some("ec2"), &error),
    }
    for (kind, listed) in lists {
        match listed {
            Ok(listed) => {
                seen.extend(keyed(listed.seen));
                for id in listed.ids {
                    index.entry(id).or_default();
                }
                if let Some(error) = listed.failed {
                    note(not_looked, at, Some(kind.name()), &error);
                }
            }
            Err(error) => note(not_looked, at, Some(kind.name()), &error),
        }
    }
    Candidates { index, seen }
}

fn keyed(found: Vec<Sighting>) -> BTreeMap<ResourceId, Sighting> {
    let found = found.into_iter();
    found.map(|one| (one.resource.id.clone(), one)).collect()
}

/// What belongs to these is asked about next.
fn follow(
    seen: &BTreeMap<ResourceId, Sighting>,
    owners: &mut HashMap<ResourceId, ResourceId>,
    wanted: &mut BTreeSet<ResourceId>,
) {
    for (id, sighting) in seen {
        for owned in &sighting.owns {
            owners.entry(owned.clone()).or_insert_with(|| id.clone());
            wanted.insert(owned.clone());
        }
    }
}

fn unconfirmed(
    at: &Clients,
    id: &ResourceId,
    tags: Option<&BTreeMap<String, String>>,
    why: &str,
) -> Resource {
    let kind = match types::of(id) {
        Some(kind) => kind.name().to_owned(),
        None => Arn::of(id).map_or_else(|| "unknown".to_owned(), |arn| types::unknown_name(&arn)),
    };
    let mut resource = at.resource(id.clone(), &kind);
    resource.tags = tags.cloned().unwrap_or_default();
    resource.standing = Standing::Unconfirmed(why.to_owned());
    resource
}

/// Notes once that a type did not answer.
fn note(not_looked: &mut Vec<NotLooked>, at: &Clients, kind: Option<&str>, error: &CloudError) {
    let known = not_looked.iter().any(|one| one.kind.as_deref() == kind);
    if !known {
        not_looked.push(unlooked(&at.place, kind, error));
    }
}

/// That a type in a place, or all of it, did not answer.
pub(crate) fn unlooked(place: &Place, kind: Option<&str>, error: &CloudError) -> NotLooked {
    NotLooked {
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

    /// The flag of an instance is asked once for each that the look has found and confirmed, a few at once, and for
    /// nothing else.
    #[tokio::test]
    async fn flags_are_asked_a_few_at_once() {
        let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let peak = Arc::clone(&most);
        let service = Loopback::new(move |body| {
            let now = under_way.fetch_add(1, Ordering::SeqCst) + 1;
            peak.fetch_max(now, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            under_way.fetch_sub(1, Ordering::SeqCst);
            let flag = body.contains("InstanceId=i-7&");
            let said = format!(
                "<DescribeInstanceAttributeResponse><disableApiTermination><value>{flag}</value>\
                </disableApiTermination></DescribeInstanceAttributeResponse>"
            );
            (200, "text/xml", said)
        });
        let service = service.await;
        let at = &service.clients;
        let instance = |n: usize| {
            let id = at.id("ec2", &format!("instance/i-{n}"));
            let mut instance = at.resource(id, "ec2:instance");
            instance.standing = Standing::Confirmed;
            instance
        };
        let mut resources: Vec<_> = (0..60).map(instance).collect();
        resources[58].standing = Standing::Unconfirmed("no".to_owned());
        let group = ("aws:autoscaling:groupName".to_owned(), "web".to_owned());
        resources[59].tags.extend([group]);
        protections(at, &mut resources).await;
        assert_eq!(service.heard().len(), 58);
        let most = most.load(Ordering::SeqCst);
        assert!((2..=8).contains(&most), "{most} at once");
        let protected = resources.iter().filter(|one| one.protection.is_some());
        let protected: Vec<_> = protected.map(|one| one.id.clone()).collect();
        assert_eq!(protected, [at.id("ec2", "instance/i-7")]);
    }
}
