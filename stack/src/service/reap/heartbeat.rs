//! The reaper's log: runs, whose heartbeats tell whether anything ends at all, and pauses.

use jiff::Timestamp;

use crate::lease::ProcessId;
use crate::reaper::{ReaperEvent, ReaperEventKind, ReaperStatus};
use crate::service::{Service, ServiceError};
use crate::values::id::RunId;

impl Service {
    /// Says that a run of the reaper begins, in a process of this machine.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn begin_run(&self, process: &ProcessId) -> Result<RunId, ServiceError> {
        let run = RunId::random();
        let interval = self.config.reaper.interval;
        self.change_reaper(|_, _| {
            let (run, host) = (run.clone(), process.host.clone());
            let pid = process.pid;
            Some(ReaperEventKind::RunStarted {
                run,
                interval,
                host,
                pid,
            })
        })
        .await?;
        Ok(run)
    }

    /// Says that a run of the reaper has ended, and with what.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn finish_run(
        &self,
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

    /// Pauses every reaper of this ledger. One that is paused already stays as it is.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn pause_reaper(&self, why: Option<String>) -> Result<ReaperStatus, ServiceError> {
        let paused = |status: &ReaperStatus, _| match status.paused {
            Some(_) => None,
            None => Some(ReaperEventKind::Paused { why: why.clone() }),
        };
        self.change_reaper(paused).await
    }

    /// Lets the reapers of this ledger work again.
    ///
    /// # Errors
    /// What the ledger says.
    pub async fn resume_reaper(&self) -> Result<ReaperStatus, ServiceError> {
        let resumed =
            |status: &ReaperStatus, _| status.paused.as_ref().map(|_| ReaperEventKind::Resumed);
        self.change_reaper(resumed).await
    }

    /// Appends what `decide` makes of the reaper as it is; decides again after each lost race.
    pub(in crate::service) async fn change_reaper(
        &self,
        decide: impl Fn(&ReaperStatus, Timestamp) -> Option<ReaperEventKind> + Send + Sync,
    ) -> Result<ReaperStatus, ServiceError> {
        self.retry_on_conflict("the reaper's log", || async {
            let status = self.ledger.reaper().await?;
            let now = self.now();
            let Some(kind) = decide(&status, now) else {
                return Ok(Some(status));
            };
            let event = ReaperEvent {
                seq: status.last_seq,
                at: now,
                actor: self.actor.clone(),
                kind,
            };
            match self
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
