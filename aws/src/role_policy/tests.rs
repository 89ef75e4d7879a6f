//! The policies allow every call that this package makes, and no more.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use stack::Config;
use stack::config::CredentialSource;

use super::*;

/// Calls whose IAM action has another name than the call.
const ACTION_NAMES: &[(&str, &str, &[&str])] = &[
    (
        "s3",
        "DeleteObjects",
        &["s3:DeleteObject", "s3:DeleteObjectVersion"],
    ),
    (
        "s3",
        "GetObjectLockConfiguration",
        &["s3:GetBucketObjectLockConfiguration"],
    ),
    ("s3", "ListBuckets", &["s3:ListAllMyBuckets"]),
    (
        "s3",
        "ListMultipartUploads",
        &["s3:ListBucketMultipartUploads"],
    ),
    ("s3", "ListObjectVersions", &["s3:ListBucketVersions"]),
    // This call needs no permission.
    ("sts", "GetCallerIdentity", &[]),
    // The permissions of a transaction are those of its parts:
    // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html
    ("dynamodb", "TransactGetItems", &["dynamodb:GetItem"]),
    (
        "dynamodb",
        "TransactWriteItems",
        &["dynamodb:DeleteItem", "dynamodb:PutItem"],
    ),
];

/// Services whose action prefix differs from their name in the code.
const ACTION_PREFIXES: &[(&str, &str)] = &[("monitoring", "cloudwatch"), ("tagging", "tag")];

/// Each call that this package makes in the accounts has its action in one list: of reads if it
/// only reads, otherwise of changes. Without it, AWS denies the call to users of the policies.
#[test]
fn the_lists_have_every_call() {
    let (reads, changes) = (listed(READ), listed(CHANGE));
    let mut missing = BTreeSet::new();
    let calls = calls(&sources());
    assert!(calls.len() > 30, "found only these calls: {calls:?}");
    for (service, call) in calls {
        for action in actions(&service, &call) {
            let list = if is_read(&call) { &reads } else { &changes };
            if !list.contains(&action) {
                missing.insert(action);
            }
        }
    }
    assert_eq!(
        missing,
        BTreeSet::new(),
        "aws/src/role_policy/actions.rs lacks these actions"
    );
    let both: Vec<_> = reads.intersection(&changes).collect();
    assert!(both.is_empty(), "both lists have {both:?}");
}

/// The lists of the ledger have exactly the actions of the calls to its table. Only the creation of
/// a table needs more than reading and appending.
#[test]
fn the_ledger_lists_are_exact() {
    let named = |lists: &[&[&str]]| -> BTreeSet<String> {
        let names = lists.concat().into_iter();
        names.map(|name| format!("dynamodb:{name}")).collect()
    };
    let (mut creating, mut using) = (BTreeSet::new(), BTreeSet::new());
    for file in files(&sources().join("ledger")) {
        let calls = ledger_calls(&fs::read_to_string(&file).unwrap());
        let needed = calls.iter().flat_map(|call| actions("dynamodb", call));
        if file.ends_with("table.rs") {
            creating.extend(needed);
        } else {
            using.extend(needed);
        }
    }
    assert_eq!(using, named(&[LEDGER_READ, LEDGER_WRITE]));
    // Creating a table also reads the ledger's item, and sets tags.
    creating.extend(named(&[&["GetItem", "TagResource"]]));
    assert_eq!(creating, named(&[LEDGER_CREATE]));
}

/// The calls of a client, whose methods have the name of the call: `client.get_item()`. An action
/// that an error names counts as well.
fn ledger_calls(text: &str) -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for after in text.split("client").skip(1) {
        let method = after.trim_start().strip_prefix('.');
        let name = method.and_then(|method| method.split_once("()"));
        if let Some((name, _)) = name
            && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        {
            calls.insert(camel_case(name));
        }
    }
    for after in text.split(".repeated(").skip(1) {
        let action = after.split('"').nth(1);
        calls.extend(action.map(str::to_owned));
    }
    calls
}

/// `get_item` as `GetItem`.
fn camel_case(name: &str) -> String {
    let words = name.split('_').filter_map(|word| {
        let (first, rest) = word.split_at_checked(1)?;
        Some(first.to_uppercase() + rest)
    });
    words.collect()
}

