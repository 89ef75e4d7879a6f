//! The guardrails: what a destroy plan must not contain. They are checked before a user can confirm
//! the plan.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::service::teardown::blocker::{Blocker, Claim};
use crate::service::teardown::plan::PlanWarning;
use crate::terraform::{Change, DestroyPlan, State};
use crate::values::id::StackName;
use crate::values::tags;

/// Attributes that hold tags, at any depth.
const TAGS: &[&str] = &["tags", "tags_all", "tag"];

/// Attributes that prevent the deletion of a resource while they are true.
const PROTECTIONS: &[&str] = &[
    "deletion_protection",
    "deletion_protection_enabled",
    "disable_api_stop_and_termination",
    "disable_api_termination",
    "enable_deletion_protection",
    "termination_protection",
];

/// The guardrails that a plan violates. `deleted` is what earlier runs of the same teardown
/// deleted.
pub(super) fn blockers(
    stack: &StackName,
    directory: &str,
    state: &State,
    plan: &DestroyPlan,
    deleted: &BTreeSet<String>,
) -> Vec<Blocker> {
    let mut blockers = of_plan(stack, directory, plan);
    let expected = state
        .resources
        .iter()
        .filter(|resource| !resource.is_own() && !deleted.contains(&resource.address));
    let count = expected.count();
    let found = plan.deletes.iter().any(|change| !change.is_own());
    if count > 0 && !found {
        blockers.push(Blocker::NothingFound {
            directory: directory.to_owned(),
            count,
        });
    }
    blockers
}

/// The guardrails that need only the plan: the process that applies it checks them once more.
pub(super) fn of_plan(stack: &StackName, directory: &str, plan: &DestroyPlan) -> Vec<Blocker> {
    let mut blockers = Vec::new();
    if plan.other_actions {
        blockers.push(Blocker::PlanFailed {
            directory: directory.to_owned(),
            reason: "the plan would do more than delete".to_owned(),
        });
    }
    let stacks: Vec<Claim> = plan
        .deletes
        .iter()
        .filter_map(|c| other_stack(stack, c))
        .collect();
    if !stacks.is_empty() {
        blockers.push(Blocker::OtherStacks {
            directory: directory.to_owned(),
            stacks,
        });
    }
    let resources: Vec<Claim> = plan
        .deletes
        .iter()
        .filter_map(|c| foreign_tag(stack, c))
        .collect();
    if !resources.is_empty() {
        blockers.push(Blocker::ForeignTags { resources });
    }
    blockers
}

/// What will probably be left, although nothing blocks the teardown.
pub(super) fn warnings(plan: &DestroyPlan) -> Vec<PlanWarning> {
    let mut warnings = Vec::new();
    for change in &plan.deletes {
        for name in PROTECTIONS {
            if change.before[*name] == Value::Bool(true) {
                warnings.push(PlanWarning {
                    id: change.address.clone(),
                    found: format!("{name} is on: the resource stays until you turn it off"),
                });
            }
        }
        let last_snapshot = change.before["skip_final_snapshot"] == Value::Bool(false)
            && change.before["final_snapshot_identifier"].is_null();
        if last_snapshot {
            warnings.push(PlanWarning {
                id: change.address.clone(),
                found: "it requires a final snapshot and has no final_snapshot_identifier: the resource stays"
                    .to_owned(),
            });
        }
    }
    warnings
}

fn other_stack(stack: &StackName, change: &Change) -> Option<Claim> {
    if change.kind != "jiti_stack" {
        return None;
    }
    let name = change.before["name"].as_str().unwrap_or("?");
    (name != stack.as_str()).then(|| claim(change, name))
}

fn foreign_tag(stack: &StackName, change: &Change) -> Option<Claim> {
    if change.is_own() {
        return None;
    }
    let named = stack_in_tags(&change.before, false);
    let other = named.into_iter().find(|named| *named != stack.as_str())?;
    Some(claim(change, other))
}

fn claim(change: &Change, stack: &str) -> Claim {
    Claim {
        id: change.address.clone(),
        stack: stack.to_owned(),
    }
}

