//! A sweep where much goes wrong: what can go goes, what is left is named with its reason and its command, and once the
//! trouble is mended another sweep finishes.

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::world::{World, id, left};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// One that always answers `DependencyViolation`, one that may not be described, one that is protected, one that the
/// index of tags only remembers, and throttling on every third call.
#[test]
fn what_cannot_go_is_named_and_finished_later() {
    let world = World::new();
    world.proxy.strict();
    world.leased("shop", OWNER);
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
        .rule(Rule::new(stuck).call("DeleteSubnet").about(subnet.as_str()));
    for call in ["GetQueueAttributes", "ListQueueTags", "GetQueueUrl"] {
        world
            .proxy
            .rule(Rule::new(Fault::Denied).call(call).about("shop-0-0"));
    }
    let ghost = format!(
        "arn:aws:ec2:{region}:{}:volume/vol-0123456789abcdef0",
        world.account
    );
    let ghosts = Fault::Ghosts(vec![ghost.clone()]);
    world
        .proxy
        .rule(Rule::new(ghosts).service("tagging").region("eu-west-1"));
    world.proxy.rule(Rule::new(Fault::Throttled).every(3));

    let result = world.sweep_within("shop", "20s", 4);
    let expected = [
        (subnet.as_str(), "DependencyViolation", Value::Null),
        (":shop-0-0", "AccessDenied", Value::Null),
        ("table/shop-0", "DeletionProtection", Value::Null),
        (vpc.as_str(), "", json!(subnet)),
        // Whether there are others of its type cannot be said either.
        ("eu-west-1/sqs:queue", "not_looked", Value::Null),
    ];
    for (end, reason, blocker) in &expected {
        let left = left(&result, end);
        let said = left["reason"].as_str().unwrap();
        assert!(said.contains(reason), "{left:#}");
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
        "the ghost is none: {result:#}"
    );
    // Everything else is gone.
    let after = world.list();
    let standing: Vec<&str> = after
        .difference(&before)
        .map(|thing| thing.kind.as_str())
        .collect();
    // With the network, AWS itself makes its default group and its main table.
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

    world.proxy.mend();
    protect(false);
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]));
    assert_eq!(world.list(), before);
    assert_eq!(world.sandbox.listing("shop")["phase"], "gone");
}

/// An answer that never comes and one that comes late do no harm; a region that is down and a page that comes from no
/// service are places where it could not be looked, and not the end of the stack.
#[test]
fn lost_answers_and_places_that_do_not_answer() {
    let world = World::new();
    world.leased("shop", OWNER);
    let before = world.list();
    world.create(&json!([{
        "name": "shop", "app": "checkout", "owner": OWNER, "regions": REGIONS,
        "types": ["ec2:volume", "sns:topic", "sqs:queue"], "count": 2,
    }]));
    world
        .proxy
        .rule(Rule::new(Fault::Lost).call("Delete*").every(2));
    let slow = Fault::Slow(std::time::Duration::from_secs(3));
    world
        .proxy
        .rule(Rule::new(slow).call("DescribeVolumes").times(1));
    world
        .proxy
        .rule(Rule::new(Fault::NotFoundPage).service("logs"));
    world.proxy.rule(
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
        "the region that answers is done: {there:?}"
    );
    world.proxy.mend();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]));
    assert_eq!(world.list(), before);
}
