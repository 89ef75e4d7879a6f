//! The page of one stack: the open tab, the scroll position and the stack's events.

use stack::{Elapsed, Seq};

use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// A tab of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// The lease, as a timeline and as fields.
    #[default]
    Lease,
    /// The init overhead, by phase.
    Init,
    /// The resources, and what a teardown would destroy.
    Resources,
    /// The events in the ledger.
    Events,
    /// Cost, idle cost and the verdict.
    Economics,
}

impl Tab {
    /// All tabs, from left to right.
    pub(crate) const ALL: [Self; 5] = [
        Self::Lease,
        Self::Init,
        Self::Resources,
        Self::Events,
        Self::Economics,
    ];

    /// The tab's title.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Lease => "Lease",
            Self::Init => "Init",
            Self::Resources => "Resources",
            Self::Events => "Events",
            Self::Economics => "Economics",
        }
    }

    /// Returns the tab `by` places to the right, wrapping around.
    pub(crate) fn further(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL
            .get((at + by) % Self::ALL.len())
            .copied()
            .unwrap_or_default()
    }
}

/// The page of one stack.
#[derive(Debug)]
pub(crate) struct Detail {
    /// The stack.
    pub(crate) stack: StackKey,
    /// The open tab.
    pub(crate) tab: Tab,
    /// How many lines are scrolled out at the top.
    pub(crate) scroll: usize,
    /// The stack's events, oldest first, once they were read.
    pub(crate) events: Option<Result<Vec<stack::Event>, Problem>>,
    /// The expected time to wake the stack, if it is asleep and that is known.
    pub(crate) wake_duration: Option<Elapsed>,
}

impl Detail {
    /// Opens a page before its events are read. A stack without a lease has no events.
    pub(crate) fn new(stack: StackKey) -> Self {
        Self {
            tab: Tab::default(),
            scroll: 0,
            events: stack.leased().is_none().then(|| Ok(Vec::new())),
            wake_duration: None,
            stack,
        }
    }

    /// The number of the last event that was read.
    pub(crate) fn last_seq(&self) -> Option<Seq> {
        let events = self.events.as_ref()?.as_ref().ok()?;
        events.last().map(|event| event.seq)
    }
}
