//! Making the plan of a teardown: what stands where it was applied, what would go, what is in the way.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocker::Blocker;
use super::error::TeardownError;
use super::plan::{PlannedDeletion, TeardownPlan};
use super::run_folder::{self, Folder};
use super::runner::Runner;
use super::{TeardownSettings, guardrails};
use crate::lease::{EventKind, Lease, Strategy};
use crate::policy::Protection;
use crate::process::{self, Liveness};
use crate::service::Service;
use crate::service::teardown::sweep::{SweepPlan, SweepTiming};
use crate::terraform::{Change, DestroyPlan, Mask, State, Terraform};
use crate::values::id::{AppName, RunId, Seq, StackName};

/// The file in which a plan is handed over, as it was shown.
const SHOWN: &str = "shown.json";

/// A teardown that was planned and can be carried out: the plan to show, and the saved one. The saved plan is removed
/// with the last of its clones, or when it was carried out.
#[derive(Clone, Debug)]
pub struct PreparedTeardown {
    /// What is shown.
    pub plan: TeardownPlan,
    pub(super) saved: Arc<Saved>,
}

/// What a plan is carried out with.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) folder: Folder,
    pub(super) runs: PathBuf,
    /// `None` where something is in the way.
    pub(super) terraform: Option<Terraform>,
    pub(super) mask: Mask,
    /// What a sweep is carried out with.
    pub(super) sweep: Option<(SweepPlan, SweepTiming)>,
    pub(super) timing: SweepTiming,
}

impl PreparedTeardown {
    /// A sweep that was planned.
    pub(in crate::service) fn of_sweep(
        plan: TeardownPlan,
        folder: Folder,
        settings: &TeardownSettings,
        kept: SweepPlan,
    ) -> Self {
        let saved = Saved {
            folder,
            runs: settings.runs.clone(),
            terraform: None,
            mask: secrets(settings),
            sweep: Some((kept, settings.timing.clone())),
            timing: settings.timing.clone(),
        };
        Self {
            plan,
            saved: Arc::new(saved),
        }
    }

    /// Leaves the plan to another process, which takes it over from the folder that is answered.
    ///
    /// # Errors
    /// When the folder can't be written.
    pub fn hand_over(self) -> Result<PathBuf, TeardownError> {
        let folder = &self.saved.folder;
        folder.write(SHOWN, &self.plan)?;
        folder.keep();
        Ok(folder.path().to_owned())
    }
}

/// What was found out.
#[derive(Default)]
struct Inspection {
    terraform: Option<Terraform>,
    mask: Mask,
    blockers: Vec<Blocker>,
    state: State,
    /// `None` when something is in the way, or nothing is left to destroy.
    plan: Option<DestroyPlan>,
}

impl Service {
    /// Plans a teardown where the stack was applied. Writes nothing into the ledger and changes nothing but what
    /// `init` does, where that is needed. `None`: the stack is gone already.
    ///
    /// What is in the way is part of the plan ([`TeardownPlan::blockers`]), so that it can be shown with the rest.
    ///
    /// # Errors
    /// [`TeardownError::Running`] while another runner is at it; an unknown stack; what the ledger says.
    pub async fn plan_teardown(
        &self,
        stack: &StackName,
        settings: &TeardownSettings,
    ) -> Result<Option<PreparedTeardown>, TeardownError> {
        let lease = self.ledger.lease(stack).await?;
        let lease = lease.ok_or_else(|| self.unknown(stack))?;
        if !lease.is_live() {
            return Ok(None);
        }
        if lease.unknown_events > 0 {
            return Err(TeardownError::NotUnderstood {
                stack: stack.clone(),
                count: lease.unknown_events,
            });
        }
        Runner::refuse(&lease, &settings.runs, self.now())?;
        let run = RunId::random();
        let folder = Folder::make(&settings.runs, &run)?;
        let mut look = self.look(&lease, settings, &folder).await?;
        let finished = self.finished(&lease, &look.state, settings).await?;
        folder.note_finished(&finished)?;
        let deletes = look.plan.as_ref().map_or(&[][..], |plan| &plan.deletes);
        let resources = doomed(deletes);
        if let Some(max) = settings.max_resources.filter(|max| resources.len() > *max) {
            let count = resources.len();
            look.blockers.push(Blocker::TooMany { count, max });
        }
        let digest = match look.plan {
            Some(_) => folder.digest()?,
            None => String::new(),
        };
        let plan = TeardownPlan {
            name: stack.clone(),
            strategy: Strategy::Terraform,
            run,
            directory: lease.origin.directory.clone(),
            workspace: lease.origin.workspace.clone(),
            residue: Vec::new(),
            already_gone: already_gone(&look.state, look.plan.as_ref(), &finished),
            resources,
            hourly_usd: lease.meter.rate(),
            protected: self.protects(&lease),
            warnings: look
                .plan
                .as_ref()
                .map(guardrails::warnings)
                .unwrap_or_default(),
            blockers: look.blockers,
            digest,
        };
        let saved = Saved {
            folder,
            runs: settings.runs.clone(),
            terraform: look.terraform,
            mask: look.mask,
            sweep: None,
            timing: settings.timing.clone(),
        };
        Ok(Some(PreparedTeardown {
            plan,
            saved: Arc::new(saved),
        }))
    }

