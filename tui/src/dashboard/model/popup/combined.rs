//! The popup of an action on several stacks: the plan of each stack, the fields of the action, and
//! the confirmation once every plan was on the screen.

mod confirmation;
mod outlook;

use jiff::Timestamp;
use stack::service::power::SleepPlan;
use stack::service::teardown::TeardownPlan;
use stack::{Policy, Span};
use tui_input::{Input, InputRequest};

pub(crate) use outlook::Outlook;

use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use stack::values::until::Until;

/// The popup.
#[derive(Debug)]
pub(crate) struct CombinedDialog {
    pub(crate) action: BulkAction,
    pub(crate) entries: Vec<CombinedEntry>,
    /// What the action needs to know. Empty for a teardown.
    pub(crate) fields: Vec<CombinedField>,
    /// The confirmation: the number of stacks, and the names that have to be typed.
    pub(crate) confirmation: Input,
    /// The field with the focus, as an index; the confirmation comes after the last one.
    pub(crate) focus: usize,
    /// Why the input was rejected.
    pub(crate) problem: Option<String>,
    /// How many lines of the plans are scrolled out at the top.
    pub(crate) scroll: usize,
    /// How many lines of the plans, from the first one, have been on the screen.
    seen: usize,
    /// Every plan was on the screen, so a confirmation refers to them.
    displayed: bool,
}

/// One stack of the popup.
#[derive(Debug)]
pub(crate) struct CombinedEntry {
    pub(crate) stack: StackKey,
    pub(crate) plan: EntryPlan,
}

/// The plan of one stack.
#[derive(Debug)]
pub(crate) enum EntryPlan {
    /// The plan was requested.
    Pending,
    Teardown(Box<TeardownPlan>),
    Sleep(Box<SleepPlan>),
    /// The action needs no plan: the lease says what it does.
    Immediate,
    /// The action does not apply to this stack, for this reason.
    LeftOut(Problem),
}

/// A text field of the popup.
#[derive(Debug)]
pub(crate) struct CombinedField {
    pub(crate) label: &'static str,
    /// What can be typed.
    pub(crate) hint: String,
    pub(crate) input: Input,
}

impl CombinedDialog {
    pub(crate) fn new(action: BulkAction, entries: Vec<CombinedEntry>, policy: &Policy) -> Self {
        let field = |label, hint: String, value: &str| CombinedField {
            label,
            hint,
            input: Input::new(value.to_owned()),
        };
        let fields = match action {
            BulkAction::Extend => {
                vec![field("by", "such as 90m, 8h or 1d12h".to_owned(), "")]
            }
            BulkAction::Hold => {
                let limit = policy.max_hold.map(|max| format!("; at most {max}"));
                let hint = format!(
                    "6h, 1d12h or 2026-03-02T18:00:00Z{}",
                    limit.unwrap_or_default()
                );
                let reason = "the reason, for the people who see the stacks".to_owned();
                vec![field("until", hint, ""), field("why", reason, "")]
            }
            BulkAction::Sleep => {
                let hint = "empty: until you wake them; or 12h, 2026-03-02T06:00:00Z".to_owned();
                vec![field("wake at", hint, "")]
            }
            BulkAction::Teardown | BulkAction::Unhold | BulkAction::Wake => Vec::new(),
        };
        // The end of a sleep is optional.
        let focus = match action {
            BulkAction::Sleep => fields.len(),
            _ => 0,
        };
        Self {
            action,
            entries,
            fields,
            confirmation: Input::default(),
            focus,
            problem: None,
            scroll: 0,
            seen: 0,
            displayed: false,
        }
    }

    /// Whether keys write text: always, unless the action applies to no stack. While the plans are
    /// made, letters are no commands either.
    pub(crate) fn is_text_focused(&self) -> bool {
        self.entries.iter().any(|entry| match &entry.plan {
            EntryPlan::Pending | EntryPlan::Immediate => true,
            EntryPlan::Teardown(plan) => plan.may_proceed(),
            EntryPlan::Sleep(plan) => !plan.stops.is_empty(),
            EntryPlan::LeftOut(_) => false,
        })
    }

    /// Whether a plan is still being made.
    pub(crate) fn is_pending(&self) -> bool {
        self.pending() > 0
    }

    /// The number of plans that are still being made.
    pub(crate) fn pending(&self) -> usize {
        let pending = |entry: &&CombinedEntry| matches!(entry.plan, EntryPlan::Pending);
        self.entries.iter().filter(pending).count()
    }

    /// Whether every plan was on the screen.
    pub(crate) fn is_displayed(&self) -> bool {
        self.displayed && !self.is_pending()
    }

    /// A frame was drawn that showed `rows` lines of the list from line `top` on. The plans take
    /// the first `plan_lines` lines.
    pub(crate) fn mark_displayed(&mut self, top: usize, rows: usize, plan_lines: usize) {
        if top <= self.seen {
            self.seen = self.seen.max(top + rows);
        }
        self.displayed = !self.is_pending() && self.seen >= plan_lines;
    }

