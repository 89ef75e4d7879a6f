//! The failures of a Terraform run, distinguished by what the user has to do.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::state_lock::StateLock;
use crate::process;

/// Why a Terraform run failed. Its texts are bounded, with secrets masked.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TerraformError {
    /// Neither PATH nor the configuration has the program that applied the stack.
    #[error(
        "no {name} is on the PATH or in the configuration (the stack was applied with {command})"
    )]
    NoProgram {
        /// The recorded path.
        command: String,
        /// The name to look for.
        name: String,
    },
    /// Neither product is installed.
    #[error("neither terraform nor tofu is on the PATH or in the configuration")]
    NotInstalled,
    /// The root directory is gone.
    #[error("the folder {directory} is no longer there")]
    FolderGone {
        /// Its path.
        directory: String,
    },
    /// The state is locked.
    #[error("the state is locked {lock}")]
    Locked {
        /// The lock's holder.
        lock: StateLock,
    },
    /// Variables have no value.
    #[error("no value for the variables {}", names.join(", "))]
    MissingVariables {
        /// Their names.
        names: Vec<String>,
    },
    /// Resources that `prevent_destroy` keeps.
    #[error("`prevent_destroy` keeps {}", addresses.join(", "))]
    PreventDestroy {
        /// Their addresses.
        addresses: Vec<String>,
    },
    /// The root is not initialised, or its initialisation failed.
    #[error("the root is not initialised: {reason}")]
    NotInitialised {
        /// Terraform's message.
        reason: String,
    },
    /// The state has changed since the plan was made.
    #[error("the saved plan is stale: the state has changed since it was made")]
    Stale,
    /// The program could not be started, or its output not be read.
    #[error("{program} could not be {doing}: {reason}")]
    Run {
        /// Its path.
        program: String,
        /// What was tried, as a participle.
        doing: String,
        /// The operating system's error.
        reason: String,
    },
    /// Its output cannot be parsed.
    #[error("the answer of `{command}` is not understood: {reason}")]
    NotUnderstood {
        /// The subcommand.
        command: String,
        /// Where the output is invalid.
        reason: String,
    },
    /// It failed for another reason.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The subcommand.
        command: String,
        /// Terraform's message.
        reason: String,
    },
}

impl TerraformError {
    /// The failure of a run that started at this time, without what the backend reports about the
    /// run's own request for the lock.
    pub(crate) fn without_own_request(self, started: Timestamp) -> Self {
        match self {
            Self::Locked { lock } => Self::Locked {
                lock: lock.without_own_request(&process::host(), started),
            },
            other => other,
        }
    }
}
