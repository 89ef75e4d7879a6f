//! Carries a prepared teardown out: records the intent, runs the strategy, and reports the outcome.

use std::path::PathBuf;

use super::error::TeardownError;
use super::plan::TeardownPlan;
use super::prepare::{PreparedTeardown, SavedStrategy, SavedTeardown};
use super::progress::{Progress, TeardownOutcome};
use super::record::ProgressWriter;
use super::{OnProgress, StopSignal, TeardownRequest};
use crate::origin_record::OriginRecords;
use crate::process;
use crate::service::Teardowns;
use crate::values::id::StackName;

impl Teardowns<'_> {
    /// Carries a plan out: records the intent, deletes what the saved plan says and nothing else,
    /// and records what was deleted, what is left, and `gone` when nothing is left. This process is
    /// the runner: while it lives, no other process works on the stack. Each step goes to
    /// `listener` and into the run's progress file.
    ///
    /// # Errors
    /// Nothing was deleted in case of [`TeardownError::Blocked`], [`TeardownError::Unconfirmed`],
    /// [`TeardownError::Running`], [`TeardownError::NotAsShown`], [`TeardownError::Stale`] and
    /// [`TeardownError::Terraform`]. What is left after a delete is not an error but the outcome's
    /// residue.
    pub async fn teardown(
        self,
        prepared: PreparedTeardown,
        request: &TeardownRequest,
        listener: &OnProgress<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let PreparedTeardown { plan, saved } = prepared;
        let mut progress = ProgressWriter::new(saved.folder.progress()?, listener);
        let result = self
            .carry_out(&plan, &saved, request, &mut progress, stop)
            .await;
        saved.folder.tidy();
        if result
            .as_ref()
            .is_ok_and(|outcome| outcome.residue.is_empty())
        {
            self.forget_origin(&plan.name, saved.origins.as_ref()).await;
        }
        progress.write(&match &result {
            Ok(outcome) => Progress::Done(outcome.clone()),
            Err(error) => Progress::Failed {
                reason: saved.mask.line(&error.to_string()),
                refused: error.is_refusal(),
            },
        });
        result
    }

    async fn carry_out(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        request: &TeardownRequest,
        progress: &mut ProgressWriter<'_>,
        stop: &StopSignal,
    ) -> Result<TeardownOutcome, TeardownError> {
        let stack = &plan.name;
        if !plan.may_proceed() {
            return Err(TeardownError::Blocked {
                stack: stack.clone(),
                blockers: plan.blockers.clone(),
            });
        }
        if let Some(digest) = plan.method.digest()
            && saved.folder.digest()? != digest
        {
            return Err(TeardownError::NotAsShown {
                stack: stack.clone(),
            });
        }
        saved.folder.claim()?;
        match &saved.strategy {
            SavedStrategy::Dispatch(command) => {
                self.dispatch_and_follow(plan, saved, command, request, progress, stop)
                    .await
            }
            SavedStrategy::Sweep(sweep) => {
                self.begin(plan, saved, request, progress).await?;
                self.sweep(plan, sweep, &saved.timing, progress, stop).await
            }
            SavedStrategy::Terraform(destroy) => {
                self.begin(plan, saved, request, progress).await?;
                self.destroy(plan, saved, destroy, progress, stop).await
            }
        }
    }

    /// Records the intent to delete something from this process.
    async fn begin(
        self,
        plan: &TeardownPlan,
        saved: &SavedTeardown,
        request: &TeardownRequest,
        progress: &mut ProgressWriter<'_>,
    ) -> Result<(), TeardownError> {
        self.begin_teardown(plan, request, &saved.runs, saved.sweep())
            .await?;
        progress.write(&Progress::Started {
            name: plan.name.clone(),
            run: plan.run.clone(),
            host: process::host(),
            pid: std::process::id(),
            count: plan.count(),
        });
        Ok(())
    }

    /// Removes this user's record of a stack that is gone. If that fails, the record stays, and
    /// names a folder whose state no longer has the stack.
    async fn forget_origin(self, stack: &StackName, origins: Option<&PathBuf>) {
        let ledger = &self.service.ledger;
        let Some(folder) = origins.filter(|_| ledger.is_shared()) else {
            return;
        };
        if let Ok(id) = ledger.id().await
            && let Err(error) = OriginRecords::at(folder).remove(&id, stack)
        {
            tracing::warn!(%stack, %error, "cannot remove the record of the stack's origin");
        }
    }
}
