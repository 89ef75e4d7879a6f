//! The command line of the dashboard, sequences of keys, configured keys, URLs and logs.

use std::collections::BTreeMap;

use stack::{Labels, RunId, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    demo_harness, finished_sleep, half_done_teardown, harness_with, hides, name, now, selected,
    shows, sleep_plan, three_stacks, usual_lease,
};

fn three() -> Harness {
    three_stacks(HarnessConfig::new(100, 30, now()))
}

/// Commands change the list, also from a stack's page.
#[test]
fn commands_change_the_list() {
    let mut harness = demo_harness(140, 40, 60);
    harness.keys(":sort idle<enter>");
    shows(&harness, "sorted by idle $/h, highest first");
    harness.keys("<enter>:sort rate reverse<enter>");
    shows(&harness, "sorted by $/h, lowest first");
    harness.keys(":group owner<enter>");
    shows(&harness, "grouped by owner");
    harness.keys(":group none<enter>:filter owner:ana<enter>");
    shows(&harness, "match owner:ana");
    harness.keys(":filter<enter>");
    shows(&harness, "all stacks");
    harness.keys(":columns owner idle<enter>");
    let titles = harness.text().lines().nth(3).unwrap().to_owned();
    let titles: Vec<&str> = titles.split_whitespace().collect();
    assert_eq!(titles, ["NAME", "OWNER", "IDLE", "$/H"]);
    harness.keys(":columns all<enter>");
    shows(&harness, "TIME LEFT");
    harness.keys(":columns billed<enter>");
    shows(&harness, "no room or no data for these columns: billed");
    harness.keys(":messages<enter>");
    shows(&harness, "Messages, newest first");
    harness.keys("<esc>:help<enter>");
    shows(&harness, "Keys");
    harness.keys("<esc>:quit<enter>");
    assert!(harness.has_ended());
}

/// A wrong command stays in the field, next to the reason. Nothing else happens.
#[test]
fn a_wrong_command_loses_nothing() {
    let mut harness = three();
    harness.keys(":srot idle<enter>");
    shows(&harness, ": srot idle");
    shows(&harness, "unknown command \"srot\": did you mean sort?");
    for _ in 0..9 {
        harness.keys("<backspace>");
    }
    hides(&harness, "unknown command");
    harness.keys("extend soon<enter>");
    shows(&harness, ": extend soon");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.keys("<esc>");
    hides(&harness, ": extend");
    harness.keys(":<backspace>");
    shows(&harness, "all stacks");
    harness.keys(":<enter>");
    shows(&harness, "all stacks");
}

/// Actions open the same popups as the keys, with the fields filled. Nothing happens before the
/// user confirms.
#[test]
fn actions_open_their_popups() {
    let leases = vec![usual_lease("checkout-1.4.0")];
    let scene = HarnessConfig {
        cloud: true,
        ..HarnessConfig::new(100, 30, now())
    };
    let mut harness = harness_with(scene, leases);
    harness.take_effects();
    harness.keys(":extend 2h<enter>");
    shows(&harness, "Extend checkout-1.4.0");
    shows(&harness, "by 2h");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.keys("<enter>");
    let span: Span = "2h".parse().unwrap();
    let name = name("checkout-1.4.0");
    let extend = format!("Extend {{ stack: {name:?}, by: {span:?} }}");
    assert_eq!(harness.take_effects(), [extend]);
    harness.keys(":hold 3h customer demo<enter>");
    shows(&harness, "3h");
    shows(&harness, "customer demo");
    harness.keys("<esc>:sleep 12h<enter>");
    harness.plan_sleep(sleep_plan("checkout-1.4.0"));
    shows(&harness, "Put checkout-1.4.0 to sleep");
    harness.keys("y");
    let effects = harness.take_effects();
    assert!(
        effects.iter().any(|effect| effect.contains("until: Some")),
        "{effects:?}"
    );
    harness.power_finished(finished_sleep("checkout-1.4.0"));
    harness.keys(":teardown<enter>");
    shows(&harness, "Tear down checkout-1.4.0");
}

