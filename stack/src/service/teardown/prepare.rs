//! A prepared teardown: the plan that is shown, and the saved plan that carries it out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::TeardownSettings;
use super::dispatch::DispatchCommand;
use super::error::TeardownError;
use super::plan::{Method, TeardownPlan};
use super::run_folder::RunFolder;
use super::sweep::{SweepPlan, SweepTiming};
use super::terraform::SavedDestroy;
use crate::lease::Lease;
use crate::policy::Protection;
use crate::private_path::{self, PathUse};
use crate::service::{ServiceError, Teardowns};
use crate::terraform::Mask;
use crate::values::id::{AppName, StackName};

/// The file that hands a plan over, as it was shown.
const SHOWN: &str = "shown.json";

/// A planned teardown that can be carried out: the plan that is shown, and the saved plan. The
/// saved plan is removed with the last of its clones, or after it was carried out.
#[derive(Clone, Debug)]
pub struct PreparedTeardown {
    /// What is shown.
    pub plan: TeardownPlan,
    pub(super) saved: Arc<SavedTeardown>,
}

/// What is needed to carry out a plan.
#[derive(Debug)]
pub(super) struct SavedTeardown {
    pub(super) folder: RunFolder,
    /// The folder that holds the folders of all runs.
    pub(super) runs: PathBuf,
    /// The folder of this user's records of origins.
    pub(super) origins: Option<PathBuf>,
    pub(super) mask: Mask,
    pub(super) timing: SweepTiming,
    pub(super) strategy: SavedStrategy,
}

/// What is saved for each strategy.
#[derive(Debug)]
pub(super) enum SavedStrategy {
    Terraform(SavedDestroy),
    Sweep(SweepPlan),
    Dispatch(DispatchCommand),
}

impl SavedTeardown {
    /// The plan of the sweep; `None` if the teardown goes through Terraform.
    pub(super) fn sweep(&self) -> Option<&SweepPlan> {
        match &self.strategy {
            SavedStrategy::Terraform(_) | SavedStrategy::Dispatch(_) => None,
            SavedStrategy::Sweep(plan) => Some(plan),
        }
    }
}

impl PreparedTeardown {
    pub(super) fn new(
        plan: TeardownPlan,
        folder: RunFolder,
        settings: &TeardownSettings,
        mask: Mask,
        strategy: SavedStrategy,
    ) -> Self {
        let saved = SavedTeardown {
            folder,
            runs: settings.runs.clone(),
            origins: settings.origins.clone(),
            mask,
            timing: settings.timing.clone(),
            strategy,
        };
        Self {
            plan,
            saved: Arc::new(saved),
        }
    }

    /// Leaves the plan to another process, which takes it over from the folder that is returned.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn hand_over(self) -> Result<PathBuf, TeardownError> {
        let folder = &self.saved.folder;
        folder.write(SHOWN, &self.plan)?;
        folder.keep();
        Ok(folder.path().to_owned())
    }
}

impl Teardowns<'_> {
    /// Takes over a plan that another process handed over in a folder, for a runner that outlives
    /// that process. The guardrails are checked once more on the saved plan.
    ///
    /// # Errors
    /// [`TeardownError::NotAsShown`] when the saved plan differs from the one that was shown; an
    /// unknown stack; a folder that cannot be read.
    pub async fn take_over(
        self,
        folder: &Path,
        settings: &TeardownSettings,
    ) -> Result<PreparedTeardown, TeardownError> {
        self.verify_private(settings)?;
        private_path::check(folder, PathUse::Contents)
            .map_err(|exposure| TeardownError::Exposed { exposure })?;
        let folder = RunFolder::of(folder);
        let shown: TeardownPlan = folder.read(SHOWN)?;
        folder.claim()?;
        match &shown.method {
            Method::Terraform { .. } => self.take_over_destroy(shown, folder, settings).await,
            Method::Sweep { .. } => Self::take_over_sweep(shown, folder, settings),
            Method::Dispatch { .. } => self.take_over_dispatch(shown, folder, settings).await,
        }
    }

    /// Whether the policy in force protects a stack.
    ///
    /// # Errors
    /// If the policy in the ledger cannot be read.
    pub async fn protects(self, lease: &Lease) -> Result<bool, ServiceError> {
        self.protects_name(&lease.name, &lease.app).await
    }

    /// Whether the policy in force protects a stack that may have no lease.
    pub(in crate::service) async fn protects_name(
        self,
        name: &StackName,
        app: &AppName,
    ) -> Result<bool, ServiceError> {
        let policy = self.service.policy().await?;
        Ok(Protection::new(&policy).covers(name, app))
    }

    /// Whether a command that is recorded with residue needs the stack's name as a confirmation. A
    /// policy that cannot be read must not end a teardown, and the confirmation does no harm.
    pub(in crate::service) async fn may_need_confirmation(
        self,
        name: &StackName,
        app: &AppName,
    ) -> bool {
        self.protects_name(name, app).await.unwrap_or(true)
    }
}

/// A mask that hides the secrets of this process.
pub(super) fn process_secrets(settings: &TeardownSettings) -> Mask {
    let mut mask = Mask::default();
    for value in &settings.secrets {
        mask.hide(value);
    }
    mask
}
