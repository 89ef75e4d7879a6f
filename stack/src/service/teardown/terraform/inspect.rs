//! Inspects the place where a stack was applied: whether Terraform can run there, what its state
//! lists, and what a destroy would delete.

use std::collections::BTreeSet;

use super::guardrails;
use crate::lease::{EventKind, Lease, Origin, Repository};
use crate::origin_record::{OriginRecords, UnrecordedOrigin};
use crate::process::{self, Liveness};
use crate::service::Teardowns;
use crate::service::teardown::TeardownSettings;
use crate::service::teardown::blocker::Blocker;
use crate::service::teardown::dispatch::DispatchCommand;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::origin_access;
use crate::service::teardown::prepare::process_secrets;
use crate::service::teardown::rebuild::RebuiltRoot;
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
    /// The commit, if Terraform runs in a fresh clone of it.
    pub(super) rebuilt_from: Option<Repository>,
    /// The command that starts the teardown elsewhere, if Terraform cannot run here.
    pub(super) dispatch: Option<DispatchCommand>,
}

/// The place of a teardown, as the table of `origin_access` chooses it.
enum OriginAccess {
    Folder,
    Rebuilt(RebuiltRoot),
    Dispatch(DispatchCommand),
    Unreachable(Vec<Blocker>),
}

/// What was rebuilt for an origin, or why it was not. A rebuild takes minutes, so it is done once.
type LastRebuild = Option<(Origin, Result<RebuiltRoot, String>)>;

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
        let mut last_rebuild = None;
        loop {
            let lease = self.service.ledger.lease(stack).await?;
            let lease = lease.ok_or_else(|| self.service.unknown(stack))?;
            if !lease.is_live() {
                return Ok(None);
            }
            Runner::refuse(&lease, &settings.runs, self.service.now())?;
            let inspection = self
                .inspect(&lease, settings, folder, &mut last_rebuild)
                .await?;
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
        last_rebuild: &mut LastRebuild,
    ) -> Result<Inspection, TeardownError> {
        let mut inspection = Inspection {
            mask: known_secrets(lease, settings),
            ..Inspection::default()
        };
        let (origin, started) = (&lease.origin, self.service.now());
        let mask = inspection.mask.clone();
        let access = self
            .origin_access(lease, settings, folder, &mask, last_rebuild)
            .await?;
        let terraform = match access {
            OriginAccess::Folder => Terraform::at(origin, self.programs(settings)),
            OriginAccess::Rebuilt(root) => {
                inspection.rebuilt_from = Some(root.repository);
                Ok(root.terraform)
            }
            OriginAccess::Dispatch(command) => {
                self.refuse_while_dispatched(lease)?;
                inspection.dispatch = Some(command);
                return Ok(inspection);
            }
            OriginAccess::Unreachable(blockers) => {
                inspection.blockers = blockers;
                return Ok(inspection);
            }
        };
        let planned = match terraform {
            Ok(terraform) => {
                inspection.terraform = Some(terraform.clone());
                inspection.plan(&terraform, lease, folder).await
            }
            Err(error) => Err(error),
        };
        let directory = &inspection.directory(lease);
        if let Err(error) = planned {
            let error = error.without_own_request(started);
            let blocker = Blocker::of(error, directory);
            inspection.blockers.push(blocker);
        } else if let Some(plan) = &inspection.plan {
            let deleted = self.recorded_deletions(lease).await?;
            let state = &inspection.state;
            let found = guardrails::blockers(&lease.name, directory, state, plan, &deleted);
            inspection.is_inconsistent = !lists_all(plan, state);
            inspection.blockers.extend(found);
        }
        let blockers = inspection.blockers.iter();
        let is_missing = |blocker: &Blocker| matches!(blocker, Blocker::NotInState { .. });
        inspection.is_inconsistent |= blockers.into_iter().any(is_missing);
        Ok(inspection)
    }

    /// Chooses the place of the teardown. Nothing of a folder is read before this user's record of
    /// it was checked, if the ledger is shared.
    async fn origin_access(
        self,
        lease: &Lease,
        settings: &TeardownSettings,
        folder: &RunFolder,
        mask: &Mask,
        last_rebuild: &mut LastRebuild,
    ) -> Result<OriginAccess, TeardownError> {
        let (origin, config) = (&lease.origin, self.service.config());
        let is_shared = self.service.ledger.is_shared();
        let record = match is_shared {
            true => Some(self.check_record(lease, settings).await?),
            false => None,
        };
        let here = process::host();
        let Err(blocker) = origin_access::folder(&lease.name, origin, &here, record) else {
            return Ok(OriginAccess::Folder);
        };
        let not_rebuilt = match origin_access::rebuild(lease, config) {
            Err(reason) => reason,
            Ok(source) => {
                let is_same = |last: &&(Origin, _)| last.0.is_same_source(origin);
                let rebuilt = match last_rebuild.as_ref().filter(is_same) {
                    Some((_, rebuilt)) => rebuilt.clone(),
                    None => self.rebuild(origin, source, settings, folder, mask).await,
                };
                *last_rebuild = Some((origin.clone(), rebuilt.clone()));
                match rebuilt {
                    Ok(root) => return Ok(OriginAccess::Rebuilt(root)),
                    Err(reason) => reason,
                }
            }
        };
        let command = config.dispatch.as_ref().map(|dispatch| {
            let arguments = origin_access::dispatch_arguments(lease, dispatch)?;
            DispatchCommand::new(dispatch, arguments, settings)
        });
        let not_dispatched = match command {
            Some(Ok(command)) => return Ok(OriginAccess::Dispatch(command)),
            Some(Err(reason)) => reason,
            None => "no `command` is configured under [dispatch]".to_owned(),
        };
        let mut blockers = vec![blocker];
        // Without a shared ledger and without configuration, there is only the folder.
        if is_shared || config.dispatch.is_some() || !config.teardown.repositories.is_empty() {
            blockers.push(Blocker::NoOtherWay {
                rebuild: not_rebuilt,
                dispatch: not_dispatched,
            });
        }
        Ok(OriginAccess::Unreachable(blockers))
    }

    /// Checks whether this user's own record names the place from which a stack was applied.
    async fn check_record(
        self,
        lease: &Lease,
        settings: &TeardownSettings,
    ) -> Result<Result<(), UnrecordedOrigin>, TeardownError> {
        let Some(folder) = &settings.origins else {
            return Ok(Err(UnrecordedOrigin::Missing));
        };
        let ledger = self.service.ledger.id().await?;
        Ok(OriginRecords::at(folder).check(&ledger, &lease.name, &lease.origin))
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
    /// The root in which Terraform runs.
    pub(super) fn directory(&self, lease: &Lease) -> String {
        match (&self.rebuilt_from, &self.terraform) {
            (Some(_), Some(terraform)) => terraform.directory(),
            _ => lease.origin.directory.clone(),
        }
    }

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
                directory: self.directory(lease),
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
