//! The provider trait: configuration, client and registration.

use std::future::{self, Future};

use crate::context::Context;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::plugin::Ending;
use crate::registry::Registry;
use crate::schema::Block;

/// A Terraform provider.
///
/// Terraform gets schemas, validates and calls functions without configuring the provider.
/// `configure` runs only before resources or data sources are used.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Terraform provider",
    label = "needs an implementation of `tfplugin::Provider`",
    note = "implement `type Config`, `type Client`, `configure` and `register`"
)]
pub trait Provider: Send + Sync + 'static {
    /// The model of the `provider` block. Use [`NoConfig`](crate::NoConfig) when there is nothing
    /// to configure.
    type Config: Model;

    /// The value that resources and data sources receive, such as an API client. It must be cheap
    /// to clone; usually it is an `Arc`.
    type Client: Clone + Send + Sync + 'static;

    /// Validates a configuration. There is no client, and values may be unknown.
    ///
    /// # Errors
    /// If the configuration is invalid.
    fn validate(context: &mut Context, config: &Self::Config) -> Result<()> {
        let _ = (context, config);
        Ok(())
    }

    /// Creates the client. Terraform calls this several times for one command, each time in a new
    /// process: keep it fast, and connect to the network later, when a call needs it.
    ///
    /// During a plan, values may be unknown, see [`Value`](crate::Value).
    ///
    /// # Errors
    /// If the client cannot be created. Terraform then stops.
    fn configure(
        &self,
        context: &mut Context,
        config: Self::Config,
    ) -> impl Future<Output = Result<Self::Client>> + Send;

    /// Registers the provider's resources, data sources, functions, actions and ephemeral
    /// resources.
    fn register(registry: &mut Registry<Self::Client>);

    /// Runs once before a configured process exits, whatever the reason.
    ///
    /// Terraform kills the process two seconds after it asks it to exit. A future that takes too
    /// long is dropped.
    fn shutdown(&self, client: &Self::Client, ending: Ending) -> impl Future<Output = ()> + Send {
        let _ = (client, ending);
        future::ready(())
    }
}

/// The model of a provider block without arguments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoConfig;

impl Model for NoConfig {
    fn block() -> Block {
        Block::default()
    }

    fn decode(_: Dynamic, _: &Path) -> Result<Self> {
        Ok(Self)
    }

    fn encode(self) -> Dynamic {
        Dynamic::Map(std::collections::BTreeMap::new())
    }
}
