//! Keys and the mouse: what each does, and which effects it requests.

use stack::{EventKind, ReaperStatus, Span};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    demo_harness, finished_teardown, half_done_teardown, harness_with, hides, lease, name, now,
    plan, selected, shows, story, teardown_with_residue, three_stacks, usual_lease,
};

fn one() -> Harness {
    harness_with(
        HarnessConfig::new(100, 30, now()),
        vec![usual_lease("checkout-1.4.0")],
    )
}

fn three() -> Harness {
    three_stacks(HarnessConfig::new(100, 30, now()))
}

/// Arrow keys, j and k move the selection and stop at both ends. Sorting keeps the selected stack.
#[test]
fn moving() {
    let mut harness = three();
    assert_eq!(selected(&harness), "a");
    harness.keys("jj");
    assert_eq!(selected(&harness), "c");
    harness.keys("<down>j<pagedown>");
    assert_eq!(selected(&harness), "c");
    harness.keys("k<up><up>");
    assert_eq!(selected(&harness), "a");
    harness.keys("<end>");
    assert_eq!(selected(&harness), "c");
    harness.keys("s1");
    assert_eq!(
        selected(&harness),
        "c",
        "a new sort order keeps the selection"
    );
}

/// Releasing a key does nothing.
#[test]
fn releases_are_ignored() {
    let mut harness = three();
    harness.release_key("j");
    assert_eq!(selected(&harness), "a");
}

/// When the selected stack disappears, the selection moves to the stack now on its line.
#[test]
fn the_selected_stack_goes() {
    let mut harness = three();
    harness.keys("j");
    harness.load(
        ["a", "c"].map(usual_lease).to_vec(),
        crate::fixtures::reaper(),
    );
    assert_eq!(selected(&harness), "c");
    harness.load(Vec::new(), crate::fixtures::reaper());
    assert_eq!(selected(&harness), "");
    harness.keys("jkdehu<enter>");
    shows(&harness, "no stack selected");
}

/// The filter accepts words and fields and is visible while the user types; Esc clears it.
#[test]
fn filtering() {
    let mut harness = demo_harness(160, 40, 60);
    harness.keys("/owner:ana phase:ready");
    shows(&harness, "/ owner:ana phase:ready");
    let rows: Vec<String> = harness
        .text()
        .lines()
        .filter(|line| line.contains("-pr-"))
        .map(str::to_owned)
        .collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row.contains("ana@") && row.contains("● ready"), "{row}");
    }
    harness.keys("<enter>");
    shows(&harness, "of 60 match owner:ana phase:ready");
    harness.keys("<esc>");
    shows(&harness, "all stacks · sorted by time left");
    harness.keys("/!flag:protected label:cost-center=42 \"prod-gateway\"");
    shows(&harness, "No stacks match");
    harness.keys("<esc>");
    harness.keys("/q");
    assert!(
        !harness.has_ended(),
        "while the user edits the filter, q is a letter"
    );
    harness.keys("<esc>/");
    harness.paste("owner:ben\n\u{1b}[2J");
    shows(&harness, "/ owner:ben[2J");
}

/// The user can sort by every column. Choosing the same column again, or clicking its title again,
/// reverses the order.
#[test]
fn ordering() {
    let mut harness = demo_harness(200, 50, 60);
    for key in 1..=9 {
        harness.keys(&format!("s{key}"));
    }
    harness.keys("s<end><enter>");
    shows(&harness, "sorted by init, slowest first");
    harness.keys("ss");
    shows(&harness, "sorted by init, fastest first");
    let titles = harness.text().lines().nth(3).unwrap().to_owned();
    let x = titles.chars().collect::<String>().find("OWNER").unwrap();
    harness.click(u16::try_from(x).unwrap(), 3);
    shows(&harness, "sorted by owner");
    shows(&harness, "OWNER ▲");
    harness.click(u16::try_from(x).unwrap(), 3);
    shows(&harness, "OWNER ▼");
}

