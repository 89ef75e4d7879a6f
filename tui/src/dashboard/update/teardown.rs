//! Ending a stack: the plan first, the yes once it was seen, then what the run says until it ends.

use stack::service::teardown::{Progress, TeardownPlan};
use stack::{Phase, RunId, StackName};
use tui_input::InputRequest;

use super::stack_actions;
use crate::dashboard::effect::Effect;
use crate::dashboard::event::Problem;
use crate::dashboard::model::detail::Tab;
use crate::dashboard::model::operations::Ended;
use crate::dashboard::model::popup::{Confirm, Popup};
use crate::dashboard::model::world::{Key, Stack};
use crate::dashboard::model::{Model, Screen};
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;

/// Opens the question, and asks what would go. While a teardown runs there is nothing to ask.
pub(super) fn begin(model: &mut Model, stack: Key) -> Vec<Effect> {
    model.said = None;
    model.popup = Some(Popup::Teardown(Box::new(Confirm::new(stack.clone()))));
    vec![Effect::Plan(stack)]
}

/// A key in the question; whether it stays open, and what is to be done.
pub(super) fn act(model: &mut Model, popup: &mut Confirm, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Yes if !popup.is_written() => return yes(model, popup),
        Msg::Open if popup.is_written() => return yes(model, popup),
        msg => popup.question.look(msg, popup.lines()),
    }
    (true, Vec::new())
}

/// The name is typed.
pub(super) fn edit(popup: &mut Confirm, request: InputRequest) {
    if popup.is_written() {
        popup.typed.handle(request);
        popup.problem = None;
    }
}

fn yes(model: &mut Model, popup: &mut Confirm) -> (bool, Vec<Effect>) {
    let stays = (true, Vec::new());
    if let Some(why) = &model.setting.read_only {
        popup.problem = Some(format!("nothing is changed: {why}"));
        return stays;
    }
    let Some(plan) = popup.question.seen().and(popup.may_proceed()) else {
        return stays;
    };
    if plan.protected && !popup.is_confirmed() {
        popup.problem = Some(format!("type {} in full", popup.stack));
        return stays;
    }
    let (stack, run) = (popup.stack.clone(), plan.run.clone());
    let typed = plan.protected.then(|| stack.name());
    model.works.begin(&stack.name(), &run);
    model.say(
        Tone::Notice,
        format!("tearing down {stack}; it goes on when the dashboard is closed"),
    );
    (false, vec![Effect::Teardown { stack, run, typed }])
}

/// Asks what would go for the stack's page, once its tab is open: unless that is known, or something goes already.
/// `anew` asks whatever is known.
pub(super) fn foresee(model: &mut Model, anew: bool) -> Vec<Effect> {
    let Screen::Detail(detail) = &model.screen else {
        return Vec::new();
    };
    let stack = detail.stack.clone();
    let lives = model.world.stack(&stack);
    let goes = lives.is_none_or(|stack| stack.phase == Phase::TearingDown);
    let known = model.foresights.of(&stack).is_some() && !anew;
    if detail.tab != Tab::Resources || goes || known {
        return Vec::new();
    }
    // While it falls asleep or wakes, nothing may be planned: it is asked when somebody looks again.
    if model.works.running(&stack.name()).is_some() {
        return Vec::new();
    }
    if let Some(problem) = stack_actions::reason_against(model, Msg::Teardown, &stack) {
        let now = model.now();
        model.foresights.tell(stack, now, Err(problem));
        return Vec::new();
    }
    if !model.foresights.ask(&stack) {
        return Vec::new();
    }
    vec![Effect::Foresee(stack)]
}

/// What would go is known, or why it is not.
pub(super) fn planned(
    model: &mut Model,
    stack: &Key,
    answer: Result<Option<Box<TeardownPlan>>, Problem>,
) -> Vec<Effect> {
    // Whoever goes on to the stack's page finds there what was asked last.
    let now = model.now();
    model.foresights.tell(stack.clone(), now, answer.clone());
    let Some(Popup::Teardown(popup)) = &mut model.popup else {
        return vec![Effect::Forget(stack.clone())];
    };
    if popup.stack != *stack {
        return vec![Effect::Forget(stack.clone())];
    }
    model.dirty = true;
    let gone = || Problem::refused("it is gone already: nothing is left to remove");
    popup
        .question
        .tell(answer.and_then(|plan| plan.ok_or_else(gone)));
    Vec::new()
}

/// A run has said something.
pub(super) fn progress(model: &mut Model, stack: &StackName, steps: Vec<Progress>) -> Vec<Effect> {
    let (mut ended, now) = (false, model.now());
    for step in steps {
        ended |= step.is_last();
        model.works.tell(stack, step, now);
    }
    model.dirty = true;
    if !ended {
        return Vec::new();
    }
    match model.works.of(stack).and_then(|work| work.ended.clone()) {
        Some(Ended::Done(outcome)) if outcome.residue.is_empty() => {
            let text = format!(
                "{stack} is gone: {} deleted, nothing is left",
                outcome.deleted.len()
            );
            model.say(Tone::Good, text);
        }
        Some(Ended::Done(outcome)) => {
            let left = outcome.residue.len();
            model.say(
                Tone::Alarm,
                format!("✗ {stack}: {left} left behind; Enter, 3 shows what and why"),
            );
        }
        Some(Ended::Failed(reason)) => model.say(Tone::Alarm, format!("✗ {stack}: {reason}")),
        Some(Ended::Turned(_)) | None => {}
    }
    vec![Effect::Load]
}

/// After reading the ledger: teardowns that somebody runs, and that are not followed yet.
pub(super) fn found(model: &mut Model) -> Vec<Effect> {
    let under_way: Vec<(StackName, RunId)> = model
        .world
        .stacks()
        .iter()
        .filter(|stack| stack.phase == Phase::TearingDown)
        .filter_map(Stack::lease)
        .filter_map(|lease| Some((lease.name.clone(), lease.teardown.as_ref()?.run.clone())))
        .collect();
    under_way
        .into_iter()
        .filter(|(stack, run)| model.works.begin(stack, run))
        .map(|(stack, run)| Effect::Follow { stack, run })
        .collect()
}
