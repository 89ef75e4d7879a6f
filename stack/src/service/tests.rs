//! Tests of the use cases on a ledger in memory, with a manual clock and rival writers.

mod policy;
mod preflights;
mod turns;

use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::{DesiredLease, NameHolder, Service, ServiceError};
use crate::breaker::{BreakerEvent, Breakers};
use crate::config::Config;
use crate::init::PhaseBoundary;
use crate::lease::{Event, EventKind, Lease, NewEvent, Phase, Registration, RenewOn, Source};
use crate::ledger::{
    Cursor, LeaseList, Ledger, LedgerError, LedgerFuture, LedgerSettings, LogPage, MemoryLedger,
    Scope, SettingsEvent, SettingsEventKind,
};
use crate::policy::{Policy, Refusal};
use crate::pool::{Pool, PoolEvent, PoolEventKind};
use crate::process::Liveness;
use crate::reaper::{ReaperEvent, ReaperStatus};
use crate::testing::{ManualClock, actor, new_event, noon, registration, stack_name};
use crate::values::id::{Actor, AppVersion, LedgerId, Owner, PoolName, Seq, StackName};
use crate::values::ttl::Span;

/// A ledger in memory that lets a scripted rival append just before each append.
#[derive(Default)]
struct Contested {
    ledger: MemoryLedger,
    rivals: Mutex<Vec<(StackName, EventKind)>>,
    entrants: Mutex<Vec<(PoolName, StackName)>>,
    /// The number of appends to stacks, without those of rivals.
    appends: Mutex<u32>,
    broken: Mutex<bool>,
    /// The policy that a rival pushes before the next append to the settings.
    rival_policy: Mutex<Option<String>>,
    are_settings_broken: Mutex<bool>,
    /// The number of reads of the settings.
    settings_reads: Mutex<u32>,
}

impl Contested {
    /// Queues an event that a rival appends before the next append. Each append takes one.
    fn rival(&self, stack: &StackName, kind: EventKind) {
        self.rivals.lock().unwrap().push((stack.clone(), kind));
    }

    fn entrant(&self, pool: PoolName, stack: &str) {
        let entrant = (pool, stack_name(stack));
        self.entrants.lock().unwrap().push(entrant);
    }

    /// Pushes a policy as another user.
    async fn push(&self, policy: &str) {
        let after = self.ledger.settings().await.unwrap().last_seq;
        let event = SettingsEvent {
            seq: Seq::NONE,
            at: noon(),
            actor: Actor::from_names("ben", "desk"),
            kind: SettingsEventKind::PolicyPushed {
                policy: policy.to_owned(),
            },
        };
        let pushed = self.ledger.append_settings(after, vec![event]).await;
        pushed.unwrap();
    }

    async fn write(&self, stack: &StackName, kind: EventKind) {
        let lease = self.ledger.lease(stack).await.unwrap();
        let seq = lease.map_or(Seq::NONE, |lease| lease.last_seq());
        let event = new_event(noon(), kind);
        self.ledger.append(stack, seq, vec![event]).await.unwrap();
    }
}

