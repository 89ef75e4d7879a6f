//! A sweep deletes no foreign resource: what only looks like the stack's stays, and is named as
//! residue.

use e2e::moto::{self, REGIONS};
use e2e::proxy::{Fault, Rule};
use e2e::world::{World, id, left};
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// Resources of a stack in the first region. `more` adds fields for `world.py`.
fn some(types: &[&str], more: &Value) -> Value {
    let mut stack = json!({
        "name": "shop", "app": "checkout", "owner": OWNER, "regions": [REGIONS[0]], "types": types,
    });
    for (key, value) in more.as_object().unwrap() {
        stack[key] = value.clone();
    }
    json!([stack])
}

#[track_caller]
fn says(value: &Value, text: &str) {
    let actual = value.as_str().unwrap_or_default();
    assert!(actual.contains(text), "{actual:?} lacks {text:?}");
}

/// The same name with another app or another owner is another stack. Its resources stay and are
/// named; the others are deleted.
#[test]
fn another_app_and_another_owner_are_other_stacks() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let types = ["sqs:queue", "ec2:volume"];
    let app = world.create(&some(&types, &json!({ "app": "billing", "prefix": "b" })));
    let owner = world.create(&some(&types, &json!({ "owner": "bob", "prefix": "o" })));
    let before = world.list();
    world.create(&some(&types, &json!({})));
    let result = world.sweep("shop", 4);
    assert_eq!(world.list(), before);
    for (things, tag) in [(&app, "jiti:app"), (&owner, "jiti:owner")] {
        for thing in things {
            says(&left(&result, &thing.id)["reason"], tag);
        }
    }
    assert_eq!(result["deleted"].as_array().unwrap().len(), 2, "{result:#}");
}

/// Resources with the same tags in an account that is not configured are never read. Credentials of
/// another account than the configured one are refused before any other call.
#[test]
fn other_accounts_are_not_touched() {
    let (world, other) = (World::new(), World::new());
    let things = some(&["sqs:queue", "ec2:volume"], &json!({}));
    other.create(&things);
    let theirs = other.list();
    world.lease_without_state("shop", OWNER);
    world.create(&things);
    let ours = world.list();

    world
        .sandbox
        .set(moto::environment(&world.proxy.url(), &other.account));
    world.proxy.clear_calls();
    let output = world
        .sandbox
        .jiti(&["teardown", "shop", "--strategy", "sweep", "--yes"])
        .exits(3);
    output.says(&other.account).says(&world.account);
    let calls = world.proxy.calls();
    let asked: Vec<_> = calls.iter().filter(|call| call.service != "sts").collect();
    assert!(asked.is_empty(), "{asked:?}");
    assert_eq!(other.list(), theirs);
    assert_eq!(world.sandbox.listing("shop")["phase"], "ready");

    world
        .sandbox
        .set(moto::environment(&world.proxy.url(), &world.account));
    assert_eq!(world.list(), ours);
    world.sweep("shop", 0);
    assert_eq!(other.list(), theirs);
    assert!(
        world
            .proxy
            .calls()
            .iter()
            .all(|call| { call.service == "sts" || call.key == world.account })
    );
}

/// A member of a foreign CloudFormation stack stays, tagged or not, and so does that stack.
#[test]
fn a_member_of_a_foreign_cloudformation_stack_stays() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let disk = json!({ "Type": "AWS::EC2::Volume", "Properties": { "Size": 1, "AvailabilityZone": "eu-west-1a" } });
    let template = json!({ "Resources": { "Disk": disk } }).to_string();
    let made = world.call(&json!([
        ["cloudformation", REGIONS[0], "create_stack", { "StackName": "theirs", "TemplateBody": template }],
        ["ec2", REGIONS[0], "describe_volumes", {}],
    ]));
    let volume = made[1]["Volumes"][0]["VolumeId"]
        .as_str()
        .unwrap()
        .to_owned();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let tags = [
        tag("jiti:stack", "shop"),
        tag("jiti:app", "checkout"),
        tag("jiti:owner", OWNER),
    ];
    world.call(
        &json!([["ec2", REGIONS[0], "create_tags", { "Resources": [volume], "Tags": tags }]]),
    );
    let before = world.list();
    world.create(&some(&["sqs:queue"], &json!({})));
    let result = world.sweep("shop", 4);
    assert_eq!(world.list(), before);
    let left = left(&result, &volume);
    says(&left["blocked_by"], ":cloudformation:");
    says(&left["reason"], "is deleted only with it");
}

