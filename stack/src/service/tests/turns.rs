//! The turns of `max_concurrent_inits`: the queue, its order, and processes that end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use tokio::task::JoinHandle;

use super::*;
use crate::lease::ProcessId;
use crate::process;

fn limited_to(inits: u32) -> World {
    world(Policy {
        max_concurrent_inits: Some(inits),
        ..Policy::default()
    })
}

/// A process on another host, which this one can judge only by its reports.
fn elsewhere_process(pid: u32) -> ProcessId {
    ProcessId {
        pid,
        started: "boot:1".to_owned(),
        host: format!("ci-{pid}"),
    }
}

/// A process on this host that has ended.
fn ended_process() -> ProcessId {
    ProcessId {
        started: "before:0".to_owned(),
        ..process::current()
    }
}

fn declared_by(process: ProcessId) -> Registration {
    let mut registration = declaring();
    registration.origin.process = process;
    registration
}

impl World {
    /// Opens a stack in the background, as this process.
    fn opening(&self, name: &str) -> JoinHandle<Result<(), ServiceError>> {
        self.opening_by(name, process::current())
    }

    fn opening_by(&self, name: &str, by: ProcessId) -> JoinHandle<Result<(), ServiceError>> {
        let (service, name) = (self.service.clone(), stack_name(name));
        tokio::spawn(async move {
            let opened = service.leases().open(&name, declared_by(by), &alive).await;
            opened.map(|_| ())
        })
    }

    async fn enter(&self, pool: PoolName, stack: &str, process: ProcessId) {
        let after = self.ledger.pool(&pool).await.unwrap().last_seq();
        let event = PoolEvent {
            seq: Seq::NONE,
            at: noon(),
            actor: actor(),
            kind: PoolEventKind::Entered {
                stack: stack_name(stack),
                process: Some(process),
            },
        };
        self.ledger
            .append_pool(&pool, after, vec![event])
            .await
            .unwrap();
    }

    /// The queue: the stacks with a turn, and those that wait.
    async fn queue(&self) -> (Vec<String>, Vec<String>) {
        let policy = self.service.policy().await.unwrap();
        let queue = self.service.leases().init_queue(&policy).await;
        let queue = queue.unwrap().unwrap();
        let names = |stacks: Vec<crate::init_queue::QueuedStack>| {
            let stacks = stacks.into_iter();
            stacks.map(|queued| queued.stack.to_string()).collect()
        };
        (names(queue.initialising), names(queue.waiting))
    }
}

async fn seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

/// Turns are taken in the order in which the applies came, and a newcomer does not pass the queue.
#[tokio::test(start_paused = true)]
async fn turns_are_first_come_first_served() {
    let world = limited_to(1);
    world.opening("first").await.unwrap().unwrap();
    let mut waiting = Vec::new();
    for name in ["second", "third", "fourth"] {
        waiting.push((name, world.opening(name)));
        seconds(5).await;
    }
    let expected = ["second", "third", "fourth"].map(str::to_owned).to_vec();
    assert_eq!(world.queue().await, (vec!["first".to_owned()], expected));
    let mut before = stack_name("first");
    for (name, opening) in waiting {
        assert!(!opening.is_finished(), "{name} waits");
        world.service.leases().ready(&before).await.unwrap();
        // Comes now, and goes to the end.
        let newcomer = world.opening("newcomer");
        opening.await.unwrap().unwrap();
        newcomer.abort();
        world
            .service
            .leases()
            .leave_queue(&stack_name("newcomer"))
            .await;
        before = stack_name(name);
    }
    assert_eq!(world.queue().await, (vec!["fourth".to_owned()], vec![]));
    assert!(world.members(PoolName::waiting_inits()).await.is_empty());
}