/// `apply` has the ledger and nothing else.
#[test]
fn apply_is_the_ledger_alone() {
    let document = document(
        PolicyRole::Apply,
        Some("dynamodb://jiti?region=eu-west-1"),
        "",
    );
    let expected = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "JitiLedger",
            "Effect": "Allow",
            "Action": [
                "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
            ],
            "Resource": ["arn:aws:dynamodb:eu-west-1:*:table/jiti"],
        }],
    });
    assert_eq!(serde_json::to_value(document).unwrap(), expected);
}

/// With a ledger in a file, no policy has a table, and `apply` allows nothing.
#[test]
fn a_ledger_in_a_file_needs_no_permission() {
    for role in [PolicyRole::Look, PolicyRole::Apply, PolicyRole::Operate] {
        let document = document(role, None, "");
        let text = serde_json::to_string(&document).unwrap();
        assert!(
            !text.contains(":table/") && !text.contains("JitiLedger"),
            "{text}"
        );
        assert_eq!(document.is_empty(), role == PolicyRole::Apply);
    }
}

/// `look` changes nothing, and `operate` allows all that `look` and `apply` do.
#[test]
fn each_role_has_its_calls() {
    let address = Some("dynamodb://jiti?region=eu-west-1");
    let [look, apply, operate] = [PolicyRole::Look, PolicyRole::Apply, PolicyRole::Operate]
        .map(|role| allowed(&document(role, address, ACCOUNT)));
    for action in &look {
        let (_, call) = action.split_once(':').unwrap();
        assert!(is_read(call) || call == "Query", "{action}");
    }
    assert!(look.is_subset(&operate) && apply.is_subset(&operate));
    assert!(operate.is_superset(&listed(CHANGE)));
    assert!(look.is_superset(&listed(READ)));
}

/// A place that is known is in the resources: the table's account if the ledger uses the
/// credentials of exactly one account, the accounts, and the regions of the calls.
#[test]
fn resources_are_narrowed_to_the_known_place() {
    let table = |address: &str, accounts: &str| {
        let document = document(PolicyRole::Apply, Some(address), accounts);
        serde_json::to_value(document).unwrap()["Statement"][0]["Resource"][0].clone()
    };
    let profile = "[[account]]\nname = \"p\"\nid = \"210987654321\"\nprofile = \"p\"\n\
                   regions = [\"us-gov-west-1\"]\n";
    let both = format!("{ACCOUNT}{profile}");
    for (address, accounts, arn) in [
        ("dynamodb://jiti", "", "arn:aws:dynamodb:*:*:table/jiti"),
        (
            "dynamodb://jiti?region=eu-west-1",
            both.as_str(),
            "arn:aws:dynamodb:eu-west-1:123456789012:table/jiti",
        ),
        (
            "dynamodb://jiti?region=us-gov-west-1&profile=p",
            both.as_str(),
            "arn:aws-us-gov:dynamodb:us-gov-west-1:210987654321:table/jiti",
        ),
        (
            "dynamodb://jiti?region=cn-north-1&profile=other",
            both.as_str(),
            "arn:aws-cn:dynamodb:cn-north-1:*:table/jiti",
        ),
    ] {
        assert_eq!(table(address, accounts), arn, "{address}");
    }
    let narrowed = serde_json::to_string(&document(PolicyRole::Operate, None, &both)).unwrap();
    for part in [
        "arn:aws:rds:*:123456789012:*",
        "arn:aws-us-gov:iam::210987654321:*",
        r#""aws:RequestedRegion":["eu-west-1","us-east-1","us-gov-west-1"]"#,
        r#""aws:ResourceAccount":["123456789012","210987654321"]"#,
    ] {
        assert!(narrowed.contains(part), "{part} in {narrowed}");
    }
    let wide = serde_json::to_string(&document(PolicyRole::Operate, None, "")).unwrap();
    assert!(
        wide.contains("arn:aws:rds:*:*:*") && !wide.contains("Condition"),
        "{wide}"
    );
}

/// `operate` may delete tables, but not the ledger's.
#[test]
fn no_role_deletes_the_ledger() {
    let address = Some("dynamodb://jiti?region=eu-west-1");
    let operate = document(PolicyRole::Operate, address, ACCOUNT);
    assert!(allowed(&operate).contains("dynamodb:DeleteTable"));
    let value = serde_json::to_value(operate).unwrap();
    let statements = value["Statement"].as_array().unwrap();
    let denied = statements
        .iter()
        .find(|statement| statement["Effect"] == "Deny");
    let expected = json!({
        "Sid": "JitiKeepLedger",
        "Effect": "Deny",
        "Action": ["dynamodb:DeleteTable"],
        "Resource": ["arn:aws:dynamodb:eu-west-1:123456789012:table/jiti"],
    });
    assert_eq!(denied, Some(&expected));
}

