//! The policies of the guide allow every call that the package makes.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Calls whose action has another name than the call.
const OTHER_NAMES: &[(&str, &str, &[&str])] = &[
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
    // Whoever has credentials may ask whose they are.
    ("sts", "GetCallerIdentity", &[]),
];

/// Services whose actions begin with another word than the code's.
const PREFIXES: &[(&str, &str)] = &[("monitoring", "cloudwatch"), ("tagging", "tag")];

/// A call without its action in one of the guide's two policies would be refused to whoever copies them, and an action
/// that only reads is in the first.
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
    assert!(calls.len() > 30, "only these calls were found: {calls:?}");
    for (service, call) in calls {
        for action in actions(&service, &call) {
            let policy = if is_read(&call) { reading } else { writing };
            if !policy.contains(&action) {
                missing.insert(action);
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "docs/guides/aws.md lacks these");
    let both: Vec<_> = reading.intersection(writing).collect();
    assert!(both.is_empty(), "in both policies: {both:?}");
}

/// Whether a call only reads.
fn is_read(call: &str) -> bool {
    ["Describe", "Get", "List"]
        .iter()
        .any(|verb| call.starts_with(verb))
}

/// The actions that a call needs.
fn actions(service: &str, call: &str) -> Vec<String> {
    let other = OTHER_NAMES
        .iter()
        .find(|(of, named, _)| *of == service && *named == call);
    if let Some((_, _, actions)) = other {
        return actions.iter().map(|action| (*action).to_owned()).collect();
    }
    let prefix = PREFIXES.iter().find(|(of, _)| *of == service);
    let prefix = prefix.map_or(service, |(_, prefix)| prefix);
    vec![format!("{prefix}:{call}")]
}

/// The actions of each policy in the guide: its blocks of JSON.
fn policies(guide: &str) -> Vec<BTreeSet<String>> {
    let blocks = guide.split("```json\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
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

/// Every call that the sources name where it can fail: `failed!("sqs", "DeleteQueue", …)`, and for EC2
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
