//! The provider: its configuration, and the resources, data sources and functions that it
//! registers.

use std::path::Path;
use std::sync::Arc;

use aws::{DynamoAddress, DynamoLedger};
use stack::config::{LedgerAddress, PathSource};
use stack::{Ledger, SqliteLedger};
use tfplugin::{Context, Ending, Failure, Model, Provider, Registry, Result, Value};

use crate::client::{Client, ConfigPath};
use crate::data_sources::{StackDataSource, StacksDataSource};
use crate::diag;
use crate::functions::{DurationFunction, StackNameFunction, TagsFunction};
use crate::origin::Environment;
use crate::resources::{ReadinessResource, StackResource};

/// terraform-provider-jiti.
pub(crate) struct Jiti {
    environment: Environment,
}

/// Leases and readiness for just-in-time infrastructure: stacks that are created, versioned and
/// removed together with one version of an app.
///
/// `jiti_stack` puts a lease on a stack, and `jiti_readiness` measures when it is ready. Both write
/// events to a ledger, which the command line `jiti` also reads. No cloud account is needed.
#[derive(Clone, Debug, Model)]
pub(crate) struct JitiModel {
    /// The ledger: the path of a file, which is created if it does not exist, or the address of a
    /// shared ledger, `dynamodb://TABLE?region=REGION`. Default: `$JITI_LEDGER`, else
    /// `$XDG_DATA_HOME/jiti/ledger.db`.
    #[attribute(optional)]
    ledger: Value<String>,
    /// The path of the config file, which contains the policy. Default: `$JITI_CONFIG`, else
    /// `$XDG_CONFIG_HOME/jiti/config.toml` if it exists.
    #[attribute(optional)]
    config: Value<String>,
}

impl Jiti {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment }
    }

    fn ledger_address(&self, configured: Value<String>) -> Result<LedgerAddress> {
        let argument = known("ledger", configured)?;
        let address = self.environment.locations.ledger(argument.as_deref());
        address
            .map(|address| address.within(&self.environment.directory))
            .map_err(|error| {
                let detail = format!(
                    "{} Set `ledger` in the provider block, or JITI_LEDGER.",
                    diag::sentence(&error)
                );
                Failure::new("No ledger", detail).at("ledger")
            })
    }

    fn config_path(&self, configured: Value<String>) -> Result<Option<ConfigPath>> {
        let argument = known("config", configured)?;
        let found = self
            .environment
            .locations
            .config(argument.as_deref().map(Path::new));
        Ok(found.map(|found| {
            let path = self.environment.directory.join(found.path);
            match found.source {
                PathSource::Default => ConfigPath::Default(path),
                PathSource::Argument | PathSource::Variable => ConfigPath::Explicit(path),
            }
        }))
    }
}

/// Opens a ledger. This touches no file and makes no call before the first use.
fn open(address: &LedgerAddress) -> Result<Arc<dyn Ledger>> {
    match address {
        LedgerAddress::File(path) => Ok(Arc::new(SqliteLedger::at(path))),
        LedgerAddress::Shared { address, .. } => match DynamoAddress::parse(address) {
            Ok(address) => Ok(Arc::new(DynamoLedger::at(address))),
            Err(error) => {
                let detail = diag::sentence(&error);
                Err(Failure::new("Invalid ledger address", detail).at("ledger"))
            }
        },
    }
}

/// The value of an attribute; `None` if it is not set.
fn known(attribute: &str, value: Value<String>) -> Result<Option<String>> {
    match value {
        Value::Known(text) => Ok(Some(text)),
        Value::Null => Ok(None),
        Value::Unknown => Err(unknown(attribute)),
    }
}

fn unknown(attribute: &str) -> Failure {
    Failure::new(
        "Unknown provider configuration",
        format!(
            "`{attribute}` depends on a value that is known only during apply, but a plan needs it. \
             Use a value that is known during planning: a variable, a local or a constant."
        ),
    )
    .at(attribute)
}

impl Provider for Jiti {
    type Config = JitiModel;
    type Client = Client;

    async fn configure(&self, _context: &mut Context, config: JitiModel) -> Result<Client> {
        let address = self.ledger_address(config.ledger)?;
        let ledger = open(&address)?;
        let config = self.config_path(config.config)?;
        Ok(Client::new(
            self.environment.clone(),
            address,
            ledger,
            config,
        ))
    }

    fn register(registry: &mut Registry<Client>) {
        registry
            .resource::<StackResource>()
            .importable()
            .resource::<ReadinessResource>()
            .data_source::<StackDataSource>()
            .data_source::<StacksDataSource>()
            .function::<TagsFunction>()
            .function::<StackNameFunction>()
            .function::<DurationFunction>();
    }

    async fn shutdown(&self, client: &Client, ending: Ending) {
        // After an interrupted run, Terraform's state may lack the stacks that it registered. The
        // next plan whose state has them confirms them.
        if ending == Ending::Finished {
            client.confirm_registrations().await;
        }
    }
}
