//! The simulated reaper: it runs every minute, ends what is due, and wakes what should wake.

use std::sync::Arc;

use stack::due::due;
use stack::idle::Activity;
use stack::ledger::Scope;
use stack::reaper::{ReaperEvent, ReaperEventKind};
use stack::{Actor, Lease, Phase, RunId, Seq, Source};

use super::teardown::Requester;
use super::{Simulation, plan};
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::demo;

/// How many stacks one run ends, so that a user can watch each of them.
const MAX_STACKS: usize = 3;

/// Runs until the dashboard ends.
pub(super) async fn serve(world: Arc<Simulation>) {
    // The first run comes soon, so that a user sees one.
    let mut pause = world.pace.reaper / 4;
    while !world.events.is_closed() {
        tokio::time::sleep(pause).await;
        pause = world.pace.reaper;
        // A run that fails changes nothing, and the next one tries again.
        let _ = run(&world).await;
    }
}

/// Runs once.
async fn run(world: &Arc<Simulation>) -> Result<(), Problem> {
    let run = RunId::random();
    record(
        world,
        ReaperEventKind::RunStarted {
            run: run.clone(),
            interval: demo::reaper_interval(),
            host: "runner-1".to_owned(),
            pid: 1,
            budgets: Vec::new(),
        },
    )
    .await?;
    let ended = end_due(world).await?;
    record(
        world,
        ReaperEventKind::RunFinished {
            run,
            ended: u32::try_from(ended.gone).unwrap_or(u32::MAX),
            failed: u32::try_from(ended.left).unwrap_or(u32::MAX),
        },
    )
    .await
}

/// How the stacks of a run ended.
struct Ended {
    gone: usize,
    left: usize,
}

async fn end_due(world: &Arc<Simulation>) -> Result<Ended, Problem> {
    let view = world.service.leases().view().await.map_err(Problem::from)?;
    let leases = world.service.ledger().leases(Scope::Live).await;
    let leases = leases.map_err(|error| Problem::from(stack::ServiceError::from(error)))?;
    for lease in &leases {
        let wakes = lease.wake_at.as_ref().is_some_and(|at| at.0 <= view.now);
        if wakes && lease.recorded_phase == Phase::Asleep {
            tokio::spawn(Arc::clone(world).wake(lease.name.clone()));
        }
    }
    let observed = Activity::default();
    let due = due(leases.iter().map(|lease| (lease, &observed)), &view);
    let mut teardowns = tokio::task::JoinSet::new();
    for due in due.into_iter().take(MAX_STACKS) {
        let lease: Option<&Lease> = leases.iter().find(|lease| lease.name == due.name);
        let Some(lease) = lease else { continue };
        let stack = StackKey::from(&due.name);
        let plan = plan::destroy(lease, &world.resources(&stack), false);
        let requester = Requester {
            actor: reaper(),
            source: Source::Reaper,
            why: due.deadline.cause.as_str().to_owned(),
        };
        let world = Arc::clone(world);
        teardowns.spawn(async move { world.tear_down(stack, plan, requester).await });
    }
    let mut ended = Ended { gone: 0, left: 0 };
    while let Some(is_gone) = teardowns.join_next().await {
        if is_gone.unwrap_or(false) {
            ended.gone += 1;
        } else {
            ended.left += 1;
        }
    }
    Ok(ended)
}

async fn record(world: &Simulation, kind: ReaperEventKind) -> Result<(), Problem> {
    let ledger = world.service.ledger();
    let failed = |error| Problem::from(stack::ServiceError::from(error));
    let status = ledger.reaper().await.map_err(failed)?;
    let event = ReaperEvent {
        seq: Seq::NONE,
        at: world.service.now(),
        actor: reaper(),
        kind,
    };
    let appended = ledger.append_reaper(status.last_seq, vec![event]).await;
    appended.map(drop).map_err(failed)
}

fn reaper() -> Actor {
    Actor::from_names("reaper", "runner-1")
}
