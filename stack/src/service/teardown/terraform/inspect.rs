//! Inspects the place where a stack was applied: whether Terraform can run there, what its state
//! lists, and what a destroy would delete.

use std::collections::BTreeSet;

use super::guardrails;
use crate::lease::{EventKind, Lease};
use crate::process::{self, Liveness};
use crate::service::Teardowns;
use crate::service::teardown::TeardownSettings;
use crate::service::teardown::blocker::Blocker;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::prepare::process_secrets;
use crate::service::teardown::run_folder::RunFolder;
use crate::terraform::{DestroyPlan, Mask, State, Terraform, TerraformError};
use crate::values::id::Seq;

/// What an inspection found.
#[derive(Default)]
pub(super) struct Inspection {
    pub(super) terraform: Option<Terraform>,
    pub(super) mask: Mask,
    pub(super) blockers: Vec<Blocker>,
    pub(super) state: State,
    /// `None` when something blocks the teardown, or nothing is left to destroy.
    pub(super) plan: Option<DestroyPlan>,
}

impl Teardowns<'_> {
    pub(super) async fn inspect(
        self,
        lease: &Lease,
        settings: &TeardownSettings,
        folder: &RunFolder,
    ) -> Result<Inspection, TeardownError> {
        let mut inspection = Inspection {
            mask: known_secrets(lease, settings),
            ..Inspection::default()
        };
        let origin = &lease.origin;
        let here = process::host();
        if origin.process.host != here {
            inspection.blockers.push(Blocker::OtherHost {
                stack: lease.name.clone(),
                directory: origin.directory.clone(),
                host: origin.process.host.clone(),
                here,
            });
            return Ok(inspection);
        }
        let planned = match Terraform::at(origin, &settings.path) {
            Ok(terraform) => {
                let planned = inspection.plan(&terraform, lease, folder).await;
                inspection.terraform = Some(terraform);
                planned
            }
            Err(error) => Err(error),
        };
        if let Err(error) = planned {
            let blocker = Blocker::of(error, &origin.directory);
            inspection.blockers.push(blocker);
        } else if let Some(plan) = &inspection.plan {
            let deleted = self.recorded_deletions(lease).await?;
            let (directory, state) = (&origin.directory, &inspection.state);
            let found = guardrails::blockers(&lease.name, directory, state, plan, &deleted);
            inspection.blockers.extend(found);
        }
        Ok(inspection)
    }

    /// What teardowns of this lease have deleted so far, as the ledger records it.
    pub(super) async fn recorded_deletions(
        self,
        lease: &Lease,
    ) -> Result<BTreeSet<String>, TeardownError> {
        let mut deleted = BTreeSet::new();
        for event in self.service.ledger.events(&lease.name, Seq::NONE).await? {
            match event.kind {
                EventKind::Requested { .. } => deleted.clear(),
                EventKind::ResourceDeleted { id } => {
                    deleted.insert(id);
                }
                _ => {}
            }
        }
        Ok(deleted)
    }
}

impl Inspection {
    /// Reads the state, and plans the destroy of what it lists.
    async fn plan(
        &mut self,
        terraform: &Terraform,
        lease: &Lease,
        folder: &RunFolder,
    ) -> Result<(), TerraformError> {
        self.state = terraform.state_initialised(&self.mask).await?;
        if !self.state.holds_stack(lease.name.as_str()) && !lease.released {
            self.note_missing_stack(lease);
            return Ok(());
        }
        if self.state.is_empty() {
            return Ok(());
        }
        let inputs = &lease.terms.teardown;
        let plan = terraform.plan(inputs, &folder.plan(), &self.mask).await?;
        self.mask.add(plan.mask.clone());
        self.plan = Some(plan);
        Ok(())
    }

    /// Adds the blocker for a state that does not list the stack. There is none, and nothing left
    /// to do, only when the apply that registered the stack was killed before it wrote anything.
    fn note_missing_stack(&mut self, lease: &Lease) {
        let origin = &lease.origin;
        let blocker = if !lease.is_unfinished() || !self.state.is_empty() {
            Blocker::NotInState {
                stack: lease.name.clone(),
                directory: origin.directory.clone(),
                workspace: origin.workspace.clone(),
                empty: self.state.is_empty(),
            }
        } else if process::liveness(&origin.process) != Liveness::Dead {
            Blocker::ApplyRuns {
                pid: origin.process.pid,
                host: origin.process.host.clone(),
            }
        } else {
            return;
        };
        self.blockers.push(blocker);
    }
}

/// A mask that hides the secrets known before Terraform has run.
pub(super) fn known_secrets(lease: &Lease, settings: &TeardownSettings) -> Mask {
    let mut mask = process_secrets(settings);
    for value in lease.terms.teardown.variables.values() {
        mask.hide(value);
    }
    mask
}
