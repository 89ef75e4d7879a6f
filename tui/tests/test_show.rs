//! `jiti show NAME`

use serde_json::json;
use stack::init::{CauseKind, NotReadyCause};
use stack::lease::{ResidueDetails, Strategy};
use stack::{Actor, EventKind, PoolName, RunId};

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// The cost of a start-up is marked if the rate leaves something out.
#[test]
fn the_cost_of_an_incomplete_start_up_is_marked() {
    for (unpriced, cost) in [(vec![], "40 s, $1.20"), (vec!["traffic"], "40 s, ≥ $1.20")] {
        let sandbox = Sandbox::new();
        let rated = EventKind::Rated {
            hourly_usd: Some("108".parse().unwrap()),
            hourly_source: "list 2026-01-01".to_owned(),
            unpriced: unpriced.into_iter().map(str::to_owned).collect(),
            at_least: Vec::new(),
            accrued: Vec::new(),
            created: Vec::new(),
        };
        Story::new(&sandbox.ledger()).stack(
            "shop",
            [
                (
                    100,
                    requested(|r| r.terms.ready_timeout = "5m".parse().ok()),
                ),
                (100, rated),
                (80, EventKind::Provisioned),
                (60, EventKind::Ready),
            ],
        );
        let page = sandbox.run(&["show", "shop"]).ok().stdout;
        assert!(page.contains(cost), "{cost}: {page}");
    }
}

/// The page of a stack fits into 80 columns.
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
      applied from        /srv/checkout
                          workspace default, /usr/bin/terraform
                          on laptop

    Lease
      created             YYYY-MM-DD hh:mm UTC, 3 h 12 min ago
      expires             YYYY-MM-DD hh:mm UTC, in 4 h 47 min
      ttl                 8h, renewed by a new version
      latest expiry       unlimited: the policy sets no max_ttl
      held                no
      ends at             unknown: no reaper is running

    Init
      total               12 s, $0.0014
      requested           YYYY-MM-DD hh:mm UTC, 3 h 12 min ago
      provisioned after   4.0 s
      ready after         8.0 s
      slowest phase       migrate database

      PHASE             CLASS      TOOK  FROM REQUEST TO READY
      migrate database  database  6.0 s               ████████████████████
      warm caches       cache     2.0 s                                   ███████
      http healthz      check     8.0 s               ███████████████████████████

    Cost
      rate                $0.42/h (declared)
      estimate            $1.35 so far (rate × time)
      until expiry        $2.01 more (estimate)
      billed              unknown

    Use
      state               unknown
      last use            unknown

    Events
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

    Nothing tears stacks down at expiry: no reaper has run yet. `jiti reap --yes`
    runs it once.
    ");
}

/// At 200 columns, nothing is shortened. A hold shows its end, reason and author.
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
      applied from        /srv/checkout
                          workspace default, /usr/bin/terraform
                          on laptop

    Lease
      created             YYYY-MM-DD hh:mm UTC, 20 min ago
      expires             YYYY-MM-DD hh:mm UTC, in 24 min
      ttl                 45m, renewed by a new version
      latest expiry       YYYY-MM-DD hh:mm UTC, in 1 d 23 h (max_ttl 2d)
      held until          YYYY-MM-DD hh:mm UTC, in 5 h: demo at four (ana@laptop)
      ends at             never: protected

    Init
      start-up time       none: the stack declares no readiness, so it is ready when it is created

    Cost
      rate                $0.42/h (declared)
      estimate            $0.14 so far (rate × time)
      until expiry        $0.17 more (estimate)
      billed              unknown

    Use
      state               unknown
      last use            unknown

    Events
    SEQ  TIME (UTC)           KIND       WHAT HAPPENED                                          BY          SOURCE
      1  YYYY-MM-DD hh:mm:ss  requested  requested checkout@1.5.0 for ana@example.com, ttl 45m  ana@laptop  provider
      2  YYYY-MM-DD hh:mm:ss  recorded   recorded in the Terraform state                        ana@laptop  provider
      3  YYYY-MM-DD hh:mm:ss  held       held until YYYY-MM-DD hh:mm UTC: demo at four          ana@laptop  provider

    Nothing tears stacks down at expiry: no reaper has run yet. `jiti reap --yes` runs it once.
    ");
}

/// In purgatory, the init continues, and the phase that never ended is shown as running.
#[test]
fn purgatory_shows_the_running_phase() {
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
    provisioned after   9.0 s
    ready after         not yet
    in purgatory since  YYYY-MM-DD hh:mm UTC, 3 h 58 min ago
    purgatory cost      $1.10/h, $4.37 so far
    never ended         phase fetch licence

    PHASE          CLASS          TOOK  FROM REQUEST TO READY
    fetch licence  dependency  running  ░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
    ");
}

