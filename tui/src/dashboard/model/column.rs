//! The columns of the list: what they are called, how they are ordered by, and which give way when it is narrow.

use std::cmp::{Ordering, Reverse};

use serde::{Deserialize, Serialize};
use stack::listing::Flag;
use stack::{Phase, Usd};

use super::world::Stack;

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) enum Column {
    Name,
    App,
    Owner,
    State,
    Age,
    Left,
    Rate,
    Spent,
    Billed,
    Idle,
    Init,
}

/// An order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) by: Column,
    pub(crate) reversed: bool,
}

impl Default for Order {
    /// What ends first comes first.
    fn default() -> Self {
        Self {
            by: Column::Left,
            reversed: false,
        }
    }
}

impl Column {
    /// From left to right.
    pub(crate) const ALL: [Self; 11] = [
        Self::Name,
        Self::App,
        Self::Owner,
        Self::State,
        Self::Age,
        Self::Left,
        Self::Rate,
        Self::Spent,
        Self::Billed,
        Self::Idle,
        Self::Init,
    ];

    /// In a narrow terminal they go in this order; the name, the state and the time left stay.
    pub(crate) const GIVE_WAY: [Self; 8] = [
        Self::Idle,
        Self::Init,
        Self::Age,
        Self::Billed,
        Self::Spent,
        Self::App,
        Self::Rate,
        Self::Owner,
    ];

    /// What stands above it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::App => "APP@VERSION",
            Self::Owner => "OWNER",
            Self::State => "STATE",
            Self::Age => "AGE",
            Self::Left => "TIME LEFT",
            Self::Rate => "$/H",
            Self::Spent => "ESTIMATE",
            Self::Billed => "BILLED",
            Self::Idle => "IDLE $/H",
            Self::Init => "INIT",
        }
    }

    /// What the list is ordered by, in words; and the other way round.
    pub(crate) const fn orders(self) -> (&'static str, &'static str) {
        match self {
            Self::Name => ("name", "name, from Z"),
            Self::App => ("app and version", "app and version, from Z"),
            Self::Owner => ("owner", "owner, from Z"),
            Self::State => ("state, what needs you first", "state, what needs you last"),
            Self::Age => ("age, youngest first", "age, oldest first"),
            Self::Left => ("time left, what ends first", "time left, what ends last"),
            Self::Rate => ("$/h, dearest first", "$/h, cheapest first"),
            Self::Spent => (
                "estimate so far, most first",
                "estimate so far, least first",
            ),
            Self::Billed => ("billed so far, most first", "billed so far, least first"),
            Self::Idle => ("idle $/h, most first", "idle $/h, least first"),
            Self::Init => ("init, slowest first", "init, fastest first"),
        }
    }

    /// Figures stand to the right.
    pub(crate) const fn is_figure(self) -> bool {
        matches!(
            self,
            Self::Age | Self::Rate | Self::Spent | Self::Billed | Self::Idle | Self::Init
        )
    }
}

impl Order {
    /// What the list is ordered by, in words.
    pub(crate) const fn words(self) -> &'static str {
        let (there, back) = self.by.orders();
        if self.reversed { back } else { there }
    }

    /// Whether time alone changes the order: a state does change with it.
    pub(crate) fn moves_with_time(self) -> bool {
        matches!(self.by, Column::State | Column::Idle)
    }

    /// After choosing a column: the same one again turns the order round.
    pub(crate) fn chosen(self, by: Column) -> Self {
        Self {
            by,
            reversed: self.by == by && !self.reversed,
        }
    }

    /// Which of two stacks comes first. What is unknown comes last, whichever way round; what is
    /// the same goes by name.
    /// What each has cost is worked out once before, not at each comparison.
    pub(crate) fn compare(
        self,
        (a, a_spent): (&Stack, Option<Usd>),
        (b, b_spent): (&Stack, Option<Usd>),
    ) -> Ordering {
        let turn = |order: Ordering| {
            if self.reversed {
                order.reverse()
            } else {
                order
            }
        };
        let order = match self.by {
            Column::Name => turn(a.name().cmp(b.name())),
            Column::App => turn((a.app(), a.version()).cmp(&(b.app(), b.version()))),
            Column::Owner => turn(a.owner().cmp(b.owner())),
            Column::State => turn(urgency(a).cmp(&urgency(b))),
            Column::Age => self.most(a.created_at(), b.created_at()),
            Column::Left => self.most(a.expires_at().map(Reverse), b.expires_at().map(Reverse)),
            Column::Rate => self.most(a.rate(), b.rate()),
            Column::Spent => self.most(a_spent, b_spent),
            Column::Billed => self.most(a.billed, b.billed),
            Column::Idle => self.most(a.idle_rate, b.idle_rate),
            Column::Init => self.most(a.init(), b.init()),
        };
        order.then_with(|| a.compare(b))
    }

    fn most<T: Ord>(self, a: Option<T>, b: Option<T>) -> Ordering {
        match (a, b) {
            (Some(a), Some(b)) if self.reversed => a.cmp(&b),
            (Some(a), Some(b)) => b.cmp(&a),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
    }
}

/// What needs somebody comes first.
fn urgency(stack: &Stack) -> u8 {
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
