//! A Terraform plan, as `terraform show -json` prints it.

mod configuration;

use std::collections::HashMap;

use serde_json::Value;

use self::configuration::{Configuration, without_keys};
use crate::attribute::{Block, NULL};

/// A plan that cannot be checked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It is the file that `terraform plan -out` writes.
    #[error(
        "this is a saved plan, not its JSON: run `terraform show -json FILE > plan.json` and check plan.json"
    )]
    Binary,
    /// It is not JSON.
    #[error("line {line}, column {column} is not JSON")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// It is JSON, and no plan.
    #[error("this is JSON, and not a Terraform plan: {0}")]
    NoPlan(&'static str),
    /// Terraform could not finish it.
    #[error("the plan is not complete: Terraform met an error while it planned")]
    Errored,
}

/// A parsed plan.
#[derive(Clone, Debug)]
pub struct Plan {
    document: Value,
}

/// A managed resource as it will be after the apply.
#[derive(Clone, Debug)]
pub(crate) struct PlannedResource<'a> {
    /// The whole address, with modules and keys.
    pub(crate) address: &'a str,
    /// The resource type.
    pub(crate) kind: &'a str,
    /// The planned values.
    pub(crate) block: Block<'a>,
    /// The expressions of the configuration; null if the plan has none for it.
    expressions: &'a Value,
    /// The expressions of its provider's configuration.
    provider: Option<&'a Value>,
    /// The name of the provider's configuration: `aws.other`.
    pub(crate) provider_name: String,
}

impl Plan {
    /// Parses the output of `terraform show -json`.
    ///
    /// # Errors
    /// [`PlanError`], with what to do where jiti knows it.
    pub fn parse(content: &[u8]) -> Result<Self, PlanError> {
        // A saved plan is a ZIP archive.
        if content.starts_with(b"PK\x03\x04") {
            return Err(PlanError::Binary);
        }
        let document: Value =
            serde_json::from_slice(content).map_err(|error| PlanError::Syntax {
                line: error.line(),
                column: error.column(),
            })?;
        let Some(fields) = document.as_object() else {
            return Err(PlanError::NoPlan("it is not an object"));
        };
        if !fields.contains_key("format_version") {
            return Err(PlanError::NoPlan("it has no format_version"));
        }
        if !fields.contains_key("planned_values") && !fields.contains_key("resource_changes") {
            let state = "it has no planned_values, so it may be a state; make it with `terraform show -json PLANFILE`";
            return Err(PlanError::NoPlan(state));
        }
        if fields.get("errored") == Some(&Value::Bool(true)) {
            return Err(PlanError::Errored);
        }
        Ok(Self { document })
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The first stack of the plan, as it will be after the apply; null if there is none.
    #[must_use]
    pub fn stack(&self) -> Value {
        let changes = self.document["resource_changes"].as_array();
        let mut changes = changes.map(Vec::as_slice).unwrap_or_default().iter();
        let stack = changes.find(|change| change["type"] == "jiti_stack");
        stack.map_or(Value::Null, |stack| stack["change"]["after"].clone())
    }

    /// The managed resources that exist after the apply.
    pub(crate) fn resources(&self) -> Vec<PlannedResource<'_>> {
        let configuration = Configuration::of(&self.document["configuration"]);
        let changes = self.document["resource_changes"].as_array();
        let changes = changes.map(Vec::as_slice).unwrap_or_default().iter();
        changes
            .filter_map(|change| resource(change, &configuration))
            .collect()
    }

    /// The value of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.document["variables"][name]["value"].as_str()
    }
}

fn resource<'a>(
    change: &'a Value,
    configuration: &Configuration<'a>,
) -> Option<PlannedResource<'a>> {
    let after = &change["change"]["after"];
    if change["mode"] != "managed" || !after.is_object() {
        return None;
    }
    let (address, kind) = (change["address"].as_str()?, change["type"].as_str()?);
    let configured = configuration.resource(address);
    let key = configured.and_then(|resource| resource["provider_config_key"].as_str());
    Some(PlannedResource {
        address,
        kind,
        block: Block::root(after, &change["change"]["after_unknown"]),
        expressions: configured.map_or(&NULL, |resource| &resource["expressions"]),
        provider: key.and_then(|key| configuration.provider(key)),
        provider_name: key.unwrap_or("aws").to_owned(),
    })
}

