//! The errors of a ledger, one variant per situation that needs a different reaction.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::lease::IllegalTransition;
use crate::private_path::Exposure;
use crate::values::id::{Seq, StackName};

/// An error below the ledger, kept so that the chain of causes can be printed.
///
/// It is shared because one failed commit is the answer to every append that waited for it.
pub type ErrorSource = Arc<dyn Error + Send + Sync>;

/// What a ledger refused or could not do.
///
/// Each message says which ledger, what happened and what to do next; the cause, where there is
/// one, is the error's source.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// Another process appended first. Read and decide again; never just append again.
    #[error(
        "{stream} was changed by another process: expected its last event to be number {expected}, found {found}; nothing was written, run the command again"
    )]
    Raced {
        /// The stack, the pool, or the reaper's log.
        stream: String,
        /// The sequence number that the caller expected.
        expected: Seq,
        /// The sequence number that is in the ledger.
        found: Seq,
    },

    /// The stack's phase does not allow the event. Nothing was written.
    #[error("stack \"{stack}\": {illegal}; nothing was written")]
    Illegal {
        /// The stack whose event was refused.
        stack: StackName,
        /// The refusal of the transition function.
        #[source]
        illegal: IllegalTransition,
    },

    /// An append of no events to an empty stream, which has no state to return.
    #[error("{stream} has no events yet, and none were given to append; append `requested` first")]
    Nothing {
        /// The stream.
        stream: String,
    },

    /// The ledger needs a migration to this version's format, but is read-only.
    #[error(
        "the ledger {ledger} has the older format {found} (this version writes {known}) and is read-only here; ask its owner to run any jiti command once"
    )]
    Older {
        /// The path of the ledger.
        ledger: String,
        /// The format of the file.
        found: i64,
        /// The format that this version writes.
        known: i64,
    },

    /// The ledger has a newer format than this version knows.
    #[error(
        "the ledger {ledger} was written by a newer version of jiti (format {found}; this version reads up to {known}); upgrade jiti. The ledger was not changed"
    )]
    Newer {
        /// The path of the ledger.
        ledger: String,
        /// The format of the file.
        found: i64,
        /// The newest format that this version reads.
        known: i64,
    },

    /// The file or table exists, but is not a jiti ledger.
    #[error(
        "{ledger} is not a jiti ledger: {why}; name another one with --ledger or JITI_LEDGER. It was not changed"
    )]
    NotALedger {
        /// The path of the file.
        ledger: String,
        /// What the file is instead.
        why: String,
    },

    /// There is no ledger, and the caller may only read.
    #[error(
        "there is no ledger at {ledger}; the first `terraform apply` with the jiti provider creates it, or set another path with --ledger or JITI_LEDGER"
    )]
    Missing {
        /// The path without a ledger.
        ledger: String,
    },

    /// A shared ledger does not exist yet.
    #[error(
        "there is no ledger at {ledger}: {why}; create it with `jiti ledger init '{ledger}'`, or name another one with --ledger or JITI_LEDGER"
    )]
    NotCreated {
        /// The address of the ledger.
        ledger: String,
        /// What is missing.
        why: String,
    },

    /// The address of a shared ledger is invalid.
    #[error("invalid ledger address {ledger:?}: {why}")]
    Address {
        /// The address.
        ledger: String,
        /// What is wrong with it, and the right form.
        why: String,
    },

    /// The credentials do not permit an action on the shared ledger.
    #[error(
        "access denied: the credentials may not call {action} on the {resource} of the ledger {ledger}; give them the policy of their role"
    )]
    ActionDenied {
        /// The address of the ledger.
        ledger: String,
        /// The denied action, such as `dynamodb:Query`.
        action: String,
        /// What it was denied on, such as `table jiti-ledger`.
        resource: String,
        /// The service's answer.
        #[source]
        cause: ErrorSource,
    },

    /// There are no usable credentials for the shared ledger.
    #[error(
        "no usable credentials for the ledger {ledger}; log in, or set the profile in the address (&profile=NAME), and run the command again"
    )]
    Credentials {
        /// The address of the ledger.
        ledger: String,
        /// The service's or the credential chain's answer.
        #[source]
        cause: ErrorSource,
    },

    /// The shared ledger did not answer within the time limit.
    #[error(
        "the ledger {ledger} could not be reached for {waited:?} while {doing}; check the network and the region, and run the command again{}",
        if *.unknown { ". The last append may have taken effect, so check before repeating it" } else { ". Nothing was written" }
    )]
    Unreachable {
        /// The address of the ledger.
        ledger: String,
        /// The failed operation, as a gerund.
        doing: &'static str,
        /// How long this process tried.
        waited: Duration,
        /// Whether an append may have taken effect although no answer came.
        unknown: bool,
        /// The last error.
        #[source]
        cause: ErrorSource,
    },

    /// The shared ledger refuses requests because there are too many.
    #[error(
        "the ledger {ledger} had no capacity for {waited:?} while {doing}; nothing was written, run the command again, and check the table's limits if this continues"
    )]
    Throttled {
        /// The address of the ledger.
        ledger: String,
        /// The failed operation, as a gerund.
        doing: &'static str,
        /// How long this process tried.
        waited: Duration,
        /// The last answer.
        #[source]
        cause: ErrorSource,
    },

    /// The events of one append are larger than the store accepts.
    #[error("{stream}: {what}, which the ledger {ledger} cannot store; nothing was written")]
    TooLarge {
        /// The address of the ledger.
        ledger: String,
        /// The stack, the pool, or another stream.
        stream: String,
        /// What is too large, and the limit.
        what: String,
    },

    /// The write-ahead log of a deleted ledger is in the place of a new one.
    #[error(
        "{leftover} belongs to a ledger that was deleted from {ledger}, and would corrupt a new one; restore that ledger, or move the file away"
    )]
    Leftover {
        /// The path of the new ledger.
        ledger: String,
        /// The leftover file.
        leftover: PathBuf,
    },

    /// The ledger is readable, but not writable.
    #[error(
        "the ledger {ledger} is read-only for this user or was opened read-only; ask its owner for write access to the file and its folder"
    )]
    ReadOnly {
        /// The path of the ledger.
        ledger: String,
    },

    /// The ledger is not readable.
    #[error(
        "no permission to read the ledger {ledger}; ask its owner for access to the file and its folder"
    )]
    Denied {
        /// The path of the ledger.
        ledger: String,
        /// The error of the operating system.
        #[source]
        cause: ErrorSource,
    },

    /// Another user could have written to the ledger.
    #[error("jiti runs nothing that the ledger {ledger} records: {exposure}")]
    Exposed {
        /// The path of the ledger.
        ledger: String,
        /// Which path is exposed, and how to change that.
        #[source]
        exposure: Exposure,
    },

    /// The disk is full. Nothing of the failed append was written.
    #[error(
        "no space left on the disk of the ledger {ledger}; free some space and run the command again. Acknowledged events are safe"
    )]
    Full {
        /// The path of the ledger.
        ledger: String,
    },

    /// Another process holds the lock for longer than the lock timeout.
    #[error(
        "the ledger {ledger} has been locked by another process for {waited:?}; find it with `fuser {ledger}`, or run the command again when it has finished"
    )]
    Locked {
        /// The path of the ledger.
        ledger: String,
        /// How long this process waited.
        waited: Duration,
    },

    /// The folder of a new ledger could not be created.
    #[error(
        "the folder {} for the ledger could not be created; create it, or set another path with --ledger or JITI_LEDGER",
        folder.display()
    )]
    Folder {
        /// The missing folder.
        folder: PathBuf,
        /// The error of the operating system.
        #[source]
        cause: ErrorSource,
    },

    /// The contents of the ledger are inconsistent.
    #[error(
        "the ledger {ledger} is damaged: {what}; make a copy of it first, then see \"Recovery by hand\" in docs/dev/ledger.md"
    )]
    Corrupt {
        /// The path of the ledger.
        ledger: String,
        /// Where the inconsistency was found.
        what: String,
    },

    /// Any other error of the store.
    #[error(
        "the ledger {ledger} failed while {doing}; the operation may have taken effect, so check before repeating it"
    )]
    Failed {
        /// The path of the ledger.
        ledger: String,
        /// The failed operation, as a gerund.
        doing: &'static str,
        /// The error of the store.
        #[source]
        cause: ErrorSource,
    },
}

impl LedgerError {
    /// Whether another process appended first, so that the caller must read and decide again.
    pub fn is_raced(&self) -> bool {
        matches!(self, Self::Raced { .. })
    }

    /// Whether the store could not be reached, so that the same call may succeed later.
    pub fn is_unreachable(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Throttled { .. } | Self::Credentials { .. }
        )
    }

    /// Whether a rule refuses the operation; otherwise it failed.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::ReadOnly { .. } | Self::Exposed { .. })
    }
}
