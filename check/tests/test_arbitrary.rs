//! Arbitrary JSON in the place of a plan: an error or a report, and never a panic.

use check::{NoPrices, Plan, PlanContext, check_plan};
use proptest::prelude::*;
use serde_json::{Value, json};
use stack::Policy;

/// Words that the rules look for, so that arbitrary documents reach them.
const WORDS: [&str; 24] = [
    "after",
    "after_unknown",
    "actions",
    "change",
    "address",
    "aws_instance",
    "aws_s3_bucket",
    "aws_security_group",
    "cidr_blocks",
    "configuration",
    "encrypted",
    "expressions",
    "ingress",
    "jiti_stack",
    "managed",
    "mode",
    "module_calls",
    "policy",
    "provider_config",
    "resources",
    "root_block_device",
    "root_module",
    "tags_all",
    "type",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => (0..WORDS.len()).prop_map(|index| WORDS[index].to_owned()),
        1 => "[a-z\\[\\]\\.\" ]{0,12}",
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        word().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(word(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// A resource with a type that some rule reads, and arbitrary values.
fn change() -> impl Strategy<Value = Value> {
    const KINDS: [&str; 16] = [
        "aws_autoscaling_group",
        "aws_db_instance",
        "aws_ebs_volume",
        "aws_ecs_service",
        "aws_eks_cluster",
        "aws_instance",
        "aws_launch_template",
        "aws_lb",
        "aws_s3_bucket",
        "aws_s3_bucket_policy",
        "aws_secretsmanager_secret",
        "aws_security_group",
        "aws_sns_topic",
        "aws_sqs_queue",
        "aws_vpc_endpoint",
        "jiti_stack",
    ];
    (0..KINDS.len(), json_value(), json_value(), ".{0,20}").prop_map(
        |(kind, after, unknown, name)| {
            let after = match after {
                Value::Object(_) => after,
                other => json!({"tags_all": other.clone(), "name": other.clone(), "ingress": other}),
            };
            json!({
                "address": format!("{}.{name}", KINDS[kind]), "mode": "managed", "type": KINDS[kind],
                "change": {"actions": ["create"], "after": after, "after_unknown": unknown},
            })
        },
    )
}

fn survives(content: &[u8]) {
    let policy = Policy {
        max_hourly_usd: "1".parse().ok(),
        max_ttl: "1d".parse().ok(),
        ..Policy::default()
    };
    let context = PlanContext {
        policy: &policy,
        prices: &NoPrices,
    };
    if let Ok(plan) = Plan::parse(content) {
        let report = check_plan(&plan, &context);
        let sarif = report.sarif("plan.json", "0.1.0");
        assert_eq!(sarif["version"], "2.1.0");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Any bytes are an error or a plan.
    #[test]
    fn any_bytes_are_survived(content in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&content);
    }

    /// Any JSON is an error or a plan.
    #[test]
    fn any_json_is_survived(value in json_value()) {
        survives(value.to_string().as_bytes());
    }

    /// Any values in a plan are survived.
    #[test]
    fn any_plan_is_survived(
        changes in proptest::collection::vec(change(), 0..6),
        configuration in json_value(),
    ) {
        let plan = json!({
            "format_version": "1.2", "resource_changes": changes, "configuration": configuration,
        });
        survives(plan.to_string().as_bytes());
    }
}

/// What is no plan is refused with what to do.
#[test]
fn what_is_no_plan_is_refused() {
    for (content, problem) in [
        (&b"PK\x03\x04zip"[..], "terraform show -json"),
        (b"{\n  \"a\": }", "line 2, column 8 is not JSON"),
        (b"[]", "it is not an object"),
        (b"{}", "it has no format_version"),
        (
            b"{\"format_version\": \"1.0\", \"values\": {}}",
            "it may be a state",
        ),
        (
            b"{\"format_version\": \"1.2\", \"resource_changes\": [], \"errored\": true}",
            "not complete",
        ),
    ] {
        let error = Plan::parse(content).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

/// JSON that nests without end is an error, and not an overflow.
#[test]
fn deep_json_is_refused() {
    let deep = "[".repeat(100_000);
    assert!(Plan::parse(deep.as_bytes()).is_err());
}
