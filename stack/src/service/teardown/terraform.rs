//! Teardown through Terraform: a saved destroy plan is shown, and then that plan and no other is
//! applied where the stack was applied.

mod apply_errors;
mod diagnostic_match;
mod guardrails;
mod inspect;
mod left_in_state;
mod plan;
mod run;

pub(super) use plan::SavedDestroy;
pub(in crate::service) use run::origin_reached;
