//! The time to read and check the plan of 5,000 resources.

use std::time::Instant;

use check::{NoPrices, Plan, PlanContext, check_plan};
use serde_json::{Value, json};
use stack::Policy;
use test_support::figures::record;

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
    let (median, slowest) = (seconds[ROUNDS / 2], seconds[ROUNDS - 1]);
    record("check.plan_ms", median * 1e3);
    record("check.plan_slowest_ms", slowest * 1e3);
    println!(
        "check of {RESOURCES} resources ({:.1} MB of JSON): median {:.0} ms, slowest {:.0} ms of {ROUNDS} rounds",
        content.len() as f64 / 1e6,
        median * 1e3,
        slowest * 1e3
    );
}

/// A plan with as many attributes per resource as those of the AWS provider. Each group has the
/// launch template that follows it.
fn plan() -> Value {
    let kinds = [
        "aws_instance",
        "aws_security_group",
        "aws_s3_bucket",
        "aws_autoscaling_group",
        "aws_launch_template",
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
        let template = format!("aws_launch_template.r{}", number + 1);
        let expressions = match kind {
            "aws_autoscaling_group" => {
                json!({"launch_template": [{"id": {"references": [format!("{template}.id"), template]}}]})
            }
            _ => json!({}),
        };
        configured.push(json!({
            "address": address, "provider_config_key": "aws", "expressions": expressions,
        }));
    }
    json!({
        "format_version": "1.2", "resource_changes": changes, "planned_values": {},
        "configuration": {"provider_config": {"aws": {"expressions": {}}}, "root_module": {"resources": configured}},
    })
}