/// Up and Down go through the earlier commands that begin like the typed text, and back to it.
#[test]
fn earlier_commands_come_back() {
    let mut harness = three();
    harness.keys(":sort idle<enter>:group app<enter>:sort rate<enter>");
    harness.keys(":<up>");
    shows(&harness, ": sort rate");
    harness.keys("<up>");
    shows(&harness, ": group app");
    harness.keys("<down><down>");
    hides(&harness, ": sort rate");
    harness.keys("so<up><up>");
    shows(&harness, ": sort idle");
    harness.keys("<down><down>");
    shows(&harness, ": so");
    harness.keys("<esc>");
}

/// Tab completes commands and arguments, among them the stacks, owners and apps on the screen.
#[test]
fn completion_knows_the_stacks() {
    let mut harness = demo_harness(120, 40, 60);
    harness.keys(":fil<tab>own<tab>ana<tab>");
    shows(&harness, ": filter owner:ana@");
    harness.keys("<enter>");
    shows(&harness, "match owner:ana@");
    harness.keys("<esc>");
    let wanted = selected(&harness);
    harness.keys("<end>");
    harness.keys(&format!(":show {wanted}<enter>"));
    shows(&harness, "1 Lease");
    shows(&harness, &wanted);
    harness.keys(":show auth-pr<tab><tab><backtab><enter>");
    shows(&harness, "auth-pr");
    harness.keys(":show nonsense-9<enter>");
    shows(&harness, "no stack \"nonsense-9\"");
}

/// Pasted text has no line breaks, so it runs no command.
#[test]
fn pasting_runs_nothing() {
    let mut harness = three();
    harness.keys(":");
    harness.paste("quit\n");
    assert!(!harness.has_ended());
    shows(&harness, ": quit");
}

/// Two g in a row go to the first line. One alone groups after a pause, or before the next key.
/// Esc cancels it. G goes to the last line, and Ctrl-D and Ctrl-U move by half a page.
#[test]
fn sequences_of_keys() {
    let mut harness = three();
    harness.keys("G");
    assert_eq!(selected(&harness), "c");
    harness.keys("g");
    shows(&harness, "gg first line  g alone group  Esc cancel");
    hides(&harness, "grouped");
    harness.keys("g");
    assert_eq!(selected(&harness), "a");
    hides(&harness, "grouped");
    harness.keys("g<pause>");
    shows(&harness, "grouped by app");
    harness.keys("g<esc><pause>");
    shows(&harness, "grouped by app");
    harness.keys("gj");
    shows(&harness, "grouped by owner");
    harness.keys("<pause>");
    shows(&harness, "grouped by owner");
    // On a page, g has no meaning of its own.
    harness.keys("<enter>g<pause>");
    shows(&harness, "1 Lease");
    let mut harness = demo_harness(100, 30, 60);
    let first = selected(&harness);
    harness.keys("<ctrl-d>");
    assert_ne!(selected(&harness), first);
    harness.keys("<ctrl-u>");
    assert_eq!(selected(&harness), first);
    harness.keys("?G");
    shows(&harness, "quit; Ctrl-C quits anywhere");
    harness.keys("gg");
    shows(&harness, "next line");
}

/// The keys that the user has changed work, and the help and the hints show them.
#[test]
fn configured_keys() {
    let scene = HarnessConfig {
        keys: vec![("teardown", "D"), ("extend", "f2"), ("command", "ctrl-p")],
        ..HarnessConfig::new(160, 40, now())
    };
    let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
    shows(&harness, "D teardown  F2 extend");
    harness.keys("d");
    shows(
        &harness,
        "d is not a key of the dashboard; ? lists the keys",
    );
    harness.keys("D");
    shows(&harness, "Tear down checkout-1.4.0");
    harness.keys("<esc>?");
    shows(&harness, "D        plan a teardown");
    shows(&harness, "Ctrl-p   command line");
}

/// The filter's matches are marked in the columns of its fields, in any letter case.
#[test]
fn matches_are_marked() {
    use ratatui::style::Modifier;
    let leases = ["checkout-1.4.0", "search-2"].map(usual_lease).to_vec();
    let mut harness = harness_with(HarnessConfig::new(140, 30, now()), leases);
    let marked = |harness: &Harness| -> Vec<String> {
        let buffer = harness.buffer();
        let columns = usize::from(buffer.area.width);
        let rows = buffer.content().chunks(columns);
        rows.filter_map(|row| {
            let cells = row
                .iter()
                .filter(|cell| cell.modifier.contains(Modifier::UNDERLINED));
            let text: String = cells.map(ratatui::buffer::Cell::symbol).collect();
            (!text.is_empty()).then_some(text)
        })
        .collect()
    };
    assert_eq!(marked(&harness), [""; 0]);
    harness.keys("/name:CHECK<enter>");
    assert_eq!(marked(&harness), ["check"]);
    harness.keys("<esc>/phase:read<enter>");
    assert_eq!(marked(&harness), ["read", "read"]);
    harness.keys("<esc>/!name:check<enter>");
    assert_eq!(marked(&harness), [""; 0]);
}

