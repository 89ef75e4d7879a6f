//! Who sets an attribute, and what follows from it.

use tfplugin::{Model, Value};

/// A stack.
#[derive(Model)]
struct Stack {
    /// Nothing said at all.
    nothing: Value<String>,
    /// No mode.
    #[attribute(sensitive)]
    no_mode: Value<String>,
    /// Both.
    #[attribute(required, optional)]
    both: Value<String>,
    /// Set by whom?
    #[attribute(required, computed)]
    by_whom: Value<String>,
    /// A default that is never used.
    #[attribute(required, default = "8h")]
    never_used: Value<String>,
    /// A default of the provider's own.
    #[attribute(computed, default = "8h")]
    own: Value<String>,
    /// A secret that would be stored.
    #[attribute(optional computed, write_only)]
    stored: Value<String>,
    /// A value that is not the provider's to keep.
    #[attribute(optional, keep)]
    kept: Value<String>,
    /// A replacement that nobody asks for.
    #[attribute(computed, requires_replace)]
    replaced: Value<String>,
    /// A word that is none.
    #[attribute(optional, requires_new)]
    none: Value<String>,
    /// Twice.
    #[attribute(optional, optional)]
    twice: Value<String>,
    #[attribute(optional)]
    undocumented: Value<String>,
}

fn main() {}
