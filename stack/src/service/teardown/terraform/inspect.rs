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
use crate::service::teardown::runner::Runner;
use crate::terraform::{DestroyPlan, Mask, State, Terraform, TerraformError};
use crate::values::id::{Seq, StackName};

/// How often jiti inspects a place where something changes meanwhile.
const MAX_INSPECTIONS: u32 = 4;

/// What an inspection found.
#[derive(Default)]
pub(super) struct Inspection {
    pub(super) terraform: Option<Terraform>,
    pub(super) mask: Mask,
    pub(super) blockers: Vec<Blocker>,
    pub(super) state: State,
    /// `None` when something blocks the teardown, or nothing is left to destroy.
    pub(super) plan: Option<DestroyPlan>,
    /// The state or the lease does not agree with the plan: another Terraform may have changed
    /// something between the steps of the inspection.
    pub(super) is_inconsistent: bool,
}

impl Teardowns<'_> {
    /// Inspects the place of a stack, and inspects it again while another Terraform finishes there.
    /// `None`: the stack is gone.
    pub(super) async fn inspect_settled(
        self,
        stack: &StackName,
        settings: &TeardownSettings,
        folder: &RunFolder,
    ) -> Result<Option<(Lease, Inspection)>, TeardownError> {
        let mut attempt = 1;
        loop {
            let lease = self.service.ledger.lease(stack).await?;
            let lease = lease.ok_or_else(|| self.service.unknown(stack))?;
            if !lease.is_live() {
                return Ok(None);
            }
            Runner::refuse(&lease, &settings.runs, self.service.now())?;
            let inspection = self.inspect(&lease, settings, folder).await?;
            let is_last = attempt == MAX_INSPECTIONS || !inspection.is_inconsistent;
            if is_last || !self.has_changed(&lease, &inspection).await? {
                return Ok(Some((lease, inspection)));
            }
            attempt += 1;
        }
    }

    /// Whether the lease or the state has changed since an inspection read them.
    async fn has_changed(
        self,
        lease: &Lease,
        inspection: &Inspection,
    ) -> Result<bool, TeardownError> {
        let now = self.service.ledger.lease(&lease.name).await?;
        if now.is_none_or(|now| now.last_seq() != lease.last_seq()) {
            return Ok(true);
        }
        let Some(terraform) = &inspection.terraform else {
            return Ok(false);
        };
        // A state that cannot be read now was read a moment ago: what it said then counts.
        let state = terraform.state().await;
        Ok(state.is_ok_and(|state| state.version != inspection.state.version))
    }

    async fn inspect(
        self,
        lease: &Lease,
        settings: &TeardownSettings,
        folder: &RunFolder,
    ) -> Result<Inspection, TeardownError> {
        let mut inspection = Inspection {
            mask: known_secrets(lease, settings),
            ..Inspection::default()
        };
        let (origin, started) = (&lease.origin, self.service.now());
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
        let planned = match Terraform::at(origin, self.programs(settings)) {
            Ok(terraform) => {
                let planned = inspection.plan(&terraform, lease, folder).await;
                inspection.terraform = Some(terraform);
                planned
            }
            Err(error) => Err(error),
        };
        if let Err(error) = planned {
            let error = error.without_own_request(started);
            let blocker = Blocker::of(error, &origin.directory);
            inspection.blockers.push(blocker);
        } else if let Some(plan) = &inspection.plan {
            let deleted = self.recorded_deletions(lease).await?;
            let (directory, state) = (&origin.directory, &inspection.state);
            let found = guardrails::blockers(&lease.name, directory, state, plan, &deleted);
            inspection.is_inconsistent = !lists_all(plan, state);
            inspection.blockers.extend(found);
        }
        let blockers = inspection.blockers.iter();
        let is_missing = |blocker: &Blocker| matches!(blocker, Blocker::NotInState { .. });
        inspection.is_inconsistent |= blockers.into_iter().any(is_missing);
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
    /// Whether the plan is that of this stack and of all of it, or nothing is left to plan. Only
    /// then does the stack's rate say what a teardown saves.
    pub(super) fn is_complete(&self) -> bool {
        let is_other = |blocker: &Blocker| {
            matches!(
                blocker,
                Blocker::NothingFound { .. } | Blocker::OtherStacks { .. }
            )
        };
        match &self.plan {
            Some(_) => !self.blockers.iter().any(is_other),
            None => self.blockers.is_empty(),
        }
    }

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

/// Whether a plan deletes everything that a state lists.
fn lists_all(plan: &DestroyPlan, state: &State) -> bool {
    let planned: BTreeSet<&str> = plan
        .deletes
        .iter()
        .map(|change| change.address.as_str())
        .collect();
    let mut resources = state.resources.iter();
    resources.all(|resource| planned.contains(resource.address.as_str()))
}

/// A mask that hides the secrets known before Terraform has run.
pub(super) fn known_secrets(lease: &Lease, settings: &TeardownSettings) -> Mask {
    let mut mask = process_secrets(settings);
    for value in lease.terms.teardown.variables.values() {
        mask.hide(value);
    }
    mask
}
