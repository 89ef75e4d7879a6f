//! The planned resources by type and name, as conftest's parser of HCL gives a configuration to
//! its rules: `input.resource.aws_vpc.main[0].cidr_block`.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// The key of the map in the input.
const KEY: &str = "resource";

/// The input with the map. An input that has this key, or has no planned resources, stays as it is.
pub(super) fn with_resources(input: &Value) -> Cow<'_, Value> {
    let changes = input["resource_changes"].as_array();
    match (input.as_object(), changes) {
        (Some(fields), Some(changes)) if !fields.contains_key(KEY) => {
            let mut fields = fields.clone();
            fields.insert(KEY.to_owned(), by_type(changes));
            Cow::Owned(Value::Object(fields))
        }
        _ => Cow::Borrowed(input),
    }
}

/// The values of the managed resources that exist after the apply.
fn by_type(changes: &[Value]) -> Value {
    let mut types: Map<String, Value> = Map::new();
    for change in changes {
        let after = &change["change"]["after"];
        let (Some(address), Some(kind)) = (change["address"].as_str(), change["type"].as_str())
        else {
            continue;
        };
        if change["mode"] != "managed" || !after.is_object() {
            continue;
        }
        let own = address.strip_prefix(kind);
        let own = own.and_then(|rest| rest.strip_prefix('.'));
        let names = types.entry(kind).or_insert_with(|| json!({}));
        if let Some(names) = names.as_object_mut() {
            // The name of a resource of a module is its whole address.
            names.insert(own.unwrap_or(address).to_owned(), json!([after]));
        }
    }
    Value::Object(types)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each resource that the plan keeps or creates is in the map, by its type and name.
    #[test]
    fn resources_are_listed_by_type() {
        let change = |address: &str, kind: &str, mode: &str, after: Value| json!({"address": address, "type": kind, "mode": mode, "change": {"after": after}});
        let plan = json!({"resource_changes": [
            change("aws_vpc.main", "aws_vpc", "managed", json!({"id": 1})),
            change("aws_vpc.main[0]", "aws_vpc", "managed", json!({"id": 2})),
            change("module.a.aws_vpc.main", "aws_vpc", "managed", json!({"id": 3})),
            change("aws_vpc.old", "aws_vpc", "managed", Value::Null),
            change("data.aws_vpc.read", "aws_vpc", "data", json!({"id": 4})),
        ]});
        assert_eq!(
            with_resources(&plan)["resource"],
            json!({"aws_vpc": {
                "main": [{"id": 1}], "main[0]": [{"id": 2}], "module.a.aws_vpc.main": [{"id": 3}],
            }})
        );
        let own = json!({"resource_changes": [], "resource": 7});
        assert_eq!(*with_resources(&own), own);
        assert_eq!(*with_resources(&json!([1])), json!([1]));
    }
}
