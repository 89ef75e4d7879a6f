//! `jiti sleep` and `jiti wake` on services that stop and start: every size is restored.

use e2e::moto::REGIONS;
use e2e::plugin::Plugin;
use e2e::proxy::{Fault, Rule};
use e2e::world::World;
use serde_json::{Value, json};

const OWNER: &str = "ana@example.com";

/// An asleep stack runs no compute and keeps its data. After `wake`, each size is as before.
#[test]
fn every_size_is_restored() {
    let world = standing();
    let before = sizes(&world);
    assert_eq!(before, awake());
    world.sandbox.jiti(&["sleep", "nap"]).ok();
    assert_eq!(world.sandbox.listing("nap")["phase"], "asleep");
    assert_eq!(sizes(&world), asleep());
    world.sandbox.jiti(&["wake", "nap"]).ok();
    assert_eq!(sizes(&world), before);
    assert_eq!(world.sandbox.listing("nap")["phase"], "ready");
}

/// The actions `jiti_sleep` and `jiti_wake` do the same, and report each resource.
#[test]
fn the_actions_restore_every_size() {
    let world = standing();
    let folder = world.sandbox.path("root");
    std::fs::create_dir(&folder).unwrap();
    let plugin = Plugin::start(&world.sandbox, &folder);
    let config = json!({ "name": "nap", "until": "12h" });
    let slept = plugin.invoke("jiti_sleep", &config).ok();
    for step in ["stopping", "done"] {
        let mut lines = slept.progress.iter();
        assert!(lines.any(|line| line.ends_with(step)), "{slept:#?}");
    }
    assert_eq!(world.sandbox.listing("nap")["phase"], "asleep");
    assert_eq!(sizes(&world), asleep());
    let config = json!({ "name": "nap" });
    plugin.invoke("jiti_wake", &config).ok();
    assert_eq!(sizes(&world), awake());
}

/// An interrupted sleep can be finished or undone. A second attempt does not record the size of a
/// stopped resource as the one to restore.
#[test]
fn an_interrupted_sleep_is_finished_or_undone() {
    for finish in ["sleep", "wake"] {
        let world = standing();
        // The database cannot be stopped. By then the group and the service are stopped.
        world
            .proxy
            .add_rule(Rule::new(Fault::Denied).call("StopDBInstance"));
        let output = world.sandbox.jiti(&["sleep", "nap"]);
        assert_ne!(output.code, Some(0), "{}", output.text());
        assert_ne!(sizes(&world), awake());
        world.proxy.clear_rules();
        if finish == "sleep" {
            world.sandbox.jiti(&["sleep", "nap"]).ok();
            assert_eq!(sizes(&world), asleep());
        }
        world.sandbox.jiti(&["wake", "nap"]).ok();
        assert_eq!(sizes(&world), awake(), "by {finish}");
    }
}

/// `sleep` names what Application Auto Scaling starts again or resizes: a scheduled action, a
/// policy, and a target with neither.
#[test]
fn scaling_targets_are_named() {
    let world = standing();
    let region = REGIONS[0];
    let service = |more: &Value| {
        let mut target = json!({
            "ServiceNamespace": "ecs", "ResourceId": "service/nap/nap",
            "ScalableDimension": "ecs:service:DesiredCount",
        });
        let target = target.as_object_mut().unwrap();
        target.extend(more.as_object().unwrap().clone());
        Value::Object(target.clone())
    };
    let answers = world.call(&json!([[
        "application-autoscaling",
        region,
        "register_scalable_target",
        service(&json!({ "MinCapacity": 1, "MaxCapacity": 4 }))
    ],]));
    assert_eq!(answers[0]["error"], Value::Null, "{answers:?}");
    world
        .sandbox
        .jiti(&["sleep", "nap"])
        .ok()
        .says("Application Auto Scaling (target 1 to 4 without a policy) may start nap/nap again at any time");
    let answers = world.call(&json!([
        ["application-autoscaling", region, "put_scheduled_action", service(&json!({
            "ScheduledActionName": "morning", "Schedule": "cron(0 7 * * ? *)", "Timezone": "Europe/Vienna",
            "ScalableTargetAction": { "MinCapacity": 2 },
        }))],
        ["application-autoscaling", region, "put_scaling_policy", service(&json!({
            "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "TargetValue": 50.0,
                "PredefinedMetricSpecification": {
                    "PredefinedMetricType": "ECSServiceAverageCPUUtilization",
                },
            },
        }))],
    ]));
    for answer in &answers {
        assert_eq!(answer["error"], Value::Null, "{answer}");
    }
    world.sandbox.jiti(&["wake", "nap"]).ok();
    world
        .sandbox
        .jiti(&["sleep", "nap"])
        .ok()
        .says("Application Auto Scaling (policy cpu) may start nap/nap again at any time")
        .says(
            "the scheduled action morning starts nap/nap again: cron(0 7 * * ? *) (Europe/Vienna)",
        );
}

