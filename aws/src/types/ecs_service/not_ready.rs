//! Why a service does not reach its goal, from its events and from the task that stopped last.
//!
//! Events:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-event-messages-list.html>.
//! Stopped tasks:
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html>.

use aws_sdk_ecs::types::{DesiredStatus, Service, ServiceEvent, Task, TaskStopCode};
use jiff::Timestamp;
use stack::init::{CauseKind, NotReadyCause};

use crate::client::Clients;
use crate::not_ready::{StatedReason, kind_of, newest};
use crate::time::timestamp;

/// What an event says when the service has reached its goal.
const STEADY: &str = "has reached a steady state";

/// Parts of the messages of events and stopped tasks, and what kind of cause each shows. The first
/// that fits counts.
const MESSAGES: [(&str, CauseKind); 14] = [
    ("CannotPull", CauseKind::ImagePull),
    ("registry auth", CauseKind::ImagePull),
    ("reached the limit on the number", CauseKind::Quota),
    ("is above the limit", CauseKind::Quota),
    ("insufficient free addresses", CauseKind::NoFreeAddress),
    ("not enough free", CauseKind::NoFreeAddress),
    ("Capacity is unavailable", CauseKind::NoCapacity),
    ("unable to place a task", CauseKind::NoCapacity),
    ("health checks", CauseKind::Unhealthy),
    ("is unhealthy", CauseKind::Unhealthy),
    ("unable to consistently start tasks", CauseKind::CrashLoop),
    ("Essential container", CauseKind::CrashLoop),
    ("failed to launch a task", CauseKind::ContainerConfig),
    ("ResourceInitializationError", CauseKind::ContainerConfig),
];

/// The cause of a service; `None` if it has reached its goal, or if nothing says why not.
pub(super) async fn cause(
    clients: &Clients,
    cluster: &str,
    service: &Service,
) -> Option<NotReadyCause> {
    if service.desired_count() == 0 {
        return None;
    }
    let name = service.service_name()?;
    let found = from_events(name, service.events());
    let is_general = |cause: &NotReadyCause| cause.kind == CauseKind::CrashLoop;
    if service.running_count() >= service.desired_count() || !found.as_ref().is_none_or(is_general)
    {
        return found;
    }
    // The event says that tasks do not start; the task that stopped last says why.
    let task = stopped_task(clients, cluster, name).await;
    task.and_then(|task| from_task(name, &task)).or(found)
}

/// The cause that the events show since the service last reached its goal. They are sorted by time,
/// the newest first.
fn from_events(name: &str, events: &[ServiceEvent]) -> Option<NotReadyCause> {
    let since_goal = events
        .iter()
        .take_while(|event| !event.message().unwrap_or_default().contains(STEADY));
    let StatedReason { kind, message, at } = newest(since_goal.filter_map(|event| {
        let message = event.message()?;
        Some(StatedReason {
            kind: kind_of(&MESSAGES, message)?,
            message,
            at: timestamp(event.created_at())?,
        })
    }))?;
    Some(to_cause(kind, name, message, at))
}

fn from_task(name: &str, task: &Task) -> Option<NotReadyCause> {
    let since = timestamp(task.stopped_at()).or(timestamp(task.stopping_at()))?;
    let reason = task.stopped_reason().unwrap_or_default();
    let container = task.containers().iter().find_map(|container| {
        let reason = container.reason()?;
        Some((kind_of(&MESSAGES, reason)?, reason))
    });
    if let Some((kind, reason)) = container {
        return Some(to_cause(kind, name, reason, since));
    }
    if task.stop_code() == Some(&TaskStopCode::EssentialContainerExited) {
        let ended = task.containers().iter().find_map(|container| {
            let code = container.exit_code().filter(|code| *code != 0)?;
            Some(format!(
                "container {} ended with exit code {code}",
                container.name().unwrap_or_default()
            ))
        });
        let text = ended.unwrap_or_else(|| reason.to_owned());
        return Some(to_cause(CauseKind::CrashLoop, name, &text, since));
    }
    Some(to_cause(kind_of(&MESSAGES, reason)?, name, reason, since))
}

/// The task of the service that stopped last. Without permission to read it, the cause is less
/// exact.
async fn stopped_task(clients: &Clients, cluster: &str, name: &str) -> Option<Task> {
    let stopped = clients
        .ecs()
        .list_tasks()
        .cluster(cluster)
        .service_name(name)
        .desired_status(DesiredStatus::Stopped)
        .max_results(10)
        .send()
        .await
        .ok()?;
    if stopped.task_arns().is_empty() {
        return None;
    }
    let described = clients
        .ecs()
        .describe_tasks()
        .cluster(cluster)
        .set_tasks(Some(stopped.task_arns().to_vec()))
        .send()
        .await
        .ok()?;
    let tasks = described.tasks.unwrap_or_default().into_iter();
    tasks.max_by_key(|task| timestamp(task.stopped_at()))
}

fn to_cause(kind: CauseKind, name: &str, message: &str, since: Timestamp) -> NotReadyCause {
    let message = message
        .strip_prefix(&format!("(service {name}) "))
        .unwrap_or(message);
    let message = message.split(" For more information, see ").next();
    let text = without_ids(message.unwrap_or_default());
    NotReadyCause::new(kind, &format!("service {name}: {text}"), since)
}

