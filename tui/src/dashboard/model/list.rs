//! The list of stacks: filter, sort order, groups and selection.

use stack::{HourlyRate, Usd};
use tui_input::Input;

use super::column::{ListColumn, SortOrder};
use super::filter::Filter;
use super::row::StackRow;
use super::store::StackStore;
use crate::dashboard::stack_key::StackKey;
use crate::format::fields;

/// What the list is grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// No groups.
    #[default]
    None,
    /// One group per app.
    App,
    /// One group per owner.
    Owner,
}

impl Grouping {
    /// Returns the next grouping, wrapping around.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::None => Self::App,
            Self::App => Self::Owner,
            Self::Owner => Self::None,
        }
    }

    fn key(self, stack: &StackRow) -> &str {
        match self {
            Self::None => "",
            Self::App => stack.app(),
            Self::Owner => stack.owner(),
        }
    }
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// The heading of a group.
    Group(Group),
    /// A stack, as an index into all stacks.
    Stack(usize),
}

/// A group and its totals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The app or the owner.
    pub(crate) key: String,
    /// The number of stacks.
    pub(crate) stacks: usize,
    /// The total hourly rate of the priced stacks.
    pub(crate) rate: Option<HourlyRate>,
}

/// The width of the longest text in each column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Widths {
    pub(crate) name: usize,
    pub(crate) app: usize,
    pub(crate) owner: usize,
    pub(crate) state: usize,
    /// Whether to show the Billed column: a snapshot of a cloud is known.
    pub(crate) bill: bool,
}

/// The list. Lines are recomputed when something changes, not when they are drawn.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// The filter's text field.
    pub(crate) input: Input,
    /// The user is editing the filter.
    pub(crate) editing_filter: bool,
    filter: Filter,
    pub(crate) order: SortOrder,
    pub(crate) grouping: Grouping,
    lines: Vec<Line>,
    stacks: usize,
    widths: Widths,
    selected: Option<StackKey>,
    /// The line of the selected stack.
    at: usize,
    /// The first line on the screen.
    pub(crate) top: usize,
}

impl List {
    /// All lines, from the first.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The number of stacks in the list.
    pub(crate) fn stacks(&self) -> usize {
        self.stacks
    }

    /// The widths of the columns' texts.
    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    /// The selected stack.
    pub(crate) fn selected(&self) -> Option<&StackKey> {
        self.selected.as_ref()
    }

    /// Whether a filter is set.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// The lines on a screen with this many rows.
    pub(crate) fn shown(&self, rows: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().skip(self.top).take(rows)
    }

    /// Recomputes the lines. The selected stack stays selected; if it is no longer in the list, the
    /// selection moves to the stack now on its line.
    pub(crate) fn rebuild(&mut self, store: &StackStore, rows: usize) {
        self.filter = Filter::read(self.input.value());
        let stacks = store.stacks();
        let (order, grouping, now) = (self.order, self.grouping, store.now());
        let mut chosen: Vec<(usize, &StackRow, Option<Usd>)> = stacks
            .iter()
            .enumerate()
            .filter(|(_, stack)| self.filter.matches(stack))
            .map(|(at, stack)| {
                let wanted = order.by == ListColumn::Spent;
                let spent = wanted.then(|| stack.spent(now)).flatten();
                (at, stack, spent)
            })
            .collect();
        chosen.sort_unstable_by(|(_, a, a_spent), (_, b, b_spent)| {
            let groups = grouping.key(a).cmp(grouping.key(b));
            groups.then_with(|| order.compare((a, *a_spent), (b, *b_spent)))
        });
        self.stacks = chosen.len();
        self.lines = grouped(&chosen, grouping);
        let found = self.selected.as_ref().and_then(|key| {
            let became = store.replacement_key(key);
            self.find(store, became.as_ref().unwrap_or(key))
        });
        let at = found.unwrap_or(self.at);
        self.select_nearest(store, at, rows);
    }

    /// Selects the stack on a line, or the nearest one to it.
    pub(crate) fn select_nearest(&mut self, store: &StackStore, at: usize, rows: usize) {
        let at = at.min(self.lines.len().saturating_sub(1));
        let below = (at..self.lines.len()).find(|at| self.stack_on(store, *at).is_some());
        let above = (0..at).rev().find(|at| self.stack_on(store, *at).is_some());
        self.at = below.or(above).unwrap_or(0);
        self.selected = self.stack_on(store, self.at).map(StackRow::key);
        self.scroll_to_selected(rows);
    }

