//! Invalid and reserved names.

use tfplugin::{Model, Value};

/// A stack.
#[derive(Model)]
struct Stack {
    /// Reserved in resources.
    #[attribute(optional)]
    count: Value<u64>,
    /// Reserved in `name = "…"`.
    #[attribute(optional, name = "for_each")]
    each: Value<u64>,
    /// Invalid.
    #[attribute(optional, name = "cost-center")]
    cost_center: Value<u64>,
    /// The first of two.
    #[attribute(optional)]
    name: Value<String>,
    /// The second of two.
    #[attribute(optional, name = "name")]
    label: Value<String>,
}

/// A provider's configuration.
#[derive(Model)]
#[model(provider)]
struct Config {
    /// Reserved in providers.
    #[attribute(optional)]
    alias: Value<String>,
}

fn main() {}
