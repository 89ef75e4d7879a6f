//! Snapshots of every screen and popup at three sizes, with and without colour.

use jiff::Timestamp;
use stack::{EventKind, ReaperStatus};
use tui::testing::{Harness, HarnessConfig};

use crate::fixtures::{
    asleep_harness, billed_harness, demo_harness, finished_sleep, finished_teardown,
    found_resources, half_done_sleep, half_done_teardown, harness_with, lease, marked_harness,
    name, now, plan, planned_harness, running_harness, shows, sleep_plan, story, sweep_plan,
    teardown_with_residue, unleased_harness, usual_lease,
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 50)];

/// Each screen by name, with the steps that open it.
type Screens = [(&'static str, fn(HarnessConfig) -> Harness)];

fn open(scene: HarnessConfig) -> Harness {
    harness_with(scene, Harness::demo_leases(now(), 60))
}

fn keys(scene: HarnessConfig, keys: &str) -> Harness {
    let mut harness = open(scene);
    harness.keys(keys);
    harness
}

/// One stack with init phases, a hold and an extension.
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

fn detail(scene: HarnessConfig, keys: &str) -> Harness {
    let mut harness = harness_with(scene, vec![lease(&rich())]);
    harness.keys("<enter>");
    harness.load_events(&name("checkout-1.4.0"), rich());
    harness.keys(keys);
    harness
}

/// The page of a stack in purgatory says why it is not ready, and what that costs meanwhile.
#[test]
fn purgatory_says_why() {
    let since = stack::Span::minutes(60).before(now());
    let cause = stack::init::NotReadyCause::new(
        stack::init::CauseKind::Unschedulable,
        "pod web-0: no node has enough memory",
        since,
    );
    let not_ready = EventKind::NotReady {
        found_by: "kubernetes shop/app=web".to_owned(),
        cause: Some(cause),
    };
    let events = story(
        "shop",
        180,
        |r| {
            r.terms.ready_timeout = Some(stack::Span::minutes(60));
            r.terms.hourly_cost = "0.40".parse().ok();
        },
        vec![(170, EventKind::Provisioned), (59, not_ready)],
    );
    let mut harness = harness_with(HarnessConfig::new(120, 40, now()), vec![lease(&events)]);
    harness.keys("<enter>2");
    shows(
        &harness,
        "pod web-0: no node has enough memory (unschedulable, since 2026-03-02 11:00 UTC",
    );
    shows(&harness, "$0.40/h, $0.40 so far");
}

fn awake(scene: HarnessConfig) -> Harness {
    let scene = HarnessConfig {
        cloud: true,
        ..scene
    };
    harness_with(scene, vec![usual_lease("checkout-1.4.0")])
}

fn asked(scene: HarnessConfig, protected: bool) -> Harness {
    let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
    harness.keys("d");
    harness.plan(plan("checkout-1.4.0", protected, 5));
    harness
}

const SCREENS: &Screens = &[
    ("first", Harness::new),
    ("empty", |scene| {
        let mut harness = Harness::new(scene);
        harness.load_missing_ledger();
        harness
    }),
    ("unreadable", |scene| {
        let mut harness = Harness::new(scene);
        harness.fail_load("the ledger /home/ana/ledger.db is locked by another program; try again");
        harness
    }),
    ("list", open),
    ("list_no_reaper", |scene| {
        let mut harness = Harness::new(HarnessConfig {
            read_only: Some("--read-only was given".to_owned()),
            demo: true,
            ..scene
        });
        harness.load(Harness::demo_leases(now(), 8), ReaperStatus::default());
        harness
    }),
    ("list_grouped", |scene| keys(scene, "g<pause><down><down>")),
    ("list_filter", |scene| keys(scene, "/owner:ana flag:expir")),
    ("list_nothing_fits", |scene| keys(scene, "/nobody<enter>")),
    ("list_matches", |scene| {
        keys(scene, "/owner:ana phase:ready -pr<enter>")
    }),
    ("list_columns", |scene| {
        keys(scene, ":columns state left idle owner<enter>")
    }),
    ("list_pending_key", |scene| keys(scene, "g")),
    ("command_line", |scene| keys(scene, ":")),
    ("command_line_choice", |scene| {
        keys(scene, ":sort i<tab><tab>")
    }),
    ("command_line_problem", |scene| {
        keys(scene, ":srot idle<enter>")
    }),
    ("messages", |scene| {
        let mut harness = keys(scene, ":columns billed<enter>u:theme x<enter><esc>");
        harness.url_opened("https://checkout.example.com/", Ok(()));
        let why = "this is a remote session".to_owned();
        harness.url_opened("https://checkout.example.com/", Err(why));
        harness.keys("m");
        harness
    }),
    ("help", |scene| keys(scene, "?")),
    ("log", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        let run = stack::RunId::new("7k3m9q2x4v8w").unwrap();
        let mut steps = half_done_teardown("checkout-1.4.0");
        steps.push(teardown_with_residue("checkout-1.4.0"));
        let said = "Error: deleting S3 Bucket (logs): BucketNotEmpty\n\n  status code: 409";
        harness.keys("l");
        harness.load_run_log(&name("checkout-1.4.0"), run, steps, said);
        harness
    }),
    ("sort", |scene| keys(scene, "s<down>")),
    ("extend", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        harness.keys("e");
        harness
    }),
    ("extend_problem", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        harness.keys("e<end>30d<enter>");
        harness
    }),
    ("hold", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        harness.keys("h<enter>demo on Thursday");
        harness
    }),
    ("hold_problem", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        harness.keys("h<ctrl-u>30d<enter>");
        harness
    }),
    ("teardown_asking", |scene| {
        let mut harness = harness_with(scene, vec![usual_lease("checkout-1.4.0")]);
        harness.keys("d");
        harness
    }),
    ("teardown_plan", |scene| asked(scene, false)),
    ("teardown_protected", |scene| {
        let mut harness = asked(scene, true);
        harness.keys("checkout<enter>");
        harness
    }),
    ("teardown_progress", |scene| {
        let mut harness = asked(scene, false);
        harness.keys("y<enter>3");
        harness.progress(
            &name("checkout-1.4.0"),
            half_done_teardown("checkout-1.4.0"),
        );
        harness
    }),
    ("teardown_residue", |scene| {
        let mut harness = asked(scene, false);
        harness.keys("y<enter>3");
        harness.progress(
            &name("checkout-1.4.0"),
            half_done_teardown("checkout-1.4.0"),
        );
        harness.progress(
            &name("checkout-1.4.0"),
            vec![teardown_with_residue("checkout-1.4.0")],
        );
        harness
    }),
    ("sleep_asking", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness
    }),
    ("sleep_plan", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness.plan_sleep(sleep_plan("checkout-1.4.0"));
        harness
    }),
    ("sleep_until", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness.plan_sleep(sleep_plan("checkout-1.4.0"));
        harness.keys("u12h<enter>");
        harness
    }),
    ("sleep_until_problem", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness.plan_sleep(sleep_plan("checkout-1.4.0"));
        harness.keys("utomorrow<enter>");
        harness
    }),
    ("sleep_progress", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness.plan_sleep(sleep_plan("checkout-1.4.0"));
        harness.keys("y<enter>3");
        harness.power_progress(&name("checkout-1.4.0"), half_done_sleep());
        harness.set_time(Timestamp::from_second(now().as_second() + 42).unwrap());
        harness
    }),
    ("sleep_ended", |scene| {
        let mut harness = awake(scene);
        harness.keys("z");
        harness.plan_sleep(sleep_plan("checkout-1.4.0"));
        harness.keys("y<enter>3");
        harness.power_finished(finished_sleep("checkout-1.4.0"));
        harness
    }),
    ("detail_asleep", |scene| {
        let mut harness = asleep_harness(scene);
        harness.keys("<enter>");
        let minutes = stack::Elapsed::from_millis(420_000);
        harness.load_events_asleep(&name("checkout-1.4.0"), minutes);
        harness.keys("<pagedown>");
        harness
    }),
    ("list_billed", billed_harness),
    ("detail_billed", |scene| {
        let mut harness = billed_harness(scene);
        harness.keys("<enter><end>");
        harness
    }),
    ("detail_economics_billed", |scene| {
        let mut harness = billed_harness(scene);
        harness.keys("<enter>5");
        harness
    }),
    ("detail_resources_found", |scene| {
        let mut harness = awake(scene);
        let (resources, places) = found_resources("checkout-1.4.0");
        harness.keys("<enter>3");
        harness.load_cloud(resources, places);
        harness
    }),
    ("list_unleased", unleased_harness),
    ("detail_unleased", |scene| {
        let mut harness = unleased_harness(scene);
        harness.keys("/chi<enter><enter>");
        harness
    }),
    ("detail_unleased_resources", |scene| {
        let mut harness = unleased_harness(scene);
        harness.keys("/chi<enter><enter>3");
        harness.preview_teardown(sweep_plan("forgotten"));
        harness
    }),
    ("teardown_unleased", |scene| {
        let mut harness = unleased_harness(scene);
        harness.keys("/chi<enter>d");
        harness.plan(sweep_plan("forgotten"));
        harness.keys("forg");
        harness
    }),
    ("list_marked", marked_harness),
    ("combined_asking", |scene| {
        let mut harness = marked_harness(scene);
        harness.keys("d");
        harness.plan(plan("beta", false, 2));
        harness
    }),
    ("combined_plan", planned_harness),
    ("combined_problem", |scene| {
        let mut harness = planned_harness(scene);
        harness.keys("3<enter>");
        harness
    }),
    ("combined_extend", |scene| {
        let mut harness = marked_harness(scene);
        harness.keys("e2h<enter>4");
        harness
    }),
    ("combined_hold", |scene| {
        let mut harness = marked_harness(scene);
        harness.keys("h6h<enter>");
        harness
    }),
    ("combined_sleep", |scene| {
        let mut harness = marked_harness(HarnessConfig {
            cloud: true,
            ..scene
        });
        harness.keys("z");
        for stack in ["alpha", "beta", "gamma", "prod-1"] {
            harness.plan_sleep(sleep_plan(stack));
        }
        harness
    }),
    ("batch_progress", running_harness),
    ("batch_ended", |scene| {
        let mut harness = running_harness(scene);
        harness.progress(&name("alpha"), vec![finished_teardown("alpha")]);
        harness.progress(&name("beta"), vec![teardown_with_residue("beta")]);
        harness
    }),
    ("list_batch", |scene| {
        let mut harness = running_harness(scene);
        harness.keys("<esc>");
        harness
    }),
    ("detail_lease", |scene| detail(scene, "1")),
    ("detail_init", |scene| detail(scene, "2")),
    ("detail_resources", |scene| detail(scene, "3")),
    ("detail_foreseen", |scene| {
        let mut harness = detail(scene, "3");
        harness.preview_teardown(plan("checkout-1.4.0", true, 5));
        harness
    }),
    ("detail_foreseen_blocked", |scene| {
        use stack::service::teardown::{Blocker, PlanWarning};
        let mut harness = detail(scene, "3");
        let warned = PlanWarning {
            id: "aws_instance.web[1]".to_owned(),
            found: "deletion_protection is on".to_owned(),
        };
        harness.preview_teardown(stack::service::teardown::TeardownPlan {
            hourly_usd: None,
            warnings: vec![warned],
            blockers: vec![Blocker::TooMany { count: 5, max: 3 }],
            ..plan("checkout-1.4.0", false, 5)
        });
        harness.set_time(stack::Span::minutes(7).after(now()));
        harness
    }),
    ("detail_events", |scene| detail(scene, "4")),
    ("detail_economics", |scene| detail(scene, "5")),
];

