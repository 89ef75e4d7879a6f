//! The runner of a teardown, and whether it is alive: jiti never interferes with a live one.

use std::path::Path;

use jiff::Timestamp;

use super::error::TeardownError;
use super::run_folder;
use crate::lease::{Lease, Phase, ProcessId};
use crate::process::{self, Liveness};
use crate::service::liveness::{active_operation, is_silent};
use crate::values::id::{Actor, RunId};

/// The runner of a teardown in progress, as the ledger records it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The run; its id leads to its progress file.
    pub run: RunId,
    /// Who asked for the teardown.
    pub by: Actor,
    /// The machine that runs it.
    pub host: String,
    /// The process id there.
    pub pid: u32,
    /// When the teardown began.
    pub since: Timestamp,
    /// The runner's last heartbeat.
    pub alive_at: Timestamp,
    /// Whether the runner is alive: neither provably dead nor silent for ten minutes.
    pub lives: bool,
}

impl Runner {
    /// The runner of a stack's teardown; `None` when no teardown is in progress. `runs` is the
    /// folder that holds the folders of this machine's runs.
    #[must_use]
    pub fn of(lease: &Lease, runs: &Path, now: Timestamp) -> Option<Self> {
        if lease.recorded_phase != Phase::TearingDown {
            return None;
        }
        let teardown = lease.teardown.as_ref()?;
        let process = run_folder::read::<ProcessId>(
            &runs.join(teardown.run.as_str()).join(run_folder::RUNNER),
        );
        let dead = match process {
            Ok(process) if process.pid == teardown.pid && process.host == teardown.host => {
                process::liveness(&process) == Liveness::Dead
            }
            // Without the file only the number is known, and another process may have it by now.
            _ => teardown.host == process::host() && process::identify(teardown.pid).is_none(),
        };
        Some(Self {
            run: teardown.run.clone(),
            by: teardown.by.clone(),
            host: teardown.host.clone(),
            pid: teardown.pid,
            since: teardown.started_at,
            alive_at: teardown.alive_at,
            lives: !dead && !is_silent(teardown.alive_at, now),
        })
    }

    /// Refuses a teardown while a runner is alive, or while the stack is put to sleep or woken.
    pub(super) fn refuse(lease: &Lease, runs: &Path, now: Timestamp) -> Result<(), TeardownError> {
        if let Some(operation) = active_operation(lease, now) {
            let process = &operation.operator.process;
            return Err(TeardownError::PowerOperation {
                stack: lease.name.clone(),
                by: operation.by.clone(),
                host: process.host.clone(),
                pid: process.pid,
                since: operation.started_at,
            });
        }
        match Self::of(lease, runs, now) {
            Some(runner) if runner.lives => Err(TeardownError::Running {
                stack: lease.name.clone(),
                by: runner.by,
                host: runner.host,
                pid: runner.pid,
                since: runner.since,
                alive_at: runner.alive_at,
            }),
            _ => Ok(()),
        }
    }
}