impl Ledger for Contested {
    fn location(&self) -> String {
        self.ledger.location()
    }
    fn id(&self) -> LedgerFuture<'_, LedgerId> {
        self.ledger.id()
    }
    fn verify_private(&self) -> Result<(), LedgerError> {
        self.ledger.verify_private()
    }

    fn is_shared(&self) -> bool {
        self.ledger.is_shared()
    }
    fn append(
        &self,
        stack: &StackName,
        after: Seq,
        events: Vec<NewEvent>,
    ) -> LedgerFuture<'_, Lease> {
        let stack = stack.clone();
        Box::pin(async move {
            let rival = self.rivals.lock().unwrap().pop();
            if let Some((stack, kind)) = rival {
                self.write(&stack, kind).await;
            }
            *self.appends.lock().unwrap() += 1;
            if *self.broken.lock().unwrap() {
                let ledger = self.location();
                return Err(LedgerError::ReadOnly { ledger });
            }
            self.ledger.append(&stack, after, events).await
        })
    }
    fn lease(&self, stack: &StackName) -> LedgerFuture<'_, Option<Lease>> {
        self.ledger.lease(stack)
    }
    fn events(&self, stack: &StackName, after: Seq) -> LedgerFuture<'_, Vec<Event>> {
        self.ledger.events(stack, after)
    }
    fn list_leases(&self, scope: Scope) -> LedgerFuture<'_, LeaseList> {
        self.ledger.list_leases(scope)
    }
    fn log(&self, cursor: &Cursor, limit: usize) -> LedgerFuture<'_, LogPage> {
        self.ledger.log(cursor, limit)
    }
    fn end(&self) -> LedgerFuture<'_, Cursor> {
        self.ledger.end()
    }
    fn pool(&self, pool: &PoolName) -> LedgerFuture<'_, Pool> {
        self.ledger.pool(pool)
    }
    fn append_pool(
        &self,
        pool: &PoolName,
        after: Seq,
        events: Vec<PoolEvent>,
    ) -> LedgerFuture<'_, Pool> {
        let pool = pool.clone();
        Box::pin(async move {
            let entrant = self.entrants.lock().unwrap().pop();
            if let Some((pool, stack)) = entrant {
                let event = PoolEvent {
                    seq: Seq::NONE,
                    at: noon(),
                    actor: actor(),
                    kind: PoolEventKind::Entered {
                        stack,
                        process: None,
                    },
                };
                let seq = self.ledger.pool(&pool).await?.last_seq();
                self.ledger.append_pool(&pool, seq, vec![event]).await?;
            }
            self.ledger.append_pool(&pool, after, events).await
        })
    }
    fn reaper(&self) -> LedgerFuture<'_, ReaperStatus> {
        self.ledger.reaper()
    }
    fn append_reaper(
        &self,
        after: Seq,
        events: Vec<ReaperEvent>,
    ) -> LedgerFuture<'_, ReaperStatus> {
        self.ledger.append_reaper(after, events)
    }
    fn pools(&self) -> LedgerFuture<'_, Vec<PoolName>> {
        self.ledger.pools()
    }
    fn pool_events(&self, pool: &PoolName, after: Seq) -> LedgerFuture<'_, Vec<PoolEvent>> {
        self.ledger.pool_events(pool, after)
    }
    fn reaper_events(&self, after: Seq) -> LedgerFuture<'_, Vec<ReaperEvent>> {
        self.ledger.reaper_events(after)
    }
    fn breakers(&self) -> LedgerFuture<'_, Breakers> {
        self.ledger.breakers()
    }
    fn append_breakers(&self, after: Seq, events: Vec<BreakerEvent>) -> LedgerFuture<'_, Breakers> {
        self.ledger.append_breakers(after, events)
    }
    fn breaker_events(&self, after: Seq) -> LedgerFuture<'_, Vec<BreakerEvent>> {
        self.ledger.breaker_events(after)
    }
    fn settings(&self) -> LedgerFuture<'_, LedgerSettings> {
        *self.settings_reads.lock().unwrap() += 1;
        if *self.are_settings_broken.lock().unwrap() {
            let ledger = self.location();
            let broken = LedgerError::ReadOnly { ledger };
            return Box::pin(std::future::ready(Err(broken)));
        }
        self.ledger.settings()
    }
    fn append_settings(
        &self,
        after: Seq,
        events: Vec<SettingsEvent>,
    ) -> LedgerFuture<'_, LedgerSettings> {
        Box::pin(async move {
            let rival = self.rival_policy.lock().unwrap().take();
            if let Some(policy) = rival {
                self.push(&policy).await;
            }
            self.ledger.append_settings(after, events).await
        })
    }
    fn settings_events(&self, after: Seq) -> LedgerFuture<'_, Vec<SettingsEvent>> {
        self.ledger.settings_events(after)
    }
}

struct World {
    ledger: Arc<Contested>,
    clock: Arc<ManualClock>,
    service: Service,
}

fn world(policy: Policy) -> World {
    let ledger = Arc::new(Contested::default());
    let clock = Arc::new(ManualClock::at(noon()));
    let config = Config {
        policy,
        ..Config::default()
    };
    let service = Service::new(
        Arc::<Contested>::clone(&ledger),
        Arc::<ManualClock>::clone(&clock),
        Arc::new(config),
        actor(),
        Source::Provider,
    );
    World {
        ledger,
        clock,
        service,
    }
}

impl World {
    async fn open(&self, name: &str) -> Lease {
        let name = stack_name(name);
        let opened = self
            .service
            .leases()
            .open(&name, registration(), &alive)
            .await;
        opened.unwrap().lease
    }

    async fn kinds(&self, name: &str) -> Vec<String> {
        let events = self.ledger.events(&stack_name(name), Seq::NONE).await;
        let kinds = events.unwrap().into_iter();
        kinds.map(|event| event.kind.name().to_owned()).collect()
    }

    async fn members(&self, pool: PoolName) -> Vec<String> {
        let pool = self.ledger.pool(&pool).await.unwrap();
        pool.members().map(|(name, _)| name.to_string()).collect()
    }
}

