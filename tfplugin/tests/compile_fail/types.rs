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

/// A stack.
#[derive(Model)]
struct Optional {
    /// An option, with advice that compiles.
    #[attribute(optional)]
    ttl: Option<String>,
    /// An option of a value.
    #[attribute(optional)]
    name: Option<Value<String>>,
    /// A value of an option.
    #[attribute(optional)]
    kind: Value<Option<String>>,
    /// Options in a list.
    #[attribute(optional)]
    tags: Value<Vec<Option<String>>>,
}

/// A stack.
#[derive(Model)]
struct Exposed {
    /// A secret that `Debug` would print.
    #[attribute(optional, sensitive)]
    password: Value<String>,
}

fn main() {}
