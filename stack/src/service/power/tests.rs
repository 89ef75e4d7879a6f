//! Tests of sleeping and waking on a fake cloud: every wake restores the original sizes.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::cloud::{CloudErrorKind, Place, Usage};
use crate::config::{Account, Config, CredentialSource};
use crate::inventory::MemoryInventory;
use crate::lease::{Operator, ProcessId, Source};
use crate::ledger::{Ledger, MemoryLedger};
use crate::process;
use crate::service::CloudAccess;
use crate::testing::fake_cloud::{CloudCall, FakeCloud, Repeat, asleep, resource};
use crate::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
use crate::values::id::RunId;
use crate::values::ttl::Span;

const QUICK: PollPolicy = PollPolicy {
    interval: Duration::from_millis(1),
    max_polls: 3,
    max_tries: 2,
};

/// A ready stack with an Auto Scaling group and its member, an instance, a database, a stopped
/// service and a bucket; and an instance of another owner.
struct World {
    cloud: Arc<FakeCloud>,
    clock: Arc<ManualClock>,
    service: Service,
}

fn sized(kind: &str, name: &str, size: Value) -> Resource {
    let mut one = resource(kind, name, "shop");
    one.size = Some(size);
    one
}

fn stack() -> Vec<Resource> {
    let mut group = sized(
        "autoscaling:autoScalingGroup",
        "web",
        json!({"min": 1, "max": 3, "desired": 2}),
    );
    group.recreates = true;
    let mut member = resource("ec2:instance", "member", "shop");
    member.owner = Some(group.id.clone());
    let instance = sized("ec2:instance", "batch", json!({"state": "running"}));
    let mut database = sized("rds:db", "orders", json!({"running": true}));
    // Deletion protection does not prevent sleep.
    database.protection = Some("DeletionProtection".to_owned());
    let mut service = sized("ecs:service", "mail", asleep());
    (service.recreates, service.stopped) = (true, true);
    let mut foreign = sized("ec2:instance", "foreign", json!({"state": "running"}));
    let owner = foreign.tags.get_mut(crate::values::tags::OWNER).unwrap();
    "mallory@example.com".clone_into(owner);
    let mut bucket = resource("s3", "logs", "shop");
    bucket.hourly_usd = "0.004".parse().ok();
    bucket.usage = vec![Usage {
        meter: "s3:standard".to_owned(),
        quantity: 1.into(),
    }];
    vec![group, member, instance, database, service, foreign, bucket]
}

impl World {
    async fn new() -> Self {
        let cloud = Arc::new(FakeCloud::new(stack()));
        let clock = Arc::new(ManualClock::at(noon()));
        let account = Account {
            name: "sandbox".to_owned(),
            id: "111111111111".to_owned(),
            access: CredentialSource::Standard,
            regions: vec!["eu-west-1".to_owned()],
        };
        let config = Config {
            accounts: vec![account],
            ..Config::default()
        };
        let service = Service::new(
            Arc::new(MemoryLedger::new()) as Arc<dyn Ledger>,
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(config),
            actor(),
            Source::Cli,
        );
        let seen = Arc::clone(&cloud) as Arc<dyn Cloud>;
        let service = service.with_cloud(CloudAccess::new(seen, Arc::new(MemoryInventory::new())));
        let name = stack_name("shop");
        service
            .leases()
            .open(&name, registration(), &process::liveness)
            .await
            .unwrap();
        service.leases().recorded(&name).await.unwrap();
        Self {
            cloud,
            clock,
            service,
        }
    }

    async fn sleep(&self) -> Result<PowerOutcome, SleepError> {
        let name = stack_name("shop");
        self.service
            .power()
            .sleep(&name, None, QUICK, &|_| {})
            .await
    }

    async fn wake(&self) -> Result<PowerOutcome, SleepError> {
        let name = stack_name("shop");
        self.service.power().wake(&name, QUICK, &|_| {}).await
    }

