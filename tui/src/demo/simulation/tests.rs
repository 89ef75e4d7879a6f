use stack::service::teardown::Progress;
use stack::testing::{ManualClock, noon};
use stack::{Config, Ledger, MemoryLedger, Phase};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::demo;

/// A simulated world, and what it tells the dashboard.
struct World {
    simulation: Arc<Simulation>,
    ledger: Arc<MemoryLedger>,
    events: UnboundedReceiver<Event>,
}

/// A world with the default number of stacks, in which everything is fast.
async fn world() -> World {
    let ledger = Arc::new(MemoryLedger::new());
    for (name, events) in demo::events(noon(), 198) {
        ledger.append(&name, Seq::NONE, events).await.unwrap();
    }
    let config = Config {
        policy: demo::policy(),
        ..Config::default()
    };
    let service = Service::new(
        Arc::clone(&ledger) as Arc<dyn Ledger>,
        Arc::new(ManualClock::at(noon())),
        Arc::new(config),
        stack::testing::actor(),
        Source::Dashboard,
    );
    let (sender, events) = unbounded_channel();
    let pace = Pace {
        plan: Duration::from_millis(1),
        resource: Duration::from_millis(1),
        reaper: Duration::from_millis(200),
    };
    let simulation = Simulation::new(service, stack::testing::actor(), sender, pace);
    let leases = ledger.leases(Scope::Live).await.unwrap();
    *lock(&simulation.cloud) = demo::snapshot(noon(), &leases, true);
    World {
        simulation,
        ledger,
        events,
    }
}

impl World {
    async fn next(&mut self) -> Event {
        let next = tokio::time::timeout(Duration::from_secs(30), self.events.recv());
        next.await.expect("an event in time").expect("an event")
    }

    async fn phase(&self, stack: &StackName) -> Phase {
        let lease = self.ledger.lease(stack).await.unwrap().unwrap();
        lease.phase_at(noon())
    }

    /// The first stack in a phase for which something holds.
    async fn find(&self, phase: Phase, holds: impl Fn(&Lease) -> bool) -> StackName {
        let leases = self.ledger.leases(Scope::Live).await.unwrap();
        let mut found = leases
            .into_iter()
            .filter(|lease| lease.phase_at(noon()) == phase && holds(lease));
        found.next().expect("a stack").name
    }

    /// Presses `d` and then `y`: plans a teardown, and carries out that plan.
    async fn tear_down(&mut self, stack: &StackKey) -> stack::service::teardown::TeardownOutcome {
        let planned = self.simulation.run(Effect::PlanTeardown(stack.clone()));
        assert_eq!(planned, None);
        let plan = loop {
            if let Event::TeardownPlanned { answer, .. } = self.next().await {
                break answer.unwrap().expect("a plan");
            }
        };
        assert!(plan.count() > 0 && plan.may_proceed());
        let run = plan.run.clone();
        let stack = stack.clone();
        self.simulation.run(Effect::Teardown {
            stack,
            run,
            typed: None,
        });
        let mut began = 0;
        loop {
            if let Event::TeardownProgress { steps, .. } = self.next().await {
                for step in steps {
                    match step {
                        Progress::ResourceStarted { .. } => began += 1,
                        Progress::Done(outcome) => {
                            assert_eq!(began, outcome.deleted.len() + outcome.residue.len());
                            return outcome;
                        }
                        Progress::Failed { reason, .. } => panic!("{reason}"),
                        _ => {}
                    }
                }
            }
        }
    }
}

fn is_unlucky(lease: &Lease) -> bool {
    let plan = plan::destroy(lease, &[], false);
    plan::left_behind(&plan, Some(lease)).is_some()
}

/// A teardown shows its plan and its progress, and ends the stack: its lease is gone, and so are
/// its resources.
#[tokio::test]
async fn a_teardown_ends_a_stack() {
    let mut world = world().await;
    let stack = world.find(Phase::Ready, |lease| !is_unlucky(lease)).await;
    let key = StackKey::from(&stack);
    let outcome = world.tear_down(&key).await;
    assert!(outcome.residue.is_empty(), "{outcome:?}");
    assert_eq!(world.phase(&stack).await, Phase::Gone);
    assert!(world.simulation.resources(&key).is_empty());
}

