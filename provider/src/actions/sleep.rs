//! The action `jiti_sleep`.

use tfplugin::{Action, Context, InvokeContext, Model, Result, Value};

use super::hold::check_until;
use super::jiti_command::{self, JitiCommand};
use super::stack_name;
use crate::client::Client;
use crate::resources::check_name;

/// Stops the compute of a stack and keeps the data, as `jiti sleep` does. The lease keeps running
/// while the stack sleeps.
///
/// The action runs the command line `jiti`, which has to be on `PATH` where Terraform runs, because
/// this provider itself calls no cloud. `jiti` reads the accounts from its config file. An action
/// needs Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
pub(crate) struct SleepModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
    /// When the reaper wakes the stack: a duration such as `12h`, counted from when the action is
    /// invoked, or a time such as `2026-03-02T06:00:00Z`. Default: only `jiti wake` wakes it.
    #[attribute(optional, validate = check_until)]
    until: Value<String>,
}

/// The action.
pub(crate) struct SleepAction {
    client: Client,
}

impl Action for SleepAction {
    type Client = Client;
    type Model = SleepModel;

    const NAME: &'static str = "jiti_sleep";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, _: &mut Context, _: SleepModel) -> Result<()> {
        jiti_command::check(&self.client)
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: SleepModel) -> Result<()> {
        let name = stack_name(config.name)?;
        let mut command = JitiCommand::of(&self.client)?.run("sleep", &name);
        if let Some(until) = config.until.known() {
            command = command.option("--until", &until);
        }
        command.follow(context).await
    }
}
