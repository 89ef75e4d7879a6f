//! The circuit breaker of `preflight`: one stack fails on a dependency, and others do not try it.

use super::*;
use crate::lease::ProcessId;
use crate::process;
use crate::service::{PreflightAdmission, PreflightDependency, PreflightRun};
use crate::values::id::DependencyName;

fn run_of(stack: &str, pid: u32) -> PreflightRun {
    PreflightRun {
        stack: stack_name(stack),
        process: ProcessId {
            pid,
            host: "elsewhere".to_owned(),
            ..process::current()
        },
        window: span("5m"),
    }
}

fn vault() -> DependencyName {
    DependencyName::new("http https://vault:8200/health").unwrap()
}

impl World {
    async fn admit(&self, run: &PreflightRun, has_failed: bool) -> &'static str {
        let dependencies = [PreflightDependency {
            name: vault(),
            has_failed,
        }];
        let admission = self.service.preflights().admit(run, &dependencies).await;
        match admission.unwrap() {
            PreflightAdmission::Admitted { probes } if probes.is_empty() => "works",
            PreflightAdmission::Admitted { .. } => "probes",
            PreflightAdmission::Probed(_) => "probed",
            PreflightAdmission::Failing(_) => "failing",
        }
    }

    async fn fail(&self, run: &PreflightRun) {
        let failures = [(vault(), "no connection".to_owned())];
        self.service
            .preflights()
            .failed(run, &failures)
            .await
            .unwrap();
    }
}

/// Of eight applies whose first attempt failed, one tries on. When it fails, the other seven fail
/// without another attempt. When a later probe passes, all may go on.
#[tokio::test]
async fn one_fails_and_seven_fail_fast() {
    let world = world(Policy::default());
    let runs: Vec<_> = (1..=8).map(|n| run_of(&format!("s{n}"), n)).collect();
    for run in &runs {
        assert_eq!(world.admit(run, false).await, "works");
    }
    assert_eq!(world.admit(&runs[0], true).await, "probes");
    for run in &runs[1..] {
        assert_eq!(world.admit(run, true).await, "probed");
    }
    world.fail(&runs[0]).await;
    for run in &runs[1..] {
        assert_eq!(world.admit(run, true).await, "failing");
    }
    world.clock.advance(span("30s"));
    assert_eq!(world.admit(&runs[3], false).await, "probes");
    assert_eq!(world.admit(&runs[4], false).await, "probed");
    let preflights = world.service.preflights();
    preflights.recovered(&runs[3], &vault()).await.unwrap();
    for run in &runs {
        assert_eq!(world.admit(run, false).await, "works");
    }
    // Nothing is written about a dependency that works.
    let events = world.ledger.breaker_events(Seq::NONE).await.unwrap().len();
    preflights.recovered(&runs[3], &vault()).await.unwrap();
    assert_eq!(
        world.ledger.breaker_events(Seq::NONE).await.unwrap().len(),
        events
    );
}

/// Of many applies at once, exactly one probes.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_at_once_one_probes() {
    let world = Arc::new(world(Policy::default()));
    let tasks: Vec<_> = (1..=20)
        .map(|number| {
            let world = Arc::clone(&world);
            tokio::spawn(async move {
                world
                    .admit(&run_of(&format!("s{number}"), number), true)
                    .await
            })
        })
        .collect();
    let mut probes = 0;
    for task in tasks {
        probes += u32::from(task.await.unwrap() == "probes");
    }
    assert_eq!(probes, 1);
}

/// A probe that ends without a result, or whose process has ended, lets the next apply try.
#[tokio::test]
async fn a_probe_without_a_result_blocks_nothing() {
    let world = world(Policy::default());
    let [one, two, three] = [run_of("one", 1), run_of("two", 2), run_of("three", 3)];
    assert_eq!(world.admit(&one, true).await, "probes");
    let preflights = world.service.preflights();
    preflights.end_probes(&two, &[vault()]).await.unwrap();
    assert_eq!(world.admit(&two, true).await, "probed");
    preflights.end_probes(&one, &[vault()]).await.unwrap();
    assert_eq!(world.admit(&two, true).await, "probes");
    world.clock.advance(span("2m"));
    assert_eq!(world.admit(&three, true).await, "probes");
    let outage = world.ledger.breakers().await.unwrap();
    let outage = outage.get(&vault()).unwrap();
    // The suspicion of the dead process is not the start of this outage.
    assert_eq!(outage.since, span("2m").after(noon()));
    let ended = PreflightRun {
        process: ProcessId {
            started: "before:0".to_owned(),
            ..process::current()
        },
        ..one
    };
    world.clock.advance(span("2m"));
    assert_eq!(world.admit(&ended, true).await, "probes");
    assert_eq!(world.admit(&two, true).await, "probes");
}

/// A failing dependency among several blocks the preflight, and no other probe is claimed.
#[tokio::test]
async fn all_dependencies_are_asked_at_once() {
    let world = world(Policy::default());
    let db = DependencyName::new("tcp db:5432").unwrap();
    world.fail(&run_of("one", 1)).await;
    let dependencies = [vault(), db].map(|name| PreflightDependency {
        name,
        has_failed: true,
    });
    let preflights = world.service.preflights();
    let run = run_of("two", 2);
    let admission = preflights.admit(&run, &dependencies).await.unwrap();
    let PreflightAdmission::Failing(failing) = admission else {
        panic!("{admission:?}");
    };
    assert_eq!(failing.len(), 1);
    let (name, outage) = &failing[0];
    assert_eq!(*name, vault());
    assert_eq!(outage.first_seen_by.stack, stack_name("one"));
    assert_eq!(
        world.ledger.breaker_events(Seq::NONE).await.unwrap().len(),
        1
    );
}
