//! What the dashboard knows: nested state, each part with a file of its own. Drawing never changes it.

pub(crate) mod column;
pub(crate) mod detail;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod operations;
pub(crate) mod popup;
pub(crate) mod row;
pub(crate) mod teardown_preview;
pub(crate) mod world;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::Policy;

use self::detail::Detail;
use self::list::List;
use self::operations::Works;
use self::popup::Popup;
use self::teardown_preview::Foresights;
use self::world::{Key, World};
use crate::dashboard::event::Problem;
use crate::format::style::Tone;

/// What does not change while the dashboard is open. A recording begins with it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Setting {
    /// Where the ledger is.
    pub(crate) place: String,
    /// The policy in force.
    pub(crate) policy: Policy,
    /// Why nothing may be changed; `None` when it may.
    pub(crate) read_only: Option<String>,
    /// The world is made up.
    pub(crate) demo: bool,
    /// There is a cloud to ask.
    #[serde(default)]
    pub(crate) cloud: bool,
    /// Whether there are colours.
    pub(crate) colour: bool,
}

/// A size in columns and rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    /// How many columns.
    pub(crate) columns: u16,
    /// How many rows.
    pub(crate) rows: u16,
}

impl Size {
    /// Below this the dashboard only says that the terminal is too small.
    pub(crate) const SMALLEST: Self = Self {
        columns: 60,
        rows: 14,
    };

    /// Whether there is room for the dashboard.
    pub(crate) fn is_enough(self) -> bool {
        self.columns >= Self::SMALLEST.columns && self.rows >= Self::SMALLEST.rows
    }
}

/// Which screen is open.
#[derive(Debug)]
pub(crate) enum Screen {
    /// The list of stacks.
    List,
    /// One stack.
    Detail(Box<Detail>),
}

/// What was said last about something that was done, or was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Said {
    /// The sentence.
    pub(crate) text: String,
    /// How much attention it wants.
    pub(crate) tone: Tone,
    /// When it was said.
    pub(crate) at: Timestamp,
}

/// Everything.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) setting: Setting,
    pub(crate) size: Size,
    pub(crate) world: World,
    pub(crate) list: List,
    pub(crate) screen: Screen,
    pub(crate) popup: Option<Popup>,
    pub(crate) said: Option<Said>,
    /// The teardowns that were followed.
    pub(crate) works: Works,
    /// What teardowns would remove, of stacks that were looked at.
    pub(crate) foresights: Foresights,
    /// The cloud is being asked.
    pub(crate) asking: bool,
    /// Somebody was told what leaving would break off: the next time it is left.
    pub(crate) leaving: bool,
    /// The screen no longer shows what is in here.
    pub(crate) dirty: bool,
    /// The dashboard is to end.
    pub(crate) over: bool,
}

impl Model {
    /// A dashboard that has read nothing yet.
    pub(crate) fn new(setting: Setting, size: Size, now: Timestamp) -> Self {
        let world = World::new(&setting.policy, now);
        Self {
            setting,
            size,
            world,
            list: List::default(),
            screen: Screen::List,
            popup: None,
            said: None,
            works: Works::default(),
            foresights: Foresights::default(),
            asking: false,
            leaving: false,
            dirty: true,
            over: false,
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.world.now()
    }

    /// Something is known of a cloud, or can be.
    pub(crate) fn has_cloud(&self) -> bool {
        self.setting.cloud || self.world.cloud().is_some()
    }

    /// Which stack a key is about: the open one, else the selected one.
    pub(crate) fn current(&self) -> Option<&Key> {
        match &self.screen {
            Screen::Detail(detail) => Some(&detail.stack),
            Screen::List => self.list.selected(),
        }
    }

    /// Says something at the foot of the screen.
    pub(crate) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.said = Some(Said {
            text: text.into(),
            tone,
            at: self.now(),
        });
        self.dirty = true;
    }

    /// Says why something was not done.
    pub(crate) fn complain(&mut self, problem: &Problem) {
        let tone = if problem.refused {
            Tone::Notice
        } else {
            Tone::Alarm
        };
        self.say(tone, problem.said.clone());
    }
}