    /// Appends an event to the ledger, as any process might.
    async fn happens(&self, kind: EventKind) {
        let name = stack_name("shop");
        let ledger = self.service.ledger();
        let event = new_event(self.service.now(), kind);
        let seq = self.lease().await.last_seq();
        ledger.append(&name, seq, vec![event]).await.unwrap();
    }

    /// The state of a resource in `show`, which makes no call to the cloud.
    async fn shown(&self, id: &str) -> Option<String> {
        let shown = self
            .service
            .leases()
            .show(&stack_name("shop"))
            .await
            .unwrap();
        let one = shown.resources.iter().find(|one| one.id.as_str() == id);
        one.map(|one| one.state.clone().unwrap_or_default())
    }

    async fn lease(&self) -> Lease {
        let lease = self.service.leases().lease(&stack_name("shop")).await;
        lease.unwrap().unwrap()
    }

    async fn kinds(&self) -> Vec<String> {
        let ledger = self.service.ledger();
        let events = ledger.events(&stack_name("shop"), Seq::NONE).await.unwrap();
        let kinds = events.iter().map(|event| event.kind.name().to_owned());
        kinds.skip(2).collect()
    }

    /// The size of every resource, and whether it is stopped.
    fn sizes(&self) -> Vec<(ResourceId, Option<Value>, bool)> {
        let each = self.cloud.ids().into_iter();
        each.map(|id| {
            let one = self.cloud.get(&id).unwrap();
            (id, one.size, one.stopped)
        })
        .collect()
    }

    #[track_caller]
    fn sleeps(&self) {
        for (id, size, stopped) in self.sizes() {
            let foreign = id.as_str().ends_with("foreign");
            assert_eq!(stopped, size.is_some() && !foreign, "{id}");
        }
    }
}

fn id(text: &str) -> ResourceId {
    ResourceId(text.to_owned())
}

/// A sleep stops groups first and data last, and leaves other stacks alone. It reports the
/// remaining cost. A wake reverses the order and restores every size.
#[tokio::test]
async fn asleep_and_as_it_was() {
    let world = World::new().await;
    let before = world.sizes();
    let plan = world
        .service
        .power()
        .plan_sleep(&stack_name("shop"))
        .await
        .unwrap();
    assert_eq!(plan.stops.len(), 3);
    assert_eq!(world.sizes(), before, "a plan changes nothing");

    let slept = world.sleep().await.unwrap();
    assert!(slept.asleep && slept.failed.is_empty(), "{slept:?}");
    world.sleeps();
    let stopped = [
        "autoscaling:autoScalingGroup/web",
        "ec2:instance/batch",
        "rds:db/orders",
    ];
    assert_eq!(world.cloud.called(CloudCall::Stop), stopped.map(id));
    assert_eq!(slept.remains.hourly_usd, "0.004".parse().ok());
    assert_eq!(slept.ready_again_seconds, None, "the stack was never woken");
    assert_eq!(world.kinds().await, ["sleep_started", "slept"]);
    assert_eq!(world.lease().await.recorded_phase, Phase::Asleep);
    assert!(
        world.sleep().await.unwrap().moved.is_empty(),
        "the stack is already asleep"
    );

    world.clock.advance(Span::minutes(60));
    let woken = world.wake().await.unwrap();
    assert!(!woken.asleep && woken.failed.is_empty(), "{woken:?}");
    assert_eq!(world.sizes(), before);
    let mut started = stopped;
    started.reverse();
    assert_eq!(world.cloud.called(CloudCall::Start), started.map(id));
    let kinds = ["sleep_started", "slept", "wake_started", "woken"];
    assert_eq!(world.kinds().await, kinds);
    assert!(world.wake().await.unwrap().moved.is_empty(), "it was awake");
    assert_eq!(world.kinds().await, kinds);
    let plan = world
        .service
        .power()
        .plan_sleep(&stack_name("shop"))
        .await
        .unwrap();
    assert_eq!(plan.ready_again_seconds, Some(Elapsed::from_millis(0)));
}

