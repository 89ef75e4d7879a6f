//! The action `jiti_extend`.

use stack::Span;
use tfplugin::{Action, Context, Failure, InvokeContext, Model, Result, Value};

use super::{failure, service, stack_name, warn_if_refused};
use crate::client::Client;
use crate::diag;
use crate::resources::{check_name, check_span};

/// Extends the lease of a stack, as `jiti extend` does. The new expiry is counted from the later of
/// now and the current expiry.
///
/// Past the policy's `max_ttl`, the action fails and names the latest time that is allowed. An
/// extension never appears as a change in a plan. An action needs Terraform 1.14 or later.
#[derive(Clone, Debug, Model)]
pub(crate) struct ExtendModel {
    /// The name of the stack.
    #[attribute(required, validate = check_name)]
    name: Value<String>,
    /// The duration to add: `90m`, `8h`, `1d12h` (units s, m, h, d, w).
    #[attribute(required, validate = check_span)]
    duration: Value<String>,
}

/// The duration that a configuration writes.
fn duration(duration: Value<String>) -> Result<Span> {
    let duration = duration.expect_known("duration")?;
    duration.parse().map_err(|error| {
        let detail = diag::sentence::<stack::values::ttl::SpanError>(&error);
        Failure::new("Invalid duration", detail).at("duration")
    })
}

/// The action.
pub(crate) struct ExtendAction {
    client: Client,
}

impl Action for ExtendAction {
    type Client = Client;
    type Model = ExtendModel;

    const NAME: &'static str = "jiti_extend";

    fn new(client: Client) -> Self {
        Self { client }
    }

    async fn plan(&self, context: &mut Context, config: ExtendModel) -> Result<()> {
        let (name, duration) = (stack_name(config.name)?, duration(config.duration)?);
        warn_if_refused(context, &self.client, &name, |policy, lease, now| {
            policy.extend(lease, duration, now)
        })
        .await
    }

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: ExtendModel) -> Result<()> {
        let (name, duration) = (stack_name(config.name)?, duration(config.duration)?);
        let service = service(&self.client, &name).await?;
        context.progress(format!("extending {name} by {duration}"));
        let extended = service.leases().extend(&name, duration).await;
        let until = extended.map_err(|error| failure(&error, &name, "duration"))?;
        context.progress(format!("{name} expires at {until}"));
        Ok(())
    }
}
