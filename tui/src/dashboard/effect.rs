//! What the dashboard wants done in the world, as data: `update` returns it, the runner does it.

use jiff::Timestamp;
use stack::{RunId, Span, StackName};

use crate::dashboard::model::world::Key;

/// One thing to do. Its answer comes back as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Read the ledger.
    Load,
    /// Read the events of one stack.
    Tell(StackName),
    /// Move the end of a lease later.
    Extend { stack: StackName, by: Span },
    /// Keep the reaper away until a time.
    Hold {
        stack: StackName,
        until: Timestamp,
        why: String,
    },
    /// End a hold.
    Unhold(StackName),
    /// Find out what a teardown would remove.
    Plan(Key),
    /// The same for somebody who only looks: nothing is kept that could be carried out.
    Foresee(Key),
    /// Nobody wants that plan any more.
    Forget(Key),
    /// Carry out the plan that was shown: of this run and no other.
    Teardown {
        stack: Key,
        run: RunId,
        /// The name as it was typed, where it has to be.
        typed: Option<StackName>,
    },
    /// Tell what a teardown says, from its beginning.
    Follow { stack: StackName, run: RunId },
    /// Find out what a sleep would stop.
    Doze(StackName),
    /// Stop what computes, until then, or until somebody wakes it.
    Sleep {
        stack: StackName,
        until: Option<Timestamp>,
    },
    /// Start it again.
    Wake(StackName),
    /// Ask the cloud, whatever the age of what is known.
    Sync,
    /// Let the shell have the terminal until it gives it back.
    Suspend,
    /// Put a text into the clipboard of the terminal.
    Copy(String),
}