    /// Takes over a plan that another process has handed over in a folder, for a runner that outlives it. What the
    /// rails are about is looked for in the saved plan once more.
    ///
    /// # Errors
    /// [`TeardownError::NotAsShown`] when the saved plan is another one than was shown; an unknown stack; a folder
    /// that can't be read.
    pub async fn take_over(
        &self,
        folder: &Path,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        let folder = Folder::of(folder);
        let shown: TeardownPlan = folder.read(SHOWN)?;
        let stack = shown.name.clone();
        folder.claim()?;
        if shown.strategy == Strategy::Sweep {
            return Self::take_over_sweep(shown, folder, settings);
        }
        let lease = self.live(&stack).await?;
        let mut mask = own_secrets(&lease, settings);
        let mut terraform = None;
        if shown.may_proceed() && !shown.digest.is_empty() {
            if folder.digest()? != shown.digest {
                return Err(TeardownError::NotAsShown { stack });
            }
            let failed = |error| TeardownError::Terraform {
                stack: stack.clone(),
                error,
            };
            let found = Terraform::at(&lease.origin, &settings.path).map_err(failed)?;
            let saved = found.show(&folder.plan()).await.map_err(failed)?;
            let blockers = guardrails::of_plan(&stack, &shown.directory, &saved);
            if !blockers.is_empty() {
                return Err(TeardownError::Blocked { stack, blockers });
            }
            if doomed(&saved.deletes) != shown.resources {
                return Err(TeardownError::NotAsShown { stack });
            }
            mask.add(saved.mask);
            terraform = Some(found);
        } else if shown.may_proceed() {
            terraform = Terraform::at(&lease.origin, &settings.path).ok();
        }
        let saved = Saved {
            folder,
            runs: settings.runs.clone(),
            terraform,
            mask,
            sweep: None,
            timing: settings.timing.clone(),
        };
        Ok(PreparedTeardown {
            plan: shown,
            saved: Arc::new(saved),
        })
    }

    /// Whether the policy in force protects it.
    #[must_use]
    pub fn protects(&self, lease: &Lease) -> bool {
        self.protects_name(&lease.name, &lease.app)
    }

    /// The same, where no lease is known.
    pub(in crate::service) fn protects_name(&self, name: &StackName, app: &AppName) -> bool {
        Protection::new(self.policy()).covers(name, app)
    }

    async fn look(
        &self,
        lease: &Lease,
        settings: &TeardownSettings,
        folder: &Folder,
    ) -> Result<Inspection, TeardownError> {
        let mut look = Inspection {
            mask: own_secrets(lease, settings),
            ..Inspection::default()
        };
        let origin = &lease.origin;
        let here = process::host();
        if origin.process.host != here {
            look.blockers.push(Blocker::OtherHost {
                stack: lease.name.clone(),
                directory: origin.directory.clone(),
                host: origin.process.host.clone(),
                here,
            });
            return Ok(look);
        }
        let ran = match Terraform::at(origin, &settings.path) {
            Ok(terraform) => {
                let ran = look.run(&terraform, lease, folder).await;
                look.terraform = Some(terraform);
                ran
            }
            Err(error) => Err(error),
        };
        match ran {
            Err(error) => look.blockers.push(Blocker::of(error, &origin.directory)),
            Ok(()) => {
                if let Some(plan) = &look.plan {
                    let deleted = self.deleted(lease).await?;
                    let found = guardrails::blockers(
                        &lease.name,
                        &origin.directory,
                        &look.state,
                        plan,
                        &deleted,
                    );
                    look.blockers.extend(found);
                }
            }
        }
        Ok(look)
    }

