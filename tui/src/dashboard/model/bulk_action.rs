//! The actions that several stacks can be given at once, and their words.

use super::operations::OperationKind;
use crate::dashboard::msg::Msg;

/// An action on several stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BulkAction {
    Teardown,
    Extend,
    Hold,
    Unhold,
    Sleep,
    Wake,
}

impl BulkAction {
    /// The action of a key; `None` if the key acts on one stack only.
    pub(crate) const fn of(msg: Msg) -> Option<Self> {
        Some(match msg {
            Msg::Teardown => Self::Teardown,
            Msg::Extend => Self::Extend,
            Msg::Hold => Self::Hold,
            Msg::Unhold => Self::Unhold,
            Msg::Sleep => Self::Sleep,
            Msg::Wake => Self::Wake,
            _ => return None,
        })
    }

    /// The key's message.
    pub(crate) const fn msg(self) -> Msg {
        match self {
            Self::Teardown => Msg::Teardown,
            Self::Extend => Msg::Extend,
            Self::Hold => Msg::Hold,
            Self::Unhold => Msg::Unhold,
            Self::Sleep => Msg::Sleep,
            Self::Wake => Msg::Wake,
        }
    }

    /// What to do to these stacks: `tear down 12 stacks`.
    pub(crate) fn on(self, stacks: &str) -> String {
        match self {
            Self::Teardown => format!("tear down {stacks}"),
            Self::Extend => format!("extend {stacks}"),
            Self::Hold => format!("hold {stacks}"),
            Self::Unhold => format!("end the hold on {stacks}"),
            Self::Sleep => format!("put {stacks} to sleep"),
            Self::Wake => format!("wake {stacks}"),
        }
    }

    /// A participle: `torn down`.
    pub(crate) const fn done(self) -> &'static str {
        match self {
            Self::Teardown => "torn down",
            Self::Extend => "extended",
            Self::Hold => "held",
            Self::Unhold => "no longer held",
            Self::Sleep => "asleep",
            Self::Wake => "awake",
        }
    }

    /// The name of the action: `teardown`.
    pub(crate) const fn noun(self) -> &'static str {
        match self {
            Self::Teardown => "teardown",
            Self::Extend => "extension",
            Self::Hold => "hold",
            Self::Unhold => "end of the hold",
            Self::Sleep => "sleep",
            Self::Wake => "wake",
        }
    }

    /// Whether each stack needs a plan that takes time to make.
    pub(crate) const fn is_planned(self) -> bool {
        matches!(self, Self::Teardown | Self::Sleep)
    }

    /// The operation that the action starts on a stack; `None` for a change of the lease.
    pub(crate) const fn operation(self) -> Option<OperationKind> {
        match self {
            Self::Teardown => Some(OperationKind::Teardown),
            Self::Sleep => Some(OperationKind::Sleep),
            Self::Wake => Some(OperationKind::Wake),
            Self::Extend | Self::Hold | Self::Unhold => None,
        }
    }
}
