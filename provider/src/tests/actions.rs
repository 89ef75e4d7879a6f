//! The actions, invoked in process as `terraform apply -invoke` does. Those that need the command
//! line run a script in its place.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tfplugin::Diagnostic;
use tfplugin::testing::{Harness, Invocation, unknown};

use super::workspace::{Workspace, stack};
use crate::provider::Jiti;

const NAME: &str = "checkout-pr-1";

/// A script that prints its arguments.
const ECHO: &str = "#!/bin/sh\necho \"$@\"\n";

async fn with_stack(workspace: &Workspace, root: &str) {
    let harness = workspace.provider_in(root).await;
    harness
        .resource("jiti_stack")
        .apply(stack(json!({})))
        .await
        .unwrap();
}

/// The error of an invocation.
#[track_caller]
fn error(invocation: Invocation) -> Diagnostic {
    invocation.outcome.unwrap_err().diagnostics()[0].clone()
}

/// The progress of a successful invocation.
#[track_caller]
fn progress(invocation: Invocation) -> Vec<String> {
    assert_eq!(invocation.outcome, Ok(Vec::new()));
    invocation.progress
}

async fn expiry(workspace: &Workspace) -> String {
    let listing = workspace.listing(NAME).await;
    listing["expires_at"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_extension_moves_the_expiry_and_reports_it() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "root").await;
    let before = expiry(&workspace).await;
    let harness = workspace.provider().await;
    let extended = harness
        .invoke("jiti_extend", json!({"name": NAME, "duration": "2h"}))
        .await;
    let after = expiry(&workspace).await;
    assert!(after > before, "{before} {after}");
    let expected = [
        format!("extending {NAME} by 2h"),
        format!("{NAME} expires at {after}"),
    ];
    assert_eq!(progress(extended), expected);
    assert_eq!(workspace.events(NAME).await.last().unwrap(), "extended");
}

/// An extension causes no diff.
#[tokio::test]
async fn an_extension_causes_no_diff() {
    let workspace = Workspace::new("");
    let harness = workspace.provider().await;
    let mut instance = harness.resource("jiti_stack");
    instance.apply(stack(json!({}))).await.unwrap();
    let extended = harness
        .invoke("jiti_extend", json!({"name": NAME, "duration": "2h"}))
        .await;
    progress(extended);
    instance.expect_empty_plan(stack(json!({}))).await.unwrap();
}

/// A change that the policy does not allow is an error at the attribute that it limits. The plan
/// only warns, because the apply may change the lease first.
#[tokio::test]
async fn the_policy_limits_extensions_and_holds() {
    let workspace = Workspace::new("[policy]\nmax_ttl = \"9h\"\nmax_hold = \"3d\"\n");
    with_stack(&workspace, "root").await;
    let harness = workspace.provider().await;
    let too_long = json!({"name": NAME, "duration": "2h"});
    let hold = json!({"name": NAME, "until": "4d", "why": "demo"});
    for (action, config, limit) in [
        ("jiti_extend", &too_long, "max_ttl"),
        ("jiti_hold", &hold, "max_hold"),
    ] {
        let planned = harness.plan_action(action, config.clone()).await.unwrap();
        let [warning] = planned.warnings.as_slice() else {
            panic!("{planned:?}")
        };
        assert_eq!(warning.summary, "The policy does not allow this action now");
        assert!(warning.detail.contains(limit), "{warning}");
    }
    let allowed = json!({"name": NAME, "duration": "30m"});
    let planned = harness.plan_action("jiti_extend", allowed).await.unwrap();
    assert_eq!(planned.warnings, []);

    let refusal = error(harness.invoke("jiti_extend", too_long).await);
    assert_eq!(refusal.path.to_string(), "duration");
    assert_eq!(refusal.summary, "Not allowed by the policy");
    assert!(refusal.detail.contains("max_ttl"), "{refusal}");
    let refusal = error(harness.invoke("jiti_hold", hold).await);
    assert_eq!(refusal.path.to_string(), "until");
    assert!(refusal.detail.contains("max_hold"), "{refusal}");
}

#[tokio::test]
async fn a_hold_begins_and_ends() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "root").await;
    let harness = workspace.provider().await;
    let hold = json!({"name": NAME, "until": "6h", "why": "demo at four"});
    let held = progress(harness.invoke("jiti_hold", hold).await);
    assert!(held[1].ends_with(": demo at four"), "{held:?}");
    assert!(workspace.listing(NAME).await["hold_until"].is_string());

    let unhold = || harness.invoke("jiti_unhold", json!({ "name": NAME }));
    let ended = progress(unhold().await);
    assert_eq!(ended[1], format!("{NAME} is no longer held"));
    assert_eq!(workspace.listing(NAME).await["hold_until"], Json::Null);
    let ended = progress(unhold().await);
    assert_eq!(ended[1], format!("{NAME} was not held"));

    let past = json!({"name": NAME, "until": "2020-01-01T00:00:00Z", "why": "demo"});
    assert_eq!(
        error(harness.invoke("jiti_hold", past).await)
            .path
            .to_string(),
        "until"
    );
}

