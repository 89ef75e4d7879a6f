//! Tests of the support for tests with AWS.

use std::time::{Duration, Instant};

use e2e::moto::REGIONS;
use e2e::proxy::{Fault, Rule};
use e2e::world::{World, id};
use serde_json::{Value, json};

fn some(types: &[&str]) -> Value {
    json!([{
        "name": "shop", "app": "checkout", "owner": "ana@example.com",
        "regions": [REGIONS[0]], "types": types,
    }])
}

/// All tests share one server, and no account sees the resources of another.
#[test]
fn accounts_see_nothing_of_each_other() {
    let (one, other) = (World::new(), World::new());
    let made = one.create(&some(&["sqs:queue"]));
    let arn = format!("arn:aws:sqs:{}:{}:shop-0-0", REGIONS[0], one.account);
    assert_eq!(made[0].id, arn);
    assert!(one.list().contains(&made[0]));
    let listed = other.list();
    assert!(
        listed.iter().any(|thing| thing.kind == "ec2:vpc"),
        "the account has a default network: {listed:?}"
    );
    let queue = listed.iter().find(|thing| thing.kind == "sqs:queue");
    assert_eq!(queue, None);
}

/// The SDK for Python recognises each fault in each protocol, and only the matching calls get it.
#[test]
fn faults_look_like_errors_of_aws() {
    let world = World::new();
    let calls = json!([
        ["ec2", "eu-west-1", "describe_volumes", {}],
        ["iam", "us-east-1", "list_roles", {}],
        ["dynamodb", "eu-west-1", "list_tables", {}],
        ["s3", "us-east-1", "list_buckets", {}],
        ["sns", "us-east-1", "list_topics", {}],
        ["eks", "eu-west-1", "list_clusters", {}],
        ["lambda", "eu-west-1", "list_functions", {}],
    ]);
    let codes = || -> Vec<String> {
        let answers = world.call(&calls);
        let code = |one: &Value| one["error"].as_str().unwrap_or("").to_owned();
        answers.iter().map(code).collect()
    };
    assert_eq!(codes(), [""; 7], "without a rule, no call fails");
    world.proxy.add_rule(Rule::new(Fault::Throttled));
    assert_eq!(
        codes(),
        [
            "RequestLimitExceeded",
            "Throttling",
            "ThrottlingException",
            "SlowDown",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException"
        ]
    );
    world.proxy.clear_rules();
    world.proxy.add_rule(Rule::new(Fault::Denied).every(2));
    let denied = [
        "",
        "AccessDenied",
        "",
        "AccessDenied",
        "",
        "AccessDeniedException",
        "",
    ];
    assert_eq!(codes(), denied);
    world.proxy.clear_rules();
    let once = Rule::new(Fault::Expired).service("dynamodb").times(1);
    world.proxy.add_rule(once);
    world
        .proxy
        .add_rule(Rule::new(Fault::Down).region("us-east-1"));
    world
        .proxy
        .add_rule(Rule::new(Fault::NotFoundPage).call("ListClusters"));
    let mixed = [
        "",
        "Connection",
        "ExpiredTokenException",
        "Connection",
        "Connection",
        "404",
        "",
    ];
    assert_eq!(codes(), mixed);
    world.proxy.clear_rules();
    world.proxy.clear_calls();
    let slow = Rule::new(Fault::Slow(Duration::from_secs(2))).call("DescribeVolumes");
    world.proxy.add_rule(slow);
    let start = Instant::now();
    assert_eq!(codes(), [""; 7]);
    assert!(start.elapsed() >= Duration::from_secs(2));
    assert_eq!(world.proxy.calls().len(), 7);
    assert_eq!(world.proxy.count("eks", "ListClusters"), 1);
}

