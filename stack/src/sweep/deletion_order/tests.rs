//! Property tests of the deletion order: for any references and outcomes, nothing is deleted before
//! what depends on it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::testing::resource;

fn id(text: &str) -> ResourceId {
    ResourceId(text.to_owned())
}

/// Resources by name and type, each with what it uses. `~` before a name: a detachable reference.
/// `^`: the resource owns this one.
fn resources(lines: &[(&str, &str, &[&str])]) -> Vec<Resource> {
    let kinds: BTreeMap<&str, &str> = lines.iter().map(|(name, kind, _)| (*name, *kind)).collect();
    let full = |name: &str| id(&format!("{}/{name}", kinds[name]));
    let mut resources = BTreeMap::new();
    for (name, kind, _) in lines {
        resources.insert(*name, resource(kind, name, "shop"));
    }
    for (name, _, uses) in lines {
        for used in *uses {
            match used.split_at(1) {
                ("^", child) => resources.get_mut(child).unwrap().owner = Some(full(name)),
                ("~", loose) => {
                    let one = resources.get_mut(name).unwrap();
                    one.uses.push(full(loose));
                    one.detachable.push(full(loose));
                }
                _ => resources.get_mut(name).unwrap().uses.push(full(used)),
            }
        }
    }
    lines
        .iter()
        .map(|(name, ..)| resources[name].clone())
        .collect()
}

/// Runs every step successfully, and returns the steps of each round.
fn rounds(mut schedule: DeletionSchedule) -> Vec<Vec<String>> {
    let mut rounds = Vec::new();
    loop {
        let steps = schedule.ready();
        if steps.is_empty() {
            return rounds;
        }
        let mut round = Vec::new();
        for step in steps {
            match step {
                DeletionStep::DetachReferences(id) => {
                    schedule.mark_detached(&id);
                    round.push(format!("loosen {}", name(&id)));
                }
                DeletionStep::Delete(id) => {
                    schedule.mark_gone(&id);
                    round.push(name(&id));
                }
            }
        }
        rounds.push(round);
    }
}

fn name(id: &ResourceId) -> String {
    id.as_str().rsplit('/').next().unwrap().to_owned()
}

/// Users are deleted before what they use, groups before their members and before everything ready
/// with them, and roles, keys and log groups last.
#[test]
fn a_stack_goes_from_its_leaves() {
    let mut all = resources(&[
        ("vpc", "ec2:vpc", &[]),
        ("role", "iam:role", &[]),
        ("subnet", "ec2:subnet", &["vpc"]),
        ("one", "ec2:instance", &["subnet"]),
        ("queue", "sqs", &[]),
        ("asg", "autoscaling:autoScalingGroup", &["subnet", "^one"]),
        ("logs", "logs:log-group", &["key"]),
        ("key", "kms:key", &[]),
    ]);
    all[5].recreates = true;
    let rounds = rounds(DeletionSchedule::new(&all));
    let expected: [&[&str]; 6] = [
        &["asg", "queue"],
        &["one"],
        &["subnet"],
        &["vpc"],
        &["role", "logs"],
        &["key"],
    ];
    assert_eq!(rounds, expected);
}

/// A resource inside its owner is deleted first. References to itself or to an unknown resource are
/// ignored.
#[test]
fn owners_and_users_may_be_the_same() {
    let mut all = resources(&[
        ("cluster", "eks:cluster", &["^group"]),
        ("group", "eks:nodegroup", &["cluster"]),
    ]);
    all[0].uses = vec![all[0].id.clone(), id("elsewhere")];
    assert_eq!(
        rounds(DeletionSchedule::new(&all)),
        [["group"], ["cluster"]]
    );
}

/// The references of a cycle of security groups are detached once nothing else uses them, and not
/// earlier.
#[test]
fn a_circle_is_loosened() {
    let all = resources(&[
        ("web", "ec2:security-group", &["~db"]),
        ("db", "ec2:security-group", &["~web"]),
        ("third", "ec2:security-group", &["~web"]),
        ("instance", "ec2:instance", &["web", "db"]),
    ]);
    let mut schedule = DeletionSchedule::new(&all);
    let first = schedule.ready();
    let delete = |name: &str| DeletionStep::Delete(id(name));
    assert_eq!(
        first,
        [
            delete("ec2:security-group/third"),
            delete("ec2:instance/instance")
        ]
    );
    assert_eq!(schedule.ready(), []);
    schedule.mark_gone(&id("ec2:instance/instance"));
    // `third` may still reference `web`, so `web` is not touched yet.
    assert_eq!(
        schedule.ready(),
        [DeletionStep::DetachReferences(id("ec2:security-group/db"))]
    );
    schedule.mark_gone(&id("ec2:security-group/third"));
    schedule.mark_detached(&id("ec2:security-group/db"));
    assert_eq!(schedule.ready(), [delete("ec2:security-group/web")]);
    schedule.mark_gone(&id("ec2:security-group/web"));
    assert_eq!(schedule.ready(), [delete("ec2:security-group/db")]);
}

