use aws_sdk_autoscaling::types::{
    Instance, MixedInstancesPolicy, SuspendedProcess, TagDescription,
    builders::AutoScalingGroupBuilder,
};

use super::*;

const ARN: &str =
    "arn:aws:autoscaling:eu-west-1:123456789012:autoScalingGroup:1-2:autoScalingGroupName/web/a";

fn group() -> AutoScalingGroupBuilder {
    AutoScalingGroup::builder()
        .auto_scaling_group_arn(ARN)
        .min_size(1)
        .max_size(4)
        .desired_capacity(2)
}

fn member(id: &str) -> Instance {
    Instance::builder().instance_id(id).build()
}

fn resource(group: AutoScalingGroupBuilder) -> Resource {
    to_description(&Clients::for_tests(), &group.build())
        .unwrap()
        .resource
}

/// A group owns its instances, uses its template, subnets and target groups, and replaces its
/// instances.
#[test]
fn what_belongs_to_a_group() {
    let clients = Clients::for_tests();
    let template = LaunchTemplateSpecification::builder().launch_template_id("lt-1");
    let mixed = LaunchTemplate::builder().launch_template_specification(template.build());
    let mixed = MixedInstancesPolicy::builder().launch_template(mixed.build());
    let group = group()
        .mixed_instances_policy(mixed.build())
        .vpc_zone_identifier("subnet-1, subnet-2")
        .target_group_arns("arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t/1")
        .instances(member("i-1"))
        .instances(member("i-2"));
    let Description { resource, owns } = to_description(&clients, &group.build()).unwrap();
    let ids = |ids: &[ResourceId]| {
        let last = |id: &ResourceId| {
            id.as_str()
                .rsplit(':')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        ids.iter().map(last).collect::<Vec<_>>()
    };
    assert_eq!(ids(&owns), ["instance/i-1", "instance/i-2"]);
    let uses = [
        "launch-template/lt-1",
        "subnet/subnet-1",
        "subnet/subnet-2",
        "targetgroup/t/1",
    ];
    assert_eq!(ids(&resource.uses), uses);
    assert!(resource.recreates && resource.protection.is_none());
    assert_eq!(group_name(&resource.id), "web/a");
}

/// The size has three numbers. A group is stopped when all are zero. A group of an EKS node group
/// has no size of its own.
#[test]
fn the_size_of_a_group() {
    let awake = resource(group());
    assert_eq!(
        awake.size,
        Some(json!({ "min": 1, "max": 4, "desired": 2 }))
    );
    assert!(!awake.stopped && AutoscalingGroup.signals(&awake).len() == 3);
    let asleep = resource(group().min_size(0).max_size(0).desired_capacity(0));
    assert!(asleep.stopped && AutoscalingGroup.signals(&asleep).is_empty());
    let tag = TagDescription::builder()
        .key("eks:nodegroup-name")
        .value("n");
    assert_eq!(resource(group().tags(tag.build())).size, None);
}

/// A group that would not scale to zero and back cannot sleep.
#[test]
fn a_group_that_cannot_sleep() {
    assert_eq!(cannot_sleep(&resource(group())), None);
    let suspended = |name: &str| SuspendedProcess::builder().process_name(name).build();
    let harmless = resource(group().suspended_processes(suspended("AZRebalance")));
    assert_eq!(cannot_sleep(&harmless), None);
    let launch = resource(group().suspended_processes(suspended("Launch")));
    assert!(cannot_sleep(&launch).unwrap().contains("process Launch"));
    let protected = Instance::builder()
        .instance_id("i-1")
        .protected_from_scale_in(true);
    let protected = resource(group().instances(protected.build()));
    assert!(
        cannot_sleep(&protected)
            .unwrap()
            .starts_with("1 of its instances")
    );
    assert_eq!(protected.protection, None);
}

/// Either kind of deletion protection is reported.
#[test]
fn the_protection_of_a_group() {
    for (flag, protected) in [
        (DeletionProtection::None, false),
        (DeletionProtection::PreventForceDeletion, true),
        (DeletionProtection::PreventAllDeletion, true),
    ] {
        let resource = resource(group().deletion_protection(flag));
        assert_eq!(resource.protection.is_some(), protected);
    }
}

/// A scheduled action that sets a size above zero starts a sleeping group again; one that scales to
/// zero does not.
#[tokio::test]
async fn scheduled_actions_start_a_group() {
    use crate::client::loopback::Loopback;
    let action = |name: &str, min: u32| {
        format!(
            "<member><ScheduledActionName>{name}</ScheduledActionName>\
             <AutoScalingGroupName>web/a</AutoScalingGroupName>\
             <StartTime>2026-03-03T07:00:00Z</StartTime><Recurrence>0 7 * * *</Recurrence>\
             <MinSize>{min}</MinSize></member>"
        )
    };
    let actions = action("morning", 2) + &action("evening", 0);
    let answer = format!(
        "<DescribeScheduledActionsResponse><DescribeScheduledActionsResult>\
         <ScheduledUpdateGroupActions>{actions}</ScheduledUpdateGroupActions>\
         </DescribeScheduledActionsResult></DescribeScheduledActionsResponse>"
    );
    let service = Loopback::new(move |_| (200, "text/xml", answer.clone())).await;
    let group = resource(group());
    let starts = AutoscalingGroup
        .automatic_starts(&service.clients, &group)
        .await;
    let starts = starts.unwrap();
    let by: Vec<&str> = starts.iter().map(|start| start.by.as_str()).collect();
    assert_eq!(by, ["the scheduled action morning (0 7 * * *)"]);
    assert_eq!(starts[0].at, "2026-03-03T07:00:00Z".parse().ok());
    let requests = service.requests();
    assert!(
        requests[0].contains("AutoScalingGroupName=web%2Fa"),
        "{requests:?}"
    );
}