/// A leased stack with an Auto Scaling group, a separate instance, a database and a service.
fn standing() -> World {
    let world = World::new();
    world.lease_without_state("nap", OWNER);
    let tags = [
        ("jiti:stack", "nap"),
        ("jiti:app", "checkout"),
        ("jiti:owner", OWNER),
    ];
    let tagged = tags.map(|(key, value)| json!({ "Key": key, "Value": value }));
    let lower = tags.map(|(key, value)| json!({ "key": key, "value": value }));
    let of_group = tags.map(|(key, value)| {
        json!({
            "Key": key, "Value": value, "PropagateAtLaunch": true, "ResourceId": "nap",
            "ResourceType": "auto-scaling-group",
        })
    });
    let region = REGIONS[0];
    let image = world.call(&json!([["ec2", region, "describe_images", {}]]));
    let images = image[0]["Images"].as_array().unwrap();
    let linux = images
        .iter()
        .find(|one| one["Platform"] != "windows")
        .unwrap();
    let image = linux["ImageId"].as_str().unwrap();
    let made = world.call(&json!([
        ["ec2", region, "run_instances", {
            "ImageId": image, "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.micro",
            "TagSpecifications": [{ "ResourceType": "instance", "Tags": tagged }],
        }],
        ["autoscaling", region, "create_launch_configuration", {
            "LaunchConfigurationName": "nap", "ImageId": image, "InstanceType": "t3.micro",
        }],
        ["autoscaling", region, "create_auto_scaling_group", {
            "AutoScalingGroupName": "nap", "LaunchConfigurationName": "nap", "MinSize": 1, "MaxSize": 3,
            "DesiredCapacity": 2, "AvailabilityZones": [format!("{region}a")], "Tags": of_group,
        }],
        ["rds", region, "create_db_instance", {
            "DBInstanceIdentifier": "nap", "DBInstanceClass": "db.t3.micro", "Engine": "postgres",
            "AllocatedStorage": 20, "MasterUsername": "nap", "MasterUserPassword": "long-enough", "Tags": tagged,
        }],
        ["ecs", region, "create_cluster", { "clusterName": "nap", "tags": lower }],
        ["ecs", region, "register_task_definition", {
            "family": "nap", "containerDefinitions": [{ "name": "app", "image": "app", "memory": 128 }],
        }],
        ["ecs", region, "create_service", {
            "cluster": "nap", "serviceName": "nap", "taskDefinition": "nap", "desiredCount": 3, "tags": lower,
        }],
    ]));
    for answer in &made {
        assert_eq!(answer["error"], Value::Null, "{answer}");
    }
    world
}

/// The size of each compute resource: the group's three sizes, the separate instances, the database
/// and the service.
fn sizes(world: &World) -> Value {
    let region = REGIONS[0];
    let answers = world.call(&json!([
        ["autoscaling", region, "describe_auto_scaling_groups", {}],
        ["ec2", region, "describe_instances", {}],
        ["rds", region, "describe_db_instances", {}],
        ["ecs", region, "describe_services", { "cluster": "nap", "services": ["nap"] }],
    ]));
    let group = &answers[0]["AutoScalingGroups"][0];
    let machines = answers[1]["Reservations"].as_array().unwrap().iter();
    let machines = machines.flat_map(|some| some["Instances"].as_array().unwrap());
    let member = |one: &&Value| {
        let tags = one["Tags"].as_array().unwrap();
        tags.iter()
            .any(|tag| tag["Key"] == "aws:autoscaling:groupName")
    };
    let own: Vec<_> = machines
        .filter(|one| !member(one))
        .map(|one| one["State"]["Name"].clone())
        .collect();
    json!({
        "group": [group["MinSize"], group["DesiredCapacity"], group["MaxSize"]],
        "machines": own,
        "database": answers[2]["DBInstances"][0]["DBInstanceStatus"],
        "service": answers[3]["services"][0]["desiredCount"],
    })
}

fn awake() -> Value {
    json!({ "group": [1, 2, 3], "machines": ["running"], "database": "available", "service": 3 })
}

fn asleep() -> Value {
    json!({ "group": [0, 0, 0], "machines": ["stopped"], "database": "stopped", "service": 0 })
}
