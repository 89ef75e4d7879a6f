//! Requests for side effects, as data. `update` returns them and the effect runner carries them
//! out.

use jiff::Timestamp;
use stack::{RunId, Seq, Span, StackName};

use crate::dashboard::model::saved_view::SavedView;
use crate::dashboard::stack_key::StackKey;

/// One side effect. Its result comes back as an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Read the ledger.
    Load,
    /// Read the events of one stack after a number.
    LoadEvents { stack: StackName, after: Seq },
    /// Read the report on the time since this long ago.
    LoadReport(Span),
    /// Extend the lease by a duration.
    Extend { stack: StackName, by: Span },
    /// Hold the stack until a time.
    Hold {
        stack: StackName,
        until: Timestamp,
        why: String,
    },
    /// End a hold.
    Unhold(StackName),
    /// Plan a teardown and keep the plan, so that the user can confirm it.
    PlanTeardown(StackKey),
    /// Plan a teardown for display only. The plan cannot be carried out.
    PreviewTeardown(StackKey),
    /// Delete a saved plan that the user did not confirm.
    DiscardPlan(StackKey),
    /// Carry out the saved plan of this run.
    Teardown {
        stack: StackKey,
        run: RunId,
        /// The stack's name as the user typed it, if the plan requires it.
        typed: Option<StackName>,
    },
    /// Report the progress of a running teardown, from its beginning.
    FollowTeardown { stack: StackName, run: RunId },
    /// Plan a sleep: which resources it would stop.
    PlanSleep(StackName),
    /// Stop the stack's compute until a time, or until a user wakes it.
    Sleep {
        stack: StackName,
        until: Option<Timestamp>,
    },
    /// Start the stack's compute again.
    Wake(StackName),
    /// Read the stored cloud data again, without querying the cloud.
    LoadCloud,
    /// Query the cloud now, even if the cached snapshot is fresh.
    Sync,
    /// Stop the process, as Ctrl-Z does.
    Suspend,
    /// Send an event with this number if no other key follows in time.
    AwaitKey { wait: u64 },
    /// Save what the list looks like, for the next session.
    SaveView(SavedView),
    /// Open a URL in the user's browser.
    OpenUrl(String),
    /// Read the files of the last teardown of a stack.
    LoadRunLog(StackName),
    /// Copy a text to the terminal's clipboard.
    Copy(String),
}
