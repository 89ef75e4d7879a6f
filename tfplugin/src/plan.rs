//! Planning, in the order that Terraform Core relies on.
//!
//! 1. [`defaults`]: attributes without a configured value get their default.
//! 2. [`write_only`]: write-only values become null.
//! 3. [`unknown`]: if the plan differs from the prior state, computed values become unknown.
//! 4. [`modifiers`]: attributes keep their prior value or require replacement.
//! 5. The resource's own `plan` runs.
//! 6. If only the resource's `plan` made a difference, steps 3 and 4 run again for the attributes
//!    that it did not set.
//! 7. Only attributes that change still require replacement. Without any difference, the plan
//!    becomes the prior state.
//!
//! A destroy runs step 5 only and stays null.

mod defaults;
mod modifiers;
mod unknown;
mod write_only;

pub(crate) use write_only::clear_in as without_write_only;

use std::collections::BTreeSet;

use crate::context::Context;
use crate::diag::{Failure, Result};
use crate::dispatch::PlanFn;
use crate::dynamic::Dynamic;
use crate::path::Path;
use crate::resource::Draft;
use crate::schema::PreparedSchema;
use crate::schema::{AttributePosition, Counterparts};

/// The input of a plan: the configuration, the prior state and Core's proposal.
pub(crate) struct Proposal {
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) proposed: Dynamic,
}

/// The result of a plan.
pub(crate) struct Planned {
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) planned: Dynamic,
    pub(crate) requires_replace: BTreeSet<Path>,
}

/// Runs the planning steps.
pub(crate) async fn plan<C>(
    schema: &PreparedSchema,
    client: C,
    plan_resource: PlanFn<C>,
    context: &mut Context,
    proposal: Proposal,
) -> Result<Planned> {
    let mut draft = Draft {
        schema: schema.clone(),
        config: proposal.config,
        prior: proposal.prior,
        planned: proposal.proposed,
        set_by_resource: BTreeSet::new(),
        replace: BTreeSet::new(),
        errors: Vec::new(),
    };
    let destroys = draft.planned.is_null();
    let mut differs = false;
    if !destroys {
        defaults::fill(&mut draft);
        write_only::clear(&mut draft);
        differs = draft.differs();
        if differs {
            unknown::mark(&mut draft);
            modifiers::apply(&mut draft);
        }
    }

    let outcome = match plan_resource(client, context, &mut draft).await {
        // The resource cannot decide yet. Terraform plans again when every value is known.
        Err(failure) if !draft.config.is_wholly_known() => {
            failure.without_unknowns().map_or(Ok(()), Err)
        }
        outcome => outcome,
    };
    let errors = Failure::from_diagnostics(std::mem::take(&mut draft.errors));
    match (outcome, errors) {
        (Ok(()), None) => {}
        (Err(failure), None) | (Ok(()), Some(failure)) => return Err(failure),
        (Err(failure), Some(errors)) => return Err(failure.and(errors)),
    }

    if !destroys {
        write_only::clear(&mut draft);
        if !differs && draft.differs() {
            unknown::mark(&mut draft);
            modifiers::apply(&mut draft);
        }
        if !draft.differs() {
            draft.planned = draft.prior.clone();
        }
    }
    let requires_replace = modifiers::effective_replacements(&draft);
    Ok(Planned {
        config: draft.config,
        prior: draft.prior,
        planned: draft.planned,
        requires_replace,
    })
}

impl Draft {
    fn differs(&self) -> bool {
        !self.prior.same_as(&self.planned, &self.schema.value_type)
    }

    /// Visits the planned attributes that the resource's `plan` has not set. Skips the attributes
    /// inside a nested attribute that the configuration leaves out as a whole.
    fn visit(
        &mut self,
        mut visit: impl FnMut(AttributePosition<'_>, &mut Dynamic, Counterparts<'_>),
    ) {
        let mut planned = std::mem::take(&mut self.planned);
        let counterparts = Counterparts {
            config: &self.config,
            prior: &self.prior,
        };
        let set_by_resource = &self.set_by_resource;
        let mut omitted: Option<Path> = None;
        self.schema.block().walk_correlated(
            &mut planned,
            counterparts,
            &mut |position: AttributePosition<'_>, value, counterparts| {
                if omitted
                    .as_ref()
                    .is_some_and(|outer| is_inside(&position, outer))
                {
                    return;
                }
                let is_omitted =
                    position.attribute.nested().is_some() && counterparts.config.is_null();
                omitted = is_omitted.then(|| position.path.clone());
                if !set_by_resource
                    .iter()
                    .any(|path| overlaps(path, position.path))
                {
                    visit(position, value, counterparts);
                }
            },
        );
        self.planned = planned;
    }
}

/// Whether the attribute is inside the value at `outer`.
fn is_inside(position: &AttributePosition<'_>, outer: &Path) -> bool {
    let (steps, outer) = (position.path.steps(), outer.steps());
    steps.starts_with(outer) && (position.in_set || steps.len() > outer.len())
}

/// Whether the paths are equal or one leads into the other.
fn overlaps(left: &Path, right: &Path) -> bool {
    left.starts_with(right) || right.starts_with(left)
}
