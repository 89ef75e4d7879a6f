//! Checks that the policies in the AWS guide allow every call that this package makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

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
];

/// Services whose action prefix differs from their name in the code.
const ACTION_PREFIXES: &[(&str, &str)] = &[("monitoring", "cloudwatch"), ("tagging", "tag")];

/// The guide has two policies. Each call needs its action in one of them: in the first if it only
/// reads, otherwise in the second. Without it, AWS denies the call to users who copy the policies.
#[test]
fn the_guide_allows_every_call() {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = fs::read_to_string(package.join("../docs/guides/aws.md")).unwrap();
    let policies = policies(&guide);
    let [reading, writing] = policies.as_slice() else {
        panic!("the guide has {} policies", policies.len());
    };
    let mut missing = BTreeSet::new();
    let calls = calls(&package.join("src"));
    assert!(calls.len() > 30, "found only these calls: {calls:?}");
    for (service, call) in calls {
        for action in actions(&service, &call) {
            let policy = if is_read(&call) { reading } else { writing };
            if !policy.contains(&action) {
                missing.insert(action);
            }
        }
    }
    assert_eq!(
        missing,
        BTreeSet::new(),
        "docs/guides/aws.md lacks these actions"
    );
    let both: Vec<_> = reading.intersection(writing).collect();
    assert!(both.is_empty(), "both policies allow {both:?}");
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

/// The actions of each policy in the guide, which are its JSON blocks.
fn policies(guide: &str) -> Vec<BTreeSet<String>> {
    let blocks = guide
        .split("```json\n")
        .skip(1)
        .map(|block| block.split("```").next().unwrap());
    let documents = blocks.map(|block| serde_json::from_str::<Value>(block).unwrap());
    let policies = documents.map(|document| {
        let statements = document["Statement"].as_array().unwrap().clone();
        let actions = statements
            .into_iter()
            .flat_map(|statement| statement["Action"].as_array().unwrap().clone());
        actions
            .map(|action| action.as_str().unwrap().to_owned())
            .collect()
    });
    policies.collect()
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