fn alive(_: &crate::ProcessId) -> Liveness {
    Liveness::Alive
}

fn dead(_: &crate::ProcessId) -> Liveness {
    Liveness::Dead
}

fn unknown(_: &crate::ProcessId) -> Liveness {
    Liveness::Unknown
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

fn limited() -> Policy {
    Policy {
        max_ttl: Some(span("12h")),
        max_hold: Some(span("3d")),
        ..Policy::default()
    }
}

fn two_per_owner() -> Policy {
    Policy {
        max_live_per_owner: Some(2),
        ..Policy::default()
    }
}

fn one_init() -> Policy {
    Policy {
        max_concurrent_inits: Some(1),
        ..Policy::default()
    }
}

fn declaring() -> Registration {
    let mut registration = registration();
    registration.terms.ready_timeout = Some(span("15m"));
    registration
}

fn elsewhere() -> Registration {
    let mut registration = registration();
    registration.origin.directory = "/srv/other".to_owned();
    registration
}

fn wanted(lease: &Lease) -> DesiredLease {
    DesiredLease {
        version: lease.version.clone(),
        owner: lease.owner.clone(),
        terms: lease.terms.clone(),
        origin: lease.origin.clone(),
    }
}

/// An update that changes a lease also moves its origin. A different origin alone changes nothing.
#[tokio::test]
async fn an_update_from_elsewhere_moves_the_origin() {
    let world = world(Policy::default());
    let lease = world.open("moved").await;
    let mut wanted = wanted(&lease);
    wanted.origin = elsewhere().origin;
    let same = world
        .service
        .leases()
        .update(&lease.name, &wanted)
        .await
        .unwrap();
    assert_eq!(same.origin, lease.origin);
    assert_eq!(same.last_seq(), lease.last_seq());
    wanted.version = version("2.0.0");
    let moved = world
        .service
        .leases()
        .update(&lease.name, &wanted)
        .await
        .unwrap();
    assert_eq!(moved.origin.directory, "/srv/other");
}

fn version(text: &str) -> AppVersion {
    AppVersion::new(text).unwrap()
}

fn owner(text: &str) -> Owner {
    Owner::new(text).unwrap()
}

/// Opening a stack registers a lease with the limits of the policy in force.
#[tokio::test]
async fn open_records_the_policy_in_force() {
    let world = world(limited());
    let lease = world.open("a").await;
    assert_eq!(lease.max_ttl, Some(span("12h")));
    assert_eq!(lease.expires_at, span("8h").after(noon()));
    assert_eq!(world.kinds("a").await, ["requested"]);
}

/// An open that breaks the policy fails with every refusal at once and writes nothing.
#[tokio::test]
async fn open_refuses_what_the_policy_refuses() {
    let mut policy = limited();
    policy.max_ttl = Some(span("1h"));
    policy.required_labels = vec!["team".to_owned()];
    let world = world(policy);
    let name = stack_name("a");
    let error = world
        .service
        .leases()
        .open(&name, registration(), &alive)
        .await
        .unwrap_err();
    let fields: Vec<_> = error.refusals().iter().map(Refusal::field).collect();
    assert_eq!(fields, ["ttl", "labels"]);
    assert_eq!(world.service.leases().lease(&name).await.unwrap(), None);
}

/// Opening a name whose registration is finished fails, and the error names its owner, age, origin
/// and import command.
#[tokio::test]
async fn open_names_whose_a_live_stack_is() {
    let world = world(Policy::default());
    world.open("a").await;
    world
        .service
        .leases()
        .recorded(&stack_name("a"))
        .await
        .unwrap();
    world.clock.advance(span("3h"));
    let same_root = ". If the plan replaces it, Terraform creates the new stack before it destroys the \
                     old one, and both cannot have this name: remove create_before_destroy from the \
                     jiti_stack and from every resource that depends on it, or give the new stack \
                     another name, or run `terraform destroy` first";
    for (place, more) in [(registration(), same_root), (elsewhere(), "")] {
        let error = world
            .service
            .leases()
            .open(&stack_name("a"), place, &dead)
            .await
            .unwrap_err();
        let text = error.to_string();
        assert_eq!(
            text.strip_suffix(more).unwrap_or(&text),
            "stack \"a\" is already registered: owner ana@example.com, ready, 3 h old, \
             from /srv/checkout (workspace default) on laptop; \
             if it is this one, `terraform import jiti_stack.this a`, else choose another name"
        );
    }
    assert_eq!(world.kinds("a").await, ["requested", "recorded"]);
}

/// An open takes over an unfinished registration, with its new terms, if its process is dead and
/// the origin is the same. It fails while that process is alive or unknown, and from another
/// origin.
#[tokio::test]
async fn open_takes_over_only_from_the_dead_in_the_same_place() {
    let world = world(Policy::default());
    let name = stack_name("a");
    world.open("a").await;
    world.clock.advance(span("10m"));
    let mut again = registration();
    again.version = version("v2");
    again.terms.ttl = "2h".parse().unwrap();
    again.origin.process.pid = 77;

    for (from, processes, expected) in [
        (again.clone(), alive as fn(&_) -> _, None),
        (again.clone(), unknown, None),
        (elsewhere(), dead, Some(NameHolder::Unfinished)),
    ] {
        let error = world
            .service
            .leases()
            .open(&name, from, &processes)
            .await
            .unwrap_err();
        let ServiceError::Taken(taken) = error else {
            panic!("{error}");
        };
        let running = NameHolder::Running(registration().origin.process);
        assert_eq!(taken.by, expected.unwrap_or(running));
    }
    let opened = world
        .service
        .leases()
        .open(&name, again, &dead)
        .await
        .unwrap();
    assert!(opened.taken_over);
    assert_eq!(opened.lease.version, version("v2"));
    assert_eq!(opened.lease.created_at, noon());
    assert_eq!(world.kinds("a").await, ["requested", "requested"]);
}

/// A finished stack of the same root module cannot be registered again. If its app differs,
/// Terraform replaces it and creates the new one first, so an import cannot help; otherwise its
/// state may be lost, and it can.
#[tokio::test]
async fn open_explains_create_before_destroy() {
    let world = world(Policy::default());
    let name = stack_name("a");
    world.open("a").await;
    world.service.leases().recorded(&name).await.unwrap();
    let mut replacement = registration();
    replacement.app = "search".parse().unwrap();
    for (registration, other_app) in [(registration(), false), (replacement, true)] {
        let opened = world.service.leases().open(&name, registration, &dead);
        let ServiceError::Taken(taken) = opened.await.unwrap_err() else {
            panic!("not taken");
        };
        assert_eq!(taken.by, NameHolder::SameRoot { other_app });
        let text = taken.to_string();
        for word in ["create_before_destroy", "another name", "terraform destroy"] {
            assert!(text.contains(word), "no {word:?}: {text}");
        }
        assert_eq!(text.contains("terraform import"), !other_app, "{text}");
    }
    let opened = world.service.leases().open(&name, elsewhere(), &dead).await;
    let text = opened.unwrap_err().to_string();
    assert!(
        text.contains("terraform import jiti_stack.this a"),
        "{text}"
    );
    assert!(!text.contains("create_before_destroy"), "{text}");
}

/// A stack in teardown cannot be registered again until it is gone.
#[tokio::test]
async fn open_waits_for_the_end_of_a_teardown() {
    let world = world(Policy::default());
    let name = stack_name("a");
    world.open("a").await;
    let teardown = EventKind::TeardownStarted {
        strategy: crate::lease::Strategy::Terraform,
        by: actor(),
        why: "expired".to_owned(),
        run: crate::RunId::random(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    world.ledger.write(&name, teardown).await;
    let error = world
        .service
        .leases()
        .open(&name, registration(), &dead)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, ServiceError::Taken(taken) if taken.by == NameHolder::Ending),
        "{error}"
    );
    world.ledger.write(&name, EventKind::Gone).await;
    let opened = world
        .service
        .leases()
        .open(&name, registration(), &dead)
        .await
        .unwrap();
    assert!(!opened.taken_over);
}

/// An open that loses a race decides again, and its error names the winner's owner.
#[tokio::test(start_paused = true)]
async fn open_decides_again_after_a_lost_race() {
    let world = world(two_per_owner());
    let name = stack_name("a");
    let mut rival = elsewhere();
    rival.owner = owner("bob@example.com");
    let registration_of_bob = Box::new(rival);
    world.ledger.rival(
        &name,
        EventKind::Requested {
            registration: registration_of_bob,
        },
    );
    let error = world
        .service
        .leases()
        .open(&name, registration(), &dead)
        .await
        .unwrap_err();
    let ServiceError::Taken(taken) = error else {
        panic!("{error}");
    };
    assert_eq!(taken.owner, owner("bob@example.com"));
    assert_eq!(
        *world.ledger.appends.lock().unwrap(),
        1,
        "only the losing append was tried"
    );
    let ana = PoolName::live(&registration().owner);
    assert!(
        world.members(ana).await.is_empty(),
        "the open gives its place back"
    );
}

/// An owner never exceeds the limit, even if a rival takes the last place during the open.
#[tokio::test(start_paused = true)]
async fn an_owner_never_has_more_than_the_limit() {
    let world = world(two_per_owner());
    let ana = PoolName::live(&registration().owner);
    world.open("a").await;
    world.ledger.entrant(ana.clone(), "rival");
    let error = world
        .service
        .leases()
        .open(&stack_name("b"), registration(), &alive)
        .await
        .unwrap_err();
    let ServiceError::OwnerFull { limit, stacks, .. } = &error else {
        panic!("{error}");
    };
    assert_eq!(
        (*limit, stacks.as_slice()),
        (2, &[stack_name("a"), stack_name("rival")][..])
    );
    assert_eq!(
        world
            .service
            .leases()
            .lease(&stack_name("b"))
            .await
            .unwrap(),
        None
    );

    // The rival never registered, so its place expires after a minute.
    world.clock.advance(span("2m"));
    world.open("b").await;
    assert_eq!(world.members(ana).await, ["a", "b"]);
}

/// Of 20 concurrent opens, exactly as many succeed as the limit allows.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_the_limit_gets_in() {
    let world = world(Policy {
        max_live_per_owner: Some(5),
        ..Policy::default()
    });
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let service = world.service.clone();
            tokio::spawn(async move {
                let name = stack_name(&format!("stack-{number}"));
                service
                    .leases()
                    .open(&name, registration(), &alive)
                    .await
                    .is_ok()
            })
        })
        .collect();
    let mut entered = 0;
    for task in tasks {
        entered += u32::from(task.await.unwrap());
    }
    assert_eq!(entered, 5);
    assert_eq!(world.ledger.leases(Scope::Live).await.unwrap().len(), 5);
}

