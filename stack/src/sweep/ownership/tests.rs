//! Nothing foreign is deleted: one test per way in which a resource may not belong to the stack.

use super::*;
use crate::testing::{noon, resource, stack_name};
use crate::values::ttl::Span;

fn identity() -> StackIdentity {
    StackIdentity {
        name: stack_name("shop"),
        app: AppName::new("checkout").unwrap(),
        owners: ["ana@example.com", "former@example.com"]
            .map(|owner| Owner::new(owner).unwrap())
            .into(),
        since: Some(noon()),
        account: None,
    }
}

fn places() -> BTreeSet<Place> {
    BTreeSet::from([place("111111111111", "eu-west-1")])
}

fn place(account: &str, region: &str) -> Place {
    Place {
        account: account.to_owned(),
        region: region.to_owned(),
    }
}

fn one(name: &str) -> Resource {
    resource("ec2:instance", name, "shop")
}

fn tag(resource: &mut Resource, key: &str, value: &str) {
    resource.tags.insert(key.to_owned(), value.to_owned());
}

/// The verdict on one resource alone, with its reason.
fn alone(change: impl FnOnce(&mut Resource)) -> (Ownership, String) {
    judged_by(&identity(), change)
}

fn judged_by(stack: &StackIdentity, change: impl FnOnce(&mut Resource)) -> (Ownership, String) {
    let mut one = one("i");
    change(&mut one);
    let verdicts = judge_ownership(std::slice::from_ref(&one), stack, &places());
    let OwnershipVerdict {
        verdict, reason, ..
    } = verdicts[&one.id].clone();
    (verdict, reason)
}

fn verdicts_on(resources: &[Resource]) -> Vec<Ownership> {
    let verdicts = judge_ownership(resources, &identity(), &places());
    resources
        .iter()
        .map(|one| verdicts[&one.id].verdict)
        .collect()
}

/// With matching name, app and any owner of the lease, a resource belongs, and the verdict says
/// why.
#[test]
fn what_matches_belongs() {
    let (verdict, reason) = alone(|_| {});
    assert_eq!(verdict, Ownership::Belongs);
    assert_eq!(
        reason,
        "its tags match the stack's name, app and owner; its creation time is unknown"
    );
    let former = |one: &mut Resource| tag(one, tags::OWNER, "former@example.com");
    assert_eq!(alone(former).0, Ownership::Belongs);
    let young = alone(|one| one.created_at = Some(Span::minutes(4).before(noon())));
    assert_eq!(young.0, Ownership::Belongs, "{young:?}");
    assert_eq!(young.1, "its tags match the stack's name, app and owner");
}

/// The same name under another app or owner, or with one of these tags missing, stays and is named.
#[test]
fn the_same_name_under_another_app_or_owner_stays() {
    let (verdict, reason) = alone(|one| tag(one, tags::APP, "search"));
    assert_eq!(verdict, Ownership::Stays);
    assert_eq!(
        reason,
        "its tag jiti:app is search, but the stack's is checkout"
    );
    let (verdict, reason) = alone(|one| tag(one, tags::OWNER, "bo@example.com"));
    assert_eq!(verdict, Ownership::Stays);
    assert!(
        reason.contains("ana@example.com or former@example.com"),
        "{reason}"
    );
    let (verdict, reason) = alone(|one| drop(one.tags.remove(tags::OWNER)));
    assert_eq!(verdict, Ownership::Stays);
    assert!(reason.starts_with("it has no tag jiti:owner"), "{reason}");
}

/// Among stacks found by tags, another app, owner or account is another stack.
#[test]
fn unleased_stacks_of_one_name_are_apart() {
    let unleased = StackIdentity {
        since: None,
        account: Some("111111111111".to_owned()),
        ..identity()
    };
    let other = |change: fn(&mut Resource)| judged_by(&unleased, change).0;
    assert_eq!(other(|_| {}), Ownership::Belongs);
    assert_eq!(
        other(|one| tag(one, tags::APP, "search")),
        Ownership::Foreign
    );
    assert_eq!(other(|one| tag(one, tags::OWNER, "bo")), Ownership::Foreign);
    assert_eq!(
        other(|one| one.place.account = "2".to_owned()),
        Ownership::Foreign
    );
    assert_eq!(
        other(|one| drop(one.tags.remove(tags::APP))),
        Ownership::Stays
    );
}

/// Accounts and regions that are not configured are never touched.
#[test]
fn other_accounts_and_regions_stay() {
    for elsewhere in [
        place("222222222222", "eu-west-1"),
        place("111111111111", "us-east-1"),
    ] {
        let (verdict, reason) = alone(|one| one.place = elsewhere.clone());
        assert_eq!(verdict, Ownership::Stays);
        assert!(reason.ends_with("is not configured"), "{reason}");
    }
}

/// A tagged member of a foreign CloudFormation stack is never deleted alone, whether that stack was
/// found or not.
#[test]
fn members_of_a_foreign_cloudformation_stack_stay() {
    let mut whole = resource("cloudformation:stack", "theirs", "other");
    let mut member = one("member");
    member.part_of = Some(whole.id.clone());
    assert_eq!(verdicts_on(&[member.clone()]), [Ownership::Stays]);
    let verdicts = judge_ownership(&[whole.clone(), member.clone()], &identity(), &places());
    assert_eq!(verdicts[&whole.id].verdict, Ownership::Foreign);
    assert_eq!(verdicts[&member.id].verdict, Ownership::Stays);
    assert_eq!(
        verdicts[&member.id].blocked_by.as_deref(),
        Some(whole.id.as_str())
    );
    // A CloudFormation stack with its own tag is deleted with its members.
    tag(&mut whole, tags::STACK, "shop");
    assert_eq!(
        verdicts_on(&[whole, member]),
        [Ownership::Belongs, Ownership::Belongs]
    );
}

