//! The data source `jiti_stack`: one stack by name, as it is now.

use stack::{Listing, StackName};
use tfplugin::{Context, DataSource, Failure, Path, Result};

use super::listing_model::LookupModel;
use crate::client::Client;

/// The data source.
pub(crate) struct StackLookup {
    client: Client,
}

impl DataSource for StackLookup {
    type Client = Client;
    type Model = LookupModel;

    const NAME: &'static str = "jiti_stack";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn read(&self, _context: &mut Context, config: LookupModel) -> Result<LookupModel> {
        let path = Path::new("name");
        let name = config.name.expect_known(&path)?;
        let name = StackName::new(name).map_err(|error| {
            Failure::new("This is no stack's name", error.to_string()).at("name")
        })?;
        let lease = self
            .client
            .lease(&name)
            .await
            .map_err(|error| crate::diag::ledger(&error))?;
        match lease {
            Some(lease) => Ok(Listing::new(&lease, &self.client.view().await?).into()),
            None => Err(Failure::new(
                format!("There is no stack {name}"),
                format!(
                    "The ledger {} knows no stack of this name. `jiti ls --all` lists those that it knows.",
                    self.client.ledger_path().display()
                ),
            )
            .at("name")),
        }
    }
}
