//! One stack, opened: which tab, how far it is scrolled, and its events.

use stack::Elapsed;

use super::world::Key;
use crate::dashboard::event::Problem;

/// What is shown of a stack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tab {
    /// Its lease, as a line of time and in words.
    #[default]
    Lease,
    /// Where its start-up time went.
    Init,
    /// What it is made of, and what a teardown would remove.
    Resources,
    /// What happened.
    Events,
    /// Whether it pays.
    Economics,
}

impl Tab {
    /// From left to right.
    pub(crate) const ALL: [Self; 5] = [
        Self::Lease,
        Self::Init,
        Self::Resources,
        Self::Events,
        Self::Economics,
    ];

    /// Its name.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Lease => "Lease",
            Self::Init => "Init",
            Self::Resources => "Resources",
            Self::Events => "Events",
            Self::Economics => "Economics",
        }
    }

    /// The one so many further, round and round.
    pub(crate) fn further(self, by: usize) -> Self {
        let at = Self::ALL.iter().position(|tab| *tab == self).unwrap_or(0);
        Self::ALL
            .get((at + by) % Self::ALL.len())
            .copied()
            .unwrap_or_default()
    }
}

/// An open stack.
#[derive(Debug)]
pub(crate) struct Detail {
    /// Which one.
    pub(crate) stack: Key,
    /// What is shown of it.
    pub(crate) tab: Tab,
    /// How many lines are above the screen.
    pub(crate) scroll: usize,
    /// What happened to it, once that was read, in order.
    pub(crate) events: Option<Result<Vec<stack::Event>, Problem>>,
    /// How long waking it takes, where it sleeps and that is known.
    pub(crate) wake_duration: Option<Elapsed>,
}

impl Detail {
    /// A stack whose events are still to be read. One that only tags tell of has none.
    pub(crate) fn new(stack: Key) -> Self {
        Self {
            tab: Tab::default(),
            scroll: 0,
            events: stack.leased().is_none().then(|| Ok(Vec::new())),
            wake_duration: None,
            stack,
        }
    }
}
