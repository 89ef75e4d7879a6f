//! What is left after a destroy: the state says it, and Terraform's output says why.

use super::apply_errors;
use super::run::RunResult;
use crate::service::teardown::plan::{PlannedDeletion, TeardownPlan};
use crate::service::teardown::prepare::SavedTeardown;
use crate::service::teardown::residue::Residue;
use crate::terraform::{State, Terraform};

/// What Terraform's state says after a destroy.
pub(super) struct LeftInState {
    pub(super) residue: Vec<Residue>,
    pub(super) was_read: bool,
    /// What is gone although Terraform's output does not say so: a line was lost, for example on a
    /// full disk.
    pub(super) unreported: Vec<PlannedDeletion>,
}

impl Default for LeftInState {
    /// A destroy that did not have to run: the state is known to be empty.
    fn default() -> Self {
        Self {
            residue: Vec::new(),
            was_read: true,
            unreported: Vec::new(),
        }
    }
}

/// What is left after a destroy. Only a state that was read and is empty proves that nothing is.
pub(super) async fn left_in_state(
    terraform: &Terraform,
    plan: &TeardownPlan,
    saved: &SavedTeardown,
    result: &RunResult,
) -> LeftInState {
    let deleted = result.deleted.iter().map(|deleted| deleted.id.clone());
    let deleted: Vec<String> = deleted.collect();
    let (errors, mask) = (&result.errors, &saved.mask);
    let state = terraform.state().await;
    let log = result.log.as_deref();
    let is_unreported = |planned: &&PlannedDeletion, state: &State| {
        let mut left = state.resources.iter();
        let is_reported = deleted.contains(&planned.id) || result.finished.contains(&planned.id);
        !is_reported && left.all(|one| one.address != planned.id)
    };
    let unreported = state.as_ref().map_or_else(
        |_| Vec::new(),
        |state| {
            let planned = plan.resources.iter();
            let gone = planned.filter(|planned| is_unreported(planned, state));
            gone.cloned().collect()
        },
    );
    let left = apply_errors::residue(plan, state.as_ref().ok(), &deleted, errors, mask, log);
    LeftInState {
        was_read: state.is_ok(),
        unreported,
        residue: match state {
            Err(error) if left.is_empty() => {
                let reason = mask.reason(&error.to_string());
                vec![apply_errors::state_not_read(plan, &reason)]
            }
            _ => left,
        },
    }
}
