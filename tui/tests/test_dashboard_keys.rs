//! What keys and the mouse do: each as pressed, and what the dashboard then wants done in the world.

use stack::{EventKind, Span};
use tui::{Scene, Stage};

use crate::scenes::{all_gone, half_way, lease, made_up, name, now, plan, staged, story, usual};

fn one() -> Stage {
    staged(Scene::new(100, 30, now()), vec![usual("checkout-1.4.0")])
}

fn three() -> Stage {
    let leases = ["a", "b", "c"].map(usual).to_vec();
    staged(Scene::new(100, 30, now()), leases)
}

#[track_caller]
fn shows(stage: &Stage, text: &str) {
    assert!(
        stage.text().contains(text),
        "{text:?} is not on\n{}",
        stage.text()
    );
}

#[track_caller]
fn hides(stage: &Stage, text: &str) {
    assert!(
        !stage.text().contains(text),
        "{text:?} is on\n{}",
        stage.text()
    );
}

fn selected(stage: &Stage) -> String {
    let name = stage.selected().map(|name| name.to_string());
    name.unwrap_or_default()
}

/// Arrows and j k move; the ends are ends; what is selected is a stack, whatever the order.
#[test]
fn moving() {
    let mut stage = three();
    assert_eq!(selected(&stage), "a");
    stage.keys("jj");
    assert_eq!(selected(&stage), "c");
    stage.keys("<down>j<pagedown>");
    assert_eq!(selected(&stage), "c");
    stage.keys("k<up><up>");
    assert_eq!(selected(&stage), "a");
    stage.keys("<end>");
    assert_eq!(selected(&stage), "c");
    stage.keys("s1");
    assert_eq!(selected(&stage), "c", "another order selects nothing else");
}

/// A key that is let go means nothing.
#[test]
fn releases_are_ignored() {
    let mut stage = three();
    stage.release("j");
    assert_eq!(selected(&stage), "a");
}

/// When the selected stack goes, the one that came into its place is selected.
#[test]
fn the_selected_stack_goes() {
    let mut stage = three();
    stage.keys("j");
    stage.load(["a", "c"].map(usual).to_vec(), crate::scenes::reaper());
    assert_eq!(selected(&stage), "c");
    stage.load(Vec::new(), crate::scenes::reaper());
    assert_eq!(selected(&stage), "");
    stage.keys("jkdehu<enter>");
    shows(&stage, "no stack is selected");
}

/// The filter takes words and fields, is shown while it is written, and Esc clears it.
#[test]
fn filtering() {
    let mut stage = made_up(120, 40, 60);
    stage.keys("/owner:ana phase:ready");
    shows(&stage, "/ owner:ana phase:ready");
    let rows: Vec<String> = stage
        .text()
        .lines()
        .filter(|line| line.contains("-pr-"))
        .map(str::to_owned)
        .collect();
    assert!(!rows.is_empty());
    for row in rows {
        assert!(row.contains("ana@") && row.contains("● ready"), "{row}");
    }
    stage.keys("<enter>");
    shows(&stage, "of 60 fit owner:ana phase:ready");
    stage.keys("<esc>");
    shows(&stage, "all · by time left");
    stage.keys("/!flag:protected label:cost-center=42 \"prod-gateway\"");
    shows(&stage, "No stack fits");
    stage.keys("<esc>");
    stage.keys("/q");
    assert!(!stage.is_over(), "q is a letter while a filter is written");
    stage.keys("<esc>/");
    stage.paste("owner:ben\n\u{1b}[2J");
    shows(&stage, "/ owner:ben[2J");
}

/// Each column can be ordered by; the same again turns it round; a click on its title does it too.
#[test]
fn ordering() {
    let mut stage = made_up(200, 50, 60);
    for key in 1..=9 {
        stage.keys(&format!("s{key}"));
    }
    stage.keys("s<end><enter>");
    shows(&stage, "by init, slowest first");
    stage.keys("ss");
    shows(&stage, "by init, fastest first");
    let titles = stage.text().lines().nth(3).unwrap().to_owned();
    let x = titles.chars().collect::<String>().find("OWNER").unwrap();
    stage.click(u16::try_from(x).unwrap(), 3);
    shows(&stage, "by owner");
    shows(&stage, "OWNER ▲");
    stage.click(u16::try_from(x).unwrap(), 3);
    shows(&stage, "OWNER ▼");
}

