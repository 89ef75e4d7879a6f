//! The action `jiti_unhold`.

use tfplugin::{Action, InvokeContext, Model, Result, Value};

use super::{failure, service, stack_name};
use crate::client::Client;
use crate::resources::check_name;

/// Ends a hold early, as `jiti unhold` does. It does nothing to a stack that is not held.
///
/// An action needs Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
pub(crate) struct UnholdModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
}

/// The action.
pub(crate) struct UnholdAction {
    client: Client,
}

impl Action for UnholdAction {
    type Client = Client;
    type Model = UnholdModel;

    const NAME: &'static str = "jiti_unhold";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: UnholdModel) -> Result<()> {
        let name = stack_name(config.name)?;
        let service = service(&self.client, &name).await?;
        let before = service.leases().lease(&name).await;
        let before = before.map_err(|error| failure(&error, &name, "name"))?;
        let is_held = before.is_some_and(|lease| lease.at(service.now()).hold_until.is_some());
        context.progress(format!("ending the hold of {name}"));
        let unheld = service.leases().unhold(&name).await;
        unheld.map_err(|error| failure(&error, &name, "name"))?;
        context.progress(match is_held {
            true => format!("{name} is no longer held"),
            false => format!("{name} was not held"),
        });
        Ok(())
    }
}
