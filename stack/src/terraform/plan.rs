//! A saved destroy plan, from `show -json`: what it would delete, and what in it is secret.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::address::normalised;
use super::mask::Mask;

/// A destroy plan.
#[derive(Clone, Debug, Default)]
pub(crate) struct DestroyPlan {
    /// The managed objects that would be deleted, deposed ones included.
    pub(crate) deletes: Vec<Change>,
    /// Something else than deletes is in it: no plan of a teardown.
    pub(crate) other_actions: bool,
    /// The value of each variable, which may be secret.
    pub(crate) variables: BTreeMap<String, Value>,
    /// Its sensitive values, and the values of variables.
    pub(crate) mask: Mask,
}

/// An object that would be deleted.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) address: String,
    pub(crate) kind: String,
    /// The provider's id for it, unless that is sensitive.
    pub(crate) id: Option<String>,
    /// Its attributes, which may hold secrets.
    pub(crate) before: Value,
}

impl Change {
    /// Whether it is jiti's own resource, which exists in the ledger and in no cloud.
    pub(crate) fn is_own(&self) -> bool {
        self.kind.starts_with("jiti_")
    }
}

impl DestroyPlan {
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        let raw: Raw = serde_json::from_str(text)?;
        let mut plan = Self::default();
        for (name, Variable { value }) in raw.variables {
            plan.mask.hide_all(&value);
            plan.variables.insert(name, value);
        }
        for output in raw.output_changes.values() {
            plan.mask
                .hide_marked(&output.before, &output.before_sensitive);
        }
        for resource in raw.resource_changes {
            let change = resource.change;
            plan.mask
                .hide_marked(&change.before, &change.before_sensitive);
            if resource.mode != "managed" {
                continue;
            }
            match change
                .actions
                .iter()
                .map(String::as_str)
                .collect::<Vec<_>>()
                .as_slice()
            {
                ["delete"] => plan.deletes.push(Change {
                    id: id(&change.before, &change.before_sensitive),
                    address: normalised(&resource.address),
                    kind: resource.kind,
                    before: change.before,
                }),
                [] | ["no-op" | "read"] => {}
                _ => plan.other_actions = true,
            }
        }
        Ok(plan)
    }
}

fn id(before: &Value, sensitive: &Value) -> Option<String> {
    if sensitive["id"] == Value::Bool(true) {
        return None;
    }
    before["id"].as_str().map(str::to_owned)
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    #[serde(default)]
    resource_changes: Vec<RawChange>,
    #[serde(default)]
    output_changes: BTreeMap<String, OutputChange>,
}

#[derive(Deserialize)]
struct Variable {
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct OutputChange {
    #[serde(default)]
    before: Value,
    #[serde(default)]
    before_sensitive: Value,
}

#[derive(Deserialize)]
struct RawChange {
    address: String,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    change: Actions,
}

#[derive(Deserialize)]
struct Actions {
    actions: Vec<String>,
    #[serde(default)]
    before: Value,
    #[serde(default)]
    before_sensitive: Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Deletes are read, reads are passed over, and whatever else a plan would do is noticed.
    #[test]
    fn a_destroy_plan_only_deletes() {
        let change = |address: &str, mode: &str, actions: Value| {
            json!({"address": address, "mode": mode, "type": "t",
                   "change": {"actions": actions, "before": {"id": "i-1", "pin": "s3cret"}, "before_sensitive": {"pin": true}}})
        };
        let read = |changes: Value| {
            let plan = json!({"variables": {"region": {"value": "north-7"}}, "resource_changes": changes,
                       "output_changes": {"key": {"before": "k3y-out", "before_sensitive": true},
                                          "url": {"before": "shown", "before_sensitive": false}}});
            DestroyPlan::read(&plan.to_string()).unwrap()
        };
        let plan = read(json!([
            change("t.a", "managed", json!(["delete"])),
            change("data.t.b", "data", json!(["read"]))
        ]));
        assert_eq!(plan.deletes.len(), 1);
        assert!(!plan.other_actions);
        assert_eq!(
            plan.mask.reason("north-7 s3cret k3y-out shown i-1"),
            "(hidden) (hidden) (hidden) shown i-1"
        );
        assert!(
            read(json!([change(
                "t.a",
                "managed",
                json!(["delete", "create"])
            )]))
            .other_actions
        );
    }
}
