//! Why a teardown was not carried out, or did not come to an end.

use std::path::PathBuf;

use jiff::Timestamp;
use thiserror::Error;

use super::blocker::Blocker;
use crate::ledger::LedgerError;
use crate::service::ServiceError;
use crate::service::teardown::sweep::TaggedStack;
use crate::terraform::TerraformError;
use crate::values::id::{Actor, AppName, Owner, StackName};

/// What a teardown refused or could not do.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TeardownError {
    /// The ledger or a use case said no.
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
        /// Why, at least one.
        blockers: Vec<Blocker>,
    },

    /// Another runner is at it.
    #[error(
        "stack \"{stack}\" is being torn down already, for {by}, by process {pid} on {host} since {since}, last heard of at {alive_at}; follow it with `jiti events {stack}`"
    )]
    Running {
        /// The stack.
        stack: StackName,
        /// Who asked for it.
        by: Actor,
        /// The machine that runs it.
        host: String,
        /// Its process there.
        pid: u32,
        /// Since when.
        since: Timestamp,
        /// When it was last heard of.
        alive_at: Timestamp,
    },

    /// Somebody puts it to sleep or wakes it.
    #[error(
        "stack \"{stack}\" is being put to sleep or woken, for {by}, by process {pid} on {host} since {since}: wait until that is done"
    )]
    Turning {
        /// The stack.
        stack: StackName,
        /// Who asked for it.
        by: Actor,
        /// The machine that does it.
        host: String,
        /// Its process there.
        pid: u32,
        /// Since when.
        since: Timestamp,
    },

    /// It wants its name typed.
    #[error("stack \"{stack}\" is protected: its name has to be given to confirm it")]
    Unconfirmed {
        /// The stack.
        stack: StackName,
    },

    /// Since it was asked for, the stack was given more time.
    #[error("stack \"{stack}\" is no longer due; nothing was deleted")]
    NoLongerWanted {
        /// The stack.
        stack: StackName,
    },

    /// The saved plan is not the one that was shown.
    #[error(
        "the saved plan of \"{stack}\" is not the one that was shown; nothing was deleted, plan again"
    )]
    NotAsShown {
        /// The stack.
        stack: StackName,
    },

    /// The state has changed since the plan was made.
    #[error(
        "the state of \"{stack}\" has changed since the plan was made; nothing was deleted, look at a new plan"
    )]
    Stale {
        /// The stack.
        stack: StackName,
    },

    /// A newer jiti wrote events about it that this one does not understand.
    #[error(
        "stack \"{stack}\" has {count} events of a newer jiti, which this one does not understand: tear it down with that one"
    )]
    NotUnderstood {
        /// The stack.
        stack: StackName,
        /// How many.
        count: u32,
    },

    /// There is no cloud to look into.
    #[error(
        "stack \"{stack}\": a sweep by tag goes only where the configuration says, and it names no account: add an [[account]] with its id and regions"
    )]
    NoAccounts {
        /// The stack.
        stack: StackName,
    },

    /// What a sweep has begun may only be finished by one, and the reaper may not.
    #[error(
        "stack \"{stack}\" was ended by its tags, and what is left of it only a sweep can end: run `jiti teardown {stack} --strategy sweep`, or let the reaper with sweep = true under [reaper]"
    )]
    MayNotSweep {
        /// The stack.
        stack: StackName,
    },

    /// Only tags tell of it, and they tell of several.
    #[error(
        "\"{stack}\" is the name of {} stacks that only their tags tell of: {}; pick one with --app and --owner",
        several.len(), listed(several)
    )]
    Several {
        /// The name.
        stack: StackName,
        /// Each of them.
        several: Vec<TaggedStack>,
    },

    /// Neither a lease nor a tag tells of it.
    #[error(
        "no stack \"{stack}\" is in the ledger {ledger}, and nothing that could be looked at carries its tags{}",
        unseen(*not_looked)
    )]
    NotFound {
        /// The name.
        stack: StackName,
        /// Where it was looked for.
        ledger: String,
        /// How many places or types did not answer.
        not_looked: usize,
    },

    /// The name is that of another stack in this ledger.
    #[error(
        "\"{stack}\" is the name of a stack of app {app}, owner {owner}, in this ledger: end that one first, or sweep the other with a ledger of its own"
    )]
    AnotherHere {
        /// The name.
        stack: StackName,
        /// The application of the one that is here.
        app: AppName,
        /// Its owner.
        owner: Owner,
    },

    /// The credentials ended before anything was deleted.
    #[error(
        "stack \"{stack}\": the credentials do not do: {reason}; nothing was deleted, run it again with new ones"
    )]
    Paused {
        /// The stack.
        stack: StackName,
        /// What the cloud said.
        reason: String,
    },

    /// The folder of the run cannot be used.
    #[error("{} could not be {doing}: {error}", path.display())]
    Folder {
        /// The file or folder.
        path: PathBuf,
        /// What was tried, as a participle.
        doing: &'static str,
        /// What the operating system said.
        error: std::io::Error,
    },
}

impl TeardownError {
    /// Whether a rule forbids it (exit code 3), rather than that it did not work.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Blocked { blockers, .. } => blockers.iter().any(Blocker::is_refusal),
            Self::Service(error) => {
                !error.refusals().is_empty()
                    || matches!(error, ServiceError::Ledger(LedgerError::ReadOnly { .. }))
            }
            Self::Running { .. }
            | Self::Turning { .. }
            | Self::NoLongerWanted { .. }
            | Self::Unconfirmed { .. }
            | Self::NotAsShown { .. }
            | Self::Stale { .. }
            | Self::NoAccounts { .. }
            | Self::MayNotSweep { .. }
            | Self::Several { .. }
            | Self::AnotherHere { .. }
            | Self::NotUnderstood { .. } => true,
            Self::Terraform { .. }
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

fn listed(several: &[TaggedStack]) -> String {
    let each: Vec<_> = several.iter().map(ToString::to_string).collect();
    each.join("; ")
}

fn unseen(not_looked: usize) -> String {
    match not_looked {
        0 => String::new(),
        count => format!("; {count} places or types did not answer: `jiti doctor` tells which"),
    }
}

fn joined(blockers: &[Blocker]) -> String {
    let each: Vec<_> = blockers.iter().map(ToString::to_string).collect();
    each.join("; ")
}
