//! Invalid input: exactly one error, at the right attribute, and nothing is written.

use serde_json::{Value as Json, json};
use tfplugin::testing::Harness;

use super::workspace::{Workspace, stack};
use crate::provider::Jiti;

/// Validates and plans the configuration. Asserts that there is exactly one error, at the
/// attribute, with all the words.
pub(super) async fn only_error(
    harness: &Harness<Jiti>,
    config: Json,
    attribute: &str,
    words: &[&str],
) {
    let failure = match harness.validate("jiti_stack", config.clone()).await {
        Err(failure) => failure,
        Ok(_) => {
            let plan = harness.resource("jiti_stack").plan(config.clone()).await;
            plan.expect_err("the configuration is invalid")
        }
    };
    let [diagnostic] = failure.diagnostics() else {
        panic!("{config}: expected one error: {failure}");
    };
    assert!(
        diagnostic.path.starts_with(&attribute.into()),
        "{config}: expected an error at {attribute}: {failure}"
    );
    for word in words {
        assert!(failure.to_string().contains(word), "no {word:?}: {failure}");
    }
}

/// An invalid attribute is one error at that attribute. Validation and a failed plan do not create
/// the ledger.
#[tokio::test]
async fn each_invalid_attribute_is_one_error() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let many: serde_json::Map<String, Json> = (0..46)
        .map(|number| (format!("k{number}"), json!("v")))
        .collect();
    for (attribute, value, words) in [
        ("ttl", json!("soon"), &["soon", "8h"][..]),
        ("ttl", json!("0h"), &["0h"]),
        (
            "ttl",
            json!("99999999999999999999d"),
            &["99999999999999999999d"],
        ),
        ("name", json!(""), &["empty"]),
        ("name", json!("käse"), &["ä"]),
        ("owner", json!(""), &["empty"]),
        ("labels", json!({"aws:team": "x"}), &["aws:team"]),
        ("labels", json!({"team": "a;b"}), &["team", ";"]),
        ("labels", json!({"team": Json::Null}), &["team", "null"]),
        (
            "labels",
            json!({"Team": "a", "team": "b"}),
            &["Team", "team", "only in case"],
        ),
        ("labels", Json::Object(many), &["46", "50"]),
        ("renew_on", json!("daily"), &["version", "never"]),
        ("ready_timeout", json!("-5m"), &["-5m"]),
        ("hourly_cost", json!(-1), &["-1"]),
    ] {
        let config = stack(json!({ attribute: value }));
        only_error(&harness, config, attribute, words).await;
        assert!(!workspace.has_ledger(), "{attribute}");
    }
}

/// A name in use is an error with the owner, the age and the import command. Nothing changes.
#[tokio::test]
async fn a_name_in_use_is_an_error() {
    let workspace = Workspace::new("");
    let first = workspace.provider().await;
    first
        .resource("jiti_stack")
        .apply(stack(json!({})))
        .await
        .unwrap();
    first.shutdown().await;
    let requests = async || {
        let events = workspace.events("checkout-pr-1").await;
        events.iter().filter(|kind| *kind == "requested").count()
    };
    let before = requests().await;

    let second = workspace.provider_in("other").await;
    let mut instance = second.resource("jiti_stack");
    let failure = instance
        .apply(stack(json!({"owner": "ben@example.com"})))
        .await
        .unwrap_err();
    for word in [
        "checkout-pr-1",
        "ana@example.com",
        "old",
        "terraform import jiti_stack.this checkout-pr-1",
    ] {
        assert!(failure.to_string().contains(word), "no {word:?}: {failure}");
    }
    assert!(!instance.exists());
    assert_eq!(requests().await, before);
    let listing = workspace.listing("checkout-pr-1").await;
    assert_eq!(listing["owner"], "ana@example.com");
}

/// An invalid config file is an error with the file, the line and the expected key. Nothing is
/// registered.
#[tokio::test]
async fn an_invalid_config_file_is_an_error() {
    let workspace = Workspace::new("");
    for (text, words) in [
        (
            "[policy]\nmax_tll = \"2d\"\n",
            &["config.toml", "2", "max_tll", "max_ttl"][..],
        ),
        ("[policy]\nmax_ttl = 7\n", &["config.toml", "2", "max_ttl"]),
        ("[policy\n", &["config.toml", "1"]),
    ] {
        workspace.set_config(text);
        let harness = workspace.provider().await;
        let plan = harness.resource("jiti_stack").plan(stack(json!({}))).await;
        let failure = plan.unwrap_err();
        for word in words {
            assert!(failure.to_string().contains(word), "no {word:?}: {failure}");
        }
        assert!(!workspace.has_ledger());
    }
}

/// An error of a function points at the wrong argument.
#[tokio::test]
async fn a_functions_error_points_at_the_argument() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let failure = harness
        .call("duration", &[json!("soon")])
        .await
        .unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "text");
    let tags = [
        json!("n"),
        json!("a"),
        json!("1"),
        json!("o"),
        json!("8h"),
        json!({"aws:x": "y"}),
    ];
    let failure = harness.call("tags", &tags).await.unwrap_err();
    assert!(
        failure.diagnostics()[0]
            .path
            .to_string()
            .starts_with("labels"),
        "{failure}"
    );
}
