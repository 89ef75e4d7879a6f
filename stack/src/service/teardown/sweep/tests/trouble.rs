//! Failures during a sweep, and the residue that they leave.

use super::*;

/// Several failures at once leave only the affected resources, each with its reason and blocker,
/// and a second sweep deletes them once they are fixed.
#[tokio::test(start_paused = true)]
async fn trouble_is_named_and_mended() {
    let vpc = own("ec2:vpc", "v");
    let stuck = using(own("ec2:subnet", "stuck"), &[&vpc]);
    let (secret, throttled) = (own("s3", "secret"), own("sqs", "throttled"));
    let mut protected = own("rds:db", "protected");
    protected.protection = Some("DeletionProtection".to_owned());
    let ghost = own("sns", "ghost");
    let all = [&vpc, &stuck, &secret, &throttled, &protected, &ghost];
    let world = World::leased(all.map(Clone::clone)).await;
    let cloud = &world.cloud;
    world.refuses(CloudCall::Delete, &stuck, CloudErrorKind::InUse);
    cloud.refuse(
        CloudCall::Delete,
        &throttled.id,
        CloudErrorKind::Throttled,
        Repeat::Few(5),
    );
    let prepared = world.planned().await;
    world.refuses(CloudCall::Describe, &secret, CloudErrorKind::Denied);
    cloud.remove(&ghost.id);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    let mut residue = outcome.residue.clone();
    residue.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(
        ids(&residue),
        [
            "ec2:subnet/stuck",
            "ec2:vpc/v",
            "rds:db/protected",
            "s3/secret"
        ]
    );
    assert!(
        residue[0].reason.contains("DependencyViolation"),
        "{residue:?}"
    );
    assert!(residue[0].blocked_by.is_some());
    assert_eq!(residue[1].blocked_by.as_deref(), Some("ec2:subnet/stuck"));
    assert!(residue[2].reason.contains("DeletionProtection is on"));
    assert!(
        residue[3].reason.contains("UnauthorizedOperation"),
        "{residue:?}"
    );
    let command = "jiti teardown shop --strategy sweep --yes";
    assert!(
        residue
            .iter()
            .all(|one| one.command.as_deref() == Some(command))
    );
    assert_eq!(world.phase().await, Phase::Residue);
    assert_eq!(world.lease().await.residue.len(), 4);

    cloud.mend(CloudCall::Delete, &stuck.id);
    cloud.mend(CloudCall::Describe, &secret.id);
    cloud.change(&protected.id, |one| one.protection = None);
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue), (4, vec![]));
    assert_eq!((world.phase().await, world.left()), (Phase::Gone, vec![]));
}

/// A deletion that hangs delays only the resources that depend on it.
#[tokio::test(start_paused = true)]
async fn one_that_hangs_holds_up_nothing() {
    let (hangs, free) = (own("ec2:natgateway", "hangs"), own("sqs", "free"));
    let world = World::leased([hangs.clone(), free]).await;
    world.cloud.takes(&hangs.id, 1_000_000);
    let prepared = world.planned().await;
    let began = tokio::time::Instant::now();
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.deleted[0].seconds), (1, 0));
    assert_eq!(ids(&outcome.residue), [hangs.id.as_str()]);
    assert!(outcome.residue[0].reason.contains("is not through after"));
    assert!(began.elapsed() >= Duration::from_secs(15 * 60));
}

/// A deletion that completes at once does not delay the ones that depend on it.
#[tokio::test(start_paused = true)]
async fn what_goes_at_once_is_not_waited_for() {
    let vpc = own("ec2:vpc", "vpc");
    let subnet = using(own("ec2:subnet", "subnet"), &[&vpc]);
    let gateway = using(own("ec2:natgateway", "gateway"), &[&subnet]);
    let world = World::leased([vpc.clone(), subnet.clone(), gateway.clone()]).await;
    for one in [&vpc, &subnet, &gateway] {
        world.cloud.takes(&one.id, 0);
    }
    let began = tokio::time::Instant::now();
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue), (3, vec![]));
    assert_eq!(began.elapsed(), Duration::ZERO);
}

/// A sweep completes even if the cloud's answers are slow.
#[tokio::test(start_paused = true)]
async fn slow_answers_are_answers() {
    let many: Vec<Resource> = (0..50).map(|at| own("sqs", &format!("q{at}"))).collect();
    let world = World::leased(many).await;
    world.cloud.takes_its_time(Duration::from_secs(20));
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue), (50, vec![]));
}

/// Credentials that expire during a sweep pause it with one residue entry, and the next sweep
/// continues.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_pause_it() {
    let many: Vec<Resource> = (0..100).map(|at| own("sqs", &format!("q{at}"))).collect();
    let world = World::leased(many).await;
    let prepared = world.planned().await;
    world.cloud.expires_after(40);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert!(!outcome.deleted.is_empty() && outcome.deleted.len() < 100);
    assert_eq!(outcome.residue.len(), 1, "{outcome:?}");
    let reason = &outcome.residue[0].reason;
    assert!(reason.contains("ExpiredToken"), "{reason}");
    let events = world.events().await;
    assert_eq!(
        events
            .iter()
            .filter(|event| event.starts_with("left"))
            .count(),
        1
    );
    assert_eq!(world.phase().await, Phase::Residue);
    world.cloud.answers();
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!((world.phase().await, world.left()), (Phase::Gone, vec![]));
}

/// Credentials that expire before the first delete leave the phase unchanged.
#[tokio::test(start_paused = true)]
async fn credentials_that_end_before_it_change_nothing() {
    let world = World::leased([own("sqs", "q")]).await;
    let prepared = world.planned().await;
    world.cloud.expires_after(0);
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::Paused { .. }), "{error}");
    assert!(!error.is_refusal());
    assert_eq!(world.phase().await, Phase::Ready);
    // A plan without valid credentials is refused.
    let plan = world.plan().await;
    assert!(
        matches!(plan.blockers[..], [Blocker::Credentials { .. }]),
        "{plan:?}"
    );
}