/// A cycle that cannot be broken is reported. It keeps what it uses, and everything else is
/// deleted.
#[test]
fn a_circle_that_nothing_opens_is_named() {
    let all = resources(&[
        ("a", "x:y", &["b"]),
        ("b", "x:y", &["a", "used"]),
        ("used", "x:z", &[]),
        ("free", "x:z", &[]),
    ]);
    let mut schedule = DeletionSchedule::new(&all);
    let members: BTreeSet<_> = schedule.cycles()[0].iter().map(name).collect();
    assert_eq!(members, BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert_eq!(schedule.cycles().len(), 1);
    let blocked = schedule.mark_left(&id("x:y/a"));
    let blocked: Vec<_> = blocked.iter().map(|one| name(&one.id)).collect();
    assert_eq!(blocked, ["b", "used"]);
    assert_eq!(schedule.ready(), [DeletionStep::Delete(id("x:z/free"))]);
}

/// A resource that stays keeps only what it uses. Roles and similar types do not wait for it.
#[test]
fn one_that_stays_keeps_only_what_it_uses() {
    let all = resources(&[
        ("vpc", "ec2:vpc", &[]),
        ("subnet", "ec2:subnet", &["vpc"]),
        ("stuck", "ec2:instance", &["subnet"]),
        ("other", "ec2:instance", &[]),
        ("role", "iam:role", &[]),
    ]);
    let mut schedule = DeletionSchedule::new(&all);
    schedule.ready();
    let blocked = schedule.mark_left(&id("ec2:instance/stuck"));
    let pairs: Vec<_> = blocked
        .iter()
        .map(|one| (name(&one.id), name(&one.by)))
        .collect();
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(pairs, [pair("subnet", "stuck"), pair("vpc", "subnet")]);
    assert_eq!(
        schedule.remaining(),
        [id("ec2:instance/other"), id("iam:role/role")]
    );
    schedule.mark_gone(&id("ec2:instance/other"));
    assert_eq!(
        schedule.ready(),
        [DeletionStep::Delete(id("iam:role/role"))]
    );
}

#[derive(Clone, Debug)]
struct Story {
    resources: Vec<Resource>,
    /// Resources whose delete always fails, and those whose references cannot be detached.
    fails: Vec<bool>,
    /// The order in which pending steps complete.
    answers: Vec<usize>,
}

fn story() -> impl Strategy<Value = Story> {
    (2_usize..14).prop_flat_map(|count| {
        let one = (
            proptest::collection::vec((0..count, any::<bool>()), 0..4),
            proptest::option::weighted(0.2, 0..count),
            proptest::option::weighted(0.15, 0..count),
            0_u8..5,
            any::<bool>(),
            proptest::bool::weighted(0.15),
        );
        let all = proptest::collection::vec(one, count);
        let answers = proptest::collection::vec(any::<usize>(), count * 4);
        (all, answers).prop_map(|(all, answers)| {
            let fails = all.iter().map(|(.., fails)| *fails).collect();
            let number = |at: usize| id(&format!("n/{at}"));
            let resources = all.into_iter().enumerate();
            let resources = resources.map(|(at, (uses, owner, whole, kind, recreates, _))| {
                let kind =
                    ["ec2:x", "ec2:x", "iam:role", "logs:log-group", "sqs"][usize::from(kind)];
                let mut one = resource(kind, "x", "shop");
                one.id = number(at);
                one.recreates = recreates;
                for (used, loose) in uses {
                    one.uses.push(number(used));
                    if loose {
                        one.detachable.push(number(used));
                    }
                }
                one.owner = owner.map(number);
                one.part_of = whole.map(number);
                one
            });
            Story {
                resources: resources.collect(),
                fails,
                answers,
            }
        })
    })
}

/// The users of a resource as a cloud sees them: references that were not detached.
fn users<'a>(
    all: &'a [Resource],
    detached: &'a BTreeSet<ResourceId>,
    id: &'a ResourceId,
) -> impl Iterator<Item = &'a Resource> {
    all.iter().filter(move |one| {
        one.id != *id
            && one.uses.contains(id)
            && !(one.detachable.contains(id) && detached.contains(&one.id))
    })
}

