//! Everything that can happen to the dashboard: a closed list, so that it can be recorded and replayed.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::service::teardown::{Plan, Progress};
use stack::{Lease, ReaperStatus, StackName};

/// One thing that happened. Answers of the world are events like keys are.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A key.
    Key(KeyEvent),
    /// A button or the wheel.
    Mouse(MouseEvent),
    /// Text from the clipboard.
    Paste(String),
    /// The terminal has another size.
    Resize { columns: u16, rows: u16 },
    /// What time it is now.
    Clock(Timestamp),
    /// A frame was drawn: whatever the model holds was on the screen.
    Drawn,
    /// The ledger was read.
    Loaded(Result<Box<Loaded>, Problem>),
    /// The events of one stack were read.
    Told {
        stack: StackName,
        answer: Result<Vec<stack::Event>, Problem>,
    },
    /// A change was made, or was not.
    Changed {
        stack: StackName,
        answer: Result<String, Problem>,
    },
    /// What a teardown would remove is known; `None`: the stack is gone already.
    Planned {
        stack: StackName,
        answer: Result<Option<Box<Plan>>, Problem>,
    },
    /// The same, for somebody who only looks; `None`: the stack is gone already.
    Foreseen {
        stack: StackName,
        answer: Result<Option<Box<Plan>>, Problem>,
    },
    /// A teardown has said something, whoever runs it.
    Progress {
        stack: StackName,
        steps: Vec<Progress>,
    },
    /// Somebody outside wants the dashboard to end.
    Stop,
}

/// What was read from the ledger at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Loaded {
    /// Every lease whose phase is not gone, by name; or those that have changed.
    pub(crate) leases: Vec<Lease>,
    /// Those that no longer live, when the rest is as it was read before; `None` when this is everything.
    #[serde(default)]
    pub(crate) ended: Option<Vec<StackName>>,
    /// How the reaper is.
    pub(crate) reaper: ReaperStatus,
    /// There is a ledger at all.
    pub(crate) exists: bool,
}

/// Why something could not be done, as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// What happened.
    pub(crate) said: String,
    /// A rule forbids it; nothing is broken.
    pub(crate) refused: bool,
}

impl Problem {
    /// A rule forbids it.
    pub(crate) fn refused(said: impl Into<String>) -> Self {
        Self {
            said: said.into(),
            refused: true,
        }
    }
}
