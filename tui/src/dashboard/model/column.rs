//! The columns of the list: titles, sort orders, and which columns a narrow terminal drops.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};
use stack::listing::Flag;
use stack::{Phase, Usd};

use super::row::StackRow;
use crate::format::titles;

/// A column of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum ListColumn {
    Name,
    App,
    Owner,
    State,
    Age,
    TimeLeft,
    Rate,
    Spent,
    Billed,
    Idle,
    Init,
}

/// A sort order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SortOrder {
    pub(crate) by: ListColumn,
    pub(crate) reversed: bool,
}

/// The columns that the user chose, from left to right. None: all columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ColumnChoice([Option<ListColumn>; ListColumn::ALL.len()]);

impl ColumnChoice {
    /// A choice of columns. The name is always the first one, because a line without it says
    /// nothing. A column that is chosen twice counts once. All columns in their usual order are no
    /// choice.
    pub(crate) fn new(columns: impl IntoIterator<Item = ListColumn>) -> Self {
        let mut chosen = vec![ListColumn::Name];
        for column in columns {
            if !chosen.contains(&column) {
                chosen.push(column);
            }
        }
        let mut choice = Self::default();
        if chosen != ListColumn::ALL {
            for (place, column) in choice.0.iter_mut().zip(chosen) {
                *place = Some(column);
            }
        }
        choice
    }

    /// The columns, from left to right.
    pub(crate) fn columns(self) -> Vec<ListColumn> {
        match self.is_all() {
            true => ListColumn::ALL.to_vec(),
            false => self.0.into_iter().flatten().collect(),
        }
    }

    /// Whether the user has chosen nothing.
    pub(crate) fn is_all(self) -> bool {
        self == Self::default()
    }
}

impl Default for SortOrder {
    /// Sorts by time left, soonest first.
    fn default() -> Self {
        Self {
            by: ListColumn::TimeLeft,
            reversed: false,
        }
    }
}

impl ListColumn {
    /// All columns, from left to right.
    pub(crate) const ALL: [Self; 11] = [
        Self::Name,
        Self::App,
        Self::Owner,
        Self::State,
        Self::Age,
        Self::TimeLeft,
        Self::Rate,
        Self::Spent,
        Self::Billed,
        Self::Idle,
        Self::Init,
    ];

    /// The order in which a narrow terminal drops columns. Name, state and time left always stay.
    pub(crate) const DROP_ORDER: [Self; 8] = [
        Self::Billed,
        Self::Spent,
        Self::Owner,
        Self::App,
        Self::Age,
        Self::Init,
        Self::Idle,
        Self::Rate,
    ];

    /// The word for the column in commands and in the saved view.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::App => "app",
            Self::Owner => "owner",
            Self::State => "state",
            Self::Age => "age",
            Self::TimeLeft => "left",
            Self::Rate => "rate",
            Self::Spent => "estimate",
            Self::Billed => "billed",
            Self::Idle => "idle",
            Self::Init => "init",
        }
    }

    /// The column with a word.
    pub(crate) fn with_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.id() == id)
    }

    /// The title above the column.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Name => titles::NAME,
            Self::App => titles::APP,
            Self::Owner => titles::OWNER,
            Self::State => titles::STATE,
            Self::Age => titles::AGE,
            Self::TimeLeft => titles::TIME_LEFT,
            Self::Rate => titles::RATE,
            Self::Spent => titles::ESTIMATE,
            Self::Billed => titles::BILLED,
            Self::Idle => titles::IDLE_RATE,
            Self::Init => titles::INIT,
        }
    }

    /// The sort order in words: default and reversed.
    pub(crate) const fn sort_labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "name, Z to A"),
            Self::App => ("app and version", "app and version, Z to A"),
            Self::Owner => ("owner", "owner, Z to A"),
            Self::State => (
                "state, needs attention first",
                "state, needs attention last",
            ),
            Self::Age => ("age, youngest first", "age, oldest first"),
            Self::TimeLeft => ("time left, soonest first", "time left, latest first"),
            Self::Rate => ("$/h, highest first", "$/h, lowest first"),
            Self::Spent => (
                "estimate so far, highest first",
                "estimate so far, lowest first",
            ),
            Self::Billed => (
                "billed so far, highest first",
                "billed so far, lowest first",
            ),
            Self::Idle => ("idle $/h, highest first", "idle $/h, lowest first"),
            Self::Init => ("init, slowest first", "init, fastest first"),
        }
    }

    /// Whether the column is aligned to the right.
    pub(crate) const fn is_figure(self) -> bool {
        matches!(
            self,
            Self::Age | Self::Rate | Self::Spent | Self::Billed | Self::Idle | Self::Init
        )
    }
}

