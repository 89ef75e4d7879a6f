//! Stacks that were found by tags only: rows like others, which can be swept but not changed.

use stack::{EventKind, RunId, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    half_done_teardown, lease, name, now, reaper, shows, story, sweep_plan, unleased_harness,
    unleased_resource, usual_lease,
};

fn harness() -> Harness {
    unleased_harness(HarnessConfig::new(160, 30, now()))
}

fn rows(harness: &Harness) -> Vec<String> {
    let text = harness.text();
    let rows = text.lines().filter(|line| line.contains("@v1"));
    rows.map(str::to_owned).collect()
}

/// Unleased stacks with the same name and different owners are two rows, and the totals in the
/// header include them.
#[test]
fn they_are_rows() {
    let harness = harness();
    let rows = rows(&harness);
    assert_eq!(rows.len(), 4, "{rows:#?}");
    let forgotten: Vec<&String> = rows.iter().filter(|row| row.contains("unleased")).collect();
    assert_eq!(forgotten.len(), 2);
    assert!(forgotten[0].contains("ben@") && forgotten[1].contains("chi@"));
    shows(&harness, "4 stacks");
    shows(&harness, "2 unleased");
}

/// The list filters unleased stacks by flag and tag, sorts them by every column, and groups them.
#[test]
fn they_are_filtered_ordered_and_grouped() {
    let mut harness = harness();
    harness.keys("/flag:unleased<enter>");
    assert_eq!(rows(&harness).len(), 2);
    shows(&harness, "2 of 4 match flag:unleased");
    harness.keys("<esc>/!flag:unleased<enter>");
    assert_eq!(rows(&harness).len(), 2);
    harness.keys("<esc>/owner:chi<enter>");
    assert_eq!(rows(&harness).len(), 1);
    harness.keys("<esc>");
    for column in 1..=9 {
        harness.keys(&format!("s{column}"));
        assert_eq!(rows(&harness).len(), 4);
        harness.keys(&format!("s{column}"));
        assert_eq!(rows(&harness).len(), 4);
    }
    harness.keys("s1");
    let first: Vec<String> = rows(&harness)
        .iter()
        .map(|row| {
            row.trim_start_matches(['▌', ' '])
                .split(' ')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(first, ["alpha", "checkout-1.4.0", "forgotten", "forgotten"]);
    harness.keys("g<pause>g<pause>");
    shows(&harness, "chi@example.com  1 stack, $0.01");
}

/// On an unleased stack, a key that needs a lease shows the reason and requests no effect.
#[test]
fn what_needs_a_lease_says_so() {
    let mut harness = harness();
    harness.keys("/chi<enter>");
    assert_eq!(harness.selected(), Some(name("forgotten")));
    let keys = [
        ("e", "nothing to extend"),
        ("h", "the reaper never touches it"),
        ("u", "not held"),
        ("z", "cannot sleep or wake"),
        ("w", "cannot sleep or wake"),
    ];
    for ((key, why), minutes) in keys.into_iter().zip(1..) {
        harness.set_time(Span::minutes(minutes).after(now()));
        harness.keys(key);
        shows(&harness, why);
        assert_eq!(harness.take_effects(), [""; 0], "{key}");
    }
    harness.set_time(Span::minutes(9).after(now()));
    harness.keys("c");
    assert_eq!(harness.take_effects(), ["Copy(\"forgotten\")"]);
    harness.keys("<enter>");
    assert_eq!(
        harness.take_effects(),
        [""; 0],
        "there are no events to load"
    );
    harness.keys("4");
    shows(&harness, "this ledger has no events of this stack");
}

/// What the user types for a field that a refused key did not open does nothing, up to Enter, Esc
/// or a pause: a `d` in it opens no teardown, and a `q` does not quit.
#[test]
fn what_follows_a_refused_key_does_nothing() {
    let second = |seconds| now() + jiff::SignedDuration::from_secs(seconds);
    for typed in [
        "e3d",
        "e<down>3d",
        "h1d<enter>",
        "hqueue<enter>",
        "zu1d<enter>",
    ] {
        let mut harness = harness();
        harness.keys("/chi<enter>");
        harness.keys(typed);
        assert_eq!(harness.take_effects(), [""; 0], "{typed}");
        assert_eq!(harness.selected(), Some(name("forgotten")), "{typed}");
        assert!(!harness.has_ended(), "{typed}");
        shows(&harness, "no lease (found by tags only)");
    }
    // A filter cannot be typed on a stack's page: its `w` wakes nothing, and its `d` ends nothing.
    let mut leased = harness();
    leased.keys("<enter>");
    leased.take_effects();
    leased.keys("/owner:dan w<enter>");
    assert_eq!(leased.take_effects(), [""; 0]);
    shows(&leased, "/ works in the list");
    // Later keys act again: after a pause, or after Esc.
    let mut harness = harness();
    harness.keys("/chi<enter>e3");
    harness.set_time(second(1));
    harness.keys("d");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.set_time(second(3));
    harness.keys("d");
    assert_eq!(harness.take_effects().len(), 1);
    harness.keys("<esc>e<esc>/ben<enter>d");
    shows(&harness, "forgotten");
    let planned = harness.take_effects();
    assert!(
        planned.iter().any(|one| one.contains("ben@example.com")),
        "{planned:?}"
    );
}

/// If the stack ends while the user types into its popup, the rest of the text does nothing.
#[test]
fn what_is_typed_into_a_popup_that_closes_does_nothing() {
    let mut harness = harness_with_leases(&["a", "b"]);
    harness.keys("e3");
    harness.load(vec![usual_lease("b")], reaper());
    harness.take_effects();
    harness.keys("d<enter>");
    assert_eq!(harness.take_effects(), [""; 0]);
    shows(&harness, "a is gone");
    harness.keys("d");
    assert_eq!(
        harness.take_effects().len(),
        1,
        "Enter ends the ignored text"
    );
}

fn harness_with_leases(names: &[&str]) -> Harness {
    let leases = names.iter().map(|name| usual_lease(name)).collect();
    crate::fixtures::harness_with(HarnessConfig::new(100, 30, now()), leases)
}

/// `d` plans a sweep of the selected stack only, and requires its typed name.
#[test]
fn d_sweeps() {
    let mut harness = harness();
    harness.keys("/chi<enter>d");
    let wanted = harness.take_effects();
    assert!(
        matches!(&wanted[..], [one] if one.starts_with("PlanTeardown(Tags(") && one.contains("chi@example.com")),
        "{wanted:?}"
    );
    harness.plan(sweep_plan("forgotten"));
    shows(&harness, "sweep by tag in the configured accounts");
    shows(&harness, "vpc/vpc-0abc stays: its owner is another");
    harness.keys("y<enter>");
    shows(&harness, "type the full name: forgotten");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.keys("<backspace>forgotten<enter>");
    let wanted = harness.take_effects();
    assert!(
        matches!(&wanted[..], [one] if one.starts_with("Teardown { stack: Tags(") && one.ends_with("typed: Some(\"forgotten\") }")),
        "{wanted:?}"
    );
    harness.keys("d");
    shows(&harness, "already being torn down");
}

/// Without a tag for the app, `d` requests no sweep and shows the reason.
#[test]
fn tags_that_say_too_little() {
    let mut harness = harness();
    let mut bare = unleased_resource("stray", "dora@example.com", "111111111111");
    bare.tags.remove("jiti:app");
    let places = vec![bare.place.clone()];
    harness.load_cloud(vec![bare], places);
    harness.keys("/stray<enter>d");
    shows(&harness, "cannot sweep: the tags do not name");
    assert_eq!(harness.take_effects(), [""; 0]);
    harness.set_time(Span::minutes(1).after(now()));
    harness.keys("<enter>3");
    shows(&harness, "cannot sweep: the tags do not name");
}

/// A sweep registers a lease when it starts. The selection and the open page follow the new lease.
#[test]
fn a_sweep_gives_it_a_lease() {
    let mut harness = harness();
    harness.keys("/forgotten<enter>");
    harness.keys("<down><enter>3");
    harness.take_effects();
    let begun = EventKind::TeardownStarted {
        strategy: stack::lease::Strategy::Sweep,
        by: stack::Actor::from_names("ana", "laptop"),
        why: "asked for".to_owned(),
        run: RunId::new("7k3m9q2x4v8w").unwrap(),
        host: "laptop".to_owned(),
        pid: 4711,
    };
    let adopted = lease(&story(
        "forgotten",
        120,
        |r| r.owner = "chi@example.com".parse().unwrap(),
        vec![(119, EventKind::Recorded { origin: None }), (0, begun)],
    ));
    harness.load_changes(vec![adopted], Vec::new(), reaper());
    let wanted = harness.take_effects().join(" ");
    assert!(
        wanted.contains("Follow") && wanted.contains("LoadEvents { stack: \"forgotten\""),
        "{wanted}"
    );
    harness.progress(&name("forgotten"), half_done_teardown("forgotten"));
    shows(&harness, "Teardown running");
    shows(&harness, "tearing down");
    harness.keys("<esc>");
    let rows = rows(&harness);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    let selected = rows.iter().find(|row| row.contains('▌')).unwrap();
    assert!(
        selected.contains("chi@") && selected.contains("▼ tearing down"),
        "{selected}"
    );
}

/// The row of an unleased stack disappears with its last resource, and appears when a lease ends
/// while tags remain.
#[test]
fn rows_come_and_go_with_what_is_found() {
    let mut harness = harness();
    harness.load_changes(Vec::new(), vec![name("alpha")], reaper());
    assert_eq!(rows(&harness).len(), 3);
    let ana = unleased_resource("checkout-1.4.0", "ana@example.com", "111111111111");
    let places = vec![ana.place.clone()];
    harness.load_cloud(vec![ana], places);
    assert_eq!(rows(&harness).len(), 1, "it belongs to the lease");
    harness.load_changes(Vec::new(), vec![name("checkout-1.4.0")], reaper());
    let left = rows(&harness);
    assert!(left.len() == 1 && left[0].contains("unleased"), "{left:#?}");
    harness.load(vec![usual_lease("checkout-1.4.0")], reaper());
    assert!(!rows(&harness)[0].contains("unleased"));
}

/// An unleased stack expires as time passes, according to its tags.
#[test]
fn time_alone() {
    let mut harness = harness();
    shows(&harness, "┈ 6 h ");
    harness.set_time(Span::minutes(361).after(now()));
    let expired: Vec<String> = rows(&harness)
        .into_iter()
        .filter(|row| row.contains("expired, u"))
        .collect();
    assert_eq!(expired.len(), 2, "{}", harness.text());
}

/// When a lease ends, the dashboard reads the stored cloud data again. The process that swept the
/// stack has stored what it found at the end, so the row does not come back as an unleased stack.
#[test]
fn a_swept_stack_leaves_the_list() {
    let mut harness = harness();
    harness.load_changes(Vec::new(), Vec::new(), reaper());
    assert!(!harness.take_effects().contains(&"LoadCloud".to_owned()));
    harness.load_changes(Vec::new(), vec![name("alpha")], reaper());
    assert!(harness.take_effects().contains(&"LoadCloud".to_owned()));
}
