//! The list of stacks: which of them, in which order, in which groups, and which one is selected.

use stack::{HourlyRate, Usd};
use tui_input::Input;

use super::column::{Column, Order};
use super::filter::Filter;
use super::world::{Key, Stack, World};
use crate::format::fields;

/// What the list is grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Grouping {
    /// Nothing.
    #[default]
    None,
    /// The app.
    App,
    /// The owner.
    Owner,
}

impl Grouping {
    /// The next one, round and round.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::None => Self::App,
            Self::App => Self::Owner,
            Self::Owner => Self::None,
        }
    }

    fn key(self, stack: &Stack) -> &str {
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
    /// A stack: its place among all stacks.
    Stack(usize),
}

/// A group and its sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// The app, or the owner.
    pub(crate) key: String,
    /// How many stacks.
    pub(crate) stacks: usize,
    /// What they cost an hour, as far as it is known.
    pub(crate) rate: Option<HourlyRate>,
}

/// How many columns the longest text of a kind takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Widths {
    pub(crate) name: usize,
    pub(crate) app: usize,
    pub(crate) owner: usize,
    pub(crate) state: usize,
    /// There is a cloud that may have billed something.
    pub(crate) bill: bool,
}

/// The list. Filter, order and groups are worked out when something changes, not when it is drawn.
#[derive(Debug, Default)]
pub(crate) struct List {
    /// The filter as it is written.
    pub(crate) input: Input,
    /// It is being written.
    pub(crate) writing: bool,
    filter: Filter,
    pub(crate) order: Order,
    pub(crate) grouping: Grouping,
    lines: Vec<Line>,
    stacks: usize,
    widths: Widths,
    selected: Option<Key>,
    /// The line of the selected stack.
    at: usize,
    /// The first line that is shown.
    pub(crate) top: usize,
}

impl List {
    /// Every line, from the first.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many stacks are in it.
    pub(crate) fn stacks(&self) -> usize {
        self.stacks
    }

    /// How wide its texts are.
    pub(crate) fn widths(&self) -> Widths {
        self.widths
    }

    /// The selected stack.
    pub(crate) fn selected(&self) -> Option<&Key> {
        self.selected.as_ref()
    }

    /// Whether some stacks are left out.
    pub(crate) fn is_filtered(&self) -> bool {
        !self.filter.is_empty()
    }

    /// The lines that are shown where there is room for so many.
    pub(crate) fn shown(&self, rows: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().skip(self.top).take(rows)
    }

    /// Works out everything anew. The selected stack stays selected; when it is no longer there, the
    /// one that has come into its place is.
    pub(crate) fn arrange(&mut self, world: &World, rows: usize) {
        self.filter = Filter::read(self.input.value());
        let stacks = world.stacks();
        let (order, grouping, now) = (self.order, self.grouping, world.now());
        let mut chosen: Vec<(usize, &Stack, Option<Usd>)> = stacks
            .iter()
            .enumerate()
            .filter(|(_, stack)| self.filter.fits(stack))
            .map(|(at, stack)| {
                let wanted = order.by == Column::Spent;
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
            let became = world.become_of(key);
            self.find(world, became.as_ref().unwrap_or(key))
        });
        let at = found.unwrap_or(self.at);
        self.select_near(world, at, rows);
    }

    /// Selects the stack on a line, or the nearest one to it.
    pub(crate) fn select_near(&mut self, world: &World, at: usize, rows: usize) {
        let at = at.min(self.lines.len().saturating_sub(1));
        let below = (at..self.lines.len()).find(|at| self.stack_on(world, *at).is_some());
        let above = (0..at).rev().find(|at| self.stack_on(world, *at).is_some());
        self.at = below.or(above).unwrap_or(0);
        self.selected = self.stack_on(world, self.at).map(Stack::key);
        self.scroll_to_selected(rows);
    }

    /// Selects the stack so many lines further, counting stacks alone.
    pub(crate) fn go(&mut self, world: &World, by: isize, rows: usize) {
        let mut at = self.at;
        for _ in 0..by.unsigned_abs() {
            let next = if by > 0 {
                (at + 1..self.lines.len()).find(|at| self.stack_on(world, *at).is_some())
            } else {
                (0..at).rev().find(|at| self.stack_on(world, *at).is_some())
            };
            let Some(next) = next else { break };
            at = next;
        }
        self.select_near(world, at, rows);
    }

    /// Scrolls without selecting anything else, as long as the selected stack stays on the screen.
    pub(crate) fn scroll(&mut self, world: &World, by: isize, rows: usize) {
        let last = self.lines.len().saturating_sub(rows);
        self.top = self.top.saturating_add_signed(by).min(last);
        let shown = self.top..(self.top + rows).min(self.lines.len());
        if !shown.contains(&self.at) {
            let nearest = self.at.clamp(shown.start, shown.end.saturating_sub(1));
            let inside = |at: &usize| self.stack_on(world, *at).is_some();
            let at = (nearest..shown.end)
                .find(inside)
                .or_else(|| (shown.start..nearest).rev().find(inside));
            if let Some(at) = at {
                self.at = at;
                self.selected = self.stack_on(world, at).map(Stack::key);
            }
        }
    }

    /// Keeps the selected line, and the heading of a first group above it, on the screen.
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

    /// The stack on a line; `None` where there is a heading, or nothing.
    pub(crate) fn stack_on<'a>(&self, world: &'a World, at: usize) -> Option<&'a Stack> {
        match self.lines.get(at)? {
            Line::Stack(at) => world.stacks().get(*at),
            Line::Group(_) => None,
        }
    }

    fn find(&self, world: &World, key: &Key) -> Option<usize> {
        let is_it = |stack: &Stack| stack.against(key).is_eq();
        (0..self.lines.len()).find(|at| self.stack_on(world, *at).is_some_and(is_it))
    }

    /// Measures all stacks, also those that are left out: columns do not jump while a filter is written.
    pub(crate) fn measure(&mut self, world: &World) {
        let mut widths = Widths {
            bill: world.cloud().is_some(),
            ..Widths::default()
        };
        for stack in world.stacks() {
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

    /// After time alone has changed states: their widths, and the lines where they depend on states.
    pub(crate) fn follow_time(&mut self, world: &World, rows: usize) {
        self.measure(world);
        if self.order.moves_with_time() || self.is_filtered() {
            self.arrange(world, rows);
        }
    }
}

/// The stacks in their order, each group under its heading.
fn grouped(chosen: &[(usize, &Stack, Option<Usd>)], grouping: Grouping) -> Vec<Line> {
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
