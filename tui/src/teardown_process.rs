//! Starts a teardown as a separate process, which outlives this one, and follows its progress file.

use std::fs::File;
use std::process::{Child, Command, Stdio};

use stack::service::teardown::{
    Follower, POLL_INTERVAL, PreparedTeardown, Progress, TeardownSettings,
};
use stack::{Source, StackName};

use crate::cli::context::{Context, PathSource};
use crate::error::CommandError;

/// A running teardown process and its progress.
pub(crate) struct TeardownProcess {
    child: Child,
    log: std::path::PathBuf,
    follower: Follower,
}

impl TeardownProcess {
    /// Starts a process that carries out the plan. It keeps running if this process ends.
    /// `confirmed` is the name that the user typed; `source` is the source of its events.
    pub(crate) fn start(
        context: &Context,
        settings: &TeardownSettings,
        prepared: PreparedTeardown,
        confirmed: Option<&StackName>,
        source: Source,
    ) -> Result<Self, CommandError> {
        let follower = Follower::of(&settings.runs, &prepared.plan.run);
        let folder = prepared.hand_over()?;
        let log = folder.join("runner.log");
        let start = || -> std::io::Result<Child> {
            let mut command = Command::new(std::env::current_exe()?);
            if let Ok(address) = context.ledger_address() {
                command.arg("--ledger").arg(address.to_string());
            }
            if let Some((path, PathSource::Argument)) = context.config_path() {
                command.arg("--config").arg(path);
            }
            command.arg("teardown-run").arg(&folder);
            if let Some(name) = confirmed {
                command.arg("--confirm").arg(name.as_str());
            }
            if source == Source::Dashboard {
                command.arg("--dashboard");
            }
            command
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(File::create(&log)?)
                .spawn()
        };
        let child = start().map_err(|error| {
            CommandError::failed("cannot start the teardown process").because(&error)
        })?;
        Ok(Self {
            child,
            log,
            follower,
        })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the next steps, at least one.
    ///
    /// # Errors
    ///
    /// If the process ended without a last step.
    pub(crate) async fn next_steps(&mut self) -> Result<Vec<Progress>, CommandError> {
        loop {
            // In this order, so that the steps that it wrote before it ended are not missed.
            let exit_status = self.child.try_wait().ok().flatten();
            let steps = self.follower.wait(POLL_INTERVAL).await.map_err(|error| {
                CommandError::failed("cannot read the progress of the teardown").because(&error)
            })?;
            if !steps.is_empty() {
                return Ok(steps);
            }
            if let Some(status) = exit_status {
                let log = std::fs::read_to_string(&self.log).unwrap_or_default();
                let log = log.trim().trim_start_matches("Error: ").to_owned();
                return Err(CommandError::failed(if log.is_empty() {
                    format!("the teardown process ended early ({status})")
                } else {
                    log
                })
                .hint("run the command again: it continues where that process ended"));
            }
        }
    }
}
