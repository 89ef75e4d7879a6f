//! Import: taking over what exists already.

use std::future::Future;

use crate::context::Cx;
use crate::diag::Result;
use crate::resource::Resource;

/// A resource that `terraform import` and `import` blocks can take over.
///
/// Registered with [`importable`](crate::registry::Registration::importable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be imported",
    label = "needs an implementation of `tfplugin::Import`",
    note = "`.importable()` promises `impl tfplugin::Import for {Self}`: write it, or drop the promise"
)]
pub trait Import: Resource {
    /// The model of what has this id.
    ///
    /// It needs no more than what `read` needs to find it: Terraform reads it next, and says that
    /// nothing is there when `read` returns `None`.
    ///
    /// # Errors
    /// What is wrong with the id.
    fn import(&self, cx: &mut Cx, id: String) -> impl Future<Output = Result<Self::Model>> + Send;
}