/// A sweep takes over from a dead runner, and deletes only what still exists.
#[tokio::test(start_paused = true)]
async fn a_dead_runner_is_taken_over() {
    let world = World::leased([own("sqs", "gone"), own("sqs", "there")]).await;
    let prepared = world.planned().await;
    let kind = EventKind::TeardownStarted {
        strategy: Strategy::Sweep,
        by: actor(),
        why: "test".to_owned(),
        run: prepared.plan.run.clone(),
        host: "elsewhere".to_owned(),
        pid: 1,
    };
    let seq = world.lease().await.last_seq();
    let event = crate::testing::new_event(world.service().now(), kind);
    world
        .ledger
        .append(&shop(), seq, vec![event])
        .await
        .unwrap();
    world.cloud.remove(&ResourceId("sqs/gone".to_owned()));
    let error = world.no_plan().await;
    assert!(matches!(error, TeardownError::Running { .. }), "{error}");
    world.clock.advance(Span::minutes(11));
    let outcome = world.sweep().await;
    assert_eq!(
        (outcome.deleted.len(), world.phase().await),
        (1, Phase::Gone)
    );
}

/// A stop request lets the deletions in progress complete, and the rest becomes residue.
#[tokio::test(start_paused = true)]
async fn a_stop_finishes_what_has_begun() {
    let many: Vec<Resource> = (0..200).map(|at| own("sqs", &format!("q{at}"))).collect();
    let world = World::leased(many).await;
    world.cloud.takes_its_time(Duration::from_millis(100));
    let prepared = world.planned().await;
    let request = request(None);
    let stop = StopSignal::default();
    let heard = |step: &Progress| {
        if matches!(step, Progress::ResourceDeleted(_)) {
            stop.request();
        }
    };
    let outcome = world
        .service()
        .teardowns()
        .teardown(prepared, &request, &heard, &stop)
        .await
        .unwrap();
    assert!(!outcome.deleted.is_empty() && outcome.deleted.len() < 200);
    assert_eq!(outcome.deleted.len() + outcome.residue.len(), 200);
    assert!(outcome.residue[0].reason.contains("was stopped"));
    assert_eq!(world.left().len(), outcome.residue.len());
}

/// A resource whose delete call panics every time becomes residue, and the sweep completes.
#[tokio::test(start_paused = true)]
async fn a_call_that_dies_is_given_up() {
    let (dies, free) = (own("sqs", "dies"), own("sqs", "free"));
    let world = World::leased([dies.clone(), free]).await;
    world.cloud.panics(CloudCall::Delete, &dies.id);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), [dies.id.as_str()]);
    assert!(
        outcome.residue[0].reason.contains("without an answer"),
        "{outcome:?}"
    );
    assert_eq!(outcome.deleted.len(), 1);
}

/// A stop does not wait for a description that does not answer.
#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_nothing_that_has_not_begun() {
    let (silent, free) = (own("sqs", "silent"), own("sns", "free"));
    let world = World::leased([silent.clone(), free]).await;
    let prepared = world.planned().await;
    let unreachable = CloudErrorKind::Unreachable;
    world.refuses(CloudCall::Describe, &silent, unreachable);
    // The stop request comes during the description.
    world.cloud.takes_its_time(Duration::from_millis(100));
    let stop = StopSignal::default();
    let heard = |step: &Progress| {
        if matches!(step, Progress::ResourceDeleted(_)) {
            stop.request();
        }
    };
    let began = tokio::time::Instant::now();
    let request = request(Some(shop()));
    let service = world.service();
    let outcome = service
        .teardowns()
        .teardown(prepared, &request, &heard, &stop)
        .await
        .unwrap();
    assert!(
        began.elapsed() < Duration::from_secs(60),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(ids(&outcome.residue), [silent.id.as_str()]);
}

/// Credentials that expire after a resource was found gone leave residue, because the stack has
/// changed.
#[tokio::test(start_paused = true)]
async fn what_was_gone_already_is_no_return() {
    let (gone, there) = (own("sns", "gone"), own("sqs", "there"));
    let world = World::leased([gone.clone(), there.clone()]).await;
    let prepared = world.planned().await;
    world.cloud.remove(&gone.id);
    let expired = CloudErrorKind::Credentials;
    world.refuses(CloudCall::Describe, &there, expired);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 1));
    let lease = world.lease().await;
    assert_eq!(
        (lease.recorded_phase, lease.residue.len()),
        (Phase::Residue, 1)
    );
}

/// No delete begins before the ledger has its intent: a ledger that is full for a moment delays the
/// sweep, and one that stays full ends it.
#[tokio::test(start_paused = true)]
async fn a_full_ledger_delays_or_ends_it() {
    let queue = own("sqs", "q");
    let world = World::leased([queue.clone()]).await;
    let prepared = world.planned().await;
    // The first append is the start of the teardown.
    world.ledger.refuse_appends(1..6);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!((outcome.deleted.len(), outcome.residue), (1, vec![]));
    assert_eq!(
        world.events().await,
        ["started", "deleted sqs/q", "gone"],
        "each event is written in the end"
    );

    let world = World::leased([queue.clone()]).await;
    let prepared = world.planned().await;
    world.ledger.refuse_appends(1..u32::MAX);
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(error.to_string().contains("no space left"), "{error}");
    assert_eq!(world.left(), [queue.id.to_string()]);
    assert_eq!(world.events().await, ["started"]);
}
