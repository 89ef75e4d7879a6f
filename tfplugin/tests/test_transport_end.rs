//! The shutdown of a plugin: on request, by signal, or because Terraform is gone.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::probe::{ProbeCommand, eventually};

/// Terraform kills a plugin that is still running two seconds after the shutdown request.
const KILL_DELAY: Duration = Duration::from_secs(2);

#[tokio::test]
async fn shutdown_ends_the_process_in_time_and_cleans_up() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let shutdown_marker = probe.folder.path().join("shutdown_marker");
    client
        .call("shutdown_marker", shutdown_marker.to_str().unwrap())
        .await
        .unwrap();

    let started = Instant::now();
    client.shut_down().await;
    drop(client);
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(
        started.elapsed() < KILL_DELAY / 2,
        "{:?}",
        started.elapsed()
    );
    assert!(
        !handshake.socket().parent().unwrap().exists(),
        "the socket's folder still exists"
    );
    assert!(shutdown_marker.exists(), "the shutdown hook was not called");
}

#[tokio::test]
async fn shutdown_cancels_calls_and_sends_their_responses() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .start_call("work", marker.to_str().unwrap().to_owned())
        .await;

    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(marker.exists(), "the call did not clean up");
    assert!(call.await.unwrap().is_ok(), "the response was lost");
}

#[tokio::test]
async fn a_call_that_ignores_its_cancellation_does_not_block_the_exit() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let _call = client
        .start_call("ignore_cancellation", String::new())
        .await;

    let started = Instant::now();
    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(started.elapsed() < KILL_DELAY, "{:?}", started.elapsed());
}

#[tokio::test]
async fn an_open_connection_does_not_block_the_exit() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let started = Instant::now();
    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(started.elapsed() < KILL_DELAY, "{:?}", started.elapsed());
    drop(client);
}

#[tokio::test]
async fn an_interrupt_stops_neither_the_process_nor_its_calls() {
    let (probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .start_call("work", marker.to_str().unwrap().to_owned())
        .await;

    probe.signal(Signal::INT);
    probe.signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        !marker.exists(),
        "the interrupt stopped the call; only Terraform may do that"
    );
    assert!(!call.is_finished());

    client
        .provider
        .clone()
        .stop_provider(tfplugin::internals::proto::tfplugin6::stop_provider::Request {})
        .await
        .unwrap();
    assert!(call.await.unwrap().is_ok());
    assert!(marker.exists());
    assert_eq!(
        client.call("echo", "still here").await.unwrap(),
        "still here"
    );
}

#[tokio::test]
async fn a_termination_signal_cancels_calls_but_not_the_process() {
    let (probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .start_call("work", marker.to_str().unwrap().to_owned())
        .await;

    probe.signal(Signal::TERM);
    assert!(
        call.await.unwrap().is_ok(),
        "the response must reach Terraform"
    );
    assert_eq!(
        client.call("echo", "still here").await.unwrap(),
        "still here"
    );
}

#[tokio::test]
async fn a_termination_signal_ends_a_process_without_connections() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    probe.signal(Signal::TERM);
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(!handshake.socket().exists());
}

#[tokio::test]
async fn a_provider_cancels_calls_and_exits_when_its_client_is_gone() {
    let (mut probe, handshake) = ProbeCommand::plaintext().start_and_handshake().await;
    let client = handshake.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .start_call("work", marker.to_str().unwrap().to_owned())
        .await;

    call.abort();
    drop((call.await, client));
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(
        marker.exists(),
        "the call in flight was dropped instead of cancelled"
    );
    assert!(!handshake.socket().exists());
}

#[tokio::test]
async fn a_provider_cancels_calls_and_exits_when_its_parent_is_killed() {
    let mut start = ProbeCommand::plaintext();
    // A shell that is the parent of the probe, as Terraform would be.
    start.parent = Some(
        ["/bin/sh", "-c", "\"$0\" & wait"]
            .map(str::to_owned)
            .to_vec(),
    );
    let (mut parent, handshake) = start.start_and_handshake().await;
    let client = handshake.connect().await;
    let marker = parent.folder.path().join("marker");
    let _call = client
        .start_call("work", marker.to_str().unwrap().to_owned())
        .await;

    parent.child.start_kill().unwrap();
    eventually("the call has cleaned up", Duration::from_secs(3), || {
        marker.exists()
    })
    .await;
    eventually("the socket is gone", Duration::from_secs(3), || {
        !handshake.socket().exists()
    })
    .await;
    // The pipe of stdout closes when both the shell and the probe have exited.
    assert_eq!(parent.line().await, "");
}
