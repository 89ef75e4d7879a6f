//! `jiti show NAME`

use crate::sandbox::Sandbox;
use crate::story::five_stacks;

/// Everything about a stack, on a page that fits into 80 columns.
#[test]
fn at_80_columns() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run(&["show", "checkout-1.4.0"]).ok().out(), @r"
    checkout-1.4.0  ready

      app                 checkout
      version             1.4.0
      owner               ana@example.com
      labels              cost-center=42
      origin              /srv/checkout
                          workspace default, /usr/bin/terraform

    Lease
      created             YYYY-MM-DD hh:mm UTC, 3 h 12 min ago
      expires             YYYY-MM-DD hh:mm UTC, in 4 h 47 min
      ttl                 8h, a new version renews it
      cap                 none: the policy has no max_ttl
      held                no
      dies at             unknown: no reaper runs

    Init
      total               12 s, $0.0014
      requested           YYYY-MM-DD hh:mm UTC, 3 h 12 min ago
      to provisioned      4.0 s
      to ready            8.0 s
      slowest             migrate database

      PHASE             CLASS      TOOK  FROM REQUEST TO READY
      migrate database  database  6.0 s               ████████████████████
      warm caches       cache     2.0 s                                   ███████
      http healthz      check     8.0 s               ███████████████████████████

    Cost
      rate                $0.42/h (declared)
      spent               $1.35 (estimate)
      until expiry        $2.01
      billed              unknown

    Use
      state               unknown
      last use            unknown

    Events
    SEQ  TIME (UTC)           WHAT HAPPENED                               BY
      1  YYYY-MM-DD hh:mm:ss  requested checkout@1.…@example.com, ttl 8h  ana@laptop
      2  YYYY-MM-DD hh:mm:ss  recorded in the Terraform state             ana@laptop
      3  YYYY-MM-DD hh:mm:ss  provisioned: all is created, checks begin   ana@laptop
      4  YYYY-MM-DD hh:mm:ss  phase migrate database (database) began     ana@laptop
      5  YYYY-MM-DD hh:mm:ss  phase migrate database (database) done      ana@laptop
      6  YYYY-MM-DD hh:mm:ss  phase warm caches (cache) began             ana@laptop
      7  YYYY-MM-DD hh:mm:ss  phase warm caches (cache) done              ana@laptop
      8  YYYY-MM-DD hh:mm:ss  check passed: http healthz                  ana@laptop
      9  YYYY-MM-DD hh:mm:ss  ready: every check has passed               ana@laptop

    Nothing ends at expiry: no reaper has run yet. `jiti reap --yes` runs it once.
    ");
}

/// At 200 columns nothing is shortened. A hold shows until when, why and whose.
#[test]
fn at_200_columns() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\nmax_ttl = \"2d\"\nprotected = [\"checkout-*\"]\n");
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run_wide(&["show", "checkout-1.5.0"]).ok().out(), @r"
    checkout-1.5.0  ready, expiring, held, protected

      app                 checkout
      version             1.5.0
      owner               ana@example.com
      origin              /srv/checkout
                          workspace default, /usr/bin/terraform

    Lease
      created             YYYY-MM-DD hh:mm UTC, 20 min ago
      expires             YYYY-MM-DD hh:mm UTC, in 24 min
      ttl                 45m, a new version renews it
      cap                 YYYY-MM-DD hh:mm UTC, in 1 d 23 h (max_ttl 2d)
      held until          YYYY-MM-DD hh:mm UTC, in 5 h: demo at four (ana@laptop)
      dies at             unknown: no reaper runs

    Init
      none                it declares no readiness, and is ready when it is created

    Cost
      rate                $0.42/h (declared)
      spent               $0.14 (estimate)
      until expiry        $0.17
      billed              unknown

    Use
      state               unknown
      last use            unknown

    Events
    SEQ  TIME (UTC)           KIND       WHAT HAPPENED                                          BY          SOURCE
      1  YYYY-MM-DD hh:mm:ss  requested  requested checkout@1.5.0 for ana@example.com, ttl 45m  ana@laptop  provider
      2  YYYY-MM-DD hh:mm:ss  recorded   recorded in the Terraform state                        ana@laptop  provider
      3  YYYY-MM-DD hh:mm:ss  held       held until YYYY-MM-DD hh:mm UTC: demo at four          ana@laptop  provider

    Nothing ends at expiry: no reaper has run yet. `jiti reap --yes` runs it once.
    ");
}

/// In purgatory the init goes on, and the phase that never ended is seen to run.
#[test]
fn purgatory_shows_what_it_waits_for() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let page = sandbox.run(&["show", "reports-2.0.0"]).ok().out();
    let init = page
        .split("\nInit\n")
        .nth(1)
        .unwrap()
        .split("\nCost\n")
        .next()
        .unwrap()
        .to_owned();
    insta::assert_snapshot!(init, @r"
    total               4 h 3 min so far
    requested           YYYY-MM-DD hh:mm UTC, 4 h 3 min ago
    to provisioned      9.0 s
    to ready            not yet

    PHASE          CLASS          TOOK  FROM REQUEST TO READY
    fetch licence  dependency  running  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    ");
}

/// What is gone can still be looked at.
#[test]
fn what_is_gone_is_shown() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let page = sandbox.run(&["show", "search-pr-3"]).ok().out();
    assert!(
        page.contains("gone") && page.contains("would have expired"),
        "{page}"
    );
    assert!(!page.contains("Nothing ends at expiry"), "{page}");
}

/// `--json` is the listing's object with its events and resources.
#[test]
fn json_is_the_listing_and_more() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let shown = sandbox.shown("checkout-1.5.0");
    let rows = sandbox.run(&["ls", "--json"]).ok().json();
    for (field, value) in rows[1].as_object().unwrap() {
        // Time goes on between the two.
        if !["cost", "ttl_seconds_left"].contains(&field.as_str()) {
            assert_eq!(&shown[field], value, "{field}");
        }
    }
    assert_eq!(shown["resources"], serde_json::json!([]));
    let events = shown["events"].as_array().unwrap();
    let kinds: Vec<_> = events
        .iter()
        .map(|event| event["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["requested", "recorded", "held"]);
    assert_eq!(events[2]["seq"], 3);
    assert_eq!(events[2]["actor"], "ana@laptop");
    assert_eq!(events[2]["source"], "provider");
    assert_eq!(events[2]["why"], "demo at four");
    assert_eq!(events[2]["until"], shown["hold_until"]);
}

/// A name that nobody knows: one error, with the names that come nearest.
#[test]
fn unknown_names_are_told_their_neighbours() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["show", "chekout-1.4.0"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r#"
    Error: no stack "chekout-1.4.0" lives in the ledger $WORLD/home/.local/share/jiti/ledger.db; `jiti ls --all` shows every stack that it knows
    Hint: did you mean checkout-1.4.0 or checkout-1.5.0?
    "#);
    assert_eq!(ran.stdout, "");
    let far = sandbox.run(&["show", "xyz"]).exits(1);
    assert!(!far.stderr.contains("did you mean"), "{}", far.stderr);
}

/// Without a ledger there is no stack to show, and no file is made.
#[test]
fn without_a_ledger() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["show", "checkout-1.4.0"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @"Error: there is no ledger at $WORLD/home/.local/share/jiti/ledger.db; the first `terraform apply` with the jiti provider creates it, or name another path with --ledger or JITI_LEDGER");
    assert!(!sandbox.ledger().exists());
}
