//! Tests of syncs against a fake cloud: what they store, list and write to the ledger.

use jiff::civil::date;
use rust_decimal::Decimal;

use super::*;
use crate::cloud::{Bill, BillLine, Resource, ResourceId, Unchecked};
use crate::config::{Account, Config, CredentialSource};
use crate::idle::{Activity, DEFAULT_WINDOW, Evidence, IdleState};
use crate::init::{CauseKind, NotReadyCause};
use crate::inventory::{BillAnswer, MemoryInventory};
use crate::lease::{EventKind, Phase, Source};
use crate::ledger::{Ledger, LedgerError, MemoryLedger, Scope};
use crate::listing::{ExpirySource, Flag, Listing};
use crate::reaper::ReaperEvent;
use crate::service::{StackListing, StackSelector};
use crate::testing::{
    CloudCall, FakeCloud, ManualClock, actor, new_event, noon, registration, resource, stack_name,
};
use crate::values::ttl::Span;
use crate::{Actor, HourlyRate, NewEvent, Seq, Usd};

struct World {
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
    cloud: Arc<FakeCloud>,
    service: Service,
}

fn world(resources: Vec<Resource>) -> World {
    let (ledger, clock) = (Arc::new(MemoryLedger::new()), ManualClock::at(noon()));
    let (cloud, clock) = (Arc::new(FakeCloud::new(resources)), Arc::new(clock));
    let config = Config {
        accounts: vec![Account {
            name: "sandbox".to_owned(),
            id: "111111111111".to_owned(),
            access: CredentialSource::Standard,
            regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
        }],
        ..Config::default()
    };
    let access = CloudAccess::new(
        Arc::<FakeCloud>::clone(&cloud),
        Arc::new(MemoryInventory::new()),
    );
    let service = Service::new(
        Arc::<MemoryLedger>::clone(&ledger),
        Arc::<ManualClock>::clone(&clock),
        Arc::new(config),
        actor(),
        Source::Cli,
    );
    World {
        ledger,
        clock,
        cloud,
        service: service.with_cloud(access),
    }
}

impl World {
    async fn lease(&self, name: &str, idle_after: Option<Span>) {
        let mut registration = registration();
        registration.terms.idle_after = idle_after;
        let begin = EventKind::Requested {
            registration: Box::new(registration),
        };
        self.append(name, vec![begin]).await;
    }

    async fn append(&self, name: &str, kinds: Vec<EventKind>) {
        let name = stack_name(name);
        let lease = self.ledger.lease(&name).await.expect("reads");
        let after = lease.map_or(Seq::NONE, |lease| lease.last_seq());
        let now = self.service.now();
        let events: Vec<NewEvent> = kinds.into_iter().map(|kind| new_event(now, kind)).collect();
        self.ledger
            .append(&name, after, events)
            .await
            .expect("appends");
    }

    async fn sync(&self) -> SyncReport {
        let report = self.service.cloud().sync(SyncMode::Always).await;
        report.expect("no error").expect("a report")
    }

    async fn listing(&self) -> Vec<Listing> {
        self.service
            .leases()
            .listing(Scope::Live)
            .await
            .expect("reads")
    }

    async fn listed(&self, name: &str) -> Listing {
        self.service
            .leases()
            .show(&stack_name(name))
            .await
            .expect("shows")
            .listing
    }

    async fn kinds(&self, name: &str) -> Vec<String> {
        let events = self.ledger.events(&stack_name(name), Seq::NONE).await;
        let events = events.expect("reads").into_iter();
        events.map(|event| event.kind.name().to_owned()).collect()
    }

    fn looks(&self) -> usize {
        let calls = self.cloud.calls();
        calls
            .iter()
            .filter(|(call, _)| *call == CloudCall::Discover)
            .count()
    }
}

fn priced(kind: &str, name: &str, stack: &str, usd: &str) -> Resource {
    let mut one = resource(kind, name, stack);
    one.hourly_usd = Some(usd.parse().expect("a rate"));
    one.hourly_source = Some("list 2026-03-20".to_owned());
    one.created_at = Some(noon());
    one
}

fn rate(usd: &str) -> Option<HourlyRate> {
    Some(usd.parse().expect("a rate"))
}

fn observed(value: f64, quiet_since: Option<Timestamp>) -> Activity {
    Activity {
        evidence: vec![Evidence {
            signal: "i CPUUtilization".to_owned(),
            value: Some(value),
            threshold: 5.0,
            unit: None,
            window: DEFAULT_WINDOW,
        }],
        quiet_since,
    }
}

