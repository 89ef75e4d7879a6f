//! Firewall rules that let everyone in.

use serde_json::Value;

use super::super::{Findings, PlanSubject};
use crate::attribute::{Attribute, Block};
use crate::plan::PlannedResource;

pub(super) fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for kind in ["aws_security_group", "aws_default_security_group"] {
        for group in subject.by_kind.get(kind) {
            for rule in group.block.blocks("ingress") {
                rule_of(group, &rule, &["cidr_blocks", "ipv6_cidr_blocks"], findings);
            }
        }
    }
    for rule in subject.by_kind.get("aws_security_group_rule") {
        if rule.block.attribute("type").text() == Some("ingress") {
            rule_of(
                rule,
                &rule.block,
                &["cidr_blocks", "ipv6_cidr_blocks"],
                findings,
            );
        }
    }
    for rule in subject.by_kind.get("aws_vpc_security_group_ingress_rule") {
        rule_of(rule, &rule.block, &["cidr_ipv4", "cidr_ipv6"], findings);
    }
}

fn rule_of(
    resource: &PlannedResource<'_>,
    rule: &Block<'_>,
    attributes: &[&str],
    findings: &mut Findings<'_>,
) {
    for name in attributes {
        let ranges = rule.attribute(name);
        let open = match ranges {
            Attribute::Known(Value::String(range)) => is_everyone(Some(range)),
            _ => ranges
                .items()
                .iter()
                .any(|range| is_everyone(range.as_str())),
        };
        if open {
            findings.add(
                resource.address,
                Some(rule.path(name)),
                format!("{} open to everyone", ports(rule)),
                "Name the networks that need it, or another security group.",
            );
        } else if ranges == Attribute::Unknown && resource.is_configured(name) {
            findings.unknown(resource, name);
        }
    }
}

/// Whether a range of addresses is the whole internet.
pub(super) fn is_everyone(range: Option<&str>) -> bool {
    let Some((_, bits)) = range.and_then(|range| range.rsplit_once('/')) else {
        return false;
    };
    bits == "0"
}

/// The ports of a rule, in words.
fn ports(rule: &Block<'_>) -> String {
    let protocol = match ["protocol", "ip_protocol"].map(|name| rule.attribute(name).text()) {
        [Some(protocol), _] | [_, Some(protocol)] => protocol,
        _ => "-1",
    };
    let port = |name| match rule.attribute(name) {
        Attribute::Known(port) => port.as_i64(),
        _ => None,
    };
    match (protocol, port("from_port"), port("to_port")) {
        ("-1" | "all", ..) => "all ports are".to_owned(),
        (protocol, Some(from), Some(to)) if from == to => format!("{protocol} port {from} is"),
        (protocol, Some(from), Some(to)) => format!("{protocol} ports {from} to {to} are"),
        (protocol, ..) => format!("{protocol} is"),
    }
}
