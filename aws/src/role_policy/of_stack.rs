//! The IAM policy of a stack that changes its own lease: the items of that stack, as far as a
//! policy can name them.
//!
//! DynamoDB's condition keys name the partition (`dynamodb:LeadingKeys`) and the attributes of a
//! request, but not the sort key. So the snapshots and the log of a shard, which several stacks
//! share, are narrowed by actions: no query lists them, and the log is read by position only.

use super::{Condition, PolicyDocument, PolicyScope, Statement, on_the_table};
use crate::ledger::OwnPartitions;

/// The keys of the partitions of a request.
const LEADING_KEYS: &str = "dynamodb:LeadingKeys";

/// The attributes that a request names.
const ATTRIBUTES: &str = "dynamodb:Attributes";

/// What a query returns of each item.
const SELECT: &str = "dynamodb:Select";

impl PolicyDocument {
    /// The policy for the programs inside of a stack: `mark`, `touch`, `extend` and `teardown` of
    /// this stack. It has no statement for a ledger in a file.
    #[must_use]
    pub fn of_stack(own: &OwnPartitions, scope: &PolicyScope<'_>) -> Self {
        let statements = [
            statement(
                "JitiSelfEvents",
                &["GetItem", "PutItem", "Query"],
                [&own.events],
                scope,
            ),
            statement(
                "JitiSelfSnapshot",
                &["GetItem", "PutItem"],
                [&own.live, &own.gone],
                scope,
            ),
            // The stack is gone: its snapshot moves to the other partition.
            statement("JitiSelfEnd", &["DeleteItem"], [&own.live], scope),
            statement("JitiSelfLog", &["PutItem"], [&own.log], scope),
            position_of_the_log(own, scope),
            statement(
                "JitiSelfShared",
                &["GetItem"],
                [&own.ledger, &own.streams],
                scope,
            ),
        ];
        Self::new(statements.into_iter().flatten().collect())
    }
}

/// Actions in these partitions and in no other; `None` for a ledger in a file.
fn statement<const N: usize>(
    sid: &str,
    names: &[&str],
    partitions: [&String; N],
    scope: &PolicyScope<'_>,
) -> Option<Statement> {
    let keys = partitions.map(String::clone).into();
    Some(Statement {
        condition: Some(Condition {
            for_all_values: [(LEADING_KEYS, keys)].into(),
            ..Condition::default()
        }),
        ..on_the_table(sid, names, scope)?
    })
}

/// Queries of the log that return the keys of its entries and nothing else.
fn position_of_the_log(own: &OwnPartitions, scope: &PolicyScope<'_>) -> Option<Statement> {
    let mut statement = statement("JitiSelfLogPosition", &["Query"], [&own.log], scope)?;
    if let Some(condition) = &mut statement.condition {
        let keys = ["pk", "sk"].map(str::to_owned);
        condition.for_all_values.insert(ATTRIBUTES, keys.into());
        let select = "SPECIFIC_ATTRIBUTES".to_owned();
        condition.string_equals.insert(SELECT, [select].into());
    }
    Some(statement)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use stack::StackName;

    use super::*;
    use crate::DynamoAddress;

    /// Every statement names the stack's own partitions, and only the log's query names attributes.
    #[test]
    fn a_stack_may_use_its_partitions() {
        let address = DynamoAddress::parse("dynamodb://jiti?region=eu-west-1").unwrap();
        let scope = PolicyScope {
            ledger: Some(&address),
            accounts: &[],
        };
        let own = OwnPartitions::new(&StackName::new("checkout-pr-2").unwrap(), 8);
        let document = serde_json::to_value(PolicyDocument::of_stack(&own, &scope)).unwrap();
        let table = json!(["arn:aws:dynamodb:eu-west-1:*:table/jiti"]);
        let statement = |sid: &str, names: &[&str], keys: &[&str]| {
            let names: Vec<_> = names
                .iter()
                .map(|name| format!("dynamodb:{name}"))
                .collect();
            json!({
                "Sid": sid, "Effect": "Allow", "Action": names, "Resource": table,
                "Condition": { "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": keys } },
            })
        };
        let position = json!({
            "Sid": "JitiSelfLogPosition",
            "Effect": "Allow",
            "Action": ["dynamodb:Query"],
            "Resource": table,
            "Condition": {
                "StringEquals": { "dynamodb:Select": ["SPECIFIC_ATTRIBUTES"] },
                "ForAllValues:StringEquals": {
                    "dynamodb:Attributes": ["pk", "sk"],
                    "dynamodb:LeadingKeys": ["log#05"],
                },
            },
        });
        let expected = [
            statement(
                "JitiSelfEvents",
                &["GetItem", "PutItem", "Query"],
                &["stack#checkout-pr-2"],
            ),
            statement(
                "JitiSelfSnapshot",
                &["GetItem", "PutItem"],
                &["gone#05", "live#05"],
            ),
            statement("JitiSelfEnd", &["DeleteItem"], &["live#05"]),
            statement("JitiSelfLog", &["PutItem"], &["log#05"]),
            position,
            statement("JitiSelfShared", &["GetItem"], &["ledger", "streams"]),
        ];
        assert_eq!(
            document,
            json!({ "Version": "2012-10-17", "Statement": expected })
        );
    }

    /// A ledger in a file needs no permission.
    #[test]
    fn a_ledger_in_a_file_has_no_partitions() {
        let scope = PolicyScope {
            ledger: None,
            accounts: &[],
        };
        let own = OwnPartitions::new(&StackName::new("checkout-pr-2").unwrap(), 8);
        assert!(PolicyDocument::of_stack(&own, &scope).is_empty());
    }
}
