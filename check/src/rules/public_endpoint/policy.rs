//! Resource policies that let everyone in.

use serde_json::Value;

use super::super::{Findings, PlanSubject};
use crate::attribute::Attribute;

/// Types with a resource policy, and its attribute.
const POLICIES: &[(&str, &str)] = &[
    ("aws_ecr_repository_policy", "policy"),
    ("aws_efs_file_system_policy", "policy"),
    ("aws_kms_key", "policy"),
    ("aws_s3_bucket", "policy"),
    ("aws_s3_bucket_policy", "policy"),
    ("aws_secretsmanager_secret_policy", "policy"),
    ("aws_sns_topic_policy", "policy"),
    ("aws_sqs_queue", "policy"),
    ("aws_sqs_queue_policy", "policy"),
];

pub(super) fn plan(subject: &PlanSubject<'_>, findings: &mut Findings<'_>) {
    for (kind, attribute) in POLICIES {
        for resource in subject.by_kind.get(kind) {
            let policy = resource.block.attribute(attribute);
            if policy == Attribute::Unknown && resource.is_configured(attribute) {
                findings.unknown(resource, attribute);
            } else if policy.text().is_some_and(lets_everyone_in) {
                findings.add(
                    resource.address,
                    Some((*attribute).to_owned()),
                    "the policy allows every principal, without a condition",
                    "Name the principals, or add a condition.",
                );
            }
        }
    }
    for permission in subject.by_kind.get("aws_lambda_permission") {
        let is_open = permission.block.attribute("principal").text() == Some("*");
        let limits = ["principal_org_id", "source_account", "source_arn"];
        let is_limited = limits
            .iter()
            .any(|name| permission.block.attribute(name) != Attribute::NotSet);
        if is_open && !is_limited {
            findings.add(
                permission.address,
                Some("principal".to_owned()),
                "everyone can call the function",
                "Name the principal, or set source_account or source_arn.",
            );
        }
    }
}

/// Whether a statement of an IAM policy allows every principal, without a condition.
fn lets_everyone_in(policy: &str) -> bool {
    let Ok(policy) = serde_json::from_str::<Value>(policy) else {
        return false;
    };
    let is_open = |statement: &Value| {
        let principal = &statement["Principal"];
        let is_everyone = |value: &Value| {
            let all = |value: &Value| value.as_str().is_some_and(is_any_account);
            all(value) || value.as_array().is_some_and(|items| items.iter().any(all))
        };
        let everyone = is_everyone(principal) || is_everyone(&principal["AWS"]);
        let is_limited = statement["Condition"]
            .as_object()
            .is_some_and(|condition| !condition.is_empty());
        statement["Effect"] == "Allow" && everyone && !is_limited
    };
    match &policy["Statement"] {
        Value::Array(statements) => statements.iter().any(is_open),
        statement => is_open(statement),
    }
}

/// Whether a principal is everyone, or has no account: `*`, or `arn:aws:iam::*:role/deploy`.
fn is_any_account(principal: &str) -> bool {
    principal == "*" || principal.split(':').nth(4) == Some("*")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Only a statement that allows everyone, without a condition, is open.
    #[test]
    fn open_policies_are_found() {
        let open = |statement: &str| lets_everyone_in(&format!("{{\"Statement\": {statement}}}"));
        assert!(open(r#"{"Effect": "Allow", "Principal": "*"}"#));
        assert!(open(
            r#"[{"Effect": "Deny"}, {"Effect": "Allow", "Principal": {"AWS": ["*"]}}]"#
        ));
        assert!(open(
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::*:role/deploy"}}"#
        ));
        for closed in [
            r#"{"Effect": "Deny", "Principal": "*"}"#,
            r#"{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}}"#,
            r#"{"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}}"#,
            r#"{"Effect": "Allow", "Principal": "*", "Condition": {"StringEquals": {"a": "b"}}}"#,
            "7",
        ] {
            assert!(!open(closed), "{closed}");
        }
        assert!(!lets_everyone_in("not JSON"));
    }
}
