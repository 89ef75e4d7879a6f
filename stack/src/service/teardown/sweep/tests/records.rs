//! What a sweep makes of the records of earlier runs: residue, and deletes without an outcome.

use super::*;
use crate::lease::ResidueDetails;

impl World {
    async fn note(&self, kind: EventKind) {
        let change = |_: &Lease, _| Ok(vec![kind.clone()]);
        self.service().change(&shop(), change).await.unwrap();
    }

    /// Records an earlier teardown that left this.
    async fn left_earlier(&self, ids: &[&str], reason: &str) {
        self.begin_run().await;
        for id in ids {
            self.note(EventKind::ResourceLeft {
                id: (*id).to_owned(),
                reason: reason.to_owned(),
                blocked_by: None,
                details: ResidueDetails::default(),
            })
            .await;
        }
        let reason = "1 left".to_owned();
        self.note(EventKind::TeardownFailed { reason }).await;
    }

    /// Records the start of a run whose process has ended.
    async fn begin_run(&self) {
        self.note(EventKind::TeardownStarted {
            strategy: Strategy::Sweep,
            by: actor(),
            why: "test".to_owned(),
            run: crate::values::id::RunId::random(),
            host: process::host(),
            pid: 4_000_000,
        })
        .await;
    }
}

/// Residue that no scan lists any more stays until its own service says that it is gone. What a
/// service does not answer about could not be confirmed.
#[tokio::test(start_paused = true)]
async fn recorded_residue_stays_until_its_service_confirms() {
    let (hidden, mut silent) = (own("iam:user", "u"), own("s3", "b"));
    silent.tags.clear();
    let world = World::leased([own("sqs", "q"), hidden.clone(), silent.clone()]).await;
    world.cloud.is_unlisted(&hidden.id);
    world
        .left_earlier(&["iam:user/u", "s3/b", "sns/deleted"], "denied")
        .await;
    world.refuses(CloudCall::Describe, &silent, CloudErrorKind::Unreachable);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["iam:user/u", "s3/b"]);
    assert_eq!(outcome.residue[0].reason, "denied");
    let reason = &outcome.residue[1].reason;
    assert!(reason.starts_with("could not be confirmed: "), "{reason}");
    assert!(
        reason.ends_with("an earlier teardown left it: denied"),
        "{reason}"
    );
    let residue = world.lease().await.residue;
    assert_eq!(residue.keys().collect::<Vec<_>>(), ["iam:user/u", "s3/b"]);
    assert!(
        world
            .events()
            .await
            .contains(&"deleted sns/deleted".to_owned())
    );

    world.cloud.remove(&hidden.id);
    world.cloud.remove(&silent.id);
    world.cloud.mend(CloudCall::Describe, &silent.id);
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// Recorded residue that has another stack's tags now is no longer this stack's.
#[tokio::test(start_paused = true)]
async fn residue_that_changed_hands_is_settled() {
    let world = World::leased([resource("s3", "b", "search")]).await;
    world.left_earlier(&["s3/b"], "not empty").await;
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// A sweep cannot say whether a resource that only Terraform's state knows is gone. A place that
/// was checked is settled, and one that is no longer configured is not.
#[tokio::test(start_paused = true)]
async fn a_sweep_does_not_settle_what_it_cannot_see() {
    let world = World::leased([own("sqs", "q")]).await;
    world
        .left_earlier(&["cloudflare_record.www"], "not authorized")
        .await;
    world
        .left_earlier(
            &["111111111111/eu-west-1/sns", "222222222222/eu-west-1"],
            "not_looked: it did not answer in time",
        )
        .await;
    let outcome = world.sweep().await;
    assert_eq!(
        ids(&outcome.residue),
        ["222222222222/eu-west-1", "cloudflare_record.www"]
    );
    for one in &outcome.residue {
        assert!(
            one.reason.starts_with("could not be confirmed: "),
            "{one:?}"
        );
    }
    assert_eq!(
        outcome.residue[1].command.as_deref(),
        Some("jiti teardown shop --yes")
    );
}

/// A sweep that deletes what Terraform left settles its address, by the id that Terraform's state
/// had.
#[tokio::test(start_paused = true)]
async fn a_sweep_settles_an_address_whose_resource_it_deletes() {
    let world = World::leased([own("s3", "assets")]).await;
    world.begin_run().await;
    world
        .note(EventKind::ResourceLeft {
            id: "aws_s3_bucket.assets".to_owned(),
            reason: "BucketNotEmpty".to_owned(),
            blocked_by: None,
            details: ResidueDetails {
                resource_id: Some("assets".to_owned()),
                ..ResidueDetails::default()
            },
        })
        .await;
    let reason = "1 left".to_owned();
    world.note(EventKind::TeardownFailed { reason }).await;
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue), (1, vec![]));
    assert_eq!(world.phase().await, Phase::Gone);
}

