//! Calls over the transport: large messages, connection ids, and panics.

use std::time::Duration;

use tfplugin::internals::proto::plugin::grpc_broker_client::GrpcBrokerClient;
use tfplugin::internals::proto::plugin::grpc_stdio_client::GrpcStdioClient;
use tonic::Code;

use crate::probe::ProbeCommand;

#[tokio::test]
async fn large_messages_pass_in_both_directions() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let large = "x".repeat(70 << 20);
    assert!(client.call("echo", &large).await.unwrap() == large);
}

#[tokio::test]
async fn a_call_has_the_id_of_its_connection() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let (first, second) = (handshake.connect().await, handshake.connect().await);
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
async fn calls_without_an_implementation_are_unimplemented() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let mut provider = handshake.connect().await.provider;
    let request = tfplugin::internals::proto::tfplugin6::get_resource_identity_schemas::Request {};
    let status = provider
        .get_resource_identity_schemas(request)
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_panic_fails_its_call_and_is_printed_for_terraform() {
    let (probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
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

    let stderr = probe.stderr();
    let mut lines = stderr.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with("panic: the probe was asked to at "),
        "{first}"
    );
    assert!(first.contains("transport_probe.rs:"), "{first}");
    assert_eq!(lines.next(), Some("  for tests"));
    assert!(
        stderr.contains("transport_probe::"),
        "no backtrace: {stderr}"
    );
    assert!(stderr.lines().count() <= 100, "Terraform keeps 100 lines");
}

#[tokio::test]
async fn the_streams_of_go_plugin_stay_open_and_empty() {
    let (_probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let mut output = GrpcStdioClient::new(client.channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();
    let requests = futures_util::stream::pending();
    let mut broker = GrpcBrokerClient::new(client.channel.clone())
        .start_stream(requests)
        .await
        .unwrap()
        .into_inner();
    let moment = Duration::from_millis(300);
    assert!(
        tokio::time::timeout(moment, output.message())
            .await
            .is_err(),
        "stdio must send nothing"
    );
    assert!(
        tokio::time::timeout(moment, broker.message())
            .await
            .is_err(),
        "the broker must send nothing"
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
