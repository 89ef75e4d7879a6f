//! Import: taking over an object that already exists.

use std::future::Future;

use crate::context::Context;
use crate::diag::Result;
use crate::resource::Resource;

/// A resource that `terraform import` and `import` blocks can take over.
///
/// Register it with [`importable`](crate::Registration::importable).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be imported",
    label = "needs an implementation of `tfplugin::Import`",
    note = "`.importable()` needs `impl tfplugin::Import for {Self}`: add it, or remove the call"
)]
pub trait Import: Resource {
    /// The model of the object with this id.
    ///
    /// Set only the attributes that `read` needs to find the object: Terraform reads it next. When
    /// `read` returns `None`, Terraform reports that the object does not exist. With
    /// `#[derive(Default)]` on the model, the others are null:
    ///
    /// ```ignore
    /// Ok(Note { path: id.into(), ..Default::default() })
    /// ```
    ///
    /// # Errors
    /// If the id is invalid.
    fn import(
        &self,
        context: &mut Context,
        id: String,
    ) -> impl Future<Output = Result<Self::Model>> + Send;
}