/// A released stack frees its place, and stacks without a place in the pool count too.
#[tokio::test]
async fn places_follow_the_leases() {
    let world = world(two_per_owner());
    for name in ["old", "older"] {
        let requested = EventKind::Requested {
            registration: Box::new(registration()),
        };
        world.ledger.write(&stack_name(name), requested).await;
    }
    let name = stack_name("new");
    let planned = world
        .service
        .leases()
        .plan_open(&name, &registration(), &alive)
        .await;
    assert!(
        matches!(planned, Err(ServiceError::OwnerFull { .. })),
        "{planned:?}"
    );
    world
        .service
        .leases()
        .release(&stack_name("old"))
        .await
        .unwrap();
    world
        .service
        .leases()
        .plan_open(&name, &registration(), &alive)
        .await
        .unwrap();
    world.open("new").await;
    let opened = world
        .service
        .leases()
        .open(&stack_name("newer"), registration(), &alive)
        .await;
    assert!(
        matches!(opened, Err(ServiceError::OwnerFull { .. })),
        "{opened:?}"
    );
}

/// An open that fails at the ledger gives its places back.
#[tokio::test]
async fn a_failed_open_leaves_nothing() {
    let world = world(Policy {
        max_concurrent_inits: Some(1),
        ..two_per_owner()
    });
    *world.ledger.broken.lock().unwrap() = true;
    let failed = world
        .service
        .leases()
        .open(&stack_name("a"), declaring(), &alive)
        .await;
    assert!(matches!(failed, Err(ServiceError::Ledger(_))), "{failed:?}");
    let ana = PoolName::live(&registration().owner);
    assert!(world.members(ana).await.is_empty());
    assert!(world.members(PoolName::inits()).await.is_empty());
}

