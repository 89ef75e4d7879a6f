//! Carries a prepared teardown out: records the intent, runs the strategy, and reports the outcome.

use super::error::TeardownError;
use super::plan::TeardownPlan;
use super::prepare::{PreparedTeardown, SavedStrategy, SavedTeardown};
use super::progress::{Progress, TeardownOutcome};
use super::record::ProgressWriter;
use super::{OnProgress, StopSignal, TeardownRequest};
use crate::process;
use crate::service::Teardowns;

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
        self.begin_teardown(plan, request, &saved.runs, saved.sweep())
            .await?;
        progress.write(&Progress::Started {
            name: stack.clone(),
            run: plan.run.clone(),
            host: process::host(),
            pid: std::process::id(),
            count: plan.count(),
        });
        match &saved.strategy {
            SavedStrategy::Sweep(sweep) => {
                self.sweep(plan, sweep, &saved.timing, progress, stop).await
            }
            SavedStrategy::Terraform(destroy) => {
                self.destroy(plan, saved, destroy, progress, stop).await
            }
        }
    }
}
