//! Which of the resources that were found are whose, by their own services' word.

use std::collections::{BTreeMap, BTreeSet};

use stack::cloud::{Resource, ResourceId, Which};
use stack::values::tags::STACK;

use crate::discovery::DEEP;

/// The tag by which AWS says that a resource is a part of a CloudFormation stack; its value is that stack's ARN.
const WHOLE: &str = "aws:cloudformation:stack-id";

const GATEWAY: &str = "ec2:internet-gateway";
const SUBNET: &str = "ec2:subnet";

/// What leads from a load balancer to what is behind it.
const WAYS: [&str; 2] = [
    "elasticloadbalancing:listener",
    "elasticloadbalancing:listener-rule",
];

/// What stands in the ARN of a target group, to which they lead.
const TARGET: &str = ":targetgroup/";

/// Leaves out what carries no tag, or another stack's, by the word of its own service: the index lags. What belongs to
/// something stays with it, whatever its own tag says: it would go along, and whoever decides has to see that.
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
    let tag = resource.tag(STACK);
    let asked_for = match which {
        Which::All => tag.is_some(),
        Which::Stack(name) => tag == Some(name.as_str()),
    };
    // Where its tags could not be read, what named it said that it carries one.
    let unread = tag.is_none() && resource.owner.is_none() && !resource.is_confirmed();
    let goes_along = || {
        let owner = resource.owner.as_ref().filter(|_| deep > 0);
        let owner = owner.and_then(|owner| all.get(owner));
        owner.is_some_and(|owner| is_kept(owner, all, which, deep - 1))
    };
    asked_for || unread || goes_along()
}

/// Lets the internet gateway of a VPC go after its subnets: EC2 keeps it while anything in them has a public address, and
/// what is left in one keeps its way out.
pub(crate) fn gateways_go_after_subnets(resources: &mut [Resource]) {
    let gateways = resources.iter().filter(|one| one.kind == GATEWAY);
    let gateways: Vec<(ResourceId, ResourceId)> = gateways
        .flat_map(|gateway| {
            gateway
                .uses
                .iter()
                .map(|vpc| (vpc.clone(), gateway.id.clone()))
        })
        .collect();
    for subnet in resources.iter_mut().filter(|one| one.kind == SUBNET) {
        let of_its_vpc = gateways.iter().filter(|(vpc, _)| subnet.uses.contains(vpc));
        let of_its_vpc: Vec<ResourceId> = of_its_vpc.map(|(_, gateway)| gateway.clone()).collect();
        subnet.uses.extend(of_its_vpc);
    }
}

/// Notes of what nobody tagged and that leads to somebody else's target group that it is part of that: whoever reaches
/// theirs by a listener or a rule of this stack's balancer has put it there.
pub(crate) fn ways_to_others_are_theirs(resources: &mut [Resource]) {
    let stacks: BTreeMap<_, _> = resources
        .iter()
        .filter_map(|one| Some((one.id.clone(), one.tag(STACK)?.to_owned())))
        .collect();
    let ways = resources
        .iter_mut()
        .filter(|one| WAYS.contains(&&*one.kind));
    for way in ways.filter(|way| way.tag(STACK).is_none()) {
        let stack = way.owner.as_ref().and_then(|owner| stacks.get(owner));
        let theirs = way
            .uses
            .iter()
            .find(|used| used.as_str().contains(TARGET) && stacks.get(used) != stack);
        if let Some(theirs) = theirs.cloned() {
            way.part_of.get_or_insert(theirs);
        }
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

    /// A stack gets what carries its tag and what that owns, and nothing else that another stack's tag is on, not by an
    /// index that lags either.
    #[test]
    fn nobody_gets_what_carries_another_tag() {
        let mut unread = resource("unread", None, None);
        unread.standing = Standing::Unconfirmed("AccessDenied".to_owned());
        let resources = vec![
            resource("mine", Some("a"), None),
            resource("my child", None, Some("mine")),
            resource("its child", None, Some("my child")),
            resource("moved child", Some("b"), Some("mine")),
            resource("orphan", None, Some("somebody")),
            resource("moved", Some("b"), None),
            resource("child of moved", None, Some("moved")),
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
        assert_eq!(
            left(&a),
            ["mine", "my child", "its child", "moved child", "unread"]
        );
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

    /// A gateway waits for the subnets of its own VPC.
    #[test]
    fn a_gateway_waits_for_the_subnets_of_its_vpc() {
        let in_vpc = |id: &str, kind: &str, vpc: &str| {
            let mut resource = resource(id, Some("a"), None);
            resource.kind = kind.to_owned();
            resource.uses = vec![ResourceId(vpc.to_owned())];
            resource
        };
        let mut resources = [
            in_vpc("gateway", GATEWAY, "vpc"),
            in_vpc("subnet", SUBNET, "vpc"),
            in_vpc("another", SUBNET, "another vpc"),
        ];
        gateways_go_after_subnets(&mut resources);
        let uses = |at: usize| {
            resources[at]
                .uses
                .iter()
                .map(ResourceId::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(uses(1), ["vpc", "gateway"]);
        assert_eq!((uses(0), uses(2)), (vec!["vpc"], vec!["another vpc"]));
    }

    /// A rule that nobody tagged is somebody else's where it leads to what is not the stack's, and the balancer's where it
    /// does not.
    #[test]
    fn a_way_to_anothers_targets_is_anothers() {
        let target =
            |name: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/1");
        let rule = |id: &str, stack, to: &str| {
            let mut rule = resource(id, stack, Some("balancer"));
            rule.kind = WAYS[1].to_owned();
            rule.uses = vec![ResourceId(target(to))];
            rule
        };
        let mut resources = [
            resource("balancer", Some("a"), None),
            resource(&target("ours"), Some("a"), None),
            resource(&target("theirs"), Some("b"), None),
            rule("to ours", None, "ours"),
            rule("to theirs", None, "theirs"),
            rule("to nobody's", None, "untagged"),
            rule("ours to theirs", Some("a"), "theirs"),
        ];
        ways_to_others_are_theirs(&mut resources);
        let parts: Vec<_> = resources[3..]
            .iter()
            .map(|rule| rule.part_of.as_ref().map(ToString::to_string))
            .collect();
        let (theirs, nobodys) = (Some(target("theirs")), Some(target("untagged")));
        assert_eq!(parts, [None, theirs, nobodys, None]);
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
