//! `PlanResourceChange`: plans a create, update or delete.

use super::{ClientOptions, Encoded, Server, catch_panic, diagnostics};
use crate::consistency;
use crate::context::Context;
use crate::deferral::DeferralReason;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::plan::{self, Planned, Proposal};
use crate::private::Private;
use crate::provider::Provider;
use crate::schema::PreparedSchema;

use super::codec::normalise_state;

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanRequest {
    pub(crate) type_name: String,
    pub(crate) prior: Encoded,
    pub(crate) proposed: Encoded,
    pub(crate) config: Encoded,
    pub(crate) private: Vec<u8>,
    /// Empty from Terraform before 1.12.
    pub(crate) identity: Encoded,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanResponse {
    pub(crate) planned: Option<Encoded>,
    pub(crate) identity: Option<Encoded>,
    pub(crate) requires_replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) deferral: Option<DeferralReason>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn plan_resource(
        &self,
        request: PlanRequest,
        options: ClientOptions,
    ) -> PlanResponse {
        let deferral_allowed = options.deferral_allowed;
        let private = Private::new(request.private.clone());
        let mut context = self.context_with(options).with_private(private);
        let planned = self.try_plan(&mut context, request, deferral_allowed);
        let outcome = catch_panic(planned).await;
        let (response, failure) = match outcome {
            Ok(response) => (response, None),
            Err(failure) => (PlanResponse::default(), Some(failure)),
        };
        PlanResponse {
            private: context.private_bytes(),
            deferral: context.deferral().filter(|_| failure.is_none()),
            diagnostics: diagnostics(context, failure),
            ..response
        }
    }

    async fn try_plan(
        &self,
        context: &mut Context,
        request: PlanRequest,
        deferral_allowed: bool,
    ) -> Result<PlanResponse> {
        let entry = self.resource(&request.type_name)?;
        let schema: &PreparedSchema = &entry.schema;
        let proposal = Proposal {
            config: request.config.into_value(schema)?,
            prior: request.prior.into_value(schema)?,
            proposed: request.proposed.into_value(schema)?,
        };
        context.allow_deferrals(self.resource_deferrals(deferral_allowed, &proposal.config));
        let mut plan =
            plan::plan(schema, self.client()?, entry.calls.plan, context, proposal).await?;
        if !plan.planned.is_null() {
            plan.planned = normalise_state(schema, plan.planned);
        }
        check_consistency(schema, &plan)?;
        let identity = self.identity_in_plan(entry, &request.identity, &plan)?;
        Ok(PlanResponse {
            identity,
            planned: Some(Encoded::from_value(schema, &plan.planned)?),
            requires_replace: plan.requires_replace.into_iter().collect(),
            ..PlanResponse::default()
        })
    }
}

/// Checks the plan against Core's rules, in builds where the checks are on.
fn check_consistency(schema: &PreparedSchema, plan: &Planned) -> Result<()> {
    if !consistency::CHECKED {
        return Ok(());
    }
    let problems = consistency::check_plan(schema, &plan.config, &plan.prior, &plan.planned);
    Failure::from_diagnostics(problems).map_or(Ok(()), Err)
}
