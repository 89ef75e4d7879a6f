//! What a key means: the only thing that is known about keys below the keymap.

/// An intention of the person at the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Msg {
    /// One line up.
    Up,
    /// One line down.
    Down,
    /// One screen up.
    PageUp,
    /// One screen down.
    PageDown,
    /// To the first line.
    First,
    /// To the last line.
    Last,
    /// Open what is selected, or accept what is offered.
    Open,
    /// Close what is open, one step.
    Back,
    /// The tab to the right.
    NextTab,
    /// The tab to the left.
    PreviousTab,
    /// The tab, or the choice, with this number, from 1.
    Number(u8),
    /// Narrow the list.
    Filter,
    /// Choose the order.
    Sort,
    /// Group by something else.
    Group,
    /// End the stack.
    Teardown,
    /// Give it more time.
    Extend,
    /// Keep the reaper away.
    Hold,
    /// No longer keep the reaper away.
    Unhold,
    /// Stop its compute.
    Sleep,
    /// Start its compute.
    Wake,
    /// Say until when it is to sleep.
    Until,
    /// Copy its name.
    Copy,
    /// Read everything anew.
    Refresh,
    /// Show the keys.
    Help,
    /// Confirm.
    Yes,
    /// Leave the dashboard; in a popup, leave that.
    Quit,
    /// Let the shell have the terminal for a while.
    Suspend,
    /// Leave the dashboard from wherever one is.
    Leave,
}
