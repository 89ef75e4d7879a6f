//! All events of the dashboard, in one closed list, so that a session can be recorded and replayed.

use crossterm::event::{KeyEvent, MouseEvent};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::init_queue::InitQueue;
use stack::inventory::{BillHistory, CloudClock, CloudSnapshot, DatedActivity, PlaceScan};
use stack::ledger::UnreadableStack;
use stack::service::power::{PowerOutcome, PowerStep};
use stack::service::teardown::{Progress, TeardownPlan};
use stack::view::CloudView;
use stack::{
    Elapsed, Lease, Place, Policy, ReaperStatus, Resource, ResourceId, RunId, Seq, StackName,
};

use crate::dashboard::model::economics::ReportData;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;

/// One event: input from the terminal, a clock tick, or the result of an effect.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// A key press or release.
    Key(KeyEvent),
    /// A mouse button or the wheel.
    Mouse(MouseEvent),
    /// Pasted text.
    Paste(String),
    /// The terminal was resized.
    Resize { columns: u16, rows: u16 },
    /// The current time.
    Clock(Timestamp),
    /// A frame was drawn, so the user has seen the current model.
    Drawn,
    /// The ledger was read.
    LedgerLoaded(Result<Box<LedgerData>, Problem>),
    /// The events of one stack after a number were read.
    EventsLoaded {
        stack: StackName,
        #[serde(default)]
        after: Seq,
        answer: Result<Vec<stack::Event>, Problem>,
        /// The expected time to wake the stack, if it is asleep and has been woken before.
        #[serde(default)]
        wake_duration: Option<Elapsed>,
    },
    /// A change to a lease succeeded with a message, or failed.
    ChangeFinished {
        stack: StackName,
        answer: Result<String, Problem>,
    },
    /// A teardown plan for the confirmation popup. `None`: the stack is already gone.
    TeardownPlanned {
        stack: StackKey,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
    /// A teardown plan for the Resources tab. `None`: the stack is already gone.
    TeardownPreviewed {
        stack: StackKey,
        answer: Result<Option<Box<TeardownPlan>>, Problem>,
    },
    /// A sleep plan for the confirmation popup.
    SleepPlanned {
        stack: StackName,
        answer: Result<Box<stack::service::power::SleepPlan>, Problem>,
    },
    /// A sleep or wake is starting, has finished or has failed to turn one resource.
    PowerProgress { stack: StackName, step: PowerStep },
    /// A sleep or wake has ended.
    PowerFinished {
        stack: StackName,
        answer: Result<Box<PowerOutcome>, Problem>,
    },
    /// A query of the cloud has started.
    CloudSyncStarted,
    /// A snapshot of the cloud: from the cache, or after a query.
    CloudLoaded(Result<Box<CloudData>, Problem>),
    /// Steps from a teardown's progress file, whichever process runs it.
    TeardownProgress {
        stack: StackName,
        steps: Vec<Progress>,
    },
    /// The report on all stacks was read.
    ReportLoaded(Result<Box<ReportData>, Problem>),
    /// Some of the demo stacks were created.
    DemoPrepared { done: usize, count: usize },
    /// No key has followed the first key of a sequence in time.
    KeyTimedOut { wait: u64 },
    /// A program has opened a URL, or none did: why not.
    UrlOpened {
        url: String,
        answer: Result<(), String>,
    },
    /// The last teardown of a stack was read from its files. `None`: no file of it is on this
    /// machine.
    RunLogLoaded {
        stack: StackName,
        answer: Result<Option<Box<RunLog>>, Problem>,
    },
    /// What the list looks like cannot be saved, for this reason.
    ViewNotSaved(String),
    /// A signal asked the process to end.
    Stop,
}

/// The files of a teardown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunLog {
    /// The run.
    pub(crate) run: RunId,
    /// When it started.
    pub(crate) started_at: Timestamp,
    /// Its steps, in order.
    pub(crate) steps: Vec<Progress>,
    /// What Terraform, its providers and provisioners said about failures, with secrets masked.
    pub(crate) failures: Option<String>,
}

/// The result of one read of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LedgerData {
    /// Live leases, sorted by name: all of them, or only the changed ones if `ended` is set.
    pub(crate) leases: Vec<Lease>,
    /// Stacks that are no longer live since the previous read. `None`: `leases` is the full list.
    #[serde(default)]
    pub(crate) ended: Option<Vec<StackName>>,
    /// Stacks with a damaged record. `None`: the same as at the previous read.
    #[serde(default)]
    pub(crate) unreadable: Option<Vec<UnreadableStack>>,
    /// Whether the reaper runs, is paused, or never ran.
    pub(crate) reaper: ReaperStatus,
    /// The policy in force. `None`: the same as at the previous read.
    #[serde(default)]
    pub(crate) policy: Option<Policy>,
    /// The applies that wait for their turn, where the policy limits the inits.
    #[serde(default)]
    pub(crate) init_queue: Option<InitQueue>,
    /// Whether the ledger file exists.
    pub(crate) exists: bool,
}

/// What jiti knows about the configured accounts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct CloudData {
    /// Resources as of the last query.
    pub(crate) resources: Vec<Resource>,
    /// When each place was queried, and what did not answer.
    pub(crate) places: Vec<(Place, PlaceScan)>,
    /// Evidence of use, by resource.
    pub(crate) uses: Vec<(ResourceId, DatedActivity)>,
    /// The difference between the local clock and the cloud's clock.
    pub(crate) clock: Option<CloudClock>,
    /// Billed amounts that jiti has already fetched.
    #[serde(default)]
    pub(crate) bill: BillHistory,
    /// The accounts and regions in the configuration.
    pub(crate) configured: Vec<Place>,
    /// Whether this snapshot comes from a new query rather than from the cache.
    pub(crate) asked: bool,
}

impl CloudData {
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
                .map(|(id, activity)| (id.clone(), activity.clone()))
                .collect(),
            clock: known.clock,
            bill: cloud.bill().clone(),
            configured,
            asked,
        }
    }

    /// When the oldest query of a configured place was made; `None` if a place was never queried.
    pub(crate) fn tried_at(&self) -> Option<Timestamp> {
        let tried = |place: &Place| {
            let mut places = self.places.iter();
            let (_, looked) = places.find(|(looked, _)| looked == place)?;
            Some(looked.tried_at)
        };
        let tried: Option<Vec<Timestamp>> = self.configured.iter().map(tried).collect();
        tried?.into_iter().min()
    }

    /// Converts the snapshot to the form that listings are computed from.
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