fn scene((columns, rows): (u16, u16), now: Timestamp) -> HarnessConfig {
    HarnessConfig::new(columns, rows, now)
}

/// Every screen and popup matches its snapshot at three sizes. `NO_COLOR` changes no text and
/// leaves no colour.
#[test]
fn every_screen() {
    for size in SIZES {
        for (screen, reached) in SCREENS {
            let colour = reached(scene(size, now()));
            let none = reached(HarnessConfig {
                colour: false,
                ..scene(size, now())
            });
            assert_eq!(colour.text(), none.text(), "{screen}");
            let without = none.style_map();
            assert!(
                !without.contains(['r', 'g', 'y', 'c', 'm']),
                "{screen}: {without}"
            );
            let legend = Harness::style_legend();
            let all = format!(
                "{}--- {legend}\n{}--- NO_COLOR\n{without}",
                colour.text(),
                colour.style_map()
            );
            insta::assert_snapshot!(format!("{screen}_{}x{}", size.0, size.1), all);
        }
    }
}

/// Below the minimum size the dashboard shows a message, and it comes back when the terminal grows.
#[test]
fn too_small_and_back() {
    let mut harness = demo_harness(80, 24, 5);
    let before = harness.text();
    harness.resize(40, 10);
    insta::assert_snapshot!(harness.text(), @r"
    This terminal is too small for the dash…
    Current size: 40×10. Minimum: 60×14.
    Press q to quit; `jiti ls` works at any…
    ");
    harness.resize(80, 24);
    assert_eq!(harness.text(), before);
    for size in [(0, 0), (1, 1), (60, 14), (61, 15), (500, 200)] {
        harness.resize(size.0, size.1);
    }
}