/// A sync records the sum of the resources' rates as the stack's rate, once per change.
#[tokio::test]
async fn rates_go_into_the_ledger() {
    let mut volume = priced("ec2:volume", "v", "a", "0.25");
    volume.unpriced = vec!["snapshots".to_owned()];
    let world = world(vec![priced("ec2:instance", "i", "a", "0.5"), volume]);
    world.lease("a", None).await;
    let report = world.sync().await;
    assert_eq!((report.resources, report.stacks.len()), (2, 1));
    assert!(report.stacks[0].leased && report.unwritten.is_empty());
    world.clock.advance(Span::minutes(120));
    world.sync().await;
    assert_eq!(world.kinds("a").await, ["requested", "rated"]);
    let listed = world.listed("a").await;
    assert_eq!(listed.cost.hourly_usd, rate("0.75"));
    assert_eq!(
        listed.cost.hourly_source.as_deref(),
        Some("list 2026-03-20")
    );
    assert_eq!(listed.cost.spent_usd, "1.5".parse().ok());
    assert_eq!(listed.cost.unpriced, ["snapshots"]);
    assert_eq!(listed.accounts, ["111111111111"]);
    assert_eq!(listed.regions, ["eu-west-1"]);
    // The spend remains when the resources are gone.
    world.cloud.remove(&ResourceId("ec2:instance/i".to_owned()));
    world.cloud.remove(&ResourceId("ec2:volume/v".to_owned()));
    world.sync().await;
    world.clock.advance(Span::minutes(60));
    let listed = world.listed("a").await;
    assert_eq!(listed.cost.hourly_usd, rate("0"));
    assert_eq!(listed.cost.spent_usd, "1.5".parse().ok());
}

/// A resource that shows why a stack is not ready is recorded, and again when that changes or ends.
/// A stack that declares no readiness has no cause.
#[tokio::test]
async fn causes_go_into_the_ledger() {
    let cause = |text: &str| {
        let since = Span::minutes(1).after(noon());
        Some(NotReadyCause::new(CauseKind::NoCapacity, text, since))
    };
    let mut service = resource("ecs:service", "web", "a");
    service.not_ready = cause("no instance");
    let mut other = resource("ecs:service", "web", "b");
    other.id = ResourceId("ecs:service/other".to_owned());
    other.not_ready = cause("no instance");
    let id = service.id.clone();
    let world = world(vec![service, other]);
    world.lease("b", None).await;
    let mut registration = registration();
    registration.terms.ready_timeout = Some(Span::minutes(60));
    registration.terms.hourly_cost = "0.60".parse().ok();
    let begin = EventKind::Requested {
        registration: Box::new(registration),
    };
    world.append("a", vec![begin]).await;
    world.clock.set(Span::minutes(31).after(noon()));
    world.sync().await;
    world.sync().await;
    let listed = world.listed("a").await.cause.expect("a cause");
    assert_eq!(
        (listed.kind, &*listed.text, &*listed.found_by),
        (CauseKind::NoCapacity, "no instance", id.as_str())
    );
    // Half an hour at $0.60 an hour.
    assert_eq!(listed.usd, "0.30".parse().ok());
    world
        .cloud
        .change(&id, |one| one.not_ready = cause("no room"));
    world.sync().await;
    let listed = world.listed("a").await.cause.expect("a cause");
    assert_eq!(listed.text, "no room");
    world.cloud.change(&id, |one| one.not_ready = None);
    world.sync().await;
    assert_eq!(world.listed("a").await.cause, None);
    let causes = |kinds: Vec<String>| kinds.iter().filter(|kind| *kind == "not_ready").count();
    assert_eq!(causes(world.kinds("a").await), 3);
    assert_eq!(causes(world.kinds("b").await), 0);
}

/// The first sync counts what each resource has cost since its creation, but nothing from before
/// the lease; later syncs do not. The dollars of an init are at most what was spent until the stack
/// was ready, and later spend does not change them.
#[tokio::test]
async fn the_first_look_counts_from_creation() {
    let at = |minutes| Span::minutes(minutes).after(noon());
    let mut early = priced("ec2:instance", "early", "a", "6");
    early.created_at = Some(noon() - jiff::SignedDuration::from_hours(5));
    let mut late = priced("ec2:volume", "late", "a", "3");
    late.created_at = Some(at(20));
    let world = world(vec![early, late.clone()]);
    let mut registration = registration();
    registration.terms.ready_timeout = Some(Span::minutes(60));
    let begin = EventKind::Requested {
        registration: Box::new(registration),
    };
    world.append("a", vec![begin]).await;
    world.clock.set(at(25));
    world
        .append("a", vec![EventKind::Provisioned, EventKind::Ready])
        .await;
    world.clock.set(at(30));
    world.sync().await;
    let listed = world.listed("a").await;
    // Half an hour of the one, ten minutes of the other.
    assert_eq!(listed.cost.spent_usd, "3.5".parse().ok());
    assert_eq!(listed.cost.accrued_usd, "3.5".parse().ok());
    assert_eq!(listed.cost.unpriced, Vec::<String>::new());
    // 25 minutes of the one, five minutes of the other.
    assert_eq!(listed.init.usd, "2.75".parse().ok());
    let mut third = late;
    third.id = ResourceId("ec2:volume/third".to_owned());
    third.created_at = Some(at(31));
    world.cloud.put(third);
    world.clock.set(at(60));
    world.sync().await;
    let listed = world.listed("a").await;
    assert_eq!(listed.cost.spent_usd, "8".parse().ok());
    assert_eq!(listed.cost.accrued_usd, "3.5".parse().ok());
    assert_eq!(listed.init.usd, "2.75".parse().ok());
}

