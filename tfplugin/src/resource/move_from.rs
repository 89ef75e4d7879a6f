//! Move: taking over the state of another resource type with a `moved` block.

use std::fmt;

use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::diag::Result;
use crate::private::Private;
use crate::resource::{Resource, StoredState};

/// A resource that can take over the state of other resource types.
///
/// The state is what the other type stored. A value of a dynamic type is an object with its `value`
/// and its `type`, such as the `input` of a `terraform_data`. Terraform 1.8 and OpenTofu 1.10 and
/// later move between types. What was checked when an object of this type is created has not been
/// checked for a moved one.
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
#[derive(Clone)]
pub struct MoveSource {
    /// The address of the provider that stored it, such as `registry.terraform.io/hashicorp/null`.
    pub provider: String,
    /// The resource type that stored it, such as `null_resource`.
    pub type_name: String,
    /// The state, with the version of that type's schema.
    pub state: StoredState,
    pub(crate) private: Private,
}

impl MoveSource {
    /// Reads a value from the private data of the other type. To keep a value, set it in the
    /// [`Context`]. Values that another SDK stored may be unreadable.
    ///
    /// # Errors
    /// If the stored value is not a `T`.
    pub fn private<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        self.private.get(key)
    }
}

impl fmt::Debug for MoveSource {
    /// Prints no private data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MoveSource")
            .field("provider", &self.provider)
            .field("type_name", &self.type_name)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
