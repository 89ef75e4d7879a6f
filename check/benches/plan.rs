//! The time to read and check the plan of 5,000 resources.

use std::time::Instant;

use check::{NoPrices, Plan, PlanContext, check_plan};
use serde_json::{Value, json};
use stack::Policy;

const RESOURCES: usize = 5_000;
const ROUNDS: usize = 9;

#[expect(clippy::print_stdout, reason = "a bench prints what it measures")]
fn main() {
    let content = plan().to_string();
    let policy = Policy::default();
    let mut seconds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            #[expect(clippy::expect_used, reason = "the plan is valid")]
            let plan = Plan::parse(content.as_bytes()).expect("a plan");
            let context = PlanContext {
                policy: &policy,
                prices: &NoPrices,
            };
            let report = check_plan(&plan, &context);
            assert_eq!(report.resources, RESOURCES);
            began.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!(
        "check of {RESOURCES} resources ({:.1} MB of JSON): median {:.0} ms of {ROUNDS} rounds",
        content.len() as f64 / 1e6,
        seconds[ROUNDS / 2] * 1e3
    );
}

/// A plan with as many attributes per resource as those of the AWS provider.
fn plan() -> Value {
    let kinds = [
        "aws_instance",
        "aws_ebs_volume",
        "aws_security_group",
        "aws_s3_bucket",
        "aws_lb",
    ];
    let (mut changes, mut configured) = (Vec::new(), Vec::new());
    for number in 0..RESOURCES {
        let kind = kinds[number % kinds.len()];
        let address = format!("{kind}.r{number}");
        let mut after: serde_json::Map<String, Value> = (0..40)
            .map(|index| {
                (
                    format!("attribute_{index}"),
                    json!(format!("value {index}")),
                )
            })
            .collect();
        after.insert("tags_all".to_owned(), json!({"jiti:stack": "shop"}));
        after.insert("instance_type".to_owned(), json!("t3.micro"));
        changes.push(json!({
            "address": address, "mode": "managed", "type": kind,
            "change": {"actions": ["create"], "after": after, "after_unknown": {"id": true, "arn": true}},
        }));
        configured
            .push(json!({"address": address, "provider_config_key": "aws", "expressions": {}}));
    }
    json!({
        "format_version": "1.2", "resource_changes": changes, "planned_values": {},
        "configuration": {"provider_config": {"aws": {"expressions": {}}}, "root_module": {"resources": configured}},
    })
}
