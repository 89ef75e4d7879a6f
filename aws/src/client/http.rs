//! The HTTP connector of every client: it applies the rate limit and a timeout to each call.

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
use crate::client::rate_limit::{RateLimitKey, RateLimiter};

/// How long an answer may take once the call is sent. The slowest answers are full pages of
/// descriptions.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// The maximum length of an error that is read. An error has a code and a message.
const MAX_ERROR_BYTES: usize = 1024 * 1024;

/// An HTTP client that follows the rate limit of one service in one account and region.
#[derive(Clone, Debug)]
pub(crate) struct RateLimitedClient {
    pub(crate) inner: SharedHttpClient,
    pub(crate) limiter: Arc<RateLimiter>,
    pub(crate) service: &'static str,
    pub(crate) account: String,
    pub(crate) region: String,
}

impl HttpClient for RateLimitedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(RateLimitedConnector {
            inner: self.inner.http_connector(settings, components),
            client: self.clone(),
        })
    }
}

#[derive(Debug)]
struct RateLimitedConnector {
    inner: SharedHttpConnector,
    client: RateLimitedClient,
}

impl HttpConnector for RateLimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let key = RateLimitKey {
            account: self.client.account.clone(),
            region: self.client.region.clone(),
            service: self.client.service,
            reads: is_read(&request),
        };
        let (limiter, inner) = (Arc::clone(&self.client.limiter), self.inner.clone());
        HttpConnectorFuture::new(async move {
            let permit = limiter.acquire(&key).await;
            let answer = async {
                let mut answer = inner.call(request).await?;
                let throttled = is_throttled(&mut answer).await?;
                Ok::<_, ConnectorError>((answer, throttled))
            };
            let (answer, throttled) = tokio::time::timeout(ANSWER_TIMEOUT, answer)
                .await
                .map_err(|late| ConnectorError::timeout(late.into()))??;
            let date = answer.headers().get("date");
            if let Some(time) = date.and_then(parse_date) {
                limiter.set_cloud_time(time);
            }
            permit.report(throttled);
            Ok(answer)
        })
    }
}

/// Whether an answer says that there are too many calls. Most services answer with status 400, like
/// for any bad request, and only the body says why. This reads the body and puts it back.
async fn is_throttled(answer: &mut HttpResponse) -> Result<bool, ConnectorError> {
    let status = answer.status().as_u16();
    if status < 400 {
        return Ok(false);
    }
    let body = std::mem::replace(answer.body_mut(), SdkBody::taken());
    let bytes = read_error(body).await?;
    let throttled = match status {
        429 | 503 => true,
        400 => error::names_throttling(&String::from_utf8_lossy(&bytes)),
        _ => false,
    };
    *answer.body_mut() = SdkBody::from(bytes);
    Ok(throttled)
}

/// Reads the body of an error. An endless one fails the call.
async fn read_error(body: SdkBody) -> Result<Vec<u8>, ConnectorError> {
    let mut stream = ByteStream::new(body);
    let mut bytes = Vec::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| ConnectorError::io(error.into()))?;
        if bytes.len() + chunk.len() > MAX_ERROR_BYTES {
            let reason = format!(
                "the service's error is longer than {} KiB",
                MAX_ERROR_BYTES / 1024
            );
            return Err(ConnectorError::other(reason.into(), None));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// Whether a request only reads. Each protocol names the call in another place.
fn is_read(request: &HttpRequest) -> bool {
    let call = request
        .headers()
        .get("x-amz-target")
        .and_then(|target| target.rsplit('.').next());
    if let Some(call) = call {
        return is_read_call(call);
    }
    if request.method() == "GET" || request.method() == "HEAD" {
        return true;
    }
    let body = request.body().bytes().unwrap_or_default();
    let body = std::str::from_utf8(body).unwrap_or_default();
    body.strip_prefix("Action=").is_some_and(is_read_call)
}

fn is_read_call(call: &str) -> bool {
    ["Describe", "Get", "List", "BatchGet"]
        .iter()
        .any(|verb| call.starts_with(verb))
}

/// The time in a `Date` header.
fn parse_date(date: &str) -> Option<Timestamp> {
    rfc2822::parse(date).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;

    use super::*;

    /// The status or the body says that a call was throttled, and the SDK can still read the body.
    #[tokio::test]
    async fn detects_throttling_in_every_protocol() {
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

    /// The body of an error is read only up to a limit, and a success is not read here at all.
    #[tokio::test]
    async fn a_long_error_fails_the_call() {
        let long = vec![b'x'; MAX_ERROR_BYTES + 1];
        for status in [400, 404, 429, 500, 503] {
            let status = StatusCode::try_from(status).unwrap();
            let mut answer = HttpResponse::new(status, SdkBody::from(long.clone()));
            let error = is_throttled(&mut answer).await.unwrap_err();
            assert!(format!("{error:?}").contains("1024 KiB"), "{error:?}");
        }
        let mut answer = HttpResponse::new(StatusCode::try_from(200).unwrap(), SdkBody::from(long));
        assert!(!is_throttled(&mut answer).await.unwrap());
    }

    /// Distinguishes reads from writes in each protocol.
    #[test]
    fn tells_reads_from_writes() {
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
        assert!(is_read(&post(None, "Action=DescribeVolumes&Version=1")));
        assert!(!is_read(&post(None, "Action=DeleteVolume&Version=1")));
        assert!(is_read(&post(
            Some("DynamoDB_20120810.DescribeTable"),
            "{}"
        )));
        assert!(!is_read(&post(Some("DynamoDB_20120810.DeleteTable"), "{}")));
        assert_eq!(
            parse_date("Mon, 02 Mar 2026 12:00:00 GMT"),
            "2026-03-02T12:00:00Z".parse().ok()
        );
    }
}
