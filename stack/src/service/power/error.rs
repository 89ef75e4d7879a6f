//! Why a sleep or a wake did not start, or was interrupted.

use jiff::Timestamp;
use thiserror::Error;

use crate::service::ServiceError;
use crate::values::id::{Actor, StackName};
use crate::values::ttl::Span;

/// Why nothing, or nothing more, was stopped or started.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum SleepError {
    /// The ledger failed, or the policy refused.
    #[error(transparent)]
    Service(#[from] ServiceError),

    /// No account is configured.
    #[error(
        "sleep and wake stop and start compute in a cloud, and no account is configured: name one under [[account]]"
    )]
    NoCloud,

    /// The credentials do not work, or belong to another account.
    #[error("nothing was changed: the credentials for {place} do not work: {reason}")]
    Credentials {
        /// The place.
        place: String,
        /// The cloud's error.
        reason: String,
    },

    /// There is nothing that could be stopped.
    #[error(
        "nothing of \"{stack}\" can be stopped: no instance, group, service or database of it was found in the configured accounts"
    )]
    Nothing {
        /// The stack.
        stack: StackName,
    },

    /// The requested time has passed.
    #[error("it cannot sleep until {until}: that has passed")]
    Passed {
        /// Until when.
        until: Timestamp,
    },

    /// Another process puts the stack to sleep or wakes it.
    #[error(
        "\"{stack}\" is being put to sleep or woken already, for {by}, by process {pid} on {host} since {since}: wait until that is done"
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
    },

    /// Another process took the operation over.
    #[error(
        "\"{stack}\" was taken over by another process, or is being torn down: a process without a heartbeat for {silent} loses the operation; see `jiti show {stack}`"
    )]
    Lost {
        /// The stack.
        stack: StackName,
        /// How long a process may be silent before another takes over.
        silent: Span,
    },

    /// A newer jiti has written events that this one does not understand.
    #[error(
        "\"{stack}\" has {count} events that this version of jiti does not understand: use the newer one"
    )]
    NotUnderstood {
        /// The stack.
        stack: StackName,
        /// How many.
        count: u32,
    },
}

impl SleepError {
    /// Whether a rule refused it; otherwise it failed.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        match self {
            Self::Service(error) => !error.refusals().is_empty(),
            Self::NotUnderstood { .. } | Self::Running { .. } => true,
            _ => false,
        }
    }
}
