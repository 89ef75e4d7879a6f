//! Ending a lease without a teardown.

use super::*;

/// Forgetting ends the lease, whatever its phase, and deletes nothing. The name is free again, and
/// forgetting twice changes nothing.
#[tokio::test]
async fn forgetting_ends_the_lease() {
    for residue in [false, true] {
        let world = World::new().await;
        let (name, runs) = (stack_name("shop"), &world.settings.runs);
        if residue {
            let prepared = world.plan().await;
            world.write("after.json", &state(&["aws_x.b"]));
            world.carry_out(prepared).await.unwrap();
            assert_eq!(world.phase().await, Phase::Residue);
        }
        let before = (world.calls(), world.kinds().await.len());
        let teardowns = world.service.teardowns();
        let lease = teardowns.forget(&name, "lost", runs).await.unwrap();
        assert!(!lease.is_live() && lease.forgotten && lease.residue.is_empty());
        assert_eq!(world.calls(), before.0, "Terraform does not run");
        assert_eq!(world.kinds().await.last().unwrap(), "forgotten");
        teardowns.forget(&name, "lost", runs).await.unwrap();
        assert_eq!(world.kinds().await.len(), before.1 + 1);

        let opened = world
            .service
            .leases()
            .open(&name, registration(), &process::liveness)
            .await
            .unwrap();
        assert!(opened.lease.is_live() && !opened.lease.forgotten);
    }
}

/// A stack cannot be forgotten while a runner works on it.
#[tokio::test]
async fn a_live_runner_prevents_forgetting() {
    let world = World::new().await;
    world.began("elsewhere", 7).await;
    let name = stack_name("shop");
    let forgotten = world
        .service
        .teardowns()
        .forget(&name, "lost", &world.settings.runs)
        .await;
    assert!(matches!(forgotten, Err(TeardownError::Running { .. })));
    assert_eq!(world.phase().await, Phase::TearingDown);
}

/// What exists of a forgotten stack does not reopen its lease: it is a stack without a lease.
#[tokio::test]
async fn what_exists_of_a_forgotten_stack_is_unleased() {
    let clock = Arc::new(ManualClock::at(noon()));
    let mut world = World::with(with_account(), Arc::clone(&clock) as Arc<dyn Clock>).await;
    let cloud = Arc::new(FakeCloud::new([resource("sqs", "left", "shop")]));
    let access = CloudAccess::new(cloud as _, Arc::new(MemoryInventory::default()));
    world.service = world.service.clone().with_cloud(access);
    let (name, runs) = (stack_name("shop"), &world.settings.runs);
    let teardowns = world.service.teardowns();
    teardowns.forget(&name, "lost", runs).await.unwrap();
    clock.advance("61m".parse().unwrap());
    teardowns.recheck_gone().await.unwrap();
    let sync = crate::service::SyncMode::Always;
    world.service.cloud().sync(sync).await.unwrap();
    assert_eq!(world.phase().await, Phase::Gone);
    let shown = world.service.leases().show(&name).await.unwrap();
    assert_eq!((shown.lease, shown.resources.len()), (None, 1));
}
