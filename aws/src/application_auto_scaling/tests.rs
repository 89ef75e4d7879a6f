use serde_json::{Value, json};

use super::*;
use crate::client::loopback::Loopback;

const NOW: &str = "2026-03-02T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn resource(clients: &Clients, kind: &str, service: &str, name: &str) -> Resource {
    clients.resource(clients.arn(service, name), kind)
}

fn service(clients: &Clients, name: &str) -> Resource {
    resource(
        clients,
        "ecs:service",
        "ecs",
        &format!("service/main/{name}"),
    )
}

fn target(id: &str, min: i32, max: i32) -> Value {
    json!({
        "ServiceNamespace": "ecs", "ResourceId": id, "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": min, "MaxCapacity": max, "RoleARN": "arn:role", "CreationTime": 1_772_000_000,
    })
}

fn action(name: &str, schedule: &str, more: Value) -> Value {
    let mut action = json!({
        "ScheduledActionName": name, "ScheduledActionARN": "arn:action", "Schedule": schedule,
        "ServiceNamespace": "ecs", "ResourceId": "service/main/web", "CreationTime": 1_772_000_000,
        "ScalableDimension": "ecs:service:DesiredCount",
        "ScalableTargetAction": { "MinCapacity": 1 },
    });
    if let (Some(action), Value::Object(more)) = (action.as_object_mut(), more) {
        action.extend(more);
    }
    action
}

/// A service with these targets, policies and scheduled actions. Each answer has all three lists:
/// a call reads the one that it asked for. A call about one resource gets what names that resource.
async fn answering(targets: Vec<Value>, policies: Vec<Value>, actions: Vec<Value>) -> Loopback {
    Loopback::new(move |request| {
        let request: Value = serde_json::from_str(request).unwrap();
        let asked = |list: &[Value]| -> Vec<Value> {
            let id = &request["ResourceId"];
            let named = |one: &&Value| id.is_null() || one["ResourceId"] == *id;
            list.iter().filter(named).cloned().collect()
        };
        let answer = json!({
            "ScalableTargets": targets, "ScalingPolicies": asked(&policies),
            "ScheduledActions": asked(&actions),
        });
        (200, "application/x-amz-json-1.1", answer.to_string())
    })
    .await
}

/// What starts each resource again, as `NAME: WHAT`.
async fn told(service: &Loopback, resources: &[Resource]) -> Vec<String> {
    let resources: Vec<&Resource> = resources.iter().collect();
    let starts = starts(&service.clients, &resources, now()).await;
    assert_eq!(starts.unread, Vec::new());
    let found = starts.found.iter().map(|start| {
        let name = start.id.short();
        let verb = if start.resizes { "resizes" } else { "starts" };
        let when = match (start.at, &start.schedule) {
            (Some(at), _) => format!(" at {at}"),
            (None, Some(schedule)) => format!(" on {schedule}"),
            (None, None) => String::new(),
        };
        format!("{} {verb} {name}{when}", start.by)
    });
    let mut found: Vec<String> = found.collect();
    found.sort();
    found
}

/// Scheduled actions and scaling policies start a service again. A target with neither is named
/// itself. A service without a target is left out.
#[tokio::test]
async fn a_target_starts_a_service() {
    let policy = json!({
        "PolicyARN": "arn:policy", "PolicyName": "cpu", "ServiceNamespace": "ecs",
        "ResourceId": "service/main/api", "ScalableDimension": "ecs:service:DesiredCount",
        "PolicyType": "TargetTrackingScaling", "CreationTime": 1_772_000_000,
    });
    let targets = ["web", "api", "bare"].map(|name| target(&format!("service/main/{name}"), 1, 4));
    let morning = action(
        "morning",
        "cron(0 7 * * ? *)",
        json!({"Timezone": "Europe/Vienna"}),
    );
    let answers = answering(targets.to_vec(), vec![policy], vec![morning]).await;
    let services = ["web", "api", "bare", "other"].map(|name| service(&answers.clients, name));
    assert_eq!(
        told(&answers, &services).await,
        [
            "Application Auto Scaling (policy cpu) starts main/api",
            "Application Auto Scaling (target 1 to 4 without a policy) starts main/bare",
            "the scheduled action morning starts main/web on cron(0 7 * * ? *) (Europe/Vienna)",
        ]
    );
    let requests = answers.requests();
    assert_eq!(requests.len(), 1 + 2 * 3, "{requests:?}");
    for name in ["web", "api", "bare", "other"] {
        assert!(
            requests[0].contains(&format!("\"service/main/{name}\"")),
            "{requests:?}"
        );
    }
}

