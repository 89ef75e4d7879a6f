//! Decides which of the resources found belong to the stack, by the tags that their own services
//! report.

use std::collections::{BTreeMap, BTreeSet};

use stack::cloud::{DiscoveryScope, Resource, ResourceId};
use stack::values::tags::STACK;

/// How many steps of ownership discovery follows: a group, its member, the member's volume.
pub(super) const MAX_OWNERSHIP_DEPTH: usize = 4;

/// The tag that AWS puts on a resource that is part of a CloudFormation stack. Its value is the
/// stack's ARN.
const CLOUDFORMATION_STACK: &str = "aws:cloudformation:stack-id";

const INTERNET_GATEWAY: &str = "ec2:internet-gateway";
const SUBNET: &str = "ec2:subnet";

/// The types that forward traffic from a load balancer to a target group.
const FORWARDERS: [&str; 2] = [
    "elasticloadbalancing:listener",
    "elasticloadbalancing:listener-rule",
];

/// The part of an ARN that marks a target group.
const TARGET_GROUP: &str = ":targetgroup/";

/// Drops resources that carry no tag, or another stack's, according to their own service: the tag
/// index lags behind. What a resource owns stays with it whatever its own tag says. It would be
/// deleted too, so the caller has to see it.
pub(super) fn retain_wanted(resources: &mut Vec<Resource>, scope: &DiscoveryScope) {
    let by_id = resources
        .iter()
        .map(|resource| (&resource.id, resource))
        .collect();
    let wanted: BTreeSet<ResourceId> = resources
        .iter()
        .filter(|resource| is_wanted(resource, &by_id, scope, MAX_OWNERSHIP_DEPTH))
        .map(|resource| resource.id.clone())
        .collect();
    resources.retain(|resource| wanted.contains(&resource.id));
}

fn is_wanted(
    resource: &Resource,
    all: &BTreeMap<&ResourceId, &Resource>,
    scope: &DiscoveryScope,
    max_depth: usize,
) -> bool {
    let tag = resource.tag(STACK);
    let has_wanted_tag = match scope {
        DiscoveryScope::All => tag.is_some(),
        DiscoveryScope::Stack(name) => tag == Some(name.as_str()),
    };
    // Its own service did not report its tags, but a tag index listed it.
    let has_unread_tags = tag.is_none() && resource.owner.is_none() && !resource.is_confirmed();
    let has_wanted_owner = || {
        resource
            .owner
            .as_ref()
            .filter(|_| max_depth > 0)
            .and_then(|owner| all.get(owner))
            .is_some_and(|owner| is_wanted(owner, all, scope, max_depth - 1))
    };
    has_wanted_tag || has_unread_tags || has_wanted_owner()
}

/// Makes subnets depend on the internet gateway of their VPC, so that the gateway is deleted after
/// them. EC2 does not detach a gateway while anything in a subnet has a public address, and what
/// still runs in a subnet keeps its route to the internet.
pub(super) fn delete_gateways_after_subnets(resources: &mut [Resource]) {
    let gateways: Vec<(ResourceId, ResourceId)> = resources
        .iter()
        .filter(|resource| resource.kind == INTERNET_GATEWAY)
        .flat_map(|gateway| {
            let vpcs = gateway.uses.iter();
            vpcs.map(|vpc| (vpc.clone(), gateway.id.clone()))
        })
        .collect();
    for subnet in resources
        .iter_mut()
        .filter(|resource| resource.kind == SUBNET)
    {
        let of_its_vpc: Vec<ResourceId> = gateways
            .iter()
            .filter(|(vpc, _)| subnet.uses.contains(vpc))
            .map(|(_, gateway)| gateway.clone())
            .collect();
        subnet.uses.extend(of_its_vpc);
    }
}

/// Assigns an untagged listener or rule to another stack if it forwards to that stack's target
/// group. The other stack put it on this stack's load balancer to receive traffic.
pub(super) fn assign_forwarding_rules(resources: &mut [Resource]) {
    let stacks: BTreeMap<_, _> = resources
        .iter()
        .filter_map(|resource| Some((resource.id.clone(), resource.tag(STACK)?.to_owned())))
        .collect();
    let untagged = resources
        .iter_mut()
        .filter(|resource| FORWARDERS.contains(&&*resource.kind))
        .filter(|resource| resource.tag(STACK).is_none());
    for forwarder in untagged {
        let stack = forwarder.owner.as_ref().and_then(|owner| stacks.get(owner));
        let foreign_target = forwarder
            .uses
            .iter()
            .find(|used| used.as_str().contains(TARGET_GROUP) && stacks.get(used) != stack);
        if let Some(target) = foreign_target.cloned() {
            forwarder.part_of.get_or_insert(target);
        }
    }
}

/// The CloudFormation stack that a resource is part of.
pub(super) fn parent_stack(resource: &Resource) -> Option<ResourceId> {
    let stack = ResourceId(resource.tag(CLOUDFORMATION_STACK)?.to_owned());
    (stack != resource.id).then_some(stack)
}

#[cfg(test)]
mod tests {
    use stack::cloud::Confirmation;
    use stack::{Place, StackName};