/// A resource that ends before the cloud's minimum charge costs that minimum, even if another
/// process sees it end.
#[tokio::test]
async fn a_least_time_is_charged_for() {
    let mut short = priced("ec2:instance", "i", "a", "60");
    short.charged_until = Some(Span::minutes(1).after(noon()));
    let mut long = short.clone();
    (long.id, long.charged_until) = (ResourceId("ec2:instance/j".to_owned()), None);
    let world = world(vec![short, long]);
    world.lease("a", None).await;
    world.sync().await;
    world
        .clock
        .set(noon() + jiff::SignedDuration::from_secs(30));
    world.cloud.remove(&ResourceId("ec2:instance/i".to_owned()));
    world.sync().await;
    world.clock.set(Span::minutes(1).after(noon()));
    assert_eq!(world.kinds("a").await, ["requested", "rated", "rated"]);
    // One minute of each, although one existed for only half a minute.
    assert_eq!(world.listed("a").await.cost.spent_usd, "2".parse().ok());
}

/// A stack without tagged resources has an unknown rate, not a rate of zero.
#[tokio::test]
async fn nothing_found_is_no_rate() {
    let world = world(Vec::new());
    world.lease("a", None).await;
    world.sync().await;
    assert_eq!(world.kinds("a").await, ["requested"]);
    assert_eq!(world.listed("a").await.cost.hourly_usd, None);
}

/// An account that jiti cannot look into keeps the rate, even if nothing is known of it: its
/// credentials are refused, or another account is configured in its place.
#[tokio::test]
async fn an_unreadable_account_keeps_the_rate() {
    let world = world(vec![priced("ec2:instance", "i", "a", "0.5")]);
    world.lease("a", None).await;
    world.sync().await;
    let places: Vec<_> = world.service.cloud().places();
    for (stored, id) in [
        (true, "111111111111"),
        (true, "222222222222"),
        (false, "222222222222"),
        (false, "111111111111"),
    ] {
        let mut config = world.service.config().clone();
        config.accounts[0].id = id.to_owned();
        let inventory = Arc::new(MemoryInventory::new());
        if stored {
            let known = world.service.cloud().cloud_view().await.unwrap().unwrap();
            let found = Discovery {
                resources: known.known().resources.values().cloned().collect(),
                ..Discovery::default()
            };
            let scan = CloudScan {
                at: world.service.now(),
                ended_at: world.service.now(),
                which: DiscoveryScope::All,
                places: places.clone(),
                found,
            };
            inventory.record_scan(scan).await.unwrap();
        }
        let cloud = Arc::new(FakeCloud::new(Vec::new()));
        for region in ["eu-west-1", "us-east-1", "global"] {
            let place = Place {
                account: id.to_owned(),
                region: region.to_owned(),
            };
            cloud.is_silent(&place, None, true);
        }
        let service = Service::new(
            Arc::<MemoryLedger>::clone(&world.ledger),
            Arc::<ManualClock>::clone(&world.clock),
            Arc::new(config),
            actor(),
            Source::Cli,
        );
        let service = service.with_cloud(CloudAccess::new(cloud, inventory));
        world.clock.advance(Span::minutes(10));
        let report = service.cloud().sync(SyncMode::Always).await;
        assert_eq!(report.unwrap().unwrap().looked, []);
        assert_eq!(
            world.kinds("a").await,
            ["requested", "rated"],
            "{stored} {id}"
        );
        assert_eq!(world.listed("a").await.cost.hourly_usd, rate("0.5"));
    }
}

/// Use that was measured in a place that does not answer now stays as it was measured.
#[tokio::test]
async fn an_unreadable_place_keeps_the_measured_use() {
    let instance = priced("ec2:instance", "i", "a", "0.5");
    let world = world(vec![instance.clone()]);
    world.lease("a", None).await;
    world.cloud.observes(&instance.id, observed(2.0, None));
    world.sync().await;
    let uses = async || {
        let view = world.service.cloud().cloud_view().await.unwrap().unwrap();
        view.known().uses.get(&instance.id).cloned().unwrap()
    };
    let before = uses().await;
    world.cloud.is_silent(&instance.place, None, true);
    world.clock.advance(Span::minutes(10));
    world.sync().await;
    assert_eq!(uses().await, before);
}

/// Evidence names a resource as a user knows it, not by its whole id.
#[tokio::test]
async fn evidence_names_a_group_by_its_name() {
    let mut group = priced("autoscaling:autoScalingGroup", "g", "a", "0.5");
    group.id = ResourceId(
        "arn:aws:autoscaling:eu-west-1:111111111111:autoScalingGroup:5eed-1:autoScalingGroupName/web"
            .to_owned(),
    );
    group.size = Some(serde_json::json!({"min": 1}));
    let world = world(vec![group]);
    world.lease("a", None).await;
    world.sync().await;
    let evidence = world.listed("a").await.idle.evidence;
    assert_eq!(evidence[0].signal, "web was never measured");
}

