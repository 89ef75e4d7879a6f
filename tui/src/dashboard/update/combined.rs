//! An action on several stacks: plan each, confirm once every plan was on the screen, then start
//! it on each confirmed stack.

use stack::StackName;
use stack::service::power::SleepPlan;
use stack::service::teardown::TeardownPlan;

use super::{refusal, sleep};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::Model;
use crate::dashboard::model::batch::{Batch, BatchEntry, BatchState};
use crate::dashboard::model::bulk_action::BulkAction;
use crate::dashboard::model::operations::OperationKind;
use crate::dashboard::model::popup::{CombinedDialog, CombinedEntry, EntryPlan, Outlook, Popup};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::dashboard::view;
use crate::format::style::Tone;

/// Opens the popup for the marked stacks, and requests the plans.
pub(super) fn begin(model: &mut Model, action: BulkAction) -> Vec<Effect> {
    model.dismiss_status();
    let marked: Vec<StackKey> = model.marks.iter().cloned().collect();
    let mut effects = Vec::new();
    let mut entries: Vec<CombinedEntry> = Vec::with_capacity(marked.len());
    for stack in marked {
        let mut before = entries.iter();
        let plan = match refusal::reason(model, action.msg(), &stack) {
            // Progress and results are known by name, and a sweep registers a lease under it.
            None if before.any(|entry| entry.stack.name() == stack.name()) => {
                let why = "another marked stack has this name: tear down one after the other";
                EntryPlan::LeftOut(Problem::refused(why))
            }
            Some(problem) => EntryPlan::LeftOut(without_name(problem, &stack)),
            None if action.is_planned() => {
                effects.extend(plan_request(action, &stack));
                EntryPlan::Pending
            }
            None => EntryPlan::Immediate,
        };
        entries.push(CombinedEntry { stack, plan });
    }
    let dialog = CombinedDialog::new(action, entries, model.policy());
    model.popup = Some(Popup::Combined(Box::new(dialog)));
    effects
}

/// The effect that makes the plan of a stack.
fn plan_request(action: BulkAction, stack: &StackKey) -> Option<Effect> {
    match action {
        BulkAction::Teardown => Some(Effect::PlanTeardown(stack.clone())),
        BulkAction::Sleep => stack.leased().cloned().map(Effect::PlanSleep),
        BulkAction::Extend | BulkAction::Hold | BulkAction::Unhold | BulkAction::Wake => None,
    }
}

/// The problem without the name of its stack, which the popup shows before it.
fn without_name(problem: Problem, stack: &StackKey) -> Problem {
    let message = match problem.message.strip_prefix(&format!("{stack}: ")) {
        Some(rest) => rest.to_owned(),
        None => problem.message,
    };
    Problem { message, ..problem }
}

/// Handles a key in the popup. Returns whether the popup stays open, and the effects to run.
pub(super) fn act(model: &mut Model, popup: &mut CombinedDialog, msg: Msg) -> (bool, Vec<Effect>) {
    let stays = (true, Vec::new());
    match msg {
        Msg::Open if !popup.is_text_focused() => {}
        Msg::Open if !popup.confirms() => {
            popup.problem = popup.field_problem(popup.focus, model.policy(), model.now());
            if popup.problem.is_none() {
                popup.move_focus(true);
            }
        }
        Msg::Open => return confirm(model, popup),
        Msg::Up | Msg::Down if !popup.fields.is_empty() => {
            popup.problem = None;
            popup.move_focus(msg == Msg::Down);
        }
        msg => {
            let list = view::combined_list(model, popup);
            popup.scroll_by(msg, list.rows, list.last_top());
        }
    }
    stays
}

/// Starts the action on each confirmed stack, or says what is missing.
fn confirm(model: &mut Model, popup: &mut CombinedDialog) -> (bool, Vec<Effect>) {
    let stays = (true, Vec::new());
    if popup.is_pending() {
        let text = "nothing can be confirmed before every plan is on the screen";
        model.set_status(Tone::Quiet, text);
        return stays;
    }
    if !popup.is_displayed() {
        popup.problem = Some("read every plan first: PgDn shows the others".to_owned());
        return stays;
    }
    let (policy, now) = (model.policy(), model.now());
    let fields = 0..popup.fields.len();
    let wrong = fields
        .filter_map(|field| Some((field, popup.field_problem(field, policy, now)?)))
        .next();
    if let Some((field, problem)) = wrong {
        (popup.focus, popup.problem) = (field, Some(problem));
        return stays;
    }
    let outlooks = popup.outlooks(&model.store);
    match popup.confirmed(&outlooks) {
        Ok(confirmed) => (false, start(model, popup, &outlooks, &confirmed)),
        Err(problem) => {
            popup.problem = Some(problem);
            stays
        }
    }
}

