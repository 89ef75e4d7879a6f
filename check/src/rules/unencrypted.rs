//! Data at rest without encryption.

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::{Attribute, Block};
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "unencrypted",
    title: "no encryption at rest",
    why: "A copy of the disk or a snapshot is readable for everyone who gets it, also after the stack has ended.",
    fix: "Switch the encryption on, with the key of the service or with your own.",
    plan,
    live,
};

/// Attributes that must be true: type, attribute.
const TRUE: &[(&str, &str)] = &[
    ("aws_ami_copy", "encrypted"),
    ("aws_dax_cluster", "server_side_encryption.enabled"),
    ("aws_db_instance", "storage_encrypted"),
    ("aws_docdb_cluster", "storage_encrypted"),
    ("aws_ebs_snapshot_copy", "encrypted"),
    ("aws_ebs_volume", "encrypted"),
    ("aws_efs_file_system", "encrypted"),
    (
        "aws_elasticache_replication_group",
        "at_rest_encryption_enabled",
    ),
    ("aws_elasticsearch_domain", "encrypt_at_rest.enabled"),
    (
        "aws_kinesis_firehose_delivery_stream",
        "server_side_encryption.enabled",
    ),
    ("aws_neptune_cluster", "storage_encrypted"),
    ("aws_opensearch_domain", "encrypt_at_rest.enabled"),
    ("aws_rds_cluster", "storage_encrypted"),
    ("aws_redshift_cluster", "encrypted"),
    ("aws_workspaces_workspace", "root_volume_encryption_enabled"),
];

/// The disks of machines: type, block, and whether each machine has such a disk.
const DISKS: &[(&str, &str, bool)] = &[
    ("aws_instance", "ebs_block_device", false),
    ("aws_instance", "root_block_device", true),
    ("aws_launch_configuration", "ebs_block_device", false),
    ("aws_launch_configuration", "root_block_device", true),
    ("aws_launch_template", "block_device_mappings.ebs", false),
    ("aws_spot_instance_request", "ebs_block_device", false),
    ("aws_spot_instance_request", "root_block_device", true),
];

/// Types that are encrypted if at least one of the attributes is set, and true if it is a flag.
const ANY: &[(&str, &[&str])] = &[
    ("aws_sns_topic", &["kms_master_key_id"]),
    (
        "aws_sqs_queue",
        &["kms_master_key_id", "sqs_managed_sse_enabled"],
    ),
];

/// The service decides, and its own default is no encryption.
const NOT_SET: &str = "the encryption is not set, and is off unless the account's default is on";

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for (kind, path) in TRUE {
        for resource in subject.by_kind.get(kind) {
            // Aurora Serverless v1 is always encrypted, and Terraform does not say so.
            let mode = resource.block.attribute("engine_mode").text();
            if mode != Some("serverless") {
                flag(resource, path, findings);
            }
        }
    }
    for (kind, path, is_always_there) in DISKS {
        for resource in subject.by_kind.get(kind) {
            let first = path.split('.').next().unwrap_or(path);
            if *is_always_there || resource.is_configured(first) {
                for disk in nested(&resource.block, path) {
                    disk_flag(resource, &disk, findings);
                }
            }
        }
    }
    for (kind, attributes) in ANY {
        for resource in subject.by_kind.get(kind) {
            any(resource, attributes, findings);
        }
    }
    for stream in subject.by_kind.get("aws_kinesis_stream") {
        let kind = stream.block.attribute("encryption_type");
        if kind == Attribute::Unknown {
            findings.unknown(stream, "encryption_type");
        } else if kind.text() != Some("KMS") {
            findings.add(
                stream.address,
                Some("encryption_type".to_owned()),
                "the data of the stream is not encrypted",
                "Set encryption_type to \"KMS\" and kms_key_id to \"alias/aws/kinesis\".",
            );
        }
    }
}

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    for resource in context.resources {
        findings.observed(resource, &resource.governance.encrypted, |is_on| {
            Vec::from_iter((!is_on).then(|| "what it stores is not encrypted".to_owned()))
        });
    }
}

/// The blocks at a path of names.
fn nested<'a>(block: &Block<'a>, path: &str) -> Vec<Block<'a>> {
    let blocks = vec![block.clone()];
    path.split('.').fold(blocks, |blocks, name| {
        let inner = blocks.iter().flat_map(|block| block.blocks(name));
        inner.collect()
    })
}

/// A flag of the resource itself, or of a block that must be there.
fn flag(resource: &PlannedResource<'_>, path: &str, findings: &mut Findings<'_>) {
    let (block, name) = match path.rsplit_once('.') {
        Some((block, name)) => (nested(&resource.block, block).pop(), name),
        None => (Some(resource.block.clone()), path),
    };
    let value = block.map_or(Attribute::NotSet, |block| block.attribute(name));
    // Without a value in the configuration, the service decides, and its default is none.
    let first = path.split('.').next().unwrap_or(path);
    if value == Attribute::Unknown && resource.is_configured(first) {
        findings.unknown(resource, path);
    } else if !value.is_true() {
        let why = match value {
            Attribute::Unknown => NOT_SET,
            _ => "the data is not encrypted",
        };
        let fix = format!("Set {path} to true.");
        findings.add(resource.address, Some(path.to_owned()), why, fix);
    }
}

fn disk_flag(resource: &PlannedResource<'_>, disk: &Block<'_>, findings: &mut Findings<'_>) {
    let (value, path) = (disk.attribute("encrypted"), disk.path("encrypted"));
    // A mapping that suppresses a disk of the image has no flag.
    if value.is_true() || (value == Attribute::NotSet && !disk.has("encrypted")) {
        return;
    }
    let why = match value {
        Attribute::Unknown => NOT_SET,
        _ => "the disk is not encrypted",
    };
    let fix = format!("Set {path} to true.");
    findings.add(resource.address, Some(path), why, fix);
}

fn any(resource: &PlannedResource<'_>, attributes: &[&str], findings: &mut Findings<'_>) {
    let is_on = |name: &&&str| match resource.block.attribute(name) {
        Attribute::Known(value) => {
            !matches!(value.as_bool(), Some(false)) && value.as_str() != Some("")
        }
        // A key that the plan creates is known only after the apply.
        Attribute::Unknown => resource.is_configured(name),
        Attribute::NotSet => false,
    };
    if attributes.iter().any(|name| is_on(&name)) {
        return;
    }
    let names = attributes.join(" or ");
    // SQS encrypts a new queue with its own key unless the configuration says otherwise.
    let by_default = resource.block.attribute("sqs_managed_sse_enabled") == Attribute::Unknown;
    if !by_default {
        findings.add(
            resource.address,
            attributes.first().map(|name| (*name).to_owned()),
            "the messages are not encrypted",
            format!("Set {names}."),
        );
    }
}