/// `▲` stands next to values that ascend from the top, `▼` next to values that descend.
#[test]
fn the_sign_of_the_sort_order() {
    let mut harness = demo_harness(200, 50, 60);
    for (number, title, is_ascending) in [
        (1, "NAME", true),
        (2, "APP@VERSION", true),
        (3, "OWNER", true),
        (5, "AGE", true),
        (6, "TIME LEFT", true),
        (7, "$/H", false),
        (8, "ESTIMATE", false),
    ] {
        let signs = if is_ascending {
            ["▲", "▼"]
        } else {
            ["▼", "▲"]
        };
        harness.keys(&format!("s{number}"));
        if harness.text().contains(&format!("{title} {}", signs[1])) {
            // The list was already sorted by this column, so the order was reversed.
            harness.keys(&format!("s{number}"));
        }
        shows(&harness, &format!("{title} {}", signs[0]));
        harness.keys(&format!("s{number}"));
        shows(&harness, &format!("{title} {}", signs[1]));
    }
    harness.keys("s7");
    let rates = |harness: &Harness| -> Vec<f64> {
        let text = harness.text();
        let titles = text.lines().nth(3).unwrap();
        let end = titles[..titles.find("$/H ▼").unwrap()].chars().count() + 5;
        let cells = text.lines().skip(4).take(20).map(|line| {
            let cells: String = line.chars().take(end).collect();
            let cell = cells.rsplit('$').next().unwrap().trim().to_owned();
            cell.parse().unwrap_or(0.0)
        });
        cells.collect()
    };
    let shown = rates(&harness);
    assert!(shown.is_sorted_by(|a, b| a >= b), "{shown:?}");
}

/// Groups have headings with totals, and moving skips the headings.
#[test]
fn grouping() {
    let mut harness = demo_harness(120, 40, 60);
    harness.keys("g<pause>");
    shows(&harness, "grouped by app");
    shows(&harness, "stacks, ≥ $");
    for _ in 0..80 {
        harness.keys("j");
        assert!(!selected(&harness).is_empty());
    }
    harness.keys("<home>");
    assert!(selected(&harness).starts_with("auth"));
    harness.keys("g<pause>");
    shows(&harness, "grouped by owner");
    harness.keys("g<pause>");
    hides(&harness, "grouped");
}

/// A click selects, a second click opens, and the wheel scrolls.
#[test]
fn the_mouse() {
    let mut harness = demo_harness(100, 30, 60);
    let first = selected(&harness);
    harness.click(10, 7);
    assert_ne!(selected(&harness), first);
    let clicked = selected(&harness);
    harness.wheel(true);
    assert_ne!(
        harness
            .text()
            .lines()
            .nth(4)
            .unwrap()
            .split_whitespace()
            .next(),
        Some(first.as_str())
    );
    harness.wheel(false);
    harness.click(10, 7);
    shows(&harness, "1 Lease");
    shows(&harness, &clicked);
    harness.click(14, 4);
    shows(&harness, "declares no readiness check");
    harness.keys("<esc>?");
    harness.click(10, 8);
    harness.keys("<esc>");
    assert_eq!(
        selected(&harness),
        clicked,
        "a click below a popup has no effect"
    );
}

/// The extend popup accepts a duration that the policy allows and requests an extension by it.
#[test]
fn extending() {
    let mut harness = one();
    let mut extends = |keys: &str, by: &str| {
        harness.keys(keys);
        let span: Span = by.parse().unwrap();
        assert_eq!(
            harness.take_effects(),
            [format!(
                "Extend {{ stack: {:?}, by: {span:?} }}",
                name("checkout-1.4.0")
            )],
            "{keys}"
        );
    };
    // The presets fill the field; the arrows go through them.
    extends("e<enter>", "1h");
    extends("e<down><enter>", "4h");
    extends("e<up><down><down><down><up><enter>", "8h");
    // A digit or a letter is a character of the field, and replaces a preset.
    extends("e3d<enter>", "3d");
    extends("e<down>2h<enter>", "2h");
    extends("e<end>90m<enter>", "90m");
    extends("e<backspace>m<enter>", "1m");
    extends("e<ctrl-u>1d12h<enter>", "36h");
    let mut harness = one();
    harness.keys("e3d");
    shows(&harness, "Extend checkout-1.4.0");
    hides(&harness, "Tear down");
    assert!(harness.take_effects().is_empty(), "only Enter confirms");
    shows(&harness, "until 2026-03-05 17:00 UTC");
    harness.keys("<esc>e<end>30d<enter>");
    assert!(harness.take_effects().is_empty());
    shows(&harness, "2026-03-09T09:00:00Z");
    harness.keys("<esc>e<end>soon<enter>");
    shows(&harness, "invalid duration");
    assert!(harness.take_effects().is_empty());
}