/// Regions that answer are updated, and a region that does not keeps its resources and their age.
#[tokio::test]
async fn a_silent_place_hides_nothing() {
    let mut far = priced("ec2:volume", "far", "a", "0.5");
    far.place.region = "us-east-1".to_owned();
    let world = world(vec![priced("ec2:volume", "near", "a", "0.25"), far.clone()]);
    world.lease("a", None).await;
    world.sync().await;
    world.cloud.is_silent(&far.place, None, false);
    world.cloud.put(priced("ec2:volume", "new", "a", "0.25"));
    world.clock.advance(Span::minutes(10));
    let report = world.sync().await;
    let silent: Vec<&Unchecked> = report.not_looked.iter().collect();
    assert_eq!((silent.len(), &silent[0].place), (1, &far.place));
    assert!(!report.looked.contains(&far.place) && report.looked.len() == 2);
    let shown = world
        .service
        .leases()
        .show(&stack_name("a"))
        .await
        .expect("shows");
    let seen: Vec<_> = shown
        .resources
        .iter()
        .map(|one| (one.id.as_str(), one.seen_at))
        .collect();
    let now = Some(world.service.now());
    assert_eq!(
        seen,
        [
            ("ec2:volume/far", Some(noon())),
            ("ec2:volume/near", now),
            ("ec2:volume/new", now)
        ]
    );
    assert_eq!(shown.listing.cost.hourly_usd, rate("1"));
}

/// A sync asks the cloud only if the data is stale, and of two concurrent syncs only one does.
#[tokio::test]
async fn it_is_asked_when_it_is_old() {
    let world = world(vec![priced("ec2:volume", "v", "a", "0.25")]);
    let when_old = || world.service.cloud().sync(SyncMode::WhenOld);
    let (one, two) = tokio::join!(when_old(), when_old());
    let asked = [one, two].map(|report| report.expect("no error").is_some());
    assert_eq!((asked, world.looks()), ([true, false], 1));
    world.clock.advance(Span::minutes(4));
    assert!(when_old().await.expect("no error").is_none());
    world.clock.advance(Span::minutes(1));
    assert!(when_old().await.expect("no error").is_some());
    // Reading makes no call to the cloud.
    world.clock.advance(Span::minutes(60));
    world.listing().await;
    world.listed("a").await;
    assert_eq!(world.looks(), 2);
}

/// An idle stack with `idle_after` becomes due after its grace, and the listing shows its idle
/// time.
#[tokio::test]
async fn idleness_makes_due() {
    let world = world(vec![priced("ec2:instance", "i", "a", "0.5")]);
    world.lease("a", Some(Span::minutes(60))).await;
    let id = ResourceId("ec2:instance/i".to_owned());
    // The stack is too young to be idle.
    world.cloud.observes(&id, observed(0.1, Some(noon())));
    world.sync().await;
    assert_eq!(world.listed("a").await.idle.state, IdleState::Unknown);
    world.clock.advance(Span::minutes(60));
    world.sync().await;
    let listed = world.listed("a").await;
    assert_eq!(
        (listed.idle.state, listed.idle.since),
        (IdleState::Idle, Some(noon()))
    );
    assert!(listed.flags.contains(&Flag::Idle));
    assert_eq!(listed.idle.hourly_usd, rate("0.5"));
    assert_eq!(listed.dies_at, None, "no reaper has run");
    // One hour of idleness and one hour of grace.
    let runs = std::path::Path::new("/nowhere");
    let due = async || {
        let survey = world.service.reaper().survey().await.expect("reads");
        survey.docket(world.service.config(), runs).tasks.len()
    };
    world.clock.advance(Span::minutes(59));
    world.sync().await;
    assert_eq!(due().await, 0);
    world.clock.advance(Span::minutes(1));
    world.sync().await;
    assert_eq!(due().await, 1);
    // A region that does not answer can hide use, so nothing is due.
    world
        .cloud
        .is_silent(&resource("x", "x", "x").place, None, false);
    world.sync().await;
    assert_eq!(
        (due().await, world.listed("a").await.idle.state),
        (0, IdleState::Unknown)
    );
}

/// The listing's `dies_at` of an idle stack is the time at which the reaper acts.
#[tokio::test]
async fn the_listing_knows_when_idleness_ends_it() {
    let world = world(vec![priced("ec2:instance", "i", "a", "0.5")]);
    world.lease("a", Some(Span::minutes(60))).await;
    let id = ResourceId("ec2:instance/i".to_owned());
    world.clock.advance(Span::minutes(60));
    world.cloud.observes(&id, observed(0.1, Some(noon())));
    world.sync().await;
    let run = ReaperEvent {
        seq: Seq::NONE,
        at: world.service.now(),
        actor: actor(),
        kind: crate::reaper::ReaperEventKind::RunStarted {
            run: crate::RunId::random(),
            interval: Span::minutes(15),
            host: "laptop".to_owned(),
            pid: 1,
            budgets: Vec::new(),
        },
    };
    world
        .ledger
        .append_reaper(Seq::NONE, vec![run])
        .await
        .expect("appends");
    let dies_at = world.listed("a").await.dies_at;
    assert_eq!(dies_at, Some(Span::minutes(120).after(noon())));
}

/// A sync records activity in the ledger, but not on every sync.
#[tokio::test]
async fn uses_are_told_now_and_then() {
    let world = world(vec![priced("ec2:instance", "i", "a", "0.5")]);
    world.lease("a", None).await;
    let id = ResourceId("ec2:instance/i".to_owned());
    world.cloud.observes(&id, observed(50.0, None));
    for _ in 0..4 {
        world.sync().await;
        world.clock.advance(Span::minutes(10));
    }
    assert_eq!(
        world.kinds("a").await,
        ["requested", "rated", "activity", "activity"]
    );
    let listed = world.listed("a").await;
    assert_eq!(listed.idle.state, IdleState::Active);
    // Old measurements do not count.
    world.clock.advance(Span::minutes(120));
    assert_eq!(world.listed("a").await.idle.state, IdleState::Unknown);
}

