//! Holds what a call may expect of the transport: room, an identity for its connection, an answer
//! even to a panic.

use std::time::Duration;

use tfplugin::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use tfplugin::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use tonic::Code;

use crate::probe::Start;

#[tokio::test]
async fn messages_far_beyond_the_default_limit_pass_both_ways() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let large = "x".repeat(70 << 20);
    assert!(client.call("echo", &large).await.unwrap() == large);
}

#[tokio::test]
async fn a_call_knows_its_connection() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    let (first, second) = (greeting.connect().await, greeting.connect().await);
    let names = [
        first.call("connection", "").await.unwrap(),
        first.call("connection", "").await.unwrap(),
        second.call("connection", "").await.unwrap(),
    ];
    assert_eq!(
        names,
        [
            "Some(ConnectionId(1))",
            "Some(ConnectionId(1))",
            "Some(ConnectionId(2))"
        ]
    );
}

#[tokio::test]
async fn calls_that_a_provider_does_not_offer_are_unimplemented() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    let mut provider = greeting.connect().await.provider;
    let request = tfplugin::proto::tfplugin6::get_resource_identity_schemas::Request {};
    let status = provider
        .get_resource_identity_schemas(request)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_panic_answers_its_call_and_is_reported_in_the_words_that_terraform_knows() {
    let (probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let status = client.call("panic", "tests").await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert!(
        status
            .message()
            .contains("The provider panicked: the probe was asked to"),
        "{status}"
    );
    assert_eq!(
        client.call("echo", "still here").await.unwrap(),
        "still here"
    );

    let said = probe.stderr();
    let mut lines = said.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("panic: the probe was asked to at "),
        "{first}"
    );
    assert!(first.contains("transport_probe.rs:"), "{first}");
    assert_eq!(lines.next(), Some("  for tests"));
    assert!(said.contains("transport_probe::"), "no backtrace: {said}");
    assert!(
        said.lines().count() <= 100,
        "Terraform keeps a hundred lines"
    );
}

#[tokio::test]
async fn the_channels_of_go_plugin_stay_open_and_silent() {
    let (_probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let mut output = GrpcStdioClient::new(client.channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let offers = futures_util::stream::pending();
    let mut broker = GrpcBrokerClient::new(client.channel.clone())
        .start_stream(offers)
        .await
        .unwrap()
        .into_inner();
    let moment = Duration::from_millis(300);
    assert!(
        tokio::time::timeout(moment, output.message())
            .await
            .is_err(),
        "stdio must stay silent"
    );
    assert!(
        tokio::time::timeout(moment, broker.message())
            .await
            .is_err(),
        "the broker must stay silent"
    );
    client.shut_down().await;
    assert!(
        output.message().await.unwrap().is_none(),
        "stdio ends with the process"
    );
    assert!(
        broker.message().await.unwrap().is_none(),
        "the broker ends with the process"
    );
}
