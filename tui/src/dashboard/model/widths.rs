//! The widths of the list's columns. They only grow while the user watches, so that columns do not
//! move; a resize measures them again.

use rust_decimal::Decimal;
use stack::{HourlyRate, Usd};

use super::column::{ColumnChoice, ListColumn};
use super::row::StackRow;
use super::store::StackStore;
use crate::format::{fields, values};

/// The width of the longest text in each column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Widths {
    pub(crate) name: usize,
    pub(crate) app: usize,
    pub(crate) owner: usize,
    pub(crate) state: usize,
    pub(crate) rate: usize,
    pub(crate) idle: usize,
    pub(crate) estimate: usize,
    pub(crate) billed: usize,
    /// Whether to show the Billed column: a snapshot of a cloud is known.
    pub(crate) has_bill: bool,
    /// The column whose title shows the sort direction.
    pub(crate) sorted: Option<ListColumn>,
    /// The columns that the user chose.
    pub(crate) chosen: ColumnChoice,
}

impl Widths {
    /// Measures all stacks, including filtered ones, so that columns keep their width while the
    /// user types a filter.
    pub(super) fn of(store: &StackStore) -> Self {
        let mut widths = Self {
            has_bill: store.cloud().is_some(),
            ..Self::default()
        };
        let (mut rate, mut idle) = (Figures::default(), Figures::default());
        let (mut estimate, mut billed) = (Figures::default(), Figures::default());
        for stack in store.stacks() {
            // Names are ASCII by their own rule, and so as wide as they are long.
            let app = stack.app().len() + 1 + stack.version().len();
            widths.name = widths.name.max(stack.name().len());
            widths.app = widths.app.max(app);
            widths.owner = widths.owner.max(stack.owner().len());
            widths.state = widths.state.max(state_width(stack));
            let is_minimum = stack.rate_is_minimum;
            rate.add(stack.rate().map(HourlyRate::amount), is_minimum);
            idle.add(stack.idle_rate.map(HourlyRate::amount), is_minimum);
            billed.add(stack.billed.map(Usd::amount), false);
            // Twice the amount: it grows while the user watches.
            let spent = stack.spent(store.now());
            let spent = spent.map(|usd| usd.amount() + usd.amount());
            estimate.add(spent, stack.spent_is_minimum(store.now()));
        }
        widths.rate = rate.width();
        widths.idle = idle.width();
        widths.estimate = estimate.width();
        widths.billed = billed.width();
        widths
    }

    /// The larger of both widths of each column.
    pub(super) fn grown(self, now: Self) -> Self {
        Self {
            name: self.name.max(now.name),
            app: self.app.max(now.app),
            owner: self.owner.max(now.owner),
            state: self.state.max(now.state),
            rate: self.rate.max(now.rate),
            idle: self.idle.max(now.idle),
            estimate: self.estimate.max(now.estimate),
            billed: self.billed.max(now.billed),
            has_bill: self.has_bill || now.has_bill,
            sorted: now.sorted,
            chosen: now.chosen,
        }
    }
}

/// The width of a stack's state, with room for what time alone will add to it.
fn state_width(stack: &StackRow) -> usize {
    use stack::{Flag, Phase};
    let mut flags = stack.flags.clone();
    if !flags.contains(&Flag::Expired) && !flags.contains(&Flag::Expiring) {
        flags.push(Flag::Expiring);
    }
    let now = fields::state_width(stack.phase, &flags);
    now.max(fields::state_width(Phase::TearingDown, &[Flag::Expired]))
}

/// The amounts of one column.
#[derive(Default)]
struct Figures {
    largest: Decimal,
    /// The smallest amount below a cent. It has four decimals.
    smallest: Option<Decimal>,
    /// Some amount is marked as a minimum.
    has_minimum: bool,
}

impl Figures {
    fn add(&mut self, amount: Option<Decimal>, is_minimum: bool) {
        let Some(amount) = amount else { return };
        self.largest = self.largest.max(amount);
        if !amount.is_zero() && amount < Decimal::new(1, 2) {
            let smallest = self.smallest.unwrap_or(amount);
            self.smallest = Some(smallest.min(amount));
        }
        self.has_minimum |= is_minimum;
    }

    fn width(&self) -> usize {
        let width = columns(self.largest).max(self.smallest.map_or(0, columns));
        width + if self.has_minimum { MARK } else { 0 }
    }
}

/// The width of the mark `≥ `.
const MARK: usize = 2;

fn columns(amount: Decimal) -> usize {
    values::usd(Usd::new(amount)).chars().count()
}
