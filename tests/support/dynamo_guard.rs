//! A proxy in front of a DynamoDB test server that enforces IAM policies, with DynamoDB's condition
//! keys. No test server does: `dynoxide` checks no permissions, and moto reads no key of DynamoDB
//! and ignores every operator but `StringEquals`, also with its own enforcement on.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::proxy::http::{Answer, Request, Upstream};
use crate::proxy::server::{Answers, ProxyServer};

/// The account of a caller whose access key does not say it.
const ACCOUNT: &str = "123456789012";

/// The proxy. It ends when this value is dropped.
pub struct DynamoGuard {
    server: ProxyServer,
    state: Arc<State>,
}

struct State {
    policies: Mutex<HashMap<String, Value>>,
    denied: Mutex<Vec<String>>,
}

impl DynamoGuard {
    /// A proxy in front of the server at this address. Without a policy, it allows everything.
    pub fn new(server: SocketAddr) -> Self {
        let state = Arc::new(State {
            policies: Mutex::default(),
            denied: Mutex::default(),
        });
        let server = ProxyServer::start(server, Arc::clone(&state));
        Self { server, state }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// From now on, a request with this session token may do only what the policy allows. Without
    /// a session token, the access key identifies the caller.
    pub fn restrict(&self, caller: &str, policy: Value) {
        let mut policies = self.state.policies.lock().unwrap();
        policies.insert(caller.to_owned(), policy);
    }

    /// What was denied so far: the action and the partition.
    pub fn denied(&self) -> Vec<String> {
        self.state.denied.lock().unwrap().clone()
    }
}

impl Answers for State {
    fn answer(&self, request: &Request, upstream: &Upstream) -> Option<Answer> {
        let refusal = self.refusal(request);
        refusal.or_else(|| upstream.ask(request).ok())
    }
}

impl State {
    /// DynamoDB's refusal, if the policy of the caller does not allow a part of the request.
    fn refusal(&self, request: &Request) -> Option<Answer> {
        let caller = caller(request)?;
        let policy = self.policies.lock().unwrap().get(&caller)?.clone();
        let target = request.header("x-amz-target")?;
        let (_, operation) = target.split_once('.')?;
        let body: Value = serde_json::from_str(&request.text()).unwrap_or_default();
        let account = access_key(request).filter(|key| key.len() == 12);
        let account = account.unwrap_or(ACCOUNT);
        let mut calls = Call::parts(operation, &body, account).into_iter();
        let call = calls.find(|call| !is_allowed(&policy, call))?;
        let Call { action, arn, .. } = &call;
        let partition = call.values("dynamodb:LeadingKeys").join(",");
        self.denied
            .lock()
            .unwrap()
            .push(format!("{action} {partition}"));
        let message = format!(
            "User: arn:aws:iam::{account}:user/{caller} is not authorized to perform: {action} on \
             resource: {arn} because no identity-based policy allows the {action} action"
        );
        let body = json!({
            "__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException",
            "message": message,
        });
        Some(Answer::new(
            400,
            "application/x-amz-json-1.0",
            body.to_string(),
        ))
    }
}

/// The session token of a request, or its access key.
fn caller(request: &Request) -> Option<String> {
    let token = request.header("x-amz-security-token");
    token.or_else(|| access_key(request)).map(str::to_owned)
}

/// The access key of a request. In tests with moto, it is the number of the account.
fn access_key(request: &Request) -> Option<&str> {
    let signed = request.header("authorization")?;
    let (_, credential) = signed.split_once("Credential=")?;
    credential.split_once('/').map(|(key, _)| key)
}

/// One action that a request needs, with the values of its condition keys.
#[derive(Debug)]
struct Call {
    action: String,
    arn: String,
    context: HashMap<&'static str, Vec<String>>,
}

impl Call {
    /// The actions of a request: of a transaction, those of its parts.
    fn parts(operation: &str, body: &Value, account: &str) -> Vec<Self> {
        let Some(items) = body["TransactItems"].as_array() else {
            return vec![Self::of(operation, body, account)];
        };
        let parts = items.iter().flat_map(|item| item.as_object().unwrap());
        parts
            .map(|(kind, part)| Self::of(&format!("{kind}Item"), part, account))
            .collect()
    }

    fn of(operation: &str, body: &Value, account: &str) -> Self {
        let table = body["TableName"].as_str().unwrap_or_default();
        let mut context = HashMap::new();
        let keys = [
            &body["Key"]["pk"]["S"],
            &body["Item"]["pk"]["S"],
            &body["ExpressionAttributeValues"][":pk"]["S"],
        ];
        let keys = keys.into_iter().filter_map(Value::as_str);
        let keys: Vec<String> = keys.map(str::to_owned).collect();
        if !keys.is_empty() {
            context.insert("dynamodb:LeadingKeys", keys);
        }
        let named = ["KeyConditionExpression", "ProjectionExpression"];
        let named = named.iter().filter_map(|name| body[*name].as_str());
        let words = named.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
        // The names of the placeholders are those of the attributes, or `after`.
        let attributes: Vec<String> = words
            .filter(|word| !["", "AND", "after"].contains(word))
            .map(str::to_owned)
            .collect();
        if !attributes.is_empty() {
            context.insert("dynamodb:Attributes", attributes);
        }
        if let Some(select) = body["Select"].as_str() {
            context.insert("dynamodb:Select", vec![select.to_owned()]);
        }
        Self {
            action: format!("dynamodb:{operation}"),
            arn: format!(
                "arn:aws:dynamodb:{}:{account}:table/{table}",
                crate::dynamodb::REGION
            ),
            context,
        }
    }

    fn values(&self, key: &str) -> &[String] {
        self.context.get(key).map_or(&[], Vec::as_slice)
    }
}

/// Whether a statement of a policy allows a call. The policies here deny nothing.
fn is_allowed(policy: &Value, call: &Call) -> bool {
    let mut statements = policy["Statement"].as_array().unwrap().iter();
    statements.any(|statement| {
        assert_eq!(statement["Effect"], "Allow");
        texts(&statement["Action"]).contains(&call.action.as_str())
            && texts(&statement["Resource"])
                .iter()
                .any(|pattern| matches(pattern, &call.arn))
            && meets(&statement["Condition"], call)
    })
}

/// Whether a call meets every condition, by the rules of IAM.
fn meets(conditions: &Value, call: &Call) -> bool {
    let Some(conditions) = conditions.as_object() else {
        return true;
    };
    conditions.iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, expected)| {
            let (values, expected) = (call.values(key), texts(expected));
            let all = values.iter().all(|value| expected.contains(&&**value));
            match operator.as_str() {
                "StringEquals" => all && !values.is_empty(),
                // True without a value, as in IAM.
                "ForAllValues:StringEquals" => all,
                other => panic!("the guard has no operator {other}"),
            }
        })
    })
}

/// Whether a text matches a pattern whose `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len())
                .any(|skipped| text.is_char_boundary(skipped) && matches(rest, &text[skipped..]))
        }),
    }
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        _ => value
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect(),
    }
}
