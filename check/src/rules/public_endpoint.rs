//! An endpoint that everyone on the internet can reach.

mod network;
mod policy;

use std::collections::HashSet;

use stack::ResourceId;

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::Attribute;
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "public_endpoint",
    title: "a public endpoint",
    why: "A stack with a lease is often a preview that nobody hardened, and it holds copies of real data.",
    fix: "Limit the endpoint to your networks, or require an identity.",
    plan,
    live,
};

/// Flags that open an endpoint if they are true: type, attribute, what is open.
const OPEN_IF_TRUE: &[(&str, &str, &str)] = &[
    (
        "aws_db_instance",
        "publicly_accessible",
        "the database has a public address",
    ),
    (
        "aws_dms_replication_instance",
        "publicly_accessible",
        "the instance has a public address",
    ),
    (
        "aws_instance",
        "associate_public_ip_address",
        "the machine has a public address",
    ),
    (
        "aws_mq_broker",
        "publicly_accessible",
        "the broker has a public address",
    ),
    (
        "aws_neptune_cluster_instance",
        "publicly_accessible",
        "the database has a public address",
    ),
    (
        "aws_rds_cluster_instance",
        "publicly_accessible",
        "the database has a public address",
    ),
    (
        "aws_redshift_cluster",
        "publicly_accessible",
        "the cluster has a public address",
    ),
    (
        "aws_redshiftserverless_workgroup",
        "publicly_accessible",
        "the workgroup has a public address",
    ),
];

/// Flags that open a bucket if they are not true.
const PUBLIC_ACCESS_BLOCK: [&str; 4] = [
    "block_public_acls",
    "block_public_policy",
    "ignore_public_acls",
    "restrict_public_buckets",
];

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for (kind, attribute, why) in OPEN_IF_TRUE {
        for resource in subject.by_kind.get(kind) {
            // Unknown means that the subnet or the service decides, unless the configuration does.
            match resource.block.attribute(attribute) {
                Attribute::Unknown if resource.is_configured(attribute) => {
                    findings.unknown(resource, attribute);
                }
                value if value.is_true() => {
                    let fix = format!("Set {attribute} to false.");
                    findings.add(resource.address, Some((*attribute).to_owned()), *why, fix);
                }
                _ => {}
            }
        }
    }
    network::plan(subject, findings);
    policy::plan(subject, findings);
    for kind in ["aws_lb", "aws_alb", "aws_elb"] {
        for balancer in subject.by_kind.get(kind) {
            load_balancer(balancer, findings);
        }
    }
    for url in subject.by_kind.get("aws_lambda_function_url") {
        if url.block.attribute("authorization_type").text() == Some("NONE") {
            findings.add(
                url.address,
                Some("authorization_type".to_owned()),
                "everyone can call the function",
                "Set authorization_type to \"AWS_IAM\".",
            );
        }
    }
    for cluster in subject.by_kind.get("aws_eks_cluster") {
        kubernetes(cluster, findings);
    }
    for kind in ["aws_elasticsearch_domain", "aws_opensearch_domain"] {
        for domain in subject.by_kind.get(kind) {
            if domain.block.blocks("vpc_options").is_empty() {
                findings.add(
                    domain.address,
                    Some("vpc_options".to_owned()),
                    "the domain has a public endpoint",
                    "Put the domain into a VPC with vpc_options.",
                );
            }
        }
    }
    buckets(subject, findings);
}

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    let found: HashSet<&ResourceId> = context.resources.iter().map(|one| &one.id).collect();
    for resource in context.resources {
        // The group has its rules, and says what they open.
        let is_rule = resource.kind == "ec2:security-group-rule";
        if is_rule && resource.uses.iter().any(|used| found.contains(used)) {
            continue;
        }
        findings.observed(resource, &resource.governance.public, Clone::clone);
    }
}

fn load_balancer(balancer: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    // One for gateways is reached only through endpoints in a VPC, and never sets `internal`.
    if balancer.block.attribute("load_balancer_type").text() == Some("gateway") {
        return;
    }
    let internal = balancer.block.attribute("internal");
    if internal == Attribute::Unknown && balancer.is_configured("internal") {
        findings.unknown(balancer, "internal");
    } else if !internal.is_true() {
        findings.add(
            balancer.address,
            Some("internal".to_owned()),
            "the load balancer has a public address",
            "Set internal to true, if only your networks use it.",
        );
    }
}

fn kubernetes(cluster: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    for network in cluster.block.blocks("vpc_config") {
        // Both default to everyone.
        let closed = network.attribute("endpoint_public_access") == Attribute::Known(&false.into());
        let ranges = network.attribute("public_access_cidrs");
        let limited = matches!(ranges, Attribute::Known(_))
            && !ranges
                .items()
                .iter()
                .any(|range| network::is_everyone(range.as_str()));
        if !closed && !limited {
            findings.add(
                cluster.address,
                Some(network.path("public_access_cidrs")),
                "everyone can reach the Kubernetes API",
                "Set endpoint_public_access to false, or list your networks in public_access_cidrs.",
            );
        }
    }
}

fn buckets(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for kind in ["aws_s3_bucket", "aws_s3_bucket_acl"] {
        for bucket in subject.by_kind.get(kind) {
            let acl = bucket.block.attribute("acl").text().unwrap_or_default();
            if acl.starts_with("public-") || acl == "authenticated-read" {
                let why = format!("the ACL {acl} opens the bucket");
                findings.add(
                    bucket.address,
                    Some("acl".to_owned()),
                    why,
                    "Set acl to \"private\".",
                );
            }
        }
    }
    for kind in [
        "aws_s3_bucket_public_access_block",
        "aws_s3_account_public_access_block",
    ] {
        for block in subject.by_kind.get(kind) {
            for attribute in PUBLIC_ACCESS_BLOCK {
                match block.block.attribute(attribute) {
                    Attribute::Unknown => findings.unknown(block, attribute),
                    value if value.is_true() => {}
                    _ => findings.add(
                        block.address,
                        Some(attribute.to_owned()),
                        format!("{attribute} is off, so that the bucket can be opened"),
                        format!("Set {attribute} to true."),
                    ),
                }
            }
        }
    }
}