/// Groups have headings with sums; moving passes over them.
#[test]
fn grouping() {
    let mut stage = made_up(120, 40, 60);
    stage.keys("g");
    shows(&stage, "grouped by app");
    shows(&stage, "stacks, $");
    for _ in 0..80 {
        stage.keys("j");
        assert!(!selected(&stage).is_empty());
    }
    stage.keys("<home>");
    assert!(selected(&stage).starts_with("auth"));
    stage.keys("g");
    shows(&stage, "grouped by owner");
    stage.keys("g");
    hides(&stage, "grouped");
}

/// A click selects, a second one opens, the wheel scrolls.
#[test]
fn the_mouse() {
    let mut stage = made_up(100, 30, 60);
    let first = selected(&stage);
    stage.click(10, 7);
    assert_ne!(selected(&stage), first);
    let clicked = selected(&stage);
    stage.wheel(true);
    assert_ne!(
        stage
            .text()
            .lines()
            .nth(4)
            .unwrap()
            .split_whitespace()
            .next(),
        Some(first.as_str())
    );
    stage.wheel(false);
    stage.click(10, 7);
    shows(&stage, "1 Lease");
    shows(&stage, &clicked);
    stage.click(14, 4);
    shows(&stage, "declares no readiness");
    stage.keys("<esc>?");
    stage.click(10, 8);
    stage.keys("<esc>");
    assert_eq!(
        selected(&stage),
        clicked,
        "a click below a popup means nothing"
    );
}

/// Extending offers what the policy allows and asks for it by its own name.
#[test]
fn extending() {
    let mut stage = one();
    stage.keys("e2");
    let span: Span = "4h".parse().unwrap();
    assert_eq!(
        stage.wants(),
        [format!(
            "Extend {{ stack: {:?}, by: {span:?} }}",
            name("checkout-1.4.0")
        )]
    );
    stage.keys("e<end>90m<enter>");
    let span: Span = "90m".parse().unwrap();
    assert_eq!(
        stage.wants(),
        [format!(
            "Extend {{ stack: {:?}, by: {span:?} }}",
            name("checkout-1.4.0")
        )]
    );
    stage.keys("e<end>30d<enter>");
    assert!(stage.wants().is_empty());
    shows(&stage, "2026-03-09T09:00:00Z");
    stage.keys("<esc>e<end>soon<enter>");
    shows(&stage, "no duration");
    assert!(stage.wants().is_empty());
}

/// At the cap nothing is offered, and it is said why.
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
    let mut stage = staged(Scene::new(100, 30, now()), vec![lease(&events)]);
    stage.keys("e");
    shows(&stage, "The policy allows no more time");
    stage.keys("<enter>");
    assert!(stage.wants().is_empty());
}

/// A hold wants a time and a reason; both are checked before anything is asked for.
#[test]
fn holding() {
    let mut stage = one();
    stage.keys("h<enter><enter>");
    shows(&stage, "say why");
    stage.keys("demo<enter>");
    let wanted = stage.wants();
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert!(
        wanted[0].contains("2026-03-02T16:00:00Z") && wanted[0].contains("\"demo\""),
        "{wanted:?}"
    );
    stage.keys("u");
    shows(&stage, "is not held");
    assert!(stage.wants().is_empty());
}

/// A hold that lasts is ended with u.
#[test]
fn ending_a_hold() {
    let until = Span::minutes(60).after(now());
    let held = EventKind::Held {
        until,
        why: "a demo".to_owned(),
    };
    let events = story("held", 30, |_| {}, vec![(20, held)]);
    let mut stage = staged(Scene::new(100, 30, now()), vec![lease(&events)]);
    stage.keys("u");
    assert_eq!(stage.wants(), [format!("Unhold({:?})", name("held"))]);
}

/// y means nothing before the plan was on the screen, and then it means that plan.
#[test]
fn y_is_inert_until_the_plan_was_seen() {
    let mut stage = one();
    stage.keys("dyyy");
    assert_eq!(
        stage.wants(),
        [format!("Plan(Lease({:?}))", name("checkout-1.4.0"))]
    );
    stage.plan_unseen(plan("checkout-1.4.0", false, 2));
    stage.key_unseen("y");
    assert!(stage.wants().is_empty(), "nobody can have seen the plan");
    stage.keys("j");
    shows(&stage, "2 resources go, which frees $0.42/h");
    stage.keys("y");
    let wanted = stage.wants();
    assert_eq!(wanted.len(), 1, "{wanted:?}");
    assert!(
        wanted[0].starts_with("Teardown {") && wanted[0].contains("typed: None"),
        "{wanted:?}"
    );
}

