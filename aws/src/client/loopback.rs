//! A service on loopback that answers as a test tells it, asked through the real clients.

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
use crate::client::rate_limit::Pace;

/// The status, the type of content and the body of an answer.
pub(crate) type Said = (u16, &'static str, String);

/// Clients of a service that answers each request's body with what a function says; and the bodies, in their order.
pub(crate) struct Loopback {
    pub(crate) clients: Clients,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Loopback {
    pub(crate) async fn new(say: impl Fn(&str) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heard: Arc<Mutex<Vec<String>>> = Arc::default();
        let (said, ears) = (Arc::new(say), Arc::clone(&heard));
        // It ends with the process: nothing waits for it.
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (say, ears) = (Arc::clone(&said), Arc::clone(&ears));
                std::thread::spawn(move || serve(stream, &*say, &ears));
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
        let pace = Arc::new(Pace::new(false));
        Self {
            clients: Clients::new(place, "us-east-1", config, pace, http),
            heard,
        }
    }

    /// The bodies of the requests so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, say: &dyn Fn(&str) -> Said, ears: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut writer = stream;
    loop {
        let (mut length, mut line) = (0, String::new());
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
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
        let body = String::from_utf8_lossy(&body).into_owned();
        let (status, kind, answer) = say(&body);
        ears.lock().unwrap().push(body);
        let length = answer.len();
        let head = format!(
            "HTTP/1.1 {status} said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n"
        );
        writer.write_all((head + &answer).as_bytes()).unwrap();
    }
}