/// After an interruption at any call, a second sleep or a wake completes: everything is stopped, or
/// everything has its original size.
#[tokio::test]
async fn cut_off_anywhere_it_is_finished_either_way() {
    for waking in [false, true] {
        for calls in 0..14 {
            for wake_after in [false, true] {
                let world = World::new().await;
                let before = world.sizes();
                if waking {
                    world.sleep().await.unwrap();
                }
                world.cloud.expires_after(calls);
                let cut = if waking {
                    world.wake().await
                } else {
                    world.sleep().await
                };
                drop(cut);
                world.cloud.answers();
                let said = format!("waking {waking}, {calls} calls, then wake {wake_after}");
                let ended = if wake_after {
                    world.wake().await.expect(&said)
                } else {
                    world.sleep().await.expect(&said)
                };
                assert!(ended.failed.is_empty(), "{said}: {ended:?}");
                if wake_after {
                    assert_eq!(world.sizes(), before, "{said}");
                } else {
                    world.sleeps();
                    world.wake().await.expect(&said);
                    assert_eq!(world.sizes(), before, "{said}");
                }
            }
        }
    }
}

/// A sleep with a resource that cannot stop reports it, stops the others, and records `slept` only
/// once all are stopped.
#[tokio::test]
async fn what_refuses_is_told() {
    let world = World::new().await;
    let before = world.sizes();
    let database = id("rds:db/orders");
    let denied = CloudErrorKind::Denied;
    world
        .cloud
        .refuse(CloudCall::Stop, &database, denied, Repeat::Always);
    let half = world.sleep().await.unwrap();
    assert_eq!(
        (half.asleep, half.moved.len(), half.failed.len()),
        (false, 2, 1)
    );
    assert_eq!(half.failed[0].id, "rds:db/orders");
    assert!(half.failed[0].reason.contains("not authorized"), "{half:?}");
    assert_eq!(
        world.kinds().await,
        ["sleep_started", "power_operation_failed"]
    );
    assert_eq!(
        world.lease().await.power_operation,
        None,
        "another operation can begin"
    );
    world.cloud.mend(CloudCall::Stop, &database);
    assert!(world.sleep().await.unwrap().asleep);
    world.sleeps();
    world.wake().await.unwrap();
    assert_eq!(world.sizes(), before);
}

/// A sleep that cannot check a region does not mark the stack as asleep.
#[tokio::test]
async fn a_silent_place_is_no_sleep() {
    let world = World::new().await;
    let place = Place {
        account: "111111111111".to_owned(),
        region: "us-east-1".to_owned(),
    };
    world.cloud.is_silent(&place, None, false);
    let half = world.sleep().await.unwrap();
    assert!(!half.asleep);
    assert!(half.failed[0].reason.contains("not_looked"), "{half:?}");
    world.cloud.answers();
    assert!(world.sleep().await.unwrap().asleep);
}

/// A sleep with an end is due for waking at that time, and no longer after a wake. An end in the
/// past is refused.
#[tokio::test]
async fn it_wakes_by_itself() {
    let world = World::new().await;
    let name = stack_name("shop");
    let until = Span::minutes(60).after(noon());
    let sleep = async |until| {
        world
            .service
            .power()
            .sleep(&name, Some(until), QUICK, &|_| {})
            .await
    };
    let slept = sleep(until).await.unwrap();
    assert_eq!(slept.wake_at, Some(until));
    assert_eq!(world.service.power().wakes_due().await.unwrap(), []);
    world.clock.advance(Span::minutes(61));
    assert_eq!(
        world.service.power().wakes_due().await.unwrap(),
        std::slice::from_ref(&name)
    );
    let passed = sleep(until).await.unwrap_err();
    assert!(matches!(passed, SleepError::Passed { .. }), "{passed}");
    // A second sleep can move the end.
    let later = Span::minutes(120).after(noon());
    assert_eq!(sleep(later).await.unwrap().wake_at, Some(later));
    assert_eq!(world.service.power().wakes_due().await.unwrap(), []);
    world.clock.advance(Span::minutes(60));
    world.wake().await.unwrap();
    assert_eq!(world.service.power().wakes_due().await.unwrap(), []);
    assert_eq!(world.lease().await.wake_at, None);
}