/// A wait is visible in the service: the place, and the stacks that have the turns. After
/// `max_wait`, the apply fails with both, and has left the queue.
#[tokio::test(start_paused = true)]
async fn a_wait_shows_its_place_and_ends() {
    let world = world(Policy {
        max_concurrent_inits: Some(1),
        max_wait: span("10m"),
        ..Policy::default()
    });
    world.opening("first").await.unwrap().unwrap();
    assert_eq!(world.service.turn_wait(), None);
    let second = world.opening("second");
    seconds(60).await;
    let wait = world.service.turn_wait().expect("it waits");
    assert_eq!((wait.place, wait.waiting, wait.limit), (1, 1, 1));
    assert_eq!(wait.holders[0].stack, stack_name("first"));
    world.clock.advance(span("10m"));
    let error = second.await.unwrap().unwrap_err();
    let text = error.to_string();
    let pid = std::process::id();
    assert!(
        text.starts_with(
            "stack \"second\" waited 10 min for its turn, which is as long as max_wait allows: \
             place 1 of 1 in the queue; on their way to ready, of at most 1 \
             (max_concurrent_inits): first (10 min, process "
        ) && text.contains(&format!("process {pid} on ")),
        "{text}"
    );
    assert_eq!(world.queue().await, (vec!["first".to_owned()], vec![]));
    assert_eq!(world.service.turn_wait(), None);
}

/// A waiting process that has ended leaves the queue at once if it ran on this host, and when it is
/// silent if not.
#[tokio::test(start_paused = true)]
async fn a_dead_waiter_leaves_the_queue() {
    let world = limited_to(1);
    world.opening("holder").await.unwrap().unwrap();
    let waiting = PoolName::waiting_inits;
    world.enter(waiting(), "here", ended_process()).await;
    world.enter(waiting(), "there", elsewhere_process(7)).await;
    let next = world.opening("next");
    seconds(10).await;
    assert_eq!(world.members(waiting()).await, ["next", "there"]);
    world
        .service
        .leases()
        .ready(&stack_name("holder"))
        .await
        .unwrap();
    seconds(60).await;
    assert!(!next.is_finished(), "the other host may still come");
    seconds(60).await;
    next.await.unwrap().unwrap();
    assert!(world.members(waiting()).await.is_empty());
}

/// A turn of a process on another host ends when it is silent. A turn whose process reports stays,
/// however long it takes, and so does one of an older jiti, which never reports.
#[tokio::test(start_paused = true)]
async fn a_silent_holder_loses_its_turn() {
    let world = limited_to(1);
    let (first, process) = (stack_name("first"), elsewhere_process(1));
    world
        .opening_by("first", process.clone())
        .await
        .unwrap()
        .unwrap();
    let second = world.opening_by("second", elsewhere_process(2));
    seconds(600).await;
    assert!(!second.is_finished(), "an older jiti never reports");
    let reports = tokio::spawn({
        let service = world.service.clone();
        async move { service.leases().report_turn(&first, &process).await }
    });
    seconds(600).await;
    assert!(!second.is_finished(), "the process reports");
    reports.abort();
    seconds(90).await;
    assert!(!second.is_finished(), "it may be late");
    seconds(90).await;
    second.await.unwrap().unwrap();
    assert_eq!(world.members(PoolName::inits()).await, ["second"]);
}

/// A process that ends before its apply does says so: its turn then does not end by silence.
#[tokio::test(start_paused = true)]
async fn a_turn_outlives_its_reports() {
    let world = limited_to(1);
    let (first, process) = (stack_name("first"), elsewhere_process(1));
    world
        .opening_by("first", process.clone())
        .await
        .unwrap()
        .unwrap();
    let leases = world.service.leases();
    let limit = Duration::from_secs(40);
    let reports = tokio::time::timeout(limit, leases.report_turn(&first, &process)).await;
    assert!(reports.is_err(), "it reports as long as it has the turn");
    leases.end_turn_reports(&first, &process).await.unwrap();
    let second = world.opening("second");
    seconds(600).await;
    assert!(!second.is_finished(), "the apply may still run");
    world.clock.advance(span("16m"));
    second.await.unwrap().unwrap();
    // The turn is gone, and so are the reports.
    leases.report_turn(&first, &process).await;
}

