//! The IAM policies that `jiti iam` prints: the guide shows them, and AWS's reference knows them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use aws::{DynamoAddress, OwnPartitions, PolicyDocument, PolicyScope, type_coverage};
use e2e::Sandbox;
use serde_json::Value;
use stack::{Config, StackName};

const LEDGER: &str = "dynamodb://jiti-ledger?region=eu-west-1";

const CONFIG: &str = "[[account]]\nname = \"sandbox\"\nid = \"123456789012\"\n\
                      regions = [\"eu-west-1\", \"us-east-1\"]\n";

/// Actions on `*` whose reference has a resource that an ordinary call does not name.
const NAMES_NO_RESOURCE: [&str; 3] = [
    "ce:GetCostAndUsage",
    "cloudwatch:GetMetricData",
    "ecs:ListTasks",
];

/// Actions that the handlers of the schemas have, but the policies do not: those that create or
/// configure, those that AWS does not have, and those for features that few resources
/// have. If AWS needs one after all, the reason of the residue names it.
#[rustfmt::skip]
const NOT_GRANTED: [&str; 35] = [
    "Eks:AssociateAccessPolicy", "Eks:CreateAccessEntry", "Iam:PassRole", "apigateway:PUT",
    "cloudfront:CreateConnectionGroup", "cloudfront:GetConnectionGroup", "cloudfront:TagResource",
    "cloudfront:UntagResource", "codecommit:PutRepositoryTriggers", "ds:UnauthorizeApplication",
    "ec2:AllocateAddress", "ec2:AssociateAddress", "ec2:AttachNetworkInterface",
    "ec2:CreateVpcEndpointServiceConfiguration", "ec2:DetachApplianceFromNatGateway",
    "ec2:DetachNetworkInterface", "ec2:ModifyVpcEndpoint", "ec2:ModifyVpcEndpointServicePermissions",
    "elasticache:ModifyReplicationGroup", "iam:CreateServiceLinkedRole", "iam:PassRole", "initech:DeleteReport",
    "initech:DescribeReport", "kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey", "kms:RevokeGrant",
    "logs:CreateLogDelivery", "memorydb:ModifyReplicationGroup", "neptune-graph:CancelImportTask",
    "redshift:DescribeSnapshotCopyGrant", "sns:Unsubscribe", "sts:AssumeRole", "synthetics:ReplicateCanary",
    "vpce:AllowMultiRegion",
];

/// The guide shows the policies as the command prints them. `make docs` updates it.
#[test]
fn the_policy_docs_are_fresh() {
    let sandbox = Sandbox::new();
    sandbox.config(CONFIG);
    let path = project().join("docs/guides/permissions.md");
    let committed = std::fs::read_to_string(&path).unwrap();
    let mut text = committed.clone();
    for role in ["look", "apply", "operate"] {
        let output = sandbox.jiti(&["iam", role, "--ledger", LEDGER]).ok();
        text = with_block(&text, role, &output.stdout);
    }
    for (name, document) in [("create", to_create()), ("self", of_stack())] {
        let document = serde_json::to_string_pretty(&document).unwrap();
        text = with_block(&text, name, &format!("{document}\n"));
    }
    #[expect(
        clippy::disallowed_methods,
        reason = "`make docs` sets JITI_BLESS to rewrite the pages"
    )]
    if std::env::var_os("JITI_BLESS").is_some() {
        std::fs::write(&path, &text).unwrap();
        return;
    }
    assert_eq!(
        committed, text,
        "docs/guides/permissions.md is stale: run `make docs`"
    );
}