    /// What a Terraform whose runner has died has deleted since, and the ledger does not know: its state no longer holds
    /// it, so that no plan names it.
    async fn finished(
        &self,
        lease: &Lease,
        state: &State,
        settings: &TeardownSettings,
    ) -> Result<Vec<String>, TeardownError> {
        let Some(teardown) = &lease.teardown else {
            return Ok(Vec::new());
        };
        let mut finished = run_folder::said_deleted(&settings.runs, &teardown.run);
        if finished.is_empty() {
            return Ok(finished);
        }
        let known = self.deleted(lease).await?;
        let held: BTreeSet<&str> = state.held.iter().map(|one| one.address.as_str()).collect();
        finished.sort();
        finished.dedup();
        finished.retain(|address| !known.contains(address) && !held.contains(address.as_str()));
        Ok(finished)
    }

    /// What teardowns of this lease have deleted so far, as the ledger has it.
    async fn deleted(&self, lease: &Lease) -> Result<BTreeSet<String>, TeardownError> {
        let mut deleted = BTreeSet::new();
        for event in self.ledger.events(&lease.name, Seq::NONE).await? {
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
    async fn run(
        &mut self,
        terraform: &Terraform,
        lease: &Lease,
        folder: &Folder,
    ) -> Result<(), crate::terraform::TerraformError> {
        self.state = terraform.state_initialised(&self.mask).await?;
        if !self.state.holds_stack(lease.name.as_str()) && !lease.released {
            self.not_held(lease);
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

    /// A state that does not hold the stack: nothing is left to do only when the apply that registered it was killed
    /// before it wrote anything.
    fn not_held(&mut self, lease: &Lease) {
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

/// The secrets that are known before Terraform has said anything.
fn own_secrets(lease: &Lease, settings: &TeardownSettings) -> Mask {
    let mut mask = secrets(settings);
    for value in lease.terms.teardown.variables.values() {
        mask.hide(value);
    }
    mask
}

/// The secrets of this process.
fn secrets(settings: &TeardownSettings) -> Mask {
    let mut mask = Mask::default();
    for value in &settings.secrets {
        mask.hide(value);
    }
    mask
}

/// Each resource once: a deposed object has the address of the one that replaced it.
fn doomed(deletes: &[Change]) -> Vec<PlannedDeletion> {
    let mut doomed: Vec<PlannedDeletion> = Vec::new();
    for change in deletes {
        if let Some(same) = doomed.iter_mut().find(|one| one.id == change.address) {
            same.objects += 1;
            continue;
        }
        doomed.push(PlannedDeletion {
            id: change.address.clone(),
            kind: change.kind.clone(),
            resource_id: change.id.clone(),
            region: region(change),
            objects: 1,
            ..PlannedDeletion::default()
        });
    }
    doomed
}

/// Where a resource is, as far as its attributes say so.
fn region(change: &Change) -> Option<String> {
    let text = |name: &str| change.before[name].as_str().filter(|text| !text.is_empty());
    let of_arn = || {
        text("arn")?
            .split(':')
            .nth(3)
            .filter(|region| !region.is_empty())
    };
    text("region").or_else(of_arn).map(str::to_owned)
}

/// What the state held and the refresh no longer found, and what an earlier run has deleted.
fn already_gone(
    state: &State,
    plan: Option<&DestroyPlan>,
    finished: &[String],
) -> Vec<PlannedDeletion> {
    let finished = finished.iter().map(|address| PlannedDeletion {
        id: address.clone(),
        kind: kind_of(address),
        objects: 1,
        ..PlannedDeletion::default()
    });
    let Some(plan) = plan else {
        return finished.collect();
    };
    let planned: BTreeSet<&str> = plan
        .deletes
        .iter()
        .map(|change| change.address.as_str())
        .collect();
    let gone = state
        .held
        .iter()
        .filter(|held| !planned.contains(held.address.as_str()));
    gone.map(|held| PlannedDeletion {
        id: held.address.clone(),
        kind: held.kind.clone(),
        objects: 1,
        ..PlannedDeletion::default()
    })
    .chain(finished)
    .collect()
}

/// The type in an address such as `module.a["k"].aws_x.y[0]`: of its last two names the first.
fn kind_of(address: &str) -> String {
    let mut depth = 0_u32;
    let outside = address.chars().filter(|char| {
        match char {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    });
    let plain: String = outside.collect();
    plain.rsplit('.').nth(1).unwrap_or_default().to_owned()
}
