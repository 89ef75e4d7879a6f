//! Machines and tasks that a planned resource launches later, and that the provider does not tag.

use super::super::{Findings, PlanSubject};
use super::TAG;
use crate::attribute::{Attribute, Block};
use crate::plan::PlannedResource;

pub(super) fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for group in subject.by_kind.get("aws_autoscaling_group") {
        if !template_tags_instances(group, subject) {
            machines(group, findings);
        }
    }
    for kind in ["aws_launch_template", "aws_spot_fleet_request"] {
        for template in subject.by_kind.get(kind) {
            overridden(template, findings);
        }
    }
    for service in subject.by_kind.get("aws_ecs_service") {
        let from = service.block.attribute("propagate_tags");
        if from == Attribute::Unknown && service.is_configured("propagate_tags") {
            findings.unknown(service, "propagate_tags");
        } else if !matches!(from.text(), Some("SERVICE" | "TASK_DEFINITION")) {
            findings.add(
                service.address,
                Some("propagate_tags".to_owned()),
                "its tasks do not get the service's tags",
                "Set propagate_tags to \"SERVICE\".",
            );
        }
    }
    for request in subject.by_kind.get("aws_spot_instance_request") {
        findings.add(
            request.address,
            Some("tags".to_owned()),
            "AWS tags the request, and not the machine that it starts",
            "Use aws_instance with instance_market_options.",
        );
    }
}

/// `default_tags` do not reach a group: it has its own blocks, and each says whether machines get
/// the tag.
fn machines(group: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    let blocks = group.block.blocks("tag");
    let of_stack = |block: &&Block<'_>| block.attribute("key").text() == Some(TAG);
    let found = blocks.iter().find(of_stack);
    let Some(block) = found else {
        if blocks
            .iter()
            .any(|block| block.attribute("key") == Attribute::Unknown)
            && group.is_configured("tag")
        {
            return findings.unknown(group, "tag");
        }
        return findings.add(
            group.address,
            Some("tag".to_owned()),
            format!("the group and its machines do not get {TAG}: default_tags do not reach them"),
            "Add a dynamic \"tag\" block over jiti_stack.this.tags, with propagate_at_launch = true.",
        );
    };
    if !block.attribute("propagate_at_launch").is_true() {
        findings.add(
            group.address,
            Some(block.path("propagate_at_launch")),
            format!("the machines of the group do not get {TAG}"),
            "Set propagate_at_launch to true.",
        );
    }
}

/// Whether the launch template of a group, if it is in the plan, tags the machines.
fn template_tags_instances(group: &PlannedResource<'_>, subject: &PlanSubject<'_>) -> bool {
    let kind = "aws_launch_template";
    let Some(named) = group.referenced(kind) else {
        return false;
    };
    subject.by_kind.at(kind, &named).any(|template| {
        let specifications = template.block.blocks("tag_specifications");
        specifications.iter().any(|specification| {
            let is_instance = specification.attribute("resource_type").text() == Some("instance");
            let tags = specification.attribute("tags");
            is_instance && matches!(tags, Attribute::Known(tags) if !tags[TAG].is_null())
        })
    })
}

/// A template with own tags for machines or disks must have that of the stack among them.
fn overridden(template: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    if !template.is_configured("tag_specifications") {
        return;
    }
    for specification in template.block.blocks("tag_specifications") {
        let kind = specification.attribute("resource_type").text();
        let (Some(kind), Attribute::Known(tags)) = (kind, specification.attribute("tags")) else {
            continue;
        };
        if tags[TAG].is_null() {
            findings.add(
                template.address,
                Some(specification.path("tags")),
                format!("each {kind} that it launches does not get {TAG}"),
                "Merge jiti_stack.this.tags into these tags.",
            );
        }
    }
}
