//! A name that stays taken after the deletion.

use super::{Findings, LiveContext, PlanSubject, Rule};
use crate::attribute::Attribute;
use crate::plan::PlannedResource;

pub(super) const RULE: Rule = Rule {
    id: "name_kept",
    title: "a name that stays taken after the deletion",
    why: "The next stack of the same name cannot create the resource while the name is taken.",
    fix: "Make the name unique for each stack, or release it at once.",
    plan,
    live,
};

/// Types that may take a final snapshot, whose name stays taken until a user deletes it.
const SNAPSHOT: &[(&str, &str)] = &[
    ("aws_db_instance", "skip_final_snapshot"),
    ("aws_docdb_cluster", "skip_final_snapshot"),
    ("aws_elasticache_cluster", ""),
    ("aws_elasticache_replication_group", ""),
    ("aws_neptune_cluster", "skip_final_snapshot"),
    ("aws_rds_cluster", "skip_final_snapshot"),
    ("aws_redshift_cluster", "skip_final_snapshot"),
];

/// For how many days a deleted secret keeps its name, unless the configuration says otherwise.
const SECRET_DAYS: i64 = 30;

fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for secret in subject.by_kind.get("aws_secretsmanager_secret") {
        recovery_window(secret, findings);
    }
    for (kind, skip) in SNAPSHOT {
        for database in subject.by_kind.get(kind) {
            final_snapshot(database, skip, findings);
        }
    }
    for group in subject.by_kind.get("aws_cloudwatch_log_group") {
        let keeps = group.block.attribute("skip_destroy").is_true();
        if keeps && has_fixed_name(group) {
            findings.add(
                group.address,
                Some("skip_destroy".to_owned()),
                "the log group stays, with its name",
                "Set skip_destroy to false, or use name_prefix.",
            );
        }
    }
    for queue in subject.by_kind.get("aws_sqs_queue") {
        if has_fixed_name(queue) && !depends_on_stack(queue, subject) {
            findings.warn(
                queue.address,
                Some("name".to_owned()),
                "SQS refuses a queue of the same name for 60 seconds after the deletion",
                "Use name_prefix, or put the stack's name into the queue's name.",
            );
        }
    }
}

fn live(context: &LiveContext<'_>, findings: &mut Findings<'_>) {
    for resource in context.resources {
        let id = resource.id.as_str();
        if resource.kind == "secretsmanager:secret" {
            let why = "how long its name stays taken depends on how it is deleted: see its recovery window in the plan";
            findings.undecided(id, None, why);
        } else if let Some(left) = &resource.outlives {
            let why = format!("its deletion leaves {left}");
            findings.warn(id, None, why, RULE.fix);
        }
    }
}

fn recovery_window(secret: &PlannedResource<'_>, findings: &mut Findings<'_>) {
    let attribute = "recovery_window_in_days";
    let days = match secret.block.attribute(attribute) {
        Attribute::Unknown => return findings.unknown(secret, attribute),
        Attribute::Known(days) => days.as_i64().unwrap_or(SECRET_DAYS),
        Attribute::NotSet => SECRET_DAYS,
    };
    if days > 0 && has_fixed_name(secret) {
        findings.add(
            secret.address,
            Some(attribute.to_owned()),
            format!("a deleted secret keeps its name for {days} days"),
            "Set recovery_window_in_days to 0, or use name_prefix.",
        );
    }
}

fn final_snapshot(database: &PlannedResource<'_>, skip: &str, findings: &mut Findings<'_>) {
    let skips = !skip.is_empty() && database.block.attribute(skip).is_true();
    let name = database.block.attribute("final_snapshot_identifier");
    if let (false, Some(name)) = (skips, name.text()) {
        findings.add(
            database.address,
            Some("final_snapshot_identifier".to_owned()),
            format!("the final snapshot {name:?} stays, and the next deletion cannot take one of the same name"),
            "Take no final snapshot, or put something unique into its name.",
        );
    }
}

/// Whether the configuration gives the whole name. With a prefix, the apply chooses the name.
fn has_fixed_name(resource: &PlannedResource<'_>) -> bool {
    matches!(resource.block.attribute("name"), Attribute::Known(_))
}

/// Whether the name contains that of a stack in the plan, so that only the same stack uses it.
fn depends_on_stack(resource: &PlannedResource<'_>, subject: &PlanSubject<'_>) -> bool {
    let name = resource.block.attribute("name").text().unwrap_or_default();
    let mut stacks = subject.by_kind.get("jiti_stack").iter();
    stacks.any(|stack| {
        let stack = stack.block.attribute("name").text();
        stack.is_some_and(|stack| name.contains(stack))
    })
}