/// A scheduled action starts nothing if it sets no minimum above zero, if it is over, or if the
/// target does not follow schedules. Nor does a target that is suspended or has no capacity.
#[tokio::test]
async fn what_does_not_start_a_service() {
    let web = target("service/main/web", 0, 0);
    let none = json!({"ScalableTargetAction": {"MinCapacity": 0, "MaxCapacity": 4}});
    let over = json!({"EndTime": 1_772_000_000});
    let actions = vec![
        action("night", "cron(0 22 * * ? *)", none),
        action("old", "rate(1 day)", over),
        action("once", "at(2026-03-02T11:00:00)", json!({})),
        action(
            "zone",
            "at(2026-03-01T11:00:00)",
            json!({"Timezone": "Asia/Tokyo"}),
        ),
        action("soon", "at(2026-03-02T13:00:00)", json!({})),
        action(
            "near",
            "at(2026-03-02T11:00:00)",
            json!({"Timezone": "America/New_York"}),
        ),
    ];
    let answers = answering(vec![web.clone()], Vec::new(), actions.clone()).await;
    let services = [service(&answers.clients, "web")];
    assert_eq!(
        told(&answers, &services).await,
        [
            "the scheduled action near starts main/web on at(2026-03-02T11:00:00) (America/New_York)",
            "the scheduled action soon starts main/web at 2026-03-02T13:00:00Z",
        ]
    );
    let mut suspended = web;
    suspended["MaxCapacity"] = json!(4);
    suspended["SuspendedState"] =
        json!({"DynamicScalingOutSuspended": true, "ScheduledScalingSuspended": true});
    let answers = answering(vec![suspended], Vec::new(), actions).await;
    assert_eq!(told(&answers, &services).await, [] as [&str; 0]);
}

/// The other types that jiti knows and Application Auto Scaling scales change their size. Tables
/// and functions have targets for their parts, so all targets of their namespace are read.
#[tokio::test]
async fn other_types_change_their_size() {
    let clients = Clients::for_tests();
    for (kind, of, name, id, whole_namespace) in [
        ("rds:cluster", "rds", "cluster:a", "cluster:a", false),
        (
            "elasticache:replicationgroup",
            "elasticache",
            "replicationgroup:a",
            "replication-group/a",
            false,
        ),
        ("dynamodb:table", "dynamodb", "table/a", "table/a", true),
        (
            "dynamodb:table",
            "dynamodb",
            "table/a",
            "table/a/index/i",
            true,
        ),
        (
            "lambda:function",
            "lambda",
            "function:a",
            "function:a:live",
            true,
        ),
    ] {
        let another = target(&format!("{id}b"), 1, 2);
        let unrelated = target("table/ab", 1, 2);
        let answers = answering(vec![target(id, 1, 2), unrelated], Vec::new(), Vec::new()).await;
        let found = told(&answers, &[resource(&clients, kind, of, name)]).await;
        assert_eq!(found.len(), 1, "{kind}: {found:?}");
        assert!(found[0].contains(" resizes "), "{found:?}");
        let first: Value = serde_json::from_str(&answers.requests()[0]).unwrap();
        assert_eq!(first["ServiceNamespace"], of);
        assert_eq!(first["ResourceIds"].is_null(), whole_namespace, "{first}");
        if !whole_namespace {
            let answers = answering(vec![another], Vec::new(), Vec::new()).await;
            let found = told(&answers, &[resource(&clients, kind, of, name)]).await;
            assert_eq!(found, [] as [&str; 0]);
        }
    }
    let queue = resource(&clients, "sqs:queue", "sqs", "a");
    assert!(Scalable::of(&queue).is_none());
}

/// More than fifty services are asked about in batches.
#[tokio::test]
async fn services_are_asked_about_in_batches() {
    let answers = answering(Vec::new(), Vec::new(), Vec::new()).await;
    let services: Vec<Resource> = (0..120)
        .map(|number| service(&answers.clients, &format!("s{number}")))
        .collect();
    assert_eq!(told(&answers, &services).await, [] as [&str; 0]);
    let counts = answers
        .requests()
        .iter()
        .map(|request| {
            let request: Value = serde_json::from_str(request).unwrap();
            request["ResourceIds"].as_array().unwrap().len()
        })
        .collect::<Vec<_>>();
    assert_eq!(counts, [50, 50, 20]);
}

/// Each resource whose targets could not be read is named.
#[tokio::test]
async fn a_refusal_is_not_an_empty_answer() {
    let denied = r#"{"__type": "AccessDeniedException", "message": "no"}"#;
    let answers =
        Loopback::new(move |_| (400, "application/x-amz-json-1.1", denied.to_owned())).await;
    let services = ["web", "api"].map(|name| service(&answers.clients, name));
    let services: Vec<&Resource> = services.iter().collect();
    let starts = starts(&answers.clients, &services, now()).await;
    assert_eq!(starts.found, Vec::new());
    let ids: Vec<&str> = starts.unread.iter().map(|one| one.id.short()).collect();
    assert_eq!(ids, ["main/web", "main/api"]);
    assert!(starts.unread[0].reason.contains("DescribeScalableTargets"));
}