/// An init beyond the limit waits until another stack is ready. A stack without a ready timeout
/// does not wait.
#[tokio::test(start_paused = true)]
async fn inits_wait_for_their_turn() {
    let world = world(one_init());
    let (first, second) = (stack_name("first"), stack_name("second"));
    world
        .service
        .leases()
        .open(&first, declaring(), &alive)
        .await
        .unwrap();
    world.open("undeclared").await;
    let waiting = tokio::spawn({
        let (service, second) = (world.service.clone(), second.clone());
        async move {
            service
                .leases()
                .open(&second, declaring(), &alive)
                .await
                .map(|_| ())
        }
    });
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert!(!waiting.is_finished());
    assert_eq!(world.service.leases().lease(&second).await.unwrap(), None);
    world.service.leases().ready(&first).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(world.members(PoolName::inits()).await, ["second"]);
}

/// An init past its ready timeout frees its place, and a waiter that gives up takes none.
#[tokio::test(start_paused = true)]
async fn a_turn_is_not_lost_with_its_holder() {
    let world = world(one_init());
    world
        .service
        .leases()
        .open(&stack_name("first"), declaring(), &alive)
        .await
        .unwrap();
    let second = stack_name("second");
    let limit = std::time::Duration::from_secs(10);
    let given_up = tokio::time::timeout(
        limit,
        world.service.leases().open(&second, declaring(), &alive),
    )
    .await;
    assert!(given_up.is_err(), "the second init waits");
    assert_eq!(world.members(PoolName::inits()).await, ["first"]);
    world.clock.advance(span("16m"));
    world
        .service
        .leases()
        .open(&second, declaring(), &alive)
        .await
        .unwrap();
    assert_eq!(world.members(PoolName::inits()).await, ["second"]);
}

