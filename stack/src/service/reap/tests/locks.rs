//! What the reaper does about a locked Terraform state, with a scripted Terraform.

use serde_json::json;
use tempfile::TempDir;

use super::*;
use crate::idle::Activity;
use crate::warning::due_warnings;

/// A Terraform whose state lists the stack, and whose plan prints `plan.json`.
const SCRIPT: &str = r#"#!/bin/sh
here=$(dirname "$0")
case "$1" in
  state) cat "$here/state.json" ;;
  *) cat "$here/plan.json"; exit 1 ;;
esac
"#;

/// A stack that is due, in a root with a locked state.
struct Locked {
    world: World,
    root: TempDir,
}

impl Locked {
    async fn new() -> Self {
        let (world, root) = (World::new(), tempfile::tempdir().unwrap());
        crate::testing::program(&root.path().join("terraform"), SCRIPT);
        let state = json!({"version": 4, "resources": [{"mode": "managed", "type": "jiti_stack",
            "name": "this", "instances": [{"attributes": {"name": "shop"}}]}]});
        std::fs::write(root.path().join("state.json"), state.to_string()).unwrap();
        let path = |name: &str| root.path().join(name).to_str().unwrap().to_owned();
        world
            .stack("shop", 60, |registration| {
                registration.origin.directory = path("");
                registration.origin.command = path("terraform");
                registration.origin.process.host = host();
            })
            .await;
        world
            .happens("shop", EventKind::Recorded { origin: None })
            .await;
        world.clock.advance(Span::minutes(130));
        Self { world, root }
    }

    /// The plan fails because of a lock.
    fn lock(&self, message: &str, id: &str, who: &str, created: &str) {
        let detail = format!(
            "Error message: {message}\nLock Info:\n  ID:        {id}\n  Operation: OperationTypePlan\n  \
             Who:       {who}\n  Created:   {created} +0000 UTC\n"
        );
        let line = json!({"type": "diagnostic", "diagnostic": {"severity": "error",
            "summary": "Error acquiring the state lock", "detail": detail}});
        std::fs::write(self.root.path().join("plan.json"), line.to_string()).unwrap();
    }

    /// The time of the world's clock, as Terraform writes it.
    fn now(&self) -> String {
        let now = self.world.service().now().to_string();
        now.replace('T', " ").replace('Z', "")
    }

    /// Lets a reaper tear the stack down.
    async fn reap(&self) -> TerminationResult {
        let task = self.world.docket().await.tasks.remove(0);
        let executor = TeardownExecutor {
            service: self.world.service(),
            settings: TeardownSettings {
                runs: self.root.path().join("runs"),
                path: vec![self.root.path().to_owned()],
                ..TeardownSettings::default()
            },
            stop: StopSignal::default(),
        };
        executor.end(&task, &|_| {}).await
    }

    async fn count(&self, kind: &str) -> usize {
        self.world.count("shop", kind).await
    }

    async fn lease(&self) -> crate::Lease {
        let lease = self.world.ledger.lease(&stack_name("shop")).await;
        lease.unwrap().unwrap()
    }

    /// The warnings that are due now.
    async fn warnings(&self) -> Vec<String> {
        let lease = self.lease().await;
        let events = self.world.ledger.events(&lease.name, crate::Seq::NONE);
        let history = crate::teardown_history::TeardownHistory::from_events(events.await.unwrap());
        let view = self.world.service().leases().view().await.unwrap();
        let due = due_warnings(&lease, &Activity::default(), &history, &[], &view);
        due.iter().map(|warning| warning.kind.key()).collect()
    }
}

fn is_left_alone(result: &TerminationResult, text: &str) -> bool {
    matches!(result, TerminationResult::Elsewhere(why) if why.contains(text))
}

fn has_failed(result: &TerminationResult, text: &str) -> bool {
    matches!(result, TerminationResult::Failed(why) if why.contains(text))
}

