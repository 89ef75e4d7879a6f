//! `jiti events [NAME]`

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// `events NAME` prints the events of one stack, at 80 and at 200 columns.
#[test]
fn of_one_stack() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["events", "checkout-1.4.0"]).ok().out(), @r"
    SEQ  TIME (UTC)           WHAT HAPPENED                               BY
      1  YYYY-MM-DD hh:mm:ss  requested checkout@1.…@example.com, ttl 8h  ana@laptop
      2  YYYY-MM-DD hh:mm:ss  recorded in the Terraform state             ana@laptop
      3  YYYY-MM-DD hh:mm:ss  provisioned: readiness checks start         ana@laptop
      4  YYYY-MM-DD hh:mm:ss  phase migrate database (database) started   ana@laptop
      5  YYYY-MM-DD hh:mm:ss  phase migrate database (database) done      ana@laptop
      6  YYYY-MM-DD hh:mm:ss  phase warm caches (cache) started           ana@laptop
      7  YYYY-MM-DD hh:mm:ss  phase warm caches (cache) done              ana@laptop
      8  YYYY-MM-DD hh:mm:ss  check passed: http healthz                  ana@laptop
      9  YYYY-MM-DD hh:mm:ss  ready: every check has passed               ana@laptop
    ");
    insta::assert_snapshot!(sandbox.run_wide(&["events", "checkout-1.5.0"]).ok().out(), @r"
    SEQ  TIME (UTC)           KIND       WHAT HAPPENED                                          BY          SOURCE
      1  YYYY-MM-DD hh:mm:ss  requested  requested checkout@1.5.0 for ana@example.com, ttl 45m  ana@laptop  provider
      2  YYYY-MM-DD hh:mm:ss  recorded   recorded in the Terraform state                        ana@laptop  provider
      3  YYYY-MM-DD hh:mm:ss  held       held until YYYY-MM-DD hh:mm UTC: demo at four          ana@laptop  provider
    ");
}

/// Without a name, `events` prints the events of all stacks in the order of the ledger. JSON has
/// each event once.
#[test]
fn of_all_stacks() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let table = sandbox.run_wide(&["events"]).ok().stdout;
    let events = sandbox.run(&["events", "--json"]).ok().json();
    let events = events.as_array().unwrap();
    assert_eq!(table.lines().count(), 1 + events.len());
    let listed: Vec<String> = events
        .iter()
        .map(|event| format!("{} {}", event["stack"], event["seq"]))
        .collect();
    assert_eq!(listed.len(), 9 + 3 + 4 + 2 + 2);
    assert_eq!(
        (listed[0].as_str(), listed[9].as_str()),
        ("\"checkout-1.4.0\" 1", "\"checkout-1.5.0\" 1")
    );
    let mut unique = listed.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), listed.len());
}

/// `events` prints a history of several pages as one table.
#[test]
fn of_a_long_history() {
    let sandbox = Sandbox::new();
    let used = (0..10_100).map(|_| {
        (
            60,
            stack::EventKind::Activity {
                signal: "touch".into(),
            },
        )
    });
    let history = std::iter::once((90, requested(|_| {}))).chain(used);
    Story::new(&sandbox.ledger()).stack("busy", history);
    let table = sandbox.run_wide(&["events"]).ok().stdout;
    assert_eq!(
        (table.lines().count(), table.matches("TIME (UTC)").count()),
        (10_102, 1)
    );
    let events = sandbox.run(&["events", "--json"]).ok().json();
    let numbers: Vec<u64> = events
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=10_101).collect::<Vec<u64>>());
}

/// Without a ledger, `events` succeeds with no events. An unknown name is an error.
#[test]
fn without_a_ledger() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run_piped(&["events"]).ok().stdout, @"No events in $WORLD/home/.local/share/jiti/ledger.db yet.");
    assert_eq!(sandbox.run(&["events", "--json"]).ok().stdout, "[]\n");
    sandbox.run(&["events", "unknown"]).exits(1);
    five_stacks(&sandbox);
    let ran = sandbox.run(&["events", "search-pr-9"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r#"
    Error: no stack "search-pr-9" is in the ledger $WORLD/home/.local/share/jiti/ledger.db; `jiti ls --all` shows every stack that it knows
    Hint: did you mean search-pr-3 or search-pr-7?
    "#);
}
