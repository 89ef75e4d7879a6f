//! Why a group has fewer instances than it wants, from its scaling activities.
//!
//! Messages: <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-capacity.html> and
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/ts-as-instancelaunchfailure.html>.

use aws_sdk_autoscaling::types::{
    Activity, AutoScalingGroup, LifecycleState, ScalingActivityStatusCode,
};
use stack::init::{CauseKind, NotReadyCause};

use crate::client::Clients;
use crate::not_ready::{StatedReason, kind_of, newest};
use crate::time::timestamp;

/// The number of activities to read: the newest ones.
const MAX_ACTIVITIES: i32 = 20;

/// Parts of the messages of failed activities, and what kind of cause each shows. The first that
/// fits counts.
const MESSAGES: [(&str, CauseKind); 9] = [
    (
        "not enough free addresses in subnet",
        CauseKind::NoFreeAddress,
    ),
    (
        "InsufficientFreeAddressesInSubnet",
        CauseKind::NoFreeAddress,
    ),
    ("do not have sufficient", CauseKind::NoCapacity),
    ("no Spot capacity available", CauseKind::NoCapacity),
    ("InsufficientInstanceCapacity", CauseKind::NoCapacity),
    ("UnfulfillableCapacity", CauseKind::NoCapacity),
    ("insufficient capacity", CauseKind::NoCapacity),
    ("vCPU limit", CauseKind::Quota),
    ("Max spot instance count exceeded", CauseKind::Quota),
];

/// The cause of a group; `None` if it has as many instances in service as it wants, or if nothing
/// says why not. Without permission to read activities, no cause is known.
pub(super) async fn cause(clients: &Clients, group: &AutoScalingGroup) -> Option<NotReadyCause> {
    let in_service = group
        .instances()
        .iter()
        .filter(|member| member.lifecycle_state() == Some(&LifecycleState::InService));
    let in_service = i32::try_from(in_service.count()).unwrap_or(i32::MAX);
    if in_service >= group.desired_capacity().unwrap_or(0) {
        return None;
    }
    let name = group.auto_scaling_group_name()?;
    let answer = clients
        .autoscaling()
        .describe_scaling_activities()
        .auto_scaling_group_name(name)
        .max_records(MAX_ACTIVITIES)
        .send()
        .await
        .ok()?;
    from_activities(name, answer.activities())
}

/// The cause that the failed activities at the top of the list show. The newest is the first.
fn from_activities(name: &str, activities: &[Activity]) -> Option<NotReadyCause> {
    // What is still in progress says nothing.
    let ended = activities.iter().filter(|one| one.end_time().is_some());
    let failed = ended.take_while(|one| {
        matches!(
            one.status_code(),
            Some(ScalingActivityStatusCode::Failed | ScalingActivityStatusCode::Cancelled)
        )
    });
    let StatedReason { kind, message, at } = newest(failed.filter_map(|one| {
        let message = one.status_message()?;
        Some(StatedReason {
            kind: kind_of(&MESSAGES, message).unwrap_or(CauseKind::Other),
            message,
            at: timestamp(one.start_time())?,
        })
    }))?;
    let message = message
        .strip_suffix(" Launching EC2 instance failed.")
        .unwrap_or(message);
    let text = format!("group {name}: {message}");
    Some(NotReadyCause::new(kind, &text, at))
}

#[cfg(test)]
mod tests {
    use aws_sdk_autoscaling::types::Instance;

    use super::*;
    use crate::client::loopback::Loopback;

    /// A member of the answer of `DescribeScalingActivities`, in the shape of its API reference.
    fn activity(minute: u32, status: &str, message: &str) -> String {
        let message = match message {
            "" => String::new(),
            message => format!("<StatusMessage>{message}</StatusMessage>"),
        };
        format!(
            "<member><ActivityId>a-{minute}</ActivityId><AutoScalingGroupName>web</AutoScalingGroupName>\
             <Description>Launching a new EC2 instance.</Description>\
             <Cause>At 2026-03-02T12:{minute:02}:00Z an instance was started in response to a difference between desired \
             and actual capacity.</Cause><StartTime>2026-03-02T12:{minute:02}:00Z</StartTime>\
             <EndTime>2026-03-02T12:{minute:02}:05Z</EndTime><StatusCode>{status}</StatusCode>{message}\
             <Progress>100</Progress></member>"
        )
    }

    async fn cause_of(activities: &[String]) -> Option<String> {
        let answer = format!(
            "<DescribeScalingActivitiesResponse><DescribeScalingActivitiesResult><Activities>{}</Activities>\
             </DescribeScalingActivitiesResult></DescribeScalingActivitiesResponse>",
            activities.concat()
        );
        let server = Loopback::new(move |_| (200, "text/xml", answer.clone())).await;
        let group = AutoScalingGroup::builder()
            .auto_scaling_group_name("web")
            .desired_capacity(1)
            .build();
        let cause = cause(&server.clients, &group).await?;
        let since = cause.since.to_string();
        Some(format!("{} {} {}", cause.kind, &since[14..16], cause.text))
    }

    /// A group without capacity, without addresses, and above a limit. The cause has lasted since
    /// the first of the failures in a row.
    #[tokio::test]
    async fn activities_show_the_cause() {
        let capacity = "We currently do not have sufficient m5.large capacity in the Availability Zone you requested \
                        (eu-west-1a).";
        let subnet = "There are not enough free addresses in subnet 'subnet-0a1b' to satisfy the requested number of \
                      instances.";
        let limit =
            "You have requested more vCPU capacity than your current vCPU limit of 32 allows.";
        for (kind, message) in [
            ("no_capacity", capacity),
            ("no_free_address", subnet),
            ("quota", limit),
            ("other", "The image id '[ami-1]' does not exist."),
        ] {
            let failed = |minute| {
                activity(
                    minute,
                    "Failed",
                    &format!("{message} Launching EC2 instance failed."),
                )
            };
            let found = cause_of(&[failed(9), failed(7), activity(5, "Successful", "")]).await;
            assert_eq!(found, Some(format!("{kind} 07 group web: {message}")));
        }
        let over = [
            activity(9, "Successful", ""),
            activity(7, "Failed", capacity),
        ];
        assert_eq!(cause_of(&over).await, None);
    }

    /// A group with as many instances in service as it wants has no cause, and costs no request.
    #[tokio::test]
    async fn a_complete_group_is_not_asked() {
        let server = Loopback::new(|_| (500, "text/xml", String::new())).await;
        let member = Instance::builder().lifecycle_state(LifecycleState::InService);
        let group = AutoScalingGroup::builder()
            .auto_scaling_group_name("web")
            .desired_capacity(1)
            .instances(member.build());
        assert_eq!(cause(&server.clients, &group.build()).await, None);
        assert!(server.requests().is_empty());
    }
}