fn owned_by(mut one: Resource, owner: &str) -> Resource {
    one.tags.insert("jiti:owner".to_owned(), owner.to_owned());
    one
}

/// Unleased stacks are listed per app, owner and account, with the end that their tags give. The
/// reaper does not end them.
#[tokio::test]
async fn unleased_stacks_are_rows() {
    let mut first = priced("ec2:volume", "1", "a", "0.25");
    let mut second = priced("ec2:volume", "2", "a", "0.5");
    second.created_at = Some(Span::minutes(60).after(noon()));
    first.size = Some(serde_json::json!({ "running": true }));
    first.stopped = true;
    let bo = owned_by(resource("ec2:volume", "3", "a"), "bo@example.com");
    let leased = priced("ec2:volume", "4", "b", "1");
    let mut odd = resource("ec2:volume", "5", "caf\u{e9}");
    odd.tags.remove("jiti:app");
    let world = world(vec![first, second, bo, leased, odd]);
    world.lease("b", None).await;
    world.clock.advance(Span::minutes(9 * 60));
    world.sync().await;
    let rows = world.listing().await;
    let said: Vec<_> = rows
        .iter()
        .map(|row| format!("{} {} {}", row.name, row.app, row.owner))
        .collect();
    assert_eq!(
        said,
        [
            "a checkout ana@example.com",
            "a checkout bo@example.com",
            "b checkout ana@example.com",
            "caf_ untagged ana@example.com"
        ]
    );
    let ana = &rows[0];
    assert_eq!(ana.created_at, Some(noon()));
    assert_eq!(ana.expires_at, Some(Span::minutes(8 * 60).after(noon())));
    assert_eq!(ana.expiry_source, ExpirySource::Tags);
    assert_eq!(ana.ttl_seconds_left, Some(-3600));
    assert_eq!(ana.flags, [Flag::Expired, Flag::Unleased]);
    assert_eq!((ana.phase, ana.dies_at), (Phase::Asleep, None));
    assert_eq!(ana.cost.hourly_usd, rate("0.75"));
    assert_eq!((ana.cost.spent_usd, ana.accounts.len()), (None, 1));
    let bo = &rows[1];
    assert_eq!(
        (bo.created_at, bo.expires_at, bo.ttl_seconds_left),
        (None, None, None)
    );
    assert!(!rows[2].flags.contains(&Flag::Unleased));
    let survey = world.service.reaper().survey().await.expect("reads");
    let docket = survey.docket(world.service.config(), std::path::Path::new("/nowhere"));
    assert!(docket.tasks.iter().all(|task| task.name.as_str() == "b"));
}

/// A name that several stacks share requires a selector, and a live lease takes precedence.
#[tokio::test]
async fn one_of_several_is_chosen() {
    let ana = resource("ec2:volume", "1", "a");
    let bo = owned_by(resource("ec2:volume", "2", "a"), "bo@example.com");
    let world = world(vec![ana, bo]);
    world.sync().await;
    let name = stack_name("a");
    let several = world.service.leases().show(&name).await;
    let Err(ServiceError::Several { stacks, .. }) = several else {
        panic!("{several:?}");
    };
    assert_eq!(stacks.len(), 2, "{stacks:?}");
    let choice = StackSelector {
        owner: Some(crate::Owner::new("bo@example.com").expect("an owner")),
        ..StackSelector::default()
    };
    let bo = world
        .service
        .leases()
        .show_one_of(&name, &choice)
        .await
        .expect("shows");
    assert_eq!((bo.resources.len(), bo.lease.is_none()), (1, true));
    world.lease("a", None).await;
    let leased = world.service.leases().show(&name).await;
    let leased = leased.expect("shows");
    assert_eq!(leased.resources[0].id.as_str(), "ec2:volume/1");
    assert!(leased.lease.is_some());
    let bo = world
        .service
        .leases()
        .show_one_of(&name, &choice)
        .await
        .expect("shows");
    assert!(bo.lease.is_none());
}

/// What was last seen before its lease ended is gone, and no stack without a lease: a teardown
/// whose last scan was not stored, for example on a full disk, leaves such data. What a later scan
/// finds is shown, and so is what a user has forgotten.
#[tokio::test]
async fn what_was_seen_before_its_lease_ended_is_not_unleased() {
    for (end, is_gone) in [
        (EventKind::Released, true),
        (
            EventKind::Forgotten {
                by: Actor::from_names("ana", "desk"),
                why: "lost".to_owned(),
            },
            false,
        ),
    ] {
        let world = world(vec![priced("ec2:volume", "1", "a", "1")]);
        world.lease("a", None).await;
        world.sync().await;
        world.clock.advance(Span::minutes(1));
        world.append("a", vec![end]).await;
        let named_by_tags = |rows: Vec<Listing>| rows.iter().any(|row| row.name.as_str() == "a");
        assert_eq!(named_by_tags(world.listing().await), !is_gone);
        let leases = world.service.leases();
        let shown = leases.show(&stack_name("a")).await.expect("known");
        assert_eq!(shown.lease.is_some(), is_gone);
        assert_eq!(shown.events.is_empty(), !is_gone);
        // As a sync whose scan began before the end, and whose process was stopped meanwhile.
        let data = world.service.cloud();
        let known = data.cloud_view().await.expect("reads").expect("a cloud");
        let leases = world.ledger.leases(Scope::All).await.expect("reads");
        let updates = data.update_ledger(&leases, &known).await.expect("writes");
        assert!(updates.reopened.is_empty());

        world.clock.advance(Span::minutes(1));
        let report = world.sync().await;
        assert_eq!(report.reopened.len(), usize::from(is_gone));
        let rows = world.listing().await;
        assert!(named_by_tags(rows), "a later scan found it");
    }
}

