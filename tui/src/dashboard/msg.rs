//! What a key press means. Code outside the keymap works with messages and never with keys.

use serde::{Deserialize, Serialize};

/// The user's intention. The config file names it in snake case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Msg {
    /// Move one line up.
    Up,
    /// Move one line down.
    Down,
    /// Move one page up.
    PageUp,
    /// Move one page down.
    PageDown,
    /// Move half a page up.
    HalfPageUp,
    /// Move half a page down.
    HalfPageDown,
    /// Move to the first line.
    First,
    /// Move to the last line.
    Last,
    /// Open the selected stack, or confirm in a popup.
    Open,
    /// Go one step back: close the popup or the page, or clear the filter.
    Back,
    /// Show the next tab.
    NextTab,
    /// Show the previous tab.
    PreviousTab,
    /// Show the tab, or pick the option, with this number; counted from 1.
    Number(u8),
    /// Edit the filter.
    Filter,
    /// Open the sort popup.
    Sort,
    /// Change the grouping.
    Group,
    /// Mark the selected stack, or remove its mark.
    Mark,
    /// Mark every stack in the list, or remove the marks.
    MarkAll,
    /// Show the last action on several stacks.
    Results,
    /// Tear the stack down.
    Teardown,
    /// Extend the lease.
    Extend,
    /// Hold the stack.
    Hold,
    /// End the hold.
    Unhold,
    /// Put the stack to sleep.
    Sleep,
    /// Wake the stack.
    Wake,
    /// Set the end of the sleep.
    Until,
    /// Copy the stack's name.
    Copy,
    /// Open the URL of the app, or the stack in the console of the cloud.
    OpenUrl,
    /// Show the steps of the last teardown, sleep or wake.
    Log,
    /// Open the command line.
    Command,
    /// Read the ledger and query the cloud now.
    Refresh,
    /// Show the economics of all stacks.
    Economics,
    /// Show the earlier messages.
    Messages,
    /// Show the help.
    Help,
    /// Confirm the plan.
    Yes,
    /// Quit; in a popup, close it.
    Quit,
    /// Suspend, as a shell job.
    Suspend,
    /// Quit from anywhere, without a question.
    ForceQuit,
}
