//! The provider: its configuration, and the resources, data sources, functions and actions that it
//! registers.

use std::path::Path;

use stack::config::PathSource;
use tfplugin::{Context, Ending, Failure, Model, Provider, Registry, Result, Value};

use crate::actions::{
    ExtendAction, HoldAction, SleepAction, TeardownAction, UnholdAction, WakeAction,
};
use crate::client::{Client, ConfigPath};
use crate::data_sources::{StackDataSource, StacksDataSource};
use crate::diag;
use crate::functions::{DurationFunction, StackNameFunction, TagsFunction};
use crate::ledger::OpenLedger;
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
///
/// An argument may depend on a value that is known only during apply. A plan then warns: it keeps
/// the state of the stacks, and the apply reads the ledger and checks the policy. Only a data
/// source or an import that the plan reads needs the ledger at plan.
#[derive(Clone, Debug, Model)]
pub(crate) struct JitiModel {
    /// The ledger: the path of a file, which is created if it does not exist, or the address of a
    /// shared ledger, `dynamodb://TABLE?region=REGION`. Default: `$JITI_LEDGER`, else
    /// `$XDG_DATA_HOME/jiti/ledger.db`.
    #[attribute(optional)]
    ledger: Value<String>,
    /// The path of the config file, which contains the policy, unless the ledger holds one.
    /// Default: `$JITI_CONFIG`, else `$XDG_CONFIG_HOME/jiti/config.toml` if it exists.
    #[attribute(optional)]
    config: Value<String>,
}

impl Jiti {
    pub(crate) fn new(environment: Environment) -> Self {
        Self { environment }
    }

    /// The ledger; `None` while its address is unknown.
    fn ledger(&self, configured: Value<String>) -> Result<Option<OpenLedger>> {
        if configured.is_unknown() {
            return Ok(None);
        }
        let address = self
            .environment
            .locations
            .ledger(configured.known().as_deref());
        let address = address.map_err(|error| {
            let detail = format!(
                "{}. Set `ledger` in the provider block, or JITI_LEDGER.",
                diag::sentence(&error).trim_end_matches('.')
            );
            Failure::new("No ledger", detail).at("ledger")
        })?;
        let ledger = OpenLedger::at(address.within(&self.environment.directory));
        let ledger = ledger.map_err(|error| {
            Failure::new("Invalid ledger address", diag::sentence(&error)).at("ledger")
        })?;
        Ok(Some(ledger))
    }

    fn config_path(&self, configured: Value<String>) -> ConfigPath {
        if configured.is_unknown() {
            return ConfigPath::Unknown;
        }
        let argument = configured.known();
        let locations = &self.environment.locations;
        let Some(found) = locations.config(argument.as_deref().map(Path::new)) else {
            return ConfigPath::None;
        };
        let path = self.environment.directory.join(found.path);
        match found.source {
            PathSource::Default => ConfigPath::Default(path),
            PathSource::Argument | PathSource::Variable => ConfigPath::Explicit(path),
        }
    }
}

/// Warns about each argument that is known only during apply, once per plan. Terraform configures
/// the provider again with the known values before it changes anything.
fn warn_about_unknown(context: &mut Context, config: &JitiModel) {
    if config.ledger.is_unknown() {
        context.warn_at(
            "ledger",
            "The ledger is unknown until apply",
            "`ledger` depends on a value that is known only during apply. This plan keeps the state \
             of the stacks, does not show what has happened to their leases since the last apply, \
             and does not check the policy, which the ledger may hold. Apply checks it. Use a value \
             that is known at plan: a variable, a local or a constant.",
        );
    }
    if config.config.is_unknown() {
        context.warn_at(
            "config",
            "The config file is unknown until apply",
            "`config` depends on a value that is known only during apply. Unless the ledger holds a \
             policy, this plan checks none, and apply does; data sources that this plan reads assume \
             that there is none. Use a value that is known at plan: a variable, a local or a \
             constant.",
        );
    }
}

impl Provider for Jiti {
    type Config = JitiModel;
    type Client = Client;

    /// Unknown values are no error: Terraform plans the configuration before it destroys, and
    /// nothing may block a destroy.
    async fn configure(&self, context: &mut Context, config: JitiModel) -> Result<Client> {
        warn_about_unknown(context, &config);
        let ledger = self.ledger(config.ledger)?;
        let config = self.config_path(config.config);
        Ok(Client::new(self.environment.clone(), ledger, config))
    }

    fn register(registry: &mut Registry<Client>) {
        registry
            .resource::<StackResource>()
            .importable()
            .identifiable()
            .listable()
            .resource::<ReadinessResource>()
            .data_source::<StackDataSource>()
            .data_source::<StacksDataSource>()
            .function::<TagsFunction>()
            .function::<StackNameFunction>()
            .function::<DurationFunction>()
            .action::<ExtendAction>()
            .action::<HoldAction>()
            .action::<UnholdAction>()
            .action::<SleepAction>()
            .action::<WakeAction>()
            .action::<TeardownAction>();
    }

    async fn shutdown(&self, client: &Client, ending: Ending) {
        // After an interrupted run, Terraform's state may lack the stacks that it registered. The
        // next plan whose state has them confirms them.
        if ending == Ending::Finished {
            client.confirm_registrations().await;
        }
        client.end_turns(ending).await;
    }
}