/// An apply that was repeated on another host takes over the turn of its stack.
#[tokio::test(start_paused = true)]
async fn a_repeated_apply_takes_over_the_turn() {
    let world = limited_to(1);
    let holder = elsewhere_process(1);
    world.enter(PoolName::inits(), "first", holder).await;
    let process = elsewhere_process(2);
    world
        .opening_by("first", process.clone())
        .await
        .unwrap()
        .unwrap();
    let pool = world.ledger.pool(&PoolName::inits()).await.unwrap();
    let member = pool.member(&stack_name("first")).unwrap();
    assert_eq!(member.process.as_ref(), Some(&process));
}

/// A service without a policy, as the provider uses it for readiness, gives the turn back too.
#[tokio::test(start_paused = true)]
async fn a_turn_ends_whatever_the_policy_of_the_service() {
    let world = limited_to(1);
    let name = stack_name("first");
    let unlimited = world.service.clone().with_policy(Arc::default());
    for end in ["ready", "timed out"] {
        world.opening("first").await.unwrap().unwrap();
        match end {
            "ready" => unlimited.leases().ready(&name).await.unwrap(),
            _ => unlimited
                .leases()
                .ready_timed_out(&name, Vec::new())
                .await
                .unwrap(),
        };
        assert!(world.members(PoolName::inits()).await.is_empty(), "{end}");
        unlimited.leases().release(&name).await.unwrap();
    }
}

/// An apply in a simulated burst.
#[derive(Clone, Debug)]
struct Apply {
    /// When it starts, in seconds.
    start: u64,
    /// How long its stack takes to become ready, in seconds.
    init: u64,
    /// When its process is killed, in seconds.
    killed: Option<u64>,
}

fn applies() -> impl Strategy<Value = Vec<Apply>> {
    let apply = (
        0..30_u64,
        1..300_u64,
        proptest::option::weighted(0.3, 0..400_u64),
    )
        .prop_map(|(start, init, killed)| Apply {
            start,
            init,
            killed,
        });
    proptest::collection::vec(apply, 2..8)
}

/// Runs a burst, and returns the highest number of stacks between requested and ready.
async fn burst(limit: u32, applies: Vec<Apply>) -> usize {
    let world = limited_to(limit);
    let (running, highest) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for (number, apply) in (1..).zip(applies) {
        let service = world.service.clone();
        let (running, highest) = (Arc::clone(&running), Arc::clone(&highest));
        let killed = apply.killed;
        let task = async move {
            let (name, process) = (stack_name(&format!("s{number}")), elsewhere_process(number));
            seconds(apply.start).await;
            let leases = service.leases();
            let registration = declared_by(process.clone());
            leases.open(&name, registration, &alive).await.unwrap();
            let _counted = Counted::new(running, &highest);
            tokio::select! {
                () = leases.report_turn(&name, &process) => panic!("the turn was lost"),
                () = seconds(apply.init) => {}
            }
        };
        let name = stack_name(&format!("s{number}"));
        let service = world.service.clone();
        tasks.push(tokio::spawn(async move {
            let limit = killed.map_or(Duration::from_secs(7_200), Duration::from_secs);
            if tokio::time::timeout(limit, task).await.is_ok() {
                service.leases().ready(&name).await.unwrap();
                return true;
            }
            killed.is_some()
        }));
    }
    for task in tasks {
        assert!(task.await.unwrap(), "an apply never got its turn");
    }
    let events = world
        .ledger
        .pool_events(&PoolName::inits(), Seq::NONE)
        .await;
    let mut pool = Pool::default();
    for event in events.unwrap() {
        pool = pool.apply(&event);
        assert!(pool.members().count() <= limit as usize);
    }
    highest.load(Ordering::SeqCst)
}

/// Counts a stack as on its way to ready until it is dropped: when it is ready or killed.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(running: Arc<AtomicUsize>, highest: &AtomicUsize) -> Self {
        let now = running.fetch_add(1, Ordering::SeqCst) + 1;
        highest.fetch_max(now, Ordering::SeqCst);
        Self(running)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever the applies of a burst do: never more than the limit are on their way to ready, and
    /// each that is not killed gets its turn.
    #[test]
    fn a_burst_never_exceeds_the_limit(limit in 1..4_u32, applies in applies()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let highest = runtime.block_on(burst(limit, applies));
        prop_assert!(highest <= limit as usize, "{highest} at once");
    }
}
