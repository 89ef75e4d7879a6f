//! Which of the resources that were found are whose, by their own services' word.

use std::collections::{BTreeMap, BTreeSet};

use stack::cloud::{Resource, ResourceId, Which};
use stack::tags::STACK;

use crate::discover::DEEP;

/// The tag by which AWS says that a resource is a part of a CloudFormation stack; its value is that stack's ARN.
const WHOLE: &str = "aws:cloudformation:stack-id";

/// Leaves out what carries no tag, or another stack's, by the word of its own service: the index lags. What belongs to
/// something stays with it, and goes with it.
pub(crate) fn keep(resources: &mut Vec<Resource>, which: &Which) {
    let by_id = resources.iter().map(|one| (&one.id, one)).collect();
    let kept: BTreeSet<ResourceId> = resources
        .iter()
        .filter(|resource| is_kept(resource, &by_id, which, DEEP))
        .map(|resource| resource.id.clone())
        .collect();
    resources.retain(|resource| kept.contains(&resource.id));
}

fn is_kept(
    resource: &Resource,
    all: &BTreeMap<&ResourceId, &Resource>,
    which: &Which,
    deep: usize,
) -> bool {
    match (resource.tag(STACK), which) {
        (Some(_), Which::All) => true,
        (Some(tag), Which::Stack(name)) => tag == name.as_str(),
        (None, _) => match resource.owner.as_ref() {
            Some(owner) => {
                let owner = all.get(owner).filter(|_| deep > 0);
                owner.is_some_and(|owner| is_kept(owner, all, which, deep - 1))
            }
            // Its tags are not known; what named it said that it carries one.
            None => !resource.is_confirmed(),
        },
    }
}

/// The CloudFormation stack that a resource is a part of.
pub(crate) fn whole(resource: &Resource) -> Option<ResourceId> {
    let stack = ResourceId(resource.tag(WHOLE)?.to_owned());
    (stack != resource.id).then_some(stack)
}

#[cfg(test)]
mod tests {
    use stack::cloud::Standing;
    use stack::{Place, StackName};

    use super::*;

    fn resource(id: &str, stack: Option<&str>, owner: Option<&str>) -> Resource {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut resource = Resource::named(ResourceId(id.to_owned()), "ec2:volume", place);
        resource.standing = Standing::Confirmed;
        resource.owner = owner.map(|owner| ResourceId(owner.to_owned()));
        let tag = stack.map(|stack| (STACK.to_owned(), stack.to_owned()));
        resource.tags.extend(tag);
        resource
    }

    /// A stack gets what carries its tag and what that owns, and nothing that another stack's tag is on: not even as a
    /// child of its own, and not by an index that lags.
    #[test]
    fn nobody_gets_what_carries_another_tag() {
        let mut unread = resource("unread", None, None);
        unread.standing = Standing::Unconfirmed("AccessDenied".to_owned());
        let resources = vec![
            resource("mine", Some("a"), None),
            resource("my child", None, Some("mine")),
            resource("its child", None, Some("my child")),
            resource("moved child", Some("b"), Some("mine")),
            resource("child of moved", None, Some("moved child")),
            resource("orphan", None, Some("somebody")),
            resource("moved", Some("b"), None),
            resource("no longer tagged", None, None),
            unread,
        ];
        let left = |which: &Which| {
            let mut resources = resources.clone();
            keep(&mut resources, which);
            resources
                .into_iter()
                .map(|one| one.id.0)
                .collect::<Vec<_>>()
        };
        let a = Which::Stack(StackName::new("a").unwrap());
        assert_eq!(left(&a), ["mine", "my child", "its child", "unread"]);
        let all = left(&Which::All);
        assert!(
            !all.contains(&"orphan".to_owned()) && !all.contains(&"no longer tagged".to_owned())
        );
        assert_eq!(all.len(), 7);
    }

    /// A circle of owners ends.
    #[test]
    fn a_circle_of_owners_ends() {
        let (one, other) = (("one", "other"), ("other", "one"));
        let circle = [one, other].map(|(id, owner)| resource(id, None, Some(owner)));
        let mut resources = circle.to_vec();
        keep(&mut resources, &Which::All);
        assert_eq!(resources, []);
    }

    /// A part of a CloudFormation stack names it; the stack itself is no part of itself.
    #[test]
    fn a_part_names_its_whole() {
        let mut part = resource("part", Some("a"), None);
        part.tags.insert(WHOLE.to_owned(), "the stack".to_owned());
        assert_eq!(whole(&part), Some(ResourceId("the stack".to_owned())));
        part.id = ResourceId("the stack".to_owned());
        assert_eq!(whole(&part), None);
    }
}
