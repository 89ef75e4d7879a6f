//! The list of stacks: filter, sort order, groups and selection.

use serde::{Deserialize, Serialize};
use stack::{HourlyRate, Usd};
use tui_input::Input;

use super::column::{ColumnChoice, ListColumn, SortOrder};
use super::filter::Filter;
use super::row::StackRow;
use super::saved_view::SavedView;
use super::store::StackStore;
use super::widths::Widths;
use crate::dashboard::stack_key::StackKey;

/// What the list is grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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
    /// All groupings.
    pub(crate) const ALL: [Self; 3] = [Self::None, Self::App, Self::Owner];

    /// The word for the grouping in commands and in the saved view.
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::App => "app",
            Self::Owner => "owner",
        }
    }

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
    /// Whether the total leaves out something that costs money.
    pub(crate) rate_is_minimum: bool,
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
    /// The columns that the user chose.
    pub(crate) columns: ColumnChoice,
    lines: Vec<Line>,
    stacks: usize,
    widths: Widths,
    /// An account is configured, so a bill will be known: its column has its place from the start.
    expects_bill: bool,
    selected: Option<StackKey>,
    /// The line of the selected stack.
    selected_line: usize,
    /// The first line on the screen.
    pub(crate) top: usize,
}

impl List {
    /// An empty list that looks as it was saved.
    pub(crate) fn new(expects_bill: bool, saved: &SavedView) -> Self {
        Self {
            expects_bill,
            order: saved.order,
            grouping: saved.grouping,
            columns: saved.columns,
            ..Self::default()
        }
    }

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
        Widths {
            sorted: Some(self.order.by),
            chosen: self.columns,
            has_bill: self.expects_bill || self.widths.has_bill,
            ..self.widths
        }
    }

    /// What is wrong with the filter, if anything.
    pub(crate) fn filter_problem(&self) -> Option<&str> {
        self.filter.problem()
    }

    /// The selected stack.
    pub(crate) fn selected(&self) -> Option<&StackKey> {
        self.selected.as_ref()
    }

    /// The filter.
    pub(crate) fn filter(&self) -> &Filter {
        &self.filter
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
            .map(|(index, stack)| {
                let sorts_by_spend = order.by == ListColumn::Spent;
                let spent = sorts_by_spend.then(|| stack.spent(now)).flatten();
                (index, stack, spent)
            })
            .collect();
        chosen.sort_unstable_by(|(_, a, a_spent), (_, b, b_spent)| {
            let groups = grouping.key(a).cmp(grouping.key(b));
            groups.then_with(|| order.compare((a, *a_spent), (b, *b_spent)))
        });
        self.stacks = chosen.len();
        self.lines = grouped(&chosen, grouping);
        let found = self.selected.as_ref().and_then(|key| {
            let replacement = store.replacement_key(key);
            self.line_of(store, replacement.as_ref().unwrap_or(key))
        });
        let line = found.unwrap_or(self.selected_line);
        self.select_nearest(store, line, rows);
    }

    /// Selects the stack on a line, or the nearest one to it.
    pub(crate) fn select_nearest(&mut self, store: &StackStore, line: usize, rows: usize) {
        let line = line.min(self.lines.len().saturating_sub(1));
        let has_stack = |line: &usize| self.stack_on(store, *line).is_some();
        let below = (line..self.lines.len()).find(has_stack);
        let above = (0..line).rev().find(has_stack);
        self.selected_line = below.or(above).unwrap_or(0);
        self.selected = self.stack_on(store, self.selected_line).map(StackRow::key);
        self.scroll_to_selected(rows);
    }

    /// Selects a stack, if the list shows it.
    pub(crate) fn select(&mut self, store: &StackStore, key: &StackKey, rows: usize) {
        if let Some(line) = self.line_of(store, key) {
            self.select_nearest(store, line, rows);
        }
    }

    /// Moves the selection by a number of stacks, skipping headings.
    pub(crate) fn move_selection(&mut self, store: &StackStore, by: isize, rows: usize) {
        let has_stack = |line: &usize| self.stack_on(store, *line).is_some();
        let mut line = self.selected_line;
        for _ in 0..by.unsigned_abs() {
            let next = if by > 0 {
                (line + 1..self.lines.len()).find(has_stack)
            } else {
                (0..line).rev().find(has_stack)
            };
            let Some(next) = next else { break };
            line = next;
        }
        self.select_nearest(store, line, rows);
    }

    /// Scrolls. The selection changes only if it would leave the screen.
    pub(crate) fn scroll(&mut self, store: &StackStore, by: isize, rows: usize) {
        let last = self.lines.len().saturating_sub(rows);
        self.top = self.top.saturating_add_signed(by).min(last);
        let shown = self.top..(self.top + rows).min(self.lines.len());
        if !shown.contains(&self.selected_line) {
            let nearest = self
                .selected_line
                .clamp(shown.start, shown.end.saturating_sub(1));
            let has_stack = |line: &usize| self.stack_on(store, *line).is_some();
            let line = (nearest..shown.end)
                .find(has_stack)
                .or_else(|| (shown.start..nearest).rev().find(has_stack));
            if let Some(line) = line {
                self.selected_line = line;
                self.selected = self.stack_on(store, line).map(StackRow::key);
            }
        }
    }

    /// Scrolls so that the selected line, and the group heading above it, are on the screen.
    pub(crate) fn scroll_to_selected(&mut self, rows: usize) {
        let rows = rows.max(1);
        let last = self.lines.len().saturating_sub(rows);
        let line = self.selected_line;
        let line_above = line.checked_sub(1).and_then(|above| self.lines.get(above));
        let heading = usize::from(rows > 1 && matches!(line_above, Some(Line::Group(_))));
        self.top = self
            .top
            .min(line - heading)
            .max((line + 1).saturating_sub(rows))
            .min(last);
    }

    /// Returns the stack on a line; `None` for a heading or beyond the end.
    pub(crate) fn stack_on<'a>(&self, store: &'a StackStore, line: usize) -> Option<&'a StackRow> {
        match self.lines.get(line)? {
            Line::Stack(index) => store.stacks().get(*index),
            Line::Group(_) => None,
        }
    }

    fn line_of(&self, store: &StackStore, key: &StackKey) -> Option<usize> {
        let has_key = |stack: &StackRow| stack.compare_key(key).is_eq();
        (0..self.lines.len()).find(|line| self.stack_on(store, *line).is_some_and(has_key))
    }

    /// Measures the columns. They only grow, so that nothing moves while the user watches.
    pub(crate) fn measure(&mut self, store: &StackStore) {
        self.widths = self.widths.grown(Widths::of(store));
    }

    /// Measures the columns for a new size of the terminal.
    pub(crate) fn measure_again(&mut self, store: &StackStore) {
        self.widths = Widths::of(store);
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
        lines.extend(chosen.iter().map(|(index, ..)| Line::Stack(*index)));
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
            rate_is_minimum: members
                .iter()
                .any(|(_, stack, _)| stack.rate_is_minimum || stack.rate().is_none()),
        }));
        lines.extend(members.iter().map(|(index, ..)| Line::Stack(*index)));
    }
    lines
}
