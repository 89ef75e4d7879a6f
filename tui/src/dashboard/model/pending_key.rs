//! The first of two keys in a row, such as the first `g` of `gg`.

use crate::dashboard::keymap::{KeyContext, KeyStroke};
use crate::dashboard::msg::Msg;

/// A key that waits for the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PendingKey {
    /// The key.
    pub(crate) stroke: KeyStroke,
    /// Where it was pressed.
    pub(crate) context: KeyContext,
    /// What the key means if no other key of a sequence follows.
    pub(crate) alone: Option<Msg>,
    /// The number of this wait. The answer to an earlier wait is ignored.
    pub(crate) wait: u64,
}
