//! Putting a stack to sleep: plan it, optionally set an end, confirm once the plan was on the
//! screen. Waking needs no confirmation. Both show their progress.

use stack::StackName;
use stack::service::power::{PowerOutcome, PowerStep, SleepPlan};
use tui_input::InputRequest;

use super::{batch, combined};
use crate::dashboard::effect::Effect;
use crate::dashboard::keymap::Keymap;
use crate::dashboard::model::Model;
use crate::dashboard::model::operations::{OperationKind, OperationResult};
use crate::dashboard::model::popup::{Popup, SleepDialog};
use crate::dashboard::msg::Msg;
use crate::dashboard::problem::Problem;
use crate::format::style::Tone;
use crate::format::values;

/// Opens the confirmation popup and requests the plan.
pub(super) fn begin(model: &mut Model, stack: StackName) -> Vec<Effect> {
    model.dismiss_status();
    model.popup = Some(Popup::Sleep(Box::new(SleepDialog::new(stack.clone()))));
    vec![Effect::PlanSleep(stack)]
}

/// Wakes a stack at once: this loses nothing.
pub(super) fn wake(model: &mut Model, stack: StackName) -> Vec<Effect> {
    let count = stopped(model, &stack);
    let now = model.now();
    model
        .operations
        .turn(&stack, OperationKind::Wake, count, now);
    model.set_status(
        Tone::Quiet,
        format!("waking {stack}; Enter, 3 shows progress"),
    );
    vec![Effect::Wake(stack)]
}

/// Counts the stack's stopped resources, as of the last query.
pub(super) fn stopped(model: &Model, stack: &StackName) -> usize {
    let known = model.store.stack(&stack.into()).zip(model.store.cloud());
    known.map_or(0, |(stack, cloud)| {
        let own = stack.resources(cloud).into_iter();
        own.filter(|one| one.size.is_some() && one.stopped).count()
    })
}

/// Handles a key in the popup. Returns whether the popup stays open, and the effects to run.
pub(super) fn act(model: &mut Model, popup: &mut SleepDialog, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Until if popup.may_proceed().is_some() => popup.writing = true,
        // Enter or an arrow key ends the editing, so that `y` confirms what is on the screen.
        Msg::Open | Msg::Up | Msg::Down if popup.writing => match popup.wakes_at(model.now()) {
            Ok(_) => popup.writing = false,
            Err(problem) => popup.problem = Some(problem),
        },
        Msg::Yes => return yes(model, popup),
        msg => popup.request.scroll_by(msg, popup.lines()),
    }
    (true, Vec::new())
}

fn yes(model: &mut Model, popup: &mut SleepDialog) -> (bool, Vec<Effect>) {
    let (displayed, allowed) = (popup.request.displayed_plan(), popup.may_proceed());
    let Some(plan) = displayed.and(allowed) else {
        return (true, Vec::new());
    };
    let (stack, count, now) = (popup.stack.clone(), plan.stops.len(), model.now());
    match popup.wakes_at(now) {
        Ok(until) => {
            model
                .operations
                .turn(&stack, OperationKind::Sleep, count, now);
            let text = format!("putting {stack} to sleep; Enter, 3 shows progress");
            model.acknowledge(text);
            (false, vec![Effect::Sleep { stack, until }])
        }
        // The time was in the future when the user typed it, and has passed since.
        Err(problem) => {
            popup.problem = Some(problem);
            (true, Vec::new())
        }
    }
}

/// Edits the end of the sleep.
pub(super) fn edit(popup: &mut SleepDialog, request: InputRequest) {
    popup.until.handle(request);
    popup.problem = None;
}

/// Cancels editing and clears the text. Returns whether the user was editing.
pub(super) fn back(popup: &mut SleepDialog) -> bool {
    let writing = std::mem::take(&mut popup.writing);
    if writing {
        popup.until.reset();
        popup.problem = None;
    }
    writing
}

/// Shows the plan in the popup.
pub(super) fn planned(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Box<SleepPlan>, Problem>,
) {
    if combined::sleep_planned(model, stack, &answer) {
        return;
    }
    if let Some(Popup::Sleep(popup)) = &mut model.popup
        && popup.stack == *stack
    {
        popup.request.set_result(answer);
        model.dirty = true;
    }
}

/// Applies one step of a sleep or wake.
pub(super) fn progress(model: &mut Model, stack: &StackName, step: PowerStep) {
    let now = model.now();
    model.operations.apply_power_step(stack, step, now);
    if let Some(operation) = model.operations.running(stack)
        && !batch::is_pending(model, stack)
    {
        let text = format!(
            "{stack} is {}: {}; Enter, 3 shows progress",
            match operation.kind {
                OperationKind::Sleep => "going to sleep",
                _ => "waking up",
            },
            operation.progress()
        );
        model.set_status(Tone::Quiet, text);
    }
    model.dirty = true;
}

/// Reports the end of a sleep or wake.
pub(super) fn finished(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Box<PowerOutcome>, Problem>,
) -> Vec<Effect> {
    let is_in_batch = batch::is_pending(model, stack);
    if is_in_batch {
        batch::power_finished(model, stack, &answer);
    }
    match answer {
        Ok(outcome) => {
            if !is_in_batch {
                let (tone, text) = outcome_message(stack, &outcome, &model.settings.keymap);
                model.set_status(tone, text);
            }
            model
                .operations
                .end(stack, OperationResult::PowerFinished(outcome));
        }
        Err(problem) => {
            if !is_in_batch {
                model.show_problem(&problem);
            }
            model
                .operations
                .end(stack, OperationResult::Failed(problem.message));
        }
    }
    // The stack's cost has changed.
    vec![Effect::Load, Effect::Sync]
}

pub(super) fn outcome_message(
    stack: &StackName,
    outcome: &PowerOutcome,
    keymap: &Keymap,
) -> (Tone, String) {
    if let Some(failed) = outcome.failed.first() {
        let (sleep, wake) = (keymap.key(Msg::Sleep), keymap.key(Msg::Wake));
        let text = format!(
            "✗ {stack} is partly asleep: {} failed, first {}: {}; press {sleep} to finish, {wake} to wake",
            outcome.failed.len(),
            stack::cloud::short(&failed.id),
            failed.reason
        );
        return (Tone::Alarm, text);
    }
    let count = outcome.moved.len();
    let text = match (outcome.asleep, outcome.remains.hourly_usd) {
        (true, Some(rate)) => format!(
            "{stack} is asleep: {count} stopped, {} remains",
            values::per_hour(rate, outcome.remains.is_minimum())
        ),
        (true, None) => format!("{stack} is asleep: {count} stopped"),
        (false, _) => format!("{stack} is awake: {count} started"),
    };
    (Tone::Good, text)
}

/// Returns a warning if quitting would interrupt a sleep or wake in this process.
pub(super) fn interrupted_by_quit(model: &Model) -> Option<String> {
    let mut turning = model.operations.changing_power();
    let first = turning.next()?;
    let keymap = &model.settings.keymap;
    let quit = keymap.key(Msg::Quit);
    let (sleep, wake) = (keymap.key(Msg::Sleep), keymap.key(Msg::Wake));
    Some(format!(
        "{first} is going to sleep or waking up: {quit} again quits and leaves it partly asleep; {sleep} or {wake} can finish it later"
    ))
}
