//! What blocks a planned teardown, each with what to do next.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::terraform::{StateLock, TerraformError};
use crate::values::id::StackName;

/// Why a teardown may not proceed.
#[derive(Clone, Debug, Error, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "blocker", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blocker {
    /// The plan would delete other stacks.
    #[error(
        "the root {directory} holds {} as well, and a destroy would take {}: keep one jiti_stack in a root, or destroy the right one there with -target",
        listed(stacks), if stacks.len() == 1 { "it" } else { "them" }
    )]
    OtherStacks {
        /// The root.
        directory: String,
        /// The addresses of their `jiti_stack` and their names.
        stacks: Vec<Claim>,
    },
    /// The plan would delete resources that belong to another stack by their tag.
    #[error(
        "the plan would delete what is tagged as another stack's: {}; correct the tag, or move it out of this root with `terraform state rm`",
        listed(resources)
    )]
    ForeignTags {
        /// Their addresses and the stack that the tag `jiti:stack` names.
        resources: Vec<Claim>,
    },
    /// The refresh found nothing of a state with resources.
    #[error(
        "the refresh found none of the {count} resources that the state in {directory} holds, which is taken for wrong credentials; check the account and region they are for, or, when all is gone indeed, run `terraform apply -refresh-only` there"
    )]
    NothingFound {
        /// The root.
        directory: String,
        /// How many resources the state had.
        count: usize,
    },
    /// The state does not list the stack.
    #[error(
        "the Terraform state in {directory}, workspace {workspace}, does not hold the stack \"{stack}\": it was lost, or moved, or the folder is another stack's by now. If this folder uses one backend key for each environment, initialise it for the key of this stack (`terraform init -reconfigure -backend-config=…`), or apply each environment with its own TF_DATA_DIR. Otherwise bring the state back, apply again from there, end it by its tags with --strategy sweep, or end only the lease with `jiti forget`"
    )]
    NotInState {
        /// The stack.
        stack: StackName,
        /// The root.
        directory: String,
        /// The workspace.
        workspace: String,
        /// Whether the state is empty.
        #[serde(default)]
        empty: bool,
    },
    /// The plan would delete more than allowed.
    #[error(
        "the plan would delete {count} resources, more than the {max} that are allowed: look at them, then raise --max-resources"
    )]
    TooMany {
        /// How many would be deleted.
        count: usize,
        /// The limit.
        max: usize,
    },
    /// The credentials of every account are invalid.
    #[error("no account could be checked: {reason}; jiti does not start a sweep without access")]
    Credentials {
        /// The cloud's error.
        reason: String,
    },
    /// This machine's clock differs from the cloud's.
    #[error(
        "this machine's clock says {now}, and the cloud's {cloud}: jiti would misjudge what is older than the lease; set the clock, for example with `timedatectl set-ntp true`"
    )]
    ClockOff {
        /// This machine's time.
        now: Timestamp,
        /// The cloud's time.
        cloud: Timestamp,
    },
    /// The apply that registers the stack may still run.
    #[error("the apply that registers it runs as process {pid} on {host}: wait for it, or end it")]
    ApplyRuns {
        /// Its process.
        pid: u32,
        /// Its machine.
        host: String,
    },
    /// The root is on another machine.
    #[error(
        "its root {directory} is on {host}, and this is {here}: run `jiti teardown {stack}` there; the lease is kept"
    )]
    OtherHost {
        /// The stack.
        stack: StackName,
        /// The root.
        directory: String,
        /// The machine it is on.
        host: String,
        /// This machine.
        here: String,
    },
    /// The root is gone.
    #[error(
        "its root {directory} is no longer there: restore the folder with its configuration and run this again; or, if it has moved, run `terraform apply -refresh-only` in the new place first; or, if its state is lost, end only the lease with `jiti forget`; the lease is kept"
    )]
    FolderGone {
        /// Its path.
        directory: String,
    },
    /// The ledger is shared, and this user's own record does not name the root.
    #[error(
        "its root {directory} is named by a shared ledger only, and {reason}: jiti enters no folder that another user could have named; if it is yours, run `terraform plan` there, which records it; the lease is kept"
    )]
    NotAppliedHere {
        /// The root.
        directory: String,
        /// What the record says, or why there is none.
        reason: String,
    },
    /// No other way leads to the origin either.
    #[error("it is not rebuilt from its commit: {rebuild}; it is not dispatched: {dispatch}")]
    NoOtherWay {
        /// Why the root is not rebuilt.
        rebuild: String,
        /// Why the teardown is not dispatched.
        dispatch: String,
    },
    /// Neither PATH nor the configuration has the program that applied the stack.
    #[error(
        "no {name} is on the PATH or in the configuration, and jiti runs no path that only the ledger gives ({command} applied the stack): add its folder to PATH, or name it in `programs` under [terraform]"
    )]
    NoProgram {
        /// The recorded path.
        command: String,
        /// The name to look for.
        name: String,
    },
    /// The root could not be initialised.
    #[error("`init` in {directory} failed: {reason}; run it there, then this again")]
    NotInitialised {
        /// The root.
        directory: String,
        /// Terraform's message.
        reason: String,
    },
    /// Variables have no value.
    #[error(
        "no value for the variable{} {}: record {} in the `teardown` block of the jiti_stack, or set {} and run this again",
        if names.len() == 1 { "" } else { "s" }, names.join(", "),
        if names.len() == 1 { "it" } else { "them" }, exports(names)
    )]
    MissingVariables {
        /// Their names.
        names: Vec<String>,
    },
    /// The state is locked.
    #[error("the state is locked {lock}; wait until that has ended. jiti never forces a lock")]
    Locked {
        /// The lock's holder.
        lock: StateLock,
    },
    /// A resource may not be destroyed.
    #[error("`prevent_destroy` keeps {}: take it out of the configuration first", addresses.join(", "))]
    PreventDestroy {
        /// The addresses.
        addresses: Vec<String>,
    },
    /// Terraform could not plan, for another reason.
    #[error(
        "Terraform could not plan the destroy: {reason}; run `terraform plan -destroy` in {directory} to see all of it"
    )]
    PlanFailed {
        /// The root.
        directory: String,
        /// Terraform's message, with secrets masked.
        reason: String,
    },
}

