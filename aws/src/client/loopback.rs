//! A fake AWS service on the loopback interface, called through the real clients.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use aws_types::region::Region;
use stack::Place;

use crate::client::Clients;
use crate::client::rate_limit::RateLimiter;

/// The status, content type and body of an answer.
pub(crate) type FakeAnswer<Body = String> = (u16, &'static str, Body);

/// What a client sent.
#[derive(Clone)]
pub(crate) struct FakeRequest {
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
}

/// Clients of a service that answers each request body through a function, and records the
/// requests.
pub(crate) struct Loopback {
    pub(crate) clients: Clients,
    requests: Arc<Mutex<Vec<FakeRequest>>>,
}

impl Loopback {
    pub(crate) async fn new<Body: Into<Vec<u8>> + 'static>(
        answer: impl Fn(&str) -> FakeAnswer<Body> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<FakeRequest>>> = Arc::default();
        let (answer, recorded) = (Arc::new(answer), Arc::clone(&requests));
        // The thread ends with the process; nothing joins it.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (answer, recorded) = (Arc::clone(&answer), Arc::clone(&recorded));
                std::thread::spawn(move || serve(stream, &*answer, &recorded));
            }
        });
        let http = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_https();
        let credentials = Credentials::new("testing", "testing", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .http_client(http.clone())
            .region(Region::new("us-east-1"))
            .endpoint_url(url)
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
            requests,
        }
    }

    /// The bodies of the requests so far, in order, as text.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.recorded().into_iter();
        let bodies = requests.map(|request| String::from_utf8_lossy(&request.body).into_owned());
        bodies.collect()
    }

    /// The requests so far, in order.
    pub(crate) fn recorded(&self) -> Vec<FakeRequest> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve<Body: Into<Vec<u8>>>(
    stream: TcpStream,
    answer: &dyn Fn(&str) -> FakeAnswer<Body>,
    requests: &Mutex<Vec<FakeRequest>>,
) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let (mut length, mut line, mut path) = (0, String::new(), None);
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            path = path.or_else(|| line.split(' ').nth(1).map(str::to_owned));
            let lower = line.to_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let (status, content_type, text) = answer(&String::from_utf8_lossy(&body));
        let path = path.unwrap_or_default();
        requests.lock().unwrap().push(FakeRequest { path, body });
        let text = text.into();
        let head = format!(
            "HTTP/1.1 {status} fake\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\n\r\n",
            text.len()
        );
        writer
            .write_all(&[head.into_bytes(), text].concat())
            .unwrap();
    }
}
