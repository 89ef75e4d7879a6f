//! Holds how a plugin ends: when it is told to, when it is not, and what becomes of calls in
//! flight.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::probe::{Start, eventually};

/// Terraform kills a plugin that is still there two seconds after it was told to end.
const BEFORE_THE_KILL: Duration = Duration::from_secs(2);

#[tokio::test]
async fn shutdown_is_answered_and_obeyed_in_time_and_leaves_nothing_behind() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let farewell = probe.folder.path().join("farewell");
    client
        .call("farewell", farewell.to_str().unwrap())
        .await
        .unwrap();

    let begun = Instant::now();
    client.shut_down().await;
    drop(client);
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(
        begun.elapsed() < BEFORE_THE_KILL / 2,
        "{:?}",
        begun.elapsed()
    );
    assert!(
        !greeting.socket().parent().unwrap().exists(),
        "the socket's folder is left"
    );
    assert!(farewell.exists(), "the shutdown hook was not called");
}

#[tokio::test]
async fn shutdown_cancels_calls_in_flight_and_still_answers_them() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .begin("work", marker.to_str().unwrap().to_owned())
        .await;

    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(marker.exists(), "the call did not unwind");
    assert!(call.await.unwrap().is_ok(), "the answer was lost");
}

#[tokio::test]
async fn a_call_that_heeds_nothing_does_not_keep_the_process() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let _call = client.begin("stubborn", String::new()).await;

    let begun = Instant::now();
    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(begun.elapsed() < BEFORE_THE_KILL, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_client_that_does_not_hang_up_does_not_keep_the_process() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let begun = Instant::now();
    client.shut_down().await;
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(begun.elapsed() < BEFORE_THE_KILL, "{:?}", begun.elapsed());
    drop(client);
}

#[tokio::test]
async fn an_interrupt_is_survived_together_with_the_calls_in_flight() {
    let (probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .begin("work", marker.to_str().unwrap().to_owned())
        .await;

    probe.signal(Signal::INT);
    probe.signal(Signal::INT);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(
        !marker.exists(),
        "the interrupt stopped the work: that is for the host to say"
    );
    assert!(!call.is_finished());

    client
        .provider
        .clone()
        .stop_provider(tfplugin::proto::tfplugin6::stop_provider::Request {})
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
async fn a_request_to_terminate_stops_the_work_and_not_the_process() {
    let (probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .begin("work", marker.to_str().unwrap().to_owned())
        .await;

    probe.signal(Signal::TERM);
    assert!(
        call.await.unwrap().is_ok(),
        "the outcome of the work must reach the host"
    );
    assert_eq!(
        client.call("echo", "still here").await.unwrap(),
        "still here"
    );
}

#[tokio::test]
async fn a_request_to_terminate_ends_a_process_that_nobody_is_connected_to() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    probe.signal(Signal::TERM);
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(!greeting.socket().exists());
}

#[tokio::test]
async fn a_provider_whose_client_is_gone_unwinds_and_ends() {
    let (mut probe, greeting) = Start::plaintext().shake_hands().await;
    let client = greeting.connect().await;
    let marker = probe.folder.path().join("marker");
    let call = client
        .begin("work", marker.to_str().unwrap().to_owned())
        .await;

    call.abort();
    drop((call.await, client));
    assert_eq!(probe.exit_code().await, Some(0));
    assert!(
        marker.exists(),
        "the call in flight was dropped instead of cancelled"
    );
    assert!(!greeting.socket().exists());
}

#[tokio::test]
async fn a_provider_whose_parent_is_killed_unwinds_and_ends() {
    let mut start = Start::plaintext();
    // A shell that stays between the test and the probe, as Terraform would.
    start.parent = Some(
        ["/bin/sh", "-c", "\"$0\" & wait"]
            .map(str::to_owned)
            .to_vec(),
    );
    let (mut parent, greeting) = start.shake_hands().await;
    let client = greeting.connect().await;
    let marker = parent.folder.path().join("marker");
    let _call = client
        .begin("work", marker.to_str().unwrap().to_owned())
        .await;

    parent.child.start_kill().unwrap();
    eventually("the call has unwound", Duration::from_secs(3), || {
        marker.exists()
    })
    .await;
    eventually("the socket is gone", Duration::from_secs(3), || {
        !greeting.socket().exists()
    })
    .await;
    // The pipe of stdout is closed when its last holder is gone: the shell, and then the probe.
    assert_eq!(parent.line().await, "");
}
