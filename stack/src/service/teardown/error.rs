//! Why a teardown was refused or failed.

use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use super::blocker::Blocker;
use crate::ledger::LedgerError;
use crate::private_path::Exposure;
use crate::service::ServiceError;
use crate::service::teardown::sweep::UnleasedStack;
use crate::terraform::TerraformError;
use crate::values::id::{Actor, AppName, Owner, StackName};

/// Why a teardown was refused or failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TeardownError {
    /// The ledger or another use case failed or refused.
    #[error(transparent)]
    Service(#[from] ServiceError),

    /// Terraform could not be run, or failed before anything was deleted.
    #[error("stack \"{stack}\": {error}; nothing was deleted")]
    Terraform {
        /// The stack.
        stack: StackName,
        /// What happened.
        #[source]
        error: TerraformError,
    },

    /// The plan may not be carried out.
    #[error("stack \"{stack}\": {}", joined(blockers))]
    Blocked {
        /// The stack.
        stack: StackName,
        /// The blockers, at least one.
        blockers: Vec<Blocker>,
    },

    /// Another runner works on the stack.
    #[error(
        "stack \"{stack}\" is already being torn down for {by}, by process {pid} on {host} since {since}, last heartbeat at {alive_at}; follow it with `jiti events {stack}`"
    )]
    Running {
        /// The stack.
        stack: StackName,
        /// Who asked for it.
        by: Actor,
        /// The machine that runs it.
        host: String,
        /// The process id there.
        pid: u32,
        /// When it began.
        since: Timestamp,
        /// The runner's last heartbeat.
        alive_at: Timestamp,
    },

    /// Another runner took the teardown over while this one was silent.
    #[error(
        "another process has taken over the teardown of \"{stack}\", because this one was silent for too long; it records the rest: follow it with `jiti events {stack}`"
    )]
    Replaced {
        /// The stack.
        stack: StackName,
    },

    /// The stack is being put to sleep or woken.
    #[error(
        "stack \"{stack}\" is being put to sleep or woken for {by}, by process {pid} on {host} since {since}: wait until that has ended"
    )]
    PowerOperation {
        /// The stack.
        stack: StackName,
        /// Who asked for it.
        by: Actor,
        /// The machine that runs it.
        host: String,
        /// The process id there.
        pid: u32,
        /// When it began.
        since: Timestamp,
    },

    /// The teardown was dispatched, and its time has not passed.
    #[error(
        "the teardown of stack \"{stack}\" was dispatched for {by} at {at} and has until {until}: follow it with `jiti events {stack}`"
    )]
    Dispatched {
        /// The stack.
        stack: StackName,
        /// Who asked for it.
        by: Actor,
        /// When it was dispatched.
        at: Timestamp,
        /// The end of its time.
        until: Timestamp,
    },

    /// The command that dispatches the teardown failed.
    #[error(
        "the command that dispatches the teardown of stack \"{stack}\" failed: {reason}; correct `command` under [dispatch], or what it needs"
    )]
    DispatchFailed {
        /// The stack.
        stack: StackName,
        /// How it ended, with secrets masked.
        reason: String,
    },

    /// The time of a dispatch has passed.
    #[error(
        "the dispatched teardown of stack \"{stack}\" had until {until} and has not ended: the log of the system that runs it says why, and `jiti events {stack}` shows what it did"
    )]
    DispatchOverdue {
        /// The stack.
        stack: StackName,
        /// The end of its time.
        until: Timestamp,
    },

    /// The teardown that was dispatched failed.
    #[error("the dispatched teardown of stack \"{stack}\" failed: {reason}")]
    FailedElsewhere {
        /// The stack.
        stack: StackName,
        /// The reason that the other side recorded.
        reason: String,
    },

    /// This process was stopped while it followed a dispatched teardown.
    #[error(
        "this process no longer follows the dispatched teardown of stack \"{stack}\", which has until {until}: `jiti events {stack}` shows how it ends"
    )]
    NotFollowed {
        /// The stack.
        stack: StackName,
        /// The end of its time.
        until: Timestamp,
    },

    /// The stack is protected, and its name was not typed.
    #[error("stack \"{stack}\" is protected: type its name to confirm the teardown")]
    Unconfirmed {
        /// The stack.
        stack: StackName,
    },

    /// The stack was given more time after the teardown was requested.
    #[error("stack \"{stack}\" is no longer due; nothing was deleted")]
    NoLongerDue {
        /// The stack.
        stack: StackName,
    },

    /// The saved plan differs from the one that was shown.
    #[error(
        "the saved plan of \"{stack}\" differs from the one that was shown; nothing was deleted; make a new plan"
    )]
    NotAsShown {
        /// The stack.
        stack: StackName,
    },

    /// The state has changed since the plan was made.
    #[error(
        "the state of \"{stack}\" has changed since the plan was made; nothing was deleted; make a new plan"
    )]
    Stale {
        /// The stack.
        stack: StackName,
    },

    /// A newer jiti wrote events that this one does not understand.
    #[error(
        "stack \"{stack}\" has {count} {} from a newer jiti, which this one does not understand: use the newer jiti",
        events(*count)
    )]
    NotUnderstood {
        /// The stack.
        stack: StackName,
        /// How many.
        count: u32,
    },

    /// A sweep needs accounts, and none is configured.
    #[error(
        "stack \"{stack}\": a sweep by tag covers only configured accounts, and none is configured: add an [[account]] with its id and regions"
    )]
    NoAccounts {
        /// The stack.
        stack: StackName,
    },

    /// Only a sweep can finish what a sweep began, and the reaper is not allowed to sweep.
    #[error(
        "a sweep of stack \"{stack}\" has begun, and only a sweep can finish it: run `jiti teardown {stack} --strategy sweep`, or allow the reaper to sweep with sweep = true under [reaper]"
    )]
    MayNotSweep {
        /// The stack.
        stack: StackName,
    },

    /// Only tags name the stack, and they name several.
    #[error(
        "\"{stack}\" is the name of {} stacks without a lease: {}; select one with --app and --owner",
        several.len(), listed(several)
    )]
    Several {
        /// The name.
        stack: StackName,
        /// The stacks.
        several: Vec<UnleasedStack>,
    },

    /// Neither a lease nor a tag names the stack.
    #[error(
        "stack \"{stack}\" is not in the ledger {ledger}, and no resource that could be checked carries its tags{}",
        unchecked_note(*unchecked)
    )]
    NotFound {
        /// The name.
        stack: StackName,
        /// The ledger that was searched.
        ledger: String,
        /// How many places or types did not answer.
        unchecked: usize,
    },

    /// The name belongs to another stack in this ledger.
    #[error(
        "in this ledger, \"{stack}\" is a stack of app {app}, owner {owner}: tear that one down first, or sweep the other with a separate ledger"
    )]
    AnotherHere {
        /// The name.
        stack: StackName,
        /// The application of the stack in this ledger.
        app: AppName,
        /// Its owner.
        owner: Owner,
    },

    /// The credentials became invalid before anything was deleted.
    #[error(
        "stack \"{stack}\": the credentials are no longer valid: {reason}; nothing was deleted; renew them and run this again"
    )]
    Paused {
        /// The stack.
        stack: StackName,
        /// The cloud's error.
        reason: String,
    },

    /// Another user could have written to the folder of the runs.
    #[error("jiti carries out no plan from the folder of its runs: {exposure}")]
    Exposed {
        /// Which path is exposed, and how to change that.
        #[source]
        exposure: Exposure,
    },

    /// A file of the run's folder cannot be used.
    #[error("{} could not be {doing}: {error}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a participle: `read`.
        doing: &'static str,
        /// The operating system's error.
        error: std::io::Error,
    },
}

