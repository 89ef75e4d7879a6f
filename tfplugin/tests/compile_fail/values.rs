//! Defaults and functions that do not match the type of the field.

use tfplugin::{Model, Value};

/// A stack.
#[derive(Model)]
struct Stack {
    /// A default of another type.
    #[attribute(optional, default = true)]
    ttl: Value<String>,
    /// A default that is too large.
    #[attribute(optional, default = 70000)]
    port: Value<u16>,
    /// A validator of another type.
    #[attribute(optional, validate = positive)]
    name: Value<String>,
}

fn positive(number: &i64) -> Result<(), &'static str> {
    if *number > 0 { Ok(()) } else { Err("It is not positive.") }
}

fn main() {}