/// The roles that jiti assumes are allowed by name.
#[test]
fn assumed_roles_are_allowed() {
    let arn = "arn:aws:iam::123456789012:role/jiti";
    let accounts = ACCOUNT.replace("regions", &format!("role_arn = \"{arn}\"\nregions"));
    let config = config(&accounts);
    assert!(matches!(
        config.accounts[0].access,
        CredentialSource::Role { .. }
    ));
    let document = document(PolicyRole::Look, None, &accounts);
    let value = serde_json::to_value(document).unwrap();
    let last = value["Statement"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["Action"], &last["Resource"]),
        (&json!(["sts:AssumeRole"]), &json!([arn]))
    );
}

/// AWS accepts the policies of one account: `look` and `apply` as managed policies, `operate` as an
/// inline policy of a role.
#[test]
fn the_policies_fit() {
    let address = Some("dynamodb://jiti-ledger?region=eu-west-1");
    let size = |role| document(role, address, ACCOUNT).size();
    for (role, most) in [
        (PolicyRole::Look, PolicyDocument::MAX_MANAGED),
        (PolicyRole::Apply, PolicyDocument::MAX_MANAGED),
        (PolicyRole::Operate, PolicyDocument::MAX_INLINE),
    ] {
        assert!(size(role) <= most, "{role:?} has {} characters", size(role));
    }
}

/// An account with the standard credentials.
const ACCOUNT: &str = "[[account]]\nname = \"sandbox\"\nid = \"123456789012\"\n\
                       regions = [\"eu-west-1\", \"us-east-1\"]\n";

fn config(text: &str) -> Config {
    Config::parse(text, Path::new("config.toml")).unwrap()
}

fn document(role: PolicyRole, address: Option<&str>, accounts: &str) -> PolicyDocument {
    let address = address.map(|address| DynamoAddress::parse(address).unwrap());
    let scope = PolicyScope {
        ledger: address.as_ref(),
        accounts: &config(accounts).accounts,
    };
    PolicyDocument::of_role(role, &scope)
}

/// The actions that a document allows.
fn allowed(document: &PolicyDocument) -> BTreeSet<String> {
    let statements = document.statement.iter();
    statements
        .filter(|statement| statement.effect == "Allow")
        .flat_map(|statement| statement.action.clone())
        .collect()
}

fn listed(grants: &[Grant]) -> BTreeSet<String> {
    grants.iter().flat_map(Grant::actions).collect()
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Whether a call only reads.
fn is_read(call: &str) -> bool {
    ["Describe", "Get", "List"]
        .iter()
        .any(|verb| call.starts_with(verb))
}

/// The actions that a call needs.
fn actions(service: &str, call: &str) -> Vec<String> {
    let renamed = ACTION_NAMES
        .iter()
        .find(|(of_service, of_call, _)| *of_service == service && *of_call == call);
    if let Some((_, _, actions)) = renamed {
        return actions.iter().map(|action| (*action).to_owned()).collect();
    }
    let prefix = ACTION_PREFIXES.iter().find(|(name, _)| *name == service);
    let prefix = prefix.map_or(service, |(_, prefix)| prefix);
    vec![format!("{prefix}:{call}")]
}

/// Every call in the sources: `failed!("sqs", "DeleteQueue", …)`, and for EC2 also
/// `described!(…, "DescribeVolumes")`.
fn calls(sources: &Path) -> BTreeSet<(String, String)> {
    let mut calls = BTreeSet::new();
    for file in files(sources) {
        let text = fs::read_to_string(&file).unwrap();
        for named in text.split("failed!(").skip(1) {
            let parts: Vec<_> = named.splitn(5, '"').collect();
            if let [before, service, between, call, _] = parts.as_slice()
                && before.trim().is_empty()
                && between.trim() == ","
            {
                calls.insert(((*service).to_owned(), (*call).to_owned()));
            }
        }
        for named in text.split("described!(").skip(1) {
            let named = named.split(')').next().unwrap();
            let call = named.split('"').find(|part| part.starts_with("Describe"));
            calls.extend(call.map(|call| ("ec2".to_owned(), call.to_owned())));
        }
    }
    calls
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            files.push(path);
        }
    }
    files
}
