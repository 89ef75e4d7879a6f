//! Random input in the place of a plan. `make fuzz` runs it for long.

use std::collections::BTreeSet;

use check::{Finding, IgnoreList, Plan, PlanContext, check_plan};
use serde_json::{Value, json};
use stack::Policy;
use test_support::fuzz::{fuzz, kind};

use crate::plans::{OneDollar, plan, resource, stack};

/// How many inputs a short run tries.
const INPUTS: u64 = 3_000;

/// Any JSON of a plan is an error or a report. The report is the same every time, names only
/// addresses of the plan, and is valid as SARIF.
#[test]
fn fuzz_plan_json() {
    let policy = Policy {
        max_hourly_usd: "1".parse().ok(),
        max_ttl: "1d".parse().ok(),
        ..Policy::default()
    };
    let context = PlanContext {
        policy: &policy,
        prices: &OneDollar,
    };
    let ignored = IgnoreList::parse(&["name_kept aws_sqs_*".to_owned()]).unwrap();
    let corpus = [exposed(), unfinished(), launched()].map(|plan| plan.to_string().into_bytes());
    let corpus: Vec<&[u8]> = corpus.iter().map(Vec::as_slice).collect();
    fuzz("plan-json", &corpus, INPUTS, |input| {
        let plan = match Plan::parse(input) {
            Ok(plan) => plan,
            Err(error) => return kind(&error),
        };
        let mut report = check_plan(&plan, &context);
        assert_eq!(report, check_plan(&plan, &context));
        let changes = plan.document()["resource_changes"].as_array();
        let changes = changes.map(Vec::as_slice).unwrap_or_default().iter();
        let known: BTreeSet<&str> = changes.filter_map(|one| one["address"].as_str()).collect();
        let is_known = |address: &str| address.is_empty() || known.contains(address);
        assert!(report.findings.iter().all(|one| is_known(&one.address)));
        assert!(report.undecided.iter().all(|one| is_known(&one.address)));
        ignored.apply(&mut report);
        let sarif = report.sarif("plan.json", "0.1.0");
        let results = sarif["runs"][0]["results"].as_array().map(Vec::len);
        assert_eq!(results, Some(report.findings.len()));
        let rule = |finding: &Finding| finding.rule.clone();
        let rules: BTreeSet<String> = report.findings.iter().map(rule).collect();
        let open = report.undecided.iter().map(|open| open.rule.clone());
        let open: BTreeSet<String> = open.collect();
        format!("{} {rules:?} {open:?}", report.resources)
    });
}

/// A plan that breaks most rules.
fn exposed() -> Value {
    let open = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}}]}).to_string();
    let ingress =
        json!({"cidr_blocks": ["0.0.0.0/0"], "from_port": 22, "to_port": 22, "protocol": "tcp"});
    let resources = [
        stack(),
        resource(
            "aws_security_group.a",
            json!({"ingress": [ingress]}),
            json!({}),
        ),
        resource(
            "module.m[\"x.y\"].aws_db_instance.b",
            json!({"publicly_accessible": true, "deletion_protection": true, "final_snapshot_identifier": "last", "instance_class": "db.t3.micro", "engine": "mysql", "allocated_storage": 20}),
            json!({"id": true}),
        ),
        resource("aws_s3_bucket_policy.c", json!({"policy": open}), json!({})),
        resource(
            "aws_sqs_queue.d",
            json!({"name": "jobs", "sqs_managed_sse_enabled": false}),
            json!({}),
        ),
        resource(
            "aws_secretsmanager_secret.e",
            json!({"name": "k", "recovery_window_in_days": 30}),
            json!({}),
        ),
        resource(
            "jiti_stack.other",
            json!({"name": "b", "ttl": "9d", "hourly_cost": 0.5}),
            json!({}),
        ),
    ];
    plan(&resources, &json!({}))
}

/// A plan with values that are not known yet.
fn unfinished() -> Value {
    let resources = [
        resource(
            "aws_instance.a",
            json!({"instance_type": "t3.micro", "root_block_device": [{"volume_size": 8}]}),
            json!({"tags_all": true, "root_block_device": [{"encrypted": true}]}),
        ),
        resource("aws_lb.b", json!({}), json!({"internal": true})),
        resource(
            "aws_eks_cluster.c",
            json!({"vpc_config": [{"endpoint_public_access": true}]}),
            json!({"vpc_config": [{"public_access_cidrs": true}]}),
        ),
    ];
    let expressions = json!({
        "aws_lb.b": {"internal": {"references": ["var.internal"]}},
        "aws_instance.a": {"root_block_device": [{"volume_size": {"constant_value": 8}}]},
    });
    plan(&resources, &expressions)
}

/// A plan with machines that a group launches later.
fn launched() -> Value {
    let resources = [
        resource(
            "aws_launch_template.t[0]",
            json!({"instance_type": "m5.large", "tag_specifications": [{"resource_type": "instance", "tags": {"jiti:stack": "shop-1"}}]}),
            json!({}),
        ),
        resource(
            "aws_autoscaling_group.g",
            json!({"desired_capacity": 3, "tag": [{"key": "jiti:stack", "propagate_at_launch": true}]}),
            json!({}),
        ),
        resource(
            "aws_ecs_service.s",
            json!({"propagate_tags": "NONE"}),
            json!({}),
        ),
    ];
    let expressions = json!({
        "aws_autoscaling_group.g": {"launch_template": [{"id": {"references": ["aws_launch_template.t[0].id", "aws_launch_template.t"]}}]},
        "aws_launch_template.t[0]": {"tag_specifications": [{}]},
    });
    plan(&resources, &expressions)
}
