//! What all types of IAM share: they are in no region, and no index of tags lists them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use aws_sdk_iam::types::Tag;
use stack::Place;
use stack::cloud::{Resource, ResourceId, Which};
use stack::values::tags::STACK;
use tokio::time::Instant;

use crate::arn::Arn;
use crate::client::Clients;
use crate::types::{Listed, Seen};

/// Entries of one page of a list: the most that IAM gives.
pub(crate) const PAGE: i32 = 1000;

/// How long something that carried no stack's tag is not asked for its tags again.
const REMEMBERED: Duration = Duration::from_secs(60 * 60);

/// A resource of IAM. An index may name it in a region; it is in none.
pub(crate) fn resource(at: &Clients, arn: &str, kind: &str) -> Resource {
    let mut resource = at.resource(ResourceId(arn.to_owned()), kind);
    Place::GLOBAL.clone_into(&mut resource.place.region);
    resource
}

/// The name that calls take, without the path before it.
pub(crate) fn name(id: &ResourceId) -> &str {
    Arn::of(id)
        .and_then(|arn| arn.resource.rsplit('/').next())
        .unwrap_or(id.as_str())
}

/// Tags as a map.
pub(crate) fn tags(tags: &[Tag]) -> BTreeMap<String, String> {
    tags.iter()
        .map(|tag| (tag.key().to_owned(), tag.value().to_owned()))
        .collect()
}

/// Whether tags name a stack that is looked for.
pub(crate) fn is_wanted(tags: &BTreeMap<String, String>, which: &Which) -> bool {
    match (tags.get(STACK), which) {
        (None, _) => false,
        (Some(_), Which::All) => true,
        (Some(named), Which::Stack(name)) => named == name.as_str(),
    }
}

/// Why a role or a policy with this path belongs to AWS and not to the account.
pub(crate) fn untouchable(path: &str) -> Option<String> {
    if path.starts_with("/aws-service-role/") {
        Some("it is linked to a service of AWS".to_owned())
    } else if path.starts_with("/aws-reserved/") {
        Some("it is reserved by AWS".to_owned())
    } else {
        None
    }
}

/// What was seen without a stack's tag. IAM lists policies and instance profiles without their tags, so that each has to
/// be asked by itself; tags come with the creation, and what had none is left alone for an hour by whoever looks at all
/// stacks again and again. One stack is looked for because something is done about it: then each is asked.
#[derive(Debug, Default)]
pub(crate) struct Unmarked(Mutex<HashMap<String, Instant>>);

impl Unmarked {
    /// Whether this need not be asked: it was seen without the tag a short while ago. Its unique id is asked for, not its
    /// name: what is created again under one name is another thing.
    pub(crate) fn spares(&self, which: &Which, unique: &str) -> bool {
        *which == Which::All && self.knows(unique)
    }

    fn knows(&self, unique: &str) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.get(unique)
            .is_some_and(|since| since.elapsed() < REMEMBERED)
    }

    /// That this was seen without the tag.
    pub(crate) fn remember(&self, unique: &str) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|_, since| since.elapsed() < REMEMBERED);
        seen.insert(unique.to_owned(), Instant::now());
    }
}

/// Those of a list that carry the tag, and a note of those that don't: `listed` are ids with their unique ids. One that
/// could not be asked may be the stack's, and is told.
pub(crate) fn marked(
    at: &Clients,
    which: &Which,
    listed: impl Iterator<Item = (ResourceId, String)>,
    seen: Seen,
) -> Listed {
    let unique: HashMap<_, _> = listed.collect();
    let mut marked = Listed {
        failed: seen.failed.into_iter().next().map(|(_, error)| error),
        ..Listed::default()
    };
    for sighting in seen.found {
        let resource = &sighting.resource;
        if is_wanted(&resource.tags, which) {
            marked.ids.push(resource.id.clone());
            marked.seen.push(sighting);
        } else if !resource.tags.contains_key(STACK)
            && let Some(unique) = unique.get(&resource.id)
        {
            at.unmarked.remember(unique);
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names are the last part of a path; what AWS made for itself is told by its path.
    #[test]
    fn paths_are_not_names() {
        let id = ResourceId("arn:aws:iam::123456789012:role/teams/web/app".to_owned());
        assert_eq!(name(&id), "app");
        assert!(untouchable("/aws-service-role/ecs.amazonaws.com/").is_some());
        assert!(untouchable("/aws-reserved/sso.amazonaws.com/").is_some());
        assert_eq!(untouchable("/teams/"), None);
    }

    /// What carried no tag is asked again after an hour, and what is new under its name at once.
    #[tokio::test(start_paused = true)]
    async fn the_unmarked_are_forgotten_after_a_while() {
        let unmarked = Unmarked::default();
        unmarked.remember("ANPA1");
        assert!(unmarked.knows("ANPA1") && !unmarked.knows("ANPA2"));
        tokio::time::advance(REMEMBERED).await;
        assert!(!unmarked.knows("ANPA1"));
        unmarked.remember("ANPA2");
        assert_eq!(unmarked.0.lock().unwrap().len(), 1);
    }

    /// A stack is looked for by its own tag only.
    #[test]
    fn only_the_stack_that_is_looked_for_is_wanted() {
        let of = |name: &str| BTreeMap::from([(STACK.to_owned(), name.to_owned())]);
        let one = Which::Stack("pr-1".parse().unwrap());
        assert!(is_wanted(&of("pr-1"), &one) && !is_wanted(&of("pr-12"), &one));
        assert!(is_wanted(&of("pr-12"), &Which::All) && !is_wanted(&BTreeMap::new(), &Which::All));
    }
}
