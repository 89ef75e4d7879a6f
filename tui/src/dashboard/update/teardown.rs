//! Tearing a stack down: plan it, confirm it once the plan was on the screen, then follow the run.

use stack::service::teardown::{Progress, TeardownPlan};
use stack::{Flag, Phase, RunId, StackName};
use tui_input::InputRequest;

use super::{batch, combined, refusal, run_log};
use crate::dashboard::effect::Effect;
use crate::dashboard::model::detail::Tab;
use crate::dashboard::model::operations::OperationResult;
use crate::dashboard::model::popup::{Popup, TeardownDialog};
use crate::dashboard::model::row::StackRow;
use crate::dashboard::model::teardown_preview::TeardownPreview;
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::dashboard::stack_key::StackKey;
use crate::format::style::Tone;

/// Opens the confirmation popup and requests the plan.
pub(super) fn begin(model: &mut Model, stack: StackKey) -> Vec<Effect> {
    model.dismiss_status();
    let row = model.store.stack(&stack);
    let expects_name = row.is_some_and(|row| row.lease().is_none() || row.has(Flag::Protected));
    let dialog = TeardownDialog::new(stack.clone(), expects_name);
    model.popup = Some(Popup::Teardown(Box::new(dialog)));
    vec![Effect::PlanTeardown(stack)]
}

/// Handles a key in the popup. Returns whether the popup stays open, and the effects to run.
pub(super) fn act(model: &mut Model, popup: &mut TeardownDialog, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Yes if !popup.is_text_focused() => return yes(model, popup),
        Msg::Open if popup.is_text_focused() => return yes(model, popup),
        msg => popup.request.scroll_by(msg, popup.lines()),
    }
    (true, Vec::new())
}

/// Edits the typed name.
pub(super) fn edit(popup: &mut TeardownDialog, request: InputRequest) {
    if popup.is_text_focused() {
        popup.typed.handle(request);
        popup.problem = None;
    }
}

fn yes(model: &mut Model, popup: &mut TeardownDialog) -> (bool, Vec<Effect>) {
    let stays = (true, Vec::new());
    if let Some(why) = &model.settings.read_only {
        popup.problem = Some(format!("read-only: {why}"));
        return stays;
    }
    let Some(plan) = popup.request.displayed_plan().and(popup.may_proceed()) else {
        if popup.request.is_pending() {
            let text = "nothing can be confirmed before the plan is on the screen";
            model.set_status(Tone::Quiet, text);
        }
        return stays;
    };
    if plan.protected && !popup.is_confirmed() {
        popup.problem = Some(format!("type the full name: {}", popup.stack));
        return stays;
    }
    let (stack, run) = (popup.stack.clone(), plan.run.clone());
    let typed = plan.protected.then(|| stack.name());
    model.operations.begin_teardown(&stack.name(), &run);
    // The plan of this teardown is no preview of the next one.
    model.previews.remove(&stack);
    model.acknowledge(format!("tearing down {stack}; it continues if you quit"));
    (false, vec![Effect::Teardown { stack, run, typed }])
}

/// Requests a preview for the Resources tab, unless one is known or a teardown is running.
/// `refresh` requests a new one in any case. In read-only mode, only `refresh` requests one,
/// because a plan runs Terraform.
pub(super) fn preview(model: &mut Model, refresh: bool) -> Vec<Effect> {
    let Screen::Detail(detail) = &model.screen else {
        return Vec::new();
    };
    let stack = detail.stack.clone();
    let row = model.store.stack(&stack);
    let is_ending = row.is_none_or(|stack| stack.phase == Phase::TearingDown);
    let known = model.previews.get(&stack).is_some() && !refresh;
    let unasked = model.settings.read_only.is_some() && !refresh;
    if detail.tab != Tab::Resources || is_ending || known || unasked {
        return Vec::new();
    }
    // A plan is not possible while a sleep or wake runs; the next visit to the tab requests it.
    if model.operations.running(&stack.name()).is_some() {
        return Vec::new();
    }
    if let Some(problem) = refusal::reason(model, Msg::Teardown, &stack) {
        let now = model.now();
        model.previews.insert(stack, now, Err(problem));
        return Vec::new();
    }
    if !model.previews.request(&stack) {
        return Vec::new();
    }
    vec![Effect::PreviewTeardown(stack)]
}