/// Every stack that a tag names. Most resources hold tags as a map; scaling groups hold a list of
/// keys and values.
fn stack_in_tags(value: &Value, within: bool) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let is_pair = within && fields.get("key").and_then(Value::as_str) == Some(tags::STACK);
            let mut found: Vec<&str> = Vec::new();
            if is_pair {
                found.extend(fields.get("value").and_then(Value::as_str));
            }
            for (name, field) in fields {
                match field.as_str() {
                    Some(text) if within && name == tags::STACK => found.push(text),
                    _ => found.extend(stack_in_tags(
                        field,
                        within || TAGS.contains(&name.as_str()),
                    )),
                }
            }
            found
        }
        Value::Array(items) => items
            .iter()
            .flat_map(|item| stack_in_tags(item, within))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::stack_name;

    fn change(address: &str, before: Value) -> Change {
        Change {
            address: address.to_owned(),
            kind: address.split('.').next().unwrap().to_owned(),
            id: None,
            before,
        }
    }

    fn blocked(deletes: Vec<Change>) -> Vec<Blocker> {
        let plan = DestroyPlan {
            deletes,
            ..DestroyPlan::default()
        };
        of_plan(&stack_name("shop"), "/srv", &plan)
    }

    /// The blocker names another stack in the plan.
    #[test]
    fn another_stack_in_the_plan_is_named() {
        let own = || change("jiti_stack.this", json!({"name": "shop"}));
        assert_eq!(blocked(vec![own()]), []);
        let other = change("jiti_stack.second", json!({"name": "search"}));
        let blockers = blocked(vec![own(), other]);
        assert!(blockers[0].is_refusal());
        let text = blockers[0].to_string();
        assert!(
            text.contains("jiti_stack.second (stack \"search\")"),
            "{text}"
        );
    }

    /// Another stack's tag is found wherever a resource holds its tags. The stack's own tag, no
    /// tag, and the same text elsewhere are fine.
    #[test]
    fn foreign_tags_are_found_in_every_form() {
        let other = json!({"jiti:stack": "search"});
        for before in [
            json!({"tags": other}),
            json!({"tags_all": other}),
            json!({"tag": [{"key": "jiti:stack", "value": "search", "propagate_at_launch": true}]}),
            json!({"tag_specifications": [{"tags": other}]}),
        ] {
            let blockers = blocked(vec![change("aws_x.y", before.clone())]);
            assert!(
                matches!(&blockers[..], [Blocker::ForeignTags { .. }]),
                "{before}"
            );
        }
        for before in [
            json!({"tags": {"jiti:stack": "shop"}, "tags_all": null}),
            json!({"tags": null}),
            json!({"jiti:stack": "search"}),
        ] {
            assert_eq!(blocked(vec![change("aws_x.y", before)]), []);
        }
    }

    /// A refresh that finds nothing is refused, except where earlier runs deleted everything.
    #[test]
    fn nothing_found_is_refused() {
        let state = State::of(&["jiti_stack.this", "aws_x.a", "aws_x.b"]);
        let plan = |addresses: &[&str]| DestroyPlan {
            deletes: addresses
                .iter()
                .map(|a| change(a, json!({"name": "shop"})))
                .collect(),
            ..DestroyPlan::default()
        };
        let check = |plan: &DestroyPlan, deleted: &[&str]| {
            let deleted = deleted.iter().map(|id| (*id).to_owned()).collect();
            blockers(&stack_name("shop"), "/srv", &state, plan, &deleted)
        };
        let blockers = check(&plan(&["jiti_stack.this"]), &[]);
        assert!(
            matches!(&blockers[..], [Blocker::NothingFound { count: 2, .. }]),
            "{blockers:?}"
        );
        assert_eq!(check(&plan(&["jiti_stack.this", "aws_x.a"]), &[]), []);
        assert_eq!(
            check(&plan(&["jiti_stack.this"]), &["aws_x.a", "aws_x.b"]),
            []
        );
    }

    /// The plan warns about deletion protection.
    #[test]
    fn deletion_protection_is_a_warning() {
        let plan = DestroyPlan {
            deletes: vec![
                change("aws_lb.a", json!({"enable_deletion_protection": true})),
                change(
                    "aws_db_instance.b",
                    json!({"deletion_protection": false, "skip_final_snapshot": false, "final_snapshot_identifier": null}),
                ),
                change("aws_db_instance.c", json!({"skip_final_snapshot": true})),
            ],
            ..DestroyPlan::default()
        };
        let found: Vec<_> = warnings(&plan)
            .into_iter()
            .map(|warning| warning.id)
            .collect();
        assert_eq!(found, ["aws_lb.a", "aws_db_instance.b"]);
    }
}
