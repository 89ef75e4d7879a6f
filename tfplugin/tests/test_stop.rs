//! `StopProvider`: calls in flight hear of it, and serving goes on.

use std::time::Duration;

use serde_json::json;

use crate::test_apply_errors::configured;

#[tokio::test]
async fn a_stop_reaches_the_create_in_flight_which_keeps_what_it_saved() {
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
    let failure = waited.await.expect("the create hears of it").unwrap_err();

    assert!(failure.to_string().contains("Interrupted"), "{failure}");
    assert_eq!(thing.get("id"), json!("thing-a"));
    assert!(thing.is_tainted());
}

#[tokio::test]
async fn calls_after_a_stop_are_not_stopped() {
    let harness = configured().await;
    harness.stop().await.unwrap();
    let mut thing = harness.resource("faulty_thing");
    let create = thing.apply(json!({ "name": "a", "behaviour": "create, saved, waits" }));
    let outcome = tokio::time::timeout(Duration::from_millis(100), create).await;
    assert!(outcome.is_err(), "it waits for a stop of its own");
}