/// An update with a new version renews the lease, and an update without a change writes nothing.
#[tokio::test]
async fn update_renews_with_a_new_version() {
    let world = world(limited());
    let name = stack_name("a");
    let lease = world.open("a").await;
    world
        .service
        .leases()
        .update(&name, &wanted(&lease))
        .await
        .unwrap();
    assert_eq!(world.kinds("a").await, ["requested"]);

    world.clock.advance(span("1h"));
    let mut next = wanted(&lease);
    next.version = version("v2");
    let planned = world
        .service
        .leases()
        .plan_update(&name, &next)
        .await
        .unwrap();
    assert_eq!(
        world.kinds("a").await,
        ["requested"],
        "a plan writes nothing"
    );
    let updated = world.service.leases().update(&name, &next).await.unwrap();
    assert_eq!(updated, planned);
    assert_eq!(updated.expires_at, span("9h").after(noon()));
    assert_eq!(
        world.kinds("a").await,
        ["requested", "version_changed", "renewed"]
    );

    next.version = version("v3");
    next.terms.renew_on = RenewOn::Never;
    let unrenewed = world.service.leases().update(&name, &next).await.unwrap();
    assert_eq!(unrenewed.expires_at, updated.expires_at);
}

/// An update past the cap is refused, and a shorter TTL never moves the end to an earlier time.
#[tokio::test]
async fn update_neither_shortens_nor_passes_the_cap() {
    let world = world(limited());
    let name = stack_name("a");
    let lease = world.open("a").await;
    let mut next = wanted(&lease);
    next.version = version("v2");
    next.terms.ttl = "1h".parse().unwrap();
    let updated = world.service.leases().update(&name, &next).await.unwrap();
    assert_eq!(updated.expires_at, lease.expires_at);

    world.clock.advance(span("12h"));
    next.version = version("v3");
    for refused in [
        world
            .service
            .leases()
            .plan_update(&name, &next)
            .await
            .unwrap_err(),
        world
            .service
            .leases()
            .update(&name, &next)
            .await
            .unwrap_err(),
    ] {
        assert!(
            matches!(refused.refusals(), [Refusal::RenewPastCap { .. }]),
            "{refused}"
        );
    }
    // Without a new version there is no renewal, so the cap does not matter.
    next.version = version("v2");
    world
        .service
        .leases()
        .plan_update(&name, &next)
        .await
        .unwrap();
}

/// The policy is checked only for changed fields, so a stricter policy refuses neither an unchanged
/// stack nor its release.
#[tokio::test]
async fn limits_are_checked_for_what_changes() {
    let world = world(Policy::default());
    let name = stack_name("a");
    let lease = world.open("a").await;
    let strict = Policy {
        max_ttl: Some(span("1h")),
        owner_pattern: Some("@corp$".to_owned()),
        required_labels: vec!["team".to_owned()],
        max_live_per_owner: Some(0),
        ..Policy::default()
    };
    let mut service = world.service.clone();
    service.config = Arc::new(Config {
        policy: strict,
        ..Config::default()
    });
    let mut next = wanted(&lease);
    service.leases().plan_update(&name, &next).await.unwrap();
    next.terms.idle_after = Some(span("1h"));
    service.leases().plan_update(&name, &next).await.unwrap();
    next.owner = owner("bob@example.com");
    next.terms.ttl = "9h".parse().unwrap();
    let refused = service
        .leases()
        .plan_update(&name, &next)
        .await
        .unwrap_err();
    let fields: Vec<_> = refused.refusals().iter().map(Refusal::field).collect();
    assert_eq!(fields, ["owner", "ttl"]);
    service.leases().release(&name).await.unwrap();
}

