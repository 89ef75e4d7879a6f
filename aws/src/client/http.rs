//! The one way out: every call waits for its turn, has a time-out, and is counted.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::client::error;
use crate::client::rate_limit::{Lane, Pace};

/// How long an answer may take once the call's turn has come. Deleting a stack of another service answers at once; the
/// slowest answers are full pages of descriptions.
const ANSWER: Duration = Duration::from_secs(30);

/// A client of HTTP that keeps to the pace of one service in one place.
#[derive(Clone, Debug)]
pub(crate) struct PacedClient {
    pub(crate) inner: SharedHttpClient,
    pub(crate) pace: Arc<Pace>,
    pub(crate) service: &'static str,
    pub(crate) account: String,
    pub(crate) region: String,
}

impl HttpClient for PacedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(PacedConnector {
            inner: self.inner.http_connector(settings, components),
            client: self.clone(),
        })
    }
}

#[derive(Debug)]
struct PacedConnector {
    inner: SharedHttpConnector,
    client: PacedClient,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let lane = Lane {
            account: self.client.account.clone(),
            region: self.client.region.clone(),
            service: self.client.service,
            reads: reads(&request),
        };
        let (pace, inner) = (Arc::clone(&self.client.pace), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let turn = pace.turn(&lane).await;
            let answer = async {
                let mut answer = inner.call(request).await?;
                let throttled = is_throttled(&mut answer).await?;
                Ok::<_, ConnectorError>((answer, throttled))
            };
            let answer = tokio::time::timeout(ANSWER, answer).await;
            let (answer, throttled) =
                answer.map_err(|late| ConnectorError::timeout(late.into()))??;
            let date = answer.headers().get("date");
            if let Some(time) = date.and_then(said) {
                pace.heard(time);
            }
            turn.answered(throttled);
            Ok(answer)
        })
    }
}

/// Whether an answer is that there are too many calls. Most services say so with the status of any bad request, and only
/// their words tell: those are read, and put back for whoever made the call.
async fn is_throttled(answer: &mut HttpResponse) -> Result<bool, ConnectorError> {
    match answer.status().as_u16() {
        429 | 503 => Ok(true),
        400 => {
            let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
            let read = ByteStream::new(body).collect().await;
            let read = read.map_err(|error| ConnectorError::io(error.into()))?;
            let bytes = read.into_bytes();
            let throttled = error::names_throttling(&String::from_utf8_lossy(&bytes));
            *answer.body_mut() = SdkBody::from(bytes);
            Ok(throttled)
        }
        _ => Ok(false),
    }
}

/// Whether a request only reads, told from where its protocol names the call.
fn reads(request: &HttpRequest) -> bool {
    let call = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.rsplit('.').next());
    if let Some(call) = call {
        return reading(call);
    }
    if request.method() == "GET" || request.method() == "HEAD" {
        return true;
    }
    let body = request.body().bytes().unwrap_or_default();
    let body = std::str::from_utf8(body).unwrap_or_default();
    body.strip_prefix("Action=").is_some_and(reading)
}

fn reading(call: &str) -> bool {
    ["Describe", "Get", "List", "BatchGet"]
        .iter()
        .any(|verb| call.starts_with(verb))
}

/// The time in a `Date` header.
fn said(date: &str) -> Option<Timestamp> {
    rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;

    /// Too many calls are told by the status or by the words, which whoever made the call still reads.
    #[tokio::test]
    async fn throttling_is_heard_in_every_protocol() {
        for (status, body, throttled) in [
            (503, "", true),
            (429, "", true),
            (400, r#"{"__type":"com.amazon#ThrottlingException"}"#, true),
            (400, "<Error><Code>Throttling</Code></Error>", true),
            (400, "<Error><Code>ValidationError</Code></Error>", false),
            (200, "Throttling", false),
        ] {
            let status = StatusCode::try_from(status).unwrap();
            let mut answer = HttpResponse::new(status, SdkBody::from(body));
            assert_eq!(
                is_throttled(&mut answer).await.unwrap(),
                throttled,
                "{status} {body}"
            );
            assert_eq!(answer.body().bytes(), Some(body.as_bytes()));
        }
    }

    /// Calls that read are told from those that write, in each protocol.
    #[test]
    fn reads_are_told_from_writes() {
        let post = |target: Option<&str>, body: &'static str| {
            let mut request = HttpRequest::new(body.into());
            request.set_method("POST").unwrap();
            if let Some(target) = target {
                request
                    .headers_mut()
                    .insert("x-amz-target", target.to_owned());
            }
            request
        };
        assert!(reads(&post(None, "Action=DescribeVolumes&Version=1")));
        assert!(!reads(&post(None, "Action=DeleteVolume&Version=1")));
        assert!(reads(&post(Some("DynamoDB_20120810.DescribeTable"), "{}")));
        assert!(!reads(&post(Some("DynamoDB_20120810.DeleteTable"), "{}")));
        assert_eq!(
            said("Mon, 02 Mar 2026 12:00:00 GMT"),
            "2026-03-02T12:00:00Z".parse().ok()
        );
    }
}
