//! `StopProvider` cancels calls in flight, and the server keeps serving.

use std::time::Duration;

use serde_json::json;

use crate::test_apply_errors::configured;

#[tokio::test]
async fn a_stop_cancels_a_create_that_keeps_its_saved_state() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let create = thing.apply(json!({ "name": "a", "behaviour": "create, saved, waits" }));
    let stop = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        harness.stop().await.unwrap();
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), async {
        tokio::join!(create, stop).0
    });
    let failure = waited.await.expect("the create is cancelled").unwrap_err();

    assert!(failure.to_string().contains("Interrupted"), "{failure}");
    assert_eq!(thing.get("id"), json!("thing-a"));
    assert!(thing.is_tainted());
}

#[tokio::test]
async fn a_stop_does_not_cancel_later_calls() {
    let harness = configured().await;
    harness.stop().await.unwrap();
    let mut thing = harness.resource("faulty_thing");
    let create = thing.apply(json!({ "name": "a", "behaviour": "create, saved, waits" }));
    let outcome = tokio::time::timeout(Duration::from_millis(100), create).await;
    assert!(outcome.is_err(), "the create still waits for a stop");
}