impl<'a> PlannedResource<'a> {
    /// Whether the configuration sets an attribute. Unknown if the plan has no configuration.
    pub(crate) fn is_configured(&self, attribute: &str) -> bool {
        self.expressions.get(attribute).is_some()
    }

    /// The address, in the resource's own module, of the first resource of a type that the
    /// configuration refers to.
    pub(crate) fn referenced(&self, kind: &str) -> Option<String> {
        let name = reference(self.expressions, kind, 0)?;
        let module = self.address.rsplit_once(&format!("{}.", self.kind));
        Some(format!("{}{name}", module.map_or("", |(module, _)| module)))
    }

    /// Whether this is the resource at an address, whatever its key.
    fn is_at(&self, address: &str) -> bool {
        let rest = self.address.strip_prefix(address);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('['))
    }

    /// Whether the resource's provider sets an argument; `None` if the plan does not say which
    /// provider configuration the resource has.
    pub(crate) fn provider_sets(&self, argument: &str) -> Option<bool> {
        Some(self.provider?.get(argument).is_some())
    }

    /// A constant argument of the resource's provider.
    pub(crate) fn provider_constant(&self, argument: &str) -> Option<&'a str> {
        self.provider?[argument]["constant_value"].as_str()
    }

    /// The variable that an argument of the resource's provider refers to.
    pub(crate) fn provider_variable(&self, argument: &str) -> Option<&'a str> {
        let references = self.provider?[argument]["references"].as_array()?;
        references.iter().find_map(|reference| {
            let name = reference.as_str()?.strip_prefix("var.")?;
            (!name.contains(['.', '['])).then_some(name)
        })
    }
}

/// The first reference to a resource of a type in expressions: `aws_vpc.this`.
fn reference<'a>(expressions: &'a Value, kind: &str, depth: usize) -> Option<&'a str> {
    /// Expressions nest like the blocks of a resource.
    const MAX_DEPTH: usize = 16;
    if depth > MAX_DEPTH {
        return None;
    }
    let nested = |value| reference(value, kind, depth + 1);
    match expressions {
        Value::String(text) => {
            let name = text.strip_prefix(kind)?.strip_prefix('.')?;
            name.chars()
                .all(|c| c.is_alphanumeric() || "_-".contains(c))
                .then_some(text)
        }
        Value::Array(items) => items.iter().find_map(nested),
        Value::Object(fields) => fields.values().find_map(nested),
        _ => None,
    }
}

/// The resources of a plan by type, and by address.
#[derive(Debug, Default)]
pub(crate) struct ByKind<'a> {
    kinds: HashMap<&'a str, Vec<PlannedResource<'a>>>,
    /// Where a resource is among those of its type, by its address without keys.
    places: HashMap<String, Vec<usize>>,
}

impl<'a> ByKind<'a> {
    pub(crate) fn of(resources: &[PlannedResource<'a>]) -> Self {
        let mut all = Self::default();
        for resource in resources {
            let same = all.kinds.entry(resource.kind).or_default();
            let places = all.places.entry(without_keys(resource.address));
            places.or_default().push(same.len());
            same.push(resource.clone());
        }
        all
    }

    /// The resources of a type.
    pub(crate) fn get(&self, kind: &str) -> &[PlannedResource<'a>] {
        self.kinds.get(kind).map(Vec::as_slice).unwrap_or_default()
    }

    /// The resources of a type at an address, whatever their keys.
    pub(crate) fn at<'b>(
        &'b self,
        kind: &str,
        address: &'b str,
    ) -> impl Iterator<Item = &'b PlannedResource<'a>> {
        let (same, places) = (self.get(kind), self.places.get(&without_keys(address)));
        let found = places.into_iter().flatten();
        found
            .filter_map(|place| same.get(*place))
            .filter(move |resource| resource.is_at(address))
    }
}