/// At `max_ttl`, the extend popup gives the reason and requests nothing.
#[test]
fn nothing_more_to_extend() {
    let events = story(
        "old",
        7 * 24 * 60,
        |r| {
            r.terms.ttl = "7d".parse().unwrap();
            r.policy.max_ttl = "7d".parse().ok();
        },
        Vec::new(),
    );
    let mut harness = harness_with(HarnessConfig::new(100, 30, now()), vec![lease(&events)]);
    harness.keys("e");
    shows(&harness, "the lease is at the policy's max_ttl");
    harness.keys("<enter>");
    assert!(harness.take_effects().is_empty());
}

/// The hold popup requires a reason before it requests the hold.
#[test]
fn holding() {
    let mut harness = one();
    harness.keys("h<enter><enter>");
    shows(&harness, "enter a reason");
    harness.keys("demo<enter>");
    let wanted = harness.take_effects();
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert!(
        wanted[0].contains("2026-03-02T16:00:00Z") && wanted[0].contains("\"demo\""),
        "{wanted:?}"
    );
    harness.keys("u");
    shows(&harness, "not held");
    assert!(harness.take_effects().is_empty());
}

/// `u` ends a hold.
#[test]
fn ending_a_hold() {
    let until = Span::minutes(60).after(now());
    let held = EventKind::Held {
        until,
        why: "a demo".to_owned(),
    };
    let events = story("held", 30, |_| {}, vec![(20, held)]);
    let mut harness = harness_with(HarnessConfig::new(100, 30, now()), vec![lease(&events)]);
    harness.keys("u");
    assert_eq!(
        harness.take_effects(),
        [format!("Unhold({:?})", name("held"))]
    );
}

/// `y` does nothing until the plan is on the screen. Then it confirms that plan.
#[test]
fn y_is_inert_until_the_plan_was_seen() {
    let mut harness = one();
    harness.keys("dyyy");
    assert_eq!(
        harness.take_effects(),
        [format!("PlanTeardown(Lease({:?}))", name("checkout-1.4.0"))]
    );
    harness.plan_before_draw(plan("checkout-1.4.0", false, 2));
    harness.key_before_draw("y");
    assert!(
        harness.take_effects().is_empty(),
        "the plan has not been drawn yet"
    );
    harness.keys("j");
    shows(&harness, "2 resources will be destroyed, saving $0.42/h");
    harness.keys("y");
    let wanted = harness.take_effects();
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert!(
        wanted[0].starts_with("Teardown {") && wanted[0].contains("typed: None"),
        "{wanted:?}"
    );
}

/// The dashboard discards a plan of another stack, and one that arrives after its popup closed.
#[test]
fn a_late_plan_is_forgotten() {
    let mut harness = three();
    harness.keys("d<esc>");
    harness.take_effects();
    harness.plan(plan("a", false, 2));
    assert_eq!(
        harness.take_effects(),
        [format!("DiscardPlan(Lease({:?}))", name("a"))]
    );
    harness.keys("jd");
    harness.take_effects();
    harness.plan(plan("a", false, 2));
    harness.keys("y");
    assert_eq!(
        harness.take_effects(),
        [format!("DiscardPlan(Lease({:?}))", name("a"))]
    );
}

/// The teardown of a protected stack requires its full name, and `y` is then an ordinary letter.
#[test]
fn protected_stacks_want_their_name() {
    let mut harness = one();
    harness.keys("d");
    harness.plan(plan("checkout-1.4.0", true, 2));
    harness.take_effects();
    harness.keys("y<enter>");
    assert!(harness.take_effects().is_empty());
    shows(&harness, "type the full name: checkout-1.4.0");
    harness.keys("<ctrl-u>checkout-1.4.0<enter>");
    let wanted = harness.take_effects();
    assert!(
        wanted.len() == 1 && wanted[0].contains("typed: Some"),
        "{wanted:?}"
    );
}