/// A sleep without any resource to stop fails and writes nothing.
#[tokio::test]
async fn nothing_to_stop() {
    let world = World::new().await;
    for one in stack() {
        if one.size.is_some() {
            world.cloud.remove(&one.id);
        }
    }
    let error = world.sleep().await.unwrap_err();
    assert!(matches!(error, SleepError::Nothing { .. }), "{error}");
    assert!(world.kinds().await.is_empty());
}

/// A second sleep stops a database that AWS restarted, and a wake restores its original size.
#[tokio::test]
async fn what_starts_by_itself_is_stopped_again() {
    let world = World::new().await;
    let before = world.sizes();
    world.sleep().await.unwrap();
    let database = id("rds:db/orders");
    world.cloud.change(&database, |one| {
        (one.size, one.stopped) = (Some(json!({"running": true})), false);
    });
    let again = world.sleep().await.unwrap();
    assert_eq!((again.asleep, again.moved.len()), (true, 1));
    world.sleeps();
    world.wake().await.unwrap();
    assert_eq!(world.sizes(), before);
}

/// The operator of a sleep or wake in another process.
fn operator(process: ProcessId) -> Option<Box<Operator>> {
    let run = RunId::random();
    Some(Box::new(Operator { run, process }))
}

fn elsewhere() -> ProcessId {
    ProcessId {
        pid: 1,
        started: "1".to_owned(),
        host: "another".to_owned(),
    }
}

fn dead() -> ProcessId {
    ProcessId {
        started: "another".to_owned(),
        ..process::identify(std::process::id()).unwrap()
    }
}

fn begun(operator: Option<Box<Operator>>) -> EventKind {
    let (prior, until) = (BTreeMap::new(), None);
    EventKind::SleepStarted {
        prior,
        until,
        operator,
    }
}

/// Of two concurrent operations one runs and the other is refused.
#[tokio::test]
async fn one_at_a_time() {
    let world = World::new().await;
    let before = world.sizes();
    world.cloud.takes_its_time(Duration::from_millis(5));
    let (one, other) = tokio::join!(world.sleep(), world.sleep());
    let refused = [&one, &other];
    let refused: Vec<_> = refused
        .iter()
        .filter_map(|one| one.as_ref().err())
        .collect();
    assert!(
        matches!(refused[..], [SleepError::Running { .. }]),
        "{one:?} {other:?}"
    );
    assert!(refused[0].is_refusal());
    world.sleeps();
    world.cloud.change(&id("rds:db/orders"), |one| {
        (one.size, one.stopped) = (Some(json!({"running": true})), false);
    });
    let (woken, slept) = tokio::join!(world.wake(), world.sleep());
    assert!(woken.is_ok() != slept.is_ok(), "{woken:?} {slept:?}");
    world.cloud.takes_its_time(Duration::ZERO);
    world.wake().await.unwrap();
    assert_eq!(world.sizes(), before);
}

/// An operation on another machine is left alone until it has been silent for ten minutes. One
/// whose process on this machine is dead is taken over at once.
#[tokio::test]
async fn the_dead_are_taken_over() {
    let world = World::new().await;
    let before = world.sizes();
    world.happens(begun(operator(elsewhere()))).await;
    for refused in [world.sleep().await, world.wake().await] {
        assert!(
            matches!(refused, Err(SleepError::Running { .. })),
            "{refused:?}"
        );
    }
    assert_eq!(world.cloud.called(CloudCall::Stop), []);
    world.clock.advance(Span::minutes(11));
    assert!(world.sleep().await.unwrap().asleep);
    world
        .happens(EventKind::WakeStarted {
            operator: operator(dead()),
        })
        .await;
    world.wake().await.unwrap();
    assert_eq!(world.sizes(), before);
}

