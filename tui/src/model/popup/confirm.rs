//! A stack is to end: what would go, and the yes that is taken only when that was seen.

use stack::StackName;
use tui_input::Input;

/// The popup.
#[derive(Debug)]
pub(crate) struct Confirm {
    pub(crate) stack: StackName,
    /// A protected stack wants its name typed; what was typed.
    pub(crate) typed: Option<Input>,
}

impl Confirm {
    pub(crate) fn new(stack: StackName, is_protected: bool) -> Self {
        Self {
            stack,
            typed: is_protected.then(Input::default),
        }
    }

    /// Whether keys write text.
    pub(crate) fn is_written(&self) -> bool {
        false
    }
}