/// An unleased stack has a cost, with a bill from the day that it was created.
#[tokio::test]
async fn what_has_no_lease_has_a_cost() {
    let world = world(vec![priced("ec2:volume", "1", "a", "0.25")]);
    let line = BillLine {
        stack: "a".to_owned(),
        day: date(2026, 3, 3),
        service: "EC2".to_owned(),
        usd: "6".parse().expect("money"),
        estimated: true,
    };
    world.cloud.bills(Bill {
        lines: vec![line],
        requests: 1,
        ..Bill::default()
    });
    world.clock.advance(Span::minutes(4 * 24 * 60));
    world.sync().await;
    let name = stack_name("a");
    let mode = crate::service::BillMode::WhenOld;
    let of = |owner: &str| StackSelector {
        owner: Some(crate::Owner::new(owner).expect("an owner")),
        ..StackSelector::default()
    };
    let another = world
        .service
        .reports()
        .cost(&name, &of("bo@example.com"), mode)
        .await;
    assert!(matches!(another, Err(ServiceError::Unknown { .. })));
    let told = world
        .service
        .reports()
        .cost(&name, &of("ana@example.com"), mode)
        .await;
    let cost = told.expect("costs").0;
    assert_eq!(cost.estimate.hourly_usd, rate("0.25"));
    assert_eq!(cost.requests.made, 1);
    let billed = cost.billed.expect("a bill");
    assert_eq!(Some(billed.usd), "6".parse().ok());
    assert_eq!(billed.until, date(2026, 3, 5));
}

/// One request fetches the bill of all stacks, including unleased ones, whichever stack was asked
/// for.
#[tokio::test]
async fn what_has_no_lease_is_in_the_bill_of_all() {
    let world = world(vec![priced("ec2:volume", "1", "a", "0.25")]);
    world.clock.advance(Span::minutes(4 * 24 * 60));
    world.sync().await;
    world.lease("b", None).await;
    let mode = crate::service::BillMode::WhenOld;
    let told = world
        .service
        .reports()
        .cost(&stack_name("b"), &StackSelector::default(), mode)
        .await;
    // The first day of b has no bill yet.
    let until = told.expect("costs").0.bill_until;
    assert_eq!(until, Some(date(2026, 3, 5)));
}

/// A resource that a scan finds reopens its gone stack as residue. One that is older or newer than
/// the lease, unconfirmed or of another owner does not.
#[tokio::test]
async fn a_find_reopens_as_residue() {
    let made = |name: &str, stack: &str, minutes: u32| {
        let mut one = resource("ec2:volume", name, stack);
        one.created_at = Some(Span::minutes(minutes).after(noon()));
        one
    };
    let mut unconfirmed = made("4", "unconfirmed", 70);
    unconfirmed.confirmation = crate::cloud::Confirmation::Unconfirmed("denied".to_owned());
    let mut timeless = made("6", "rebuilt", 70);
    timeless.created_at = None;
    let mut untold = made("7", "untold", 70);
    untold.created_at = None;
    let world = world(vec![
        made("1", "found", 70),
        made("2", "older", 10),
        made("3", "later", 130),
        unconfirmed,
        made("5", "rebuilt", 130),
        timeless,
        untold,
        owned_by(made("8", "foreign", 70), "bo@example.com"),
    ]);
    let names = [
        "found",
        "older",
        "later",
        "unconfirmed",
        "rebuilt",
        "untold",
        "foreign",
    ];
    world.clock.advance(Span::minutes(60));
    for name in names {
        world.lease(name, None).await;
    }
    world.clock.advance(Span::minutes(60));
    for name in names {
        world.append(name, vec![EventKind::Released]).await;
    }
    world.clock.advance(Span::minutes(60));
    let report = world.sync().await;
    assert_eq!(report.reopened, [stack_name("found"), stack_name("untold")]);
    let lease = world
        .ledger
        .lease(&stack_name("found"))
        .await
        .expect("reads");
    let lease = lease.expect("a lease");
    assert_eq!(lease.recorded_phase, Phase::Residue);
    let left: Vec<_> = lease.residue.iter().collect();
    assert_eq!((left.len(), left[0].0.as_str()), (1, "ec2:volume/1"));
    assert!(
        left[0].1.reason.starts_with("found_again"),
        "{}",
        left[0].1.reason
    );
    // The next sync does not report it again.
    assert!(world.sync().await.reopened.is_empty());
}