/// The plan of another stack, and one that comes too late, is no plan.
#[test]
fn a_late_plan_is_forgotten() {
    let mut stage = three();
    stage.keys("d<esc>");
    stage.wants();
    stage.plan(plan("a", false, 2));
    assert_eq!(stage.wants(), [format!("Forget(Lease({:?}))", name("a"))]);
    stage.keys("jd");
    stage.wants();
    stage.plan(plan("a", false, 2));
    stage.keys("y");
    assert_eq!(stage.wants(), [format!("Forget(Lease({:?}))", name("a"))]);
}

/// A protected stack wants its name typed in full; y is then a letter.
#[test]
fn protected_stacks_want_their_name() {
    let mut stage = one();
    stage.keys("d");
    stage.plan(plan("checkout-1.4.0", true, 2));
    stage.wants();
    stage.keys("y<enter>");
    assert!(stage.wants().is_empty());
    shows(&stage, "type checkout-1.4.0 in full");
    stage.keys("<ctrl-u>checkout-1.4.0<enter>");
    let wanted = stage.wants();
    assert!(
        wanted.len() == 1 && wanted[0].contains("typed: Some"),
        "{wanted:?}"
    );
}

/// What is in the way is said, and there is no yes to it.
#[test]
fn blocked_plans() {
    use stack::service::teardown::Blocker;
    let mut stage = one();
    stage.keys("d");
    let mut blocked = plan("checkout-1.4.0", false, 2);
    blocked.blockers = vec![Blocker::MissingVariables {
        names: vec!["region".to_owned()],
    }];
    stage.plan(blocked);
    shows(&stage, "no value for the variable region");
    stage.wants();
    stage.keys("y<enter>");
    assert!(stage.wants().is_empty());
    hides(&stage, "y tear it down");
}

/// Read-only: every change is refused where it would be asked for, and the plan can still be looked at.
#[test]
fn read_only() {
    let scene = Scene {
        read_only: Some("--read-only was given".to_owned()),
        ..Scene::new(100, 30, now())
    };
    let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
    shows(&stage, "READ-ONLY");
    for key in ["e", "h", "u", "z", "w"] {
        stage.keys(key);
        shows(&stage, "nothing is changed: --read-only was given");
        assert!(stage.wants().is_empty(), "{key}");
    }
    stage.keys("d");
    stage.plan(plan("checkout-1.4.0", false, 2));
    stage.wants();
    stage.keys("y");
    assert!(stage.wants().is_empty());
    shows(&stage, "nothing is changed: --read-only was given");
}

/// What cannot be done yet says so, and why.
#[test]
fn sleep_and_wake_say_that_they_need_a_cloud() {
    let mut stage = one();
    for key in ["z", "w"] {
        stage.keys(key);
        shows(&stage, "[[account]]");
    }
    assert!(stage.wants().is_empty());
}