/// The popup shows the blockers of a blocked plan, and `y` does not confirm it.
#[test]
fn blocked_plans() {
    use stack::service::teardown::Blocker;
    let mut harness = one();
    harness.keys("d");
    let mut blocked = plan("checkout-1.4.0", false, 2);
    blocked.blockers = vec![Blocker::MissingVariables {
        names: vec!["region".to_owned()],
    }];
    harness.plan(blocked);
    shows(&harness, "no value for the variable region");
    harness.take_effects();
    harness.keys("y<enter>");
    assert!(harness.take_effects().is_empty());
    hides(&harness, "y tear down");
}

/// Read-only mode refuses every change. It plans a teardown only for `r` on the third tab.
#[test]
fn read_only() {
    let scene = HarnessConfig {
        read_only: Some("--read-only was given".to_owned()),
        ..HarnessConfig::new(100, 30, now())
    };
    let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
    shows(&harness, "READ-ONLY");
    for key in ["e", "h", "u", "z", "w"] {
        harness.keys(key);
        shows(&harness, "read-only: --read-only was given");
        assert!(harness.take_effects().is_empty(), "{key}");
    }
    harness.keys("d");
    assert!(harness.take_effects().is_empty());
    shows(&harness, "read-only: --read-only was given");
    harness.plan(plan("checkout-1.4.0", false, 2));
    harness.take_effects();
    harness.set_time(Span::minutes(1).after(now()));
    harness.keys("y");
    assert!(harness.take_effects().is_empty());
    shows(&harness, "y is not a key of the dashboard");
    hides(&harness, "more, m lists them");
    harness.load(vec![usual_lease("checkout-1.4.1")], ReaperStatus::default());
    harness.keys("<enter>3");
    let opened = harness.take_effects();
    assert!(!format!("{opened:?}").contains("Teardown"), "{opened:?}");
    shows(&harness, "jiti runs Terraform only when you press r");
    harness.keys("r");
    let refreshed = harness.take_effects();
    assert!(
        format!("{refreshed:?}").contains("PreviewTeardown"),
        "{refreshed:?}"
    );
}

/// Without an account, the dashboard refuses sleep and wake and names the missing `[[account]]`.
#[test]
fn sleep_and_wake_say_that_they_need_a_cloud() {
    let mut harness = one();
    for key in ["z", "w"] {
        harness.keys(key);
        shows(&harness, "[[account]]");
    }
    assert!(harness.take_effects().is_empty());
}

