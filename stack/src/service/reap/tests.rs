//! Tests of the reaper without Terraform: which stacks it ends, in which order, how many at a time,
//! and that two reapers end each stack once.

mod budgets;
mod evidence;
mod locks;

use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};

use super::*;
use crate::cloud::Cloud;
use crate::config::{Account, Config, CredentialSource, ReaperConfig};
use crate::inventory::MemoryInventory;
use crate::lease::{EventKind, Registration, ResidueDetails, Source, Strategy};
use crate::ledger::{Ledger, MemoryLedger};
use crate::process::{host, identify};
use crate::service::teardown::{Progress, StopSignal, TeardownOutcome, TeardownSettings};
use crate::service::{CloudAccess, Service};
use crate::testing::{
    CloudCall, FakeCloud, ManualClock, actor, new_event, noon, registration, resource, stack_name,
};
use crate::values::ttl::{Span, Ttl};
use crate::{Phase, Policy, RunId, StackName};

struct World {
    ledger: Arc<MemoryLedger>,
    clock: Arc<ManualClock>,
    config: Config,
}

impl World {
    fn new() -> Self {
        Self {
            ledger: Arc::default(),
            clock: Arc::new(ManualClock::at(noon())),
            config: Config::default(),
        }
    }

    /// The service of another process, which shares only the ledger.
    fn service(&self) -> Service {
        Service::new(
            Arc::<MemoryLedger>::clone(&self.ledger),
            Arc::<ManualClock>::clone(&self.clock),
            Arc::new(self.config.clone()),
            actor(),
            Source::Reaper,
        )
    }

    /// Registers a stack with a TTL of so many minutes.
    async fn stack(&self, name: &str, minutes: u32, change: impl FnOnce(&mut Registration)) {
        let mut registration = registration();
        registration.terms.ttl = Ttl::from(Span::minutes(minutes));
        change(&mut registration);
        let registration = Box::new(registration);
        self.happens(name, EventKind::Requested { registration })
            .await;
    }

    async fn happens(&self, name: &str, kind: EventKind) {
        let name = stack_name(name);
        let lease = self.ledger.lease(&name).await.unwrap();
        let seq = lease.map(|lease| lease.last_seq()).unwrap_or_default();
        let event = new_event(self.service().now(), kind);
        self.ledger.append(&name, seq, vec![event]).await.unwrap();
    }

    async fn begun(&self, name: &str, host: String, pid: u32) {
        self.happens(name, started(host, pid)).await;
    }

    async fn docket(&self) -> ReaperPlan {
        let survey = self.service().reaper().survey().await.unwrap();
        survey.docket(&self.config, nowhere())
    }

    /// The stacks that the reaper would end, each with its cause.
    async fn tasks(&self) -> Vec<String> {
        let docket = self.docket().await;
        let said = |task: &ReaperTask| format!("{} {}", task.name, task.why.as_str());
        docket.tasks.iter().map(said).collect()
    }

    async fn phase(&self, name: &str) -> Phase {
        let lease = self.ledger.lease(&stack_name(name)).await.unwrap();
        lease.unwrap().phase_at(self.service().now())
    }

    async fn count(&self, name: &str, kind: &str) -> usize {
        let events = self.ledger.events(&stack_name(name), crate::Seq::NONE);
        let events = events.await.unwrap();
        events
            .iter()
            .filter(|event| event.kind.name() == kind)
            .count()
    }
}

fn started(host: String, pid: u32) -> EventKind {
    EventKind::TeardownStarted {
        strategy: Strategy::Terraform,
        by: actor(),
        why: "test".to_owned(),
        run: RunId::random(),
        host,
        pid,
    }
}

fn nowhere() -> &'static Path {
    Path::new("/nonexistent/runs")
}

/// Ends stacks in the ledger only, ten seconds each, and records the maximum concurrency.
struct Hands {
    service: Service,
    at_once: AtomicUsize,
    most: AtomicUsize,
    names: Mutex<Vec<String>>,
}

impl Hands {
    fn of(service: Service) -> Arc<Self> {
        Arc::new(Self {
            service,
            at_once: AtomicUsize::default(),
            most: AtomicUsize::default(),
            names: Mutex::default(),
        })
    }