/// The message without the parts in parentheses that name another task or instance each time.
fn without_ids(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some(start) = rest.find('(') {
        let Some(length) = rest[start..].find(')') else {
            break;
        };
        let inside = &rest[start + 1..start + length];
        let is_id = ["task ", "instance ", "container-instance ", "taskSet "]
            .iter()
            .any(|word| inside.starts_with(word));
        text.push_str(&rest[..start]);
        if let Some(arn) = inside.strip_prefix("target-group ") {
            let group = arn.split('/').nth(1).unwrap_or(arn);
            text.push_str(&format!("(target-group {group})"));
        } else if !is_id {
            text.push_str(&rest[start..=start + length]);
        }
        rest = &rest[start + length + 1..];
    }
    text.push_str(rest);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::DateTime;

    use super::*;
    use crate::client::loopback::Loopback;

    fn event(seconds: i64, message: &str) -> ServiceEvent {
        ServiceEvent::builder()
            .created_at(DateTime::from_secs(seconds))
            .message(message)
            .build()
    }

    fn cause(events: &[ServiceEvent]) -> Option<String> {
        let cause = from_events("web", events)?;
        let since = cause.since.as_second();
        Some(format!("{} {since} {}", cause.kind, cause.text))
    }

    /// Each event has its kind, without ids that differ each time. The messages are those of the
    /// list of service event messages.
    #[test]
    fn events_show_the_cause() {
        for (message, expected) in [
            (
                "(service web) was unable to place a task because no container instance met all of its requirements. Reason: No \
                 Container Instances were found in your cluster. For more information, see the Troubleshooting section of \
                 the Amazon ECS Developer Guide.",
                "no_capacity 7 service web: was unable to place a task because no container instance met all of its \
                 requirements. Reason: No Container Instances were found in your cluster.",
            ),
            (
                "(service web) was unable to place a task because no container instance met all of its requirements. The \
                 closest matching (container-instance 47d5cb9a-6e38-495e-9777-5ae6d02a3720) has insufficient memory \
                 available. For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.",
                "no_capacity 7 service web: was unable to place a task because no container instance met all of its \
                 requirements. The closest matching has insufficient memory available.",
            ),
            (
                "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. Please try again \
                 later or in a different availability zone.",
                "no_capacity 7 service web: was unable to place a task. Reason: Capacity is unavailable at this time. \
                 Please try again later or in a different availability zone.",
            ),
            (
                "(service web) was unable to place a task. Reason: You've reached the limit on the number of vCPUs you can \
                 run concurrently.",
                "quota 7 service web: was unable to place a task. Reason: You've reached the limit on the number of vCPUs \
                 you can run concurrently.",
            ),
            (
                "(service web) (task 1c2d) (port 8080) is unhealthy in (target-group \
                 arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2) due to (reason Health checks \
                 failed with these codes: [502]).",
                "unhealthy 7 service web: (port 8080) is unhealthy in (target-group web) due to (reason Health checks \
                 failed with these codes: [502]).",
            ),
        ] {
            assert_eq!(cause(&[event(7, message)]).as_deref(), Some(expected));
        }
    }

    /// The cause is the newest event of a known kind, since the oldest one of the same kind in a
    /// row. An event before the last steady state is over.
    #[test]
    fn a_steady_state_ends_a_cause() {
        let unhealthy = "(service web) (port 80) is unhealthy in (target-group a) due to (reason Request timed out)";
        let started = "(service web) has started 1 tasks: (task 1f).";
        let steady = "(service web) has reached a steady state.";
        let no_room = "(service web) was unable to place a task. Reason: Capacity is unavailable at this time.";
        let events = [
            event(50, started),
            event(40, unhealthy),
            event(30, unhealthy),
            event(20, no_room),
            event(10, steady),
        ];
        assert!(cause(&events).unwrap().starts_with("unhealthy 30 "));
        assert_eq!(cause(&[event(60, steady), event(40, unhealthy)]), None);
        assert_eq!(cause(&[event(60, started)]), None);
    }

    /// A service whose tasks stop names the reason of the task that stopped last. The answers have
    /// the shape of the API reference of `ListTasks` and `DescribeTasks`.
    #[tokio::test]
    async fn the_last_stopped_task_has_the_reason() {
        let pull = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref \
                    docker.io/library/web:nope: docker.io/library/web:nope: not found";
        for (task, expected) in [
            (
                format!(
                    r#"{{"stopCode": "TaskFailedToStart", "stoppedReason": "{pull}", "stoppedAt": 1772452800.5,
                        "containers": [{{"name": "app", "lastStatus": "STOPPED"}}]}}"#
                ),
                format!("image_pull service web: {pull}"),
            ),
            (
                r#"{"stopCode": "EssentialContainerExited", "stoppedReason": "Essential container in task exited",
                    "stoppedAt": 1772452800, "containers": [{"name": "app", "exitCode": 3}]}"#
                    .to_owned(),
                "crash_loop service web: container app ended with exit code 3".to_owned(),
            ),
        ] {
            let older = r#"{"stoppedReason": "Scaling activity initiated by deployment", "stoppedAt": 1772452000}"#;
            let arn = "arn:aws:ecs:eu-west-1:123456789012:task/c/1";
            let list = format!(r#"{{"taskArns": ["{arn}", "{arn}2"]}}"#);
            let described = format!(r#"{{"tasks": [{older}, {task}], "failures": []}}"#);
            let server = Loopback::new(move |request| {
                let answer = match request.contains("desiredStatus") {
                    true => list.clone(),
                    false => described.clone(),
                };
                (200, "application/x-amz-json-1.1", answer)
            })
            .await;
            let service = Service::builder()
                .service_name("web")
                .desired_count(1)
                .running_count(0)
                .events(event(9, "(service web) is unable to consistently start tasks successfully."))
                .build();
            let cause = super::cause(&server.clients, "c", &service).await.unwrap();
            assert_eq!(format!("{} {}", cause.kind, cause.text), expected);
            assert_eq!(cause.since.as_second(), 1_772_452_800);
        }
    }
}