/// Starts the action on the confirmed stacks, discards the plans of the others, and shows the
/// progress in place of the plans.
fn start(
    model: &mut Model,
    popup: &CombinedDialog,
    outlooks: &[Outlook],
    confirmed: &[bool],
) -> Vec<Effect> {
    let (mut effects, mut entries) = (Vec::new(), Vec::new());
    for ((entry, outlook), confirmed) in popup.entries.iter().zip(outlooks).zip(confirmed) {
        let stack = entry.stack.name();
        let state = match outlook {
            _ if *confirmed => {
                effects.extend(start_one(model, popup, entry));
                BatchState::Pending
            }
            Outlook::LeftOut(problem) if !problem.refused => {
                BatchState::Failed(problem.message.clone())
            }
            Outlook::LeftOut(problem) => BatchState::Refused(problem.message.clone()),
            Outlook::NeedsName(_) => {
                let why = "protected or unleased, and its name was not typed";
                BatchState::Refused(why.to_owned())
            }
            Outlook::Acts(_) | Outlook::Pending => BatchState::Refused("not confirmed".to_owned()),
        };
        if !*confirmed {
            effects.extend(discard(entry));
        }
        entries.push(BatchEntry { stack, state });
    }
    model.batch = Some(Batch::new(popup.action, entries));
    model.popup = Some(Popup::Batch(0));
    effects
}

/// The effect that starts the action on one stack.
fn start_one(model: &mut Model, popup: &CombinedDialog, entry: &CombinedEntry) -> Option<Effect> {
    let (stack, now) = (entry.stack.name(), model.now());
    Some(match popup.action {
        BulkAction::Teardown => {
            let EntryPlan::Teardown(plan) = &entry.plan else {
                return None;
            };
            model.operations.begin_teardown(&stack, &plan.run);
            // The plan of this teardown is no preview of the next one.
            model.previews.remove(&entry.stack);
            Effect::Teardown {
                stack: entry.stack.clone(),
                run: plan.run.clone(),
                typed: plan.protected.then_some(stack),
            }
        }
        BulkAction::Extend => {
            let by = popup.duration().ok()?;
            Effect::Extend { stack, by }
        }
        BulkAction::Hold => {
            let until = popup.held_until(model.policy(), now).ok()?;
            let why = popup.why().ok()?;
            Effect::Hold { stack, until, why }
        }
        BulkAction::Unhold => Effect::Unhold(stack),
        BulkAction::Sleep => {
            let EntryPlan::Sleep(plan) = &entry.plan else {
                return None;
            };
            let until = popup.wakes_at(now).ok()?;
            let (kind, count) = (OperationKind::Sleep, plan.stops.len());
            model.operations.turn(&stack, kind, count, now);
            Effect::Sleep { stack, until }
        }
        BulkAction::Wake => {
            let count = sleep::stopped(model, &stack);
            model
                .operations
                .turn(&stack, OperationKind::Wake, count, now);
            Effect::Wake(stack)
        }
    })
}

/// The effects that delete the plans of a popup that was closed.
pub(super) fn discarded(popup: &CombinedDialog) -> Vec<Effect> {
    popup.entries.iter().filter_map(discard).collect()
}

/// The effect that deletes the plan of a stack, or stops waiting for it.
fn discard(entry: &CombinedEntry) -> Option<Effect> {
    let is_saved = matches!(entry.plan, EntryPlan::Teardown(_) | EntryPlan::Pending);
    is_saved.then(|| Effect::DiscardPlan(entry.stack.clone()))
}

/// Leaves out the stacks of the open popup that are gone.
pub(super) fn leave_out_gone(model: &mut Model) -> Vec<Effect> {
    let store = &model.store;
    let Some(Popup::Combined(popup)) = &mut model.popup else {
        return Vec::new();
    };
    let mut effects = Vec::new();
    for entry in &mut popup.entries {
        let is_left_out = matches!(entry.plan, EntryPlan::LeftOut(_));
        if !is_left_out && store.stack(&entry.stack).is_none() {
            effects.extend(discard(entry));
            entry.plan = EntryPlan::LeftOut(Problem::refused("gone"));
        }
    }
    effects
}

/// Stores the plan of a teardown, if the open popup waits for it.
pub(super) fn teardown_planned(
    model: &mut Model,
    stack: &StackKey,
    answer: &Result<Option<Box<TeardownPlan>>, Problem>,
) -> bool {
    let plan = match answer {
        Ok(Some(plan)) => EntryPlan::Teardown(plan.clone()),
        Ok(None) => EntryPlan::LeftOut(Problem::refused("already gone: nothing to remove")),
        Err(problem) => EntryPlan::LeftOut(without_name(problem.clone(), stack)),
    };
    set_plan(model, BulkAction::Teardown, stack, plan)
}

/// Stores the plan of a sleep, if the open popup waits for it.
pub(super) fn sleep_planned(
    model: &mut Model,
    stack: &StackName,
    answer: &Result<Box<SleepPlan>, Problem>,
) -> bool {
    let key = StackKey::from(stack);
    let plan = match answer {
        Ok(plan) => EntryPlan::Sleep(plan.clone()),
        Err(problem) => EntryPlan::LeftOut(without_name(problem.clone(), &key)),
    };
    set_plan(model, BulkAction::Sleep, &key, plan)
}

fn set_plan(model: &mut Model, action: BulkAction, stack: &StackKey, plan: EntryPlan) -> bool {
    let Some(Popup::Combined(popup)) = &mut model.popup else {
        return false;
    };
    let is_awaited = popup.action == action && popup.set_plan(stack, plan);
    model.dirty |= is_awaited;
    is_awaited
}

/// A frame was drawn, so the user has seen a part of the plans.
pub(super) fn drawn(model: &mut Model) {
    let Some(Popup::Combined(popup)) = &model.popup else {
        return;
    };
    let list = view::combined_list(model, popup);
    if let Some(Popup::Combined(popup)) = &mut model.popup {
        popup.mark_displayed(list.top, list.rows, list.plan_lines);
    }
}