/// Wrong values are errors of validation, at their attributes. Unknown values are none.
#[tokio::test]
async fn wrong_values_are_found_by_validation() {
    let workspace = Workspace::new("");
    let harness = workspace.unconfigured("root", false);
    for (action, config, path) in [
        (
            "jiti_extend",
            json!({"name": "a\n", "duration": "2h"}),
            "name",
        ),
        (
            "jiti_extend",
            json!({"name": NAME, "duration": "soon"}),
            "duration",
        ),
        (
            "jiti_hold",
            json!({"name": NAME, "until": "tomorrow", "why": "x"}),
            "until",
        ),
        (
            "jiti_hold",
            json!({"name": NAME, "until": "6h", "why": " "}),
            "why",
        ),
        ("jiti_hold", json!({"name": NAME, "until": "6h"}), "why"),
        (
            "jiti_sleep",
            json!({"name": NAME, "until": "never"}),
            "until",
        ),
        (
            "jiti_teardown",
            json!({"name": NAME, "strategy": "magic"}),
            "strategy",
        ),
        (
            "jiti_teardown",
            json!({"name": NAME, "confirm": "other"}),
            "confirm",
        ),
    ] {
        let failure = harness
            .validate_action(action, config.clone())
            .await
            .unwrap_err();
        assert_eq!(failure.diagnostics()[0].path.to_string(), path, "{config}");
    }
    let config = json!({"name": unknown(), "duration": unknown()});
    harness
        .validate_action("jiti_extend", config)
        .await
        .unwrap();
}

/// An action neither creates a ledger nor invents a stack. A plan accepts both, because the apply
/// may register the stack first.
#[tokio::test]
async fn a_missing_stack_is_an_error_only_when_the_action_is_invoked() {
    let workspace = Workspace::new("");
    for has_ledger in [false, true] {
        if has_ledger {
            workspace.push_policy("[policy]\n").await;
        }
        let harness = workspace.provider_with_program("jiti", ECHO).await;
        for (action, config) in [
            ("jiti_extend", json!({"name": "other", "duration": "2h"})),
            (
                "jiti_hold",
                json!({"name": "other", "until": "2h", "why": "x"}),
            ),
            ("jiti_unhold", json!({"name": "other"})),
            ("jiti_teardown", json!({"name": "other"})),
        ] {
            harness.plan_action(action, config.clone()).await.unwrap();
            let missing = error(harness.invoke(action, config).await);
            assert_eq!(
                missing.summary, "The stack other does not exist",
                "{action}"
            );
            assert_eq!(missing.path.to_string(), "name", "{action}");
            assert_eq!(workspace.has_ledger(), has_ledger, "{action}");
        }
    }
}

/// Sleep, wake and teardown run the command line, with the provider's ledger and config file, and
/// pass its output on.
#[tokio::test]
async fn the_command_line_gets_the_ledger_and_the_config() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "other").await;
    let harness = workspace.provider_with_program("jiti", ECHO).await;
    let ledger = workspace.path("root/../ledger.db");
    let config = workspace.path("root/../config.toml");
    let options = format!(
        "--ledger={} --config={}",
        ledger.display(),
        config.display()
    );
    for (action, config, expected) in [
        ("jiti_sleep", json!({"name": NAME}), "sleep --"),
        (
            "jiti_sleep",
            json!({"name": NAME, "until": "12h"}),
            "sleep --until=12h --",
        ),
        ("jiti_wake", json!({"name": NAME}), "wake --"),
        (
            "jiti_teardown",
            json!({"name": NAME}),
            "teardown --yes --strategy=terraform --",
        ),
        (
            "jiti_teardown",
            json!({"name": NAME, "strategy": "sweep", "confirm": NAME, "max_resources": 5}),
            "teardown --yes --strategy=sweep --confirm=checkout-pr-1 --max-resources=5 --",
        ),
    ] {
        let invoked = progress(harness.invoke(action, config).await);
        assert_eq!(invoked, [format!("{options} {expected} {NAME}")]);
    }
}

