//! Fields with invalid types.

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
    /// Not an element.
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
