use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::cloud::{Bill, BillLine};
use crate::config::Config;
use crate::inventory::MemoryInventory;
use crate::lease::{EventKind, Source};
use crate::ledger::{Ledger, MemoryLedger};
use crate::service::{CloudAccess, Service};
use crate::testing::{
    CloudCall, FakeCloud, ManualClock, actor, new_event, noon, registration, stack_name,
};
use crate::values::id::Seq;

struct World {
    cloud: Arc<FakeCloud>,
    clock: Arc<ManualClock>,
    service: Service,
}

/// A ledger with one stack that began on a Monday at noon, and a cloud.
async fn world() -> World {
    let ledger = MemoryLedger::new();
    let mut registration = registration();
    registration.terms.hourly_cost = "0.5".parse().ok();
    let registration = Box::new(registration);
    let event = new_event(noon(), EventKind::Requested { registration });
    let name = stack_name("checkout-1");
    ledger.append(&name, Seq::NONE, vec![event]).await.unwrap();
    let cloud = Arc::new(FakeCloud::new([]));
    let clock = Arc::new(ManualClock::at(noon()));
    let inventory = Arc::new(MemoryInventory::new());
    let service = Service::new(
        Arc::new(ledger),
        Arc::<ManualClock>::clone(&clock),
        Arc::new(Config::default()),
        actor(),
        Source::Cli,
    );
    let access = CloudAccess::new(Arc::<FakeCloud>::clone(&cloud), inventory);
    World {
        cloud,
        clock,
        service: service.with_cloud(access),
    }
}

impl World {
    fn asked(&self) -> usize {
        let calls = self.cloud.calls();
        calls
            .iter()
            .filter(|(call, _)| *call == CloudCall::Bill)
            .count()
    }

    async fn cost(&self, mode: BillMode) -> StackCost {
        let name = stack_name("checkout-1");
        let choice = StackSelector::default();
        self.service
            .reports()
            .cost(&name, &choice, mode)
            .await
            .unwrap()
            .0
    }

    fn days_on(&self, days: u32) {
        self.clock.set(Span::minutes(days * 24 * 60).after(noon()));
    }
}

fn line(stack: &str, day: &str, service: &str, usd: &str, estimated: bool) -> BillLine {
    BillLine {
        stack: stack.to_owned(),
        day: day.parse().unwrap(),
        service: service.to_owned(),
        usd: usd.parse().unwrap(),
        estimated,
    }
}

fn bill(lines: Vec<BillLine>, settled: &[&str]) -> Bill {
    Bill {
        lines,
        settled: settled.iter().map(|day| day.parse().unwrap()).collect(),
        requests: 1,
        ..Bill::default()
    }
}

/// The bill is fetched at most once per 12 hours and never in `Cached` mode, and every request is
/// counted.
#[tokio::test]
async fn it_is_asked_once_a_window() {
    let world = world().await;
    world.cloud.bills(bill(Vec::new(), &[]));
    assert_eq!(world.cost(BillMode::WhenOld).await.billed, None);
    assert_eq!(world.asked(), 0, "the first day has no bill yet");
    world.days_on(4);
    world.cost(BillMode::Cached).await;
    assert_eq!(world.asked(), 0);
    for _ in 0..3 {
        world.cost(BillMode::WhenOld).await;
    }
    assert_eq!(world.asked(), 1);
    world.clock.advance(Span::minutes(12 * 60 - 1));
    world.cost(BillMode::WhenOld).await;
    assert_eq!(world.asked(), 1);
    world.clock.advance(Span::minutes(1));
    let cost = world.cost(BillMode::WhenOld).await;
    assert_eq!(world.asked(), 2);
    assert_eq!(
        (cost.requests.made, cost.requests.usd.to_string()),
        (2, "0.02".to_owned())
    );
}

/// Of several concurrent readers one fetches the bill and the others wait for its result. The lock
/// passes on when it expires or its process dies.
#[tokio::test(start_paused = true)]
async fn several_at_once_ask_once() {
    let world = world().await;
    world.cloud.bills(bill(Vec::new(), &[]));
    world.days_on(4);
    world.cloud.takes_its_time(Duration::from_secs(5));
    let one = || world.cost(BillMode::WhenOld);
    let (first, second, third) = tokio::join!(one(), one(), one());
    assert_eq!(world.asked(), 1);
    assert!(first.bill_asked_at.is_some());
    assert_eq!((&first, &first), (&second, &third));

    world.clock.advance(Span::minutes(13 * 60));
    let inventory = &world.service.cloud_access().unwrap().inventory;
    let mut asking = BillLock {
        by: RunId::random(),
        process: process::current(),
        until: Span::minutes(1).after(world.clock.now()),
    };
    let taken = inventory.lock_bill(world.clock.now(), asking.clone());
    assert!(taken.await.unwrap());
    let later = async {
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(world.asked(), 1);
        world.clock.advance(Span::minutes(2));
    };
    tokio::join!(one(), later);
    assert_eq!(world.asked(), 2);

    world.clock.advance(Span::minutes(13 * 60));
    asking.process.started = "long ago".to_owned();
    asking.until = Span::minutes(60).after(world.clock.now());
    let taken = inventory.lock_bill(world.clock.now(), asking);
    assert!(taken.await.unwrap());
    one().await;
    assert_eq!(world.asked(), 3);
}