/// When a runner is killed between its deletes and their records, the next run records what became
/// of each: what is gone was deleted, and what exists is deleted now.
#[tokio::test(start_paused = true)]
async fn intents_of_a_killed_runner_are_settled() {
    let names = ["a", "b", "c"];
    let world = World::leased(names.map(|name| own("sqs", name))).await;
    world.begin_run().await;
    world
        .note(EventKind::TeardownAlive {
            deleting: names.map(|name| format!("sqs/{name}")).to_vec(),
        })
        .await;
    world.cloud.remove(&ResourceId("sqs/a".to_owned()));
    world.cloud.remove(&ResourceId("sqs/b".to_owned()));
    let outcome = world.sweep().await;
    assert_eq!((outcome.deleted.len(), outcome.residue.len()), (1, 0));
    let events = world.events().await;
    for name in names {
        let deleted = format!("deleted sqs/{name}");
        let count = events.iter().filter(|event| **event == deleted).count();
        assert_eq!(count, 1, "{name}: {events:?}");
    }
    assert_eq!(events.last().map(String::as_str), Some("gone"));
}

/// The intent is in the ledger before the first delete call about a resource.
#[tokio::test(start_paused = true)]
async fn intents_come_before_deletes() {
    let vpc = own("ec2:vpc", "v");
    let subnet = using(own("ec2:subnet", "s"), &[&vpc]);
    let world = World::leased([vpc, subnet]).await;
    let prepared = world.planned().await;
    let (ledger, cloud) = (Arc::clone(&world.ledger), Arc::clone(&world.cloud));
    // Looks at both at each step: what was asked to be deleted must have been intended.
    let watcher = tokio::spawn(async move {
        let mut checked = 0;
        for _ in 0..10_000 {
            let called = cloud.called(CloudCall::Delete);
            let events = ledger.events(&shop(), Seq::NONE).await.unwrap();
            let intended: Vec<String> = events
                .into_iter()
                .filter_map(|event| match event.kind {
                    EventKind::TeardownAlive { deleting } => Some(deleting),
                    _ => None,
                })
                .flatten()
                .collect();
            for id in called {
                assert!(intended.contains(&id.to_string()), "{id} was not intended");
                checked += 1;
            }
            tokio::task::yield_now().await;
        }
        checked
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.deleted.len(), 2);
    assert!(watcher.await.unwrap() > 0);
}

/// A run that fails before its first delete leaves no intents, and restores the phase.
#[tokio::test(start_paused = true)]
async fn a_run_that_deleted_nothing_intends_nothing() {
    let world = World::leased([own("sqs", "q")]).await;
    let before = world.phase().await;
    let prepared = world.planned().await;
    world.cloud.expires_after(0);
    let error = world.carry_out(prepared).await.unwrap_err();
    assert!(matches!(error, TeardownError::Paused { .. }), "{error}");
    assert_eq!(world.phase().await, before);
    assert_eq!(world.lease().await.deleting.len(), 0);
}

/// A secret's name stays taken: the plan and the result say until when and give both commands.
#[tokio::test(start_paused = true)]
async fn a_name_that_stays_taken_is_shown() {
    let secret = own("secret", "db");
    let mut world = World::leased([secret.clone(), own("sqs", "q")]).await;
    world.config.sweep.secret_recovery_days = 7;
    world.settings.recovery_commands = Some(|id| {
        id.starts_with("secret/")
            .then(|| crate::cloud::RecoveryCommands {
                restore: format!("restore {id}"),
                purge: format!("purge {id}"),
            })
    });
    let planned_until = Span::minutes(7 * 24 * 60).after(world.service().now());
    let until = Span::minutes(60).after(planned_until);
    world.cloud.schedules(&secret.id, until);
    let prepared = world.planned().await;
    let plan = prepared.plan.clone();
    let of = |id: &str| plan.resources.iter().find(|one| one.id == id).unwrap();
    let reservation = of("secret/db").name_reservation.clone().unwrap();
    assert_eq!(reservation.until, planned_until);
    assert_eq!(of("sqs/q").name_reservation, None);
    let warning = &plan.warnings[0];
    assert_eq!((plan.warnings.len(), warning.id.as_str()), (1, "secret/db"));
    for part in ["restore secret/db", "purge secret/db", "UTC"] {
        assert!(warning.found.contains(part), "{warning:?}");
    }
    let json = serde_json::to_value(of("secret/db")).unwrap();
    assert_eq!(json["restore_command"], "restore secret/db");
    assert!(json["name_taken_until"].is_string());
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    let deleted = outcome.deleted.iter().find(|one| one.id == "secret/db");
    let reservation = deleted.unwrap().name_reservation.clone().unwrap();
    assert_eq!(reservation.until, until);
    assert_eq!(reservation.commands.unwrap().purge, "purge secret/db");

    world.cloud.put(own("secret", "other"));
    world.config.sweep.secret_recovery_days = 0;
    let plan = world.planned().await.plan.clone();
    assert_eq!((plan.count(), plan.warnings.len()), (1, 0));
}