/// The listing shows the bill beside the estimate, with its settled days. A name that several
/// stacks share has no bill.
#[tokio::test]
async fn the_bill_is_beside_the_estimate() {
    let world = world(vec![resource("ec2:volume", "1", "a")]);
    world.lease("a", None).await;
    world.sync().await;
    let line = |day: i8, estimated| BillLine {
        stack: "a".to_owned(),
        day: date(2026, 3, day),
        service: "EC2".to_owned(),
        usd: Usd::new(Decimal::new(25, 2)),
        estimated,
    };
    let access = world.service.cloud_access().expect("a cloud");
    let asked = BillAnswer {
        at: noon(),
        from: date(2026, 3, 1),
        to: date(2026, 3, 5),
        bill: Bill {
            lines: vec![
                line(1, false),
                line(2, false),
                line(3, false),
                line(4, true),
            ],
            settled: vec![date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)],
            requests: 1,
            remark: None,
            broken_off: false,
        },
    };
    access.inventory.record_bill(asked).await.expect("keeps");
    let cost = world.listed("a").await.cost;
    // The lease began on the second, and the fourth is not settled.
    assert_eq!(cost.billed_usd, "0.75".parse().ok());
    assert_eq!(cost.billed_until, "2026-03-05T00:00:00Z".parse().ok());
    let settled_until = "2026-03-04T00:00:00Z".parse().ok();
    assert_eq!(cost.billed_settled_until, settled_until);
    let (name, cached) = (stack_name("a"), crate::service::BillMode::Cached);
    let told = world
        .service
        .reports()
        .cost(&name, &StackSelector::default(), cached)
        .await;
    let told = told.expect("reads").0.billed.expect("a bill");
    assert_eq!(
        (Some(told.usd), told.settled_until),
        (cost.billed_usd, Some(date(2026, 3, 3)))
    );
    assert_eq!(cost.spent_usd, None);
    world
        .cloud
        .put(owned_by(resource("ec2:volume", "2", "a"), "bo@example.com"));
    world.sync().await;
    let cost = world.listed("a").await.cost;
    assert_eq!((cost.billed_usd, cost.billed_until), (None, None));
    let told = world
        .service
        .reports()
        .cost(&name, &StackSelector::default(), cached)
        .await;
    assert_eq!(told.expect("reads").0.billed, None);
}

/// A sync reports and stores a clock skew of more than five minutes.
#[tokio::test]
async fn clocks_are_held_together() {
    let world = world(vec![resource("ec2:volume", "1", "a")]);
    assert_eq!(
        world.service.cloud().clock_skew().await.expect("reads"),
        None
    );
    world.cloud.shows(Span::minutes(5).after(noon()));
    world.sync().await;
    assert_eq!(
        world.service.cloud().clock_skew().await.expect("reads"),
        None
    );
    world.cloud.shows(Span::minutes(6).before(noon()));
    let skew = world.sync().await.clock_skew.expect("a skew");
    assert_eq!(skew.apart.seconds(), 360);
    let kept = world.service.cloud().clock_skew().await.expect("reads");
    assert_eq!(kept, Some(skew));
}

/// A sync with a read-only ledger succeeds, and reports the failed writes once.
#[tokio::test]
async fn a_ledger_that_is_read_only_is_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let begin = || EventKind::Requested {
        registration: Box::new(registration()),
    };
    let ledger = crate::SqliteLedger::at(&path);
    for name in ["a", "b"] {
        let events = vec![new_event(noon(), begin())];
        let appended = ledger.append(&stack_name(name), Seq::NONE, events).await;
        appended.expect("appends");
    }
    let world = world(vec![
        priced("ec2:volume", "1", "a", "0.5"),
        priced("ec2:volume", "2", "b", "0.5"),
    ]);
    let access = world.service.cloud_access().expect("a cloud").clone();
    let service = Service::new(
        Arc::new(crate::SqliteLedger::read_only(&path)),
        Arc::<ManualClock>::clone(&world.clock),
        Arc::new(world.service.config().clone()),
        actor(),
        Source::Cli,
    );
    let report = service
        .with_cloud(access)
        .cloud()
        .sync(SyncMode::Always)
        .await;
    let report = report.expect("no error").expect("a report");
    assert_eq!((report.resources, report.unwritten.len()), (2, 1));
    let read_only = LedgerError::ReadOnly {
        ledger: path.display().to_string(),
    };
    assert_eq!(report.unwritten[0], read_only.to_string());
}

/// The stored cloud data is read again only after a change, in this process or another one.
#[tokio::test]
async fn what_has_not_changed_is_not_read_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("ledger.db");
    let ledger = Arc::new(crate::SqliteLedger::at(&path));
    let begin = EventKind::Requested {
        registration: Box::new(registration()),
    };
    let begun = |kind| vec![new_event(noon(), kind)];
    ledger
        .append(&stack_name("a"), Seq::NONE, begun(begin))
        .await
        .expect("appends");
    let world = world(vec![priced("ec2:volume", "1", "a", "0.5")]);
    let process = || {
        let cloud = Arc::clone(&world.cloud) as Arc<dyn Cloud>;
        let inventory = Arc::new(crate::inventory::SqliteInventory::at(&path));
        Service::new(
            Arc::clone(&ledger) as Arc<dyn Ledger>,
            Arc::<ManualClock>::clone(&world.clock),
            Arc::new(world.service.config().clone()),
            actor(),
            Source::Cli,
        )
        .with_cloud(CloudAccess::new(cloud, inventory))
    };
    let (one, other) = (process(), process());
    let seen = async || {
        one.cloud()
            .cloud_view()
            .await
            .expect("reads")
            .expect("a cloud")
    };
    let nothing = seen().await;
    assert_eq!(nothing.known().resources.len(), 0);
    other.cloud().sync(SyncMode::Always).await.expect("syncs");
    let first = seen().await;
    assert_eq!(first.known().resources.len(), 1);
    let touched = EventKind::Activity {
        signal: "touch".to_owned(),
    };
    one.leases()
        .note(&stack_name("a"), touched)
        .await
        .expect("writes");
    assert!(
        Arc::ptr_eq(&first, &seen().await),
        "a change in the ledger does not reload the cloud data"
    );
    world.cloud.put(priced("ec2:volume", "2", "a", "0.5"));
    other.cloud().sync(SyncMode::Always).await.expect("syncs");
    let second = seen().await;
    assert_eq!(second.known().resources.len(), 2);
    one.cloud().sync(SyncMode::Always).await.expect("syncs");
    assert!(!Arc::ptr_eq(&second, &seen().await));
}

