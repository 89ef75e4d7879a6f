//! The provider: its configuration, and the list of what it offers.

use std::path::PathBuf;

use tfplugin::{Context, Ending, Failure, Model, Provider, Registry, Result, Value};

use crate::client::{Client, ConfigPath};
use crate::data_sources::{StackLookup, StacksLookup};
use crate::functions::{Duration, Name, Tags};
use crate::origin::Environment;
use crate::resources::{Readiness, Stack};

/// terraform-provider-jiti.
pub(crate) struct Jiti {
    environment: Environment,
}

/// Leases and readiness for just-in-time infrastructure: stacks that are created, versioned and removed with one
/// version of one app.
///
/// `jiti_stack` puts a lease on a stack, `jiti_readiness` measures when it is ready. Both write events into a
/// ledger, which the command line `jiti` reads too. No cloud account is needed.
#[derive(Clone, Debug, Model)]
pub(crate) struct JitiModel {
    /// The ledger: the path of a file, created when it is not there. Default: `$JITI_LEDGER`, else
    /// `$XDG_DATA_HOME/jiti/ledger.db`.
    #[attribute(optional)]
    ledger: Value<String>,
    /// The config file, which holds the policy. Default: `$JITI_CONFIG`, else
    /// `$XDG_CONFIG_HOME/jiti/config.toml` where there is one.
    #[attribute(optional)]
    config: Value<String>,
}

impl Jiti {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment }
    }

    fn ledger_path(&self, written: Value<String>) -> Result<PathBuf> {
        let named = match written {
            Value::Known(text) => Some(text),
            Value::Null => self.environment.ledger.clone(),
            Value::Unknown => {
                return Err(unknown("ledger"));
            }
        };
        let path = match named {
            Some(text) if text.contains("://") => {
                return Err(Failure::new(
                    "This ledger is not supported",
                    format!("{text:?} is an address. This version keeps its ledger in a file: give the path of one."),
                )
                .at("ledger"));
            }
            Some(text) => PathBuf::from(text),
            None => match &self.environment.data_home {
                Some(folder) => folder.join("jiti/ledger.db"),
                None => {
                    return Err(Failure::new(
                        "There is no place for the ledger",
                        "Neither HOME nor XDG_DATA_HOME is set. Set `ledger` in the provider block, or JITI_LEDGER.",
                    )
                    .at("ledger"));
                }
            },
        };
        Ok(self.environment.directory.join(path))
    }

    fn config_path(&self, written: Value<String>) -> Result<Option<ConfigPath>> {
        let named = match written {
            Value::Known(text) => Some(PathBuf::from(text)),
            Value::Null => self.environment.config.clone(),
            Value::Unknown => return Err(unknown("config")),
        };
        Ok(match named {
            Some(path) => Some(ConfigPath::Named(self.environment.directory.join(path))),
            None => self
                .environment
                .config_home
                .as_ref()
                .map(|folder| ConfigPath::Usual(folder.join("jiti/config.toml"))),
        })
    }
}

fn unknown(attribute: &str) -> Failure {
    Failure::new(
        "The provider's configuration is not known yet",
        format!(
            "`{attribute}` depends on something that only apply will decide, but plans need it. \
             Give it a value that is known at plan: a variable, a local or a constant."
        ),
    )
    .at(attribute)
}

impl Provider for Jiti {
    type Config = JitiModel;
    type Client = Client;

    async fn configure(&self, _context: &mut Context, config: JitiModel) -> Result<Client> {
        let ledger = self.ledger_path(config.ledger)?;
        let config = self.config_path(config.config)?;
        Ok(Client::new(self.environment.clone(), ledger, config))
    }

    fn register(registry: &mut Registry<Client>) {
        let _ = registry.resource::<Stack>().importable();
        let _ = registry.resource::<Readiness>();
        registry
            .data_source::<StackLookup>()
            .data_source::<StacksLookup>();
        registry
            .function::<Tags>()
            .function::<Name>()
            .function::<Duration>();
    }

    async fn shutdown(&self, client: &Client, ending: Ending) {
        // What an interrupted run registered may not be in any state: the next plan that finds it there says so.
        if ending == Ending::Finished {
            client.finish().await;
        }
    }
}
