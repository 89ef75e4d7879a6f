//! Marking stacks in the list, and the keys that act on all marked stacks.

use super::combined;
use crate::dashboard::effect::Effect;
use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::model::popup::Popup;
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::format::style::Tone;
use crate::format::values;

/// Marks the selected stack, or removes its mark.
pub(super) fn toggle(model: &mut Model) {
    let Some(stack) = model.list.selected().cloned() else {
        model.set_status(Tone::Quiet, "no stack selected");
        return;
    };
    model.marks.toggle(stack);
    model.dismiss_status();
}

/// Marks every stack in the list, or removes their marks.
pub(super) fn toggle_all(model: &mut Model) {
    let lines = 0..model.list.lines().len();
    let shown = lines.filter_map(|line| model.list.stack_on(&model.store, line));
    let shown: Vec<StackKey> = shown.map(StackRow::key).collect();
    if shown.is_empty() {
        model.set_status(Tone::Quiet, "no stack is in the list");
        return;
    }
    model.marks.toggle_all(shown);
    model.dismiss_status();
}

/// Removes all marks, and the results of the last action from the list.
pub(super) fn clear(model: &mut Model) {
    model.marks.clear();
    if model
        .batch
        .as_ref()
        .is_some_and(|batch| !batch.is_running())
    {
        model.batch = None;
    }
}

/// Shows the last action on several stacks.
pub(super) fn show_batch(model: &mut Model) {
    if model.batch.is_some() {
        model.popup = Some(Popup::Batch(0));
        return;
    }
    let text = "no action on several stacks yet: Space marks a stack, * marks all";
    model.set_status(Tone::Quiet, text);
}

/// The only marked stack, if there is exactly one: a key acts on it as if it were selected.
pub(super) fn single(model: &Model) -> Option<&StackKey> {
    let is_list = matches!(model.screen, Screen::List);
    let mut marked = model.marks.iter();
    marked.next().filter(|_| is_list && model.marks.len() == 1)
}

/// Handles a key that acts on stacks, if several are marked in the open list; `None` if it acts on
/// one stack.
pub(super) fn on_several(model: &mut Model, msg: Msg) -> Option<Vec<Effect>> {
    if !matches!(model.screen, Screen::List) || model.marks.len() < 2 {
        return None;
    }
    if msg == Msg::Copy {
        let names: Vec<String> = model.marks.iter().map(ToString::to_string).collect();
        let count = values::count(names.len(), "name");
        model.set_status(Tone::Plain, format!("copied {count}"));
        return Some(vec![Effect::Copy(names.join(" "))]);
    }
    let action = BulkAction::of(msg)?;
    if let Some(why) = &model.settings.read_only {
        let problem = Problem::refused(format!("read-only: {why}"));
        model.show_problem(&problem);
        return Some(Vec::new());
    }
    Some(combined::begin(model, action))
}