/// No teardown begins during a sleep, and no sleep or wake begins during a teardown.
#[tokio::test]
async fn a_teardown_waits_for_its_turn() {
    use crate::service::teardown::sweep::SweepSelector;
    use crate::service::teardown::{StopSignal, TeardownError, TeardownRequest, TeardownSettings};
    let world = World::new().await;
    let dir = tempfile::tempdir().unwrap();
    let settings = TeardownSettings {
        runs: dir.path().join("runs"),
        ..TeardownSettings::default()
    };
    let wish = SweepSelector::named(&stack_name("shop"));
    let plan = async || world.service.teardowns().plan_sweep(&wish, &settings).await;
    let prepared = plan().await.unwrap().unwrap();
    world.happens(begun(operator(elsewhere()))).await;
    let refused = plan().await.unwrap_err();
    assert!(
        matches!(refused, TeardownError::PowerOperation { .. }),
        "{refused}"
    );
    let request = TeardownRequest {
        by: actor(),
        why: "test".to_owned(),
        confirmed: None,
        only_while: None,
    };
    let began = world
        .service
        .teardowns()
        .teardown(prepared, &request, &|_| {}, &StopSignal::default())
        .await;
    assert!(
        matches!(began, Err(TeardownError::PowerOperation { .. })),
        "{began:?}"
    );
    assert_eq!(world.cloud.called(CloudCall::Delete), []);
    world.clock.advance(Span::minutes(11));
    assert!(plan().await.unwrap().is_some());
    world
        .happens(EventKind::TeardownStarted {
            strategy: crate::lease::Strategy::Sweep,
            by: actor(),
            why: "test".to_owned(),
            run: RunId::random(),
            host: "another".to_owned(),
            pid: 1,
        })
        .await;
    assert_eq!(world.lease().await.power_operation, None);
    for refused in [world.sleep().await.err(), world.wake().await.err()] {
        assert_eq!(world.cloud.called(CloudCall::Stop), [], "{refused:?}");
    }
}

/// A long wait records heartbeats, so that no other process takes over the operation.
#[tokio::test]
async fn a_long_wait_is_heard_of() {
    let world = World::new().await;
    let name = stack_name("shop");
    let slow = |_: &PowerStep| world.clock.advance(Span::minutes(3));
    let slept = world.service.power().sleep(&name, None, QUICK, &slow).await;
    assert!(slept.unwrap().asleep);
    let kinds = world.kinds().await;
    let beats = kinds
        .iter()
        .filter(|kind| *kind == "power_operation_alive")
        .count();
    assert!(beats >= 3, "{kinds:?}");
    assert_eq!(world.lease().await.power_operation, None);
}

/// A process whose operation was taken over makes no more changes and records no end.
#[tokio::test]
async fn who_was_taken_over_touches_nothing_more() {
    let world = World::new().await;
    world.cloud.takes_its_time(Duration::from_millis(20));
    let (slept, ()) = tokio::join!(world.sleep(), async {
        while world.cloud.called(CloudCall::Stop).is_empty() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        world.happens(begun(operator(elsewhere()))).await;
    });
    let lost = slept.unwrap_err();
    assert!(matches!(lost, SleepError::Lost { .. }), "{lost}");
    assert_eq!(world.cloud.called(CloudCall::Stop).len(), 1);
    assert_eq!(world.kinds().await, ["sleep_started", "sleep_started"]);
    assert!(
        world.lease().await.power_operation.is_some(),
        "the other operation still runs"
    );
}

/// An operation does not begin with sizes that were read before another process's wake, because
/// those are the sizes of a sleeping stack.
#[tokio::test]
async fn what_was_seen_before_anothers_turn_is_not_written() {
    let world = World::new().await;
    world.sleep().await.unwrap();
    let before = world.lease().await;
    world.wake().await.unwrap();
    let intent = |_: &BTreeMap<String, Value>, operator| begun(Some(operator));
    let turn = world
        .service
        .power()
        .begin_operation(&before, intent)
        .await
        .unwrap();
    assert!(turn.is_none());
    let now = world.lease().await;
    assert!(
        world
            .service
            .power()
            .begin_operation(&now, intent)
            .await
            .unwrap()
            .is_some()
    );
}

