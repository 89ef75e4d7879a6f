//! The state of the dashboard. Each part has its own file. Drawing never changes it.

pub(crate) mod batch;
pub(crate) mod bulk_action;
pub(crate) mod column;
pub(crate) mod command_line;
pub(crate) mod detail;
pub(crate) mod economics;
pub(crate) mod filter;
pub(crate) mod list;
pub(crate) mod marks;
pub(crate) mod messages;
pub(crate) mod operations;
pub(crate) mod pending_key;
pub(crate) mod popup;
pub(crate) mod row;
pub(crate) mod saved_view;
pub(crate) mod store;
pub(crate) mod teardown_preview;
pub(crate) mod url;
pub(crate) mod widths;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use stack::Policy;
use stack::config::NoncomplianceSetting;

use self::batch::Batch;
use self::command_line::CommandLine;
use self::detail::Detail;
use self::economics::{Economics, EconomicsScreen};
use self::list::List;
use self::marks::Marks;
use self::messages::{Message, Messages};
use self::operations::Operations;
use self::pending_key::PendingKey;
use self::popup::Popup;
use self::saved_view::SavedView;
use self::store::StackStore;
use self::teardown_preview::TeardownPreviews;
use crate::dashboard::keymap::Keymap;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::theme::ThemeName;
use crate::format::style::Tone;

/// Settings that do not change while the dashboard is open. A recording starts with them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Settings {
    /// The location of the ledger.
    pub(crate) ledger: String,
    /// The policy that counts until the ledger is read: see [`Model::policy`].
    pub(crate) policy: Policy,
    /// Whether a broken rule makes a stack due.
    #[serde(default)]
    pub(crate) noncompliance: NoncomplianceSetting,
    /// Why changes are not allowed; `None` if they are.
    pub(crate) read_only: Option<String>,
    /// Whether the data is made up (`jiti demo`).
    pub(crate) demo: bool,
    /// Whether the configuration has an account to query.
    #[serde(default)]
    pub(crate) cloud: bool,
    /// Whether to use colour.
    pub(crate) colour: bool,
    /// Whether the screen is a replay of a recording.
    #[serde(default)]
    pub(crate) replay: bool,
    /// The keys that the user has changed.
    #[serde(default)]
    pub(crate) keymap: Keymap,
    /// The theme of the config file.
    #[serde(default)]
    pub(crate) theme: ThemeName,
    /// What the list looked like at the end of the last session.
    #[serde(default)]
    pub(crate) view: SavedView,
}

/// The size of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    /// How many columns.
    pub(crate) columns: u16,
    /// How many rows.
    pub(crate) rows: u16,
}

impl Size {
    /// On a smaller terminal, the dashboard only shows a message.
    pub(crate) const SMALLEST: Self = Self {
        columns: 60,
        rows: 14,
    };

    /// Whether the terminal is large enough.
    pub(crate) fn is_enough(self) -> bool {
        self.columns >= Self::SMALLEST.columns && self.rows >= Self::SMALLEST.rows
    }
}

/// The open screen.
#[derive(Debug)]
pub(crate) enum Screen {
    /// The list of stacks.
    List,
    /// One stack.
    Detail(Box<Detail>),
    /// The economics of all stacks.
    Economics(Box<EconomicsScreen>),
}

