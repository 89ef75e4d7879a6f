//! Move: taking over the state of another resource type with a `moved` block.

use crate::context::Context;
use crate::diag::Result;
use crate::resource::{Resource, StoredState};

/// A resource that can take over the state of other resource types.
///
/// Register it with [`movable`](crate::Registration::movable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take over the state of other resource types",
    label = "needs an implementation of `tfplugin::MoveFrom`",
    note = "`.movable()` needs `impl tfplugin::MoveFrom for {Self}`: add it, or remove the call"
)]
pub trait MoveFrom: Resource {
    /// Converts another type's state; `None` when moves from that type are not supported.
    ///
    /// # Errors
    /// If this state cannot be converted.
    fn move_from(context: &mut Context, source: MoveSource) -> Result<Option<Self::Model>>;
}

/// The state to move, and the resource type that stored it.
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// The address of the provider that stored it, such as `registry.terraform.io/hashicorp/null`.
    pub provider: String,
    /// The resource type that stored it, such as `null_resource`.
    pub type_name: String,
    /// The state, with the version of that type's schema.
    pub state: StoredState,
}
