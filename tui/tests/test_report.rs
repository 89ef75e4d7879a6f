//! `jiti report`

use stack::EventKind;

use crate::html_check;
use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// The most expensive group comes first, and the total last.
#[test]
fn by_application() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run_wide(&["report"]).ok().out(), @r"
    APP       STACKS  HOURS    SPENT  BILLED  IDLE  WASTED  INITS  MEDIAN   P90   P95   INIT $  INIT %  SUCCESS  NOT READY IN TIME  PURGATORY $  RESIDUE
    reports        1    4.1    $4.46       –     –       –      0       –     –     –    $0.09   2.1 %      0 %                  1        $4.37        0
    checkout       2    3.6    $1.49       –     –       –      1    12 s  12 s  12 s  $0.0014   0.1 %    100 %                  0            –        0
    search         2   52.4        –       –     –       –      0       –     –     –        –       –        –                  0            –        0
    total          5   60.0  ≥ $5.96       –     –       –      1    12 s  12 s  12 s    $0.10   0.1 %     50 %                  1        $4.37        0

    YYYY-MM-DD hh:mm to YYYY-MM-DD hh:mm UTC. Stacks that ended: 1 by Terraform.
    SPENT leaves out 2 stacks without a known rate.
    checkout: you pay 12 s, $0.0014, at every start; 50 % of it is migrate database.
    Init by class: dependency 93 % (0.1 % of uptime), database 1.9 % (<0.1 % of uptime), cache 0.6 % (<0.1 % of uptime).
    Starts: 2 requested, 1 ready in time, 1 timed out. Success rate 50 % (95 % interval: 9.5 to 91 %).
    reports-2.0.0 has been in purgatory since YYYY-MM-DD hh:mm UTC: $1.10/h, $4.37 so far. Phase fetch licence never ended.
    No verdict on checkout, reports, search: not enough history.
    Nothing saved: always on would have cost $1.49, $4.46 less. Subtracted: failed starts $0.09, purgatory $4.37.
    ");
}

/// At 80 columns, the least important columns are dropped.
#[test]
fn at_80_columns() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["report", "--by", "owner"]).ok();
    insta::assert_snapshot!(ran.out(), @r"
    OWNER            STACKS  HOURS    SPENT  BILLED  IDLE  WASTED  MEDIAN   P90
    ben@example.com       1    4.1    $4.46       –     –       –       –     –
    ana@example.com       3   29.7  ≥ $1.49       –     –       –    12 s  12 s
    team-search           1   26.2        –       –     –       –       –     –
    total                 5   60.0  ≥ $5.96       –     –       –    12 s  12 s

    YYYY-MM-DD hh:mm to YYYY-MM-DD hh:mm UTC. Stacks that ended: 1 by Terraform.
    SPENT leaves out 2 stacks without a known rate.
    You pay 12 s, $0.0014, at every start; 50 % of it is migrate database.
    Init by class: dependency 93 % (0.1 % of uptime), database 1.9 % (<0.1 % of
    uptime), cache 0.6 % (<0.1 % of uptime).
    Starts: 2 requested, 1 ready in time, 1 timed out. Success rate 50 % (95 %
    interval: 9.5 to 91 %).
    reports-2.0.0 has been in purgatory since YYYY-MM-DD hh:mm UTC: $1.10/h, $4.37
    so far. Phase fetch licence never ended.
    No verdict on checkout, reports, search: not enough history.
    Nothing saved: always on would have cost $1.49, $4.46 less. Subtracted: failed
    starts $0.09, purgatory $4.37.
    ");
    assert!(ran.stdout.lines().all(|line| line.chars().count() <= 80));
}

