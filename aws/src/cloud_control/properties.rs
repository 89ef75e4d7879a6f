//! What the properties of a resource say, as Cloud Control returns them: its tags, its age and what
//! it refers to.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;
use stack::ResourceId;

use super::pattern::ArnPattern;
use crate::client::Clients;
use crate::types;

/// A property that names other resources, by their ARN or by a name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reference {
    /// The path of the property: `/VpcConfig/SubnetIds/*`. A `*` stands for every item of a list.
    pub(crate) path: &'static str,
    /// The ARN of what a name stands for; `None` if the values are ARNs or ids of EC2.
    pub(crate) arn: Option<ArnPattern>,
}

/// A flag that protects a resource from deletion while it has one of these values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Protection {
    /// The path of the property.
    pub(crate) path: &'static str,
    /// The values that protect.
    pub(crate) values: &'static [&'static str],
}

/// The values at a path. There is none where the path leads nowhere.
pub(crate) fn values_at<'a>(properties: &'a Value, path: &str) -> Vec<&'a Value> {
    let mut found = vec![properties];
    for step in path.split('/').filter(|step| !step.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|value| match (step, value) {
                ("*", Value::Array(items)) => items.iter().collect(),
                (name, value) => Vec::from_iter(value.get(name)),
            })
            .collect();
    }
    found
}

/// The text at a path; a flag is `true` or `false`.
pub(crate) fn text_at(properties: &Value, path: &str) -> Option<String> {
    values_at(properties, path).into_iter().find_map(text)
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The tags in a property: a list of keys and values, or a map.
pub(crate) fn tags_in(properties: &Value, path: &str) -> BTreeMap<String, String> {
    let mut tags = BTreeMap::new();
    for value in values_at(properties, path) {
        match value {
            Value::Object(map) => {
                let pairs = map.iter();
                tags.extend(pairs.filter_map(|(key, value)| Some((key.clone(), text(value)?))));
            }
            Value::Array(list) => tags.extend(list.iter().filter_map(pair)),
            _ => {}
        }
    }
    tags
}

/// One tag of a list.
fn pair(tag: &Value) -> Option<(String, String)> {
    let named = |names: [&str; 2]| names.iter().find_map(|name| tag.get(name).and_then(text));
    let key = named(["Key", "TagKey"])?;
    Some((key, named(["Value", "TagValue"]).unwrap_or_default()))
}

/// The time in a property: as RFC 3339, or as seconds since 1970.
pub(crate) fn time_at(properties: &Value, path: &str) -> Option<Timestamp> {
    let text = text_at(properties, path)?;
    text.parse().ok().or_else(|| {
        let seconds: f64 = text.parse().ok()?;
        Timestamp::from_duration(jiff::SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
    })
}

/// The resources that these properties name.
pub(crate) fn referenced(
    clients: &Clients,
    properties: &Value,
    references: &[Reference],
) -> Vec<ResourceId> {
    let mut found = Vec::new();
    for reference in references {
        for value in values_at(properties, reference.path) {
            let id = value
                .as_str()
                .and_then(|text| named(clients, text, *reference));
            found.extend(id.filter(|id| !found.contains(id)));
        }
    }
    found
}

fn named(clients: &Clients, text: &str, reference: Reference) -> Option<ResourceId> {
    if text.starts_with("arn:") {
        // The ARN of a log group may stand for its streams.
        return Some(ResourceId(text.trim_end_matches(":*").to_owned()));
    }
    match reference.arn {
        _ if text.is_empty() => None,
        Some(pattern) => Some(pattern.arn(clients, text)),
        None => Some(clients.arn("ec2", &types::ec2_path(text)?)),
    }
}

/// The flag that protects the resource, if it is on.
pub(crate) fn protection(properties: &Value, flag: Protection) -> Option<String> {
    let value = text_at(properties, flag.path)?;
    let is_on = flag.values.contains(&value.as_str());
    is_on.then(|| flag.path.rsplit('/').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Tags are a list or a map, whatever the schema of the type calls their parts.
    #[test]
    fn tags_are_read_in_every_form() {
        let expected = BTreeMap::from([("jiti:stack".to_owned(), "pr-1".to_owned())]);
        for properties in [
            json!({ "Tags": [{ "Key": "jiti:stack", "Value": "pr-1" }] }),
            json!({ "Tags": [{ "TagKey": "jiti:stack", "TagValue": "pr-1" }] }),
            json!({ "Tags": { "jiti:stack": "pr-1" } }),
        ] {
            assert_eq!(tags_in(&properties, "/Tags"), expected, "{properties}");
        }
        assert!(tags_in(&json!({}), "/Tags").is_empty());
    }

    /// A reference is an ARN, an id of EC2, or a name whose type the reference knows.
    #[test]
    fn references_lead_to_ids() {
        let clients = Clients::for_tests();
        let properties = json!({
            "Role": "arn:aws:iam::123456789012:role/app",
            "Logs": "arn:aws:logs:eu-west-1:123456789012:log-group:app:*",
            "Vpc": { "Subnets": ["subnet-1", "subnet-2", "no id"] },
            "Api": "a1",
        });
        let reference = |path, arn| Reference { path, arn };
        let api = ArnPattern("apigateway:{region}::/restapis/{id}");
        let references = [
            reference("/Role", None),
            reference("/Logs", None),
            reference("/Vpc/Subnets/*", None),
            reference("/Api", Some(api)),
            reference("/Nothing", None),
        ];
        let found = referenced(&clients, &properties, &references);
        let found: Vec<&str> = found.iter().map(ResourceId::as_str).collect();
        assert_eq!(
            found,
            [
                "arn:aws:iam::123456789012:role/app",
                "arn:aws:logs:eu-west-1:123456789012:log-group:app",
                "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-1",
                "arn:aws:ec2:eu-west-1:123456789012:subnet/subnet-2",
                "arn:aws:apigateway:eu-west-1::/restapis/a1",
            ]
        );
    }

    /// A time is text or a number of seconds; a flag protects only while it is on.
    #[test]
    fn times_and_flags() {
        let properties = json!({
            "CreatedAt": "2026-11-20T08:00:00Z",
            "CreateTime": 1_795_161_600,
            "DeletionProtection": "ACTIVE",
            "Off": false,
        });
        let time = time_at(&properties, "/CreatedAt");
        assert_eq!(time.unwrap().to_string(), "2026-11-20T08:00:00Z");
        assert_eq!(time_at(&properties, "/CreateTime"), time);
        let flag = |path| {
            let values = &["ACTIVE", "true"];
            protection(&properties, Protection { path, values })
        };
        let on = Some("DeletionProtection".to_owned());
        assert_eq!(flag("/DeletionProtection"), on);
        assert_eq!((flag("/Off"), flag("/None")), (None, None));
    }
}
