//! A protection or a retain policy that would prevent the teardown from finishing.

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::Attribute;
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "undeletable",
    title: "a resource that a teardown cannot delete",
    why: "A teardown stops at a protected resource, or leaves a retained one behind as residue. jiti never switches a protection off.",
    fix: "Switch the protection off in stacks that end by themselves.",
    plan,
    live,
};

/// Attributes that keep a resource when they are true: type, attribute.
const PROTECTED_IF_TRUE: &[(&str, &str)] = &[
    ("aws_alb", "enable_deletion_protection"),
    ("aws_db_instance", "deletion_protection"),
    ("aws_docdb_cluster", "deletion_protection"),
    ("aws_dynamodb_table", "deletion_protection_enabled"),
    ("aws_instance", "disable_api_termination"),
    ("aws_launch_template", "disable_api_termination"),
    ("aws_lb", "enable_deletion_protection"),
    ("aws_neptune_cluster", "deletion_protection"),
    ("aws_networkfirewall_firewall", "delete_protection"),
    ("aws_qldb_ledger", "deletion_protection"),
    ("aws_rds_cluster", "deletion_protection"),
    ("aws_rds_global_cluster", "deletion_protection"),
    ("aws_spot_instance_request", "disable_api_termination"),
];

/// Attributes that keep a resource when they have this text.
const PROTECTED_IF_TEXT: &[(&str, &str, &str)] = &[
    ("aws_cognito_user_pool", "deletion_protection", "ACTIVE"),
    (
        "aws_s3_bucket_object_lock_configuration",
        "object_lock_enabled",
        "Enabled",
    ),
];

/// Types that Terraform forgets instead of deleting them, if the attribute is true.
const RETAINED_IF_TRUE: &[(&str, &str)] = &[
    ("aws_cloudwatch_log_group", "skip_destroy"),
    ("aws_ecs_task_definition", "skip_destroy"),
    ("aws_lambda_function", "skip_destroy"),
    ("aws_lambda_layer_version", "skip_destroy"),
];

/// Types that are deleted only when they are empty, unless the attribute is true.
const EMPTY_UNLESS_TRUE: &[(&str, &str, &str)] = &[
    ("aws_backup_vault", "force_destroy", "recovery points"),
    ("aws_ecr_repository", "force_delete", "images"),
    ("aws_ecrpublic_repository", "force_destroy", "images"),
    (
        "aws_iam_user",
        "force_destroy",
        "keys and login profiles that Terraform does not manage",
    ),
    (
        "aws_route53_zone",
        "force_destroy",
        "records that Terraform does not manage",
    ),
    ("aws_s3_bucket", "force_destroy", "objects"),
    ("aws_s3_directory_bucket", "force_destroy", "objects"),
    ("aws_athena_workgroup", "force_destroy", "queries"),
];

/// Types whose deletion fails if they take a final snapshot and have no name for it.
const SNAPSHOT: &[&str] = &[
    "aws_db_instance",
    "aws_docdb_cluster",
    "aws_neptune_cluster",
    "aws_rds_cluster",
    "aws_redshift_cluster",
];

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for (kind, attribute) in PROTECTED_IF_TRUE {
        each(subject, kind, attribute, findings, |value| {
            value
                .is_true()
                .then(|| ("the deletion protection is on".to_owned(), "false"))
        });
    }
    for (kind, attribute, text) in PROTECTED_IF_TEXT {
        each(subject, kind, attribute, findings, |value| {
            let is_on = value.text() == Some(text);
            is_on.then(|| (format!("{attribute} is {text}"), "off"))
        });
    }
    for (kind, attribute) in RETAINED_IF_TRUE {
        each(subject, kind, attribute, findings, |value| {
            let why = "Terraform forgets the resource and does not delete it";
            value.is_true().then(|| (why.to_owned(), "false"))
        });
    }
    for (kind, attribute, content) in EMPTY_UNLESS_TRUE {
        each(subject, kind, attribute, findings, |value| {
            let why = format!("the deletion fails if the resource has {content}");
            (!value.is_true()).then_some((why, "true"))
        });
    }
    for kind in SNAPSHOT {
        for resource in subject.by_kind.get(kind) {
            unnamed_snapshot(resource, findings);
        }
    }
}

/// Types that Terraform deletes only when they are empty, unless its configuration says otherwise.
const MAY_BE_FULL: &[&str] = &[
    "athena:workgroup",
    "backup:backup-vault",
    "ecr:repository",
    "iam:user",
    "route53:hostedzone",
    "s3:bucket",
];

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    for resource in context.resources {
        let flag = resource
            .protection
            .as_deref()
            .unwrap_or("deletion protection");
        findings.observed(resource, &resource.governance.protected, |is_on| {
            Vec::from_iter(is_on.then(|| format!("its deletion protection is on ({flag})")))
        });
        if MAY_BE_FULL.contains(&resource.kind.as_str()) {
            let why = "only Terraform's state says whether it is deleted with its content";
            findings.undecided(resource.id.as_str(), None, why);
        }
    }
}

/// Reports each resource of a type for which `broken` names a reason and the right value.
fn each(
    subject: &PlanSubject<'_>,
    kind: &str,
    attribute: &str,
    findings: &mut Findings<'_>,
    broken: impl Fn(Attribute<'_>) -> Option<(String, &'static str)>,
) {
    for resource in subject.by_kind.get(kind) {
        let value = resource.block.attribute(attribute);
        let named = Some(attribute.to_owned());
        // Without a value in the configuration, an unknown value is the service's default: off.
        if value == Attribute::Unknown {
            if resource.is_configured(attribute) {
                findings.unknown(resource, attribute);
            }
        } else if let Some((why, right)) = broken(value) {
            findings.add(
                resource.address,
                named,
                why,
                format!("Set {attribute} to {right}."),
            );
        }
    }
}

fn unnamed_snapshot(resource: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    let skips = resource.block.attribute("skip_final_snapshot");
    let name = resource.block.attribute("final_snapshot_identifier");
    if skips == Attribute::Unknown {
        findings.unknown(resource, "skip_final_snapshot");
    } else if !skips.is_true() && name == Attribute::NotSet {
        findings.add(
            resource.address,
            Some("skip_final_snapshot".to_owned()),
            "Terraform refuses to delete it without a name for its final snapshot",
            "Set skip_final_snapshot to true.",
        );
    }
}