/// Stores a plan in the popup that asked for it, or discards it if the popup is closed.
pub(super) fn planned(
    model: &mut Model,
    stack: &StackKey,
    answer: Result<Option<Box<TeardownPlan>>, Problem>,
) -> Vec<Effect> {
    // The Resources tab shows the same plan.
    let now = model.now();
    model.previews.insert(stack.clone(), now, answer.clone());
    if combined::teardown_planned(model, stack, &answer) {
        return Vec::new();
    }
    let Some(Popup::Teardown(popup)) = &mut model.popup else {
        return vec![Effect::DiscardPlan(stack.clone())];
    };
    if popup.stack != *stack {
        return vec![Effect::DiscardPlan(stack.clone())];
    }
    model.dirty = true;
    let gone = || Problem::refused("already gone: nothing to remove");
    popup
        .request
        .set_result(answer.and_then(|plan| plan.ok_or_else(gone)));
    Vec::new()
}

/// Stores a preview, unless a teardown has started since it was requested.
pub(super) fn previewed(
    model: &mut Model,
    stack: StackKey,
    answer: Result<Option<Box<TeardownPlan>>, Problem>,
) {
    if !matches!(model.previews.get(&stack), Some(TeardownPreview::Pending)) {
        return;
    }
    let now = model.now();
    model.previews.insert(stack, now, answer);
    model.dirty = true;
}

/// Applies steps of a running teardown, and reports its end.
pub(super) fn progress(model: &mut Model, stack: &StackName, steps: Vec<Progress>) -> Vec<Effect> {
    let (mut ended, mut refused, now) = (false, false, model.now());
    for step in steps {
        ended |= step.is_last();
        refused |= matches!(step, Progress::Failed { refused: true, .. });
        model.operations.apply_teardown_step(stack, step, now);
    }
    model.dirty = true;
    if !ended {
        return Vec::new();
    }
    model.previews.remove(&stack.into());
    if batch::teardown_ended(model, stack, refused) {
        return vec![Effect::Load];
    }
    match model
        .operations
        .last(stack)
        .and_then(|operation| operation.result.clone())
    {
        Some(OperationResult::TornDown(outcome)) if outcome.residue.is_empty() => {
            let text = format!("{stack} is gone: {} deleted", outcome.deleted.len());
            model.set_status(Tone::Good, text);
        }
        Some(OperationResult::TornDown(outcome)) => {
            let left = outcome.residue.len();
            model.set_status(
                Tone::Alarm,
                format!("✗ {stack}: teardown incomplete, {left} left; Enter, 3 shows why"),
            );
        }
        Some(OperationResult::Failed(reason)) => {
            model.set_status(Tone::Alarm, format!("✗ {stack}: {reason}"));
        }
        Some(OperationResult::PowerFinished(_)) | None => {}
    }
    let mut effects = vec![Effect::Load];
    effects.extend(run_log::ended(model, stack));
    effects
}

/// Starts to follow the teardowns that the ledger lists as running and that are not followed yet.
pub(super) fn found(model: &mut Model) -> Vec<Effect> {
    let under_way: Vec<(StackName, RunId)> = model
        .store
        .stacks()
        .iter()
        .filter(|stack| stack.phase == Phase::TearingDown)
        .filter_map(StackRow::lease)
        .filter_map(|lease| Some((lease.name.clone(), lease.teardown.as_ref()?.run.clone())))
        .collect();
    under_way
        .into_iter()
        .filter(|(stack, run)| model.operations.begin_teardown(stack, run))
        .map(|(stack, run)| Effect::FollowTeardown { stack, run })
        .collect()
}
