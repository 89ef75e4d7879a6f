//! Makes a destroy plan where the stack was applied, and takes over one that was handed over.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::guardrails;
use super::inspect::{Inspection, known_secrets};
use crate::lease::Lease;
use crate::service::Teardowns;
use crate::service::teardown::TeardownSettings;
use crate::service::teardown::blocker::Blocker;
use crate::service::teardown::error::TeardownError;
use crate::service::teardown::plan::{
    Method, NameReservation, PlannedDeletion, TeardownPlan, name_warnings,
};
use crate::service::teardown::prepare::{PreparedTeardown, SavedStrategy};
use crate::service::teardown::rebuild::root_of;
use crate::service::teardown::run_folder::{self, RunFolder};
use crate::service::teardown::runner::Runner;
use crate::terraform::{Change, State, Terraform, resource_type};
use crate::values::id::{RunId, StackName};

/// What is needed to apply a destroy plan.
#[derive(Debug, Default)]
pub(in crate::service::teardown) struct SavedDestroy {
    /// `None` where something blocks the plan.
    pub(super) terraform: Option<Terraform>,
}

impl Teardowns<'_> {
    /// Plans a teardown through Terraform where the stack was applied. It writes nothing to the
    /// ledger and changes nothing except what `init` does, where that is needed. `None`: the stack
    /// is gone already.
    ///
    /// What blocks the teardown is part of the plan ([`TeardownPlan::blockers`]), so that it can be
    /// shown with the rest.
    ///
    /// # Errors
    /// [`TeardownError::Running`] while another runner works on it; an unknown stack; a ledger that
    /// cannot be read, or that another user could have written.
    pub async fn plan_teardown(
        self,
        stack: &StackName,
        settings: &TeardownSettings,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let lease = self.service.ledger.lease(stack).await?;
        let lease = lease.ok_or_else(|| self.service.unknown(stack))?;
        if !lease.is_live() {
            return Ok(None);
        }
        if lease.unknown_events > 0 {
            return Err(TeardownError::NotUnderstood {
                stack: stack.clone(),
                count: lease.unknown_events,
            });
        }
        self.verify_private(settings)?;
        Runner::refuse(&lease, &settings.runs, self.service.now())?;
        let run = RunId::random();
        let folder = RunFolder::make(&settings.runs, &run)?;
        let inspected = self.inspect_settled(stack, settings, &folder).await?;
        let Some((lease, mut inspection)) = inspected else {
            return Ok(None);
        };
        let finished = self.finished(&lease, &inspection.state, settings).await?;
        folder.note_finished(&finished)?;
        let deletes = inspection
            .plan
            .as_ref()
            .map_or(&[][..], |plan| &plan.deletes);
        let mut resources = planned_deletions(deletes);
        reserve_names(&mut resources, deletes, settings, self.service.now());
        if let Some(max) = settings.max_resources.filter(|max| resources.len() > *max) {
            let count = resources.len();
            inspection.blockers.push(Blocker::TooMany { count, max });
        }
        let digest = match inspection.plan {
            Some(_) => Some(folder.digest()?),
            None => None,
        };
        let names: Vec<_> = name_warnings(&resources).collect();
        let plan = TeardownPlan {
            name: stack.clone(),
            method: match &inspection.dispatch {
                Some(command) => Method::Dispatch {
                    command: command.words(),
                    timeout: command.timeout,
                },
                None => Method::Terraform {
                    directory: inspection.directory(&lease),
                    workspace: lease.origin.workspace.clone(),
                    digest,
                    rebuilt_from: inspection.rebuilt_from.clone(),
                },
            },
            run,
            residue: Vec::new(),
            already_gone: already_gone(&inspection, &finished),
            resources,
            hourly_usd: lease.meter.rate().filter(|_| inspection.is_complete()),
            hourly_is_minimum: lease.meter.rate_is_minimum(),
            protected: self.protects(&lease).await?,
            warnings: inspection
                .plan
                .as_ref()
                .map(guardrails::warnings)
                .unwrap_or_default()
                .into_iter()
                .chain(names)
                .collect(),
            blockers: inspection.blockers,
        };
        let strategy = match inspection.dispatch {
            Some(command) => SavedStrategy::Dispatch(command),
            None => SavedStrategy::Terraform(SavedDestroy {
                terraform: inspection.terraform,
            }),
        };
        let prepared = PreparedTeardown::new(plan, folder, settings, inspection.mask, strategy);
        Ok(Some(prepared))
    }

    /// Takes over a destroy plan that another process handed over.
    pub(in crate::service::teardown) async fn take_over_destroy(
        self,
        shown: TeardownPlan,
        folder: RunFolder,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        let stack = shown.name.clone();
        let lease = self.service.live(&stack).await?;
        let mut mask = known_secrets(&lease, settings);
        let mut terraform = None;
        let find = || {
            let programs = self.programs(settings);
            let Method::Terraform {
                workspace,
                rebuilt_from: Some(repository),
                ..
            } = &shown.method
            else {
                return Terraform::at(&lease.origin, programs);
            };
            let directory = root_of(&folder.checkout(), repository);
            Terraform::in_checkout(directory, workspace, &lease.origin, programs)
        };
        if let Some(digest) = shown.method.digest().filter(|_| shown.may_proceed()) {
            if folder.digest()? != digest {
                return Err(TeardownError::NotAsShown { stack });
            }
            let failed = |error| TeardownError::Terraform {
                stack: stack.clone(),
                error,
            };
            let found = find().map_err(failed)?;
            let saved = found.show(&folder.plan()).await.map_err(failed)?;
            let blockers = guardrails::of_plan(&stack, shown.method.directory(), &saved);
            if !blockers.is_empty() {
                return Err(TeardownError::Blocked { stack, blockers });
            }
            let shown_deletions = shown.resources.iter().map(|one| PlannedDeletion {
                name_reservation: None,
                ..one.clone()
            });
            if !planned_deletions(&saved.deletes)
                .into_iter()
                .eq(shown_deletions)
            {
                return Err(TeardownError::NotAsShown { stack });
            }
            mask.add(saved.mask);
            terraform = Some(found);
        } else if shown.may_proceed() {
            terraform = find().ok();
        }
        let strategy = SavedStrategy::Terraform(SavedDestroy { terraform });
        Ok(PreparedTeardown::new(
            shown, folder, settings, mask, strategy,
        ))
    }

    /// What a Terraform whose runner died has deleted since, unknown to the ledger: the state no
    /// longer lists it, so no plan names it.
    async fn finished(
        self,
        lease: &Lease,
        state: &State,
        settings: &TeardownSettings,
    ) -> Result<Vec<String>, TeardownError> {
        let Some(teardown) = &lease.teardown else {
            return Ok(Vec::new());
        };
        let mut finished = run_folder::reported_deletions(&settings.runs, &teardown.run);
        if finished.is_empty() {
            return Ok(finished);
        }
        let known = self.recorded_deletions(lease).await?;
        let in_state: BTreeSet<&str> = state
            .resources
            .iter()
            .map(|resource| resource.address.as_str())
            .collect();
        finished.sort();
        finished.dedup();
        finished.retain(|address| !known.contains(address) && !in_state.contains(address.as_str()));
        Ok(finished)
    }
}

