//! The configuration in a plan: which expressions a resource has, and which provider.

use std::collections::HashMap;

use serde_json::Value;

/// Modules nest at most this deep. Terraform's own limit is the length of a path.
const MAX_DEPTH: usize = 64;

/// The resources of a configuration by address, and its providers by key.
#[derive(Debug, Default)]
pub(super) struct Configuration<'a> {
    resources: HashMap<String, &'a Value>,
    providers: Option<&'a Value>,
}

impl<'a> Configuration<'a> {
    pub(super) fn of(configuration: &'a Value) -> Self {
        let mut resources = HashMap::new();
        collect(&configuration["root_module"], "", 0, &mut resources);
        Self {
            resources,
            providers: configuration.get("provider_config"),
        }
    }

    /// The configuration of a resource, by an address with or without keys.
    pub(super) fn resource(&self, address: &str) -> Option<&'a Value> {
        self.resources.get(&without_keys(address)).copied()
    }

    /// The expressions of a provider. A provider without any may be missing from the plan.
    pub(super) fn provider(&self, key: &str) -> Option<&'a Value> {
        let provider = self.providers?.get(key)?;
        Some(&provider["expressions"])
    }
}

fn collect<'a>(
    module: &'a Value,
    prefix: &str,
    depth: usize,
    into: &mut HashMap<String, &'a Value>,
) {
    if depth > MAX_DEPTH {
        return;
    }
    for resource in module["resources"].as_array().into_iter().flatten() {
        if let Some(address) = resource["address"].as_str() {
            into.insert(format!("{prefix}{address}"), resource);
        }
    }
    for (name, call) in module["module_calls"].as_object().into_iter().flatten() {
        let prefix = format!("{prefix}module.{name}.");
        collect(&call["module"], &prefix, depth + 1, into);
    }
}

/// An address without the keys of `count` and `for_each`. A key may contain brackets and dots.
pub(super) fn without_keys(address: &str) -> String {
    let (mut without, mut in_key, mut in_text, mut escaped) =
        (String::with_capacity(address.len()), false, false, false);
    for c in address.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' if in_key => in_text = !in_text,
            '[' if !in_key => in_key = true,
            ']' if in_key && !in_text => in_key = false,
            _ if in_key => {}
            _ => without.push(c),
        }
    }
    without
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The keys of modules and resources are left out, whatever they contain.
    #[test]
    fn addresses_lose_their_keys() {
        for (address, expected) in [
            ("aws_vpc.a", "aws_vpc.a"),
            ("aws_vpc.a[0]", "aws_vpc.a"),
            (
                "module.a[\"x.y\"].aws_vpc.b[\"c]\\\"d\"]",
                "module.a.aws_vpc.b",
            ),
        ] {
            assert_eq!(without_keys(address), expected);
        }
    }

    /// A resource of a nested module is found with its provider.
    #[test]
    fn resources_of_modules_are_found() {
        let configuration = json!({
            "provider_config": {"aws": {"expressions": {"region": {"constant_value": "eu-west-1"}}}},
            "root_module": {"module_calls": {"net": {"module": {"module_calls": {"vpc": {"module": {
                "resources": [{"address": "aws_vpc.this", "provider_config_key": "aws"}]
            }}}}}}},
        });
        let configuration = Configuration::of(&configuration);
        let resource = configuration.resource("module.net[0].module.vpc.aws_vpc.this[\"a\"]");
        let key = resource.unwrap()["provider_config_key"].as_str().unwrap();
        let provider = configuration.provider(key).unwrap();
        assert_eq!(provider["region"]["constant_value"], "eu-west-1");
        assert!(configuration.resource("aws_vpc.this").is_none());
    }
}