/// The cost has only this stack's bill lines since its lease began, and separates the estimated
/// part.
#[tokio::test]
async fn what_is_estimated_is_told_apart() {
    let world = world().await;
    world.days_on(3);
    let lines = vec![
        line("checkout-1", "2026-03-01", "EC2", "99", false),
        line("checkout-1", "2026-03-02", "EC2", "1.25", false),
        line("checkout-1", "2026-03-03", "EC2", "2.5", true),
        line("checkout-1", "2026-03-03", "S3", "0.001", true),
        line("checkout-2", "2026-03-03", "EC2", "99", true),
    ];
    world.cloud.bills(bill(lines, &["2026-03-02"]));
    let cost = world.cost(BillMode::WhenOld).await;
    let billed = cost.billed.unwrap();
    assert_eq!(billed.usd.to_string(), "3.751");
    assert_eq!(billed.estimated_usd.to_string(), "2.501");
    assert_eq!(billed.until.to_string(), "2026-03-04");
    let services: Vec<_> = billed
        .services
        .iter()
        .map(|one| one.service.as_str())
        .collect();
    assert_eq!(services, ["EC2", "S3"]);
    assert_eq!(cost.estimate.spent_usd.unwrap().to_string(), "36.00");
}

/// A settled day is never fetched again and never changes. All open days are fetched in one
/// request.
#[tokio::test]
async fn settled_days_are_asked_about_no_more() {
    let world = world().await;
    world.days_on(4);
    let lines = vec![line("checkout-1", "2026-03-02", "EC2", "1", false)];
    world
        .cloud
        .bills(bill(lines, &["2026-03-02", "2026-03-03"]));
    world.cost(BillMode::WhenOld).await;
    let known = world.service.cloud_access().unwrap().inventory.bill().await;
    let leases = world.service.ledger().leases(Scope::All).await.unwrap();
    let stood: Vec<_> = leases.iter().map(Stood::of).collect();
    let later = Span::minutes(6 * 24 * 60).after(noon());
    let day = |text: &str| text.parse::<Date>().unwrap();
    assert_eq!(
        wanted(&known.unwrap(), &stood, later),
        Some((day("2026-03-04"), day("2026-03-08")))
    );
    let lines = vec![line("checkout-1", "2026-03-02", "EC2", "77", false)];
    world.cloud.bills(bill(lines, &[]));
    world.days_on(6);
    let billed = world.cost(BillMode::WhenOld).await.billed.unwrap();
    assert_eq!(billed.usd.to_string(), "1.00");
}

/// The remark about an inactive tag appears only if a stack is old enough to be in the bill.
#[tokio::test]
async fn a_missing_tag_is_told_when_it_can_be_known() {
    for (days, told) in [(1, false), (3, true)] {
        let world = world().await;
        let mut empty = bill(Vec::new(), &[]);
        empty.remark = Some("the tag is not activated".to_owned());
        world.cloud.bills(empty);
        world.days_on(days);
        let cost = world.cost(BillMode::WhenOld).await;
        assert_eq!(cost.remark.is_some(), told, "after {days} days");
    }
}

/// An incomplete bill counts its requests but does not replace the stored bill.
#[tokio::test]
async fn half_a_bill_is_counted_and_not_kept() {
    let world = world().await;
    world.days_on(3);
    let lines = vec![line("checkout-1", "2026-03-02", "EC2", "1", true)];
    world.cloud.bills(bill(lines, &[]));
    world.cost(BillMode::WhenOld).await;
    world.days_on(4);
    let half = Bill {
        requests: 2,
        broken_off: true,
        remark: Some("only a part of the bill was answered".to_owned()),
        ..Bill::default()
    };
    world.cloud.bills(half);
    let cost = world.cost(BillMode::WhenOld).await;
    assert_eq!(cost.requests.made, 3);
    assert_eq!(cost.billed.unwrap().usd.to_string(), "1.00");
    assert!(cost.remark.is_some());
}

/// A bill without any stack counts as fetched, and leaves a stack's cost unknown, not zero.
#[tokio::test]
async fn an_empty_bill_was_asked_for() {
    let world = world().await;
    world.cloud.bills(bill(Vec::new(), &[]));
    let cost = world.cost(BillMode::WhenOld).await;
    assert_eq!((cost.bill_asked_at, cost.bill_until), (None, None));
    world.days_on(3);
    let cost = world.cost(BillMode::WhenOld).await;
    assert_eq!(cost.billed, None);
    assert_eq!(cost.bill_asked_at, Some(world.clock.now()));
    assert_eq!(cost.bill_until, Some("2026-03-04".parse().unwrap()));
    // Once the bill has lines of other stacks, this stack's cost is zero, not unknown.
    world.days_on(4);
    let others = vec![line("checkout-2", "2026-03-03", "EC2", "9", true)];
    world.cloud.bills(bill(others, &[]));
    let billed = world.cost(BillMode::WhenOld).await.billed.unwrap();
    assert_eq!((billed.usd, billed.services.len()), (Usd::ZERO, 0));
    assert_eq!(
        (billed.until.to_string().as_str(), billed.settled_until),
        ("2026-03-05", None)
    );
}

/// Asking for the cost of an unknown stack makes no billed request.
#[tokio::test]
async fn an_unknown_stack_is_not_paid_for() {
    let world = world().await;
    world.days_on(3);
    let name = stack_name("nobody");
    let (any, mode) = (StackSelector::default(), BillMode::WhenOld);
    assert!(
        world
            .service
            .reports()
            .cost(&name, &any, mode)
            .await
            .is_err()
    );
    assert_eq!(world.asked(), 0);
}
