//! The provider: its configuration, the client it makes of it, and what it offers.

use std::future::{self, Future};

use crate::context::Cx;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::model::Model;
use crate::path::Path;
use crate::plugin::Ending;
use crate::registry::Registry;
use crate::schema::Block;

/// A provider: everything that Terraform asks of a plugin begins here.
///
/// A process answers schemas, validation and functions without being configured; `configure` runs
/// only where resources or data sources are about to be used.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a Terraform provider",
    label = "needs an implementation of `tfplugin::Provider`",
    note = "give it `type Config`, `type Client`, `configure` and `register`"
)]
pub trait Provider: Send + Sync + 'static {
    /// The `provider` block. [`NoConfig`](crate::NoConfig) when there is nothing to configure.
    type Config: Model;

    /// What resources and data sources work with: cheap to clone, usually an `Arc`.
    type Client: Clone + Send + Sync + 'static;

    /// Checks a configuration. No client, no network: values may be unknown.
    ///
    /// # Errors
    /// What is wrong with the configuration.
    fn validate(cx: &mut Cx, config: &Self::Config) -> Result<()> {
        let _ = (cx, config);
        Ok(())
    }

    /// Makes the client. Terraform calls this several times for one command, each time in a new
    /// process: keep it quick and reach for the network when it is needed, not here.
    ///
    /// During a plan, values may be unknown, see [`Value`](crate::Value).
    ///
    /// # Errors
    /// Why there can be no client. Terraform then stops.
    fn configure(
        &self,
        cx: &mut Cx,
        config: Self::Config,
    ) -> impl Future<Output = Result<Self::Client>> + Send;

    /// Names everything that the provider offers.
    fn register(registry: &mut Registry<Self::Client>);

    /// Says goodbye: called once, when a process that was configured ends, however that came about.
    ///
    /// Terraform kills the process two seconds after asking, so the time is bounded; a future that
    /// takes longer is dropped.
    fn shutdown(&self, client: &Self::Client, ending: Ending) -> impl Future<Output = ()> + Send {
        let _ = (client, ending);
        future::ready(())
    }
}

/// The configuration of a provider that has none.
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
