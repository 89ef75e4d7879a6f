//! A sweep leaves what belongs, or may belong, to another stack.

use super::*;

/// A resource whose tags move to another stack after the plan is not deleted.
#[tokio::test(start_paused = true)]
async fn a_tag_that_moves_saves() {
    let (moves, stays) = (own("sqs", "moves"), own("sqs", "stays"));
    let world = World::leased([moves.clone(), stays]).await;
    let prepared = world.planned().await;
    world.tag(&moves, tags::STACK, "search");
    let (outcome, steps) = world.carry_out(prepared).await.unwrap();
    assert_eq!(
        (ids(&outcome.residue), outcome.deleted.len()),
        (vec!["sqs/moves"], 1)
    );
    let reason = &outcome.residue[0].reason;
    assert_eq!(
        reason,
        "its tags changed since the plan: its tag names another stack: search"
    );
    let failed =
        |step: &Progress| matches!(step, Progress::ResourceFailed { id, .. } if id == "sqs/moves");
    assert!(steps.iter().any(failed));
    assert_eq!(world.left(), ["sqs/moves"]);
    assert_eq!(world.cloud.called(CloudCall::Delete).len(), 1);
    // It belongs to another stack now, so the next sweep ignores it.
    assert_eq!(world.sweep().await.residue, []);
    assert_eq!(world.phase().await, Phase::Gone);
}

/// A resource whose owner tag changes after the plan becomes residue with that reason.
#[tokio::test(start_paused = true)]
async fn a_changed_owner_is_residue() {
    let moves = own("sqs", "moves");
    let world = World::leased([moves.clone()]).await;
    let prepared = world.planned().await;
    world.tag(&moves, tags::OWNER, "bo@example.com");
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(world.left(), ["sqs/moves"]);
    let reason = &outcome.residue[0].reason;
    assert!(
        reason.starts_with("its tags changed since the plan"),
        "{reason}"
    );
}

/// A group is not deleted if a member was tagged for another stack after the plan, because deleting
/// the group would delete the member.
#[tokio::test(start_paused = true)]
async fn a_group_with_a_foreign_member_is_spared() {
    let world = World::leased(usual()).await;
    let prepared = world.planned().await;
    let member = ResourceId("ec2:instance/i".to_owned());
    world.cloud.change(&member, |one| {
        one.tags.insert(tags::STACK.to_owned(), "search".to_owned());
    });
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    let left = world.left();
    assert!(left.contains(&member.to_string()), "{left:?}");
    assert!(
        left.contains(&"autoscaling:autoScalingGroup/a".to_owned()),
        "{left:?}"
    );
    assert_eq!(outcome.deleted.len(), 2, "{outcome:?}");
}

/// Another stack's instance in this stack's subnet stays, and the subnet and the VPC become residue
/// with the reason.
#[tokio::test(start_paused = true)]
async fn a_guest_in_the_subnet_lives() {
    let all = usual();
    let mut guest = using(own("ec2:instance", "guest"), &[&all[1]]);
    guest.tags.clear();
    let world = World::leased(all.into_iter().chain([guest])).await;
    let outcome = world.sweep().await;
    let left = ["ec2:instance/guest", "ec2:subnet/s", "ec2:vpc/v"];
    assert_eq!(world.left(), left);
    assert_eq!(outcome.residue.len(), 2);
    let subnet = outcome
        .residue
        .iter()
        .find(|one| one.id == "ec2:subnet/s")
        .unwrap();
    assert_eq!(subnet.blocked_by.as_deref(), Some("ec2:instance/guest"));
}

/// A resource that appears after the plan is not deleted, and becomes residue.
#[tokio::test(start_paused = true)]
async fn only_what_was_shown_goes() {
    let world = World::leased([own("sqs", "shown")]).await;
    let prepared = world.planned().await;
    world.cloud.put(own("sqs", "later"));
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(ids(&outcome.residue), ["sqs/later"]);
    assert_eq!(world.cloud.called(CloudCall::Delete).len(), 1);
    assert_eq!(world.phase().await, Phase::Residue);
}

