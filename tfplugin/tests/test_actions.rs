//! Actions: their schemas, validation, plan, progress, failures and interruption.

use std::time::Duration;

use serde_json::json;
use tfplugin::internals::proto::tfplugin6::invoke_action::event::Type;
use tfplugin::internals::proto::tfplugin6::{
    DynamicValue, configure_provider, get_metadata, get_provider_schema, invoke_action,
};
use tfplugin::testing::{Harness, unknown};

use crate::probe::{ProbeCommand, eventually};
use crate::test_apply_errors::configured;
use crate::test_apply_errors::faulty::Faulty;
use crate::test_server_terraform::example;

const NAME: &str = "faulty_wave";

/// Terraform gets the schema of each action. An attribute with a default is optional, and nothing
/// is computed.
#[tokio::test]
async fn actions_are_in_the_schema_and_in_the_metadata() {
    let harness = Harness::new(Faulty);
    let schemas: get_provider_schema::Response = harness.schema_messages().await.unwrap();
    let names: Vec<_> = schemas.action_schemas.keys().collect();
    assert_eq!(names, [NAME]);
    let schema = schemas.action_schemas[NAME].schema.clone().unwrap();
    let attributes = schema.block.unwrap().attributes;
    let times = attributes.iter().find(|a| a.name == "times").unwrap();
    assert!(times.optional && !times.computed && !times.required);

    let metadata: get_metadata::Response = harness.metadata().await.unwrap();
    assert_eq!(metadata.actions[0].type_name, NAME);
    assert_eq!(metadata.ephemeral_resources[0].type_name, "faulty_token");
}

#[tokio::test]
async fn an_action_is_validated_without_a_client() {
    let harness = Harness::new(Faulty);
    let refused = harness.validate_action(NAME, json!({ "times": 0 })).await;
    let failure = refused.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "times");
    let config = json!({ "times": unknown() });
    harness.validate_action(NAME, config).await.unwrap();
}

/// An error about an unknown value waits until the action is invoked.
#[tokio::test]
async fn a_plan_of_an_action_warns_or_fails() {
    let harness = configured().await;
    let plan = |behaviour| harness.plan_action(NAME, json!({ "behaviour": behaviour }));
    let warned = plan(json!("plan warns")).await.unwrap();
    assert_eq!(warned.warnings[0].summary, "It is dark");
    let failure = plan(json!("plan fails")).await.unwrap_err();
    assert!(failure.to_string().contains("Cannot wave"), "{failure}");
    assert_eq!(plan(unknown()).await.unwrap().warnings, []);

    let unconfigured = Harness::new(Faulty);
    let failure = unconfigured.plan_action(NAME, json!({})).await.unwrap_err();
    assert!(failure.to_string().contains("not configured"), "{failure}");
}

#[tokio::test]
async fn an_invocation_reports_its_progress_and_its_warnings() {
    let harness = configured().await;
    let config = json!({ "times": 2, "behaviour": "invoke warns" });
    let invocation = harness.invoke(NAME, config).await;
    assert_eq!(invocation.progress, ["wave 1 of 2", "wave 2 of 2"]);
    let warnings = invocation.outcome.unwrap();
    assert_eq!(warnings[0].summary, "It is dark");

    let default = harness.invoke(NAME, json!({})).await;
    assert_eq!(default.progress, ["wave 1 of 1"]);
}

/// A failure and a panic arrive after the progress, in the completion.
#[tokio::test]
async fn a_failed_invocation_completes_with_its_errors() {
    let harness = configured().await;
    for (behaviour, message) in [
        ("invoke fails", "The hand is tired"),
        ("invoke panics", "the hand fell off"),
    ] {
        let invocation = harness
            .invoke(NAME, json!({ "behaviour": behaviour }))
            .await;
        assert_eq!(invocation.progress, ["wave 1 of 1"], "{behaviour}");
        let failure = invocation.outcome.unwrap_err().to_string();
        assert!(failure.contains(message), "{failure}");
    }
    let failure = harness.invoke("faulty_other", json!({})).await.outcome;
    let failure = failure.unwrap_err().to_string();
    assert!(failure.contains("no action faulty_other"), "{failure}");
    assert!(harness.invoke(NAME, json!({})).await.outcome.is_ok());
}

/// Nothing follows the completion, even if a task of the provider still sends progress.
#[tokio::test]
async fn the_completion_is_the_last_event() {
    let harness = configured().await;
    let config = json!({ "behaviour": "invoke leaves a sender" });
    let invocation = harness.invoke(NAME, config).await;
    assert_eq!(invocation.outcome.unwrap(), []);
}

#[tokio::test]
async fn a_stop_cancels_an_invocation() {
    let harness = configured().await;
    let invoke = harness.invoke(NAME, json!({ "behaviour": "invoke waits" }));
    let stop = async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        harness.stop().await.unwrap();
    };
    let both = async { tokio::join!(invoke, stop).0 };
    let invocation = tokio::time::timeout(Duration::from_secs(10), both).await;
    let invocation = invocation.expect("the invocation is cancelled");
    assert_eq!(invocation.progress, ["wave 1 of 1", "stops"]);
}

/// When Terraform disappears during an invocation, the action is cancelled, and the process waits
/// until it has ended.
#[tokio::test]
async fn an_invocation_outlives_its_connection() {
    let mut command = ProbeCommand::plaintext();
    command.program = Some(example("faulty"));
    let (mut probe, handshake) = command.start_and_handshake().await;
    let file = probe.folder.path().join("done");
    let mut client = handshake.connect().await.provider;
    let configure = configure_provider::Request::default();
    client.configure_provider(configure).await.unwrap();
    let config = json!({ "times": 1, "behaviour": "invoke waits", "file": file });
    let request = invoke_action::Request {
        action_type: NAME.to_owned(),
        config: Some(DynamicValue {
            json: config.to_string().into_bytes(),
            msgpack: Vec::new(),
        }),
        ..Default::default()
    };
    let mut events = client.invoke_action(request).await.unwrap().into_inner();
    let first = events
        .message()
        .await
        .unwrap()
        .and_then(|event| event.r#type);
    assert!(matches!(first, Some(Type::Progress(_))), "{first:?}");
    drop((events, client));

    assert_eq!(probe.exit_code().await, Some(0));
    eventually("the action has ended", Duration::from_secs(5), || {
        file.exists()
    })
    .await;
}
