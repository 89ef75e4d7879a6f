//! Types that cannot be models.

use tfplugin::{Model, Value};

#[derive(Model)]
enum Choice {
    One,
}

#[derive(Model)]
struct Tuple(Value<String>);

#[derive(Model)]
struct Generic<T> {
    /// Of any type.
    #[attribute(optional)]
    value: Value<T>,
}

fn main() {}
