//! A resource that would not carry the stack's tags.

mod launched;

use std::collections::HashSet;

use stack::{Resource, ResourceId};

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::{Attribute, NULL};
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "untagged",
    title: "a resource without the stack's tags",
    why: "jiti finds, prices and sweeps a stack's resources by their tags. It cannot see one without them.",
    fix: "Set default_tags { tags = jiti_stack.this.tags } in the provider, and do not override jiti:stack.",
    plan,
    live,
};

/// The tag that names the stack.
const TAG: &str = "jiti:stack";

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    let stacks = subject.by_kind.get("jiti_stack").iter();
    let names: HashSet<&str> = stacks
        .filter_map(|stack| stack.block.attribute("name").text())
        .collect();
    for resource in subject.resources {
        tags(resource, &names, findings);
    }
    launched::plan(subject, findings);
}

/// What AWS bills and cannot attribute to the stack. A resource without the tag is found only
/// through its owner.
fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    let costs = |one: &&&Resource| !one.usage.is_empty() || !one.unpriced.is_empty();
    let untagged = context
        .resources
        .iter()
        .filter(|one| one.tag(TAG).is_none());
    for resource in untagged.filter(costs).filter(|one| one.is_confirmed()) {
        let owner = resource.owner.as_ref();
        let owner = owner.map_or("another resource", ResourceId::short);
        findings.warn(
            resource.id.as_str(),
            Some("tags".to_owned()),
            format!("it belongs to {owner} and does not carry {TAG} itself"),
            "Tag it where its owner creates it, for example with volume_tags or propagate_at_launch.",
        );
    }
    let why = "discovery finds resources by their tags, and does not see one that has none";
    findings.undecided("", None, why);
}

/// A resource whose type has tags: `tags_all` holds them and those of the provider.
fn tags(resource: &PlannedResource<'_>, names: &HashSet<&str>, findings: &mut Findings<'_>) {
    if !resource.kind.starts_with("aws_") || !resource.block.has("tags_all") {
        return;
    }
    let address = resource.address;
    let has_defaults = resource.provider_sets("default_tags") == Some(true);
    // The AWS provider computes `tags_all` of a resource without any tags during the apply.
    let name = match resource.block.attribute("tags_all") {
        Attribute::Unknown if has_defaults => "tags_all",
        Attribute::Unknown => "tags",
        _ => "tags_all",
    };
    let found = match resource.block.attribute(name) {
        Attribute::Unknown => return findings.unknown(resource, name),
        Attribute::Known(tags) => &tags[TAG],
        Attribute::NotSet => &NULL,
    };
    match found.as_str() {
        Some(stack) if names.is_empty() || names.contains(stack) => {}
        Some(stack) => findings.add(
            address,
            Some(format!("tags[\"{TAG}\"]")),
            format!("its tag {TAG} names the stack {stack:?}, which is not in this plan"),
            format!("Remove {TAG} from the resource's tags: the provider's default_tags set it."),
        ),
        None => missing(resource, findings),
    }
}

/// The resource has no tag of the stack: the attribute that prevents it is the provider's.
fn missing(resource: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    let provider = &resource.provider_name;
    let (name, alias) = provider.split_once('.').unwrap_or((provider, ""));
    let block = match alias {
        "" => format!("provider \"{name}\""),
        alias => format!("provider \"{name}\" with the alias {alias}"),
    };
    let why = match resource.provider_sets("default_tags") {
        Some(true) => format!("the default_tags of {block} do not have {TAG}"),
        _ => format!("{block} has no default_tags"),
    };
    findings.add(
        resource.address,
        Some(format!("{provider}.default_tags")),
        why,
        "Add default_tags { tags = jiti_stack.this.tags } to that provider block.",
    );
}
