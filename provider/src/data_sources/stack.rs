//! The data source `jiti_stack`: the current state of one stack, by name.

use stack::{Listing, StackName};
use tfplugin::{Context, DataSource, Failure, Result};

use super::known_ledger;
use super::listing_model::StackDataModel;
use crate::client::Client;

/// The data source.
pub(crate) struct StackDataSource {
    client: Client,
}

impl DataSource for StackDataSource {
    type Client = Client;
    type Model = StackDataModel;

    const NAME: &'static str = "jiti_stack";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn read(&self, context: &mut Context, config: StackDataModel) -> Result<StackDataModel> {
        let name = config.name.clone().expect_known("name")?;
        let name = StackName::new(name).map_err(|error| {
            Failure::new("Invalid stack name", crate::diag::sentence(&error)).at("name")
        })?;
        let Some(ledger) = known_ledger(&self.client, context)? else {
            return Ok(StackDataModel {
                name: config.name,
                ..StackDataModel::default()
            });
        };
        let lease = ledger
            .lease(&name)
            .await
            .map_err(|error| crate::diag::ledger(&error))?;
        match lease {
            Some(lease) => Ok(Listing::new(&lease, &self.client.view().await?).into()),
            None => Err(Failure::new(
                format!("The stack {name} does not exist"),
                format!(
                    "The ledger {} has no stack with this name. `jiti ls --all` lists its stacks.",
                    ledger.address()
                ),
            )
            .at("name")),
        }
    }
}
