//! Sleeping and waking on a cloud in memory: sizes as they were, whatever happens in between.

use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::clock::Clock;
use crate::cloud::{Place, Usage};
use crate::config::{Access, Account, Config};
use crate::inventory::MemoryInventory;
use crate::lease::Source;
use crate::ledger::{Ledger, MemoryLedger};
use crate::process;
use crate::service::Sky;
use crate::testing::fake_cloud::{Call, FakeCloud, Times, asleep, resource};
use crate::testing::{ManualClock, actor, noon, registration, stack_name};
use crate::ttl::Span;

const QUICK: Patience = Patience {
    look: Duration::from_millis(1),
    looks: 3,
    tries: 2,
};

/// A ready stack of a group of one to three with a member, an instance, a database, a service that is stopped already,
/// and a bucket; besides, an instance of somebody else.
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
    // A flag against deletion is none against sleep.
    database.protection = Some("DeletionProtection".to_owned());
    let mut service = sized("ecs:service", "mail", asleep());
    (service.recreates, service.stopped) = (true, true);
    let mut foreign = sized("ec2:instance", "foreign", json!({"state": "running"}));
    let owner = foreign.tags.get_mut(crate::tags::OWNER).unwrap();
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
            access: Access::Standard,
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
        let service = service.with_sky(Sky::new(seen, Arc::new(MemoryInventory::new())));
        let name = stack_name("shop");
        service
            .open(&name, registration(), &process::liveness)
            .await
            .unwrap();
        service.recorded(&name).await.unwrap();
        Self {
            cloud,
            clock,
            service,
        }
    }

    async fn sleep(&self) -> Result<Turned, SleepError> {
        let name = stack_name("shop");
        self.service.sleep(&name, None, QUICK, &|_| {}).await
    }

    async fn wake(&self) -> Result<Turned, SleepError> {
        let name = stack_name("shop");
        self.service.wake(&name, QUICK, &|_| {}).await
    }

    async fn lease(&self) -> Lease {
        let lease = self.service.lease(&stack_name("shop")).await;
        lease.unwrap().unwrap()
    }

    async fn kinds(&self) -> Vec<String> {
        let ledger = self.service.ledger();
        let events = ledger.events(&stack_name("shop"), Seq::NONE).await.unwrap();
        let kinds = events.iter().map(|event| event.kind.name().to_owned());
        kinds.skip(2).collect()
    }

    /// Size and state of everything.
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

/// Sizes are in the ledger before the first stop; what makes others again stops first and data last; waking goes the
/// other way and restores everything exactly; nothing foreign is touched; what goes on costing is told.
#[tokio::test]
async fn asleep_and_as_it_was() {
    let world = World::new().await;
    let before = world.sizes();
    let plan = world.service.plan_sleep(&stack_name("shop")).await.unwrap();
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
    assert_eq!(world.cloud.called(Call::Stop), stopped.map(id));
    assert_eq!(slept.remains.hourly_usd, "0.004".parse().ok());
    assert_eq!(slept.ready_again_seconds, None, "it was never woken");
    assert_eq!(world.kinds().await, ["sleep_started", "slept"]);
    assert_eq!(world.lease().await.recorded_phase, Phase::Asleep);
    assert!(
        world.sleep().await.unwrap().moved.is_empty(),
        "it sleeps already"
    );

    world.clock.advance(Span::minutes(60));
    let woken = world.wake().await.unwrap();
    assert!(!woken.asleep && woken.failed.is_empty(), "{woken:?}");
    assert_eq!(world.sizes(), before);
    let mut started = stopped;
    started.reverse();
    assert_eq!(world.cloud.called(Call::Start), started.map(id));
    let kinds = ["sleep_started", "slept", "wake_started", "woken"];
    assert_eq!(world.kinds().await, kinds);
    assert!(world.wake().await.unwrap().moved.is_empty(), "it is awake");
    assert_eq!(world.kinds().await, kinds);
    let plan = world.service.plan_sleep(&stack_name("shop")).await.unwrap();
    assert_eq!(plan.ready_again_seconds, Some(Elapsed::from_millis(0)));
}

/// Cut off after any number of calls, by credentials that expire or by a kill, it can be finished either way: asleep
/// with everything stopped, or awake with everything as it was.
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

/// What refuses is told, the rest sleeps all the same, and `slept` is not said before all does.
#[tokio::test]
async fn what_refuses_is_told() {
    let world = World::new().await;
    let before = world.sizes();
    let database = id("rds:db/orders");
    let denied = CloudErrorKind::Denied;
    world
        .cloud
        .refuse(Call::Stop, &database, denied, Times::Always);
    let half = world.sleep().await.unwrap();
    assert_eq!(
        (half.asleep, half.moved.len(), half.failed.len()),
        (false, 2, 1)
    );
    assert_eq!(half.failed[0].id, "rds:db/orders");
    assert!(half.failed[0].reason.contains("you may not"), "{half:?}");
    assert_eq!(world.kinds().await, ["sleep_started"]);
    world.cloud.mend(Call::Stop, &database);
    assert!(world.sleep().await.unwrap().asleep);
    world.sleeps();
    world.wake().await.unwrap();
    assert_eq!(world.sizes(), before);
}

/// A place that did not answer may hold what goes on running: the stack is not said to sleep.
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

/// A sleep until a time is due then; waking ends that; a time that has passed is refused.
#[tokio::test]
async fn it_wakes_by_itself() {
    let world = World::new().await;
    let name = stack_name("shop");
    let until = Span::minutes(60).after(noon());
    let sleep = async |until| {
        world
            .service
            .sleep(&name, Some(until), QUICK, &|_| {})
            .await
    };
    let slept = sleep(until).await.unwrap();
    assert_eq!(slept.wake_at, Some(until));
    assert_eq!(world.service.wakes_due().await.unwrap(), []);
    world.clock.advance(Span::minutes(61));
    assert_eq!(
        world.service.wakes_due().await.unwrap(),
        std::slice::from_ref(&name)
    );
    let passed = sleep(until).await.unwrap_err();
    assert!(matches!(passed, SleepError::Passed { .. }), "{passed}");
    // One that sleeps can be told another time.
    let later = Span::minutes(120).after(noon());
    assert_eq!(sleep(later).await.unwrap().wake_at, Some(later));
    assert_eq!(world.service.wakes_due().await.unwrap(), []);
    world.clock.advance(Span::minutes(60));
    world.wake().await.unwrap();
    assert_eq!(world.service.wakes_due().await.unwrap(), []);
    assert_eq!(world.lease().await.wake_at, None);
}

/// Without an account, or without anything that could be stopped, nothing is written.
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

/// A database that has started by itself is stopped again by another sleep, and wakes as it was at first.
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
