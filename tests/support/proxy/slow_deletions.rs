//! Slow deletions: a resource is described as `deleting` for a while, and stays in use until then.

use std::sync::Mutex;

use super::call::Call;
use super::http::{Answer, Request, Upstream};
use super::moto_client::MotoClient;

/// A resource that is being deleted. moto gets the request only at the end.
pub struct PendingDeletion {
    kind: &'static SlowType,
    key: String,
    region: String,
    id: String,
    /// How many more times it is described.
    remaining: u32,
    request: Request,
}

struct SlowType {
    service: &'static str,
    delete: &'static str,
    describe: &'static str,
    /// The parameter with the resource's id.
    parameter: &'static str,
    /// The state in a description before and during the deletion.
    states: (&'static str, &'static str),
}

const SLOW_TYPES: &[SlowType] = &[
    SlowType {
        service: "ec2",
        delete: "TerminateInstances",
        describe: "DescribeInstances",
        parameter: "InstanceId",
        states: (
            "<code>16</code><name>running</name>",
            "<code>32</code><name>shutting-down</name>",
        ),
    },
    SlowType {
        service: "ec2",
        delete: "DeleteNatGateway",
        describe: "DescribeNatGateways",
        parameter: "NatGatewayId",
        states: ("<state>available</state>", "<state>deleting</state>"),
    },
    SlowType {
        service: "rds",
        delete: "DeleteDBInstance",
        describe: "DescribeDBInstances",
        parameter: "DBInstanceIdentifier",
        states: (
            "<DBInstanceStatus>available</DBInstanceStatus>",
            "<DBInstanceStatus>deleting</DBInstanceStatus>",
        ),
    },
    SlowType {
        service: "dynamodb",
        delete: "DeleteTable",
        describe: "DescribeTable",
        parameter: "TableName",
        states: (
            "\"TableStatus\": \"ACTIVE\"",
            "\"TableStatus\": \"DELETING\"",
        ),
    },
];

/// Starts a slow deletion and returns AWS's answer; `None` for any other call.
pub fn begin(
    call: &Call,
    request: &Request,
    upstream: &Upstream,
    descriptions: u32,
    deletions: &Mutex<Vec<PendingDeletion>>,
) -> Option<Answer> {
    let kind = SLOW_TYPES
        .iter()
        .find(|kind| kind.service == call.service && kind.delete == call.name)?;
    let ids = match call.parameters(kind.parameter) {
        ids if ids.is_empty() => vec![call.parameter(kind.parameter)?],
        ids => ids,
    };
    // The parameter may also be an ARN.
    let ids: Vec<String> = ids
        .iter()
        .map(|id| id.rsplit([':', '/']).next().unwrap_or(id).to_owned())
        .collect();
    let moto = MotoClient {
        request,
        call,
        upstream,
    };
    // moto itself refuses to delete what is protected or missing.
    if ids.iter().any(|id| is_refused(&moto, kind, id)) {
        return None;
    }
    let mut answers = String::new();
    let mut pending = deletions.lock().unwrap();
    for id in &ids {
        let known = pending.iter().any(|deletion| deletion.is(kind, call, id));
        if !known {
            pending.push(PendingDeletion {
                kind,
                key: call.key.clone(),
                region: call.region.clone(),
                id: id.clone(),
                remaining: descriptions,
                request: reduced_to(kind, request, id),
            });
        }
        answers.push_str(&deletion_answer(&moto, kind, id));
    }
    Some(match kind.delete {
        "TerminateInstances" => Answer::new(
            200,
            "text/xml",
            format!(
                "<TerminateInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>0</requestId><instancesSet>{answers}</instancesSet></TerminateInstancesResponse>"
            ),
        ),
        "DeleteTable" => Answer::new(200, "application/x-amz-json-1.0", answers),
        _ => Answer::new(200, "text/xml", answers),
    })
}

