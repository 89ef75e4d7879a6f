//! Data sources: objects that a provider reads but does not manage.

use std::future::Future;

use crate::context::Context;
use crate::diag::Result;
use crate::model::Model;

/// A data source.
///
/// `read` only fills in the computed attributes: the SDK copies the configured values into the
/// result as they were written.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a data source",
    label = "needs an implementation of `tfplugin::DataSource`",
    note = "implement `type Client`, `type Model`, `NAME`, `new` and `read`"
)]
pub trait DataSource: Sized + Send + Sync + 'static {
    /// The provider's client.
    type Client;

    /// The model of the configuration and the result.
    type Model: Model;

    /// The type name with the provider's prefix, such as `jiti_stacks`.
    const NAME: &'static str;

    /// Creates the data source with the client of the configured provider.
    fn new(client: Self::Client) -> Self;

    /// Validates a whole configuration, after the validators of its attributes.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate(context: &mut Context, config: &Self::Model) -> Result<()> {
        let _ = (context, config);
        Ok(())
    }

    /// Reads the data source. Every configured value is known.
    ///
    /// # Errors
    /// If the object cannot be read or does not exist.
    fn read(
        &self,
        context: &mut Context,
        config: Self::Model,
    ) -> impl Future<Output = Result<Self::Model>> + Send;
}