/// The http backend reports the lock that the reaper wanted. The reaper prints the holder's id,
/// records when it met that lock, and after ten minutes it fails.
#[tokio::test]
async fn a_lock_of_unknown_age_gets_old() {
    let locked = Locked::new().await;
    let message = |id: &str| format!("HTTP remote state already locked: ID={id}");
    locked.lock(&message("7be4"), "own", "me@here", &locked.now());
    for _ in 0..2 {
        let result = locked.reap().await;
        assert!(is_left_alone(&result, "lock ID 7be4"), "{result:?}");
        locked.world.clock.advance(Span::minutes(5));
    }
    assert_eq!(locked.count("state_locked").await, 1);
    assert_eq!(locked.count("teardown_started").await, 0);
    assert!(
        !locked
            .warnings()
            .await
            .contains(&"teardown_failed".to_owned())
    );

    let result = locked.reap().await;
    assert!(has_failed(&result, "lock ID 7be4"), "{result:?}");
    assert_eq!(locked.count("teardown_failed").await, 1);
    assert!(
        locked
            .warnings()
            .await
            .contains(&"teardown_failed".to_owned())
    );
    assert_eq!(locked.world.phase("shop").await, Phase::Ready);

    locked.world.clock.advance(Span::minutes(16));
    let result = locked.reap().await;
    assert!(
        has_failed(&result, "lock ID 7be4"),
        "still the same lock: {result:?}"
    );

    locked.world.clock.advance(Span::minutes(60));
    locked.lock(&message("9f00"), "own", "me@here", &locked.now());
    let result = locked.reap().await;
    assert!(is_left_alone(&result, "lock ID 9f00"), "{result:?}");
}

/// A backend that names no id at all reports the reaper's own request. It is no young lock of this
/// machine.
#[tokio::test]
async fn the_own_request_has_no_age() {
    let locked = Locked::new().await;
    let who = format!("me@{}", host());
    for _ in 0..2 {
        locked.lock("workspace already locked", "own", &who, &locked.now());
        let result = locked.reap().await;
        assert!(is_left_alone(&result, "lock ID unknown"), "{result:?}");
        locked.world.clock.advance(Span::minutes(5));
    }
    locked.lock("workspace already locked", "own", &who, &locked.now());
    let result = locked.reap().await;
    assert!(has_failed(&result, "lock ID unknown"), "{result:?}");
}

/// A lock whose age the backend tells is judged by that age, and the ledger records nothing about a
/// young one.
#[tokio::test]
async fn a_lock_of_known_age() {
    let locked = Locked::new().await;
    locked.lock("locked", "4c0c", "ana@laptop", "2026-03-02 14:05:00.5");
    assert!(is_left_alone(&locked.reap().await, "ana@laptop since"));
    assert_eq!(locked.count("state_locked").await, 0);
    locked.lock("locked", "4c0c", "ana@laptop", "2026-03-02 13:59:00.5");
    assert!(has_failed(&locked.reap().await, "lock ID 4c0c"));
}

/// The runner of a teardown is silent and the state is still locked: the reaper does not take over,
/// and reports the problem. When the runner returns, it continues its own teardown.
#[tokio::test]
async fn a_takeover_waits_for_the_lock() {
    let locked = Locked::new().await;
    locked.world.begun("shop", "elsewhere".to_owned(), 7).await;
    locked.lock("locked", "4c0c", "ana@elsewhere", &locked.now());
    locked.world.clock.advance(Span::minutes(11));
    for _ in 0..2 {
        let result = locked.reap().await;
        assert!(has_failed(&result, "lock ID 4c0c"), "{result:?}");
        locked.world.clock.advance(Span::minutes(1));
    }
    assert_eq!(locked.count("teardown_started").await, 1);
    assert_eq!(locked.count("teardown_failed").await, 0);
    assert_eq!(locked.count("state_locked").await, 1);
    assert_eq!(locked.world.phase("shop").await, Phase::TearingDown);
    assert_eq!(locked.warnings().await, ["teardown_failed"]);

    let id = "aws_x.a".to_owned();
    locked
        .world
        .happens("shop", EventKind::ResourceDeleted { id })
        .await;
    assert_eq!(locked.lease().await.state_lock, None);
    assert_eq!(locked.warnings().await, [""; 0]);
}
