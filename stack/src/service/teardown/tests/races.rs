//! Two runners, and a Terraform that changes the state while jiti plans.

use tokio::runtime::Handle;

use super::*;

impl World {
    fn with_clock(clock: &Arc<ManualClock>) -> impl Future<Output = Self> {
        Self::with(Config::default(), Arc::clone(clock) as Arc<dyn Clock>)
    }

    /// Records the start of another process's teardown, from a listener that cannot wait.
    fn is_taken_over(&self) {
        tokio::task::block_in_place(|| Handle::current().block_on(self.began("elsewhere", 7)));
    }
}

/// A state of a serial number that lists addresses.
fn state_of(serial: u32, addresses: &[&str]) -> String {
    let mut value: serde_json::Value = serde_json::from_str(&state(addresses)).unwrap();
    value["lineage"] = json!("4f");
    value["serial"] = json!(serial);
    value.to_string()
}

/// A killed runner's Terraform ends between jiti's look at the state and its plan. jiti looks again
/// and ends the stack, instead of taking the missing resources for wrong credentials.
#[tokio::test]
async fn an_orphan_that_ends_during_the_plan() {
    let clock = Arc::new(ManualClock::at(noon()));
    let world = World::with_clock(&clock).await;
    world.began("elsewhere", 7).await;
    let name = stack_name("shop");
    world.service.leases().release(&name).await.unwrap();
    clock.advance("11m".parse().unwrap());
    world.write("state.json", &state_of(5, ALL));
    world.write("plan.json", &plan(&[]));
    world.write("after.json", &state_of(9, &[]));
    world.write("plan.sh", "cp \"$here/after.json\" \"$here/state.json\"\n");
    let script = SCRIPT.replace("sh \"$here/plan.sh\"", ". \"$here/plan.sh\"");
    crate::testing::program(&world.path("terraform"), &script);
    let prepared = world.plan().await;
    assert_eq!(prepared.plan.blockers, []);
    assert_eq!(
        (prepared.plan.count(), prepared.plan.already_gone.len()),
        (0, 0)
    );
    assert_eq!(world.carry_out(prepared).await.unwrap().residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// The state is the same after the plan, so nothing else explains what the refresh did not find.
#[tokio::test]
async fn a_state_that_stays_the_same_is_not_planned_again() {
    let world = World::new().await;
    world.write("state.json", &state_of(5, ALL));
    world.write("plan.json", &plan(&["jiti_stack.this"]));
    let prepared = world.plan().await;
    assert!(matches!(
        &prepared.plan.blockers[..],
        [Blocker::NothingFound { .. }]
    ));
    assert_eq!(world.calls().matches("plan -destroy").count(), 1);
}

/// A runner that another process replaced records nothing more, ends its Terraform, and says why.
#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_runner_records_nothing() {
    let world = World::new().await;
    let prepared = world.plan().await;
    world.applies(&format!(
        "{}trap 'exit 1' INT\n{}while :; do sleep 0.02; done\n",
        says("apply_start", "aws_x.a"),
        says("apply_complete", "aws_x.b"),
    ));
    let listener = |step: &Progress| {
        if matches!(step, Progress::ResourceStarted { .. }) {
            world.is_taken_over();
        }
    };
    let stop = StopSignal::default();
    let error = world
        .service
        .teardowns()
        .teardown(prepared, &request(), &listener, &stop)
        .await
        .unwrap_err();
    assert!(
        matches!(error, TeardownError::Replaced { .. }) && error.is_refusal(),
        "{error}"
    );
    assert_eq!(
        world.kinds().await[2..],
        ["teardown_started", "teardown_started"]
    );
}

/// A runner that was replaced before its Terraform started never starts it.
#[tokio::test(flavor = "multi_thread")]
async fn a_replaced_runner_starts_nothing() {
    let world = World::new().await;
    let prepared = world.plan().await;
    let listener = |step: &Progress| {
        if matches!(step, Progress::Started { .. }) {
            world.is_taken_over();
        }
    };
    let stop = StopSignal::default();
    let error = world
        .service
        .teardowns()
        .teardown(prepared, &request(), &listener, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::Replaced { .. }), "{error}");
    assert!(!world.calls().contains("apply"));
    assert_eq!(world.phase().await, Phase::TearingDown);
}

/// A runner whose stack another process has ended meanwhile records nothing either.
#[tokio::test(flavor = "multi_thread")]
async fn a_runner_returns_after_the_end() {
    let world = World::new().await;
    let prepared = world.plan().await;
    let listener = |step: &Progress| {
        if matches!(step, Progress::ResourceDeleted(deleted) if deleted.id == "aws_x.a") {
            world.is_taken_over();
            let (leases, name) = (world.service.leases(), stack_name("shop"));
            let gone = leases.note(&name, EventKind::Gone);
            tokio::task::block_in_place(|| Handle::current().block_on(gone)).unwrap();
        }
    };
    let stop = StopSignal::default();
    let error = world
        .service
        .teardowns()
        .teardown(prepared, &request(), &listener, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::Replaced { .. }), "{error}");
    assert_eq!(
        world.kinds().await[2..],
        [
            "teardown_started",
            "resource_deleted",
            "teardown_started",
            "gone"
        ]
    );
}
