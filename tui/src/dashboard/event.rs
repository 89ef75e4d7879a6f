//! Everything that can happen to the dashboard: a closed list, so that it can be recorded and replayed.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::inventory::{BillHistory, CloudClock, CloudSnapshot, DatedActivity, PlaceScan};
use stack::service::power::{PowerOutcome, PowerStep};
use stack::service::teardown::{Progress, TeardownPlan};
use stack::view::CloudView;
use stack::{Elapsed, Lease, Place, ReaperStatus, Resource, ResourceId, StackName};

use crate::dashboard::model::world::Key;

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
        /// How long waking it takes, where it sleeps and that is known.
        #[serde(default)]
        wake_duration: Option<Elapsed>,
    },
    /// A change was made, or was not.
    Changed {
        stack: StackName,
        answer: Result<String, Problem>,
    },
    /// What a teardown would remove is known; `None`: the stack is gone already.
    Planned {
        stack: Key,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
    /// The same, for somebody who only looks; `None`: the stack is gone already.
    Foreseen {
        stack: Key,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
    /// What a sleep would stop is known.
    Drowsy {
        stack: StackName,
        answer: Result<Box<stack::service::power::SleepPlan>, Problem>,
    },
    /// Something is being stopped or started, was, or could not be.
    Turning { stack: StackName, step: PowerStep },
    /// A stack sleeps or is awake, or could not be turned.
    Turned {
        stack: StackName,
        answer: Result<Box<PowerOutcome>, Problem>,
    },
    /// The cloud begins to be asked.
    Asking,
    /// The cloud was asked, or what was known of it was read.
    Sighted(Result<Box<Sighting>, Problem>),
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

/// What is known of the cloud.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sighting {
    /// The resources as they were last seen.
    pub(crate) resources: Vec<Resource>,
    /// Where was looked, and when.
    pub(crate) places: Vec<(Place, PlaceScan)>,
    /// What was seen of their use.
    pub(crate) uses: Vec<(ResourceId, DatedActivity)>,
    /// How far the clocks are apart.
    pub(crate) clock: Option<CloudClock>,
    /// What was billed, as far as it was asked.
    #[serde(default)]
    pub(crate) bill: BillHistory,
    /// The places of the configuration.
    pub(crate) configured: Vec<Place>,
    /// The cloud itself was asked.
    pub(crate) asked: bool,
}

impl Sighting {
    pub(crate) fn of(cloud: &CloudView, configured: Vec<Place>, asked: bool) -> Self {
        let known = cloud.known();
        Self {
            resources: known.resources.values().cloned().collect(),
            places: known
                .places
                .iter()
                .map(|(place, looked)| (place.clone(), looked.clone()))
                .collect(),
            uses: known
                .uses
                .iter()
                .map(|(id, seen)| (id.clone(), seen.clone()))
                .collect(),
            clock: known.clock,
            bill: cloud.bill().clone(),
            configured,
            asked,
        }
    }

    /// When it was tried to look at every configured place; `None` as long as one is missing.
    pub(crate) fn tried_at(&self) -> Option<Timestamp> {
        let tried = |place: &Place| {
            let mut places = self.places.iter();
            let (_, looked) = places.find(|(looked, _)| looked == place)?;
            Some(looked.tried_at)
        };
        let tried: Option<Vec<Timestamp>> = self.configured.iter().map(tried).collect();
        tried?.into_iter().min()
    }

    /// As stacks are read against it.
    pub(crate) fn view(self) -> CloudView {
        let resources = self.resources.into_iter();
        let known = CloudSnapshot {
            resources: resources.map(|one| (one.id.clone(), one)).collect(),
            places: self.places.into_iter().collect(),
            uses: self.uses.into_iter().collect(),
            clock: self.clock,
        };
        CloudView::new(known, self.bill, &self.configured)
    }
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