/// Rewrites the states of resources that are being deleted, and deletes those whose time is over.
pub fn with_progress(
    call: &Call,
    answer: Answer,
    upstream: &Upstream,
    deletions: &Mutex<Vec<PendingDeletion>>,
) -> Answer {
    let before = answer.text();
    let mut text = before.clone();
    let mut due = Vec::new();
    {
        let mut pending = deletions.lock().unwrap();
        pending.retain_mut(|deletion| {
            let here = deletion.kind.service == call.service
                && deletion.kind.describe == call.name
                && deletion.key == call.key
                && deletion.region == call.region;
            let Some(at) = here.then(|| offset_of(&text, &deletion.id)).flatten() else {
                return true;
            };
            let (before, during) = deletion.kind.states;
            if let Some(state) = text[at..].find(before) {
                text.replace_range(at + state..at + state + before.len(), during);
            }
            deletion.remaining = deletion.remaining.saturating_sub(1);
            if deletion.remaining > 0 {
                return true;
            }
            due.push(deletion.request.clone());
            false
        });
    }
    if due.is_empty() && text == before {
        return answer;
    }
    for request in due {
        upstream.ask(&request).unwrap();
    }
    answer.with(text)
}

impl PendingDeletion {
    fn is(&self, kind: &SlowType, call: &Call, id: &str) -> bool {
        self.kind.delete == kind.delete
            && self.key == call.key
            && self.region == call.region
            && self.id == id
    }
}

/// The offset of a resource's description: its id as a whole element or JSON string.
fn offset_of(text: &str, id: &str) -> Option<usize> {
    let forms = [format!(">{id}<"), format!("\"{id}\"")];
    forms.iter().find_map(|form| text.find(form.as_str()))
}

fn is_refused(moto: &MotoClient<'_>, kind: &SlowType, id: &str) -> bool {
    match kind.delete {
        "TerminateInstances" => {
            let about = [("InstanceId", id), ("Attribute", "disableApiTermination")];
            let answer = moto.form("ec2", "DescribeInstanceAttribute", &about);
            answer.first("disableApiTermination/value") != "false"
        }
        "DeleteNatGateway" => {
            let answer = moto.form("ec2", kind.describe, &[("NatGatewayId.1", id)]);
            answer.first("natGatewaySet/item/state") != "available"
        }
        "DeleteDBInstance" => {
            let answer = moto.form("rds", kind.describe, &[(kind.parameter, id)]);
            answer.first("DBInstance/DeletionProtection") == "true"
                || answer.all("DBInstances/DBInstance").is_empty()
        }
        _ => {
            let body = serde_json::json!({ "TableName": id }).to_string();
            let answer = moto.json("dynamodb", "DynamoDB_20120810.DescribeTable", &body);
            answer["Table"]["DeletionProtectionEnabled"] == true || answer["Table"].is_null()
        }
    }
}

/// The request reduced to one of the resources that it names.
fn reduced_to(kind: &SlowType, request: &Request, id: &str) -> Request {
    let mut reduced = request.clone();
    if kind.delete == "TerminateInstances" {
        let body = format!("Action=TerminateInstances&Version=2016-11-15&InstanceId.1={id}");
        reduced.body = body.into_bytes();
    }
    reduced
}

fn deletion_answer(moto: &MotoClient<'_>, kind: &SlowType, id: &str) -> String {
    match kind.delete {
        "TerminateInstances" => format!(
            "<item><instanceId>{id}</instanceId><currentState><code>32</code><name>shutting-down</name></currentState><previousState><code>16</code><name>running</name></previousState></item>"
        ),
        "DeleteNatGateway" => format!(
            "<DeleteNatGatewayResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>0</requestId><natGatewayId>{id}</natGatewayId></DeleteNatGatewayResponse>"
        ),
        "DeleteDBInstance" => format!(
            "<DeleteDBInstanceResponse xmlns=\"http://rds.amazonaws.com/doc/2014-10-31/\"><DeleteDBInstanceResult><DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBInstanceStatus>deleting</DBInstanceStatus></DBInstance></DeleteDBInstanceResult></DeleteDBInstanceResponse>"
        ),
        _ => {
            let body = serde_json::json!({ "TableName": id }).to_string();
            let table = moto.json("dynamodb", "DynamoDB_20120810.DescribeTable", &body);
            serde_json::json!({ "TableDescription": table["Table"] })
                .to_string()
                .replace("\"ACTIVE\"", "\"DELETING\"")
        }
    }
}
