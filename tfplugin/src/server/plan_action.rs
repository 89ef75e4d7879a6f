//! `PlanAction`: checks at plan whether an action can be invoked.

use super::{Encoded, Server, catch_panic, diagnostics};
use crate::context::Context;
use crate::deferral::DeferralReason;
use crate::diag::{Diagnostic, Failure, Result};
use crate::provider::Provider;

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanActionResponse {
    pub(crate) deferral: Option<DeferralReason>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn plan_action(
        &self,
        type_name: &str,
        config: Encoded,
        deferral_allowed: bool,
    ) -> PlanActionResponse {
        let mut context = self.context();
        context.allow_deferrals(self.action_deferrals(deferral_allowed));
        let outcome = catch_panic(self.try_plan_action(&mut context, type_name, config)).await;
        // Terraform invokes the action when the unknown values are known.
        let failure = outcome.err().and_then(Failure::without_unknowns);
        PlanActionResponse {
            deferral: context.deferral(),
            diagnostics: diagnostics(context, failure),
        }
    }

    async fn try_plan_action(
        &self,
        context: &mut Context,
        type_name: &str,
        config: Encoded,
    ) -> Result<()> {
        let entry = self.action(type_name)?;
        let mut config = config.into_value(&entry.schema)?;
        entry.schema.block().fill_defaults(&mut config);
        (entry.calls.plan)(self.client()?, context, config).await
    }
}