/// A stack that is not ready shows why, since when, and what it costs meanwhile, in the page and in
/// JSON. Once it is ready, it has no cause.
#[test]
fn a_stack_that_is_not_ready_says_why() {
    let sandbox = Sandbox::new();
    let not_ready = |since| EventKind::NotReady {
        found_by: "kubernetes shop/app=web".to_owned(),
        cause: Some(NotReadyCause::new(
            CauseKind::ImagePull,
            "pod web-0: the image web:nope does not exist",
            since,
        )),
    };
    let story = Story::new(&sandbox.ledger());
    for (name, end) in [("waits", None), ("works", Some((60, EventKind::Ready)))] {
        let requested = requested(|r| {
            r.terms.ready_timeout = "5m".parse().ok();
            r.terms.hourly_cost = "1.20".parse().ok();
        });
        let start = [
            (3_600, requested),
            (3_590, EventKind::Provisioned),
            (3_500, not_ready(story.ago(1_800))),
        ];
        story.stack(name, start.into_iter().chain(end));
    }
    let page = sandbox.run(&["show", "waits"]).ok().out();
    let expected = [
        "not ready because   pod web-0: the image web:nope does not exist (image_pull,",
        "cost meanwhile      $1.20/h, $0.60 so far",
        "not ready: pod web",
    ];
    for expected in expected {
        assert!(page.contains(expected), "{expected}: {page}");
    }
    let cause = sandbox.shown("waits")["cause"].clone();
    assert_eq!(cause["kind"], "image_pull");
    assert_eq!(
        cause["text"],
        "pod web-0: the image web:nope does not exist"
    );
    assert_eq!(cause["found_by"], "kubernetes shop/app=web");
    let rate = cause["hourly_usd"].as_str().unwrap().parse::<f64>();
    assert_eq!(rate, Ok(1.2));
    assert!(cause["usd"].is_string(), "{cause}");
    assert!(sandbox.shown("works")["cause"].is_null());
}

/// A stack that is gone can still be shown.
#[test]
fn gone_stacks_are_shown() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let page = sandbox.run(&["show", "search-pr-3"]).ok().out();
    assert!(
        page.contains("gone") && page.contains("would have expired"),
        "{page}"
    );
    assert!(
        !page.contains("Nothing tears stacks down at expiry"),
        "{page}"
    );
}

/// `--json` prints the object of `ls` with the events and the resources.
#[test]
fn json_is_the_listing_and_more() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let shown = sandbox.shown("checkout-1.5.0");
    let rows = sandbox.run(&["ls", "--json"]).ok().json();
    for (field, value) in rows[1].as_object().unwrap() {
        // These fields change between the two calls.
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

/// An unknown name is one error, with similar names.
#[test]
fn unknown_names_get_suggestions() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["show", "chekout-1.4.0"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @r#"
    Error: no stack "chekout-1.4.0" is in the ledger $WORLD/home/.local/share/jiti/ledger.db; `jiti ls --all` shows every stack that it knows
    Hint: did you mean checkout-1.4.0 or checkout-1.5.0?
    "#);
    assert_eq!(ran.stdout, "");
    let far = sandbox.run(&["show", "xyz"]).exits(1);
    assert!(!far.stderr.contains("did you mean"), "{}", far.stderr);
}

/// Without a ledger, `show` fails and creates no file.
#[test]
fn without_a_ledger() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["show", "checkout-1.4.0"]).exits(1);
    insta::assert_snapshot!(ran.stderr, @"Error: there is no ledger at $WORLD/home/.local/share/jiti/ledger.db; the first `terraform apply` with the jiti provider creates it, or set another path with --ledger or JITI_LEDGER");
    assert!(!sandbox.ledger().exists());
}