    /// Stores the plan of a stack. Returns `false` if it was not awaited.
    pub(crate) fn set_plan(&mut self, stack: &StackKey, plan: EntryPlan) -> bool {
        let mut entries = self.entries.iter_mut();
        let awaited = |entry: &&mut CombinedEntry| {
            entry.stack == *stack && matches!(entry.plan, EntryPlan::Pending)
        };
        let Some(entry) = entries.find(awaited) else {
            return false;
        };
        entry.plan = plan;
        (self.seen, self.displayed) = (0, false);
        true
    }

    /// The focused text field, if it can be edited. The confirmation cannot while plans are made,
    /// because the number of stacks is not known yet.
    fn input(&mut self) -> Option<&mut Input> {
        let is_pending = self.is_pending();
        match self.fields.get_mut(self.focus) {
            Some(field) => Some(&mut field.input),
            None => Some(&mut self.confirmation).filter(|_| !is_pending),
        }
    }

    /// Edits the focused text field.
    pub(crate) fn edit(&mut self, request: InputRequest) {
        if let Some(input) = self.input() {
            input.handle(request);
            self.problem = None;
        }
    }

    /// Whether the confirmation has the focus.
    pub(crate) fn confirms(&self) -> bool {
        self.focus >= self.fields.len()
    }

    /// Moves the focus to the next or the previous field, without wrapping around.
    pub(crate) fn move_focus(&mut self, forward: bool) {
        self.focus = if forward {
            (self.focus + 1).min(self.fields.len())
        } else {
            self.focus.saturating_sub(1)
        };
    }

    /// Scrolls by a key, down to line `last`. A page key scrolls by `rows`, so that it skips no
    /// line.
    pub(crate) fn scroll_by(&mut self, msg: Msg, rows: usize, last: usize) {
        let page = rows.max(1);
        let scroll = self.scroll.min(last);
        self.scroll = match msg {
            Msg::Down => scroll + 1,
            Msg::Up => scroll.saturating_sub(1),
            Msg::PageDown => scroll + page,
            Msg::PageUp => scroll.saturating_sub(page),
            _ => scroll,
        }
        .min(last);
    }

    /// The text of a field, without blanks around it.
    fn text(&self, field: usize) -> &str {
        let field = self.fields.get(field);
        field.map_or("", |field| field.input.value().trim())
    }

    /// The duration to add.
    pub(crate) fn duration(&self) -> Result<Span, String> {
        let text = self.text(0);
        let text = text.strip_prefix('+').unwrap_or(text);
        text.parse()
            .map_err(|error: stack::values::ttl::SpanError| error.to_string())
    }

    /// The end of the hold.
    pub(crate) fn held_until(&self, policy: &Policy, now: Timestamp) -> Result<Timestamp, String> {
        let until: Until = self.text(0).parse()?;
        let held = policy.hold(until.resolve(now), now);
        held.map_err(|refusal| refusal.to_string())
    }

    /// The reason of the hold.
    pub(crate) fn why(&self) -> Result<String, String> {
        match self.text(1) {
            "" => Err("enter a reason".to_owned()),
            why => Ok(why.to_owned()),
        }
    }

    /// The end of the sleep; `None` if a user ends it.
    pub(crate) fn wakes_at(&self, now: Timestamp) -> Result<Option<Timestamp>, String> {
        let text = self.text(0);
        if text.is_empty() {
            return Ok(None);
        }
        let until: Until = text.parse()?;
        match until.resolve(now) {
            at if at > now => Ok(Some(at)),
            _ => Err("this time is in the past".to_owned()),
        }
    }

    /// What is wrong with a field, if anything.
    pub(crate) fn field_problem(
        &self,
        field: usize,
        policy: &Policy,
        now: Timestamp,
    ) -> Option<String> {
        match (self.action, field) {
            (BulkAction::Extend, 0) => self.duration().err(),
            (BulkAction::Hold, 0) => self.held_until(policy, now).err(),
            (BulkAction::Hold, 1) => self.why().err(),
            (BulkAction::Sleep, 0) => self.wakes_at(now).err(),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use stack::testing::stack_name;

    use super::*;

    /// The plans count as displayed once each line of them was on the screen, and a new plan has to
    /// be shown again.
    #[test]
    fn every_plan_must_be_shown() {
        let entry = |name: &str| CombinedEntry {
            stack: StackKey::from(&stack_name(name)),
            plan: EntryPlan::Pending,
        };
        let entries = ["shop-0", "shop-1"].map(entry).into();
        let mut dialog = CombinedDialog::new(BulkAction::Teardown, entries, &Policy::default());
        let [first, second] = ["shop-0", "shop-1"].map(|name| StackKey::from(&stack_name(name)));
        assert!(dialog.set_plan(&first, EntryPlan::Immediate));
        dialog.mark_displayed(0, 20, 12);
        assert!(!dialog.is_displayed(), "one plan is missing");
        assert!(dialog.set_plan(&second, EntryPlan::Immediate));
        assert!(!dialog.set_plan(&second, EntryPlan::Immediate));
        assert!(!dialog.is_displayed(), "it was not drawn yet");
        dialog.mark_displayed(0, 8, 12);
        assert!(!dialog.is_displayed(), "four lines are below the screen");
        dialog.mark_displayed(10, 8, 12);
        assert!(!dialog.is_displayed(), "two lines were skipped");
        dialog.mark_displayed(4, 8, 12);
        assert!(dialog.is_displayed());
    }
}
