//! The popup above the screen. At most one is open, and it receives all keys.

mod combined;
mod extend;
mod hold;
mod log;
mod plan_request;
mod sleep;
mod teardown;

pub(crate) use combined::{CombinedDialog, CombinedEntry, EntryPlan, Outlook};
pub(crate) use extend::{ExtendDialog, Preset};
pub(crate) use hold::{HoldDialog, HoldField};
pub(crate) use log::{LogFile, LogView};
pub(crate) use plan_request::PlanState;
pub(crate) use sleep::SleepDialog;
pub(crate) use teardown::TeardownDialog;

use super::economics::explanation::Explanation;

/// An open popup.
#[derive(Debug)]
pub(crate) enum Popup {
    /// The help; the number of lines scrolled.
    Help(usize),
    /// The earlier messages; the number of lines scrolled.
    Messages(usize),
    /// The log of a stack's last operation.
    Log(Box<LogView>),
    /// The sort orders; the index of the selected one.
    Sort(usize),
    /// How a figure was computed; the number of lines scrolled.
    Explanation(Box<Explanation>, usize),
    /// Extend a lease.
    Extend(ExtendDialog),
    /// Hold a stack.
    Hold(Box<HoldDialog>),
    /// Put a stack to sleep.
    Sleep(Box<SleepDialog>),
    /// Tear a stack down.
    Teardown(Box<TeardownDialog>),
    /// An action on several stacks.
    Combined(Box<CombinedDialog>),
    /// The last action on several stacks; the number of lines scrolled.
    Batch(usize),
}

impl Popup {
    /// Whether keys write text in the popup.
    pub(crate) fn is_text_focused(&self) -> bool {
        match self {
            Self::Help(_)
            | Self::Messages(_)
            | Self::Log(_)
            | Self::Sort(_)
            | Self::Batch(_)
            | Self::Explanation(..) => false,
            Self::Sleep(nap) => nap.writing,
            Self::Extend(extend) => extend.is_text_focused(),
            Self::Hold(_) => true,
            Self::Teardown(confirm) => confirm.is_text_focused(),
            Self::Combined(combined) => combined.is_text_focused(),
        }
    }
}
