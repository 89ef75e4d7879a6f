//! Invalid blocks.

use tfplugin::{Model, Value};

/// A firewall.
#[derive(Model)]
struct Firewall {
    #[block]
    how_many: Vec<Rule>,
    #[block(single, max = 2)]
    single: Option<Rule>,
    #[block(list, min = 3, max = 2)]
    list: Vec<Rule>,
    #[block(map, min = 1)]
    map: std::collections::BTreeMap<String, Rule>,
    #[block(list)]
    #[attribute(optional)]
    both: Vec<Rule>,
}

/// A rule.
#[derive(Model)]
struct Rule {
    /// A port.
    #[attribute(required)]
    port: Value<u16>,
}

fn main() {}
