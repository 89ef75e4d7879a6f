//! `jiti cost`

use serde_json::json;

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// The page shows the rate with its source, the cost so far, and the cost until expiry.
#[test]
fn for_people() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["cost", "checkout-1.4.0"]).ok().out(), @r"
    rate          $0.42/h (declared)
    estimate      $1.35
    until expiry  $2.01 more, in 4 h 47 min
    billed        –, not requested yet (use --billed)
    ");
}

/// An unknown value is shown as unknown, and is null in JSON.
#[test]
fn unknown_is_null() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["cost", "search-pr-7"]).ok().out(), @r"
    rate          –
    estimate      –
    until expiry  –
    billed        –, not requested yet (use --billed)
    ");
    let cost = sandbox.run(&["cost", "search-pr-7", "--json"]).ok().json();
    assert_eq!(cost["name"], "search-pr-7");
    assert!(cost["estimate"]["hourly_usd"].is_null() && cost["estimate"]["spent_usd"].is_null());
    assert!(cost["billed"].is_null());
    assert_eq!(cost["requests"], json!({"made": 0, "usd": "0.00"}));
}

/// No bill is requested without an account, or if the request could not be counted.
#[test]
fn no_bill_without_an_account() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["cost", "search-pr-7", "--billed"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        ran.stderr.contains("no account is configured"),
        "{}",
        ran.stderr
    );
    let ran = sandbox.run(&["cost", "search-pr-7", "--billed", "--read-only"]);
    assert_eq!(ran.code, Some(3));
}

/// An unknown name is an error with similar names.
#[test]
fn unknown_names_get_suggestions() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["cost", "search-pr-8"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("search-pr-7"), "{}", ran.stderr);
}