/// After a sleep or a wake, `show` has the new state of the changed resources and the ledger has
/// the new rate. Other resources are not described again.
#[tokio::test]
async fn what_was_changed_is_known() {
    use crate::service::SyncMode;
    let world = World::new().await;
    let (web, batch) = ("autoscaling:autoScalingGroup/web", "ec2:instance/batch");
    world.cloud.change(&id(batch), |one| {
        one.state = Some("running".to_owned());
        one.hourly_usd = "0.5".parse().ok();
    });
    world.service.cloud().sync(SyncMode::Always).await.unwrap();
    assert_eq!(world.shown(batch).await.as_deref(), Some("running"));
    let rate = async || world.lease().await.meter.rate();
    assert_eq!(rate().await, "0.504".parse().ok());
    let tell = |step: &PowerStep| {
        if let PowerStep::Stopping(one) = step {
            world.cloud.change(&one.id, |one| {
                one.state = Some("stopped".to_owned());
                one.hourly_usd = None;
            });
            // Stopping a group removes its members.
            world.cloud.remove(&id("ec2:instance/member"));
        }
    };
    let name = stack_name("shop");
    let asked = world.cloud.called(CloudCall::Describe).len();
    let looks = || {
        let calls = world.cloud.calls();
        calls
            .iter()
            .filter(|(call, _)| *call == CloudCall::Discover)
            .count()
    };
    let looked = looks();
    world
        .service
        .power()
        .sleep(&name, None, QUICK, &tell)
        .await
        .unwrap();
    assert_eq!(world.shown(batch).await.as_deref(), Some("stopped"));
    assert_eq!(world.shown(web).await.as_deref(), Some("stopped"));
    assert_eq!(world.shown("ec2:instance/member").await, None);
    assert_eq!(rate().await, "0.004".parse().ok());
    assert_eq!(
        looks() - looked,
        1,
        "only the changed resources are scanned again"
    );
    let described = world.cloud.called(CloudCall::Describe).split_off(asked);
    assert!(!described.contains(&id("s3/logs")), "{described:?}");

    let tell = |step: &PowerStep| {
        if let PowerStep::Starting(one) = step {
            world
                .cloud
                .change(&one.id, |one| one.state = Some("running".to_owned()));
        }
    };
    world
        .service
        .power()
        .wake(&name, QUICK, &tell)
        .await
        .unwrap();
    assert_eq!(world.shown(batch).await.as_deref(), Some("running"));
}

/// A sleep does not store its partial result if the stack was never scanned.
#[tokio::test]
async fn a_part_does_not_pass_for_the_whole() {
    let world = World::new().await;
    world.sleep().await.unwrap();
    let shown = world
        .service
        .leases()
        .show(&stack_name("shop"))
        .await
        .unwrap();
    assert_eq!(shown.resources, []);
}

/// A second sleep without an end keeps the first sleep's end.
#[tokio::test]
async fn a_second_sleep_keeps_the_time_to_wake() {
    let world = World::new().await;
    let name = stack_name("shop");
    let until = Span::minutes(60).after(noon());
    let slept = world
        .service
        .power()
        .sleep(&name, Some(until), QUICK, &|_| {})
        .await;
    slept.unwrap();
    let database = id("rds:db/orders");
    world.cloud.change(&database, |one| {
        (one.size, one.stopped) = (Some(json!({"running": true})), false);
    });
    let again = world.sleep().await.unwrap();
    assert_eq!((again.moved.len(), again.wake_at), (1, Some(until)));
    // An end in the past is dropped.
    world.clock.advance(Span::minutes(61));
    world.cloud.change(&database, |one| {
        (one.size, one.stopped) = (Some(json!({"running": true})), false);
    });
    assert_eq!(world.sleep().await.unwrap().wake_at, None);
}

