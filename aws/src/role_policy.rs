//! The IAM policy of each role: one document with the actions that the role's calls need, on the
//! table of the ledger and in the configured accounts.

mod actions;
mod handlers;
mod of_stack;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use stack::config::{Account, CredentialSource};

use self::actions::{CHANGE, Grant, LEDGER_CREATE, LEDGER_READ, LEDGER_WRITE, On, READ};
use self::handlers::{TYPES_CHANGE, TYPES_READ};
use crate::DynamoAddress;
use crate::partition::partition;

/// What the holder of a policy does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyRole {
    /// Reads the ledger, and tags, prices, metrics and descriptions in the accounts.
    Look,
    /// Runs the provider: reads and writes the ledger, and calls nothing else.
    Apply,
    /// Looks, writes the ledger, and stops, starts and deletes what a stack owns, but never the
    /// ledger's own table.
    Operate,
}

/// The place that a policy is for.
#[derive(Clone, Copy, Debug)]
pub struct PolicyScope<'a> {
    /// The table of the ledger; `None` for a ledger in a file, which needs no permission.
    pub ledger: Option<&'a DynamoAddress>,
    /// The configured accounts. Without any, the policy has `*` in the place of the account and of
    /// the regions.
    pub accounts: &'a [Account],
}

/// An IAM policy: `{"Version": …, "Statement": […]}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct PolicyDocument {
    version: &'static str,
    statement: Vec<Statement>,
}

/// One statement, which allows or denies actions on resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement {
    sid: String,
    effect: &'static str,
    action: BTreeSet<String>,
    resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
}

/// What a request must have: all of these.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
struct Condition {
    /// Keys that must have one of these values.
    #[serde(rename = "StringEquals", skip_serializing_if = "BTreeMap::is_empty")]
    string_equals: BTreeMap<&'static str, BTreeSet<String>>,
    /// Keys with several values, each of which must be one of these.
    #[serde(
        rename = "ForAllValues:StringEquals",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    for_all_values: BTreeMap<&'static str, BTreeSet<String>>,
}

impl PolicyDocument {
    /// The most characters of a managed policy, without white space. Source: the IAM quotas of
    /// AWS.
    pub const MAX_MANAGED: usize = 6_144;

    /// The most characters of all inline policies of a role, from the same source.
    pub const MAX_INLINE: usize = 10_240;

    /// The policy of a role. It has no statement if the role needs no permission: `apply` with a
    /// ledger in a file.
    #[must_use]
    pub fn of_role(role: PolicyRole, scope: &PolicyScope<'_>) -> Self {
        let ledger = match role {
            PolicyRole::Look => LEDGER_READ.to_vec(),
            PolicyRole::Apply | PolicyRole::Operate => [LEDGER_READ, LEDGER_WRITE].concat(),
        };
        let mut statement = Vec::from_iter(on_the_table("JitiLedger", &ledger, scope));
        if role != PolicyRole::Apply {
            statement.extend(in_the_accounts("JitiRead", READ, scope));
        }
        if role == PolicyRole::Operate {
            statement.extend(in_the_accounts("JitiChange", CHANGE, scope));
            statement.extend(kept_table(scope));
        }
        if role != PolicyRole::Apply {
            statement.extend(assumed_roles(scope.accounts));
        }
        Self::new(statement)
    }

    /// What the holder of a role's policy needs besides, so that Cloud Control can read, and for
    /// `operate` also delete, the types of the table. The policy of `operate` does not repeat that
    /// of `look`: its holder needs both.
    #[must_use]
    pub fn of_types(role: PolicyRole, scope: &PolicyScope<'_>) -> Self {
        let statements = match role {
            PolicyRole::Look => in_the_accounts("JitiTypesRead", TYPES_READ, scope).collect(),
            PolicyRole::Operate => {
                in_the_accounts("JitiTypesChange", TYPES_CHANGE, scope).collect()
            }
            PolicyRole::Apply => Vec::new(),
        };
        Self::new(statements)
    }

    /// The policy to create the ledger's table, which no role includes.
    #[must_use]
    pub fn to_create_the_ledger(scope: &PolicyScope<'_>) -> Self {
        let statement = on_the_table("JitiCreateLedger", LEDGER_CREATE, scope);
        Self::new(Vec::from_iter(statement))
    }

    /// A policy that allows nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(Vec::new())
    }

    fn new(statement: Vec<Statement>) -> Self {
        Self {
            version: "2012-10-17",
            statement,
        }
    }

    /// Whether the policy allows nothing. AWS refuses such a policy.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.statement.is_empty()
    }

    /// The number of characters as AWS counts them: without white space.
    #[must_use]
    pub fn size(&self) -> usize {
        serde_json::to_string(self).map_or(0, |text| text.len())
    }
}

/// A statement on the ledger's table; `None` for a ledger in a file.
fn on_the_table(sid: &str, names: &[&str], scope: &PolicyScope<'_>) -> Option<Statement> {
    let address = scope.ledger?;
    let region = address.region.as_deref().unwrap_or("*");
    let account = ledger_account(address, scope.accounts).unwrap_or("*");
    let (partition, table) = (partition(region), &address.table);
    Some(Statement {
        sid: sid.to_owned(),
        effect: "Allow",
        action: names
            .iter()
            .map(|name| format!("dynamodb:{name}"))
            .collect(),
        resource: BTreeSet::from([format!(
            "arn:{partition}:dynamodb:{region}:{account}:table/{table}"
        )]),
        condition: None,
    })
}