/// A change of owner moves the stack's place to the new owner, and fails if that owner is at the
/// limit.
#[tokio::test]
async fn a_new_owner_is_counted() {
    let world = world(two_per_owner());
    let (ana, bob) = (registration().owner, owner("bob@example.com"));
    let lease = world.open("a").await;
    let mut next = wanted(&lease);
    next.owner = bob.clone();
    let updated = world
        .service
        .leases()
        .update(&stack_name("a"), &next)
        .await
        .unwrap();
    assert_eq!(updated.former_owners, std::slice::from_ref(&ana));
    assert!(world.members(PoolName::live(&ana)).await.is_empty());
    assert_eq!(world.members(PoolName::live(&bob)).await, ["a"]);

    let mut of_bob = registration();
    of_bob.owner = bob.clone();
    world
        .service
        .leases()
        .open(&stack_name("b"), of_bob, &alive)
        .await
        .unwrap();
    let third = world.open("c").await;
    let mut next = wanted(&third);
    next.owner = bob;
    for full in [
        world
            .service
            .leases()
            .plan_update(&third.name, &next)
            .await
            .unwrap_err(),
        world
            .service
            .leases()
            .update(&third.name, &next)
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(full, ServiceError::OwnerFull { .. }), "{full}");
    }
    assert_eq!(world.members(PoolName::live(&ana)).await, ["c"]);
}

/// A stack becomes ready in time or late, and a timeout does not change a ready stack.
#[tokio::test]
async fn readiness_is_noted() {
    let world = world(Policy::default());
    let name = stack_name("a");
    let service = &world.service;
    service
        .leases()
        .open(&name, declaring(), &alive)
        .await
        .unwrap();
    service.leases().provisioned(&name).await.unwrap();
    service
        .leases()
        .mark_phase(
            &name,
            "migrate",
            Some("database".to_owned()),
            PhaseBoundary::Start,
            None,
        )
        .await
        .unwrap();
    world.clock.advance(span("1m"));
    service
        .leases()
        .mark_phase(&name, "migrate", None, PhaseBoundary::Done, None)
        .await
        .unwrap();
    service.leases().check_passed(&name, "http").await.unwrap();
    let purgatory = service
        .leases()
        .ready_timed_out(&name, Vec::new())
        .await
        .unwrap();
    assert_eq!(purgatory.recorded_phase, Phase::Purgatory);
    let ready = service.leases().ready(&name).await.unwrap();
    assert_eq!(ready.recorded_phase, Phase::Ready);
    let init = ready.init.clone().unwrap();
    assert_eq!(init.total().map(crate::Elapsed::seconds), Some(60));
    assert_eq!(
        init.slowest().map(|phase| phase.name).as_deref(),
        Some("migrate")
    );
    assert_eq!(
        service
            .leases()
            .ready_timed_out(&name, Vec::new())
            .await
            .unwrap(),
        ready
    );
    assert_eq!(service.leases().ready(&name).await.unwrap(), ready);
}

/// An extension that loses a race counts from the end that the winner set.
#[tokio::test(start_paused = true)]
async fn extend_decides_again_after_a_lost_race() {
    let world = world(limited());
    let name = stack_name("a");
    world.open("a").await;
    let rival = EventKind::Extended {
        by: span("1h"),
        until: span("9h").after(noon()),
    };
    world.ledger.rival(&name, rival);
    let until = world
        .service
        .leases()
        .extend(&name, span("2h"))
        .await
        .unwrap();
    assert_eq!(until, span("11h").after(noon()));
    let refused = world
        .service
        .leases()
        .extend(&name, span("2h"))
        .await
        .unwrap_err();
    let [Refusal::ExtendPastCap { latest, .. }] = refused.refusals() else {
        panic!("{refused}");
    };
    assert_eq!(*latest, span("12h").after(noon()));
}

/// A writer that loses every race gives up with an error after 32 attempts.
#[tokio::test(start_paused = true)]
async fn losing_for_ever_ends() {
    let world = world(Policy::default());
    let name = stack_name("a");
    world.open("a").await;
    for _ in 0..100 {
        let signal = "rival".to_owned();
        world.ledger.rival(&name, EventKind::Activity { signal });
    }
    let error = world.service.leases().touch(&name).await.unwrap_err();
    assert!(
        matches!(error, ServiceError::TooManyConflicts { attempts: 32, .. }),
        "{error}"
    );
}