/// A teardown is followed to its end; one that was begun elsewhere is found and followed.
#[test]
fn teardowns_are_followed() {
    use stack::lease::Strategy;
    let mut stage = one();
    stage.keys("d");
    stage.plan(plan("checkout-1.4.0", false, 3));
    stage.keys("y<enter>3");
    let stack = name("checkout-1.4.0");
    stage.progress(&stack, half_way("checkout-1.4.0"));
    shows(&stage, "1 of 3 gone");
    stage.keys("d");
    shows(&stage, "torn down already");
    stage.progress(&stack, vec![all_gone("checkout-1.4.0")]);
    shows(&stage, "checkout-1.4.0 is gone: 3 deleted, nothing is left");
    let begun = EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: stack::testing::actor(),
        why: "merged".to_owned(),
        run: stack::RunId::new("0123456789ab").unwrap(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    let events = story("other", 30, |_| {}, vec![(1, begun)]);
    let mut stage = staged(Scene::new(100, 30, now()), Vec::new());
    stage.load(vec![lease(&events)], crate::scenes::reaper());
    let wanted = stage.wants();
    assert!(
        wanted.iter().any(|w| w.starts_with("Follow {")),
        "{wanted:?}"
    );
    stage.load(vec![lease(&events)], crate::scenes::reaper());
    assert!(stage.wants().is_empty(), "once is enough");
}

/// Time alone moves a stack on: it expires before anybody reads the ledger again.
#[test]
fn time_alone() {
    let mut stage = one();
    shows(&stage, "5 h");
    stage.clock(Span::minutes(270).after(now()));
    shows(&stage, "ready, expiring");
    stage.clock(Span::minutes(301).after(now()));
    shows(&stage, "ready, expired");
    shows(&stage, "1 expired");
}

/// c copies the name, r reads anew, q and Ctrl-C leave; in a popup q leaves only that.
#[test]
fn small_keys() {
    let mut stage = one();
    stage.keys("c");
    assert_eq!(stage.wants(), ["Copy(\"checkout-1.4.0\")"]);
    stage.keys("r");
    assert_eq!(stage.wants(), ["Load"]);
    stage.keys("?q");
    assert!(!stage.is_over());
    stage.keys("q");
    assert!(stage.is_over());
    let mut stage = one();
    stage.keys("d<ctrl-c>");
    assert!(stage.is_over());
}

/// The help names every key of the contract.
#[test]
fn the_help_names_every_key() {
    let mut stage = made_up(100, 40, 3);
    stage.keys("?");
    let text = stage.text();
    for key in [
        "j", "k", "Enter", "Esc", "/", "s", "g", "d", "e", "h", "u", "z", "w", "c", "r", "?", "q",
    ] {
        let named = text.lines().any(|line| {
            let words = line.trim_start_matches(|c: char| !c.is_ascii_graphic() || c == '│');
            words.split_whitespace().take(4).any(|word| word == key)
        });
        assert!(named, "{key} is not in\n{text}");
    }
}

/// The page of a stack asks what a teardown would remove when its tab is opened, once; r asks again; what `d` asked is
/// there as well; while it is torn down nothing is asked.
#[test]
fn what_would_go_is_asked_when_somebody_looks() {
    let foresees = |stage: &mut Stage| {
        let wants = stage.wants();
        wants.iter().filter(|want| want.contains("Foresee")).count()
    };
    let mut stage = one();
    stage.keys("<enter><tab>");
    assert_eq!(foresees(&mut stage), 0);
    stage.keys("<tab>");
    assert_eq!(foresees(&mut stage), 1);
    shows(&stage, "Asking Terraform");
    stage.keys("r13");
    assert_eq!(foresees(&mut stage), 0, "it is being asked already");
    stage.foresee(plan("checkout-1.4.0", false, 5));
    shows(&stage, "5 resources go, which frees $0.42/h");
    shows(&stage, "aws_instance.web[4]");
    stage.keys("<esc><enter>3");
    assert_eq!(foresees(&mut stage), 0, "it is known");
    shows(&stage, "aws_instance.web[4]");
    stage.keys("r");
    assert_eq!(foresees(&mut stage), 1);
    stage.keys("d");
    stage.plan(plan("checkout-1.4.0", false, 2));
    stage.keys("<esc>");
    shows(&stage, "2 resources go");
}

/// A reading that holds only what has changed leaves the rest as it was.
#[test]
fn changes_alone_are_enough() {
    let mut stage = three();
    stage.keys("j");
    stage.load_changes(vec![usual("aa")], vec![name("c")], crate::scenes::reaper());
    shows(&stage, "3 stacks");
    assert_eq!(selected(&stage), "b");
    hides(&stage, "\n c ");
    stage.keys("<end>");
    assert_eq!(selected(&stage), "b");
    stage.keys("<up>");
    assert_eq!(selected(&stage), "aa");
}

/// With a cloud `z` shows what would stop before `y` does it, `w` wakes only what sleeps, and `r` asks the cloud.
#[test]
fn sleep_and_wake() {
    let scene = Scene {
        cloud: true,
        ..Scene::new(100, 30, now())
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
    let mut stage = staged(scene, vec![usual("a"), lease(&sleeping)]);
    stage.keys("zy");
    let asked = stage.wants();
    assert_eq!(asked.len(), 1, "a yes to nothing is no yes: {asked:?}");
    assert!(asked[0].contains("Doze"), "{asked:?}");
    stage.doze(crate::scenes::nap("a"));
    shows(&stage, "$0.03/h goes on");
    stage.keys("y");
    let wants = stage.wants();
    assert_eq!(wants.len(), 1, "{wants:?}");
    assert!(wants[0].contains("Sleep"), "{wants:?}");
    stage.keys("w");
    shows(&stage, "it falls asleep");
    stage.turned(stack::service::power::PowerOutcome {
        asleep: false,
        ..crate::scenes::fell_asleep("a")
    });
    stage.wants();
    stage.keys("w");
    shows(&stage, "it is awake");
    assert!(stage.wants().is_empty());
    stage.keys("jw");
    let selected = selected(&stage);
    assert_eq!(selected, "b");
    assert!(stage.wants()[0].contains("Wake"));
    stage.keys("r");
    assert!(stage.wants().iter().any(|want| want == "Sync"));
}
