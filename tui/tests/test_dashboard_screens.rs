//! What people see: every screen and popup at three sizes, with and without colour.

use jiff::Timestamp;
use stack::{EventKind, ReaperStatus};
use tui::{Scene, Stage};

use crate::scenes::{
    asleep, billed, fell_asleep, found, half_asleep, half_way, lease, left_over, made_up, name,
    nap, now, plan, staged, story, sweep, unleased, usual,
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// Each screen by name: how it is reached.
type Screens = [(&'static str, fn(Scene) -> Stage)];

fn open(scene: Scene) -> Stage {
    staged(scene, Stage::made_up(now(), 60))
}

fn keys(scene: Scene, keys: &str) -> Stage {
    let mut stage = open(scene);
    stage.keys(keys);
    stage
}

/// One stack with a whole life: phases, a hold, an extension.
fn rich() -> Vec<stack::Event> {
    use stack::init::PhaseBoundary;
    let mark = |phase: &str, class: &str, state| EventKind::PhaseMarked {
        phase: phase.to_owned(),
        class: Some(class.to_owned()),
        state,
        reported: None,
    };
    let later = stack::Span::minutes(300).after(now());
    story(
        "checkout-1.4.0",
        180,
        |r| r.terms.ready_timeout = Some(stack::Span::minutes(60)),
        vec![
            (179, EventKind::Recorded { origin: None }),
            (170, EventKind::Provisioned),
            (
                170,
                mark("migrate database", "database", PhaseBoundary::Start),
            ),
            (
                155,
                mark("migrate database", "database", PhaseBoundary::Done),
            ),
            (155, mark("warm caches", "cache", PhaseBoundary::Start)),
            (150, mark("warm caches", "cache", PhaseBoundary::Done)),
            (
                149,
                EventKind::CheckPassed {
                    check: "http healthz".to_owned(),
                },
            ),
            (149, EventKind::Ready),
            (60, EventKind::Renewed { policy: None }),
            (
                30,
                EventKind::Activity {
                    signal: "touch".to_owned(),
                },
            ),
            (
                20,
                EventKind::Held {
                    until: later,
                    why: "demo on Thursday".to_owned(),
                },
            ),
        ],
    )
}

fn detail(scene: Scene, keys: &str) -> Stage {
    let mut stage = staged(scene, vec![lease(&rich())]);
    stage.keys("<enter>");
    stage.tell(&name("checkout-1.4.0"), rich());
    stage.keys(keys);
    stage
}

fn awake(scene: Scene) -> Stage {
    let scene = Scene {
        cloud: true,
        ..scene
    };
    staged(scene, vec![usual("checkout-1.4.0")])
}

fn asked(scene: Scene, protected: bool) -> Stage {
    let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
    stage.keys("d");
    stage.plan(plan("checkout-1.4.0", protected, 5));
    stage
}

const SCREENS: &Screens = &[
    ("first", Stage::new),
    ("empty", |scene| {
        let mut stage = Stage::new(scene);
        stage.load_nothing();
        stage
    }),
    ("unreadable", |scene| {
        let mut stage = Stage::new(scene);
        stage.fail("the ledger /home/ana/ledger.db is locked by another program; try again");
        stage
    }),
    ("list", open),
    ("list_no_reaper", |scene| {
        let mut stage = Stage::new(Scene {
            read_only: Some("--read-only was given".to_owned()),
            demo: true,
            ..scene
        });
        stage.load(Stage::made_up(now(), 8), ReaperStatus::default());
        stage
    }),
    ("list_grouped", |scene| keys(scene, "g<down><down>")),
    ("list_filter", |scene| keys(scene, "/owner:ana flag:expir")),
    ("list_nothing_fits", |scene| keys(scene, "/nobody<enter>")),
    ("help", |scene| keys(scene, "?")),
    ("sort", |scene| keys(scene, "s<down>")),
    ("extend", |scene| {
        let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
        stage.keys("e");
        stage
    }),
    ("extend_problem", |scene| {
        let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
        stage.keys("e<end>30d<enter>");
        stage
    }),
    ("hold", |scene| {
        let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
        stage.keys("h<enter>demo on Thursday");
        stage
    }),
    ("hold_problem", |scene| {
        let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
        stage.keys("h<ctrl-u>30d<enter>");
        stage
    }),
    ("teardown_asking", |scene| {
        let mut stage = staged(scene, vec![usual("checkout-1.4.0")]);
        stage.keys("d");
        stage
    }),
    ("teardown_plan", |scene| asked(scene, false)),
    ("teardown_protected", |scene| {
        let mut stage = asked(scene, true);
        stage.keys("checkout<enter>");
        stage
    }),
    ("teardown_progress", |scene| {
        let mut stage = asked(scene, false);
        stage.keys("y<enter>3");
        stage.progress(&name("checkout-1.4.0"), half_way("checkout-1.4.0"));
        stage
    }),
    ("teardown_residue", |scene| {
        let mut stage = asked(scene, false);
        stage.keys("y<enter>3");
        stage.progress(&name("checkout-1.4.0"), half_way("checkout-1.4.0"));
        stage.progress(&name("checkout-1.4.0"), vec![left_over("checkout-1.4.0")]);
        stage
    }),
    ("sleep_asking", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage
    }),
    ("sleep_plan", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage.doze(nap("checkout-1.4.0"));
        stage
    }),
    ("sleep_until", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage.doze(nap("checkout-1.4.0"));
        stage.keys("u12h<enter>");
        stage
    }),
    ("sleep_until_problem", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage.doze(nap("checkout-1.4.0"));
        stage.keys("utomorrow<enter>");
        stage
    }),
    ("sleep_progress", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage.doze(nap("checkout-1.4.0"));
        stage.keys("y<enter>3");
        stage.turning(&name("checkout-1.4.0"), half_asleep());
        stage.clock(Timestamp::from_second(now().as_second() + 42).unwrap());
        stage
    }),
    ("sleep_ended", |scene| {
        let mut stage = awake(scene);
        stage.keys("z");
        stage.doze(nap("checkout-1.4.0"));
        stage.keys("y<enter>3");
        stage.turned(fell_asleep("checkout-1.4.0"));
        stage
    }),
    ("detail_asleep", |scene| {
        let mut stage = asleep(scene);
        stage.keys("<enter>");
        let minutes = stack::Elapsed::from_millis(420_000);
        stage.tell_asleep(&name("checkout-1.4.0"), minutes);
        stage.keys("<pagedown>");
        stage
    }),
    ("list_billed", billed),
    ("detail_billed", |scene| {
        let mut stage = billed(scene);
        stage.keys("<enter><end>");
        stage
    }),
    ("detail_economics_billed", |scene| {
        let mut stage = billed(scene);
        stage.keys("<enter>5");
        stage
    }),
    ("detail_resources_found", |scene| {
        let mut stage = awake(scene);
        let (resources, places) = found("checkout-1.4.0");
        stage.keys("<enter>3");
        stage.sight(resources, places);
        stage
    }),
    ("list_unleased", unleased),
    ("detail_unleased", |scene| {
        let mut stage = unleased(scene);
        stage.keys("/chi<enter><enter>");
        stage
    }),
    ("detail_unleased_resources", |scene| {
        let mut stage = unleased(scene);
        stage.keys("/chi<enter><enter>3");
        stage.foresee(sweep("forgotten"));
        stage
    }),
    ("teardown_unleased", |scene| {
        let mut stage = unleased(scene);
        stage.keys("/chi<enter>d");
        stage.plan(sweep("forgotten"));
        stage.keys("forg");
        stage
    }),
    ("detail_lease", |scene| detail(scene, "1")),
    ("detail_init", |scene| detail(scene, "2")),
    ("detail_resources", |scene| detail(scene, "3")),
    ("detail_foreseen", |scene| {
        let mut stage = detail(scene, "3");
        stage.foresee(plan("checkout-1.4.0", true, 5));
        stage
    }),
    ("detail_foreseen_blocked", |scene| {
        use stack::service::teardown::{Blocker, PlanWarning};
        let mut stage = detail(scene, "3");
        let warned = PlanWarning {
            id: "aws_instance.web[1]".to_owned(),
            found: "deletion_protection is on".to_owned(),
        };
        stage.foresee(stack::service::teardown::TeardownPlan {
            hourly_usd: None,
            warnings: vec![warned],
            blockers: vec![Blocker::TooMany { count: 5, max: 3 }],
            ..plan("checkout-1.4.0", false, 5)
        });
        stage.clock(stack::Span::minutes(7).after(now()));
        stage
    }),
    ("detail_events", |scene| detail(scene, "4")),
    ("detail_economics", |scene| detail(scene, "5")),
];