/// Each change of the look is saved, and nothing else is.
#[test]
fn the_look_is_saved() {
    let mut harness = three();
    harness.take_effects();
    harness.keys("jk/a<enter><esc>");
    assert_eq!(harness.take_effects(), [""; 0]);
    for keys in [
        "s1",
        "g<pause>",
        ":columns owner<enter>",
        ":theme high-contrast<enter>",
    ] {
        harness.keys(keys);
        let effects = harness.take_effects();
        let saves = effects
            .iter()
            .filter(|effect| effect.starts_with("SaveView"));
        assert_eq!(saves.count(), 1, "{keys}: {effects:?}");
    }
}

/// A theme with its own background covers the whole screen, also below popups.
#[test]
fn high_contrast_covers_the_screen() {
    use ratatui::style::Color;
    let mut harness = three();
    harness.keys(":theme high-contrast<enter>");
    for keys in ["", "?", "<esc>e", "<esc>:"] {
        harness.keys(keys);
        for cell in harness.buffer().content() {
            assert_ne!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{keys}");
            assert_eq!(cell.bg, Color::Indexed(16), "{keys}");
        }
    }
}

/// `o` opens the label `url`. If no program can open it, the URL is shown and copied.
#[test]
fn opening_the_app() {
    let mut lease = usual_lease("checkout-1.4.0");
    let labels = BTreeMap::from([("url".to_owned(), "https://checkout.example.com".to_owned())]);
    lease.terms.labels = Labels::new(labels).unwrap();
    let leases = vec![lease, usual_lease("search-2")];
    let mut harness = harness_with(HarnessConfig::new(120, 30, now()), leases);
    harness.take_effects();
    harness.keys("s1<home>");
    harness.take_effects();
    harness.keys("o");
    let url = "https://checkout.example.com/";
    assert_eq!(harness.take_effects(), [format!("OpenUrl({url:?})")]);
    shows(&harness, "opening https://checkout.example.com/");
    harness.url_opened(url, Ok(()));
    shows(&harness, "opened https://checkout.example.com/");
    harness.url_opened(url, Err("this is a remote session".to_owned()));
    assert_eq!(harness.take_effects(), [format!("Copy({url:?})")]);
    harness.keys("<esc>");
    harness.keys("jo");
    assert_eq!(harness.take_effects(), [""; 0]);
    shows(&harness, "search-2 has no URL: set its label url");
}

/// `l` shows the steps of a teardown while they come in, and afterwards what Terraform said.
#[test]
fn the_log_of_a_teardown() {
    let mut harness = harness_with(
        HarnessConfig::new(100, 30, now()),
        vec![usual_lease("checkout-1.4.0")],
    );
    let stack = name("checkout-1.4.0");
    harness.take_effects();
    harness.keys("l");
    shows(&harness, "Reading the log");
    assert_eq!(harness.take_effects(), [format!("LoadRunLog({stack:?})")]);
    harness.progress(&stack, half_done_teardown("checkout-1.4.0"));
    shows(&harness, "▼ destroying");
    harness.keys("q");
    let mut harness = harness_with(
        HarnessConfig::new(100, 30, now()),
        vec![usual_lease("checkout-1.4.0")],
    );
    harness.keys("<enter>l");
    let run = RunId::new("7k3m9q2x4v8w").unwrap();
    let said = "Error: AccessDenied\n  on main.tf line 3\n";
    harness.load_run_log(&stack, run, half_done_teardown("checkout-1.4.0"), said);
    shows(&harness, "Teardown of");
    shows(&harness, "What Terraform said");
    shows(&harness, "Error: AccessDenied");
    harness.keys("gg<esc>");
    hides(&harness, "What Terraform said");
}
