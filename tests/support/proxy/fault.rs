//! Faults, the rules that trigger them, and each service's own error format.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::call::Call;
use super::cbor;
use super::http::Answer;

/// What happens to a call.
pub enum Fault {
    /// The service's own throttling error.
    Throttled,
    /// The service's own "access denied" error.
    Denied,
    /// The service's own error for expired credentials.
    Expired,
    /// This HTTP status and error code.
    Error(u16, &'static str),
    /// An HTML page instead of a service's answer, as a wrong endpoint or a missing operation
    /// gives.
    NotFoundPage,
    /// The call takes effect, but its answer never arrives.
    Lost,
    /// The connection closes without an answer.
    Down,
    /// The answer is delayed by this much.
    Slow(Duration),
    /// This answer in place of the server's, in the protocol of the call: JSON (also for CBOR) or
    /// XML.
    Answer(String),
    /// The tag index also lists these ARNs, which do not exist.
    Ghosts(Vec<String>),
    /// The tag index omits resources with this text in their ARN.
    Hidden(&'static str),
    /// The tagging API answers 200 and reports these ARNs as failed.
    PartlyFailed(Vec<String>),
    /// This runs before the call is forwarded.
    First(Box<dyn FnMut() + Send>),
    /// This function rewrites the server's answer.
    Rewritten(Arc<dyn Fn(&str) -> String + Send + Sync>),
}

/// The calls that a fault applies to. A rule without conditions applies to every call.
pub struct Rule {
    pub(super) fault: Fault,
    service: Option<&'static str>,
    call: Option<&'static str>,
    about: Option<String>,
    region: Option<&'static str>,
    key: Option<String>,
    after: usize,
    every: usize,
    times: usize,
    matched: usize,
    applied: usize,
}

impl Rule {
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            service: None,
            call: None,
            about: None,
            region: None,
            key: None,
            after: 0,
            every: 1,
            times: usize::MAX,
            matched: 0,
            applied: 0,
        }
    }

    #[must_use]
    pub fn service(mut self, service: &'static str) -> Self {
        self.service = Some(service);
        self
    }

    /// Matches an operation, or with a `*` at the end every operation with this prefix.
    #[must_use]
    pub fn call(mut self, call: &'static str) -> Self {
        self.call = Some(call);
        self
    }

    /// Matches calls with this text in their path or body.
    #[must_use]
    pub fn about(mut self, text: impl Into<String>) -> Self {
        self.about = Some(text.into());
        self
    }

    #[must_use]
    pub fn region(mut self, region: &'static str) -> Self {
        self.region = Some(region);
        self
    }

    /// Matches calls with this access key.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Skips the first `count` matching calls.
    #[must_use]
    pub fn after(mut self, count: usize) -> Self {
        self.after = count;
        self
    }

    /// Applies to every `nth` matching call.
    #[must_use]
    pub fn every(mut self, nth: usize) -> Self {
        self.every = nth;
        self
    }

    /// Applies at most `count` times.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.times = count;
        self
    }

    /// Whether the fault applies to this call.
    pub(super) fn applies_to(&mut self, call: &Call) -> bool {
        let named = self.call.is_none_or(|name| match name.strip_suffix('*') {
            Some(beginning) => call.name.starts_with(beginning),
            None => call.name == name,
        });
        let about = self.about.as_ref();
        let matches = named
            && self.service.is_none_or(|service| call.service == service)
            && about.is_none_or(|text| call.text.contains(text.as_str()))
            && self.region.is_none_or(|region| call.region == region)
            && self.key.as_ref().is_none_or(|key| call.key == *key);
        if !matches {
            return false;
        }
        self.matched += 1;
        let scheduled =
            self.matched > self.after && (self.matched - self.after).is_multiple_of(self.every);
        let hits = scheduled && self.applied < self.times;
        self.applied += usize::from(hits);
        hits
    }
}

/// A service's throttling error.
pub fn throttled(call: &Call) -> Answer {
    match call.service.as_str() {
        "ec2" => error(call, 503, "RequestLimitExceeded"),
        "s3" => error(call, 503, "SlowDown"),
        "tagging" => error(call, 400, "ThrottledException"),
        "lambda" => error(call, 429, "TooManyRequestsException"),
        "eks" => error(call, 429, "ThrottlingException"),
        "sqs" => error(call, 403, "RequestThrottled"),
        "ce" => error(call, 400, "LimitExceededException"),
        _ if json_speaking(call) => error(call, 400, "ThrottlingException"),
        _ => error(call, 400, "Throttling"),
    }
}

