//! The reaper's log: its runs, which show that a reaper is at work, and its pauses.

use jiff::Timestamp;

use crate::budget::RecordedBudget;
use crate::lease::ProcessId;
use crate::reaper::{ReaperEvent, ReaperEventKind, ReaperStatus};
use crate::service::{Reaper, ServiceError};
use crate::values::id::RunId;

impl Reaper<'_> {
    /// The reaper's status.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn status(self) -> Result<ReaperStatus, ServiceError> {
        Ok(self.service.ledger.reaper().await?)
    }

    /// Records that a run of the reaper begins, in a process of this machine.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn begin_run(self, process: &ProcessId) -> Result<RunId, ServiceError> {
        let run = RunId::random();
        let interval = self.service.config.reaper.interval;
        self.change_reaper(|_, _| {
            let (run, host) = (run.clone(), process.host.clone());
            let pid = process.pid;
            let budgets = self.service.config.reaper.budgets.iter();
            let budgets = budgets.map(RecordedBudget::from).collect();
            Some(ReaperEventKind::RunStarted {
                run,
                interval,
                host,
                pid,
                budgets,
            })
        })
        .await?;
        Ok(run)
    }

    /// Records that a run of the reaper has ended, with its counts.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn finish_run(
        self,
        run: &RunId,
        ended: u32,
        failed: u32,
    ) -> Result<ReaperStatus, ServiceError> {
        let finished = |_: &ReaperStatus, _| {
            let run = run.clone();
            Some(ReaperEventKind::RunFinished { run, ended, failed })
        };
        self.change_reaper(finished).await
    }

    /// Pauses every reaper of this ledger. A paused reaper stays paused.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn pause_reaper(self, why: Option<String>) -> Result<ReaperStatus, ServiceError> {
        let paused = |status: &ReaperStatus, _| match status.paused {
            Some(_) => None,
            None => Some(ReaperEventKind::Paused { why: why.clone() }),
        };
        self.change_reaper(paused).await
    }

    /// Resumes the reapers of this ledger.
    ///
    /// # Errors
    /// When the ledger cannot be read or written.
    pub async fn resume_reaper(self) -> Result<ReaperStatus, ServiceError> {
        let resumed =
            |status: &ReaperStatus, _| status.paused.as_ref().map(|_| ReaperEventKind::Resumed);
        self.change_reaper(resumed).await
    }

    /// Appends what `decide` returns for the reaper's status; decides again after each lost race.
    pub(in crate::service) async fn change_reaper(
        self,
        decide: impl Fn(&ReaperStatus, Timestamp) -> Option<ReaperEventKind> + Send + Sync,
    ) -> Result<ReaperStatus, ServiceError> {
        self.service
            .retry_on_conflict("the reaper's log", || async {
                let status = self.service.ledger.reaper().await?;
                let now = self.service.now();
                let Some(kind) = decide(&status, now) else {
                    return Ok(Some(status));
                };
                let event = ReaperEvent {
                    seq: status.last_seq,
                    at: now,
                    actor: self.service.actor.clone(),
                    kind,
                };
                match self
                    .service
                    .ledger
                    .append_reaper(status.last_seq, vec![event])
                    .await
                {
                    Ok(status) => Ok(Some(status)),
                    Err(error) if error.is_raced() => Ok(None),
                    Err(error) => Err(error.into()),
                }
            })
            .await
    }
}
