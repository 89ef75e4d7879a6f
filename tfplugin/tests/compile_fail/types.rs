//! Fields whose type is not that of an attribute or a block.

use std::time::Duration;

use tfplugin::{Model, Value};

/// A stack.
#[derive(Model)]
struct Bare {
    /// Neither null nor unknown.
    #[attribute(required)]
    name: String,
}

/// A stack.
#[derive(Model)]
struct Foreign {
    /// No element.
    #[attribute(required)]
    ttl: Value<Duration>,
}

/// A stack.
#[derive(Model)]
struct Single {
    #[block(single)]
    rule: Vec<Bare>,
}

fn main() {}