    fn names(&self) -> Vec<String> {
        self.names.lock().unwrap().clone()
    }

    async fn ended(&self, task: &ReaperTask) -> TerminationResult {
        let decide = |lease: &crate::Lease, _| {
            Ok(match lease.recorded_phase {
                Phase::TearingDown => Vec::new(),
                _ => vec![started(host(), std::process::id())],
            })
        };
        let before = self.service.live(&task.name).await.unwrap();
        let lease = self.service.change(&task.name, decide).await.unwrap();
        if lease.last_seq() == before.last_seq() {
            return TerminationResult::Elsewhere("another process was faster".to_owned());
        }
        tokio::time::sleep(Duration::from_secs(10)).await;
        let gone = |_: &crate::Lease, _| Ok(vec![EventKind::Gone]);
        self.service.change(&task.name, gone).await.unwrap();
        self.names.lock().unwrap().push(task.name.to_string());
        TerminationResult::Ended(TeardownOutcome::nothing_to_do(&task.name))
    }
}

impl StackTerminator for Hands {
    fn end<'a>(
        &'a self,
        task: &'a ReaperTask,
        _: &'a (dyn Fn(&Progress) + Send + Sync),
    ) -> Pin<Box<dyn Future<Output = TerminationResult> + Send + 'a>> {
        Box::pin(async move {
            let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(at_once, Ordering::SeqCst);
            let ending = self.ended(task).await;
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            ending
        })
    }
}

fn working(ender: Arc<dyn StackTerminator>, slots: usize) -> (ReaperContext, watch::Sender<bool>) {
    let (sender, stop) = watch::channel(false);
    let working = ReaperContext {
        ender,
        slots: Arc::new(Semaphore::new(slots)),
        stop,
        runs: nowhere().to_owned(),
        in_hand: InFlight::default(),
        tell: Arc::new(|_| {}),
    };
    (working, sender)
}

/// The docket has every due stack, the longest overdue first, whatever the cause. Held, protected,
/// gone and young stacks are not in it.
#[tokio::test(start_paused = true)]
async fn the_longest_due_comes_first() {
    let mut world = World::new();
    world.config.policy.protected = vec!["prod-*".to_owned()];
    world.stack("late", 90, |_| {}).await;
    world.stack("early", 60, |_| {}).await;
    world.stack("prod-1", 60, |_| {}).await;
    world.stack("young", 900, |_| {}).await;
    let ready_timeout = Some(Span::minutes(15));
    world
        .stack("stuck", 900, |r| r.terms.ready_timeout = ready_timeout)
        .await;
    world.stack("held", 60, |_| {}).await;
    let until = Span::minutes(300).after(noon());
    let why = "a demo".to_owned();
    world.happens("held", EventKind::Held { until, why }).await;
    world.stack("gone", 60, |_| {}).await;
    world.happens("gone", EventKind::Released).await;
    assert!(world.tasks().await.is_empty());
    world.clock.advance(Span::minutes(150));
    assert_eq!(
        world.tasks().await,
        ["stuck purgatory", "early expiry", "late expiry"]
    );
    world.clock.advance(Span::minutes(150));
    assert!(world.tasks().await.contains(&"held expiry".to_owned()));
}

