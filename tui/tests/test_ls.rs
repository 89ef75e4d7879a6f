//! `jiti ls`

use crate::sandbox::Sandbox;
use crate::story::{Story, five_stacks, requested};

/// At 80 columns, the least important columns are dropped, and no line is longer.
#[test]
fn at_80_columns() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["ls"]).ok();
    insta::assert_snapshot!(ran.out(), @r"
    NAME            STATE                          TIME LEFT    $/H  IDLE $/H
    checkout-1.4.0  ready                         4 h 47 min  $0.42         –
    checkout-1.5.0  ready, expiring, held             24 min  $0.42         –
    reports-2.0.0   purgatory, expired     expired 3 min ago  $1.10         –
    search-pr-7     ready                           1 d 21 h      –         –

    4 stacks, ≥ $1.94/h (1 of 4 unpriced)
    Nothing tears stacks down at expiry: no reaper has run yet. `jiti reap --yes`
    runs it once.
    ");
    let rows = ran.stdout.lines().take_while(|line| !line.is_empty());
    assert!(
        rows.inspect(|row| assert!(row.chars().count() <= 80, "{row}"))
            .count()
            == 5
    );
}

/// At 200 columns, every column is shown.
#[test]
fn at_200_columns() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    insta::assert_snapshot!(sandbox.run_wide(&["ls"]).ok().out(), @r"
    NAME            APP@VERSION     OWNER            STATE                         AGE          TIME LEFT  ENDS AT (UTC)    $/H  ESTIMATE  IDLE $/H              INIT
    checkout-1.4.0  checkout@1.4.0  ana@example.com  ready                  3 h 12 min         4 h 47 min  –              $0.42     $1.35         –              12 s
    checkout-1.5.0  checkout@1.5.0  ana@example.com  ready, expiring, held      20 min             24 min  –              $0.42     $0.14         –                 –
    reports-2.0.0   reports@2.0.0   ben@example.com  purgatory, expired      4 h 3 min  expired 3 min ago  –              $1.10     $4.46         –  4 h 3 min so far
    search-pr-7     search@8f3c2ab  team-search      ready                     1 d 2 h           1 d 21 h  –                  –         –         –                 –

    4 stacks, ≥ $1.94/h (1 of 4 unpriced)
    Nothing tears stacks down at expiry: no reaper has run yet. `jiti reap --yes` runs it once.
    ");
}

/// In a pipe, no column is dropped and nothing is shortened.
#[test]
fn in_a_pipe() {
    let sandbox = Sandbox::new();
    let name = "n".repeat(128);
    Story::new(&sandbox.ledger()).stack(&name, [(90, requested(|_| {}))]);
    let narrow = sandbox.run(&["ls"]).ok();
    assert!(!narrow.stdout.contains(&name) && narrow.stdout.contains('…'));
    let piped = sandbox
        .ran(sandbox.command().env_remove("COLUMNS").arg("ls"))
        .ok();
    assert!(
        piped.stdout.contains(&name) && piped.stdout.contains("ENDS AT"),
        "{}",
        piped.stdout
    );
}

/// `--all` includes the stacks that are gone.
#[test]
fn all_includes_gone_stacks() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    assert!(!sandbox.run(&["ls"]).ok().stdout.contains("search-pr-3"));
    let all = sandbox.run(&["ls", "--all", "--json"]).ok().json();
    let names: Vec<_> = all
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["name"])
        .collect();
    assert_eq!(
        names,
        [
            "checkout-1.4.0",
            "checkout-1.5.0",
            "reports-2.0.0",
            "search-pr-3",
            "search-pr-7"
        ]
    );
    assert_eq!(all[3]["phase"], "gone");
}