impl TeardownError {
    /// Whether a rule refused it (exit code 3); otherwise it failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Blocked { blockers, .. } => blockers.iter().any(Blocker::is_refusal),
            Self::Service(error) => {
                !error.refusals().is_empty()
                    || matches!(error, ServiceError::Ledger(error) if error.is_refusal())
            }
            Self::Running { .. }
            | Self::Dispatched { .. }
            | Self::Replaced { .. }
            | Self::PowerOperation { .. }
            | Self::NoLongerDue { .. }
            | Self::Unconfirmed { .. }
            | Self::NotAsShown { .. }
            | Self::Stale { .. }
            | Self::NoAccounts { .. }
            | Self::MayNotSweep { .. }
            | Self::Several { .. }
            | Self::AnotherHere { .. }
            | Self::Exposed { .. }
            | Self::NotUnderstood { .. } => true,
            Self::Terraform { .. }
            | Self::DispatchFailed { .. }
            | Self::DispatchOverdue { .. }
            | Self::FailedElsewhere { .. }
            | Self::NotFollowed { .. }
            | Self::NotFound { .. }
            | Self::Paused { .. }
            | Self::Folder { .. } => false,
        }
    }
}

impl From<LedgerError> for TeardownError {
    fn from(error: LedgerError) -> Self {
        Self::Service(error.into())
    }
}

fn listed(several: &[UnleasedStack]) -> String {
    let each: Vec<_> = several.iter().map(ToString::to_string).collect();
    each.join("; ")
}

fn unchecked_note(unchecked: usize) -> String {
    match unchecked {
        0 => String::new(),
        1 => "; 1 place or type did not answer: `jiti doctor` names it".to_owned(),
        count => format!("; {count} places or types did not answer: `jiti doctor` names them"),
    }
}

fn events(count: u32) -> &'static str {
    if count == 1 { "event" } else { "events" }
}

fn joined(blockers: &[Blocker]) -> String {
    let each: Vec<_> = blockers.iter().map(ToString::to_string).collect();
    each.join("; ")
}
