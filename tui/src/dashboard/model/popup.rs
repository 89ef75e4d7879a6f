//! What stands above the screen; there is at most one, and it gets the keys.

mod confirm;
mod extend;
mod hold;
mod question;
mod sleep;

pub(crate) use confirm::Confirm;
pub(crate) use extend::{Choice, Extend};
pub(crate) use hold::{Field, Hold};
pub(crate) use question::Answer;
pub(crate) use sleep::Nap;

/// A popup.
#[derive(Debug)]
pub(crate) enum Popup {
    /// The keys; scrolled down by so many lines.
    Help(usize),
    /// The orders of the list; the chosen one.
    Sort(usize),
    /// More time for a stack.
    Extend(Extend),
    /// The reaper is to leave a stack alone.
    Hold(Box<Hold>),
    /// A stack is to sleep.
    Sleep(Box<Nap>),
    /// A stack is to end.
    Teardown(Box<Confirm>),
}

impl Popup {
    /// Whether keys write text in it.
    pub(crate) fn is_written(&self) -> bool {
        match self {
            Self::Help(_) | Self::Sort(_) => false,
            Self::Sleep(nap) => nap.writing,
            Self::Extend(extend) => extend.is_written(),
            Self::Hold(_) => true,
            Self::Teardown(confirm) => confirm.is_written(),
        }
    }
}
