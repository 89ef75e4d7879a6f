//! What can go wrong with a run of Terraform, told apart by what its user does next.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::state_lock::StateLock;

/// Why a run of Terraform did not do what was asked. Texts of Terraform's are bounded, and secrets in them masked.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum TerraformError {
    /// Neither the recorded program nor one of its name is there.
    #[error("{command} is not there, and no {name} is on the PATH")]
    NoProgram {
        /// The recorded path.
        command: String,
        /// Its name.
        name: String,
    },
    /// The root directory is gone.
    #[error("the folder {directory} is no longer there")]
    FolderGone {
        /// Where it was.
        directory: String,
    },
    /// Somebody holds the state.
    #[error("the state is locked {lock}")]
    Locked {
        /// Who, and since when.
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
        /// What it said.
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
        /// What the operating system said.
        reason: String,
    },
    /// It said something that is not understood.
    #[error("the answer of `{command}` is not understood: {reason}")]
    NotUnderstood {
        /// The subcommand.
        command: String,
        /// What about it.
        reason: String,
    },
    /// It failed for a reason that is not told apart.
    #[error("`{command}` failed: {reason}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What it said.
        reason: String,
    },
}
