//! Move: taking over the state of another resource type, with a `moved` block.

use crate::context::Cx;
use crate::diag::Result;
use crate::resource::{Prior, Resource};

/// A resource that takes over the state of other types.
///
/// Registered with [`movable`](crate::registry::Registration::movable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot take over the state of other resource types",
    label = "needs an implementation of `tfplugin::MoveFrom`",
    note = "`.movable()` promises `impl tfplugin::MoveFrom for {Self}`: write it, or drop the promise"
)]
pub trait MoveFrom: Resource {
    /// The model of another type's state; `None` when this type does not take over from that one.
    ///
    /// # Errors
    /// Why this state cannot be taken over.
    fn move_from(cx: &mut Cx, source: MoveSource) -> Result<Option<Self::Model>>;
}

/// What is to be moved.
#[derive(Clone, Debug)]
pub struct MoveSource {
    /// The provider it comes from, such as `registry.terraform.io/hashicorp/null`.
    pub provider: String,
    /// The type it has there, such as `null_resource`.
    pub type_name: String,
    /// Its state and the version of that type's schema.
    pub state: Prior,
}
