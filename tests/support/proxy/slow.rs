//! What takes AWS its time: a resource that was asked to go is described as going for a while, and in use until then.

use std::sync::Mutex;

use super::asking::Asking;
use super::call::Call;
use super::http::{Answer, Request, Upstream};

/// A resource that is going. Only at the end is moto told.
pub struct Going {
    kind: &'static Kind,
    key: String,
    region: String,
    id: String,
    /// The descriptions that it outlives.
    left: u32,
    request: Request,
}

struct Kind {
    service: &'static str,
    delete: &'static str,
    describe: &'static str,
    /// The parameter that names it.
    parameter: &'static str,
    /// What a description says of one that stands, and of one that goes.
    words: (&'static str, &'static str),
}

const KINDS: &[Kind] = &[
    Kind {
        service: "ec2",
        delete: "TerminateInstances",
        describe: "DescribeInstances",
        parameter: "InstanceId",
        words: (
            "<code>16</code><name>running</name>",
            "<code>32</code><name>shutting-down</name>",
        ),
    },
    Kind {
        service: "ec2",
        delete: "DeleteNatGateway",
        describe: "DescribeNatGateways",
        parameter: "NatGatewayId",
        words: ("<state>available</state>", "<state>deleting</state>"),
    },
    Kind {
        service: "rds",
        delete: "DeleteDBInstance",
        describe: "DescribeDBInstances",
        parameter: "DBInstanceIdentifier",
        words: (
            "<DBInstanceStatus>available</DBInstanceStatus>",
            "<DBInstanceStatus>deleting</DBInstanceStatus>",
        ),
    },
    Kind {
        service: "dynamodb",
        delete: "DeleteTable",
        describe: "DescribeTable",
        parameter: "TableName",
        words: (
            "\"TableStatus\": \"ACTIVE\"",
            "\"TableStatus\": \"DELETING\"",
        ),
    },
];

/// Notes that something is to go, and says what AWS says to that; `None` when it is no such call.
pub fn begin(
    call: &Call,
    request: &Request,
    upstream: &Upstream,
    lingering: u32,
    going: &Mutex<Vec<Going>>,
) -> Option<Answer> {
    let kind = KINDS
        .iter()
        .find(|kind| kind.service == call.service && kind.delete == call.name)?;
    let ids = match call.parameters(kind.parameter) {
        ids if ids.is_empty() => vec![call.parameter(kind.parameter)?],
        ids => ids,
    };
    // An ARN names it as well.
    let ids: Vec<String> = ids
        .iter()
        .map(|id| id.rsplit([':', '/']).next().unwrap_or(id).to_owned())
        .collect();
    let ask = Asking {
        request,
        call,
        upstream,
    };
    // What is protected or not there is moto's to refuse.
    if ids.iter().any(|id| refused(&ask, kind, id)) {
        return None;
    }
    let mut said = String::new();
    let mut going = going.lock().unwrap();
    for id in &ids {
        let known = going.iter().any(|one| one.is(kind, call, id));
        if !known {
            going.push(Going {
                kind,
                key: call.key.clone(),
                region: call.region.clone(),
                id: id.clone(),
                left: lingering,
                request: alone(kind, request, id),
            });
        }
        said.push_str(&going_answer(&ask, kind, id));
    }
    Some(match kind.delete {
        "TerminateInstances" => Answer::new(
            200,
            "text/xml",
            format!(
                "<TerminateInstancesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"><requestId>0</requestId><instancesSet>{said}</instancesSet></TerminateInstancesResponse>"
            ),
        ),
        "DeleteTable" => Answer::new(200, "application/x-amz-json-1.0", said),
        _ => Answer::new(200, "text/xml", said),
    })
}

/// An answer with the words for what is going; what has lingered long enough then goes.
pub fn described(
    call: &Call,
    answer: Answer,
    upstream: &Upstream,
    going: &Mutex<Vec<Going>>,
) -> Answer {
    let before = answer.text();
    let mut text = before.clone();
    let mut done = Vec::new();
    {
        let mut going = going.lock().unwrap();
        going.retain_mut(|one| {
            let here = one.kind.service == call.service
                && one.kind.describe == call.name
                && one.key == call.key
                && one.region == call.region;
            let Some(at) = here.then(|| place(&text, &one.id)).flatten() else {
                return true;
            };
            let (stands, goes) = one.kind.words;
            if let Some(state) = text[at..].find(stands) {
                text.replace_range(at + state..at + state + stands.len(), goes);
            }
            one.left = one.left.saturating_sub(1);
            if one.left > 0 {
                return true;
            }
            done.push(one.request.clone());
            false
        });
    }
    if done.is_empty() && text == before {
        return answer;
    }
    for request in done {
        upstream.ask(&request).unwrap();
    }
    answer.with(text)
}

impl Going {
    fn is(&self, kind: &Kind, call: &Call, id: &str) -> bool {
        self.kind.delete == kind.delete
            && self.key == call.key
            && self.region == call.region
            && self.id == id
    }
}

/// Where a description of this begins: its name as the whole of an element or of a JSON string.
fn place(text: &str, id: &str) -> Option<usize> {
    let forms = [format!(">{id}<"), format!("\"{id}\"")];
    forms.iter().find_map(|form| text.find(form.as_str()))
}

fn refused(ask: &Asking<'_>, kind: &Kind, id: &str) -> bool {
    match kind.delete {
        "TerminateInstances" => {
            let about = [("InstanceId", id), ("Attribute", "disableApiTermination")];
            let answer = ask.form("ec2", "DescribeInstanceAttribute", &about);
            answer.first("disableApiTermination/value") != "false"
        }
        "DeleteNatGateway" => {
            let answer = ask.form("ec2", kind.describe, &[("NatGatewayId.1", id)]);
            answer.first("natGatewaySet/item/state") != "available"
        }
        "DeleteDBInstance" => {
            let answer = ask.form("rds", kind.describe, &[(kind.parameter, id)]);
            answer.first("DBInstance/DeletionProtection") == "true"
                || answer.all("DBInstances/DBInstance").is_empty()
        }
        _ => {
            let body = serde_json::json!({ "TableName": id }).to_string();
            let answer = ask.json("dynamodb", "DynamoDB_20120810.DescribeTable", &body);
            answer["Table"]["DeletionProtectionEnabled"] == true || answer["Table"].is_null()
        }
    }
}

/// The request for one of the resources that it named.
fn alone(kind: &Kind, request: &Request, id: &str) -> Request {
    let mut alone = request.clone();
    if kind.delete == "TerminateInstances" {
        let body = format!("Action=TerminateInstances&Version=2016-11-15&InstanceId.1={id}");
        alone.body = body.into_bytes();
    }
    alone
}

fn going_answer(ask: &Asking<'_>, kind: &Kind, id: &str) -> String {
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
            let table = ask.json("dynamodb", "DynamoDB_20120810.DescribeTable", &body);
            serde_json::json!({ "TableDescription": table["Table"] })
                .to_string()
                .replace("\"ACTIVE\"", "\"DELETING\"")
        }
    }
}