/// A handed-over plan is carried out as shown, and refused if its file changed.
#[tokio::test(start_paused = true)]
async fn a_plan_is_handed_over_as_it_was_shown() {
    let world = World::leased([own("sqs", "q")]).await;
    let folder = world.planned().await.hand_over().unwrap();
    let taken = world
        .service()
        .teardowns()
        .take_over(&folder, &world.settings)
        .await
        .unwrap();
    assert_eq!(world.carry_out(taken).await.unwrap().0.deleted.len(), 1);

    let world = World::leased([own("sqs", "q")]).await;
    let folder = world.planned().await.hand_over().unwrap();
    let text = std::fs::read_to_string(folder.join("plan")).unwrap();
    std::fs::write(folder.join("plan"), text.replace("sqs/q", "sqs/p")).unwrap();
    let error = world
        .service()
        .teardowns()
        .take_over(&folder, &world.settings)
        .await
        .unwrap_err();
    assert!(matches!(error, TeardownError::NotAsShown { .. }), "{error}");
}

/// A resource that its own service did not confirm becomes residue without a delete call.
#[tokio::test(start_paused = true)]
async fn what_is_not_confirmed_is_never_tried() {
    let mut unread = own("sns", "t");
    unread.confirmation = Confirmation::Unconfirmed("denied".to_owned());
    let world = World::leased([unread, own("sqs", "q")]).await;
    let plan = world.plan().await;
    assert_eq!(ids(&plan.residue), ["sns/t"]);
    let outcome = world.sweep().await;
    assert_eq!(ids(&outcome.residue), ["sns/t"]);
    assert_eq!(world.cloud.called(CloudCall::Delete).len(), 1);
}

/// A resource of a type that jiti does not know is residue with the cloud's own command, or without
/// one, and the reason does not claim that a service was asked.
#[tokio::test(start_paused = true)]
async fn an_unknown_type_has_its_own_command() {
    let of_unknown_type = |name: &str, command: Option<&str>| {
        let mut unknown = own("glue:job", name);
        let command = command.map(str::to_owned);
        unknown.confirmation = Confirmation::UnknownType { command };
        unknown
    };
    let command = "aws glue delete-job --job-name j";
    let known = of_unknown_type("j", Some(command));
    let bare = of_unknown_type("k", None);
    let world = World::leased([known, bare, own("sqs", "q")]).await;
    let plan = world.plan().await;
    let outcome = world.sweep().await;
    for residue in [&plan.residue, &outcome.residue] {
        assert_eq!(ids(residue), ["glue:job/j", "glue:job/k"]);
        assert_eq!(residue[0].command.as_deref(), Some(command));
        assert_eq!(residue[1].command, None);
        for one in residue {
            assert!(
                one.reason.contains("cannot delete the type glue:job"),
                "{one:?}"
            );
            assert!(!one.reason.contains("service"), "{one:?}");
        }
    }
    assert_eq!(world.cloud.called(CloudCall::Delete).len(), 1);
    assert_eq!(world.phase().await, Phase::Residue);
}

/// A resource that belongs only through its owner is not deleted if the owner was tagged for
/// another stack after the plan.
#[tokio::test(start_paused = true)]
async fn what_belongs_by_its_owner_asks_for_its_owner() {
    let cluster = own("eks:cluster", "c");
    let mut nodes = using(own("eks:nodegroup", "n"), &[&cluster]);
    nodes.tags.clear();
    nodes.owner = Some(cluster.id.clone());
    let world = World::leased([cluster.clone(), nodes.clone()]).await;
    let prepared = world.planned().await;
    assert_eq!(prepared.plan.count(), 2);
    world.tag(&cluster, tags::STACK, "search");
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(world.cloud.called(CloudCall::Delete), []);
    assert_eq!(outcome.deleted, []);
    assert_eq!(world.left().len(), 2);
}

/// A CloudFormation stack is not deleted if one of its resources changed owner after the plan,
/// because deleting the stack would delete the resource.
#[tokio::test(start_paused = true)]
async fn a_whole_with_a_foreign_part_is_spared() {
    let whole = own("cloudformation:stack", "w");
    let mut part = own("sqs", "part");
    part.part_of = Some(whole.id.clone());
    let world = World::leased([whole, part.clone()]).await;
    let prepared = world.planned().await;
    assert_eq!(prepared.plan.count(), 2);
    world.tag(&part, tags::OWNER, "bo@example.com");
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(
        (
            world.cloud.called(CloudCall::Delete).len(),
            world.left().len()
        ),
        (0, 2)
    );
    assert_eq!(outcome.deleted, []);
}
