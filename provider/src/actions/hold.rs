//! The action `jiti_hold`.

use stack::values::until::Until;
use tfplugin::{Action, Context, Failure, InvokeContext, Model, Result, Value};

use super::{failure, service, stack_name, warn_if_refused};
use crate::client::Client;
use crate::resources::check_name;

/// Keeps the reaper away from a stack until a stated time, as `jiti hold` does. Every hold ends
/// automatically.
///
/// If the hold would be longer than the policy's `max_hold`, the action fails and names the latest
/// time that is allowed. An action needs Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
pub(crate) struct HoldModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
    /// The end of the hold: a duration such as `6h`, counted from when the action is invoked, or a
    /// time such as `2026-03-02T18:00:00Z`.
    #[attribute(required, validate = check_until)]
    until: Value<String>,
    /// The reason, for the people who see the stack.
    #[attribute(required, validate = check_why)]
    why: Value<String>,
}

pub(super) fn check_until(text: &str) -> Result<(), String> {
    text.parse::<Until>().map(drop)
}

fn check_why(text: &str) -> Result<(), &'static str> {
    if text.trim().is_empty() {
        return Err("give a reason");
    }
    Ok(())
}

/// The end that a configuration writes.
fn until(until: Value<String>) -> Result<Until> {
    let until = until.expect_known("until")?;
    until
        .parse::<Until>()
        .map_err(|error| Failure::new("Invalid time", error).at("until"))
}

/// The action.
pub(crate) struct HoldAction {
    client: Client,
}

impl Action for HoldAction {
    type Client = Client;
    type Model = HoldModel;

    const NAME: &'static str = "jiti_hold";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, context: &mut Context, config: HoldModel) -> Result<()> {
        let (name, until) = (stack_name(config.name)?, until(config.until)?);
        warn_if_refused(context, &self.client, &name, |policy, _, now| {
            policy.hold(until.resolve(now), now)
        })
        .await
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: HoldModel) -> Result<()> {
        let name = stack_name(config.name)?;
        let why = config.why.expect_known("why")?;
        let service = service(&self.client, &name).await?;
        let until = until(config.until)?.resolve(service.now());
        context.progress(format!("holding {name} until {until}"));
        let held = service.leases().hold(&name, until, why.as_str()).await;
        held.map_err(|error| failure(&error, &name, "until"))?;
        context.progress(format!("{name} is held until {until}: {why}"));
        Ok(())
    }
}