proptest! {
    /// For any references and any outcomes: nothing is deleted while something that depends on it
    /// may exist, a failure keeps only what really depends on it, and the schedule always ends.
    #[test]
    fn nothing_goes_before_what_depends_on_it(story in story()) {
        let Story { resources: all, fails, answers } = story;
        let mut schedule = DeletionSchedule::new(&all);
        let mut left: BTreeMap<ResourceId, Option<ResourceId>> = BTreeMap::new();
        for cycle in schedule.cycles().to_vec() {
            for one in &cycle {
                let blocked = schedule.mark_left(one);
                left.insert(one.clone(), None);
                for blocked in blocked {
                    left.entry(blocked.id).or_insert(Some(blocked.by));
                }
            }
        }
        let (mut gone, mut detached) = (BTreeSet::new(), BTreeSet::new());
        let mut under_way = schedule.ready();
        let mut answers = answers.into_iter().cycle();
        let mut turns = 0;
        while !under_way.is_empty() {
            turns += 1;
            prop_assert!(turns < 200, "it does not come to an end");
            let at = answers.next().unwrap_or(0) % under_way.len();
            let step = under_way.swap_remove(at);
            let (DeletionStep::DetachReferences(id) | DeletionStep::Delete(id)) = &step;
            let number: usize = name(id).parse().unwrap();
            let one = &all[number];
            prop_assert!(!gone.contains(id), "{id} was deleted twice");
            if let DeletionStep::DetachReferences(id) = &step {
                // Only the cycle that it breaks may still use it.
                for user in users(&all, &detached, id).filter(|user| !gone.contains(&user.id)) {
                    let cycle = reaches(&all, id, &user.id) && reaches(&all, &user.id, id);
                    prop_assert!(cycle, "{id} is loosened before {} is gone", user.id);
                }
            }
            if let DeletionStep::Delete(id) = &step {
                for user in users(&all, &detached, id) {
                    prop_assert!(gone.contains(&user.id), "{id} goes before {}", user.id);
                }
                for whole in one.owner.iter().chain(&one.part_of).filter(|whole| *whole != id) {
                    // Only what is inside its owner is deleted before it.
                    let lies = reaches(&all, id, whole);
                    prop_assert!(lies || gone.contains(whole), "{id} goes before {whole}");
                }
                if ["iam:role", "logs:log-group"].contains(&one.kind.as_str()) {
                    let others = all.iter().filter(|o| o.kind.starts_with("ec2") || o.kind == "sqs");
                    for other in others {
                        let settled = gone.contains(&other.id) || left.contains_key(&other.id);
                        let waits = waits_for_last(&all, &other.id);
                        prop_assert!(settled || waits, "{id} does not wait for {}", other.id);
                    }
                }
            }
            if fails[number] {
                left.insert(id.clone(), None);
                for blocked in schedule.mark_left(id) {
                    prop_assert!(!gone.contains(&blocked.id));
                    left.entry(blocked.id).or_insert(Some(blocked.by));
                }
            } else if matches!(step, DeletionStep::DetachReferences(_)) {
                detached.insert(id.clone());
                schedule.mark_detached(id);
            } else {
                gone.insert(id.clone());
                schedule.mark_gone(id);
            }
            let new = schedule.ready();
            under_way.retain(|step| {
                let (DeletionStep::DetachReferences(id) | DeletionStep::Delete(id)) = step;
                !left.contains_key(id)
            });
            under_way.extend(new);
        }
        prop_assert!(schedule.is_over(), "still there: {:?}", schedule.remaining());
        prop_assert_eq!(gone.len() + left.len(), all.len());
        for (id, by) in &left {
            if let Some(by) = by {
                prop_assert!(left.contains_key(by), "{} is kept by {}, which is gone", id, by);
                let blocker = all.iter().find(|one| one.id == *by).unwrap();
                let blocked = all.iter().find(|one| one.id == *id).unwrap();
                let mut wholes = blocked.owner.iter().chain(&blocked.part_of);
                let truly = blocker.uses.contains(id) || wholes.any(|whole| whole == by);
                prop_assert!(truly, "{} does not keep {}", by, id);
            }
        }
    }
}

/// Whether one uses another, directly or indirectly, or must be deleted first as the owner, or the
/// whole, of one that does.
fn reaches(all: &[Resource], from: &ResourceId, to: &ResourceId) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from.clone()];
    while let Some(at) = next.pop() {
        if at == *to {
            return true;
        }
        if !seen.insert(at.clone()) {
            continue;
        }
        let one = all.iter().find(|one| one.id == at);
        next.extend(one.into_iter().flat_map(|one| one.uses.clone()));
        let owns = |one: &&Resource| {
            one.owner
                .iter()
                .chain(&one.part_of)
                .any(|whole| *whole == at)
        };
        let owned = all.iter().filter(owns);
        next.extend(owned.map(|one| one.id.clone()));
    }
    false
}

/// Whether a resource can only be deleted after a role or a log group.
fn waits_for_last(all: &[Resource], id: &ResourceId) -> bool {
    let last = all
        .iter()
        .filter(|one| one.kind.starts_with("iam") || one.kind.starts_with("logs"));
    last.into_iter()
        .any(|one| one.id != *id && reaches(all, &one.id, id))
}