fn scene((columns, rows): (u16, u16), now: Timestamp) -> Scene {
    Scene::new(columns, rows, now)
}

/// Every screen and popup at three sizes: its text, where colours and weights stand, and what of them is left
/// under `NO_COLOR`, which changes no text and leaves no colour.
#[test]
fn every_screen() {
    for size in SIZES {
        for (screen, reached) in SCREENS {
            let colour = reached(scene(size, now()));
            let none = reached(Scene {
                colour: false,
                ..scene(size, now())
            });
            assert_eq!(colour.text(), none.text(), "{screen}");
            let without = none.looks();
            assert!(
                !without.contains(['r', 'g', 'y', 'c', 'm']),
                "{screen}: {without}"
            );
            let legend = Stage::legend();
            let all = format!(
                "{}--- {legend}\n{}--- NO_COLOR\n{without}",
                colour.text(),
                colour.looks()
            );
            insta::assert_snapshot!(format!("{screen}_{}x{}", size.0, size.1), all);
        }
    }
}

/// Below the smallest size the dashboard says so, and comes back when there is room again.
#[test]
fn too_small_and_back() {
    let mut stage = made_up(80, 24, 5);
    let before = stage.text();
    stage.resize(40, 10);
    insta::assert_snapshot!(stage.text(), @r"
    This terminal is too small for the dash…
    It has 40×10; 60×14 is the least.
    `jiti ls` fits anywhere; q leaves.
    ");
    stage.resize(80, 24);
    assert_eq!(stage.text(), before);
    for size in [(0, 0), (1, 1), (60, 14), (61, 15), (500, 200)] {
        stage.resize(size.0, size.1);
    }
}
