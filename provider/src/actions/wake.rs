//! The action `jiti_wake`.

use tfplugin::{Action, Context, InvokeContext, Model, Result, Value};

use super::jiti_command::{self, JitiCommand};
use super::stack_name;
use crate::client::Client;
use crate::resources::check_name;

/// Wakes a sleeping stack and restores every size, as `jiti wake` does. A new init starts: the
/// stack is ready again when its checks pass.
///
/// The action runs the command line `jiti`, which has to be on `PATH` where Terraform runs, because
/// this provider itself calls no cloud. `jiti` reads the accounts from its config file. An action
/// needs Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
pub(crate) struct WakeModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
}

/// The action.
pub(crate) struct WakeAction {
    client: Client,
}

impl Action for WakeAction {
    type Client = Client;
    type Model = WakeModel;

    const NAME: &'static str = "jiti_wake";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, _: &mut Context, _: WakeModel) -> Result<()> {
        jiti_command::check(&self.client)
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: WakeModel) -> Result<()> {
        let name = stack_name(config.name)?;
        let command = JitiCommand::of(&self.client)?.run("wake", &name);
        command.follow(context).await
    }
}
