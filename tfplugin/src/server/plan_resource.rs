//! `PlanResourceChange`: what apply would do.

use super::{Encoded, Server, guard, said};
use crate::consistency;
use crate::context::Cx;
use crate::diag::{Diagnostic, Failure, Result};
use crate::path::Path;
use crate::plan::{self, Planned, Proposal};
use crate::private::Private;
use crate::provider::Provider;
use crate::registry::Shapes;

use super::codec::storable;

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanRequest {
    pub(crate) type_name: String,
    pub(crate) prior: Encoded,
    pub(crate) proposed: Encoded,
    pub(crate) config: Encoded,
    pub(crate) private: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct PlanAnswer {
    pub(crate) planned: Option<Encoded>,
    pub(crate) requires_replace: Vec<Path>,
    pub(crate) private: Vec<u8>,
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl<P: Provider> Server<P> {
    pub(crate) async fn plan_resource(&self, request: PlanRequest) -> PlanAnswer {
        let private = Private::new(request.private.clone());
        let mut cx = self.cx().with_private(private);
        let outcome = guard(self.try_plan(&mut cx, request)).await;
        let (answer, failure) = match outcome {
            Ok(answer) => (answer, None),
            Err(failure) => (PlanAnswer::default(), Some(failure)),
        };
        PlanAnswer {
            private: cx.private_bytes(),
            diagnostics: said(cx, failure),
            ..answer
        }
    }

    async fn try_plan(&self, cx: &mut Cx, request: PlanRequest) -> Result<PlanAnswer> {
        let entry = self.resource(&request.type_name)?;
        let shapes: &Shapes = &entry.schema;
        let proposal = Proposal {
            config: request.config.shaped(shapes)?,
            prior: request.prior.shaped(shapes)?,
            proposed: request.proposed.shaped(shapes)?,
        };
        cx.set_config(proposal.config.clone());
        let mut plan = plan::plan(shapes, self.client()?, entry.calls.plan, cx, proposal).await?;
        if !plan.planned.is_null() {
            plan.planned = storable(shapes, plan.planned);
        }
        hold(shapes, &plan)?;
        Ok(PlanAnswer {
            planned: Some(Encoded::of(shapes, &plan.planned)?),
            requires_replace: plan.requires_replace.into_iter().collect(),
            ..PlanAnswer::default()
        })
    }
}

/// Holds the plan to Core's rules, where such checks are on.
fn hold(shapes: &Shapes, plan: &Planned) -> Result<()> {
    if !consistency::CHECKED {
        return Ok(());
    }
    let problems = consistency::check_plan(shapes, &plan.config, &plan.prior, &plan.planned);
    Failure::from_diagnostics(problems).map_or(Ok(()), Err)
}