/// AWS has every action. A policy names `*` only for actions without resource-level permissions,
/// and otherwise a resource of the action.
#[test]
fn the_reference_knows_every_action() {
    let sandbox = Sandbox::new();
    sandbox.config(CONFIG);
    let documents = documents(&sandbox);
    let statements: Vec<&Value> = documents.iter().flat_map(statements).collect();
    let actions: BTreeSet<_> = statements
        .iter()
        .flat_map(|statement| texts(&statement["Action"]))
        .collect();
    assert!(actions.len() > 200, "{actions:?}");
    let actions = serde_json::to_string(&actions).unwrap();
    let reference = sandbox.python("iam_reference.py", &[&actions]);
    let mut wrong = Vec::new();
    for statement in statements {
        let resources = texts(&statement["Resource"]);
        for action in texts(&statement["Action"]) {
            let formats = &reference[action];
            if formats.is_null() {
                wrong.push(format!("there is no action {action}"));
                continue;
            }
            let arns: Vec<_> = texts(formats).into_iter().map(example).collect();
            let is_right = if resources == ["*"] {
                arns.is_empty() || NAMES_NO_RESOURCE.contains(&action)
            } else {
                let mut patterns = resources.iter();
                // Either may be the narrower one: a table has its own name.
                let fits = |a: &str, b: &str| matches(a, b) || matches(b, a);
                patterns.any(|pattern| arns.iter().any(|arn| fits(pattern, arn)))
            };
            if !is_right {
                wrong.push(format!(
                    "{action} on {resources:?}: the reference has {arns:?}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The policies for the types of Cloud Control have the actions that the handlers of the
/// CloudFormation resource schemas call, without the exceptions.
#[test]
fn the_policies_of_types_rest_on_the_schemas() {
    let sandbox = Sandbox::new();
    sandbox.config(CONFIG);
    let documents = documents(&sandbox);
    let granted: BTreeSet<String> = documents
        .iter()
        .flat_map(statements)
        .flat_map(|statement| texts(&statement["Action"]))
        .map(str::to_lowercase)
        .collect();
    let rows = type_coverage();
    let rows = rows
        .iter()
        .filter_map(|row| Some((row, row.schema.as_ref()?)));
    // The calls of Cloud Control that jiti makes about each type.
    let mut made: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (row, schema) in rows {
        for name in &row.cloud_formation {
            let calls = made.entry(name).or_default();
            calls.extend(["read", "delete"]);
            calls.extend(schema.is_searched.then_some("list"));
            calls.extend(schema.updates.then_some("update"));
        }
        for (kind, _) in &schema.listed_by {
            made.entry(kind).or_default().insert("list");
        }
    }
    let names: Vec<&str> = made.keys().copied().collect();
    let schemas = sandbox.python("schemas.py", &names);
    let mut missing = BTreeSet::new();
    for (name, calls) in &made {
        for call in calls {
            let actions = texts(&schemas["types"][name][call]).into_iter();
            missing.extend(actions.filter(|action| !granted.contains(&action.to_lowercase())));
        }
    }
    let exceptions: BTreeSet<&str> = NOT_GRANTED.into_iter().collect();
    assert_eq!(missing, exceptions);
}

/// The policies that the command prints, that of a stack, and the one that creates the ledger's
/// table.
fn documents(sandbox: &Sandbox) -> Vec<Value> {
    let commands: [&[&str]; 3] = [
        &["iam", "operate"],
        &["iam", "look", "--types"],
        &["iam", "operate", "--types"],
    ];
    let printed = commands.map(|words| {
        let output = sandbox.jiti(&[words, &["--ledger", LEDGER]].concat()).ok();
        serde_json::from_str(&output.stdout).unwrap()
    });
    let made = [to_create(), of_stack()].map(|document| serde_json::to_value(document).unwrap());
    printed.into_iter().chain(made).collect()
}

fn statements(document: &Value) -> &Vec<Value> {
    document["Statement"].as_array().unwrap()
}

/// The policy to create the table of the ledger.
fn to_create() -> PolicyDocument {
    let address = DynamoAddress::parse(LEDGER).unwrap();
    let config = Config::parse(CONFIG, Path::new("config.toml")).unwrap();
    PolicyDocument::to_create_the_ledger(&PolicyScope {
        ledger: Some(&address),
        accounts: &config.accounts,
    })
}

/// The policy of a stack that manages itself. A test of the command compares it with the printed
/// one.
fn of_stack() -> PolicyDocument {
    let address = DynamoAddress::parse(LEDGER).unwrap();
    let config = Config::parse(CONFIG, Path::new("config.toml")).unwrap();
    let scope = PolicyScope {
        ledger: Some(&address),
        accounts: &config.accounts,
    };
    let own = OwnPartitions::new(&StackName::new("checkout-pr-412").unwrap(), 8);
    PolicyDocument::of_stack(&own, &scope)
}

/// The page with this JSON in the block after `<!-- NAME -->`.
fn with_block(page: &str, name: &str, json: &str) -> String {
    let open = format!("<!-- jiti iam: {name} -->\n```json\n");
    let (before, rest) = page
        .split_once(&open)
        .unwrap_or_else(|| panic!("the page has no block for {name}"));
    let (_, after) = rest.split_once("```").unwrap();
    format!("{before}{open}{json}```{after}")
}

/// A format such as `arn:${Partition}:ec2:${Region}:${Account}:volume/.*` as a pattern with `*`.
fn example(format: &str) -> String {
    format
        .replace("${Partition}", "aws")
        .replace("${Region}", "eu-west-1")
        .replace("${Account}", "123456789012")
        .replace("${AccountId}", "123456789012")
        .replace(".*", "*")
}

/// Whether a pattern with `*` matches a text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut is_open = false;
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            return false;
        };
        is_open = part.is_empty();
        rest = after;
    }
    is_open || rest.is_empty()
}

fn texts(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap()).collect()
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