/// After an apply on a sleeping stack, a wake restores what is still stopped and leaves alone what
/// the apply started.
#[tokio::test]
async fn after_an_apply_a_wake_gives_back_what_is_still_stopped() {
    let world = World::new().await;
    let before = world.sizes();
    world.sleep().await.unwrap();
    let web = id("autoscaling:autoScalingGroup/web");
    let applied = json!({"min": 1, "max": 9, "desired": 5});
    world.cloud.change(&web, |one| {
        (one.size, one.stopped) = (Some(applied.clone()), false);
    });
    world.happens(EventKind::Provisioned).await;
    let lease = world.lease().await;
    assert_eq!(
        (lease.recorded_phase, lease.partly_asleep),
        (Phase::Ready, true)
    );
    let woken = world.wake().await.unwrap();
    assert_eq!((woken.failed.len(), woken.moved.len()), (0, 2), "{woken:?}");
    let expected: Vec<_> = before
        .into_iter()
        .map(|(id, size, stopped)| match id == web {
            true => (id, Some(applied.clone()), false),
            false => (id, size, stopped),
        })
        .collect();
    assert_eq!(world.sizes(), expected);
    assert!(!world.lease().await.partly_asleep);
}

/// A wake reports a resource as missing only if it could check its region.
#[tokio::test]
async fn only_what_was_looked_for_is_missing() {
    let world = World::new().await;
    world.sleep().await.unwrap();
    let place = world.cloud.get(&id("rds:db/orders")).unwrap().place;
    world.cloud.is_silent(&place, Some("rds:db"), false);
    let half = world.wake().await.unwrap();
    assert_eq!((half.missing.len(), half.failed.len()), (0, 1));
    world.cloud.answers();
    world.cloud.remove(&id("rds:db/orders"));
    assert_eq!(world.wake().await.unwrap().missing, [id("rds:db/orders")]);
}

/// The reaper wakes a stack once, at the end of its sleep, even if only a part is asleep. Before
/// that time, or while another process works on the stack, it does nothing.
#[tokio::test]
async fn the_reaper_wakes_what_has_slept_long_enough() {
    let world = World::new().await;
    let before = world.sizes();
    let name = stack_name("shop");
    let until = Span::minutes(60).after(noon());
    let slept = world
        .service
        .power()
        .sleep(&name, Some(until), QUICK, &|_| {})
        .await;
    slept.unwrap();
    let tend = async || {
        world
            .service
            .power()
            .maintain_sleeping(QUICK)
            .await
            .unwrap()
    };
    assert!(tend().await.is_empty());
    world.clock.advance(Span::minutes(61));
    world
        .happens(EventKind::WakeStarted {
            operator: operator(elsewhere()),
        })
        .await;
    assert!(tend().await.is_empty());
    world.clock.advance(Span::minutes(11));
    let tended = tend().await;
    assert_eq!(
        (tended.len(), &tended[0].why),
        (1, &MaintenanceReason::Over)
    );
    assert!(tended[0].ended.as_ref().unwrap().is_ok(), "{tended:?}");
    assert_eq!(world.sizes(), before);
    assert_eq!(world.lease().await.recorded_phase, Phase::Ready);
    assert!(tend().await.is_empty());

    let database = id("rds:db/orders");
    let denied = CloudErrorKind::Denied;
    world
        .cloud
        .refuse(CloudCall::Stop, &database, denied, Repeat::Always);
    let until = Span::minutes(300).after(noon());
    let half = world
        .service
        .power()
        .sleep(&name, Some(until), QUICK, &|_| {})
        .await;
    assert!(!half.unwrap().asleep);
    world.clock.advance(Span::minutes(300));
    assert_eq!(tend().await.len(), 1);
    assert_eq!(world.sizes(), before);
}