/// A teardown with a dead runner is taken over before anything else. One with a live runner is left
/// alone until it has been silent for ten minutes.
#[tokio::test(start_paused = true)]
async fn dead_runners_are_taken_over() {
    let world = World::new();
    world.stack("due", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    for name in ["dead", "alive", "elsewhere"] {
        world.stack(name, 900, |_| {}).await;
    }
    world.begun("dead", host(), u32::MAX).await;
    world.begun("alive", host(), std::process::id()).await;
    world.begun("elsewhere", "another".to_owned(), 1).await;
    assert_eq!(world.tasks().await, ["dead abandoned", "due expiry"]);
    world.clock.advance(Span::minutes(11));
    let all = [
        "alive abandoned",
        "dead abandoned",
        "elsewhere abandoned",
        "due expiry",
    ];
    assert_eq!(world.tasks().await, all);
}

/// A failed teardown waits longer for each retry, and residue is retried after the due stacks.
#[tokio::test(start_paused = true)]
async fn failures_wait_for_their_next_try() {
    let world = World::new();
    world.stack("due", 60, |_| {}).await;
    world.stack("left", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    world.begun("left", host(), std::process::id()).await;
    let left = EventKind::ResourceLeft {
        id: "aws_vpc.this".to_owned(),
        reason: "in use".to_owned(),
        blocked_by: None,
        details: ResidueDetails::default(),
    };
    let failed = || EventKind::TeardownFailed {
        reason: "1 left".to_owned(),
    };
    world.happens("left", left).await;
    world.happens("left", failed()).await;
    let docket = world.docket().await;
    assert_eq!(docket.tasks.len(), 1);
    let later = &docket.later[0];
    assert_eq!((later.failures, later.reason.as_str()), (1, "1 left"));
    assert_eq!(later.not_before, Span::minutes(145).after(noon()));
    world.clock.advance(Span::minutes(15));
    assert_eq!(world.tasks().await, ["due expiry", "left residue"]);
    world.begun("left", host(), std::process::id()).await;
    world.happens("left", failed()).await;
    world.clock.advance(Span::minutes(29));
    assert_eq!(world.tasks().await, ["due expiry"]);
    world.clock.advance(Span::minutes(1));
    assert_eq!(world.tasks().await, ["due expiry", "left residue"]);
}

/// More due stacks than `max_stacks` are refused with their names, and stop being refused once the
/// number is within the limit.
#[tokio::test(start_paused = true)]
async fn too_many_are_refused() {
    let mut world = World::new();
    world.config.reaper.max_stacks = 2;
    for name in ["a", "b", "c"] {
        world.stack(name, 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let too_many = world.docket().await.too_many().unwrap();
    assert!(
        too_many
            .to_string()
            .starts_with("3 stacks are due, and [reaper] max_stacks allows 2")
    );
    assert!(too_many.to_string().contains(": a, b, c;"));
    world.happens("c", EventKind::Released).await;
    assert_eq!(world.docket().await.too_many(), None);
}

/// Two concurrent reapers end each stack exactly once.
#[tokio::test(start_paused = true)]
async fn two_reapers_end_each_once() {
    let world = World::new();
    let names: Vec<String> = (0..12).map(|n| format!("s-{n:02}")).collect();
    for name in &names {
        world.stack(name, 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let (one, other) = (Hands::of(world.service()), Hands::of(world.service()));
    let (first, _stop) = working(Arc::<Hands>::clone(&one), 4);
    let (second, _stop) = working(Arc::<Hands>::clone(&other), 4);
    let services = (world.service(), world.service());
    let docket = world.docket().await;
    let (a, b) = tokio::join!(
        services.0.reaper().reap(docket.clone(), &first),
        services.1.reaper().reap(docket, &second)
    );
    assert_eq!(a.gone() + b.gone(), 12);
    let mut ended = [one.names(), other.names()].concat();
    ended.sort();
    assert_eq!(ended, names);
    for name in &names {
        assert_eq!(world.count(name, "teardown_started").await, 1);
    }
}

/// A run ends no more stacks at a time than it has slots.
#[tokio::test(start_paused = true)]
async fn concurrency_is_bounded() {
    let world = World::new();
    for n in 0..9 {
        world.stack(&format!("s-{n}"), 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let hands = Hands::of(world.service());
    let (working, _stop) = working(Arc::<Hands>::clone(&hands), 3);
    let summary = world
        .service()
        .reaper()
        .reap(world.docket().await, &working)
        .await;
    assert_eq!((summary.gone(), hands.most.load(Ordering::SeqCst)), (9, 3));
}

/// A stopped run completes the teardowns in progress and begins no others.
#[tokio::test(start_paused = true)]
async fn a_stopped_run_ends_what_it_began() {
    let world = World::new();
    for n in 0..5 {
        world.stack(&format!("s-{n}"), 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let (working, stop) = working(Hands::of(world.service()), 2);
    let service = world.service();
    let docket = world.docket().await;
    let (summary, ()) = tokio::join!(service.reaper().reap(docket, &working), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stop.send(true).unwrap();
    });
    assert_eq!(summary.gone(), 2);
    assert_eq!(summary.not_begun, ["s-2", "s-3", "s-4"].map(stack_name));
    assert_eq!(world.phase("s-1").await, Phase::Gone);
    assert_eq!(world.count("s-2", "teardown_started").await, 0);
}

/// A stack is spared if it was extended, or the reaper was paused, after the docket was made.
#[tokio::test(start_paused = true)]
async fn what_changed_meanwhile_is_spared() {
    let world = World::new();
    for name in ["a", "b", "c"] {
        world.stack(name, 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let (working, _stop) = working(Hands::of(world.service()), 1);
    let service = world.service();
    let docket = world.docket().await;
    let (summary, ()) = tokio::join!(service.reaper().reap(docket, &working), async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        service
            .leases()
            .extend(&stack_name("b"), Span::minutes(600))
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        service
            .reaper()
            .pause_reaper(Some("an incident".to_owned()))
            .await
            .unwrap();
    });
    let endings: Vec<_> = summary.endings.iter().map(|(_, ending)| ending).collect();
    assert!(
        matches!(
            endings[..],
            [
                TerminationResult::Ended(_),
                TerminationResult::Spared,
                TerminationResult::Spared
            ]
        ),
        "{endings:?}"
    );
    assert_eq!(world.count("c", "teardown_started").await, 0);
}

/// Of two overlapping runs in one process, the second leaves alone what the first works on.
#[tokio::test(start_paused = true)]
async fn runs_of_one_process_do_not_meet() {
    let world = World::new();
    world.stack("a", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    let (working, _stop) = working(Hands::of(world.service()), 4);
    let service = world.service();
    let docket = world.docket().await;
    let (a, b) = tokio::join!(
        service.reaper().reap(docket.clone(), &working),
        service.reaper().reap(docket, &working)
    );
    assert_eq!((a.gone(), b.gone()), (1, 0));
    assert!(
        matches!(b.endings[0].1, TerminationResult::Elsewhere(_)),
        "{b:?}"
    );
}

/// A clock more than five seconds behind the ledger is reported.
#[tokio::test(start_paused = true)]
async fn a_clock_behind_the_ledger_is_noticed() {
    let world = World::new();
    world.stack("a", 60, |_| {}).await;
    let behind = async |seconds: i64| {
        world
            .clock
            .set(noon() - jiff::SignedDuration::from_secs(seconds));
        world
            .service()
            .reaper()
            .survey()
            .await
            .unwrap()
            .clock_behind()
    };
    assert_eq!(behind(5).await, None);
    let noticed = behind(6).await.unwrap();
    assert_eq!(noticed.latest, noon());
    assert!(noticed.to_string().contains("set the clock"), "{noticed}");
}

/// A run records its start, its end and its interval. A pause lasts until it is resumed, and keeps
/// its actor and reason.
#[tokio::test(start_paused = true)]
async fn heartbeats_and_pauses_are_in_the_ledger() {
    let mut world = World::new();
    world.config.reaper = ReaperConfig {
        interval: Span::minutes(5),
        ..ReaperConfig::default()
    };
    let service = world.service();
    let process = identify(std::process::id()).unwrap();
    let run = service.reaper().begin_run(&process).await.unwrap();
    let status = service.reaper().finish_run(&run, 2, 1).await.unwrap();
    let last = status.last_run.clone().unwrap();
    assert_eq!((last.interval, last.failed), (Span::minutes(5), 1));
    assert_eq!(last.finished_at, Some(noon()));
    let why = Some("an incident".to_owned());
    let paused = service.reaper().pause_reaper(why.clone()).await.unwrap();
    assert_eq!(service.reaper().pause_reaper(None).await.unwrap(), paused);
    assert_eq!(
        paused.paused.map(|pause| (pause.by, pause.why)),
        Some((actor(), why))
    );
    assert_eq!(service.reaper().resume_reaper().await.unwrap().paused, None);
}

/// A stack that was extended just before its teardown starts is spared: the condition is checked on
/// the lease that the append is based on.
#[tokio::test]
async fn the_last_question_is_asked_of_the_last_lease() {
    let world = World::new();
    world.stack("a", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    let ender = TeardownExecutor {
        service: world.service(),
        settings: TeardownSettings {
            runs: nowhere().to_owned(),
            ..TeardownSettings::default()
        },
        stop: StopSignal::default(),
    };
    let task = world.docket().await.tasks.swap_remove(0);
    let holds = ender.request(&task).await.unwrap().only_while.unwrap().0;
    let name = stack_name("a");
    let before = world.ledger.lease(&name).await.unwrap().unwrap();
    world
        .service()
        .leases()
        .extend(&name, Span::minutes(10))
        .await
        .unwrap();
    let after = world.ledger.lease(&name).await.unwrap().unwrap();
    assert_eq!((holds(&before), holds(&after)), (true, false));
}

/// A stack with its origin on another machine becomes residue once, nothing is deleted, and retries
/// wait.
#[tokio::test]
async fn an_unreachable_origin_is_residue() {
    let mut world = World::new();
    world.config.policy = Policy::default();
    world.stack("away", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    let runs = tempfile::tempdir().unwrap();
    let ender = Arc::new(TeardownExecutor {
        service: world.service(),
        settings: TeardownSettings {
            runs: runs.path().to_owned(),
            ..TeardownSettings::default()
        },
        stop: StopSignal::default(),
    });
    let (working, _stop) = working(ender, 4);
    let summary = world
        .service()
        .reaper()
        .reap(world.docket().await, &working)
        .await;
    assert_eq!((summary.gone(), summary.residue()), (0, 1));
    let TerminationResult::Ended(outcome) = &summary.endings[0].1 else {
        panic!("{summary:?}")
    };
    assert_eq!(outcome.residue[0].reason, "origin_unreachable");
    assert_eq!(outcome.residue[0].id, "laptop:/srv/checkout");
    assert_eq!(world.phase("away").await, Phase::Residue);
    assert!(world.tasks().await.is_empty());
    world.clock.advance(Span::minutes(15));
    let summary = world
        .service()
        .reaper()
        .reap(world.docket().await, &working)
        .await;
    assert_eq!(summary.residue(), 1);
    assert_eq!(world.count("away", "teardown_started").await, 1);
    assert_eq!(world.count("away", "resource_left").await, 1);
    assert_eq!(world.count("away", "resource_deleted").await, 0);
    let names: Vec<StackName> = summary
        .endings
        .into_iter()
        .map(|(task, _)| task.name)
        .collect();
    assert_eq!(names, [stack_name("away")]);
}

/// Two reapers dispatch a teardown once, and no run repeats it while it has time left. When that
/// has passed, a run records it as a failure, and a later one dispatches it again.
#[tokio::test]
async fn a_teardown_is_dispatched_once() {
    let dir = tempfile::tempdir().unwrap();
    let (program, sent) = (dir.path().join("start"), dir.path().join("sent"));
    crate::testing::program(
        &program,
        &format!("#!/bin/sh\necho \"$1\" >> '{}'\n", sent.display()),
    );
    let text = format!(
        "[dispatch]\ncommand = ['{}', '{{name}}']\n",
        program.display()
    );
    let mut world = World::new();
    world.ledger = Arc::new(MemoryLedger::new().shared());
    world.config = Config::parse(&text, Path::new("jiti.toml")).unwrap();
    world.config.policy = Policy::default();
    world.stack("away", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    let reaper = |runs: &Path| {
        let executor = TeardownExecutor {
            service: world.service(),
            settings: TeardownSettings {
                runs: runs.to_owned(),
                ..TeardownSettings::default()
            },
            stop: StopSignal::default(),
        };
        working(Arc::new(executor), 4)
    };
    let (a, _stop_a) = reaper(&dir.path().join("a"));
    let (b, _stop_b) = reaper(&dir.path().join("b"));
    let sent = || std::fs::read_to_string(&sent).unwrap_or_default();
    let endings = async |working: &ReaperContext| {
        let docket = world.docket().await;
        let service = world.service();
        let summary = service.reaper().reap(docket, working).await;
        summary
            .endings
            .into_iter()
            .map(|(_, ending)| ending)
            .collect::<Vec<_>>()
    };
    let (first, second) = tokio::join!(endings(&a), endings(&b));
    let both: Vec<_> = first.into_iter().chain(second).collect();
    let until = Span::minutes(160).after(noon());
    let dispatched = TerminationResult::Dispatched { until };
    assert_eq!(
        both.iter().filter(|ending| **ending == dispatched).count(),
        1,
        "{both:?}"
    );
    assert!(
        both.iter()
            .any(|ending| matches!(ending, TerminationResult::Elsewhere(_))),
        "{both:?}"
    );
    assert_eq!(sent(), "away\n");
    world.clock.advance(Span::minutes(29));
    let again = endings(&a).await;
    assert!(
        matches!(again[..], [TerminationResult::Elsewhere(_)]),
        "{again:?}"
    );
    world.clock.advance(Span::minutes(1));
    let overdue = endings(&b).await;
    let [TerminationResult::Failed(why)] = &overdue[..] else {
        panic!("{overdue:?}");
    };
    assert!(
        why.contains("had until") && why.contains("has not ended"),
        "{why}"
    );
    assert_eq!(world.phase("away").await, Phase::Ready);
    assert_eq!(
        (
            world.count("away", "teardown_failed").await,
            sent().as_str()
        ),
        (1, "away\n")
    );
    assert_eq!(endings(&a).await, []);
    world.clock.advance(Span::minutes(15));
    assert!(matches!(
        endings(&a).await[..],
        [TerminationResult::Dispatched { .. }]
    ));
    assert_eq!(sent(), "away\naway\n");
    world.happens("away", EventKind::Released).await;
    assert_eq!(endings(&a).await, []);
}

/// A due stack whose Terraform root on this machine has an empty state, and a cloud with one of its
/// resources.
async fn lost(allowed: bool) -> (World, Arc<FakeCloud>, tempfile::TempDir) {
    let mut world = World::new();
    world.config.policy = Policy::default();
    world.config.reaper.sweep = allowed;
    world.config.accounts = vec![Account {
        name: "sandbox".to_owned(),
        id: "111111111111".to_owned(),
        access: CredentialSource::Standard,
        regions: vec!["eu-west-1".to_owned()],
    }];
    let root = tempfile::tempdir().unwrap();
    let program = root.path().join("terraform");
    let script = "#!/bin/sh\ntest \"$1\" = state && echo '{\"version\":4}'\n";
    crate::testing::program(&program, script);
    std::fs::create_dir(root.path().join(".terraform")).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let origin = (path(root.path()), path(&program));
    let change = |registration: &mut Registration| {
        (registration.origin.directory, registration.origin.command) = origin;
        registration.origin.process.host = host();
    };
    world.stack("lost", 60, change).await;
    world
        .happens("lost", EventKind::Recorded { origin: None })
        .await;
    world.clock.advance(Span::minutes(130));
    let own = resource("sqs", "own", "lost");
    let cloud = Arc::new(FakeCloud::new([own, resource("sqs", "other", "else")]));
    (world, cloud, root)
}

async fn reaped(world: &World, cloud: &Arc<FakeCloud>, root: &Path, runs: &Path) -> ReaperSummary {
    let access = CloudAccess::new(
        Arc::clone(cloud) as Arc<dyn Cloud>,
        Arc::new(MemoryInventory::default()),
    );
    let ender = Arc::new(TeardownExecutor {
        service: world.service().with_cloud(access),
        settings: TeardownSettings {
            runs: runs.to_owned(),
            path: vec![root.to_owned()],
            ..TeardownSettings::default()
        },
        stop: StopSignal::default(),
    });
    let (working, _stop) = working(ender, 4);
    world
        .service()
        .reaper()
        .reap(world.docket().await, &working)
        .await
}

/// With `sweep = true` the reaper sweeps a stack whose state is lost, and no other resources. With
/// `sweep = false` it refuses.
#[tokio::test]
async fn a_lost_state_is_swept_where_that_is_allowed() {
    let (world, cloud, root) = lost(true).await;
    let summary = reaped(&world, &cloud, root.path(), &root.path().join("runs")).await;
    assert_eq!(
        (summary.gone(), summary.endings.len()),
        (1, 1),
        "{summary:?}"
    );
    let left: Vec<_> = cloud.ids().iter().map(ToString::to_string).collect();
    assert_eq!(left, ["sqs/other"]);
    assert_eq!(world.phase("lost").await, Phase::Gone);

    let (world, cloud, root) = lost(false).await;
    let summary = reaped(&world, &cloud, root.path(), &root.path().join("runs")).await;
    assert_eq!(summary.refused(), 1, "{summary:?}");
    assert_eq!(cloud.ids().len(), 2);
}

/// The reaper refuses a sweep of more than `max_resources`.
#[tokio::test]
async fn the_reaper_keeps_to_its_ceiling() {
    let (mut world, cloud, root) = lost(true).await;
    world.config.reaper.max_resources = 0;
    let summary = reaped(&world, &cloud, root.path(), &root.path().join("runs")).await;
    assert_eq!(summary.refused(), 1, "{summary:?}");
    assert_eq!(cloud.called(CloudCall::Delete), []);
}

/// The reaper does not sweep a stack whose root folder is gone, because that is not a lost state.
#[tokio::test]
async fn a_folder_that_is_gone_is_not_swept() {
    let (world, cloud, root) = lost(true).await;
    let runs = tempfile::tempdir().unwrap();
    std::fs::remove_dir_all(root.path()).unwrap();
    let summary = reaped(&world, &cloud, root.path(), runs.path()).await;
    let TerminationResult::Ended(outcome) = &summary.endings[0].1 else {
        panic!("{summary:?}")
    };
    assert_eq!(outcome.residue[0].reason, "origin_unreachable");
    assert_eq!(cloud.ids().len(), 2);
}

/// The reaper completes an abandoned sweep if `sweep` is true, and refuses it otherwise.
#[tokio::test]
async fn what_a_sweep_left_is_finished_by_a_sweep() {
    let (world, cloud, root) = lost(false).await;
    let runs = root.path().join("runs");
    let swept = |strategy| EventKind::TeardownStarted {
        strategy,
        by: actor(),
        why: "test".to_owned(),
        run: RunId::random(),
        host: "elsewhere".to_owned(),
        pid: 1,
    };
    world.happens("lost", swept(Strategy::Sweep)).await;
    world.clock.advance(Span::minutes(11));
    let summary = reaped(&world, &cloud, root.path(), &runs).await;
    let TerminationResult::Refused(why) = &summary.endings[0].1 else {
        panic!("{summary:?}")
    };
    assert!(why.contains("sweep = true"), "{why}");
    assert_eq!(cloud.ids().len(), 2);

    let (world, cloud, root) = lost(true).await;
    world.happens("lost", swept(Strategy::Sweep)).await;
    world.clock.advance(Span::minutes(11));
    let summary = reaped(&world, &cloud, root.path(), &root.path().join("runs")).await;
    assert_eq!((summary.gone(), cloud.ids().len()), (1, 1), "{summary:?}");
}

/// Once the origin is reachable again, its residue is replaced by the reason for the refusal.
#[tokio::test]
async fn what_is_reached_again_is_not_unreachable() {
    let (world, cloud, root) = lost(false).await;
    let runs = tempfile::tempdir().unwrap();
    let away = root.path().with_extension("away");
    std::fs::rename(root.path(), &away).unwrap();
    let reasons = async || {
        let lease = world.ledger.lease(&stack_name("lost")).await.unwrap();
        let residue = lease.unwrap().residue.into_values();
        residue.map(|left| left.reason).collect::<Vec<_>>()
    };
    reaped(&world, &cloud, root.path(), runs.path()).await;
    assert_eq!(reasons().await, ["origin_unreachable"]);
    std::fs::rename(&away, root.path()).unwrap();
    world.clock.advance(Span::minutes(60));
    let summary = reaped(&world, &cloud, root.path(), runs.path()).await;
    assert_eq!(summary.refused(), 1, "{summary:?}");
    let said = reasons().await;
    assert!(
        said.len() == 1 && said[0].contains("state") && !said[0].contains("unreachable"),
        "{said:?}"
    );
    assert_eq!(world.phase("lost").await, Phase::Residue);
}
