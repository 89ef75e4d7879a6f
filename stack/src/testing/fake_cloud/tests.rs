//! The fake cloud enforces what a real one enforces.

use super::*;
use crate::cloud::{Cloud, DeleteOptions, Deletion, DiscoveryScope};

fn id(text: &str) -> ResourceId {
    ResourceId(text.to_owned())
}

/// A resource in use cannot be deleted, and a slow deletion completes after its descriptions.
#[tokio::test]
async fn it_is_as_strict_as_a_cloud() {
    let subnet = resource("ec2:subnet", "s", "shop");
    let mut instance = resource("ec2:instance", "i", "shop");
    instance.uses = vec![subnet.id.clone()];
    let cloud = FakeCloud::new([subnet.clone(), instance.clone()]);
    cloud.takes(&instance.id, 1);
    let how = DeleteOptions::default();
    let refused = cloud.delete(&subnet, how).await.unwrap_err();
    assert_eq!(refused.kind, CloudErrorKind::InUse);
    assert_eq!(cloud.delete(&instance, how).await, Ok(Deletion::Started));
    let ask = [instance.clone()];
    assert_eq!(cloud.describe(&ask).await.found.len(), 1);
    assert_eq!(cloud.describe(&ask).await.found.len(), 0);
    assert_eq!(cloud.delete(&subnet, how).await, Ok(Deletion::Gone));
    assert_eq!(cloud.ids(), []);
    let deletes = [subnet.id.clone(), instance.id, subnet.id];
    assert_eq!(cloud.called(CloudCall::Delete), deletes);
}

/// An existing group replaces its members, and discovery finds untagged ones through it.
#[tokio::test]
async fn a_group_makes_its_members_again() {
    let group = resource("autoscaling:autoScalingGroup", "g", "shop");
    let mut member = resource("ec2:instance", "m", "shop");
    member.owner = Some(group.id.clone());
    member.tags.clear();
    let cloud = FakeCloud::new([group.clone(), member.clone()]);
    cloud.recreates(&group.id, member.clone());
    let how = DeleteOptions::default();
    cloud.delete(&member, how).await.unwrap();
    assert_eq!(cloud.ids().len(), 2);
    let which = DiscoveryScope::Stack(crate::testing::stack_name("shop"));
    let found = cloud.discover(&which).await.resources;
    assert_eq!(found.len(), 2);
    cloud.delete(&group, how).await.unwrap();
    let made = id("ec2:instance/m-1");
    let made = cloud.get(&made).unwrap();
    cloud.delete(&made, how).await.unwrap();
    assert_eq!(cloud.ids(), []);
}

/// Scripted refusals occur as often as configured, and expired credentials fail every call.
#[tokio::test]
async fn refusals_come_as_often_as_they_were_asked_for() {
    let queue = resource("sqs", "q", "shop");
    let cloud = FakeCloud::new([queue.clone()]);
    let kind = CloudErrorKind::Throttled;
    cloud.refuse(CloudCall::Delete, &queue.id, kind, Repeat::Few(2));
    let how = DeleteOptions::default();
    assert!(cloud.delete(&queue, how).await.is_err());
    cloud.expires_after(1);
    assert!(cloud.delete(&queue, how).await.is_err());
    let expired = cloud.delete(&queue, how).await.unwrap_err();
    assert_eq!(expired.kind, CloudErrorKind::Credentials);
    cloud.answers();
    assert_eq!(cloud.delete(&queue, how).await, Ok(Deletion::Gone));
}
