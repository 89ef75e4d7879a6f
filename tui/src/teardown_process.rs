//! A teardown in a process of its own, which outlives whoever started it and is followed by its progress file.

use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use stack::service::teardown::{Follower, PreparedTeardown, Progress, TeardownSettings};
use stack::{Source, StackName};

use crate::cli::context::{Context, Named};
use crate::error::CommandError;

/// How often it is looked for new steps.
const LOOK: Duration = Duration::from_millis(100);

/// A runner that was started, and what it says.
pub(crate) struct Detached {
    child: Child,
    log: std::path::PathBuf,
    follower: Follower,
}

impl Detached {
    /// Hands the plan over to a new process, which writes as the part of jiti that was asked. From here on it goes on
    /// whatever becomes of this one.
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
            if let Ok(path) = context.ledger_path() {
                command.arg("--ledger").arg(path);
            }
            if let Some((path, Named::Option)) = context.config_path() {
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
            CommandError::failed("the process that tears down could not be started").because(&error)
        })?;
        Ok(Self {
            child,
            log,
            follower,
        })
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The next steps: at least one. A runner that ended without a last step has failed.
    pub(crate) async fn steps(&mut self) -> Result<Vec<Progress>, CommandError> {
        loop {
            // In this order: what it said before it ended is read after it was seen to have ended.
            let ended = self.child.try_wait().ok().flatten();
            let steps = self.follower.steps().map_err(|error| {
                CommandError::failed("the progress of the teardown could not be read")
                    .because(&error)
            })?;
            if !steps.is_empty() {
                return Ok(steps);
            }
            if let Some(status) = ended {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let said = said.trim().trim_start_matches("Error: ").to_owned();
                return Err(CommandError::failed(if said.is_empty() {
                    format!("the process that tears down ended with {status} before it was done")
                } else {
                    said
                })
                .hint("run the command again: it takes over where that one ended"));
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