/// The dashboard follows a teardown to its end, even if another process started it.
#[test]
fn teardowns_are_followed() {
    use stack::lease::Strategy;
    let mut harness = one();
    harness.keys("d");
    harness.plan(plan("checkout-1.4.0", false, 3));
    harness.keys("y<enter>3");
    let stack = name("checkout-1.4.0");
    harness.progress(&stack, half_done_teardown("checkout-1.4.0"));
    shows(&harness, "1 of 3 destroyed");
    harness.keys("d");
    shows(&harness, "already being torn down");
    harness.progress(&stack, vec![finished_teardown("checkout-1.4.0")]);
    shows(&harness, "already being torn down");
    harness.set_time(Span::from_seconds(4).unwrap().after(now()));
    shows(&harness, "checkout-1.4.0 is gone: 3 deleted");
    let begun = EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: stack::testing::actor(),
        why: "merged".to_owned(),
        run: stack::RunId::new("0123456789ab").unwrap(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    let events = story("other", 30, |_| {}, vec![(1, begun)]);
    let mut harness = harness_with(HarnessConfig::new(100, 30, now()), Vec::new());
    harness.load(vec![lease(&events)], crate::fixtures::reaper());
    let wanted = harness.take_effects();
    assert!(
        wanted.iter().any(|w| w.starts_with("FollowTeardown {")),
        "{wanted:?}"
    );
    harness.load(vec![lease(&events)], crate::fixtures::reaper());
    assert!(harness.take_effects().is_empty(), "already followed");
}

/// A stack expires as time passes, without a new read of the ledger.
#[test]
fn time_alone() {
    let mut harness = one();
    shows(&harness, "5 h");
    harness.set_time(Span::minutes(270).after(now()));
    shows(&harness, "ready, expiring");
    harness.set_time(Span::minutes(301).after(now()));
    shows(&harness, "ready, expired");
    shows(&harness, "1 expired");
}

/// `c` copies the name, `r` reloads, and `q` and Ctrl-C quit. In a popup, `q` closes the popup.
#[test]
fn small_keys() {
    let mut harness = one();
    harness.keys("c");
    assert_eq!(harness.take_effects(), ["Copy(\"checkout-1.4.0\")"]);
    harness.keys("r");
    assert_eq!(harness.take_effects(), ["Load"]);
    harness.keys("?q");
    assert!(!harness.has_ended());
    harness.keys("q");
    assert!(harness.has_ended());
    let mut harness = one();
    harness.keys("d<ctrl-c>");
    assert!(harness.has_ended());
}

/// The help lists every key.
#[test]
fn the_help_names_every_key() {
    let mut harness = demo_harness(100, 40, 3);
    harness.keys("?");
    let text = harness.text();
    for key in [
        "j", "k", "Enter", "Esc", "/", "s", "g", "d", "e", "h", "u", "z", "w", "c", "r", "?", "q",
    ] {
        let named = text.lines().any(|line| {
            let words = line.trim_start_matches(|c: char| !c.is_ascii_graphic() || c == '│');
            words.split_whitespace().take(4).any(|word| word == key)
        });
        assert!(named, "the help does not list {key}:\n{text}");
    }
}

/// The Resources tab requests a preview once, and `r` requests it again. The tab also shows a plan
/// that `d` requested.
#[test]
fn what_would_go_is_asked_when_somebody_looks() {
    let foresees = |harness: &mut Harness| {
        let wants = harness.take_effects();
        wants
            .iter()
            .filter(|want| want.contains("PreviewTeardown"))
            .count()
    };
    let mut harness = one();
    harness.keys("<enter><tab>");
    assert_eq!(foresees(&mut harness), 0);
    harness.keys("<tab>");
    assert_eq!(foresees(&mut harness), 1);
    shows(&harness, "Running terraform plan -destroy");
    harness.keys("r13");
    assert_eq!(foresees(&mut harness), 0, "the preview is in progress");
    harness.preview_teardown(plan("checkout-1.4.0", false, 5));
    shows(&harness, "5 resources will be destroyed, saving $0.42/h");
    shows(&harness, "aws_instance.web[4]");
    harness.keys("<esc><enter>3");
    assert_eq!(foresees(&mut harness), 0, "the preview is loaded");
    shows(&harness, "aws_instance.web[4]");
    harness.keys("r");
    assert_eq!(foresees(&mut harness), 1);
    harness.keys("d");
    harness.plan(plan("checkout-1.4.0", false, 2));
    harness.keys("<esc>");
    shows(&harness, "2 resources will be destroyed");
}

/// Loading only the changed stacks keeps all other stacks.
#[test]
fn changes_alone_are_enough() {
    let mut harness = three();
    harness.keys("j");
    harness.load_changes(
        vec![usual_lease("aa")],
        vec![name("c")],
        crate::fixtures::reaper(),
    );
    shows(&harness, "3 stacks");
    assert_eq!(selected(&harness), "b");
    hides(&harness, "\n c ");
    harness.keys("<end>");
    assert_eq!(selected(&harness), "b");
    harness.keys("<up>");
    assert_eq!(selected(&harness), "aa");
}

/// With an account, `z` shows the plan before `y` confirms it, `w` wakes only a sleeping stack, and
/// `r` queries the cloud.
#[test]
fn sleep_and_wake() {
    let scene = HarnessConfig {
        cloud: true,
        ..HarnessConfig::new(100, 30, now())
    };
    let sleeping = story(
        "b",
        180,
        |_| {},
        vec![
            (
                60,
                EventKind::SleepStarted {
                    prior: [].into(),
                    until: None,
                    operator: None,
                },
            ),
            (59, EventKind::Slept),
        ],
    );
    let mut harness = harness_with(scene, vec![usual_lease("a"), lease(&sleeping)]);
    harness.keys("zy");
    let asked = harness.take_effects();
    assert_eq!(asked.len(), 1, "y without a plan: {asked:?}");
    assert!(asked[0].contains("PlanSleep"), "{asked:?}");
    harness.plan_sleep(crate::fixtures::sleep_plan("a"));
    shows(&harness, "$0.03/h remains");
    harness.keys("y");
    let wants = harness.take_effects();
    assert_eq!(wants.len(), 1, "{wants:?}");
    assert!(wants[0].contains("Sleep"), "{wants:?}");
    harness.keys("w");
    shows(&harness, "going to sleep");
    harness.power_finished(stack::service::power::PowerOutcome {
        asleep: false,
        ..crate::fixtures::finished_sleep("a")
    });
    harness.take_effects();
    harness.keys("w");
    shows(&harness, "already awake");
    assert!(harness.take_effects().is_empty());
    harness.keys("jw");
    let selected = selected(&harness);
    assert_eq!(selected, "b");
    assert!(harness.take_effects()[0].contains("Wake"));
    harness.keys("r");
    assert!(harness.take_effects().iter().any(|want| want == "Sync"));
}

/// The third tab never shows the plan of a teardown below its result, nor a plan that was requested
/// before the teardown. `r` makes a new one.
#[test]
fn no_old_plan_below_a_result() {
    let mut harness = one();
    let stack = name("checkout-1.4.0");
    harness.keys("<enter>3");
    harness.keys("d");
    harness.plan(plan("checkout-1.4.0", false, 3));
    harness.keys("y");
    harness.preview_teardown(plan("checkout-1.4.0", false, 5));
    harness.progress(&stack, half_done_teardown("checkout-1.4.0"));
    harness.progress(&stack, vec![teardown_with_residue("checkout-1.4.0")]);
    shows(&harness, "Teardown incomplete");
    shows(&harness, "No plan yet; press r to make one.");
    hides(&harness, "will be destroyed");
    harness.take_effects();
    harness.keys("r");
    let wanted = harness.take_effects().join(" ");
    assert!(wanted.contains("PreviewTeardown"), "{wanted}");
    harness.preview_teardown(plan("checkout-1.4.0", false, 1));
    shows(&harness, "1 resource will be destroyed");
}

/// An open popup closes when its stack ends, and the status line says so. The saved plan of a
/// teardown is discarded. Popups of other stacks stay open.
#[test]
fn a_popup_notices_that_its_stack_is_gone() {
    for (key, discards) in [("e", false), ("h", false), ("d", true)] {
        let mut harness = three();
        harness.keys(key);
        if discards {
            harness.plan(plan("a", false, 3));
        }
        harness.load_changes(Vec::new(), vec![name("b")], crate::fixtures::reaper());
        hides(&harness, "is gone");
        harness.take_effects();
        harness.load_changes(Vec::new(), vec![name("a")], crate::fixtures::reaper());
        shows(&harness, "a is gone");
        hides(&harness, "Esc cancel");
        let wanted = harness.take_effects().join(" ");
        assert_eq!(wanted.contains("DiscardPlan"), discards, "{wanted}");
        harness.keys("y<enter>");
        let wanted = harness.take_effects().join(" ");
        assert!(!wanted.contains("Teardown {"), "{wanted}");
    }
}

/// The page of a stack reads only the events that it does not have, and nothing when another stack
/// changes. After a full read of the ledger, it reads all of them.
#[test]
fn an_open_page_reads_only_new_events() {
    let recorded = || (179, EventKind::Recorded { origin: None });
    let events = story("shop", 180, |_| {}, vec![recorded()]);
    let mut harness = harness_with(
        HarnessConfig::new(100, 30, now()),
        vec![lease(&events), usual_lease("other")],
    );
    harness.keys("/shop<enter><enter>");
    let opened = harness.take_effects().join(" ");
    assert!(
        opened.contains("LoadEvents { stack: \"shop\", after: Seq(0) }"),
        "{opened}"
    );
    harness.load_events(&name("shop"), events);
    harness.load_changes(
        vec![usual_lease("other")],
        Vec::new(),
        ReaperStatus::default(),
    );
    let unchanged = harness.take_effects().join(" ");
    assert!(!unchanged.contains("LoadEvents"), "{unchanged}");
    let more = story("shop", 180, |_| {}, vec![recorded(), (1, EventKind::Ready)]);
    harness.load_changes(vec![lease(&more)], Vec::new(), ReaperStatus::default());
    let changed = harness.take_effects().join(" ");
    assert!(
        changed.contains("LoadEvents { stack: \"shop\", after: Seq(2) }"),
        "{changed}"
    );
    harness.load(vec![lease(&more)], ReaperStatus::default());
    let full = harness.take_effects().join(" ");
    assert!(
        full.contains("LoadEvents { stack: \"shop\", after: Seq(0) }"),
        "{full}"
    );
}

/// A key without a meaning says so, and which key helps. A digit in the list is no tab.
#[test]
fn unknown_keys_show_a_hint() {
    let mut harness = one();
    for (keys, hint) in [
        ("x", "x is not a key of the dashboard; ? lists the keys"),
        ("7", "7 works on a stack's page; Enter opens it"),
        ("<enter>s", "s works in the list; Esc goes back to it"),
        ("9", "there is no tab 9, only 1 to 5"),
        ("<esc>sx", "x does nothing in this window; Esc closes it"),
    ] {
        harness.keys(keys);
        shows(&harness, hint);
    }
    assert!(
        harness
            .take_effects()
            .iter()
            .all(|effect| effect.starts_with("LoadEvents"))
    );
}

/// Messages that arrive together are shown one after the other, and `m` lists all of them.
#[test]
fn messages_queue() {
    let mut harness = three();
    for stack in ["a", "b", "c"] {
        harness.progress(&name(stack), vec![finished_teardown(stack)]);
    }
    shows(&harness, "a is gone: 3 deleted");
    shows(&harness, "2 more, m lists them");
    harness.set_time(Span::from_seconds(5).unwrap().after(now()));
    shows(&harness, "b is gone: 3 deleted");
    harness.set_time(Span::from_seconds(10).unwrap().after(now()));
    shows(&harness, "c is gone: 3 deleted");
    harness.set_time(Span::minutes(2).after(now()));
    hides(&harness, "c is gone");
    harness.keys("m");
    for stack in ["a", "b", "c"] {
        shows(&harness, &format!("{stack} is gone: 3 deleted"));
    }
    shows(&harness, "Esc close");
    harness.keys("<esc>");
    hides(&harness, "is gone");
}

/// An unknown field of the filter is an error that names the nearest field. Enter does not accept
/// it, and no stack is hidden because of it.
#[test]
fn a_filter_with_an_unknown_field() {
    let mut harness = three();
    harness.keys("/ownr:ana");
    shows(&harness, "did you mean owner:?");
    shows(&harness, "  b ");
    harness.keys("<enter>");
    shows(&harness, "did you mean owner:?");
    harness.keys("<ctrl-u>phase:redy");
    shows(&harness, "did you mean ready?");
    harness.keys("<ctrl-u>owner:ana<enter>");
    shows(&harness, "of 3 match owner:ana");
}

/// While the plan for a protected stack is made, the letters of its name are no commands.
#[test]
fn the_name_can_be_typed_before_the_plan() {
    let protected = story(
        "queue",
        30,
        |registration| registration.app = "prod-queue".parse().unwrap(),
        Vec::new(),
    );
    let mut harness = harness_with(HarnessConfig::new(100, 30, now()), vec![lease(&protected)]);
    harness.keys("d");
    harness.take_effects();
    harness.keys("que");
    shows(&harness, "Tear down queue");
    harness.plan(plan("queue", true, 2));
    harness.keys("ue<enter>");
    let effects = harness.take_effects();
    assert!(
        effects.len() == 1 && effects[0].contains("typed: Some"),
        "{effects:?}"
    );
}

/// The columns that matter most are visible at 120 columns, and no column moves while states,
/// rates and times change. A resize measures the columns again.
#[test]
fn columns_stay_where_they_are() {
    let titles = |harness: &Harness| {
        let text = harness.text();
        let line = text.lines().find(|line| line.contains("TIME LEFT"));
        line.unwrap_or_default().to_owned()
    };
    let mut harness = demo_harness(120, 40, 60);
    for title in ["NAME", "STATE", "TIME LEFT", "$/H", "IDLE $/H", "INIT"] {
        assert!(titles(&harness).contains(title), "{}", titles(&harness));
    }
    let before = titles(&harness);
    let leases = Harness::demo_leases(now(), 60);
    for minutes in [1, 30, 90, 600, 3_000] {
        harness.set_time(Span::minutes(minutes).after(now()));
        assert_eq!(titles(&harness), before, "after {minutes} minutes");
    }
    let few = leases.iter().take(3).cloned().collect();
    harness.load(few, crate::fixtures::reaper());
    assert_eq!(titles(&harness), before, "with fewer stacks");
    harness.load(leases, crate::fixtures::reaper());
    assert_eq!(titles(&harness), before, "with all of them again");
}

/// The header keeps purgatory, residue and expired stacks longest.
#[test]
fn the_header_keeps_the_alarms() {
    for columns in [60, 80, 100, 120, 200] {
        let harness = demo_harness(columns, 24, 200);
        for word in ["in purgatory", "with residue", "expired"] {
            let header = harness.text().lines().next().unwrap().to_owned();
            assert!(header.contains(word), "{columns}: {header}");
        }
    }
}

/// The idle rate of the header says for how many stacks it is known.
#[test]
fn the_idle_rate_says_for_how_many_it_is_known() {
    let mut harness = demo_harness(200, 40, 60);
    shows(&harness, "idle unknown");
    let leases = Harness::demo_leases(now(), 60);
    harness.load_demo_cloud(&leases);
    let header = harness.text().lines().next().unwrap().to_owned();
    assert!(header.contains(" known)"), "{header}");
    assert!(header.contains("idle ≥ $"), "{header}");
}

/// Opens a popup.
type Open = fn(&mut Harness);

/// Every popup fits the smallest terminal and shows how to leave it.
#[test]
fn popups_fit_and_can_be_left() {
    for size in [(60, 14), (80, 24), (200, 50)] {
        let scene = HarnessConfig {
            cloud: true,
            ..HarnessConfig::new(size.0, size.1, now())
        };
        let opened: [(&str, Open); 9] = [
            ("help", |harness| harness.keys("?")),
            ("messages", |harness| harness.keys("m")),
            ("sort", |harness| harness.keys("s")),
            ("extend", |harness| harness.keys("e")),
            ("extend, wrong", |harness| harness.keys("e99d<enter>")),
            ("hold", |harness| harness.keys("h99d<enter>")),
            ("teardown", |harness| {
                harness.keys("d");
                let mut blocked = plan("checkout-1.4.0", false, 40);
                blocked.blockers = (0..12)
                    .map(|n| stack::service::teardown::Blocker::TooMany { count: n, max: 3 })
                    .collect();
                harness.plan(blocked);
            }),
            ("protected teardown", |harness| {
                harness.keys("d");
                harness.plan(plan("checkout-1.4.0", true, 40));
                harness.keys("wrong<enter>");
            }),
            ("sleep", |harness| {
                harness.keys("z");
                harness.plan_sleep(crate::fixtures::sleep_plan("checkout-1.4.0"));
                harness.keys("unonsense<enter>");
            }),
        ];
        for (popup, open) in opened {
            let mut harness = harness_with(scene.clone(), vec![usual_lease("checkout-1.4.0")]);
            open(&mut harness);
            let text = harness.text();
            let corners = ["╭", "╮", "╰", "╯"].map(|corner| text.contains(corner));
            assert_eq!(corners, [true; 4], "{popup} at {size:?}:\n{text}");
            let last = text
                .lines()
                .rev()
                .skip_while(|line| !line.contains('╰'))
                .nth(1);
            assert!(
                last.is_some_and(|line| line.contains("Esc ")),
                "{popup} at {size:?}:\n{text}"
            );
        }
    }
}
