//! Who runs a teardown, and whether that runner lives: one that does is left alone.

use std::path::Path;

use jiff::Timestamp;

use super::error::TeardownError;
use super::run_folder;
use crate::lease::{Lease, Phase, PowerOperation, ProcessId};
use crate::process::{self, Liveness};
use crate::values::id::{Actor, RunId};
use crate::values::ttl::{Elapsed, Span};

/// A runner that was silent for longer is taken over, whether or not its process can be asked about.
pub(in crate::service) const SILENT: Span = Span::minutes(10);

/// The runner of a teardown under way, as the ledger has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// The run; its progress can be followed by it.
    pub run: RunId,
    /// Who asked for it.
    pub by: Actor,
    /// The machine that runs it.
    pub host: String,
    /// Its process there.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
    /// When it was last heard of.
    pub alive_at: Timestamp,
    /// Whether it lives, as far as can be told: neither provably dead nor silent for ten minutes.
    pub lives: bool,
}

impl Runner {
    /// The runner of a stack's teardown; `None` when none is under way. `runs` is where this machine's runs have their
    /// folders.
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
            // Without its file only the number is known: a process that has it may be another one.
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

    /// That nobody else may act while one lives, or while somebody puts the stack to sleep or wakes it.
    pub(in crate::service) fn refuse(
        lease: &Lease,
        runs: &Path,
        now: Timestamp,
    ) -> Result<(), TeardownError> {
        if let Some(turn) = in_turn(lease, now) {
            return Err(TeardownError::Turning {
                stack: lease.name.clone(),
                by: turn.by.clone(),
                host: turn.operator.process.host.clone(),
                pid: turn.operator.process.pid,
                since: turn.started_at,
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

/// Who puts a stack to sleep or wakes it at this moment; nobody who is provably dead or was silent for ten minutes.
pub(in crate::service) fn in_turn(lease: &Lease, now: Timestamp) -> Option<&PowerOperation> {
    lease.power_operation.as_ref().filter(|turn| {
        let dead = process::liveness(&turn.operator.process) == Liveness::Dead;
        !dead && !is_silent(turn.alive_at, now)
    })
}

fn is_silent(heard_at: Timestamp, now: Timestamp) -> bool {
    Elapsed::between(heard_at, now).millis() > SILENT.seconds() * 1000
}
