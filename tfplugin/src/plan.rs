//! How a plan is made, in the order that Terraform Core relies on.
//!
//! 1. [`defaults`]: what the configuration leaves out gets its default.
//! 2. [`write_only`]: values that may not be stored become null.
//! 3. [`unknown`]: if anything differs by now, computed values are for apply to decide.
//! 4. [`modifiers`]: attributes keep their prior value, or ask for a replacement.
//! 5. The author's own plan.
//! 6. If only the author made a difference, 3 and 4 once more for what the author left alone.
//! 7. What requires replacement is reduced to what does change; without any difference the plan
//!    is the prior state.
//!
//! A destroy skips everything but the author's plan, and stays null.

mod defaults;
mod modifiers;
pub(crate) mod place;
mod unknown;
mod write_only;

pub(crate) use write_only::clear_in as without_write_only;

use std::collections::BTreeSet;

use crate::context::Cx;
use crate::diag::Result;
use crate::dynamic::Dynamic;
use crate::erased::PlanFn;
use crate::path::Path;
use crate::registry::Shapes;
use crate::resource::Draft;
use crate::schema::{Beside, Spot};

/// What Terraform asks to be planned.
pub(crate) struct Proposal {
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) proposed: Dynamic,
}

/// What the steps made of it.
pub(crate) struct Planned {
    pub(crate) config: Dynamic,
    pub(crate) prior: Dynamic,
    pub(crate) planned: Dynamic,
    pub(crate) requires_replace: BTreeSet<Path>,
}

/// Plans.
pub(crate) async fn plan<C>(
    shapes: &Shapes,
    client: C,
    author: PlanFn<C>,
    cx: &mut Cx,
    proposal: Proposal,
) -> Result<Planned> {
    let mut draft = Draft {
        shapes: shapes.clone(),
        config: proposal.config,
        prior: proposal.prior,
        planned: proposal.proposed,
        decided: BTreeSet::new(),
        replace: BTreeSet::new(),
        mistakes: Vec::new(),
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

    let outcome = author(client, cx, &mut draft).await;
    let mistakes = crate::diag::Failure::from_diagnostics(std::mem::take(&mut draft.mistakes));
    match (outcome, mistakes) {
        (Ok(()), None) => {}
        (Err(failure), None) | (Ok(()), Some(failure)) => return Err(failure),
        (Err(failure), Some(mistakes)) => return Err(failure.and(mistakes)),
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
    let requires_replace = modifiers::effective(&draft);
    Ok(Planned {
        config: draft.config,
        prior: draft.prior,
        planned: draft.planned,
        requires_replace,
    })
}

impl Draft {
    fn differs(&self) -> bool {
        !self.prior.same_as(&self.planned, &self.shapes.ty)
    }

    /// Visits every attribute of the plan that is not inside a value which the configuration
    /// leaves to the provider as a whole, and that the author has not decided.
    fn visit(&mut self, mut visit: impl FnMut(Spot<'_>, &mut Dynamic, Beside<'_>)) {
        let mut planned = std::mem::take(&mut self.planned);
        let beside = Beside {
            config: &self.config,
            prior: &self.prior,
        };
        let decided = &self.decided;
        let mut left_out: Option<Path> = None;
        self.shapes.schema.block.walk_together(
            &mut planned,
            beside,
            &mut |spot: Spot<'_>, value, beside| {
                if left_out.as_ref().is_some_and(|outer| inside(&spot, outer)) {
                    return;
                }
                let whole = spot.attribute.nested().is_some() && beside.config.is_null();
                left_out = whole.then(|| spot.path.clone());
                if !decided.iter().any(|path| touches(path, spot.path)) {
                    visit(spot, value, beside);
                }
            },
        );
        self.planned = planned;
    }
}

/// Whether the attribute is a part of the value at `outer`.
fn inside(spot: &Spot<'_>, outer: &Path) -> bool {
    let (steps, outer) = (spot.path.steps(), outer.steps());
    steps.starts_with(outer) && (spot.in_set || steps.len() > outer.len())
}

/// Whether one path leads to the other, or into it.
fn touches(one: &Path, other: &Path) -> bool {
    one.steps().starts_with(other.steps()) || other.steps().starts_with(one.steps())
}
