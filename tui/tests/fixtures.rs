//! Fixtures for tests of the dashboard: stacks, plans, progress and cloud data, at one moment.

use jiff::Timestamp;
use stack::cloud::{AutomaticStart, AutomaticStarts, BillLine, Confirmation};
use stack::inventory::{BillHistory, BilledDay};
use stack::lease::{NewEvent, Strategy};
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::service::power::{PowerFailure, PowerOutcome, PowerStep, SwitchedResource};
use stack::service::teardown::{
    DeletedResource, Method, PlannedDeletion, Progress, Residue, TeardownOutcome, TeardownPlan,
};
use stack::sleep::{RemainingCost, RemainingCosts};
use stack::testing::{new_event, noon, registration};
use stack::{
    Actor, Event, EventKind, Lease, Place, ReaperStatus, Registration, Resource, ResourceId, RunId,
    Seq, Span, StackName,
};
use tui::testing::{Harness, HarnessConfig};

/// The current time in every fixture.
pub(crate) fn now() -> Timestamp {
    noon()
}

pub(crate) fn name(text: &str) -> StackName {
    StackName::new(text).unwrap()
}

fn run() -> RunId {
    RunId::new("7k3m9q2x4v8w").unwrap()
}

/// A reaper that ran three minutes ago, with an interval of 15 minutes.
pub(crate) fn reaper() -> ReaperStatus {
    let at = Span::minutes(3).before(now());
    let event = |seq, kind| ReaperEvent {
        seq: Seq(seq),
        at,
        actor: Actor::from_names("reaper", "runner-1"),
        kind,
    };
    ReaperStatus::default().fold([
        event(
            1,
            ReaperEventKind::RunStarted {
                run: run(),
                interval: Span::minutes(15),
                host: "runner-1".to_owned(),
                pid: 1,
                budgets: Vec::new(),
            },
        ),
        event(
            2,
            ReaperEventKind::RunFinished {
                run: run(),
                ended: 0,
                failed: 0,
            },
        ),
    ])
}

/// A harness with this many demo stacks.
pub(crate) fn demo_harness(columns: u16, rows: u16, stacks: usize) -> Harness {
    harness_with(
        HarnessConfig::new(columns, rows, now()),
        Harness::demo_leases(now(), stacks),
    )
}

/// A harness with these leases in the ledger.
pub(crate) fn harness_with(config: HarnessConfig, leases: Vec<Lease>) -> Harness {
    let mut harness = Harness::new(config);
    harness.load(leases, reaper());
    harness.take_effects();
    harness
}

/// The registration of a stack and more events, each this many minutes ago.
pub(crate) fn story(
    stack: &str,
    minutes_ago: u32,
    change: impl FnOnce(&mut Registration),
    more: Vec<(u32, EventKind)>,
) -> Vec<Event> {
    let mut registration = registration();
    registration.terms.hourly_cost = "0.42".parse().ok();
    change(&mut registration);
    let requested = EventKind::Requested {
        registration: Box::new(registration),
    };
    let events = [(minutes_ago, requested)].into_iter().chain(more).zip(1..);
    events
        .map(|((minutes, kind), seq)| {
            let at = if minutes == 0 {
                now()
            } else {
                Span::minutes(minutes).before(now())
            };
            let event: NewEvent = new_event(at, kind);
            event.into_event(name(stack), Seq(seq))
        })
        .collect()
}

pub(crate) fn lease(events: &[Event]) -> Lease {
    Lease::fold(None, events).unwrap().unwrap()
}

/// The stacks `a`, `b` and `c`.
pub(crate) fn three_stacks(config: HarnessConfig) -> Harness {
    let leases = ["a", "b", "c"].map(usual_lease).to_vec();
    harness_with(config, leases)
}

/// The name of the selected stack; empty without one.
pub(crate) fn selected(harness: &Harness) -> String {
    let name = harness.selected().map(|name| name.to_string());
    name.unwrap_or_default()
}