/// Keeps the ledger's own table: a sweep may delete tables, but never this one.
fn kept_table(scope: &PolicyScope<'_>) -> Option<Statement> {
    let statement = on_the_table("JitiKeepLedger", &["DeleteTable"], scope)?;
    Some(Statement {
        effect: "Deny",
        ..statement
    })
}

/// The account of the table, if it is known: that of the only configured account whose credentials
/// are the ledger's. jiti refuses an account whose credentials belong to another one.
fn ledger_account<'a>(address: &DynamoAddress, accounts: &'a [Account]) -> Option<&'a str> {
    let mut same = accounts
        .iter()
        .filter(|account| match (&address.profile, &account.access) {
            (None, CredentialSource::Standard) => true,
            (Some(ledger), CredentialSource::Profile(profile)) => ledger == profile,
            _ => false,
        });
    let first = same.next()?;
    same.next().is_none().then_some(first.id.as_str())
}

/// One statement for each kind of resource.
fn in_the_accounts<'a>(
    sid: &'a str,
    grants: &'a [Grant],
    scope: &'a PolicyScope<'_>,
) -> impl Iterator<Item = Statement> + 'a {
    let mut kinds: BTreeMap<On, Vec<&Grant>> = BTreeMap::new();
    for grant in grants {
        kinds.entry(grant.on).or_default().push(grant);
    }
    let accounts = scope.accounts;
    kinds.into_iter().map(move |(on, grants)| Statement {
        sid: format!("{sid}{}", suffix(on)),
        effect: "Allow",
        action: grants.iter().flat_map(|grant| grant.actions()).collect(),
        resource: grants
            .iter()
            .flat_map(|grant| resources(grant, accounts))
            .collect(),
        condition: condition(on, accounts),
    })
}

/// What the id of a statement ends with.
fn suffix(on: On) -> &'static str {
    match on {
        On::Any => "Any",
        On::AnyGlobal => "AnyGlobal",
        On::Account => "Account",
        On::AccountGlobal => "AccountGlobal",
        On::Image => "Images",
        On::Bucket => "Buckets",
        On::Regional => "Regional",
        On::Nowhere => "Global",
    }
}

/// The partition and the id of each account; `*` without any.
fn places(accounts: &[Account]) -> Vec<(&'static str, &str)> {
    let places = accounts.iter().map(|account| {
        let region = account.regions.first().map_or("", String::as_str);
        (partition(region), account.id.as_str())
    });
    match accounts {
        [] => vec![("aws", "*")],
        _ => places.collect(),
    }
}

/// The ARNs of what a grant is for.
fn resources(grant: &Grant, accounts: &[Account]) -> Vec<String> {
    let service = grant.service;
    let each = |arn: &dyn Fn(&str, &str) -> String| {
        let places = places(accounts).into_iter();
        places.map(|(partition, id)| arn(partition, id)).collect()
    };
    match grant.on {
        On::Any | On::AnyGlobal => vec!["*".to_owned()],
        On::Account => each(&|partition, id| format!("arn:{partition}:{service}:*:{id}:*")),
        On::AccountGlobal => each(&|partition, id| format!("arn:{partition}:{service}::{id}:*")),
        On::Image => ["image", "snapshot"]
            .into_iter()
            .flat_map(|kind| each(&|partition, _| format!("arn:{partition}:{service}:*::{kind}/*")))
            .collect(),
        On::Bucket | On::Nowhere => each(&|partition, _| format!("arn:{partition}:{service}:::*")),
        On::Regional => each(&|partition, _| format!("arn:{partition}:{service}:*::*")),
    }
}

/// Only the configured regions, and for buckets only the configured accounts; nothing without
/// accounts.
fn condition(on: On, accounts: &[Account]) -> Option<Condition> {
    let regions = accounts.iter().flat_map(|account| account.regions.clone());
    let ids = accounts.iter().map(|account| account.id.clone());
    let mut string_equals = BTreeMap::new();
    let has_region = matches!(
        on,
        On::Any | On::Account | On::Image | On::Bucket | On::Regional
    );
    if has_region {
        string_equals.insert("aws:RequestedRegion", regions.collect::<BTreeSet<_>>());
    }
    if on == On::Bucket {
        string_equals.insert("aws:ResourceAccount", ids.collect());
    }
    string_equals.retain(|_, values| !values.is_empty());
    (!string_equals.is_empty()).then(|| Condition {
        string_equals,
        ..Condition::default()
    })
}

/// The roles that jiti assumes to reach the accounts.
fn assumed_roles(accounts: &[Account]) -> Option<Statement> {
    let roles = accounts.iter().filter_map(|account| match &account.access {
        CredentialSource::Role { arn, .. } => Some(arn.clone()),
        CredentialSource::Standard | CredentialSource::Profile(_) => None,
    });
    let resource: BTreeSet<String> = roles.collect();
    (!resource.is_empty()).then(|| Statement {
        sid: "JitiAssumeRoles".to_owned(),
        effect: "Allow",
        action: BTreeSet::from(["sts:AssumeRole".to_owned()]),
        resource,
        condition: None,
    })
}