/// Foreign rules keep the stack's load balancer: one with another stack's tag, and an untagged one
/// with a foreign target. Without them the load balancer is deleted.
#[test]
fn a_foreign_rule_keeps_the_load_balancer() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let types = [
        "ec2:vpc",
        "ec2:subnet",
        "ec2:security-group",
        "elasticloadbalancing:targetgroup",
        "elasticloadbalancing:loadbalancer",
    ];
    let made = world.create(&some(&types, &json!({})));
    let balancer = id(&made, "elasticloadbalancing:loadbalancer");
    let (ours, vpc) = (
        id(&made, "elasticloadbalancing:targetgroup"),
        id(&made, "ec2:vpc"),
    );
    let elb = |call: &str, arguments: Value| {
        let answers = world.call(&json!([["elbv2", REGIONS[0], call, arguments]]));
        assert!(answers[0].get("error").is_none(), "{answers:?}");
        answers[0].clone()
    };
    let theirs = json!({ "Name": "theirs", "Protocol": "HTTP", "Port": 80, "VpcId": vpc });
    let theirs = elb("create_target_group", theirs);
    let theirs = &theirs["TargetGroups"][0]["TargetGroupArn"];
    let listeners = elb("describe_listeners", json!({ "LoadBalancerArn": balancer }));
    let listener = &listeners["Listeners"][0]["ListenerArn"];
    let rule = |priority: u32, target: &Value, tags: Value| {
        let made = elb(
            "create_rule",
            json!({
                "ListenerArn": listener, "Priority": priority, "Tags": tags,
                "Conditions": [{ "Field": "path-pattern", "Values": [format!("/{priority}")] }],
                "Actions": [{ "Type": "forward", "TargetGroupArn": target }],
            }),
        );
        made["Rules"][0]["RuleArn"].as_str().unwrap().to_owned()
    };
    let another = json!([{ "Key": "jiti:stack", "Value": "another" }]);
    let tagged = rule(1, &json!(ours), another);
    let untagged = rule(2, theirs, json!([{ "Key": "team", "Value": "data" }]));
    rule(3, &json!(ours), json!([{ "Key": "team", "Value": "data" }]));
    let before = world.list();
    let rules = || {
        let answer = elb("describe_rules", json!({ "ListenerArn": listener }));
        answer["Rules"].as_array().unwrap().len()
    };
    world.create(&some(&["sqs:queue"], &json!({ "prefix": "more" })));

    let mut standing = vec![tagged, untagged];
    while !standing.is_empty() {
        let result = world.sweep("shop", 4);
        assert_eq!(world.list(), before);
        let left = left(&result, &balancer);
        says(&left["reason"], "deleting it would also delete");
        let by = left["blocked_by"].as_str().unwrap().to_owned();
        assert!(standing.contains(&by), "{by}");
        assert_eq!(
            rules(),
            standing.len() + 2,
            "the default rule and the stack's own rule also stay"
        );
        elb("delete_rule", json!({ "RuleArn": by }));
        standing.retain(|rule| *rule != by);
    }
    world.sweep("shop", 0);
    let left = world.list();
    assert!(
        left.iter()
            .any(|thing| thing.id == *theirs.as_str().unwrap()),
        "{left:?}"
    );
    assert!(left.iter().all(|thing| thing.id != balancer), "{left:?}");
}

/// A foreign instance in the stack's subnet stays, and blocks the subnet and the VPC.
#[test]
fn a_foreign_instance_in_the_subnet_stays() {
    let world = World::new();
    world.proxy.enforce_aws_rules();
    world.lease_without_state("shop", OWNER);
    let made = world.create(&some(&["ec2:vpc", "ec2:subnet", "ec2:volume"], &json!({})));
    let (vpc, subnet) = (id(&made, "ec2:vpc"), id(&made, "ec2:subnet"));
    let theirs = json!({ "tags": {}, "prefix": "theirs", "vpc": vpc, "subnet": subnet });
    let machine = world.create(&some(&["ec2:instance"], &theirs));
    let before = world.list();
    let result = world.sweep_within("shop", "15s", 4);
    let after = world.list();
    let gone: Vec<_> = before.difference(&after).collect();
    let kinds: Vec<&str> = gone.iter().map(|thing| thing.kind.as_str()).collect();
    // The stack's other subnet is empty, so it is deleted.
    assert_eq!(kinds, ["ec2:subnet", "ec2:volume"], "{gone:?}");
    assert!(after.contains(&machine[0]));
    says(&left(&result, &subnet)["reason"], "DependencyViolation");
    says(&left(&result, &vpc)["blocked_by"], &subnet);
}

