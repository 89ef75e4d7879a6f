//! What can go wrong with a ledger, one variant for each situation that wants a different answer.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::lease::IllegalTransition;
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
    /// Somebody else appended first. Read again and decide again: never only append again.
    #[error(
        "{stream} has changed in between: expected its last event to be number {expected}, found {found}; nothing was written, read it and decide again"
    )]
    Raced {
        /// The stack, the pool, or the reaper's log.
        stream: String,
        /// The sequence number that the append was conditional on.
        expected: Seq,
        /// The sequence number that is in the ledger.
        found: Seq,
    },

    /// An event that the stack's phase does not allow. Nothing was written.
    #[error("stack \"{stack}\": {illegal}; nothing was written")]
    Illegal {
        /// The stack whose events were refused.
        stack: StackName,
        /// What the transition function said.
        #[source]
        illegal: IllegalTransition,
    },

    /// An append of no events to a stream that has none: there is nothing to answer.
    #[error(
        "nothing was to be appended to {stream}, which has no events yet; append `requested` first"
    )]
    Nothing {
        /// The stream.
        stream: String,
    },

    /// The ledger has to be brought to this version's format, and can't be written.
    #[error(
        "the ledger {ledger} has the older format {found} (this version writes {known}) and is read-only here; let its owner run any jiti command once"
    )]
    Older {
        /// The path of the ledger.
        ledger: String,
        /// The format of the file.
        found: i64,
        /// The format that this version writes.
        known: i64,
    },

    /// The ledger has a format that this version does not know.
    #[error(
        "the ledger {ledger} was written by a newer version of jiti (format {found}; this one knows up to {known}); upgrade jiti, the ledger is left as it is"
    )]
    Newer {
        /// The path of the ledger.
        ledger: String,
        /// The format of the file.
        found: i64,
        /// The newest format that this version reads.
        known: i64,
    },

    /// There is a file, and it is something else.
    #[error(
        "{ledger} is no jiti ledger: {why}; name another path with --ledger or JITI_LEDGER, the file is left as it is"
    )]
    NotALedger {
        /// The path of the file.
        ledger: String,
        /// What it is instead.
        why: String,
    },

    /// There is nothing, and only reading was asked for.
    #[error(
        "there is no ledger at {ledger}; the first `terraform apply` with the jiti provider creates it, or name another path with --ledger or JITI_LEDGER"
    )]
    Missing {
        /// The path where a ledger was looked for.
        ledger: String,
    },

    /// The write-ahead log of another, deleted ledger lies where a new one would be created.
    #[error(
        "{leftover} belongs to a ledger that is no longer at {ledger}, and would be played into a new one; restore the ledger beside it, or move it away"
    )]
    Leftover {
        /// The path of the ledger that would be created.
        ledger: String,
        /// The file that is in the way.
        leftover: PathBuf,
    },

    /// The ledger can be read but not written.
    #[error(
        "the ledger {ledger} is read-only for this user or was opened read-only; ask its owner for write access to the file and its folder"
    )]
    ReadOnly {
        /// The path of the ledger.
        ledger: String,
    },

    /// The ledger can't even be read.
    #[error(
        "no permission to read the ledger {ledger}; ask its owner for access to the file and its folder"
    )]
    Denied {
        /// The path of the ledger.
        ledger: String,
        /// What the operating system said.
        #[source]
        cause: ErrorSource,
    },

    /// No space is left. Nothing of the failed append was written.
    #[error(
        "no space is left for the ledger {ledger}; free some and run the command again, what was acknowledged before is safe"
    )]
    Full {
        /// The path of the ledger.
        ledger: String,
        /// What the store said.
        #[source]
        cause: ErrorSource,
    },

    /// Another process kept the ledger locked for longer than this one waits.
    #[error(
        "the ledger {ledger} has been locked by another process for {waited:?}; find it with `fuser {ledger}`, or run the command again when it has finished"
    )]
    Locked {
        /// The path of the ledger.
        ledger: String,
        /// How long it was waited for.
        waited: Duration,
    },

    /// The folder for a new ledger could not be made.
    #[error(
        "the folder {} for the ledger could not be created; create it, or name another path with --ledger or JITI_LEDGER",
        folder.display()
    )]
    Folder {
        /// The folder that is missing.
        folder: PathBuf,
        /// What the operating system said.
        #[source]
        cause: ErrorSource,
    },

    /// What the ledger holds contradicts itself.
    #[error(
        "the ledger {ledger} is damaged: {what}; copy it before anything else, then see \"Recovery by hand\" in docs/dev/ledger.md"
    )]
    Corrupt {
        /// The path of the ledger.
        ledger: String,
        /// Where the contradiction was seen.
        what: String,
    },

    /// Everything else that the store can say.
    #[error(
        "the ledger {ledger} failed while {doing}; whether it was done is not known, read again before repeating"
    )]
    Failed {
        /// The path of the ledger.
        ledger: String,
        /// What was being done, as a gerund.
        doing: &'static str,
        /// What the store said.
        #[source]
        cause: ErrorSource,
    },
}

impl LedgerError {
    /// Whether somebody else was first, so that reading and deciding again is the answer.
    pub fn is_raced(&self) -> bool {
        matches!(self, Self::Raced { .. })
    }
}
