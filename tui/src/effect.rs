//! What the dashboard wants done in the world, as data: `update` returns it, the runner does it.

use jiff::Timestamp;
use stack::{Span, StackName};

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
    /// Put a text into the clipboard of the terminal.
    Copy(String),
}