/// What a teardown left is in the page and in the JSON of `show` and `ls`: id, type, region,
/// reason, what blocks it, its cost, and the command that finishes it. Unknown values are null.
#[test]
fn residue_is_shown() {
    let sandbox = Sandbox::new();
    let started = EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: Actor::from_names("ana", "laptop"),
        why: "test".to_owned(),
        run: RunId::random(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    let left = |id: &str, details| EventKind::ResourceLeft {
        id: id.to_owned(),
        reason: "not empty".to_owned(),
        blocked_by: Some("obj-1".to_owned()),
        details,
    };
    let known = ResidueDetails {
        kind: Some("aws_s3_bucket".to_owned()),
        region: Some("eu-west-1".to_owned()),
        hourly_usd: "0.14".parse().ok(),
        command: Some("jiti teardown shop --yes".to_owned()),
        ..ResidueDetails::default()
    };
    let failed = EventKind::TeardownFailed {
        reason: "2 left".to_owned(),
    };
    let events = [
        requested(|_| {}),
        EventKind::Recorded { origin: None },
        started,
        left("aws_s3_bucket.a", known),
        left("aws_x.b", ResidueDetails::default()),
        failed,
    ];
    Story::new(&sandbox.ledger()).stack("shop", events.map(|kind| (90, kind)));
    let expected = json!([
        {"id": "aws_s3_bucket.a", "type": "aws_s3_bucket", "region": "eu-west-1",
         "reason": "not empty", "blocked_by": "obj-1", "hourly_usd": "0.14",
         "command": "jiti teardown shop --yes"},
        {"id": "aws_x.b", "type": null, "region": null, "reason": "not empty",
         "blocked_by": "obj-1", "hourly_usd": null, "command": null},
    ]);
    let shown = sandbox.shown("shop");
    assert_eq!(shown["residue"], expected);
    assert_eq!(
        sandbox.run(&["ls", "--json"]).ok().json()[0]["residue"],
        expected
    );
    assert_eq!(shown["events"][3]["type"], "aws_s3_bucket");
    let page = sandbox.run(&["show", "shop"]).ok().out();
    let (_, page) = page.split_once("Residue\n").unwrap();
    let (residue, _) = page.split_once("\nInit").unwrap();
    let lines: Vec<&str> = residue.lines().map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "aws_s3_bucket.a: not empty, blocked by obj-1",
            "aws_s3_bucket, eu-west-1, $0.14/h",
            "to finish: jiti teardown shop --yes",
            "aws_x.b: not empty, blocked by obj-1",
            "cost unknown",
        ]
    );
}

/// While the reaper is silent, no page says when a stack ends: that would contradict the note that
/// nothing tears stacks down. While it runs, the end is shown.
#[test]
fn no_end_is_shown_beside_a_silent_reaper() {
    for (seconds_ago, silent) in [(10 * 3600, true), (60, false)] {
        let sandbox = Sandbox::new();
        five_stacks(&sandbox);
        Story::new(&sandbox.ledger()).reaper_ran(seconds_ago);
        let page = sandbox.run_wide(&["show", "search-pr-7"]).ok().stdout;
        let list = sandbox.run_wide(&["ls"]).ok().stdout;
        for text in [&page, &list] {
            let is_note = text.contains("Nothing tears stacks down at expiry");
            assert_eq!(is_note, silent, "{text}");
        }
        let ends = page.lines().find(|line| line.contains("ends at")).unwrap();
        assert_eq!(
            ends.contains("unknown: no reaper is running"),
            silent,
            "{ends}"
        );
        let row = list.lines().find(|line| line.contains("search-pr-7"));
        let row: Vec<&str> = row
            .unwrap()
            .split("  ")
            .filter(|cell| !cell.is_empty())
            .collect();
        let has_time = row
            .iter()
            .any(|cell| cell.contains(" UTC") || cell.trim().starts_with("20"));
        assert_eq!(has_time, !silent, "{row:?}");
    }
}

/// A stack whose apply waits for its turn shows its place in the queue, whether it has a lease or
/// not. A name that neither has a lease nor waits is unknown.
#[test]
fn a_place_in_the_queue_is_shown() {
    let sandbox = Sandbox::new();
    sandbox.config("[policy]\nmax_concurrent_inits = 1\n");
    let story = Story::new(&sandbox.ledger());
    let declared = || requested(|r| r.terms.ready_timeout = "5m".parse().ok());
    story.stack("holder", [(30, declared())]);
    story.stack("update", [(600, declared()), (500, EventKind::Ready)]);
    story.entered(&PoolName::inits(), "holder");
    for name in ["update", "new"] {
        story.entered(&PoolName::waiting_inits(), name);
    }
    let page = sandbox.run_wide(&["show", "update"]).ok().out();
    let place = "on their way to ready, of at most 1 (max_concurrent_inits): holder (30 s, process 12 on ci-1)";
    let line = page.lines().find(|line| line.contains("waits for a turn"));
    let line = line.expect("a line about the turn");
    assert!(
        line.contains(&format!("place 1 of 2 in the queue; {place}")),
        "{line}"
    );
    let new = sandbox.run_wide(&["show", "new"]).ok().out();
    assert!(
        new.starts_with("new is not registered yet: its apply waits for its turn since"),
        "{new}"
    );
    assert!(
        new.contains(&format!("It has place 2 of 2 in the queue; {place}.")),
        "{new}"
    );
    let json = sandbox.shown("new");
    assert_eq!(json["queue"]["place"], 2);
    assert_eq!(json["queue"]["holders"][0]["stack"], "holder");
    assert_eq!(sandbox.shown("update")["queue"]["place"], 1);
    assert_eq!(sandbox.shown("holder")["queue"], json!(null));
    let list = sandbox.run_wide(&["ls"]).ok().out();
    let waiting = "2 applies wait for their turn, in this order: update (30 s, process 12 on ci-1), new (30 s, process 12 on ci-1).";
    assert!(list.contains(waiting), "{list}");
    let unknown = sandbox.run(&["show", "other"]).exits(1).err();
    assert!(unknown.contains("no stack \"other\""), "{unknown}");
}