/// A cloud that panics on every call.
struct Untouchable;

fn untouched<T>() -> crate::cloud::BoxFuture<'static, T> {
    panic!("the cloud was asked")
}

impl Cloud for Untouchable {
    fn discover<'a>(&'a self, _: &'a DiscoveryScope) -> crate::cloud::BoxFuture<'a, Discovery> {
        untouched()
    }

    fn describe<'a>(
        &'a self,
        _: &'a [Resource],
    ) -> crate::cloud::BoxFuture<'a, crate::cloud::Described> {
        untouched()
    }

    fn detach_references<'a>(
        &'a self,
        _: &'a Resource,
    ) -> crate::cloud::BoxFuture<'a, Result<(), crate::CloudError>> {
        untouched()
    }

    fn delete<'a>(
        &'a self,
        _: &'a Resource,
        _: crate::cloud::DeleteOptions,
    ) -> crate::cloud::BoxFuture<'a, Result<crate::cloud::Deletion, crate::CloudError>> {
        untouched()
    }

    fn stop<'a>(
        &'a self,
        _: &'a Resource,
    ) -> crate::cloud::BoxFuture<'a, Result<(), crate::CloudError>> {
        untouched()
    }

    fn start<'a>(
        &'a self,
        _: &'a Resource,
        _: &'a serde_json::Value,
    ) -> crate::cloud::BoxFuture<'a, Result<(), crate::CloudError>> {
        untouched()
    }

    fn activity<'a>(
        &'a self,
        _: &'a [Resource],
        _: Span,
        _: Timestamp,
    ) -> crate::cloud::BoxFuture<'a, std::collections::BTreeMap<ResourceId, Activity>> {
        untouched()
    }

    fn bill<'a>(
        &'a self,
        _: jiff::civil::Date,
        _: jiff::civil::Date,
    ) -> crate::cloud::BoxFuture<'a, Result<Bill, crate::CloudError>> {
        untouched()
    }

    fn prices<'a>(
        &'a self,
        _: &'a [Resource],
    ) -> crate::cloud::BoxFuture<'a, Result<Vec<crate::cloud::Price>, crate::CloudError>> {
        untouched()
    }

    fn set_prices(&self, _: Vec<crate::cloud::Price>) {
        panic!("the cloud received prices")
    }
}

/// Lists, details, reports and the reaper's survey use stored data only, whatever its age, and make
/// no call to the cloud.
#[tokio::test]
async fn what_is_only_looked_at_asks_nobody() {
    use crate::report::GroupBy;
    let world = world(vec![
        priced("ec2:volume", "1", "a", "0.5"),
        priced("ec2:volume", "2", "unleased", "0.5"),
    ]);
    world.lease("a", None).await;
    world.sync().await;
    world.clock.advance(Span::minutes(30 * 24 * 60));
    let inventory = Arc::clone(&world.service.cloud_access().expect("a cloud").inventory);
    let service = world.service.clone();
    let service = service.with_cloud(CloudAccess::new(Arc::new(Untouchable), inventory));
    let name = stack_name("a");
    let StackListing { stacks, view, .. } = service
        .leases()
        .listing_with_view(Scope::All)
        .await
        .expect("lists");
    assert_eq!(stacks.len(), 2);
    assert!(view.cloud.is_some());
    for name in ["a", "unleased"] {
        let shown = service
            .leases()
            .show(&stack_name(name))
            .await
            .expect("shows");
        assert_eq!(shown.resources.len(), 1);
    }
    let cached = crate::service::BillMode::Cached;
    let choice = StackSelector::default();
    service
        .reports()
        .cost(&name, &choice, cached)
        .await
        .expect("costs");
    service
        .reports()
        .report(noon(), GroupBy::App)
        .await
        .expect("reports");
    service.cloud().clock_skew().await.expect("reads");
    service.cloud().known_resources().await.expect("reads");
    service.power().wakes_due().await.expect("reads");
    service.power().wake_duration(&name).await.expect("reads");
    let survey = service.reaper().survey().await.expect("surveys");
    let docket = survey.docket(service.config(), std::path::Path::new("/nonexistent"));
    assert_eq!(docket.tasks.len(), 1, "the stack is long overdue");
    assert_eq!(survey.due_warnings(service.config()).len(), 0);
}
