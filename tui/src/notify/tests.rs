//! Tests with a webhook on loopback: what it receives, and what its errors mean.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::Value;
use stack::SystemClock;
use stack::service::notify::Alarm;
use stack::service::reap::TooManyDue;
use stack::testing::stack_name;

use super::*;

/// A receiver that answers one request with a status, and passes on the request.
fn receiver(status: &'static str) -> (String, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = format!(
        "http://{}/services/T0/B0/secret",
        listener.local_addr().expect("bound")
    );
    let (send, received) = mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a call");
        let mut request = Vec::new();
        let mut piece = [0; 4096];
        while !is_complete(&request) {
            match stream.read(&mut piece) {
                Ok(0) | Err(_) => break,
                Ok(count) => request.extend_from_slice(&piece[..count]),
            }
        }
        let answer =
            format!("HTTP/1.1 {status}\r\nContent-Length: 4\r\nConnection: close\r\n\r\nnope");
        stream.write_all(answer.as_bytes()).expect("an answer");
        send.send(String::from_utf8_lossy(&request).into_owned())
            .expect("a test that waits");
    });
    (address, received)
}

fn is_complete(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.parse::<usize>().ok())?
    });
    length.is_some_and(|length| body.len() >= length)
}

fn notification() -> Notification {
    let stacks = vec![stack_name("a"), stack_name("b")];
    Notification::Reaper(Alarm::TooMany(TooManyDue { stacks, max: 1 }))
}

async fn delivered(address: String) -> Result<(), DeliveryError> {
    let webhook = Webhook::new(address, SystemClock).expect("a client");
    webhook.deliver(&notification()).await
}

/// The receiver gets one JSON object with the text for Slack and the facts as fields.
#[tokio::test]
async fn a_receiver_gets_json() {
    let (address, received) = receiver("200 OK");
    delivered(address).await.expect("it is taken");
    let request = received.recv().expect("a request");
    assert!(
        request.starts_with("POST /services/T0/B0/secret "),
        "{request}"
    );
    let (_, body) = request.split_once("\r\n\r\n").expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["kind"], "too_many");
    assert_eq!(body["stacks"], serde_json::json!(["a", "b"]));
    let text = body["text"].as_str().expect("a text");
    assert!(
        text.starts_with("The reaper touched no stacks: 2 stacks are due"),
        "{text}"
    );
    assert!(
        body["what_to_do"]
            .as_str()
            .is_some_and(|what| what.contains("max_stacks"))
    );
}

/// If the receiver rejects one message, the others are still sent. If it is down, they are not.
#[tokio::test]
async fn rejections_and_outages_are_distinguished() {
    for (status, is_down) in [
        ("400 Bad Request", false),
        ("404 Not Found", true),
        ("429 Too Many Requests", true),
        ("500 Internal Server Error", true),
        ("302 Found", true),
    ] {
        let (address, _received) = receiver(status);
        let error = delivered(address).await.expect_err(status);
        assert_eq!(error.is_down, is_down, "{error}");
        assert!(error.reason.contains(&status[..3]), "{error}");
    }
}

/// No error about the webhook contains its address.
#[tokio::test]
async fn the_address_stays_secret() {
    let closed_port = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        listener.local_addr().expect("bound")
    };
    for address in [
        format!("http://{closed_port}/services/T0/B0/secret"),
        "http://[/services/secret".to_owned(),
    ] {
        let error = delivered(address).await.expect_err("nothing listens there");
        assert!(error.is_down);
        assert!(!error.reason.contains("secret"), "{error}");
    }
    let (address, _received) = receiver("500 Internal Server Error");
    let error = delivered(address).await.expect_err("it fails");
    assert!(!error.reason.contains("secret"), "{error}");
}
