//! The SDK reports each violation of Core's rules with its path, before Terraform does.

use serde_json::json;
use tfplugin::PlannedAction;

use crate::test_apply_errors::configured;

#[tokio::test]
async fn a_plan_that_core_would_reject_is_an_error_at_its_path() {
    let cases = [
        ("plan sets what is not computed", "kind"),
        ("plan changes a configured value", "name"),
        ("plan makes a configured value unknown", "name"),
        ("plan names an unknown attribute", "nonsense"),
    ];
    let harness = configured().await;
    for (behaviour, path) in cases {
        let config = json!({ "name": "a", "behaviour": behaviour });
        let thing = harness.resource("faulty_thing");
        let failure = thing.plan(config).await.unwrap_err();
        let diagnostic = &failure.diagnostics()[0];
        assert_eq!(diagnostic.path.to_string(), path, "{behaviour}: {failure}");
        assert!(
            diagnostic.detail.contains("bug in the provider"),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn a_result_that_differs_from_the_plan_is_an_error_and_tainted() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    let config = json!({ "name": "a", "behaviour": "create returns another name" });
    let failure = thing.apply(config).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "name");
    assert!(failure.to_string().contains("ANOTHER"), "{failure}");
    assert!(thing.is_tainted(), "the created object stays in the state");
    let plan = thing.plan(json!({ "name": "a" })).await.unwrap();
    assert_eq!(plan.action(), PlannedAction::Replace);
    assert!(plan.requires_replace().is_empty());
    assert!(plan.is_unknown("id"), "the plan is that of a new thing");
}

#[tokio::test]
async fn a_change_of_a_kept_value_is_an_error_at_its_path() {
    let harness = configured().await;
    let mut thing = harness.resource("faulty_thing");
    thing.apply(json!({ "name": "a" })).await.unwrap();
    let config = json!({ "name": "b", "behaviour": "plan keeps a value that changes" });
    let failure = thing.apply(config).await.unwrap_err();
    assert_eq!(failure.diagnostics()[0].path.to_string(), "changes");
    assert!(!thing.is_tainted(), "an update never taints");
}
