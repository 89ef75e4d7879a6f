//! `jiti cost`

use serde_json::json;

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// People read the rate with its source, what was spent, and what is still to come.
#[test]
fn for_people() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["cost", "checkout-1.4.0"]).ok().out(), @r"
    now           $0.42 an hour (declared)
    spent         $1.35
    until expiry  $2.01 more, in 4 h 47 min
    billed        –, the bill was not asked for yet
    ");
}

/// What is unknown is shown as unknown, and is null in JSON.
#[test]
fn unknown_is_null() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["cost", "search-pr-7"]).ok().out(), @r"
    now           –
    spent         –
    until expiry  –
    billed        –, the bill was not asked for yet
    ");
    let cost = sandbox.run(&["cost", "search-pr-7", "--json"]).ok().json();
    assert_eq!(cost["name"], "search-pr-7");
    assert!(cost["estimate"]["hourly_usd"].is_null() && cost["estimate"]["spent_usd"].is_null());
    assert!(cost["billed"].is_null());
    assert_eq!(cost["requests"], json!({"made": 0, "usd": "0.00"}));
}

/// The bill is not asked for where there is nobody to ask, and not where the request could not be counted.
#[test]
fn nobody_to_ask() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let asked = sandbox.run(&["cost", "search-pr-7", "--billed"]);
    assert_eq!(asked.code, Some(1));
    assert!(
        asked.stderr.contains("no account is configured"),
        "{}",
        asked.stderr
    );
    let asked = sandbox.run(&["cost", "search-pr-7", "--billed", "--read-only"]);
    assert_eq!(asked.code, Some(3));
}

/// A name that nobody knows is told with the nearest that there is.
#[test]
fn unknown_names_are_told() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let asked = sandbox.run(&["cost", "search-pr-8"]);
    assert_eq!(asked.code, Some(1));
    assert!(asked.stderr.contains("search-pr-7"), "{}", asked.stderr);
}