/// A resource, and the stack that it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The address.
    pub id: String,
    /// The stack that it names.
    pub stack: String,
}

impl Blocker {
    /// Whether a rule refuses the teardown (exit code 3); otherwise it fails.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            Self::OtherStacks { .. }
                | Self::ForeignTags { .. }
                | Self::NothingFound { .. }
                | Self::NotInState { .. }
                | Self::TooMany { .. }
                | Self::Credentials { .. }
                | Self::ClockOff { .. }
                | Self::ApplyRuns { .. }
        )
    }

    /// Whether the state is known to be lost: the root exists, and its state is empty.
    #[must_use]
    pub fn is_lost_state(&self) -> bool {
        matches!(self, Self::NotInState { empty: true, .. })
    }

    /// Whether this machine cannot reach the place where Terraform would run. The reaper records
    /// residue `origin_unreachable`, and never sweeps for this reason.
    #[must_use]
    pub fn is_unreachable_origin(&self) -> bool {
        matches!(
            self,
            Self::OtherHost { .. } | Self::FolderGone { .. } | Self::NotAppliedHere { .. }
        )
    }

    /// The blocker for a failure of Terraform itself.
    pub(super) fn of(error: TerraformError, directory: &str) -> Self {
        match error {
            TerraformError::NoProgram { command, name } => Self::NoProgram { command, name },
            TerraformError::FolderGone { directory } => Self::FolderGone { directory },
            TerraformError::Locked { lock } => Self::Locked { lock },
            TerraformError::MissingVariables { names } => Self::MissingVariables { names },
            TerraformError::PreventDestroy { addresses } => Self::PreventDestroy { addresses },
            TerraformError::NotInitialised { reason } => Self::NotInitialised {
                directory: directory.to_owned(),
                reason,
            },
            other => Self::PlanFailed {
                directory: directory.to_owned(),
                reason: other.to_string(),
            },
        }
    }
}

fn listed(claims: &[Claim]) -> String {
    let each = claims
        .iter()
        .map(|claim| format!("{} (stack \"{}\")", claim.id, claim.stack));
    each.collect::<Vec<_>>().join(", ")
}

fn exports(names: &[String]) -> String {
    let each = names.iter().map(|name| format!("TF_VAR_{name}"));
    each.collect::<Vec<_>>().join(", ")
}