/// A hold ends within the policy's limit, and `unhold` ends it earlier. A second `unhold` changes
/// nothing.
#[tokio::test]
async fn holding_and_letting_go() {
    let world = world(limited());
    let name = stack_name("a");
    world.open("a").await;
    let until = span("2d").after(noon());
    let held = world
        .service
        .leases()
        .hold(&name, until, "demo")
        .await
        .unwrap();
    assert_eq!(held.at(noon()).hold_until, Some(until));
    let late = world
        .service
        .leases()
        .hold(&name, span("4d").after(noon()), "demo")
        .await
        .unwrap_err();
    assert!(
        matches!(late.refusals(), [Refusal::LongHold { .. }]),
        "{late}"
    );
    let free = world.service.leases().unhold(&name).await.unwrap();
    assert_eq!(free.at(noon()).hold_until, None);
    assert_eq!(world.service.leases().unhold(&name).await.unwrap(), free);
}

/// A touch records activity. Touching an unknown stack fails with an error that names the ledger.
#[tokio::test]
async fn touching() {
    let world = world(Policy::default());
    world.open("a").await;
    let touched = world
        .service
        .leases()
        .touch(&stack_name("a"))
        .await
        .unwrap();
    assert_eq!(
        touched.last_activity.map(|last| last.signal),
        Some("touch".to_owned())
    );
    let error = world
        .service
        .leases()
        .touch(&stack_name("b"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("\"b\" is in the ledger memory"),
        "{error}"
    );
}

/// A release ends a stack, and is a no-op for a stack that is gone or unknown. During a teardown it
/// is recorded but does not change the phase.
#[tokio::test]
async fn releasing() {
    let world = world(Policy::default());
    let name = stack_name("a");
    world.service.leases().release(&name).await.unwrap();
    world.open("a").await;
    world.service.leases().release(&name).await.unwrap();
    world.service.leases().release(&name).await.unwrap();
    assert_eq!(world.kinds("a").await, ["requested", "released"]);

    world.open("b").await;
    let teardown = EventKind::TeardownStarted {
        strategy: crate::lease::Strategy::Terraform,
        by: actor(),
        why: "by hand".to_owned(),
        run: crate::RunId::random(),
        host: "laptop".to_owned(),
        pid: 1,
    };
    world.ledger.write(&stack_name("b"), teardown).await;
    world
        .service
        .leases()
        .release(&stack_name("b"))
        .await
        .unwrap();
    let lease = world
        .service
        .leases()
        .lease(&stack_name("b"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (lease.recorded_phase, lease.released),
        (Phase::TearingDown, true)
    );
}

/// An adoption ignores the policy's limits, keeps the given age, and makes the lease recorded and
/// ready. A second adoption changes nothing, and one from another origin fails.
#[tokio::test]
async fn adopting() {
    let world = world(Policy {
        max_live_per_owner: Some(0),
        max_ttl: Some(span("12h")),
        ..Policy::default()
    });
    let name = stack_name("a");
    let from = LedgerId::random();
    let created: Timestamp = span("3h").before(noon());
    let adopt = |registration| {
        world
            .service
            .leases()
            .adopt(&name, registration, Some(from.clone()), Some(created))
    };
    let lease = adopt(declaring()).await.unwrap();
    assert!(lease.recorded);
    assert_eq!(
        (lease.created_at, lease.recorded_phase),
        (created, Phase::Ready)
    );
    assert_eq!(lease.adopted_from, Some(from.clone()));
    assert_eq!(adopt(declaring()).await.unwrap(), lease);
    let other = adopt(elsewhere()).await.unwrap_err();
    assert!(
        matches!(&other, ServiceError::Taken(taken) if taken.by == NameHolder::Finished),
        "{other}"
    );
}

/// The live list omits gone stacks. The full list and `show` include them, with their events.
#[tokio::test]
async fn reading() {
    let world = world(Policy::default());
    world.open("a").await;
    world.open("b").await;
    world
        .service
        .leases()
        .release(&stack_name("b"))
        .await
        .unwrap();
    let names = |scope| {
        let service = world.service.clone();
        async move {
            let listed = service.leases().listing(scope).await.unwrap();
            listed
                .into_iter()
                .map(|one| one.name.to_string())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(names(Scope::Live).await, ["a"]);
    assert_eq!(names(Scope::All).await, ["a", "b"]);
    let shown = world.service.leases().show(&stack_name("b")).await.unwrap();
    assert_eq!((shown.listing.phase, shown.events.len()), (Phase::Gone, 2));
    let missing = world
        .service
        .leases()
        .show(&stack_name("c"))
        .await
        .unwrap_err();
    assert!(matches!(missing, ServiceError::Unknown { .. }), "{missing}");
}