/// JSON has the documented fields. Unknown is null, money is a decimal string, times are RFC 3339.
#[test]
fn json_has_the_documented_fields() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let rows = sandbox.run(&["ls", "--json"]).ok().json();
    let fields = |value: &serde_json::Value| -> Vec<String> {
        let mut fields: Vec<_> = value.as_object().unwrap().keys().cloned().collect();
        fields.sort();
        fields
    };
    insta::assert_snapshot!(fields(&rows[0]).join(" "), @"accounts app budget cause cost created_at dies_at expires_at expiry_source flags hold_until idle init labels name noncompliance origin owner phase purgatory regions residue ttl_seconds_left version");
    insta::assert_snapshot!(fields(&rows[0]["cost"]).join(" "), @"accrued_usd billed_settled_until billed_until billed_usd hourly_source hourly_usd spent_usd unpriced until_expiry_usd");
    insta::assert_snapshot!(fields(&rows[0]["idle"]).join(" "), @"evidence hourly_usd since state until_expiry_usd wasted_usd");
    insta::assert_snapshot!(fields(&rows[0]["init"]).join(" "), @"phases provision_seconds provisioned_at ready_at ready_seconds requested_at slowest_phase total_seconds usd");
    insta::assert_snapshot!(fields(&rows[0]["origin"]).join(" "), @"backend command commit directory host repository workspace");
    assert_eq!(rows[0]["cost"]["hourly_usd"], "0.42");
    assert_eq!(rows[0]["init"]["total_seconds"], 12);
    assert_eq!(rows[0]["flags"], serde_json::json!([]));
    assert_eq!(rows[1]["flags"], serde_json::json!(["expiring", "held"]));
    assert!(rows[2]["ttl_seconds_left"].as_i64().unwrap() < 0);
    let unknown = &rows[3];
    assert!(unknown["cost"]["hourly_usd"].is_null() && unknown["cost"]["spent_usd"].is_null());
    assert!(unknown["dies_at"].is_null() && unknown["init"]["total_seconds"].is_null());
    let created = unknown["created_at"].as_str().unwrap();
    assert!(
        created.ends_with('Z') && created.parse::<jiff::Timestamp>().is_ok(),
        "{created}"
    );
}

/// CSV has one row per stack. An unknown value is empty.
#[test]
fn csv_has_one_row_per_stack() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let ran = sandbox.run(&["ls", "--csv"]).ok();
    let mut rows = csv::Reader::from_reader(ran.stdout.as_bytes());
    let header = rows.headers().unwrap().clone();
    let rows: Vec<_> = rows.records().map(Result::unwrap).collect();
    let field = |row: usize, name: &str| {
        let column = header.iter().position(|title| title == name).unwrap();
        rows[row].get(column).unwrap().to_owned()
    };
    assert_eq!(rows.len(), 4);
    assert_eq!(field(0, "name"), "checkout-1.4.0");
    assert_eq!(field(0, "labels"), "cost-center=42");
    assert_eq!(field(0, "init.total_seconds"), "12");
    assert_eq!(field(1, "flags"), "expiring held");
    assert_eq!(field(3, "cost.hourly_usd"), "");
    assert_eq!(field(3, "idle.state"), "unknown");
    sandbox.run(&["ls", "--csv", "--json"]).exits(2);
}

/// Without a ledger, `ls` succeeds, says how to start, and creates no file.
#[test]
fn without_a_ledger() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run_piped(&["ls"]).ok().stdout, @r"
    No stacks: there is no ledger at $WORLD/home/.local/share/jiti/ledger.db yet.
    To start, add a `jiti_stack` to a Terraform configuration and apply it. To use another ledger, set --ledger or JITI_LEDGER.
    ");
    let json = sandbox.run(&["ls", "--json"]).exits(0);
    assert_eq!(
        (json.stdout.as_str(), json.json()),
        ("[]\n", serde_json::json!([]))
    );
    insta::assert_snapshot!(json.stderr, @"Note: there is no ledger at $WORLD/home/.local/share/jiti/ledger.db yet");
    assert_eq!(
        sandbox
            .run(&["ls", "--csv"])
            .exits(0)
            .stdout
            .lines()
            .count(),
        1
    );
    assert_eq!(
        std::fs::read_dir(sandbox.path("home")).unwrap().count(),
        0,
        "ls creates no file"
    );
}