#[track_caller]
pub(crate) fn shows(harness: &Harness, text: &str) {
    assert!(
        harness.text().contains(text),
        "the screen does not show {text:?}:\n{}",
        harness.text()
    );
}

#[track_caller]
pub(crate) fn hides(harness: &Harness, text: &str) {
    assert!(
        !harness.text().contains(text),
        "the screen shows {text:?}:\n{}",
        harness.text()
    );
}

/// The lease of an ordinary stack: three hours old, with a TTL of eight.
pub(crate) fn usual_lease(stack: &str) -> Lease {
    lease(&story(
        stack,
        180,
        |_| {},
        vec![(179, EventKind::Recorded { origin: None })],
    ))
}

/// The names of the stacks of [`marked_harness`].
pub(crate) const MARKED: [&str; 5] = ["alpha", "beta", "gamma", "delta", "prod-1"];

/// A harness with five stacks, four of which are marked: all but `delta`. The policy protects
/// `prod-1`, and `beta` is held.
pub(crate) fn marked_harness(config: HarnessConfig) -> Harness {
    let policy = stack::Policy {
        protected: vec!["prod-*".to_owned()],
        ..config.policy
    };
    let leases = MARKED.map(|stack| {
        let held = EventKind::Held {
            until: Span::minutes(300).after(now()),
            why: "demo at four".to_owned(),
        };
        let recorded = EventKind::Recorded { origin: None };
        let mut more = vec![(179, recorded)];
        more.extend((stack == "beta").then_some((20, held)));
        lease(&story(stack, 180, |_| {}, more))
    });
    let config = HarnessConfig { policy, ..config };
    let mut harness = harness_with(config, leases.to_vec());
    harness.keys("*/delta<enter> <esc>");
    harness
}

/// Requests the teardown of the marked stacks, whose plans arrive: `gamma` is refused.
pub(crate) fn planned_harness(config: HarnessConfig) -> Harness {
    let mut harness = marked_harness(config);
    harness.keys("d");
    harness.plan(plan("alpha", false, 5));
    harness.plan(plan("beta", false, 2));
    harness.fail_plan(
        &name("gamma"),
        "the plan would delete the jiti_stack of another stack: keep one per root module",
        true,
    );
    harness.plan(plan("prod-1", true, 3));
    harness
}

/// The teardown of the marked stacks without `prod-1`: one stack in progress, one waiting.
pub(crate) fn running_harness(config: HarnessConfig) -> Harness {
    let mut harness = planned_harness(config);
    harness.keys("2<enter>");
    harness.progress(&name("alpha"), half_done_teardown("alpha"));
    harness
}

/// The plan of a teardown.
pub(crate) fn plan(stack: &str, protected: bool, resources: usize) -> TeardownPlan {
    TeardownPlan {
        name: name(stack),
        method: Method::Terraform {
            directory: "/srv/checkout".to_owned(),
            workspace: "default".to_owned(),
            digest: Some("abc".to_owned()),
            rebuilt_from: None,
        },
        run: run(),
        resources: (0..resources).map(planned_deletion).collect(),
        residue: Vec::new(),
        already_gone: Vec::new(),
        hourly_usd: "0.42".parse().ok(),
        hourly_is_minimum: false,
        protected,
        warnings: Vec::new(),
        blockers: Vec::new(),
    }
}

fn planned_deletion(at: usize) -> PlannedDeletion {
    PlannedDeletion {
        id: format!("aws_instance.web[{at}]"),
        kind: "aws_instance".to_owned(),
        resource_id: Some(format!("i-0abc{at}")),
        region: Some("eu-west-1".to_owned()),
        objects: 1,
        ..PlannedDeletion::default()
    }
}

fn deleted(at: usize) -> DeletedResource {
    DeletedResource {
        id: format!("aws_instance.web[{at}]"),
        kind: "aws_instance".to_owned(),
        resource_id: None,
        region: None,
        seconds: 12,
        scheduled_for: None,
        name_reservation: None,
        outlives: None,
    }
}

