//! A fake AWS service on the loopback interface, called through the real clients.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::region::Region;
use stack::Place;
use test_support::http::{Answer, Request, Server};

use crate::client::Clients;
use crate::client::rate_limit::RateLimiter;

/// The status, content type and body of an answer.
pub(crate) type FakeAnswer<Body = String> = (u16, &'static str, Body);

/// Clients of a service that answers each request body through a function, and records the
/// requests.
pub(crate) struct Loopback {
    pub(crate) clients: Clients,
    server: Server,
}

impl Loopback {
    pub(crate) async fn new<Body: Into<Vec<u8>> + 'static>(
        answer: impl Fn(&str) -> FakeAnswer<Body> + Send + Sync + 'static,
    ) -> Self {
        let server = Server::start(move |request| {
            let (status, content_type, body) = answer(&request.text());
            Answer {
                status,
                content_type,
                body: body.into(),
            }
        });
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let credentials = Credentials::new("testing", "testing", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .region(Region::new("us-east-1"))
            .endpoint_url(server.url(""))
            .credentials_provider(credentials)
            .load()
            .await;
        let place = Place {
            account: "123456789012".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let limiter = Arc::new(RateLimiter::new(false));
        Self {
            clients: Clients::new(place, "us-east-1", config, limiter, http),
            server,
        }
    }

    /// The bodies of the requests so far, in order, as text.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.recorded().iter().map(Request::text).collect()
    }

    /// The requests so far, in order.
    pub(crate) fn recorded(&self) -> Vec<Request> {
        self.server.requests()
    }
}