/// A service's "access denied" error.
pub fn denied(call: &Call) -> Answer {
    match call.service.as_str() {
        "ec2" => error(call, 403, "UnauthorizedOperation"),
        "sns" => error(call, 403, "AuthorizationError"),
        "eks" | "lambda" => error(call, 403, "AccessDeniedException"),
        _ if json_speaking(call) => error(call, 400, "AccessDeniedException"),
        _ => error(call, 403, "AccessDenied"),
    }
}

/// A service's error for expired credentials.
pub fn expired(call: &Call) -> Answer {
    match call.service.as_str() {
        "ec2" => error(call, 400, "RequestExpired"),
        "eks" | "lambda" => error(call, 403, "ExpiredTokenException"),
        _ if json_speaking(call) => error(call, 400, "ExpiredTokenException"),
        "s3" => error(call, 400, "ExpiredToken"),
        _ => error(call, 403, "ExpiredToken"),
    }
}

/// A successful answer with this body, in the protocol of the call.
pub fn answer(call: &Call, body: &str) -> Answer {
    if call.cbor {
        let mut answer = Answer::new(200, cbor::CONTENT_TYPE, Vec::new()).with(body.to_owned());
        let protocol = ("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned());
        answer.headers.push(protocol);
        return answer;
    }
    let kind = if json_speaking(call) {
        "application/x-amz-json-1.1"
    } else {
        "text/xml"
    };
    Answer::new(200, kind, body)
}

/// An error in the service's own format.
pub fn error(call: &Call, status: u16, code: &str) -> Answer {
    let message = format!("{code}: the test proxy refused {}", call.name);
    let xml = |body: String| Answer::new(status, "text/xml", body);
    match call.service.as_str() {
        _ if call.cbor => {
            let body = json!({ "__type": code, "message": message }).to_string();
            let mut refusal = answer(call, &body);
            refusal.status = status;
            let query_code = ("x-amzn-query-error".to_owned(), format!("{code};Sender"));
            refusal.headers.push(query_code);
            refusal
        }
        "ec2" => xml(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error></Errors><RequestID>0</RequestID></Response>"
        )),
        "s3" => xml(format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>0</RequestId></Error>"
        )),
        _ if json_speaking(call) || matches!(call.service.as_str(), "eks" | "lambda") => {
            let body = json!({ "__type": code, "message": message }).to_string();
            let mut answer = Answer::new(status, "application/x-amz-json-1.1", body);
            let kind = ("x-amzn-errortype".to_owned(), code.to_owned());
            answer.headers.push(kind);
            answer
        }
        _ => xml(format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error><RequestId>0</RequestId></ErrorResponse>"
        )),
    }
}

/// Whether the service uses the JSON protocol that names the operation in a header.
pub fn json_speaking(call: &Call) -> bool {
    let query = [
        "autoscaling",
        "cloudformation",
        "elasticache",
        "elasticloadbalancing",
        "iam",
        "monitoring",
        "rds",
        "sns",
        "sts",
    ];
    !["ec2", "s3", "eks", "lambda"].contains(&call.service.as_str())
        && !query.contains(&call.service.as_str())
}

/// An answer of `GetResources` with these ARNs added, which carry the tags that the call filters
/// by.
pub fn with_ghosts(call: &Call, answer: &str, ghosts: &[String]) -> String {
    let mut json: Value = serde_json::from_str(answer).unwrap();
    let request: Value = call
        .text
        .split_once('\n')
        .and_then(|(_, body)| serde_json::from_str(body).ok())
        .unwrap_or_default();
    let filters = request["TagFilters"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let tags: Vec<Value> = filters
        .iter()
        .map(|filter| json!({ "Key": filter["Key"], "Value": filter["Values"][0].as_str().unwrap_or("ghost") }))
        .collect();
    let list = json["ResourceTagMappingList"].as_array_mut().unwrap();
    for arn in ghosts {
        list.push(json!({ "ResourceARN": arn, "Tags": tags }));
    }
    json.to_string()
}

/// An answer of `GetResources` without the resources that have this text in their ARN.
pub fn without(answer: &str, hidden: &str) -> String {
    let mut json: Value = serde_json::from_str(answer).unwrap();
    let list = json["ResourceTagMappingList"].as_array_mut().unwrap();
    list.retain(|resource| {
        !resource["ResourceARN"]
            .as_str()
            .unwrap_or_default()
            .contains(hidden)
    });
    json.to_string()
}

/// An answer of the tagging API that lists failed ARNs.
pub fn partly_failed(arns: &[String]) -> Answer {
    let failed: serde_json::Map<String, Value> = arns
        .iter()
        .map(|arn| {
            let why = json!({ "StatusCode": 500, "ErrorCode": "InternalServiceException", "ErrorMessage": "no answer" });
            (arn.clone(), why)
        })
        .collect();
    let body = json!({ "FailedResourcesMap": failed }).to_string();
    Answer::new(200, "application/x-amz-json-1.1", body)
}
