//! What keeps a resource that its service refuses to delete.

use super::*;

/// A security group of the stack, and another group whose rule names it.
fn group_and_user(user: &str) -> (Resource, Resource) {
    let group = own("ec2:security-group", "g");
    let mut user = using(own("ec2:security-group", user), &[&group]);
    user.detachable = vec![group.id.clone()];
    user.tags.clear();
    (group, user)
}

/// The rule of a VPC's untagged default group is revoked if the VPC is deleted anyway. Its other
/// rules stay.
#[tokio::test(start_paused = true)]
async fn a_rule_of_the_default_group_is_revoked() {
    let vpc = own("ec2:vpc", "v");
    let (group, mut default) = group_and_user("default");
    let other = resource("ec2:security-group", "other", "search");
    default.owner = Some(vpc.id.clone());
    default.detachable.push(other.id.clone());
    default.uses.push(other.id.clone());
    let world = World::leased([vpc, using(group, &[]), other.clone()]).await;
    let prepared = world.planned().await;
    // No tag index lists it, so it is not part of the plan.
    world.cloud.put(default.clone());
    world.cloud.is_unlisted(&default.id);
    let (outcome, _) = world.carry_out(prepared).await.unwrap();
    assert_eq!(outcome.residue, []);
    assert_eq!(outcome.deleted.len(), 2);
    let default = world.cloud.get(&default.id).unwrap();
    assert_eq!(default.uses, [other.id]);
}

/// A rule of a foreign group is not revoked: the stack's group is residue, blocked by that group.
#[tokio::test(start_paused = true)]
async fn a_foreign_group_is_named() {
    for tag in [None, Some("search")] {
        let (group, mut foreign) = group_and_user("foreign");
        let tag = tag.map(|stack| (tags::STACK.to_owned(), stack.to_owned()));
        foreign.tags.extend(tag);
        let world = World::leased([group.clone(), foreign.clone()]).await;
        let prepared = world.planned().await;
        let began = tokio::time::Instant::now();
        let (outcome, _) = world.carry_out(prepared).await.unwrap();
        assert_eq!(ids(&outcome.residue), [group.id.as_str()]);
        let left = &outcome.residue[0];
        assert_eq!(left.blocked_by.as_deref(), Some(foreign.id.as_str()));
        assert!(left.reason.contains("refers to it"), "{left:?}");
        assert!(began.elapsed() < Duration::from_secs(2 * 60));
        assert_eq!(world.cloud.called(CloudCall::DetachReference), []);
    }
}

/// The default group of a VPC that is not the stack's is foreign.
#[tokio::test(start_paused = true)]
async fn a_default_group_that_stays_is_foreign() {
    let vpc = resource("ec2:vpc", "v", "search");
    let (group, mut default) = group_and_user("default");
    default.owner = Some(vpc.id.clone());
    let world = World::leased([vpc, group, default.clone()]).await;
    let outcome = world.sweep().await;
    let by: Vec<_> = outcome
        .residue
        .iter()
        .map(|one| one.blocked_by.as_deref())
        .collect();
    assert_eq!(by, [Some(default.id.as_str())]);
}

/// A search that fails does not hide the error of the delete.
#[tokio::test(start_paused = true)]
async fn a_failed_search_keeps_the_error() {
    let queue = own("sqs", "q");
    let world = World::leased([queue.clone()]).await;
    world.refuses(CloudCall::Delete, &queue, CloudErrorKind::InUse);
    world.refuses(CloudCall::Users, &queue, CloudErrorKind::Denied);
    let outcome = world.sweep().await;
    let left = &outcome.residue[0];
    assert!(left.reason.contains("DependencyViolation"), "{left:?}");
    assert!(left.blocked_by.as_ref().unwrap().contains("not known"));
}
