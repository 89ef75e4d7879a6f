//! A sweep with many faults: it deletes what it can and names the rest with reason and command.
//! Once the faults are fixed, another sweep finishes.

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::world::{World, id, left};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// Residue names a resource that always answers `DependencyViolation`, one that may not be
/// described, and a protected one, but not one that only the tag index still lists. Every third
/// call is throttled.
#[test]
fn residue_is_named_and_finished_later() {
    let world = World::new();
    world.proxy.enforce_aws_rules();
    world.lease_without_state("shop", OWNER);
    let before = world.list();
    let region = REGIONS[0];
    let made = world.create(&json!([{
        "name": "shop", "app": "checkout", "owner": OWNER, "regions": [region],
        "types": [
            "ec2:vpc", "ec2:subnet", "ec2:security-group", "ec2:instance", "ec2:volume", "sns:topic", "sqs:queue",
            "logs:log-group", "dynamodb:table", "iam:role", "iam:policy",
        ],
    }]));
    let (vpc, subnet) = (id(&made, "ec2:vpc"), id(&made, "ec2:subnet"));
    let protect = |on: bool| {
        let arguments = json!({ "TableName": "shop-0", "DeletionProtectionEnabled": on });
        world.call(&json!([["dynamodb", region, "update_table", arguments]]));
    };
    protect(true);
    let stuck = Fault::Error(400, "DependencyViolation");
    world
        .proxy
        .add_rule(Rule::new(stuck).call("DeleteSubnet").about(subnet.as_str()));
    for call in ["GetQueueAttributes", "ListQueueTags", "GetQueueUrl"] {
        world
            .proxy
            .add_rule(Rule::new(Fault::Denied).call(call).about("shop-0-0"));
    }
    let ghost = format!(
        "arn:aws:ec2:{region}:{}:volume/vol-0123456789abcdef0",
        world.account
    );
    let ghosts = Fault::Ghosts(vec![ghost.clone()]);
    world
        .proxy
        .add_rule(Rule::new(ghosts).service("tagging").region("eu-west-1"));
    world.proxy.add_rule(Rule::new(Fault::Throttled).every(3));

    let result = world.sweep_within("shop", "20s", 4);
    let expected = [
        (subnet.as_str(), "DependencyViolation", Value::Null),
        (":shop-0-0", "AccessDenied", Value::Null),
        ("table/shop-0", "DeletionProtection", Value::Null),
        (vpc.as_str(), "", json!(subnet)),
        // Whether more resources of this type exist is unknown too.
        ("eu-west-1/sqs:queue", "not_looked", Value::Null),
    ];
    for (end, reason, blocker) in &expected {
        let left = left(&result, end);
        let text = left["reason"].as_str().unwrap();
        assert!(text.contains(reason), "{left:#}");
        if let Some(blocker) = blocker.as_str() {
            let by = left["blocked_by"].as_str().unwrap_or_default();
            assert!(by.ends_with(blocker), "{left:#}");
        }
        let command = left["command"].as_str().unwrap();
        assert!(command.starts_with("jiti teardown shop"), "{left:#}");
    }
    let residue = result["residue"].as_array().unwrap();
    assert_eq!(
        residue.len(),
        expected.len(),
        "a resource that only the tag index lists is not residue: {result:#}"
    );
    // Everything else is deleted.
    let after = world.list();
    let standing: Vec<&str> = after
        .difference(&before)
        .map(|thing| thing.kind.as_str())
        .collect();
    // AWS creates a default security group and a main route table with the VPC.
    let expected = [
        "dynamodb:table",
        "ec2:route-table",
        "ec2:security-group",
        "ec2:subnet",
        "ec2:vpc",
        "sqs:queue",
    ];
    assert_eq!(standing, expected);
    assert_eq!(world.sandbox.listing("shop")["phase"], "residue");

    world.proxy.clear_rules();
    protect(false);
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]));
    assert_eq!(world.list(), before);
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");
}

/// Lost and late answers do no harm. A region that is down and an answer that is not AWS's are
/// reported as not checked, and the stack is not gone.
#[test]
fn lost_answers_and_unreachable_regions() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let before = world.list();
    world.create(&json!([{
        "name": "shop", "app": "checkout", "owner": OWNER, "regions": REGIONS,
        "types": ["ec2:volume", "sns:topic", "sqs:queue"], "count": 2,
    }]));
    world
        .proxy
        .add_rule(Rule::new(Fault::Lost).call("Delete*").every(2));
    let slow = Fault::Slow(std::time::Duration::from_secs(3));
    world
        .proxy
        .add_rule(Rule::new(slow).call("DescribeVolumes").times(1));
    world
        .proxy
        .add_rule(Rule::new(Fault::NotFoundPage).service("logs"));
    world.proxy.add_rule(
        Rule::new(Fault::Down)
            .region("us-east-1")
            .service("tagging"),
    );
    let result = world.sweep("shop", 4);
    let residue = result["residue"].as_array().unwrap();
    let not_looked = residue.iter().filter(|one| {
        let reason = one["reason"].as_str().unwrap();
        reason.starts_with("not_looked") && one["region"] == "us-east-1"
    });
    assert!(not_looked.count() >= 1, "{result:#}");
    assert_eq!(world.sandbox.listing("shop")["phase"], "residue");
    let first = world.list();
    let there: Vec<_> = first.difference(&before).collect();
    assert!(
        there.iter().all(|thing| thing.region == REGIONS[1]),
        "the sweep emptied the region that answers: {there:?}"
    );
    world.proxy.clear_rules();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]));
    assert_eq!(world.list(), before);
}
