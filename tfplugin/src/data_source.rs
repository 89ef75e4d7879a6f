//! Data sources: what a provider looks up.

use std::future::Future;

use crate::context::Cx;
use crate::diag::Result;
use crate::model::Model;

/// A data source.
///
/// What the configuration gives is in the result as it was written: the SDK puts it there, so
/// `read` only fills in what is computed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data source",
    label = "needs an implementation of `tfplugin::DataSource`",
    note = "give it `type Client`, `type Model`, `NAME`, `new` and `read`"
)]
pub trait DataSource: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The block, as a struct.
    type Model: Model;

    /// The type name with the provider's prefix.
    const NAME: &'static str;

    /// The data source of a configured provider.
    fn new(client: Self::Client) -> Self;

    /// Checks a configuration as a whole; each attribute's own validators have run before.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn validate(cx: &mut Cx, config: &Self::Model) -> Result<()> {
        let _ = (cx, config);
        Ok(())
    }

    /// Looks it up. Every configured value is known here.
    ///
    /// # Errors
    /// Why it cannot be told, and that there is nothing to tell.
    fn read(
        &self,
        cx: &mut Cx,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;
}
