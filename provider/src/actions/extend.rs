//! The action `jiti_extend`.

use stack::Span;
use tfplugin::{Action, Failure, InvokeContext, Model, Result, Value};

use super::{failure, service, stack_name};
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

    async fn invoke(&self, context: &mut InvokeContext<'_>, config: ExtendModel) -> Result<()> {
        let name = stack_name(config.name)?;
        let duration = config.duration.expect_known("duration")?;
        let duration: Span = duration.parse().map_err(|error| {
            let detail = diag::sentence::<stack::values::ttl::SpanError>(&error);
            Failure::new("Invalid duration", detail).at("duration")
        })?;
        let service = service(&self.client, &name).await?;
        context.progress(format!("extending {name} by {duration}"));
        let extended = service.leases().extend(&name, duration).await;
        let until = extended.map_err(|error| failure(&error, &name, "duration"))?;
        context.progress(format!("{name} expires at {until}"));
        Ok(())
    }
}