    use super::*;

    fn resource(id: &str, stack: Option<&str>, owner: Option<&str>) -> Resource {
        let place = Place {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
        };
        let mut resource = Resource::named(ResourceId(id.to_owned()), "ec2:volume", place);
        resource.confirmation = Confirmation::Confirmed;
        resource.owner = owner.map(|owner| ResourceId(owner.to_owned()));
        let tag = stack.map(|stack| (STACK.to_owned(), stack.to_owned()));
        resource.tags.extend(tag);
        resource
    }

    /// A stack gets the resources that carry its tag and what those own. It gets nothing else that
    /// carries another stack's tag, even if a lagging index lists it.
    #[test]
    fn drops_what_carries_another_tag() {
        let mut unread = resource("unread", None, None);
        unread.confirmation = Confirmation::Unconfirmed("AccessDenied".to_owned());
        let resources = vec![
            resource("own", Some("a"), None),
            resource("child", None, Some("own")),
            resource("grandchild", None, Some("child")),
            resource("retagged child", Some("b"), Some("own")),
            resource("orphan", None, Some("unknown")),
            resource("retagged", Some("b"), None),
            resource("child of retagged", None, Some("retagged")),
            resource("no longer tagged", None, None),
            unread,
        ];
        let retained = |scope: &DiscoveryScope| {
            let mut resources = resources.clone();
            retain_wanted(&mut resources, scope);
            resources
                .into_iter()
                .map(|resource| resource.id.0)
                .collect::<Vec<_>>()
        };
        let a = DiscoveryScope::Stack(StackName::new("a").unwrap());
        assert_eq!(
            retained(&a),
            ["own", "child", "grandchild", "retagged child", "unread"]
        );
        let all = retained(&DiscoveryScope::All);
        assert!(
            !all.contains(&"orphan".to_owned()) && !all.contains(&"no longer tagged".to_owned())
        );
        assert_eq!(all.len(), 7);
    }

    /// A cycle of owners terminates.
    #[test]
    fn a_cycle_of_owners_terminates() {
        let pairs = [("first", "second"), ("second", "first")];
        let cycle = pairs.map(|(id, owner)| resource(id, None, Some(owner)));
        let mut resources = cycle.to_vec();
        retain_wanted(&mut resources, &DiscoveryScope::All);
        assert_eq!(resources, []);
    }

    /// An internet gateway waits for the subnets of its own VPC only.
    #[test]
    fn a_gateway_waits_for_the_subnets_of_its_vpc() {
        let in_vpc = |id: &str, kind: &str, vpc: &str| {
            let mut resource = resource(id, Some("a"), None);
            resource.kind = kind.to_owned();
            resource.uses = vec![ResourceId(vpc.to_owned())];
            resource
        };
        let mut resources = [
            in_vpc("gateway", INTERNET_GATEWAY, "vpc"),
            in_vpc("subnet", SUBNET, "vpc"),
            in_vpc("other subnet", SUBNET, "other vpc"),
        ];
        delete_gateways_after_subnets(&mut resources);
        let uses = |index: usize| {
            resources[index]
                .uses
                .iter()
                .map(ResourceId::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(uses(1), ["vpc", "gateway"]);
        assert_eq!((uses(0), uses(2)), (vec!["vpc"], vec!["other vpc"]));
    }

    /// An untagged rule belongs to the stack of the target group that it forwards to; it belongs to
    /// the balancer if the two stacks are the same.
    #[test]
    fn a_rule_belongs_to_its_target_group() {
        let target =
            |name: &str| format!("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/{name}/1");
        let rule = |id: &str, stack, to: &str| {
            let mut rule = resource(id, stack, Some("balancer"));
            rule.kind = FORWARDERS[1].to_owned();
            rule.uses = vec![ResourceId(target(to))];
            rule
        };
        let mut resources = [
            resource("balancer", Some("a"), None),
            resource(&target("own"), Some("a"), None),
            resource(&target("foreign"), Some("b"), None),
            rule("to own", None, "own"),
            rule("to foreign", None, "foreign"),
            rule("to untagged", None, "untagged"),
            rule("tagged, to foreign", Some("a"), "foreign"),
        ];
        assign_forwarding_rules(&mut resources);
        let parts: Vec<_> = resources[3..]
            .iter()
            .map(|rule| rule.part_of.as_ref().map(ToString::to_string))
            .collect();
        let (foreign, untagged) = (Some(target("foreign")), Some(target("untagged")));
        assert_eq!(parts, [None, foreign, untagged, None]);
    }

    /// A resource names the CloudFormation stack that it is part of; the stack itself does not.
    #[test]
    fn a_part_names_its_cloudformation_stack() {
        let mut part = resource("part", Some("a"), None);
        let tag = (CLOUDFORMATION_STACK.to_owned(), "the stack".to_owned());
        part.tags.extend([tag]);
        assert_eq!(
            parent_stack(&part),
            Some(ResourceId("the stack".to_owned()))
        );
        part.id = ResourceId("the stack".to_owned());
        assert_eq!(parent_stack(&part), None);
    }
}
