//! Tests with a webhook on loopback: what it receives, and what its errors mean.

use std::net::TcpListener;

use serde_json::Value;
use stack::SystemClock;
use stack::service::notify::Alarm;
use stack::service::reap::TooManyDue;
use stack::testing::stack_name;
use test_support::http::{Answer, EndlessServer, Server};

use super::*;

/// The path of the webhook, which is a secret.
const PATH: &str = "/services/T0/B0/secret";

/// A webhook that answers every request with this status.
fn receiver(status: u16) -> Server {
    Server::start(move |_| Answer::text(status, "nope"))
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
    let receiver = receiver(200);
    delivered(receiver.url(PATH)).await.expect("delivered");
    let requests = receiver.requests();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}");
    };
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", PATH)
    );
    let body: Value = serde_json::from_slice(&request.body).expect("JSON");
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
        (400, false),
        (404, true),
        (429, true),
        (500, true),
        (302, true),
    ] {
        let error = delivered(receiver(status).url(PATH)).await;
        let error = error.expect_err("the webhook rejects it");
        assert_eq!(error.is_down, is_down, "{error}");
        assert!(error.reason.contains(&status.to_string()), "{error}");
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
        format!("http://{closed_port}{PATH}"),
        "http://[/services/secret".to_owned(),
    ] {
        let error = delivered(address).await.expect_err("nothing listens there");
        assert!(error.is_down);
        assert!(!error.reason.contains("secret"), "{error}");
    }
    let error = delivered(receiver(500).url(PATH)).await;
    let error = error.expect_err("the delivery fails");
    assert!(!error.reason.contains("secret"), "{error}");
}

/// No error contains the address when the receiver repeats it.
#[tokio::test]
async fn a_response_that_repeats_the_address_is_masked() {
    let echo = Server::start(|request| Answer::text(404, &format!("no hook {}", request.path)));
    let error = delivered(echo.url(PATH)).await.expect_err("refused");
    assert!(error.reason.contains("no hook"), "{error}");
    assert!(!error.reason.contains("secret"), "{error}");
}

/// Only the start of a response is read, because it may be endless.
#[tokio::test]
async fn an_endless_response_is_not_read_to_its_end() {
    let receiver = EndlessServer::start(500);
    let error = delivered(receiver.url(PATH)).await.expect_err("refused");
    assert!(error.reason.contains("500"), "{error}");
    assert!(error.reason.len() < 300, "{error}");
    // The operating system buffers a few megabytes that the client never reads.
    assert!(receiver.sent() < 64 * 1024 * 1024, "{}", receiver.sent());
}