/// JSON has every figure. An unknown value is null.
#[test]
fn json_has_every_figure() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let report = sandbox
        .run(&["report", "--by", "version", "--json"])
        .ok()
        .json();
    assert_eq!(report["by"], "version");
    let groups = report["groups"].as_array().unwrap();
    let of = |name: &str| groups.iter().find(|group| group["group"] == name).unwrap();
    let known = of("checkout@1.4.0");
    assert_eq!(
        (&known["stacks"], &known["init"]["count"]),
        (&1.into(), &1.into())
    );
    assert_eq!(known["init"]["median_seconds"], 12);
    assert_eq!(
        known["spent_usd"].as_str().map(|usd| &usd[..4]),
        Some("1.34")
    );
    let unknown = of("search@8f3c2ab");
    assert!(unknown["spent_usd"].is_null() && unknown["billed_usd"].is_null());
    assert_eq!(unknown["without_rate"], 1);
    assert_eq!(report["total"]["stacks"], 5);
}

/// CSV has one row per group, with as many fields as the header.
#[test]
fn csv_has_one_row_per_group() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["report", "--csv"]).ok();
    let mut rows = ran.stdout.lines().map(|line| line.split(',').count());
    assert!(
        ran.stdout
            .starts_with("group,stacks,stood_seconds,spent_usd,")
    );
    assert_eq!(rows.clone().count(), 4, "{}", ran.stdout);
    assert!(rows.all(|fields| fields == 42), "{}", ran.stdout);
}

/// The HTML page is valid, makes no request, and has no scripts.
#[test]
fn the_page_is_self_contained() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let page = sandbox.run(&["report", "--html"]).ok().stdout;
    assert!(page.contains("<th scope=\"row\">checkout</th>"), "{page}");
    html_check::check(&page);
    // No check of a stack is on this page, so nothing may look like an address or a script.
    for foreign in [
        "<script", "http:", "https:", "src=", "<link", "@import", "url(",
    ] {
        assert!(!page.contains(foreign), "{foreign}: {page}");
    }
}

/// Stacks that ended before the period are not in the report.
#[test]
fn earlier_stacks_are_left_out() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let report = sandbox
        .run(&["report", "--since", "1s", "--json"])
        .ok()
        .json();
    assert_eq!(
        report["total"]["stacks"], 4,
        "the report leaves out the stack that ended earlier"
    );
}

/// An amount that leaves something out is marked as a minimum: by a sign where people read it, and
/// in a column of its own in CSV.
#[test]
fn minimums_are_marked() {
    let sandbox = Sandbox::new();
    let rated = EventKind::Rated {
        hourly_usd: Some("108".parse().unwrap()),
        hourly_source: "list 2026-01-01".to_owned(),
        unpriced: vec!["traffic".to_owned()],
        at_least: Vec::new(),
        accrued: Vec::new(),
        created: Vec::new(),
    };
    let begun = requested(|r| r.terms.ready_timeout = "5m".parse().ok());
    Story::new(&sandbox.ledger()).stack(
        "shop",
        [
            (100, begun),
            (100, rated),
            (60, EventKind::Ready),
            (0, EventKind::Released),
        ],
    );
    let ran = sandbox.run_wide(&["report"]).ok();
    assert!(
        ran.stdout.contains("≥ $3.00") && ran.stdout.contains("≥ $1.20"),
        "{ran:#?}"
    );
    let page = sandbox.run(&["report", "--html"]).ok().stdout;
    assert!(page.contains("≥ $3.00"), "{page}");
    let ran = sandbox.run(&["report", "--csv"]).ok();
    assert!(
        ran.stdout.contains(",3.00,") && ran.stdout.ends_with(",spent_usd init.usd,0\n"),
        "{ran:#?}"
    );
    let json = sandbox.run(&["report", "--json"]).ok().json();
    assert_eq!(json["total"]["spent_usd"], "3.00");
}

/// In CSV, a text that a spreadsheet would run as a formula is a text.
#[test]
fn csv_runs_nothing() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    let owned = requested(|r| r.owner = "@SUM".parse().unwrap());
    story.stack("formula", [(600, owned)]);
    for arguments in [&["report", "--by", "owner", "--csv"][..], &["ls", "--csv"]] {
        let ran = sandbox.run_piped(arguments).ok();
        assert!(ran.stdout.contains("'@SUM"), "{ran:#?}");
    }
}