/// Some teardowns leave residue with a reason and a command. A second one finishes the work.
#[tokio::test]
async fn some_teardowns_leave_residue() {
    let mut world = world().await;
    let stack = world.find(Phase::Ready, is_unlucky).await;
    let key = StackKey::from(&stack);
    let outcome = world.tear_down(&key).await;
    assert_eq!(outcome.residue.len(), 1, "{outcome:?}");
    assert!(outcome.residue[0].command.is_some() && outcome.residue[0].blocked_by.is_some());
    assert_eq!(world.phase(&stack).await, Phase::Residue);
    let outcome = world.tear_down(&key).await;
    assert!(outcome.residue.is_empty(), "{outcome:?}");
    assert_eq!(world.phase(&stack).await, Phase::Gone);
}

/// Stacks that are found by tags only are swept: their resources are gone afterwards.
#[tokio::test]
async fn unleased_stacks_are_swept() {
    let mut world = world().await;
    let cloud = lock(&world.simulation.cloud).clone().view();
    let leases = world.ledger.leases(Scope::Live).await.unwrap();
    let refs: Vec<&Lease> = leases.iter().collect();
    let tagged = cloud.unleased(&refs)[0].clone();
    let key = StackKey::Tags(Box::new(tagged));
    world.tear_down(&key).await;
    assert!(world.simulation.resources(&key).is_empty());
}

/// A stack sleeps, and wakes with the resources that it had.
#[tokio::test]
async fn a_stack_sleeps_and_wakes() {
    let mut world = world().await;
    let simulation = Arc::clone(&world.simulation);
    let stops = |stack: &StackName| {
        let own = simulation.resources(&StackKey::from(stack));
        own.iter().any(|one| one.size.is_some() && !one.stopped)
    };
    let stack = world
        .find(Phase::Ready, |lease| {
            lease.terms.ready_timeout.is_some() && stops(&lease.name)
        })
        .await;
    let key = StackKey::from(&stack);
    let before = world.simulation.resources(&key);
    world.simulation.run(Effect::PlanSleep(stack.clone()));
    let plan = loop {
        if let Event::SleepPlanned { answer, .. } = world.next().await {
            break answer.unwrap();
        }
    };
    let until = None;
    let sleeps = stack.clone();
    world.simulation.run(Effect::Sleep {
        stack: sleeps,
        until,
    });
    let outcome = power_outcome(&mut world).await;
    assert!(outcome.asleep);
    assert_eq!(outcome.moved.len(), plan.stops.len());
    assert_eq!(world.phase(&stack).await, Phase::Asleep);
    assert!(!stops(&stack));
    world.simulation.run(Effect::Wake(stack.clone()));
    let outcome = power_outcome(&mut world).await;
    assert!(!outcome.asleep);
    assert_eq!(world.simulation.resources(&key), before);
    for _ in 0..200 {
        if world.phase(&stack).await == Phase::Ready {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the stack is not ready");
}

async fn power_outcome(world: &mut World) -> Box<stack::service::power::PowerOutcome> {
    loop {
        if let Event::PowerFinished { answer, .. } = world.next().await {
            return answer.unwrap();
        }
    }
}

/// The reaper runs, ends stacks that are due, and touches no other stack.
#[tokio::test]
async fn the_reaper_ends_stacks() {
    let mut world = world().await;
    let view = world.simulation.service.leases().view().await.unwrap();
    let leases = world.ledger.leases(Scope::Live).await.unwrap();
    let idle = stack::idle::Activity::default();
    let due = stack::due::due(leases.iter().map(|lease| (lease, &idle)), &view);
    let due: Vec<StackName> = due.into_iter().map(|due| due.name).collect();
    assert!(due.len() > 3, "the demo has stacks that are due");
    let cloud = lock(&world.simulation.cloud).clone();
    world.simulation.begin(cloud);
    let mut ended = Vec::new();
    while ended.len() < 3 {
        if let Event::TeardownProgress { stack, steps } = world.next().await
            && steps.iter().any(|step| matches!(step, Progress::Done(_)))
        {
            ended.push(stack);
        }
    }
    assert!(ended.iter().all(|stack| due.contains(stack)), "{ended:?}");
    let events = world.ledger.events(&ended[0], Seq::NONE).await.unwrap();
    let started = events
        .iter()
        .find(|event| matches!(event.kind, EventKind::TeardownStarted { .. }));
    assert_eq!(started.map(|event| event.source), Some(Source::Reaper));
    let status = world.ledger.reaper().await.unwrap();
    assert!(status.last_run.is_some());
}