/// The reaper stops a database that AWS restarted after seven days. It only reports one that a user
/// started, and leaves a held stack alone.
#[tokio::test]
async fn the_reaper_stops_again_what_has_started_by_itself() {
    use crate::service::SyncMode;
    let world = World::new().await;
    let database = id("rds:db/orders");
    world.sleep().await.unwrap();
    let restarts_at = Span::minutes(7 * 24 * 60).after(noon());
    let set = |restarts_at: Option<Timestamp>, running: bool| {
        world.cloud.change(&database, |one| {
            one.details.clear();
            let restarts = restarts_at.map(|at| (sleep::RESTARTS_AT.to_owned(), at.to_string()));
            one.details.extend(restarts);
            if running {
                (one.size, one.stopped) = (Some(json!({"running": true})), false);
            }
        });
    };
    let tend = async || {
        world.service.cloud().sync(SyncMode::Always).await.unwrap();
        world
            .service
            .power()
            .maintain_sleeping(QUICK)
            .await
            .unwrap()
    };
    set(Some(restarts_at), false);
    assert!(tend().await.is_empty());
    // Before that time, only a user can have started it.
    set(None, true);
    let told = tend().await;
    assert_eq!(
        told[0].why,
        MaintenanceReason::Runs(vec![database.to_string()])
    );
    assert!(told[0].ended.is_none() && !world.cloud.get(&database).unwrap().stopped);
    world.sleep().await.unwrap();
    set(Some(restarts_at), false);
    assert!(tend().await.is_empty());

    world.clock.advance(Span::minutes(7 * 24 * 60));
    set(None, true);
    let until = Span::minutes(7 * 24 * 60 + 30).after(noon());
    let why = "somebody looks".to_owned();
    world.happens(EventKind::Held { until, why }).await;
    assert!(tend().await.is_empty());
    world.clock.advance(Span::minutes(31));
    let tended = tend().await;
    assert_eq!(
        tended[0].why,
        MaintenanceReason::Restarted(vec![database.to_string()])
    );
    assert!(tended[0].ended.as_ref().unwrap().as_ref().unwrap().asleep);
    world.sleeps();
    assert!(tend().await.is_empty());
    // The next run completes an operation that its process left unfinished.
    world.happens(begun(operator(dead()))).await;
    let tended = tend().await;
    assert_eq!(
        (tended.len(), &tended[0].why),
        (1, &MaintenanceReason::Unfinished)
    );
    assert!(!world.lease().await.partly_asleep);
    assert!(tend().await.is_empty());
}

/// The plan and the result of a sleep name what continues to cost money and what starts resources
/// again, and say for which resources the latter could not be read.
#[tokio::test]
async fn a_sleep_names_what_continues_and_what_starts_again() {
    use crate::cloud::{AutomaticStart, AutomaticStarts, Confirmation, UnreadStarts};
    let world = World::new().await;
    let mut spot = resource("ec2:instance", "spot", "shop");
    spot.unpriced = vec!["a spot price".to_owned()];
    world.cloud.put(spot);
    let mut unknown = resource("new:type", "x", "shop");
    unknown.confirmation = Confirmation::Unconfirmed("it is of an unknown type".to_owned());
    world.cloud.put(unknown);
    let morning = AutomaticStart {
        id: id("autoscaling:autoScalingGroup/web"),
        by: "the scheduled action morning".to_owned(),
        at: Some(Span::minutes(600).after(noon())),
        schedule: None,
        resizes: false,
    };
    let unread = UnreadStarts {
        id: id("ecs:service/mail"),
        reason: "access denied".to_owned(),
    };
    let elsewhere = AutomaticStart {
        id: id("ec2:instance/foreign"),
        ..morning.clone()
    };
    world.cloud.starts(AutomaticStarts {
        found: vec![morning.clone(), elsewhere],
        unread: vec![unread.clone()],
    });
    let plan = world.service.power().plan_sleep(&stack_name("shop")).await;
    let plan = plan.unwrap();
    let outcome = world.sleep().await.unwrap();
    for (remains, starts) in [
        (plan.remains, plan.starts),
        (outcome.remains, outcome.starts),
    ] {
        let named = |name: &str| {
            let one = remains.resources.iter().find(|one| one.id == id(name));
            one.map(|one| one.hourly_usd)
        };
        assert_eq!(named("ec2:instance/spot"), Some(None), "{remains:?}");
        assert_eq!(named("new:type/x"), Some(None), "{remains:?}");
        assert!(remains.is_minimum());
        assert_eq!(starts.found, std::slice::from_ref(&morning));
        assert_eq!(starts.unread, std::slice::from_ref(&unread));
    }
}
