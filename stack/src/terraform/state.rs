//! The resources of a state, from `state pull`, which needs no schema, provider or cloud.

use serde::Deserialize;
use serde_json::Value;

use super::address::{normalised, quoted};

/// The managed resources of a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    pub(crate) resources: Vec<ManagedResource>,
    /// Its lineage and serial number, which change with every write.
    pub(crate) version: Option<(String, u64)>,
}

/// A resource in a state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ManagedResource {
    pub(crate) address: String,
    pub(crate) kind: String,
    /// Its attributes may contain secrets: they are read, never passed on.
    attributes: Value,
}

impl ManagedResource {
    /// A text attribute.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)?.as_str()
    }

    /// Whether it is jiti's own resource, which exists in the ledger and in no cloud.
    pub(crate) fn is_own(&self) -> bool {
        self.kind.starts_with("jiti_")
    }
}

impl State {
    /// Parses a state. An empty text is an empty state.
    pub(super) fn read(text: &str) -> serde_json::Result<Self> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        let raw: Raw = serde_json::from_str(text)?;
        let mut resources: Vec<ManagedResource> = Vec::new();
        for resource in raw.resources {
            if resource.mode != "managed" {
                continue;
            }
            let base = match resource.module.as_deref() {
                Some(module) if !module.is_empty() => {
                    format!("{module}.{}.{}", resource.kind, resource.name)
                }
                _ => format!("{}.{}", resource.kind, resource.name),
            };
            for instance in resource.instances {
                let address = normalised(&format!("{base}{}", index(&instance.index_key)));
                // A deposed object has the address of the object that replaced it.
                if resources.last().is_none_or(|last| last.address != address) {
                    resources.push(ManagedResource {
                        address,
                        kind: resource.kind.clone(),
                        attributes: instance.attributes,
                    });
                }
            }
        }
        Ok(Self {
            resources,
            version: raw.lineage.zip(raw.serial),
        })
    }

    /// Whether it lists the stack of this name.
    pub(crate) fn holds_stack(&self, name: &str) -> bool {
        self.resources
            .iter()
            .any(|resource| resource.kind == "jiti_stack" && resource.text("name") == Some(name))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }
}

#[cfg(test)]
impl State {
    /// A state that holds these addresses.
    pub(crate) fn of(addresses: &[&str]) -> Self {
        let resources = addresses.iter().map(|address| ManagedResource {
            address: (*address).to_owned(),
            kind: address.split('.').next().unwrap_or_default().to_owned(),
            attributes: Value::Null,
        });
        Self {
            resources: resources.collect(),
            version: None,
        }
    }
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    lineage: Option<String>,
    #[serde(default)]
    serial: Option<u64>,
    #[serde(default)]
    resources: Vec<RawResource>,
}

#[derive(Deserialize)]
struct RawResource {
    #[serde(default)]
    module: Option<String>,
    mode: String,
    #[serde(rename = "type")]
    kind: String,
    name: String,
    #[serde(default)]
    instances: Vec<Instance>,
}

#[derive(Deserialize)]
struct Instance {
    #[serde(default)]
    index_key: Value,
    #[serde(default)]
    attributes: Value,
}

/// `[0]`, `["key"]`, or nothing.
fn index(key: &Value) -> String {
    match key {
        Value::Number(number) => format!("[{number}]"),
        Value::String(text) => format!("[{}]", quoted(text)),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Addresses match those of plans: modules, counts, keys with quotes. Data sources are left
    /// out.
    #[test]
    fn addresses_are_those_of_plans() {
        let state = json!({"version": 4, "lineage": "a-b", "serial": 7, "resources": [
            {"mode": "data", "type": "d", "name": "x", "instances": [{}]},
            {"module": "module.a[\"k\"]", "mode": "managed", "type": "t", "name": "n",
             "instances": [{"index_key": 0}, {"index_key": 1}]},
            {"mode": "managed", "type": "t", "name": "q", "instances": [{"index_key": "a\"b${c}"}]},
            {"mode": "managed", "type": "jiti_stack", "name": "this",
             "instances": [{"attributes": {"name": "shop"}}, {"deposed": "12345678", "attributes": {}}]},
            {"mode": "managed", "type": "t", "name": "s", "instances": [{"index_key": "a\u{a0}b"}]},
        ]});
        let state = State::read(&state.to_string()).unwrap();
        assert_eq!(state.version, Some(("a-b".to_owned(), 7)));
        let addresses: Vec<_> = state
            .resources
            .iter()
            .map(|resource| resource.address.as_str())
            .collect();
        assert_eq!(
            addresses,
            [
                "module.a[\"k\"].t.n[0]",
                "module.a[\"k\"].t.n[1]",
                "t.q[\"a\\\"b$${c}\"]",
                "jiti_stack.this",
                "t.s[\"a\\u00a0b\"]"
            ]
        );
        assert!(state.holds_stack("shop") && !state.holds_stack("other"));
        assert!(State::read("").unwrap().is_empty());
    }
}
