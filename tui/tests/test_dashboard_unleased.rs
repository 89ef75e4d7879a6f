//! Stacks that only tags tell of: rows like others, which can be ended by a sweep and otherwise only looked at.

use stack::{EventKind, RunId, Span};
use tui::{Scene, Stage};

use crate::scenes::{half_way, lease, name, now, reaper, story, sweep, tagged, unleased, usual};

fn stage() -> Stage {
    unleased(Scene::new(120, 30, now()))
}

fn rows(stage: &Stage) -> Vec<String> {
    let text = stage.text();
    let rows = text.lines().filter(|line| line.contains("@v1"));
    rows.map(str::to_owned).collect()
}

#[track_caller]
fn shows(stage: &Stage, text: &str) {
    assert!(
        stage.text().contains(text),
        "no {text:?} on\n{}",
        stage.text()
    );
}

/// Two owners' stacks of one name are two rows, counted with the others and named in the header.
#[test]
fn they_are_rows() {
    let stage = stage();
    let rows = rows(&stage);
    assert_eq!(rows.len(), 4, "{rows:#?}");
    let forgotten: Vec<&String> = rows.iter().filter(|row| row.contains("unleased")).collect();
    assert_eq!(forgotten.len(), 2);
    assert!(forgotten[0].contains("ben@") && forgotten[1].contains("chi@"));
    shows(&stage, "4 stacks");
    shows(&stage, "2 unleased");
}

/// They are filtered by flag and by what their tags say, ordered by every column, and grouped.
#[test]
fn they_are_filtered_ordered_and_grouped() {
    let mut stage = stage();
    stage.keys("/flag:unleased<enter>");
    assert_eq!(rows(&stage).len(), 2);
    shows(&stage, "2 of 4 fit flag:unleased");
    stage.keys("<esc>/!flag:unleased<enter>");
    assert_eq!(rows(&stage).len(), 2);
    stage.keys("<esc>/owner:chi<enter>");
    assert_eq!(rows(&stage).len(), 1);
    stage.keys("<esc>");
    for column in 1..=9 {
        stage.keys(&format!("s{column}"));
        assert_eq!(rows(&stage).len(), 4);
        stage.keys(&format!("s{column}"));
        assert_eq!(rows(&stage).len(), 4);
    }
    stage.keys("s1");
    let first: Vec<String> = rows(&stage)
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
    stage.keys("gg");
    shows(&stage, "chi@example.com  1 stack, $0.01");
}

/// Each of the two can be selected; what needs a lease says that there is none, and nothing is wanted of the world.
#[test]
fn what_needs_a_lease_says_so() {
    let mut stage = stage();
    stage.keys("/chi<enter>");
    assert_eq!(stage.selected(), Some(name("forgotten")));
    for (key, why) in [
        ("e", "no end to move"),
        ("h", "no reaper touches it"),
        ("u", "nothing holds it"),
        ("z", "written down nowhere"),
        ("w", "written down nowhere"),
    ] {
        stage.keys(key);
        shows(&stage, why);
        assert_eq!(stage.wants(), [""; 0], "{key}");
    }
    stage.keys("c");
    assert_eq!(stage.wants(), ["Copy(\"forgotten\")"]);
    stage.keys("<enter>");
    assert_eq!(stage.wants(), [""; 0], "there are no events to be read");
    stage.keys("4");
    shows(
        &stage,
        "nothing that happens to it is written in this ledger",
    );
}

/// `d` plans a sweep of this one and no other, and takes a yes only as its typed name.
#[test]
fn d_sweeps() {
    let mut stage = stage();
    stage.keys("/chi<enter>d");
    let wanted = stage.wants();
    assert!(
        matches!(&wanted[..], [one] if one.starts_with("Plan(Tags(") && one.contains("chi@example.com")),
        "{wanted:?}"
    );
    stage.plan(sweep("forgotten"));
    shows(&stage, "by its tags, in the accounts of the configuration");
    shows(&stage, "vpc/vpc-0abc stays: its owner is another");
    stage.keys("y<enter>");
    shows(&stage, "type forgotten in full");
    assert_eq!(stage.wants(), [""; 0]);
    stage.keys("<backspace>forgotten<enter>");
    let wanted = stage.wants();
    assert!(
        matches!(&wanted[..], [one] if one.starts_with("Teardown { stack: Tags(") && one.ends_with("typed: Some(\"forgotten\") }")),
        "{wanted:?}"
    );
    stage.keys("d");
    shows(&stage, "it is being torn down already");
}

/// Where its tags say no app, nothing is deleted on their word, and `d` says why.
#[test]
fn tags_that_say_too_little() {
    let mut stage = stage();
    let mut bare = tagged("stray", "dora@example.com", "111111111111");
    bare.tags.remove("jiti:app");
    let places = vec![bare.place.clone()];
    stage.sight(vec![bare], places);
    stage.keys("/stray<enter>d");
    shows(&stage, "on their word nothing is swept");
    assert_eq!(stage.wants(), [""; 0]);
    stage.keys("<enter>3");
    shows(&stage, "on their word nothing is swept");
}

/// As soon as a sweep has begun, the ledger has a lease for it: whoever selected or opened it follows it there.
#[test]
fn a_sweep_gives_it_a_lease() {
    let mut stage = stage();
    stage.keys("/forgotten<enter>");
    stage.keys("<down><enter>3");
    stage.wants();
    let begun = EventKind::TeardownStarted {
        strategy: stack::lease::Strategy::Sweep,
        by: stack::Actor::of("ana", "laptop"),
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
    stage.load_changes(vec![adopted], Vec::new(), reaper());
    let wanted = stage.wants().join(" ");
    assert!(
        wanted.contains("Follow") && wanted.contains("Tell(\"forgotten\")"),
        "{wanted}"
    );
    stage.progress(&name("forgotten"), half_way("forgotten"));
    shows(&stage, "Teardown goes on");
    shows(&stage, "tearing down");
    stage.keys("<esc>");
    let rows = rows(&stage);
    assert_eq!(rows.len(), 2, "{rows:#?}");
    let selected = rows.iter().find(|row| row.contains('▌')).unwrap();
    assert!(
        selected.contains("chi@") && selected.contains("▼ tearing down"),
        "{selected}"
    );
}

/// When the last of it is gone from the cloud its row goes; when its lease ends and its tags stay, its row comes.
#[test]
fn rows_come_and_go_with_what_is_found() {
    let mut stage = stage();
    stage.load_changes(Vec::new(), vec![name("alpha")], reaper());
    assert_eq!(rows(&stage).len(), 3);
    let ana = tagged("checkout-1.4.0", "ana@example.com", "111111111111");
    let places = vec![ana.place.clone()];
    stage.sight(vec![ana], places);
    assert_eq!(rows(&stage).len(), 1, "it is the lease's own");
    stage.load_changes(Vec::new(), vec![name("checkout-1.4.0")], reaper());
    let left = rows(&stage);
    assert!(left.len() == 1 && left[0].contains("unleased"), "{left:#?}");
    stage.load(vec![usual("checkout-1.4.0")], reaper());
    assert!(!rows(&stage)[0].contains("unleased"));
}

/// Time alone makes them expire, by their tags.
#[test]
fn time_alone() {
    let mut stage = stage();
    shows(&stage, "┈ 6 h ");
    stage.clock(Span::minutes(361).after(now()));
    let expired: Vec<String> = rows(&stage)
        .into_iter()
        .filter(|row| row.contains("expired, u"))
        .collect();
    assert_eq!(expired.len(), 2, "{}", stage.text());
}
