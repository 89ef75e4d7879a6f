//! Sweeps of stacks without a live lease.

use super::*;

/// A sweep of an unleased stack requires its name, and records a lease that ends as gone.
#[tokio::test(start_paused = true)]
async fn an_unleased_stack_is_ended_under_a_lease() {
    let mut old = own("sqs", "q");
    old.created_at = Some(Span::minutes(600).before(noon()));
    let world = World::new([old]);
    let prepared = world.planned().await;
    assert!(prepared.plan.protected && prepared.plan.count() == 1);
    let request = request(None);
    let service = world.service();
    let stop = StopSignal::default();
    let error = service
        .teardowns()
        .teardown(prepared, &request, &|_| {}, &stop)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::Unconfirmed { .. }));
    assert_eq!(world.ledger.lease(&shop()).await.unwrap(), None);
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 0));
    let lease = world.lease().await;
    assert_eq!(
        (lease.recorded_phase, lease.owner.as_str()),
        (Phase::Gone, "ana@example.com")
    );
    assert_eq!(lease.created_at, Span::minutes(600).before(noon()));
}

/// A second sweep completes the sweep of an unleased stack that left residue.
#[tokio::test(start_paused = true)]
async fn an_unleased_stack_can_be_finished() {
    let (stuck, free) = (own("sqs", "stuck"), own("sqs", "free"));
    let world = World::new([stuck.clone(), free]);
    let denied = CloudErrorKind::Denied;
    world.refuses(CloudCall::Delete, &stuck, denied);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["sqs/stuck"]);
    assert_eq!(world.phase().await, Phase::Residue);
    world.cloud.mend(CloudCall::Delete, &stuck.id);
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// A name that several stacks share is refused with a list, and a selector sweeps only the chosen
/// one.
#[tokio::test(start_paused = true)]
async fn several_of_one_name_are_told_apart() {
    let mut other = own("sqs", "other");
    other
        .tags
        .insert(tags::OWNER.to_owned(), "bo@example.com".to_owned());
    let world = World::new([own("sqs", "q"), other]);
    let mut wish = SweepSelector::named(&shop());
    let error = world.no_plan().await;
    assert!(error.is_refusal());
    let said = error.to_string();
    assert!(
        said.contains(
            "owner ana@example.com, account 111111111111; app checkout, owner bo@example.com"
        ),
        "{said}"
    );
    wish.owner = Some(Owner::new("bo@example.com").unwrap());
    let prepared = world
        .service()
        .teardowns()
        .plan_sweep(&wish, &world.settings)
        .await;
    let (outcome, _) = world.carry_out(prepared.unwrap().unwrap()).await.unwrap();
    assert_eq!(
        (outcome.residue.len(), world.left()),
        (0, vec!["sqs/q".to_owned()])
    );
}

/// A sweep of an unknown name fails as not found, not as gone.
#[tokio::test(start_paused = true)]
async fn a_name_that_nothing_knows_is_unknown() {
    let world = World::new([resource("sqs", "q", "search")]);
    let error = world.no_plan().await;
    assert!(matches!(error, TeardownError::NotFound { .. }), "{error}");
    assert!(!error.is_refusal());
}

/// A sweep reopens a released stack whose resources still exist as residue, and then ends it.
#[tokio::test(start_paused = true)]
async fn what_was_taken_for_gone_is_found_again() {
    let world = World::leased([own("sqs", "q")]).await;
    world.service().leases().release(&shop()).await.unwrap();
    assert_eq!(world.phase().await, Phase::Gone);
    assert_eq!(world.sweep().await.deleted.len(), 1);
    let events = world.events().await;
    assert_eq!(events, ["left sqs/q", "started", "deleted sqs/q", "gone"]);
    let wish = SweepSelector::named(&shop());
    let again = world
        .service()
        .teardowns()
        .plan_sweep(&wish, &world.settings)
        .await
        .unwrap();
    assert!(again.is_none());
}

/// A sweep of a released stack whose resources still exist requires the stack's name, like that of
/// any unleased stack.
#[tokio::test(start_paused = true)]
async fn what_has_no_lease_that_lives_wants_its_name() {
    let world = World::leased([own("sqs", "q")]).await;
    world.service().leases().release(&shop()).await.unwrap();
    let prepared = world.planned().await;
    assert!(prepared.plan.protected);
    let service = world.service();
    let (request, stop) = (request(None), StopSignal::default());
    let refused = service
        .teardowns()
        .teardown(prepared, &request, &|_| {}, &stop)
        .await;
    assert!(
        matches!(refused, Err(TeardownError::Unconfirmed { .. })),
        "{refused:?}"
    );
    assert_eq!(world.cloud.called(CloudCall::Delete), []);
}