/// A call whose answer is lost takes effect, and rules add and hide ARNs in the tag index.
#[test]
fn lost_answers_and_a_wrong_tag_index() {
    let world = World::new();
    let made = world.create(&some(&["sqs:queue", "sns:topic"]));
    world
        .proxy
        .add_rule(Rule::new(Fault::Lost).call("DeleteTopic"));
    let ghost = format!("arn:aws:sqs:{}:{}:gone", REGIONS[0], world.account);
    let ghosts = Fault::Ghosts(vec![ghost.clone()]);
    world.proxy.add_rule(Rule::new(ghosts).call("GetResources"));
    world
        .proxy
        .add_rule(Rule::new(Fault::Hidden(":shop-0-0")).call("GetResources"));
    let filter = json!({ "TagFilters": [{ "Key": "jiti:stack", "Values": ["shop"] }] });
    let topic = id(&made, "sns:topic");
    let answers = world.call(&json!([
        ["sns", REGIONS[0], "delete_topic", { "TopicArn": topic }],
        ["resourcegroupstaggingapi", REGIONS[0], "get_resources", filter],
    ]));
    assert_eq!(answers[0]["error"], "Connection");
    let listed = answers[1]["ResourceTagMappingList"].as_array().unwrap();
    let listed: Vec<&str> = listed
        .iter()
        .map(|one| one["ResourceARN"].as_str().unwrap())
        .collect();
    assert_eq!(listed, [ghost.as_str()]);
    assert!(world.list().iter().all(|thing| thing.kind != "sns:topic"));
}

/// The proxy refuses the deletions that AWS refuses, and delays those that AWS delays.
#[test]
fn rules_and_delays_are_those_of_aws() {
    let world = World::new();
    world.proxy.enforce_aws_rules();
    world.proxy.delay_deletions(2);
    let made = world.create(&some(&[
        "ec2:vpc",
        "ec2:subnet",
        "ec2:security-group",
        "ec2:instance",
        "ec2:launch-template",
        "autoscaling:autoScalingGroup",
        "iam:role",
        "iam:policy",
    ]));
    let region = REGIONS[0];
    let (vpc, subnet) = (id(&made, "ec2:vpc"), id(&made, "ec2:subnet"));
    let (group, machine) = (id(&made, "ec2:security-group"), id(&made, "ec2:instance"));
    let template = id(&made, "ec2:launch-template");
    let answers = world.call(&json!([
        ["ec2", region, "delete_security_group", { "GroupId": group }],
        ["ec2", region, "delete_subnet", { "SubnetId": subnet }],
        ["ec2", region, "delete_vpc", { "VpcId": vpc }],
        ["ec2", region, "delete_launch_template", { "LaunchTemplateId": template }],
        ["autoscaling", region, "delete_auto_scaling_group", { "AutoScalingGroupName": "shop-0" }],
        ["iam", region, "delete_policy", { "PolicyArn": id(&made, "iam:policy") }],
        ["ec2", region, "describe_launch_template_versions", { "LaunchTemplateId": template }],
    ]));
    let codes: Vec<&Value> = answers.iter().map(|one| &one["error"]).collect();
    assert_eq!(codes[..4], ["DependencyViolation"; 4]);
    assert_eq!(codes[4..6], ["ResourceInUse", "DeleteConflict"]);
    let data = &answers[6]["LaunchTemplateVersions"][0]["LaunchTemplateData"];
    assert_eq!(data["ImageId"], "ami-12c6146b");
    assert_eq!(data["TagSpecifications"], Value::Null, "{data}");

    let describe = json!(["ec2", region, "describe_instances", { "InstanceIds": [machine] }]);
    let answers = world.call(&json!([
        ["ec2", region, "terminate_instances", { "InstanceIds": [machine] }],
        describe,
        describe,
        describe,
    ]));
    let state = |index: usize| &answers[index]["Reservations"][0]["Instances"][0]["State"]["Name"];
    assert_eq!(
        answers[0]["TerminatingInstances"][0]["CurrentState"]["Name"],
        "shutting-down"
    );
    assert_eq!(
        (state(1), state(2)),
        (&json!("shutting-down"), &json!("shutting-down"))
    );
    assert_eq!(state(3), "terminated");
}