/// If all stacks are gone, `ls` says so.
#[test]
fn an_empty_ledger() {
    let sandbox = Sandbox::new();
    let story = Story::new(&sandbox.ledger());
    story.stack(
        "old",
        [(90, requested(|_| {})), (30, stack::EventKind::Released)],
    );
    insta::assert_snapshot!(sandbox.run_piped(&["ls"]).ok().stdout, @r"
    No live stacks in the ledger $WORLD/home/.local/share/jiti/ledger.db.
    `jiti ls --all` includes the stacks that are gone.
    ");
}

/// While a reaper runs, a stack has a time at which it ends, and there is no warning.
#[test]
fn with_a_reaper() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    Story::new(&sandbox.ledger()).reaper_ran(60);
    let ran = sandbox.run_wide(&["ls"]).ok();
    assert!(
        !ran.stdout.contains("Nothing tears stacks down"),
        "{}",
        ran.stdout
    );
    let rows = sandbox.run(&["ls", "--json"]).ok().json();
    let dies: jiff::Timestamp = rows[0]["dies_at"].as_str().unwrap().parse().unwrap();
    let expires: jiff::Timestamp = rows[0]["expires_at"].as_str().unwrap().parse().unwrap();
    let after = dies.duration_since(expires);
    // The grace is one hour, and the reaper runs every 15 minutes.
    assert!((3_600..3_600 + 900).contains(&after.as_secs()), "{after:?}");
}

/// A reaper that has not run for twice its interval counts as stopped.
#[test]
fn with_a_silent_reaper() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    Story::new(&sandbox.ledger()).reaper_ran(31 * 60);
    let ran = sandbox.run_wide(&["ls"]).ok();
    let note = ran.out().lines().last().unwrap().to_owned();
    insta::assert_snapshot!(note, @"Nothing tears stacks down at expiry: the last reaper ran at YYYY-MM-DD hh:mm UTC; its interval is 15 min. `jiti reap --yes` runs it once.");
}

/// Colour is optional, and only repeats what the words say.
#[test]
fn colour_only_repeats() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    let plain = sandbox.run(&["ls"]).ok().stdout;
    let forced = sandbox
        .ran(sandbox.command().env("CLICOLOR_FORCE", "1").arg("ls"))
        .ok()
        .stdout;
    assert!(!plain.contains('\u{1b}') && forced.contains('\u{1b}'));
    let mut without = String::new();
    let mut inside = false;
    for c in forced.chars() {
        match c {
            '\u{1b}' => inside = true,
            'm' if inside => inside = false,
            _ if inside => {}
            _ => without.push(c),
        }
    }
    assert_eq!(without, plain);
    let command = &mut sandbox.command();
    let refused = sandbox.ran(
        command
            .env("CLICOLOR_FORCE", "1")
            .env("NO_COLOR", "1")
            .arg("ls"),
    );
    assert_eq!(refused.ok().stdout, plain);
}

/// A stack that cannot be read has a row as wide as the others, in text and in CSV, and the reason
/// below the table.
#[test]
fn an_unreadable_stack_is_a_row() {
    let sandbox = Sandbox::new();
    five_stacks(&sandbox);
    stack::testing::damage(&sandbox.ledger(), "search-pr-7");
    let ran = sandbox.run_wide(&["ls"]).ok();
    let column = |title: &str| {
        let header = ran.stdout.lines().next().unwrap();
        header.find(title).unwrap()
    };
    let lines = || ran.stdout.lines();
    let row = lines()
        .find(|line| line.starts_with("search-pr-7 "))
        .unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells.len(), 11, "{ran:#?}");
    // Until the second column, every character of the header and of the row has one byte.
    assert_eq!(row.find('–'), Some(column("APP@VERSION")), "{ran:#?}");
    assert_eq!((cells[3], cells[10]), ("unreadable", "–"), "{ran:#?}");
    let names_it = |line: &str| line.contains("search-pr-7") && line != row;
    assert!(lines().any(names_it), "{ran:#?}");
    let ran = sandbox.run(&["ls", "--csv"]).ok();
    let mut fields = ran.stdout.lines().map(|line| line.split(',').count());
    assert!(fields.all(|count| count == 29), "{ran:#?}");
    let row = ran
        .stdout
        .lines()
        .find(|line| line.starts_with("search-pr-7,"));
    assert!(
        row.unwrap().starts_with("search-pr-7,,,,,unreadable,,"),
        "{ran:#?}"
    );
}
