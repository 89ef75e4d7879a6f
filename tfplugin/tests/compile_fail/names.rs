//! Names that Terraform cannot take, or keeps for itself.

use tfplugin::{Model, Value};

/// A stack.
#[derive(Model)]
struct Stack {
    /// Reserved in resources.
    #[attribute(optional)]
    count: Value<u64>,
    /// Reserved under a name that is given.
    #[attribute(optional, name = "for_each")]
    each: Value<u64>,
    /// Not a name.
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