/// Lists each address once: a deposed object has the address of the object that replaced it.
fn planned_deletions(deletes: &[Change]) -> Vec<PlannedDeletion> {
    let mut planned: Vec<PlannedDeletion> = Vec::new();
    for change in deletes {
        if let Some(same) = planned.iter_mut().find(|other| other.id == change.address) {
            same.objects += 1;
            continue;
        }
        planned.push(PlannedDeletion {
            id: change.address.clone(),
            kind: change.kind.clone(),
            resource_id: change.id.clone(),
            region: region(change),
            objects: 1,
            ..PlannedDeletion::default()
        });
    }
    planned
}

/// Notes which of these keep their names after the deletion: those with a recovery window.
fn reserve_names(
    planned: &mut [PlannedDeletion],
    deletes: &[Change],
    settings: &TeardownSettings,
    now: Timestamp,
) {
    for change in deletes {
        let days = change.before["recovery_window_in_days"].as_u64();
        let days = days.and_then(|days| u32::try_from(days).ok()).unwrap_or(0);
        let planned = planned.iter_mut().find(|one| one.id == change.address);
        if let Some(planned) = planned.filter(|_| days > 0) {
            let arn = change.before["arn"].as_str();
            let id = arn.or(change.id.as_deref()).unwrap_or_default();
            let commands = settings.recovery_commands_of(id);
            planned.name_reservation = Some(NameReservation::for_days(days, now, commands));
        }
    }
}

/// A resource's region, where its attributes tell.
fn region(change: &Change) -> Option<String> {
    let text = |name: &str| change.before[name].as_str().filter(|text| !text.is_empty());
    let from_arn = || {
        text("arn")?
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
    };
    text("region").or_else(from_arn).map(str::to_owned)
}

/// What the state lists and the refresh no longer found, and what an earlier run has deleted.
fn already_gone(inspection: &Inspection, finished: &[String]) -> Vec<PlannedDeletion> {
    let finished = finished.iter().map(|address| PlannedDeletion {
        id: address.clone(),
        kind: resource_type(address),
        objects: 1,
        ..PlannedDeletion::default()
    });
    let Some(plan) = &inspection.plan else {
        return finished.collect();
    };
    let planned: BTreeSet<&str> = plan
        .deletes
        .iter()
        .map(|change| change.address.as_str())
        .collect();
    let gone = inspection
        .state
        .resources
        .iter()
        .filter(|resource| !planned.contains(resource.address.as_str()));
    gone.map(|resource| PlannedDeletion {
        id: resource.address.clone(),
        kind: resource.kind.clone(),
        objects: 1,
        ..PlannedDeletion::default()
    })
    .chain(finished)
    .collect()
}