/// A foreign instance in the stack's subnet stays foreign: being inside something is not ownership.
#[test]
fn lying_in_the_same_subnet_is_no_belonging() {
    let subnet = resource("ec2:subnet", "s", "shop");
    let mut guest = one("guest");
    guest.tags.clear();
    guest.uses = vec![subnet.id.clone()];
    assert_eq!(
        verdicts_on(&[subnet, guest]),
        [Ownership::Belongs, Ownership::Foreign]
    );
}

/// A resource whose tag now names another stack is foreign.
#[test]
fn a_moved_tag_makes_it_foreign() {
    let (verdict, reason) = alone(|one| tag(one, tags::STACK, "search"));
    assert_eq!(verdict, Ownership::Foreign);
    assert_eq!(reason, "its tag names another stack: search");
}

/// Nothing older than the lease is deleted.
#[test]
fn what_is_older_than_the_lease_stays() {
    let (verdict, reason) = alone(|one| one.created_at = Some(Span::minutes(6).before(noon())));
    assert_eq!(verdict, Ownership::Stays);
    assert!(reason.starts_with("it is older than the lease"), "{reason}");
}

/// Unconfirmed, untouchable and protected resources stay, with the reason.
#[test]
fn unconfirmed_and_protected_resources_stay() {
    let unconfirmed =
        alone(|one| one.confirmation = Confirmation::Unconfirmed("no permission".to_owned()));
    assert_eq!(unconfirmed.0, Ownership::Stays);
    assert_eq!(
        unconfirmed.1,
        "its own service did not confirm it: no permission"
    );
    let untouchable = alone(|one| one.untouchable = Some("it is the default VPC".to_owned()));
    assert_eq!(
        untouchable.1,
        "it must not be deleted: it is the default VPC"
    );
    let protected = alone(|one| one.protection = Some("DisableApiTermination".to_owned()));
    assert_eq!(protected.0, Ownership::Stays);
    assert!(
        protected.1.contains("DisableApiTermination is on"),
        "{protected:?}"
    );
}

/// An untagged child is deleted only with a confirmed owner that belongs, through any number of
/// owners.
#[test]
fn children_go_only_with_an_owner_that_belongs() {
    let child = |name: &str, owner: &Resource| {
        let mut child = one(name);
        child.tags.clear();
        child.owner = Some(owner.id.clone());
        child
    };
    let group = resource("autoscaling:autoScalingGroup", "g", "shop");
    let member = child("member", &group);
    let volume = child("volume", &member);
    let all = [volume.clone(), member.clone(), group.clone()];
    assert_eq!(verdicts_on(&all), [Ownership::Belongs; 3]);
    // The owner is unknown.
    assert_eq!(
        verdicts_on(&[volume.clone(), member.clone()]),
        [Ownership::Foreign; 2]
    );
    let mut unconfirmed = group.clone();
    unconfirmed.confirmation = Confirmation::Unconfirmed("denied".to_owned());
    let all = [volume, member, unconfirmed];
    assert_eq!(verdicts_on(&all), [Ownership::Stays; 3]);
}

/// A tagged instance of a foreign group stays, because the group would recreate it.
#[test]
fn members_of_a_foreign_group_stay() {
    let mut group = resource("autoscaling:autoScalingGroup", "g", "other");
    group.recreates = true;
    let mut member = one("member");
    member.owner = Some(group.id.clone());
    assert_eq!(
        verdicts_on(&[group, member]),
        [Ownership::Foreign, Ownership::Stays]
    );
}

/// An owner of something that must stay also stays, and so does what would be deleted only with it.
#[test]
fn owners_of_what_is_foreign_stay() {
    let group = resource("autoscaling:autoScalingGroup", "g", "shop");
    let mut moved = resource("ec2:instance", "moved", "other");
    moved.owner = Some(group.id.clone());
    let mut member = one("member");
    member.tags.clear();
    member.owner = Some(group.id.clone());
    let all = [group.clone(), moved.clone(), member];
    assert_eq!(
        verdicts_on(&all),
        [Ownership::Stays, Ownership::Foreign, Ownership::Stays]
    );
    let verdicts = judge_ownership(&all, &identity(), &places());
    let OwnershipVerdict {
        reason, blocked_by, ..
    } = &verdicts[&group.id];
    assert!(
        reason.contains("its tag names another stack: other"),
        "{reason}"
    );
    assert_eq!(blocked_by.as_deref(), Some(moved.id.as_str()));
}

/// A resource that a service made for itself is deleted with its owner and does not keep it.
#[test]
fn what_a_service_made_goes_with_its_owner() {
    let balancer = resource("elasticloadbalancing:loadbalancer", "b", "shop");
    let mut card = resource("ec2:network-interface", "c", "shop");
    card.tags.clear();
    card.untouchable = Some("it is managed by AWS".to_owned());
    card.owner = Some(balancer.id.clone());
    assert_eq!(verdicts_on(&[balancer, card]), [Ownership::Belongs; 2]);
}

/// Owners in a cycle own nothing.
#[test]
fn owners_in_a_circle_stay() {
    let (mut a, mut b) = (one("a"), one("b"));
    a.tags.clear();
    (a.owner, b.owner) = (Some(b.id.clone()), Some(a.id.clone()));
    assert_eq!(verdicts_on(&[a, b]), [Ownership::Stays, Ownership::Stays]);
}
