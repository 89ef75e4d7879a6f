//! Invalid modes and options of attributes.

use tfplugin::{Model, Secret, Value};

/// A stack.
#[derive(Model)]
struct Stack {
    /// Neither attribute nor block.
    nothing: Value<String>,
    /// No mode.
    #[attribute(sensitive)]
    no_mode: Value<String>,
    /// Both.
    #[attribute(required, optional)]
    both: Value<String>,
    /// Required and computed.
    #[attribute(required, computed)]
    by_whom: Value<String>,
    /// A default of a required attribute.
    #[attribute(required, default = "8h")]
    never_used: Value<String>,
    /// A default of a computed attribute.
    #[attribute(computed, default = "8h")]
    own: Value<String>,
    /// A computed secret.
    #[attribute(optional computed, write_only)]
    stored: Value<String>,
    /// A required attribute with keep.
    #[attribute(optional, keep)]
    kept: Value<String>,
    /// A computed attribute with replacement.
    #[attribute(computed, requires_replace)]
    replaced: Value<String>,
    /// An unknown option.
    #[attribute(optional, requires_new)]
    none: Value<String>,
    /// The same option twice.
    #[attribute(optional, optional)]
    twice: Value<String>,
    #[attribute(optional)]
    undocumented: Value<String>,
    /// A version of a stored attribute.
    #[attribute(optional, versioned_by = "twice")]
    compared: Value<String>,
}

/// A stack with a version that the model does not have.
#[derive(Model)]
struct Missing {
    /// A secret.
    #[attribute(optional, write_only, versioned_by = "secret_version")]
    secret: Value<Secret<String>>,
}

/// A stack with a version that the provider sets.
#[derive(Model)]
struct Computed {
    /// A secret.
    #[attribute(optional, write_only, versioned_by = "secret_version")]
    secret: Value<Secret<String>>,
    /// Its version.
    #[attribute(optional computed)]
    secret_version: Value<u64>,
}

fn main() {}