/// The error of the command line is the error of the action. Its exit code says what kind it is.
#[tokio::test]
async fn an_error_of_the_command_line_is_the_error_of_the_action() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "other").await;
    let script = |code: i32, label: &str| {
        format!(
            "#!/bin/sh\necho '  web: stopping' >&2\n\
             printf '{label}: the host is down\\nHint: start it\\n' >&2\nexit {code}\n"
        )
    };
    for (code, label, summary) in [
        (1, "Error", "`jiti sleep checkout-pr-1` failed"),
        (3, "Refused", "jiti refuses `jiti sleep checkout-pr-1`"),
        (
            4,
            "Residue",
            "The teardown of checkout-pr-1 left resources behind",
        ),
    ] {
        let harness = workspace
            .provider_with_program("jiti", &script(code, label))
            .await;
        let slept = harness.invoke("jiti_sleep", json!({ "name": NAME })).await;
        assert_eq!(slept.progress[0], "web: stopping");
        let failed = error(slept);
        assert_eq!(failed.summary, summary);
        assert_eq!(
            failed.detail,
            format!("{label}: the host is down\nHint: start it")
        );
    }
    let silent = "#!/bin/sh\nkill -9 $$\n";
    let harness = workspace.provider_with_program("jiti", silent).await;
    let failed = error(harness.invoke("jiti_wake", json!({ "name": NAME })).await);
    assert!(failed.detail.contains("signal: 9"), "{failed}");
}

/// Without the command line, the plan fails, and says what to install.
#[tokio::test]
async fn without_the_command_line_the_plan_fails() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "other").await;
    for path_has in ["nothing", "another program"] {
        let harness = match path_has {
            "nothing" => workspace.provider().await,
            _ => workspace.provider_with_program("jit", ECHO).await,
        };
        for action in ["jiti_sleep", "jiti_wake", "jiti_teardown"] {
            let failure = harness.plan_action(action, json!({ "name": NAME })).await;
            let failure = failure.unwrap_err().to_string();
            assert!(failure.contains("`jiti` is not on PATH"), "{failure}");
            assert!(failure.contains("Install `jiti`"), "{failure}");
            assert!(
                failure.contains("terraform destroy -refresh=false"),
                "{failure}"
            );
        }
    }
    // A teardown by jiti plans first, and no action may prevent that.
    let harness = workspace.provider_of_a_teardown().await;
    for action in ["jiti_sleep", "jiti_wake", "jiti_teardown"] {
        let planned = harness.plan_action(action, json!({ "name": NAME })).await;
        assert_eq!(planned.unwrap().warnings, []);
    }
}

/// A teardown of a stack in the same state is refused, at plan and when it is invoked. A stack of
/// another root module is torn down.
#[tokio::test]
async fn a_teardown_of_the_own_stack_is_refused() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "root").await;
    let harness = workspace.provider_with_program("jiti", ECHO).await;
    let config = json!({ "name": NAME });
    let planned = harness
        .plan_action("jiti_teardown", config.clone())
        .await
        .unwrap_err();
    let invoked = harness.invoke("jiti_teardown", config).await;
    assert_eq!(invoked.progress, [""; 0]);
    for refusal in [planned.diagnostics()[0].clone(), error(invoked)] {
        assert_eq!(
            refusal.summary,
            format!("The stack {NAME} is in this state")
        );
        assert_eq!(refusal.path.to_string(), "name");
        assert!(refusal.detail.contains("terraform destroy"), "{refusal}");
    }
    assert_eq!(workspace.listing(NAME).await["phase"], "ready");
}

/// An interrupt is passed on to the command line, whose answer is the error.
#[tokio::test]
async fn an_interrupt_stops_the_command_line() {
    let workspace = Workspace::new("");
    with_stack(&workspace, "other").await;
    let script = "#!/bin/sh\ntrap 'echo \"Error: stopped following\" >&2; exit 1' INT\n\
                  echo waits\nwhile :; do sleep 0.1; done\n";
    let harness = workspace.provider_with_program("jiti", script).await;
    let invoked = async {
        let teardown = harness.invoke("jiti_teardown", json!({ "name": NAME }));
        tokio::join!(teardown, interrupt(&harness)).0
    };
    let invoked = tokio::time::timeout(Duration::from_secs(20), invoked).await;
    let failed = error(invoked.expect("the command ends"));
    assert_eq!(failed.detail, "Error: stopped following");
}

async fn interrupt(harness: &Harness<Jiti>) {
    tokio::time::sleep(Duration::from_millis(500)).await;
    harness.stop().await.unwrap();
}

/// An unknown ledger is no error at plan, and Terraform knows it when it invokes the action.
#[tokio::test]
async fn an_unknown_ledger_is_no_error_at_plan() {
    let workspace = Workspace::new("");
    let harness = workspace.unconfigured("root", false);
    let block = json!({"ledger": unknown(), "config": "../config.toml"});
    assert_eq!(harness.configure(block).await.unwrap().len(), 1);
    let config = json!({"name": NAME, "duration": "2h"});
    harness
        .plan_action("jiti_extend", config.clone())
        .await
        .unwrap();
    let failed = error(harness.invoke("jiti_extend", config).await);
    assert!(
        failed
            .summary
            .contains("`ledger` of the provider block is unknown"),
        "{failed}"
    );
}