impl SortOrder {
    /// The order in words, for the status line.
    pub(crate) const fn label(self) -> &'static str {
        let (there, back) = self.by.sort_labels();
        if self.reversed { back } else { there }
    }

    /// Whether the values of the column ascend from the top: the soonest, the youngest, A before Z.
    pub(crate) fn is_ascending(self) -> bool {
        let ascends_by_default = matches!(
            self.by,
            ListColumn::Name
                | ListColumn::App
                | ListColumn::Owner
                | ListColumn::Age
                | ListColumn::TimeLeft
        );
        ascends_by_default != self.reversed
    }

    /// Whether the order can change as time passes, without an event.
    pub(crate) fn moves_with_time(self) -> bool {
        matches!(self.by, ListColumn::State | ListColumn::Idle)
    }

    /// The order after the user picks a column; picking the current column reverses it.
    pub(crate) fn chosen(self, by: ListColumn) -> Self {
        Self {
            by,
            reversed: self.by == by && !self.reversed,
        }
    }

    /// Compares two stacks. Unknown values come last in either direction; equal values are ordered
    /// by name. The caller computes each stack's spend once, not at each comparison.
    pub(crate) fn compare(
        self,
        (a, a_spent): (&StackRow, Option<Usd>),
        (b, b_spent): (&StackRow, Option<Usd>),
    ) -> Ordering {
        let turn = |order: Ordering| {
            if self.reversed {
                order.reverse()
            } else {
                order
            }
        };
        let order = match self.by {
            ListColumn::Name => turn(a.name().cmp(b.name())),
            ListColumn::App => turn((a.app(), a.version()).cmp(&(b.app(), b.version()))),
            ListColumn::Owner => turn(a.owner().cmp(b.owner())),
            ListColumn::State => turn(urgency(a).cmp(&urgency(b))),
            ListColumn::Age => self.compare_known(a.created_at(), b.created_at()),
            ListColumn::TimeLeft => {
                self.compare_known(a.expires_at().map(Reverse), b.expires_at().map(Reverse))
            }
            ListColumn::Rate => self.compare_known(a.rate(), b.rate()),
            ListColumn::Spent => self.compare_known(a_spent, b_spent),
            ListColumn::Billed => self.compare_known(a.billed, b.billed),
            ListColumn::Idle => self.compare_known(a.idle_rate, b.idle_rate),
            ListColumn::Init => self.compare_known(a.init(), b.init()),
        };
        order.then_with(|| a.compare(b))
    }

    fn compare_known<T: Ord>(self, a: Option<T>, b: Option<T>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.reversed => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

/// Ranks states for sorting: 0 needs attention most.
fn urgency(stack: &StackRow) -> u8 {
    let phase = match stack.phase {
        Phase::Residue => 0,
        Phase::Purgatory => 1,
        Phase::TearingDown => 4,
        Phase::Provisioning => 5,
        Phase::Ready => 6,
        Phase::Asleep => 7,
        Phase::Gone => 8,
    };
    let flags = [
        (Flag::Expired, 2),
        (Flag::Expiring, 3),
        (Flag::OverBudget, 3),
        (Flag::Noncompliant, 3),
        (Flag::Idle, 3),
    ];
    flags
        .into_iter()
        .filter(|(flag, _)| stack.has(*flag))
        .map(|(_, urgency)| urgency)
        .chain([phase])
        .min()
        .unwrap_or(phase)
}