    /// Moves the selection by a number of stacks, skipping headings.
    pub(crate) fn move_selection(&mut self, store: &StackStore, by: isize, rows: usize) {
        let mut at = self.at;
        for _ in 0..by.unsigned_abs() {
            let next = if by > 0 {
                (at + 1..self.lines.len()).find(|at| self.stack_on(store, *at).is_some())
            } else {
                (0..at).rev().find(|at| self.stack_on(store, *at).is_some())
            };
            let Some(next) = next else { break };
            at = next;
        }
        self.select_nearest(store, at, rows);
    }

    /// Scrolls. The selection changes only if it would leave the screen.
    pub(crate) fn scroll(&mut self, store: &StackStore, by: isize, rows: usize) {
        let last = self.lines.len().saturating_sub(rows);
        self.top = self.top.saturating_add_signed(by).min(last);
        let shown = self.top..(self.top + rows).min(self.lines.len());
        if !shown.contains(&self.at) {
            let nearest = self.at.clamp(shown.start, shown.end.saturating_sub(1));
            let inside = |at: &usize| self.stack_on(store, *at).is_some();
            let at = (nearest..shown.end)
                .find(inside)
                .or_else(|| (shown.start..nearest).rev().find(inside));
            if let Some(at) = at {
                self.at = at;
                self.selected = self.stack_on(store, at).map(StackRow::key);
            }
        }
    }

    /// Scrolls so that the selected line, and the group heading above it, are on the screen.
    pub(crate) fn scroll_to_selected(&mut self, rows: usize) {
        let rows = rows.max(1);
        let last = self.lines.len().saturating_sub(rows);
        let heading = usize::from(
            self.at > 0 && matches!(self.lines.get(self.at - 1), Some(Line::Group(_))) && rows > 1,
        );
        self.top = self
            .top
            .min(self.at - heading)
            .max((self.at + 1).saturating_sub(rows))
            .min(last);
    }

    /// Returns the stack on a line; `None` for a heading or beyond the end.
    pub(crate) fn stack_on<'a>(&self, store: &'a StackStore, at: usize) -> Option<&'a StackRow> {
        match self.lines.get(at)? {
            Line::Stack(at) => store.stacks().get(*at),
            Line::Group(_) => None,
        }
    }

    fn find(&self, store: &StackStore, key: &StackKey) -> Option<usize> {
        let is_it = |stack: &StackRow| stack.compare_key(key).is_eq();
        (0..self.lines.len()).find(|at| self.stack_on(store, *at).is_some_and(is_it))
    }

    /// Measures all stacks, including filtered ones, so that columns keep their width while the
    /// user types a filter.
    pub(crate) fn measure(&mut self, store: &StackStore) {
        let mut widths = Widths {
            bill: store.cloud().is_some(),
            ..Widths::default()
        };
        for stack in store.stacks() {
            // Names are ASCII by their own rule, and so as wide as they are long.
            let app = stack.app().len() + 1 + stack.version().len();
            widths.name = widths.name.max(stack.name().len());
            widths.app = widths.app.max(app);
            widths.owner = widths.owner.max(stack.owner().len());
            let state = fields::state_width(stack.phase, &stack.flags);
            widths.state = widths.state.max(state);
        }
        self.widths = widths;
    }

    /// Updates widths and lines after states have changed by time alone.
    pub(crate) fn follow_time(&mut self, store: &StackStore, rows: usize) {
        self.measure(store);
        if self.order.moves_with_time() || self.is_filtered() {
            self.rebuild(store, rows);
        }
    }
}

/// Turns sorted stacks into lines, each group under its heading.
fn grouped(chosen: &[(usize, &StackRow, Option<Usd>)], grouping: Grouping) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::with_capacity(chosen.len());
    if grouping == Grouping::None {
        lines.extend(chosen.iter().map(|(at, ..)| Line::Stack(*at)));
        return lines;
    }
    for members in chosen.chunk_by(|(_, a, _), (_, b, _)| grouping.key(a) == grouping.key(b)) {
        let rates = members.iter().filter_map(|(_, stack, _)| stack.rate());
        let key = members
            .first()
            .map_or("", |(_, stack, _)| grouping.key(stack));
        lines.push(Line::Group(Group {
            key: key.to_owned(),
            stacks: members.len(),
            rate: rates.reduce(|sum, rate| sum + rate),
        }));
        lines.extend(members.iter().map(|(at, ..)| Line::Stack(*at)));
    }
    lines
}
