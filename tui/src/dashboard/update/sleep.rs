//! Putting a stack to sleep: what would stop first, until when, the yes once it was seen. Waking asks nothing. Both are
//! followed step by step.

use stack::StackName;
use stack::service::power::{PowerOutcome, PowerStep, SleepPlan};
use tui_input::InputRequest;

use crate::dashboard::effect::Effect;
use crate::dashboard::event::Problem;
use crate::dashboard::model::Model;
use crate::dashboard::model::operations::{Doing, Ended};
use crate::dashboard::model::popup::{Nap, Popup};
use crate::dashboard::msg::Msg;
use crate::format::style::Tone;
use crate::format::values;

/// Opens the question, and asks what would stop.
pub(super) fn begin(model: &mut Model, stack: StackName) -> Vec<Effect> {
    model.said = None;
    model.popup = Some(Popup::Sleep(Box::new(Nap::new(stack.clone()))));
    vec![Effect::Doze(stack)]
}

/// Wakes at once: nothing is lost by it.
pub(super) fn wake(model: &mut Model, stack: StackName) -> Vec<Effect> {
    let count = stopped(model, &stack);
    let now = model.now();
    model.works.turn(&stack, Doing::Wake, count, now);
    model.say(Tone::Quiet, format!("waking {stack}; Enter, 3 follows it"));
    vec![Effect::Wake(stack)]
}

/// How many of its resources are stopped, as far as somebody has looked.
fn stopped(model: &Model, stack: &StackName) -> usize {
    let known = model.world.stack(&stack.into()).zip(model.world.cloud());
    known.map_or(0, |(stack, cloud)| {
        let own = stack.resources(cloud).into_iter();
        own.filter(|one| one.size.is_some() && one.stopped).count()
    })
}

/// A key in the question; whether it stays open, and what is to be done.
pub(super) fn act(model: &mut Model, popup: &mut Nap, msg: Msg) -> (bool, Vec<Effect>) {
    match msg {
        Msg::Until if popup.may_proceed().is_some() => popup.writing = true,
        // Enter, or an arrow, ends the writing: y then means what is on the screen.
        Msg::Open | Msg::Up | Msg::Down if popup.writing => match popup.wakes_at(model.now()) {
            Ok(_) => popup.writing = false,
            Err(problem) => popup.problem = Some(problem),
        },
        Msg::Yes => return yes(model, popup),
        msg => popup.question.look(msg, popup.lines()),
    }
    (true, Vec::new())
}

fn yes(model: &mut Model, popup: &mut Nap) -> (bool, Vec<Effect>) {
    let (seen, may) = (popup.question.seen(), popup.may_proceed());
    let Some(plan) = seen.and(may) else {
        return (true, Vec::new());
    };
    let (stack, count, now) = (popup.stack.clone(), plan.stops.len(), model.now());
    match popup.wakes_at(now) {
        Ok(until) => {
            model.works.turn(&stack, Doing::Sleep, count, now);
            let text = format!("putting {stack} to sleep; Enter, 3 follows it");
            model.say(Tone::Notice, text);
            (false, vec![Effect::Sleep { stack, until }])
        }
        // It has passed since it was written.
        Err(problem) => {
            popup.problem = Some(problem);
            (true, Vec::new())
        }
    }
}

/// The end of the sleep is written.
pub(super) fn edit(popup: &mut Nap, request: InputRequest) {
    popup.until.handle(request);
    popup.problem = None;
}

/// Leaves the writing, with nothing written; whether that is what was to be left.
pub(super) fn back(popup: &mut Nap) -> bool {
    let writing = std::mem::take(&mut popup.writing);
    if writing {
        popup.until.reset();
        popup.problem = None;
    }
    writing
}

/// What would stop is known, or why it is not.
pub(super) fn drowsy(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Box<SleepPlan>, Problem>,
) {
    if let Some(Popup::Sleep(popup)) = &mut model.popup
        && popup.stack == *stack
    {
        popup.question.tell(answer);
        model.dirty = true;
    }
}

/// Something is stopped or started, was, or could not be.
pub(super) fn turning(model: &mut Model, stack: &StackName, step: PowerStep) {
    let now = model.now();
    model.works.step(stack, step, now);
    if let Some(work) = model.works.running(stack) {
        let text = format!("{stack} {}; Enter, 3 follows it", work.summary());
        model.say(Tone::Quiet, text);
    }
    model.dirty = true;
}

/// How it ended.
pub(super) fn turned(
    model: &mut Model,
    stack: &StackName,
    answer: Result<Box<PowerOutcome>, Problem>,
) -> Vec<Effect> {
    match answer {
        Ok(turned) => {
            let (tone, text) = verdict(stack, &turned);
            model.say(tone, text);
            model.works.end(stack, Ended::Turned(turned));
        }
        Err(problem) => {
            model.complain(&problem);
            model.works.end(stack, Ended::Failed(problem.said));
        }
    }
    // What stands now costs otherwise than before.
    vec![Effect::Load, Effect::Sync]
}

fn verdict(stack: &StackName, turned: &PowerOutcome) -> (Tone, String) {
    if let Some(failed) = turned.failed.first() {
        let text = format!(
            "✗ {stack} is half asleep: {} could not be turned, first {}: {}; z and w both finish it",
            turned.failed.len(),
            failed.id,
            failed.reason
        );
        return (Tone::Alarm, text);
    }
    let count = turned.moved.len();
    let text = match (turned.asleep, turned.remains.hourly_usd) {
        (true, Some(rate)) => format!(
            "{stack} is asleep: {count} stopped, {}/h goes on",
            values::rate(rate)
        ),
        (true, None) => format!("{stack} is asleep: {count} stopped"),
        (false, _) => format!("{stack} is awake: {count} started"),
    };
    (Tone::Good, text)
}

/// Somebody wants to leave while a stack falls asleep or wakes here: what that would break off.
pub(super) fn breaks_off(model: &Model) -> Option<String> {
    let mut turning = model.works.turning();
    let first = turning.next()?;
    Some(format!(
        "{first} is being put to sleep or woken, by this dashboard: q again leaves it half asleep, and z or w finish it"
    ))
}