/// The whole state.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) settings: Settings,
    pub(crate) size: Size,
    pub(crate) store: StackStore,
    pub(crate) list: List,
    /// The marked stacks.
    pub(crate) marks: Marks,
    /// The last action on several stacks.
    pub(crate) batch: Option<Batch>,
    pub(crate) screen: Screen,
    pub(crate) popup: Option<Popup>,
    pub(crate) command_line: CommandLine,
    /// The first key of a sequence, while the next one may follow.
    pub(crate) pending_key: Option<PendingKey>,
    /// How many keys have waited for another one.
    pub(crate) waits: u64,
    /// The theme on the screen.
    pub(crate) theme: ThemeName,
    pub(crate) messages: Messages,
    /// A key, a click or a paste is being handled: a message that it causes is its answer.
    pub(crate) answers_key: bool,
    /// Teardowns, sleeps and wakes in progress, and those that ended.
    pub(crate) operations: Operations,
    /// Teardown plans on the Resources tabs.
    pub(crate) previews: TeardownPreviews,
    /// The report on all stacks.
    pub(crate) economics: Economics,
    /// A query of the cloud is running.
    pub(crate) syncing: bool,
    /// How many demo stacks are ready, and how many there will be; `None` once all are.
    pub(crate) preparing: Option<(usize, usize)>,
    /// The user was warned that quitting interrupts a sleep or wake; the next `q` quits.
    pub(crate) quit_warned: bool,
    /// A key that opens a field was refused, or a field closed while the user typed: when the last
    /// key arrived. Keys that soon follow were meant for the field.
    pub(crate) field_missing: Option<Timestamp>,
    /// The screen is out of date.
    pub(crate) dirty: bool,
    /// The dashboard must end.
    pub(crate) finished: bool,
}

impl Model {
    /// Makes a model before the first read of the ledger.
    pub(crate) fn new(settings: Settings, size: Size, now: Timestamp) -> Self {
        let mut store = StackStore::new(&settings.policy, now);
        store.noncompliance = settings.noncompliance;
        let list = List::new(settings.cloud, &settings.view);
        let theme = settings.view.theme(settings.theme);
        Self {
            settings,
            size,
            store,
            list,
            marks: Marks::default(),
            batch: None,
            screen: Screen::List,
            popup: None,
            command_line: CommandLine::default(),
            pending_key: None,
            waits: 0,
            theme,
            messages: Messages::default(),
            answers_key: false,
            operations: Operations::default(),
            previews: TeardownPreviews::default(),
            economics: Economics::default(),
            syncing: false,
            preparing: None,
            quit_warned: false,
            field_missing: None,
            dirty: true,
            finished: false,
        }
    }

    /// What the list looks like, for the next session.
    pub(crate) fn saved_view(&self) -> SavedView {
        SavedView::of(&self.list, self.theme, self.settings.theme)
    }

    /// The current time.
    pub(crate) fn now(&self) -> Timestamp {
        self.store.now()
    }

    /// The policy in force as of the last read of the ledger, which may hold one.
    pub(crate) fn policy(&self) -> &Policy {
        &self.store.view().policy
    }

    /// Whether an account is configured, or a snapshot of a cloud is known.
    pub(crate) fn has_cloud(&self) -> bool {
        self.settings.cloud || self.store.cloud().is_some()
    }

    /// The stack that a key acts on: the open one, otherwise the selected one in the list.
    pub(crate) fn current(&self) -> Option<&StackKey> {
        match &self.screen {
            Screen::Detail(detail) => Some(&detail.stack),
            Screen::List => self.list.selected(),
            Screen::Economics(_) => None,
        }
    }

    /// Posts a message for the status line. Quiet messages only accompany an action.
    pub(crate) fn set_status(&mut self, tone: Tone, text: impl Into<String>) {
        self.post(tone, tone != Tone::Quiet, text.into());
    }

    /// Says that an action has begun. The message about its end replaces this one.
    pub(crate) fn acknowledge(&mut self, text: impl Into<String>) {
        self.post(Tone::Notice, false, text.into());
    }

    fn post(&mut self, tone: Tone, lasting: bool, text: String) {
        let message = Message {
            text,
            tone,
            lasting,
            at: self.now(),
        };
        self.messages.post(message, self.answers_key);
        self.dirty = true;
    }

    /// Removes the message in the status line.
    pub(crate) fn dismiss_status(&mut self) {
        let now = self.now();
        self.messages.dismiss(now);
    }

    /// Shows a problem in the status line.
    pub(crate) fn show_problem(&mut self, problem: &Problem) {
        let tone = if problem.refused {
            Tone::Notice
        } else {
            Tone::Alarm
        };
        self.set_status(tone, problem.message.clone());
    }
}