/// The progress of a teardown: one resource deleted, one in progress, one failed.
pub(crate) fn half_done_teardown(stack: &str) -> Vec<Progress> {
    let kind = "aws_instance".to_owned();
    let id = |at| format!("aws_instance.web[{at}]");
    vec![
        Progress::Started {
            name: name(stack),
            run: run(),
            host: "laptop".to_owned(),
            pid: 4711,
            count: 3,
        },
        Progress::ResourceStarted {
            id: id(0),
            kind: kind.clone(),
        },
        Progress::ResourceDeleted(deleted(0)),
        Progress::ResourceStarted {
            id: id(1),
            kind: kind.clone(),
        },
        Progress::ResourceProgress {
            id: id(1),
            kind: kind.clone(),
            seconds: 20,
        },
        Progress::ResourceStarted {
            id: id(2),
            kind: kind.clone(),
        },
        Progress::ResourceFailed {
            id: id(2),
            kind,
            seconds: 4,
        },
    ]
}

/// The end of a teardown that left a resource.
pub(crate) fn teardown_with_residue(stack: &str) -> Progress {
    Progress::Done(TeardownOutcome {
        name: name(stack),
        strategy: Strategy::Terraform,
        deleted: vec![deleted(0), deleted(1)],
        residue: vec![Residue {
            id: "aws_instance.web[2]".to_owned(),
            kind: Some("aws_instance".to_owned()),
            region: Some("eu-west-1".to_owned()),
            reason: "termination protection is on".to_owned(),
            blocked_by: Some("DisableApiTermination".to_owned()),
            hourly_usd: "0.14".parse().ok(),
            command: Some("aws ec2 terminate-instances --instance-ids i-0abc2".to_owned()),
            resource_id: None,
        }],
    })
}

/// The end of a teardown that left nothing.
pub(crate) fn finished_teardown(stack: &str) -> Progress {
    Progress::Done(TeardownOutcome {
        name: name(stack),
        strategy: Strategy::Terraform,
        deleted: vec![deleted(0), deleted(1), deleted(2)],
        residue: Vec::new(),
    })
}

fn resource_in_ireland(kind: &str, id: &str, stack: &str) -> Resource {
    let mut one = stack::testing::fake_cloud::resource(kind, id, stack);
    one.id = ResourceId(format!("arn:aws:ec2:eu-west-1:111111111111:{id}"));
    one
}

/// The resources of a stack: a running one, and an unconfirmed one.
pub(crate) fn found_resources(stack: &str) -> (Vec<Resource>, Vec<Place>) {
    let mut instance = resource_in_ireland("ec2:instance", "instance/i-0abc", stack);
    instance.state = Some("running".to_owned());
    instance.hourly_usd = "0.0114".parse().ok();
    let mut volume = resource_in_ireland("ec2:volume", "volume/vol-0abc", stack);
    volume.confirmation = Confirmation::Unconfirmed("you may not describe it".to_owned());
    let places = vec![instance.place.clone()];
    (vec![instance, volume], places)
}

