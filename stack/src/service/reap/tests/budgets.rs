//! Budgets in runs of the reaper: what they defer, and that several reapers share them.

use super::*;
use crate::budget::{Budget, RecordedBudget};
use crate::due::Cause;

fn budget(window: Option<(&str, &str)>, max: &str, reasons: Vec<Cause>) -> Budget {
    let recorded = RecordedBudget {
        schedule: window.map(|(schedule, _)| schedule.to_owned()),
        duration: window.map(|(_, duration)| duration.parse().unwrap()),
        timezone: None,
        max: max.to_owned(),
        reasons: Vec::new(),
    };
    Budget {
        reasons,
        ..recorded.read().unwrap()
    }
}

/// No stack ends during a demo. The plan names the budget and the next possible end, and the list
/// says when the stack ends instead. Afterwards, the stack is due as before.
#[tokio::test(start_paused = true)]
async fn no_stack_ends_during_a_demo() {
    let mut world = World::new();
    // The demo lasts from 14:00 to 16:00 UTC. The clock starts at noon.
    let demo = budget(Some(("0 14 * * *", "2h")), "0", Vec::new());
    world.config.reaper.budgets = vec![demo];
    world.stack("shown", 60, |_| {}).await;
    let service = world.service();
    let run = service
        .reaper()
        .begin_run(&crate::process::current())
        .await
        .unwrap();
    service.reaper().finish_run(&run, 0, 0).await.unwrap();
    let listing = || async {
        let shown = world.service();
        let shown = shown.leases().show(&stack_name("shown")).await.unwrap();
        shown.listing
    };
    // It would be due at 14:00, when the demo starts.
    let end = Span::minutes(240).after(noon());
    assert_eq!(listing().await.dies_at, Some(end));
    assert_eq!(listing().await.budget, None);
    world.clock.advance(Span::minutes(130));
    let docket = world.docket().await;
    assert!(docket.tasks.is_empty());
    let [deferred] = docket.budgeted.as_slice() else {
        panic!("{docket:?}");
    };
    assert_eq!(deferred.task.name.as_str(), "shown");
    assert_eq!(
        deferred.deferral.budget,
        "no teardown for 2h from \"0 14 * * *\" (UTC)"
    );
    assert_eq!(deferred.deferral.not_before, Some(end));
    assert_eq!(listing().await.budget, Some(deferred.deferral.clone()));
    world.clock.advance(Span::minutes(110));
    assert_eq!(world.tasks().await, ["shown expiry"]);
    assert_eq!(listing().await.budget, None);
}

/// A window that begins after the plan was made defers what has not started.
#[tokio::test(start_paused = true)]
async fn a_window_that_begins_meanwhile_counts() {
    let mut world = World::new();
    let release = budget(Some(("30 14 * * *", "1h")), "0", Vec::new());
    world.config.reaper.budgets = vec![release];
    world.stack("a", 60, |_| {}).await;
    world.clock.advance(Span::minutes(149));
    let docket = world.docket().await;
    assert_eq!(docket.tasks.len(), 1);
    world.clock.advance(Span::minutes(1));
    let (context, _stop) = working(Hands::of(world.service()), 4);
    let service = world.service();
    let summary = service.reaper().reap(docket, &context).await;
    assert_eq!((summary.gone(), summary.deferred()), (0, 1));
    assert_eq!(world.count("a", "teardown_started").await, 0);
}

/// Two reapers together end no more stacks at a time than a budget allows, and all in the end.
#[tokio::test(start_paused = true)]
async fn reapers_share_a_budget() {
    let mut world = World::new();
    world.config.reaper.budgets = vec![budget(None, "3", Vec::new())];
    for number in 0..10 {
        world.stack(&format!("s-{number}"), 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let hands = Hands::of(world.service());
    let mut gone = 0;
    for _ in 0..10 {
        let dockets = (world.docket().await, world.docket().await);
        assert!(dockets.0.tasks.len() <= 3);
        let (first, _stop) = working(Arc::<Hands>::clone(&hands), 4);
        let (second, _stop) = working(Arc::<Hands>::clone(&hands), 4);
        let services = (world.service(), world.service());
        let (a, b) = tokio::join!(
            services.0.reaper().reap(dockets.0, &first),
            services.1.reaper().reap(dockets.1, &second)
        );
        gone += a.gone() + b.gone();
    }
    assert_eq!(gone, 10);
    assert!(hands.most.load(Ordering::SeqCst) <= 3);
    let status = world.ledger.reaper().await.unwrap();
    assert!(status.reserved.is_empty(), "{:?}", status.reserved);
}

/// The reservation of a dead process does not count, and a teardown under way does.
#[tokio::test(start_paused = true)]
async fn only_live_reservations_count() {
    let mut world = World::new();
    world.config.reaper.budgets = vec![budget(None, "1", Vec::new())];
    for name in ["a", "b"] {
        world.stack(name, 60, |_| {}).await;
    }
    world.clock.advance(Span::minutes(130));
    let reserved = crate::reaper::ReaperEventKind::EndReserved {
        run: RunId::random(),
        stack: stack_name("a"),
        reason: "expiry".to_owned(),
        process: crate::process::by_pid(u32::MAX),
    };
    let event = crate::reaper::ReaperEvent {
        seq: crate::Seq::NONE,
        at: world.service().now(),
        actor: actor(),
        kind: reserved,
    };
    let log = world.ledger.append_reaper(crate::Seq::NONE, vec![event]);
    log.await.unwrap();
    assert_eq!(world.tasks().await, ["a expiry"]);
    world.begun("a", host(), std::process::id()).await;
    let docket = world.docket().await;
    assert!(docket.tasks.is_empty());
    assert_eq!(docket.budgeted[0].deferral.ending, 1);
}

/// A budget for some reasons leaves the others alone, and budgets do not weaken `max_stacks`.
#[tokio::test(start_paused = true)]
async fn reasons_are_separate() {
    let mut world = World::new();
    world.config.reaper.max_stacks = 2;
    world.config.reaper.budgets = vec![budget(None, "1", vec![Cause::Expiry])];
    let ready_timeout = Some(Span::minutes(15));
    world
        .stack("stuck", 900, |r| r.terms.ready_timeout = ready_timeout)
        .await;
    world.stack("a", 60, |_| {}).await;
    world.stack("b", 60, |_| {}).await;
    world.clock.advance(Span::minutes(130));
    assert_eq!(world.tasks().await, ["stuck purgatory", "a expiry"]);
    let too_many = world.docket().await.too_many().unwrap();
    assert_eq!(too_many.stacks.len(), 3);
}