/// A resource whose tag changes to another stack after the plan stays.
#[test]
fn a_resource_whose_tag_changed_after_the_plan_stays() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let before = world.list();
    let made = world.create(&some(&["ec2:vpc", "ec2:subnet"], &json!({})));
    let vpc = id(&made, "ec2:vpc");
    let tag = json!([{ "Key": "jiti:stack", "Value": "blog" }]);
    let moved = json!([["ec2", REGIONS[0], "create_tags", { "Resources": [vpc], "Tags": tag }]]);
    let moves = Fault::First(Box::new(world.deferred(&moved)));
    world
        .proxy
        .add_rule(Rule::new(moves).call("Delete*").times(1));
    let result = world.sweep("shop", 4);
    let after = world.list();
    let kept: Vec<_> = after.difference(&before).collect();
    assert!(
        kept.iter().any(|thing| thing.id == vpc),
        "{kept:?}, {result:#}"
    );
    assert!(kept.iter().all(|thing| thing.kind != "ec2:subnet"));
    says(
        &left(&result, &vpc)["reason"],
        "its tags changed since the plan",
    );
}

/// A resource older than the lease cannot be the stack's, and stays.
#[test]
fn a_resource_older_than_the_lease_stays() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let made = world.create(&some(&["ec2:volume", "sqs:queue"], &json!({})));
    let aged = |answer: &str| {
        let mut parts = answer.split("<createTime>");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| {
            format!("{text}<createTime>2020{}", &part[4..])
        })
    };
    let aged = Fault::Rewritten(std::sync::Arc::new(aged));
    world
        .proxy
        .add_rule(Rule::new(aged).call("DescribeVolumes"));
    let result = world.sweep("shop", 4);
    let volume = id(&made, "ec2:volume");
    assert!(world.list().iter().any(|thing| thing.id == volume));
    says(&left(&result, &volume)["reason"], "older than the lease");
    assert_eq!(result["deleted"].as_array().unwrap().len(), 1, "{result:#}");
}

/// Credentials that expire half-way stop the teardown with one error. With new ones it is finished.
#[test]
fn expired_credentials_stop_a_sweep() {
    let world = World::new();
    world.lease_without_state("shop", OWNER);
    let before = world.list();
    world.create(&some(
        &["sqs:queue", "sns:topic", "ec2:volume"],
        &json!({ "count": 20 }),
    ));
    world
        .proxy
        .add_rule(Rule::new(Fault::Expired).call("Delete*").after(5));
    world.proxy.clear_calls();
    let arguments = ["teardown", "shop", "--strategy", "sweep", "--yes"];
    let output = world.sandbox.jiti(&arguments);
    assert!(matches!(output.code, Some(1 | 4)), "{output:?}");
    let message = output.text();
    assert!(message.contains("Expired"), "{message}");
    assert!(
        message.matches("Expired").count() <= 3,
        "one error for all resources: {message}"
    );
    let calls = world.proxy.calls();
    let tried = calls.iter().filter(|call| call.name.starts_with("Delete"));
    assert!(tried.count() < 60, "too many failing deletes");
    assert_ne!(world.sandbox.listing("shop")["phase"], "gone");
    world.proxy.clear_rules();
    let result = world.sweep("shop", 0);
    assert_eq!(result["residue"], json!([]));
    assert_eq!(world.list(), before);
}

/// A teardown of an unleased stack has to be confirmed with its name, and the same tags in another
/// account are another stack.
#[test]
fn an_unleased_stack_is_confirmed_by_name() {
    let world = World::new();
    let before = world.list();
    world.create(&some(&["sqs:queue"], &json!({})));
    let standing = world.list();
    let arguments = ["teardown", "shop", "--strategy", "sweep", "--yes"];
    let refused = world.sandbox.jiti(&arguments).exits(3);
    refused.says("--confirm");
    assert_eq!(world.list(), standing);
    let confirmed = [arguments.as_slice(), &["--confirm", "shop"]].concat();
    world.sandbox.jiti(&confirmed).ok();
    assert_eq!(world.list(), before);
}