/// The plan of a sleep.
pub(crate) fn sleep_plan(stack: &str) -> stack::service::power::SleepPlan {
    let moved = |kind: &str, id: &str| SwitchedResource {
        id: ResourceId(format!("arn:aws:{id}")),
        kind: kind.to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let disk = RemainingCost {
        id: ResourceId("arn:aws:ec2:eu-west-1:111111111111:volume/vol-0abc".to_owned()),
        kind: "ec2:volume".to_owned(),
        region: "eu-west-1".to_owned(),
        hourly_usd: "0.03".parse().ok(),
        unpriced: Vec::new(),
    };
    let spot = RemainingCost {
        id: ResourceId("arn:aws:ec2:eu-west-1:111111111111:instance/i-0spot".to_owned()),
        kind: "ec2:instance".to_owned(),
        region: "eu-west-1".to_owned(),
        hourly_usd: None,
        unpriced: vec!["a spot price".to_owned(), "traffic".to_owned()],
    };
    let group = "arn:aws:autoscaling:eu-west-1:111111111111:autoScalingGroup:web";
    let morning = AutomaticStart {
        id: ResourceId(group.to_owned()),
        by: "the scheduled action morning (0 7 * * *)".to_owned(),
        at: Some(Span::minutes(19 * 60).after(now())),
        schedule: None,
        resizes: false,
    };
    stack::service::power::SleepPlan {
        name: name(stack),
        stops: vec![
            moved(
                "autoscaling:autoScalingGroup",
                "autoscaling:eu-west-1:111111111111:autoScalingGroup:web",
            ),
            moved("rds:db", "rds:eu-west-1:111111111111:db:orders"),
        ],
        remains: RemainingCosts {
            resources: vec![disk, spot],
            hourly_usd: "0.03".parse().ok(),
            unknown: 1,
        },
        starts: AutomaticStarts {
            found: vec![morning],
            unread: Vec::new(),
        },
        ready_again_seconds: Some(stack::Elapsed::from_millis(420_000)),
        not_looked: Vec::new(),
    }
}

/// A volume with the tags of an unleased stack: two hours old, with a TTL of eight.
pub(crate) fn unleased_resource(stack: &str, owner: &str, account: &str) -> Resource {
    let id = format!("volume/vol-{owner}");
    let mut one = stack::testing::fake_cloud::resource("ec2:volume", &id, stack);
    one.id = ResourceId(format!("arn:aws:ec2:eu-west-1:{account}:{id}"));
    one.place.account = account.to_owned();
    one.tags.insert("jiti:owner".to_owned(), owner.to_owned());
    one.state = Some("available".to_owned());
    one.created_at = Some(Span::minutes(120).before(now()));
    one.hourly_usd = "0.011".parse().ok();
    one.hourly_source = Some("list 2026-02-20".to_owned());
    one
}

/// A harness with two leases and two unleased stacks of the same name.
pub(crate) fn unleased_harness(config: HarnessConfig) -> Harness {
    let config = HarnessConfig {
        cloud: true,
        ..config
    };
    let mut harness = harness_with(
        config,
        ["alpha", "checkout-1.4.0"].map(usual_lease).to_vec(),
    );
    let found = [
        unleased_resource("forgotten", "ben@example.com", "111111111111"),
        unleased_resource("forgotten", "chi@example.com", "222222222222"),
    ];
    let places = found.each_ref().map(|one| one.place.clone());
    harness.load_cloud(found.to_vec(), places.to_vec());
    harness.take_effects();
    harness
}

/// The plan of a sweep, with a resource that would stay.
pub(crate) fn sweep_plan(stack: &str) -> TeardownPlan {
    let id = |id: &str| format!("arn:aws:ec2:eu-west-1:111111111111:{id}");
    let taken = PlannedDeletion {
        id: id("volume/vol-0abc"),
        kind: "ec2:volume".to_owned(),
        region: Some("eu-west-1".to_owned()),
        objects: 1,
        reason: Some("its tags match".to_owned()),
        hourly_usd: "0.011".parse().ok(),
        ..PlannedDeletion::default()
    };
    let stays = Residue {
        id: id("vpc/vpc-0abc"),
        reason: "its owner is another".to_owned(),
        ..Residue::default()
    };
    TeardownPlan {
        method: Method::Sweep {
            digest: "abc".to_owned(),
        },
        resources: vec![taken],
        residue: vec![stays],
        hourly_usd: "0.011".parse().ok(),
        ..plan(stack, true, 0)
    }
}

/// The bill of a stack for the last final day, and for an estimated day.
pub(crate) fn bill(stack: &str) -> BillHistory {
    let day = |minutes: u32| {
        let at = Span::minutes(minutes).before(now());
        at.to_zoned(jiff::tz::TimeZone::UTC).date()
    };
    let (before, yesterday) = (day(2 * 24 * 60), day(24 * 60));
    let line = |day, usd: &str, estimated| BillLine {
        stack: stack.to_owned(),
        day,
        service: "Amazon Elastic Compute Cloud".to_owned(),
        usd: usd.parse().unwrap(),
        estimated,
    };
    let asked = |settled| BilledDay {
        settled,
        asked_at: Span::minutes(120).before(now()),
    };
    BillHistory {
        lines: vec![line(before, "8.40", false), line(yesterday, "1.25", true)],
        days: [(before, asked(true)), (yesterday, asked(false))].into(),
        ..BillHistory::default()
    }
}

/// A harness with an idle stack that is three days old and has a bill.
pub(crate) fn billed_harness(config: HarnessConfig) -> Harness {
    let config = HarnessConfig {
        cloud: true,
        ..config
    };
    let old = lease(&story(
        "checkout-1.4.0",
        3 * 24 * 60,
        |r| r.terms.ttl = "7d".parse().unwrap(),
        vec![(4_000, EventKind::Recorded { origin: None })],
    ));
    let mut harness = harness_with(config, vec![old, usual_lease("young")]);
    let (resources, places) = found_resources("checkout-1.4.0");
    harness.load_cloud_and_bill(resources, places, bill("checkout-1.4.0"));
    harness.keys("/name:checkout<enter>");
    harness
}

/// A harness with a stack that sleeps until a time, with a disk that still costs money.
pub(crate) fn asleep_harness(config: HarnessConfig) -> Harness {
    let config = HarnessConfig {
        cloud: true,
        ..config
    };
    let until = Some(Span::minutes(240).after(now()));
    let prior = [(
        "arn:aws:ec2:eu-west-1:111111111111:instance/i-0abc".to_owned(),
        1.into(),
    )];
    let sleeping = lease(&story(
        "checkout-1.4.0",
        180,
        |_| {},
        vec![
            (179, EventKind::Recorded { origin: None }),
            (
                60,
                EventKind::SleepStarted {
                    prior: prior.into(),
                    until,
                    operator: None,
                },
            ),
            (58, EventKind::Slept),
        ],
    ));
    let mut harness = harness_with(config, vec![sleeping]);
    let (mut resources, places) = found_resources("checkout-1.4.0");
    resources[0].state = Some("stopped".to_owned());
    resources[0].hourly_usd = "0".parse().ok();
    resources[1].hourly_usd = "0.03".parse().ok();
    harness.load_cloud(resources, places);
    harness.take_effects();
    harness
}

/// The progress of a sleep: one resource stopped, one in progress, one failed.
pub(crate) fn half_done_sleep() -> Vec<PowerStep> {
    let moved = |id: &str| SwitchedResource {
        id: ResourceId(format!("arn:aws:ec2:eu-west-1:111111111111:{id}")),
        kind: "ec2:instance".to_owned(),
        region: "eu-west-1".to_owned(),
    };
    let (web, orders, jobs) = ("instance/web", "instance/orders", "instance/jobs");
    vec![
        PowerStep::Stopping(moved(web)),
        PowerStep::Done(moved(web)),
        PowerStep::Stopping(moved(orders)),
        PowerStep::Stopping(moved(jobs)),
        PowerStep::Failed(PowerFailure {
            id: format!("arn:aws:ec2:eu-west-1:111111111111:{jobs}"),
            kind: None,
            region: None,
            reason: "you may not stop it".to_owned(),
        }),
    ]
}

/// The result of a sleep: everything stopped, and what still costs money.
pub(crate) fn finished_sleep(stack: &str) -> PowerOutcome {
    let nap = sleep_plan(stack);
    PowerOutcome {
        name: name(stack),
        asleep: true,
        moved: nap.stops,
        failed: Vec::new(),
        remains: nap.remains,
        restarts: Vec::new(),
        starts: nap.starts,
        wake_at: Some(Span::minutes(240).after(now())),
        ready_again_seconds: nap.ready_again_seconds,
        missing: Vec::new(),
    }
}
